"""A plan as one page for a browser: the pipeline as a board, without network, safe to mail around."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from syncer.kinds import human
from syncer.kinds.registry import KINDS
from syncer.model.change import DIFFERS, Action, Change, FieldChange
from syncer.model.job import Link
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.planning.advice import advice, commands, told
from syncer.planning.shown import written_after, written_before
from syncer.planning.summary import LOST, Summary, money_of, no_change, outcome, quarter, summarize
from syncer.render.escape import script_json, terminal, terminal_lines
from syncer.render.grouped import grouped
from syncer.render.text import SYMBOLS, amount, literal, signed

_WORDS: Final = {
    Action.CREATE: "Create",
    Action.UPDATE: "Update",
    Action.DELETE: "Delete",
    Action.DRIFT: "Drift",
    Action.CONFLICT: "Conflict",
    Action.GONE: "Gone",
    Action.FORGET: "Forget",
    Action.NOOP: "As declared",
}
_MEANINGS: Final = {
    Action.CREATE: "does not exist yet and will be created",
    Action.UPDATE: "exists and will be changed",
    Action.DELETE: "exists and will be deleted",
    Action.DRIFT: "differs from its declaration and is left alone",
    Action.CONFLICT: "was changed in git and in the CRM, and is left alone",
    Action.GONE: "was deleted in the CRM",
    Action.FORGET: "is declared no longer, and stays in the CRM",
    Action.NOOP: "is as declared",
}
_LOST: Final = "Lost"  # where lost deals stand on a board, beside the steps
_RARE: Final = frozenset({Action.CONFLICT, Action.GONE, Action.FORGET})
_UNWRITTEN: Final = frozenset({Action.DRIFT, *_RARE})
_ZERO: Final = Decimal(0)
_LISTED: Final = 50  # problems of one kind


@dataclass(frozen=True, slots=True)
class Total:
    """Value of one currency before and after the plan, and how long its bars are, in percent."""

    currency: str
    before: str
    after: str
    change: str
    before_bar: str = "0"
    after_bar: str = "0"


@dataclass(frozen=True, slots=True)
class Column:
    """One step on the board."""

    step: str
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One pipeline, its steps from left to right."""

    pipeline: str
    totals: tuple[Total, ...]
    columns: tuple[Column, ...]


def plan_html(plan: Plan, links: Sequence[Link] = ()) -> str:
    """Return *plan* as one self-contained HTML page.

    Args:
        plan: What to show.
        links: Pages of the commit and the pull request; without any, the commit is only named.
    """
    summary = summarize(plan)
    changes = sorted(plan.changes, key=lambda change: change.address)
    labels = {(r.kind, r.name): r.label for r in plan.references}
    boards = _boards(changes, plan.steps)
    places = {
        (board.pipeline, column.step): [b, c]
        for b, board in enumerate(boards)
        for c, column in enumerate(board.columns)
    }
    cards = [_card(change, labels, places[_place(change)]) for change in changes]
    groups = grouped(plan.problems, few=_LISTED)
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .from_string(_asset("report.html.j2"))
        .render(
            plan=plan,
            links=links,
            boards=boards,
            tiles=list(_tiles(summary)),
            actions=[
                (str(a), _WORDS[a], SYMBOLS[a], _MEANINGS[a], summary.counts[a])
                for a in _WORDS
                if summary.counts[a]
            ],
            owners=sorted({card["owner"] for card in cards if card["owner"]}),
            blocking=[group for group in groups if group.blocks],
            warnings=[group for group in groups if not group.blocks],
            number=sum(group.total for group in groups if not group.blocks),
            nothing=no_change(summary),
            # What is between two backticks is something to type.
            advice=[sentence.split("`") for sentence in advice(plan.changes)],
            data=Markup(script_json(cards)),  # noqa: S704 - script_json leaves nothing that could end the script
            style=Markup(style),  # noqa: S704 - ours
            script=Markup(script),  # noqa: S704 - ours
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


@lru_cache
def _asset(name: str) -> str:
    return files("syncer.render").joinpath("templates", name).read_text("utf-8")


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_visible
    )
    environment.filters["instant"] = lambda instant: instant.replace("T", " ").replace("Z", " UTC")
    return environment


def _visible(value: Any) -> Any:
    """Write out what a browser would hide or turn around, in everything a template shows."""
    return terminal_lines(value) if type(value) is str else value


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _tiles(summary: Summary) -> Iterator[tuple[str, str, str, str, list[str]]]:
    """Yield action, word, symbol, count and value of the tiles on top."""
    sums: dict[Action, dict[str, Decimal]] = defaultdict(lambda: defaultdict(lambda: _ZERO))
    with localcontext(Context(prec=60)):
        for row in summary.value:
            for action, value in (
                (Action.CREATE, row.create),
                (Action.UPDATE, row.update),
                (Action.DELETE, row.delete),
            ):
                if value is not None:
                    sums[action][row.currency] += value
    for action, word in _WORDS.items():
        if action in _RARE and not summary.counts[action]:
            continue
        written = signed if action is Action.UPDATE else amount
        values = [f"{written(value)} {currency}" for currency, value in sorted(sums[action].items())]
        yield str(action), word, SYMBOLS[action], f"{summary.counts[action]:,}", values


