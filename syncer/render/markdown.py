"""A plan as one comment on a pull request: summary, riskiest first, the rest folded, never too long."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from syncer.kinds import count, human
from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import DIFFERS, Action, Change, FieldChange
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.planning.advice import advice, commands, told
from syncer.planning.shown import written_after, written_before
from syncer.planning.summary import Summary, change_in_value, money_of, no_change, summarize
from syncer.render.escape import markdown, one_line
from syncer.render.grouped import ProblemGroup, grouped
from syncer.render.problems import counted
from syncer.render.text import amount, counts_text, literal, signed
from syncer.shapes.date import DATE

LIMIT: Final = 65_000  # GitHub takes 65,536 characters; other forges count bytes, so bytes are counted here
_CLOSING: Final = 200  # kept for the line that says what is left out
_SHARE: Final = 3  # a table or the warnings take at most a third of the page
_LISTED: Final = 25
_CELL: Final = 80
_DECIDED: Final = 5  # conflicts of which is said how to decide them
_LAST: Final = frozenset({Action.DRIFT, Action.GONE, Action.FORGET})


def plan_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """Return *plan* as Markdown of at most *limit* bytes, hence characters.

    The first line is a hidden marker with the space, by which a job finds its comment again to replace it.
    What stops an apply comes before anything else, so that nobody approves what will be refused; then what is
    in conflict, of which nothing will be written. Changes come with the riskiest first: deletes, updates that
    change the value, moves to another step and opportunities created as won, then the largest.
    """
    summary = summarize(plan)
    page = _Page(limit - _CLOSING)
    page.add(f"<!-- syncer plan: {quote(plan.space.id[:_CELL], safe='').replace('--', '%2D%2D')} -->")
    page.add(f"### Plan for {_cell(plan.space.id)}")
    groups = grouped(plan.problems)
    _blocking(page, [group for group in groups if group.blocks])
    _conflicts(page, plan)
    nothing = no_change(summary)
    page.add(f"\n{nothing or f'**{counts_text(summary)}.**'}")
    _value_table(page, summary)
    changes = sorted((c for c in plan.changes if c.action is not Action.NOOP), key=_risk(summary))
    _first(page, changes)
    if told_ := advice(plan.changes):
        page.add("\n" + "\n".join(f"- {sentence}" for sentence in told_))
    _warnings(page, [group for group in groups if not group.blocks])
    shown = sum([page.add(_details(change)) for change in changes])
    if shown < len(changes):
        page.close(f"\n{len(changes) - shown:,} more in the artifact.")
    return page.text


class _Page:
    """Lines that fit."""

    def __init__(self, room: int) -> None:
        self.lines: list[str] = []
        self.room = room

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def add(self, text: str) -> bool:
        """Add *text* when there is room for it."""
        size = len(text.encode()) + 1
        if size > self.room:
            return False
        self.room -= size
        self.lines.append(text)
        return True

    def close(self, text: str) -> None:
        """Add *text* in the room that was kept for it."""
        self.lines.append(text)

    def part(self, head: str, rows: Sequence[str], foot: str = "", most: int = _LISTED) -> None:
        """Add *head*, the *rows* that fit in a fair share of the page, how many do not, and *foot*.

        Args:
            head: What stands before the rows.
            rows: One line each.
            foot: What stands behind them.
            most: Rows shown.
        """
        share = self.room // _SHARE - len((head + foot).encode()) - _CLOSING
        shown = []
        for row in rows[:most]:
            share -= len(row.encode()) + 1
            if share < 0:
                break
            shown.append(row)
        if shown:
            more = f"\n\n{len(rows) - len(shown):,} more." if len(shown) < len(rows) else ""
            self.add("\n".join((head, *shown)) + more + foot)


def _cell(text: str, width: int = _CELL, *, starts_line: bool = False, in_html: bool = False) -> str:
    """Return *text* for a cell or a line, cut to a size no combining marks can stretch."""
    short = one_line(" ".join(text[: 4 * width].split()), width)
    return markdown(short, starts_line=starts_line, in_html=in_html)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _value_table(page: _Page, summary: Summary) -> None:
    ends = {"Won": [row.won for row in summary.value], "Lost": [row.lost for row in summary.value]}
    ends = {title: amounts for title, amounts in ends.items() if any(value is not None for value in amounts)}
    rows = [
        _row(
            _cell(row.pipeline),
            _cell(row.currency),
            _amount(row.create),
            _amount(row.update, signed),
            _amount(row.delete),
            *(_amount(amounts[number]) for amounts in ends.values()),
        )
        for number, row in enumerate(summary.value)
    ]
    titles = ("Pipeline", "Currency", "To create", "Change by updates", "To delete", *ends)
    page.part(f"\n{_row(*titles)}\n|---|---|{'---:|' * (len(titles) - 2)}", rows)


def _amount(value: Decimal | None, written: Any = amount) -> str:
    return "" if value is None else _cell(written(value))


def _risk(summary: Summary) -> Any:
    moved = {move.address for move in summary.steps} | set(summary.won)

    def key(change: Change) -> tuple[int, Decimal, Address]:
        delta = change_in_value(change)
        money = money_of(written_after(change) or written_before(change))
        size = abs(delta) if delta is not None else money.amount if money else Decimal(0)
        return _rank(change, delta is not None, change.address in moved), -size, change.address

    return key


def _rank(change: Change, value_moves: bool, step_moves: bool) -> int:
    if change.action in {Action.CONFLICT, Action.DELETE}:
        return -1 if change.action is Action.CONFLICT else 0
    if change.action in _LAST:
        return 5
    if change.action is Action.UPDATE and value_moves:
        return 1
    return 2 if step_moves else 3 + (change.action is Action.UPDATE)


def _first(page: _Page, changes: Sequence[Change]) -> None:
    rows = [
        _row(
            str(change.action),
            _cell(_name(change)),
            _cell(_value(change), 60),
            _cell(_what(change), 160),
            _cell(_place(change)),
        )
        for change in changes[: _LISTED + 1]
    ]
    rows += [""] * (len(changes) - len(rows))  # only counted
    page.part(
        "\nRiskiest first:\n\n| | Opportunity | Value | What | Declared in |\n|---|---|---:|---|---|", rows
    )


def _name(change: Change) -> str:
    kind = KINDS[change.address.kind]
    name = kind.name_of(written_after(change)) or kind.name_of(written_before(change))
    return name or str(change.address)


def _value(change: Change) -> str:
    before, after = money_of(written_before(change)), money_of(written_after(change))
    shown = [after or before] if before == after or not (before and after) else [before, after]
    if len(shown) == 2 and before and after and before.currency == after.currency:
        return f"{amount(before.amount)} → {amount(after.amount)} {after.currency}"
    return " → ".join(f"{amount(money.amount)} {money.currency}" for money in shown if money)


def _what(change: Change) -> str:
    """Return the one line a reviewer needs of *change*."""
    kind = KINDS[change.address.kind]
    values = written_after(change) or written_before(change)
    if change.action in DIFFERS:
        money = f"{kind.sums}."
        fields = [field for field in shown.fields(change) if not field.path.startswith(money)]
        fields.sort(key=human.position(kind.name))
        parts = [_moved(field, change) for field in fields]
    else:
        parts = [str(values[name]) for name in _where(kind) if values.get(name)]
    return " ".join((*change.notes, "; ".join(parts)))


def _where(kind: Kind) -> list[str]:
    """Return the fields that say where a record stands: pipeline, step and day; else its e-mail."""
    step = kind.closing and kind.closing.field
    found = [spec.name for spec in kind.fields if spec.via or spec.name == step or spec.shape is DATE]
    return found or list(kind.alone[:1])


def _moved(field: FieldChange, change: Change) -> str:
    said = told(field, change.action)
    text = f"{field.path} {_plain(field.path, field.before)} → {_plain(field.path, field.after)}"
    return f"{text} ({said})" if said else text


def _plain(path: str, value: Any) -> str:
    return value if isinstance(value, str) else literal(value, path)


def _place(change: Change) -> str:
    return change.place or "declared no longer"


def _blocking(page: _Page, groups: Sequence[ProblemGroup]) -> None:
    rows = [row for group in groups for row in _told(group)]
    page.part("\n**Apply will refuse this plan:**\n", rows, most=len(rows))


def _conflicts(page: _Page, plan: Plan) -> None:
    """Show what both sides have moved, each field on its three sides, and what decides it."""
    found = [change for change in plan.changes if change.action is Action.CONFLICT]
    rows = []
    for change in found:
        for field in shown.fields(change):
            if not field.conflict:
                continue
            sides = [
                _cell(_plain(field.path, value), 160) for value in (field.after, field.before, field.base)
            ]
            rows.append(_row(_cell(f"{change.address}:{field.path}", 160), *sides))
    number = count.counted(change.address for change in found)
    head = f"\n**{number} in conflict, of which nothing is written:**"
    commands_ = [f"- {_cell(command, 300)}" for change in found[:_DECIDED] for command in commands(change)]
    if len(found) > _DECIDED:
        commands_.append("- …")
    foot = "\n\nTo decide, take one side:\n\n" + "\n".join(commands_)
    page.part(f"{head}\n\n| Field | git | CRM | agreed |\n|---|---|---|---|", rows, foot)


def _warnings(page: _Page, groups: Sequence[ProblemGroup]) -> None:
    rows = [row for group in groups for row in _told(group)]
    head = f"\n<details><summary>{counted(sum(group.total for group in groups), 'warning')}</summary>\n"
    page.part(head, rows, "\n\n</details>", most=len(rows))


def _told(group: ProblemGroup) -> Iterable[str]:
    """Yield a line for each problem of *group* that is shown, and one for the others."""
    for problem in group.shown:
        what = problem.detail + (f" Hint: {problem.hint}" if group.blocks and problem.hint else "")
        yield f"- {_cell(f'{problem.span}: {what}' if problem.span else what, 300, starts_line=True)}"
    if group.more:
        yield f"- {group.more:,} more: {_cell(group.summary, starts_line=True)}"


def _details(change: Change) -> str:
    address, place = (_cell(text, in_html=True) for text in (str(change.address), _place(change)))
    head = f"{change.action} {address} · {place}"
    if change.action in DIFFERS:
        fields = sorted(shown.fields(change), key=human.position(change.address.kind))
        agreed = any(field.moved is not None for field in fields)
        rows = [_row("Field", "Before", "After", *(["Agreed", "Moved"] * agreed))]
        rows.append("|---" * (3 + 2 * agreed) + "|")
        rows += [_row(_cell(f.path), *_sides(f, change, agreed=agreed)) for f in fields]
    else:
        rows = ["| Field | Value |", "|---|---|"]
        rows += [
            _row(_cell(path), _cell(_plain(path, value), 160))
            for path, value in _facts(shown.after(change) or shown.before(change) or {})
        ]
    notes = [f"- {_cell(note, 240)}" for note in change.notes]
    body = "\n".join((*notes, *([""] if notes else []), *rows))
    return f"\n<details><summary>{head}</summary>\n\n{body}\n\n</details>"


def _sides(field: FieldChange, change: Change, *, agreed: bool) -> list[str]:
    values = [field.before, field.after, *([field.base] * agreed)]
    return [_cell(_plain(field.path, value), 160) for value in values] + [told(field, change.action)] * agreed


def _facts(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if name == "fields" and isinstance(value, Mapping):
            yield from ((f"fields.{key}", value[key]) for key in sorted(value))
        else:
            yield name, value