def _boards(changes: Iterable[Change], steps: Mapping[str, Sequence[str]]) -> list[Board]:
    values: dict[str, dict[str, dict[str, list[Decimal]]]] = {}
    with localcontext(Context(prec=60)):
        for change in changes:
            pipeline, step = _place(change)
            values.setdefault(pipeline, {}).setdefault(step, {})
            for side, human in enumerate((written_before(change), _after(change))):
                money = money_of(human)
                if money is None:
                    continue
                old = _column(human)
                sums = values.setdefault(old[0], {}).setdefault(old[1], {})
                sums.setdefault(money.currency, [_ZERO, _ZERO])[side] += money.amount
        return [_board(name, values[name], steps.get(name, ())) for name in sorted(values)]


def _board(
    pipeline: str, values: Mapping[str, Mapping[str, Sequence[Decimal]]], order: Sequence[str]
) -> Board:
    largest: dict[str, Decimal] = defaultdict(lambda: _ZERO)
    totals: dict[str, list[Decimal]] = defaultdict(lambda: [_ZERO, _ZERO])
    for step in values.values():
        for currency, sums in step.items():
            largest[currency] = max(largest[currency], *sums)
    known = {step: number for number, step in enumerate(order)}
    for name, step in values.items():
        # What is won or lost is no value of the pipeline any more.
        if name != _LOST and not (order and name == order[-1]):
            for currency, sums in step.items():
                totals[currency] = [a + b for a, b in zip(totals[currency], sums, strict=True)]
    columns = tuple(
        Column(
            step,
            tuple(
                _total(currency, sums, largest[currency]) for currency, sums in sorted(values[step].items())
            ),
        )
        for step in sorted(values, key=lambda s: (s == _LOST, known.get(s, len(known)), s))
    )
    return Board(pipeline, tuple(_total(c, sums, _ZERO) for c, sums in sorted(totals.items())), columns)


def _total(currency: str, sums: Sequence[Decimal], largest: Decimal) -> Total:
    before, after = sums
    bars = [f"{max(v, _ZERO) * 100 / largest:.1f}" if largest > 0 else "0" for v in (before, after)]
    change = signed(after - before) if after != before else ""
    return Total(currency, amount(before), amount(after), change, *bars)


def _after(change: Change) -> Mapping[str, Any]:
    """Return the values once the plan is applied: what is not written stays as it is."""
    return written_before(change) if change.action in _UNWRITTEN else written_after(change)


def _place(change: Change) -> tuple[str, str]:
    """Return the pipeline and step a change is shown in."""
    return _column(_after(change) or written_before(change))


def _column(values: Mapping[str, Any]) -> tuple[str, str]:
    """Return the pipeline and the step that a deal stands in; what is lost stands apart."""
    step = _LOST if outcome(values, {}) == LOST else str(values.get("step") or "")
    return str(values.get("pipeline") or ""), step


def _card(change: Change, labels: Mapping[tuple[str, str], str], place: list[int]) -> dict[str, Any]:
    values = _after(change) or written_before(change)
    money = money_of(values)
    owner = str(values.get("owner") or "")
    compared = change.action in DIFFERS
    fields = (
        [
            [f.path, _shown(f.path, f.before), _shown(f.path, f.after), *_agreed(f, change)]
            for f in sorted(shown.fields(change), key=human.position(change.address.kind))
        ]
        if compared
        else [[path, _shown(path, value)] for path, value in _facts(change)]
    )
    return {
        "at": place,
        "action": str(change.action),
        "address": terminal(str(change.address)),
        "name": terminal(KINDS[change.address.kind].name_of(values) or str(change.address)),
        "owner": terminal(labels.get(("owner", owner)) or owner),
        "account": terminal(_account(values, labels)),
        "value": f"{amount(money.amount)} {terminal(money.currency)}" if money else "",
        "size": float(abs(money.amount)) if money else 0,
        "date": terminal(str(values.get("closing_date") or "")),
        "quarter": terminal(quarter(values.get("closing_date"))),
        "place": terminal(change.place or "declared no longer"),
        "fields": [[terminal_lines(text) for text in row] for row in fields],
        "written": [terminal(f.path) for f in shown.fields(change) if f.written] if compared else [],
        "notes": [terminal(note) for note in (*map("To decide: {}".format, commands(change)), *change.notes)],
    }


def _account(values: Mapping[str, Any], labels: Mapping[tuple[str, str], str]) -> str:
    """Return the name of the primary account, or how the manifest calls it; "" without one."""
    links = [link for link in values.get("accounts") or () if isinstance(link, Mapping)]
    first = next((link for link in links if link.get("primary")), links[0] if links else {})
    name = str(first.get("account") or "")
    return labels.get(("account", name)) or name


def _agreed(field: FieldChange, change: Change) -> list[str]:
    """Return what was agreed, and who moved it; nothing where no field of the change was agreed."""
    if all(each.moved is None for each in shown.fields(change)):
        return []
    return [_shown(field.path, field.base), told(field, change.action)]


def _facts(change: Change) -> Iterator[tuple[str, Any]]:
    for name, value in (shown.after(change) or shown.before(change) or {}).items():
        if name == "fields" and isinstance(value, Mapping):
            yield from ((f"fields.{key}", value[key]) for key in sorted(value))
        else:
            yield name, value


def _shown(path: str, value: Any) -> str:
    """Return a value as plain text; linked records one a line."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        return "\n".join(_shown(path, item) for item in value)
    if isinstance(value, Mapping) and not human.is_line(value) and (name := human.target(value)):
        said = ["primary"] * bool(value.get("primary")) + list(map(str, human.roles(value)))
        return f"{name} ({', '.join(said)})" if said else name
    return literal(value, path)
