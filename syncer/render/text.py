"""Plans and results as text for a terminal or a log."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain, repeat
from json import dumps
from typing import Any, Final, NamedTuple

from syncer.kinds import human
from syncer.kinds.registry import KINDS
from syncer.model.change import WRITES, Action, Change, FieldChange
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import Problem
from syncer.model.words import listed
from syncer.planning import shown
from syncer.planning.advice import advice, commands, told
from syncer.planning.summary import LOST, WON, Moves, Summary, ValueGroup, no_change, summarize
from syncer.render.escape import cells, terminal
from syncer.render.look import PLAIN, Look
from syncer.render.problems import problems_text

SYMBOLS: Final = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DELETE: "-",
    Action.DRIFT: "!",
    Action.CONFLICT: "X",
    Action.GONE: "?",
    Action.FORGET: ".",
    Action.NOOP: "=",
}
_OUTCOME_SYMBOLS: Final = {
    Outcome.CREATED: ("+", "create"),
    Outcome.UPDATED: ("~", "update"),
    Outcome.DELETED: ("-", "delete"),
    Outcome.UNCHANGED: ("=", "dim"),
    Outcome.CONFLICT: ("!", "drift"),
    Outcome.FAILED: ("x", "error"),
    Outcome.SKIPPED: (".", "dim"),
    Outcome.UNKNOWN: ("?", "warning"),
}
_UNWRITTEN: Final = {
    Action.DRIFT: "drifted (shown, not changed)",
    Action.CONFLICT: "in conflict (nothing of them is written)",
    Action.GONE: "gone from the CRM",
    Action.FORGET: "to forget",
    Action.NOOP: "as declared",
}
_WHOLE: Final = frozenset({Action.CREATE, Action.DELETE})
_NAMED: Final = frozenset({Action.GONE, Action.FORGET})
_LISTED: Final = 10  # handovers and step moves named one by one in the summary

Labels = Mapping[tuple[str, str], str]
_OUTCOMES: Final = {WON: "Won by this plan", LOST: "Lost by this plan"}


_PENDING: Final = "(known after apply)"


def plan_text(plan: Plan, look: Look = PLAIN, *, verbose: bool = False) -> str:
    """Return *plan* for reading: each change with its fields, then the warnings, last the summary.

    Args:
        plan: What to show; its changes appear in the order of their addresses.
        look: The terminal.
        verbose: List what is as declared already, too.
    """
    # A reference means a record that is there, before one that is not.
    labels = _pending(plan) | {(r.kind, r.name): r.label for r in plan.references}
    blocks = [*look.wrap(f"Plan for {terminal(plan.space.id)} at {terminal(plan.space.url)}"), ""]
    shown = [change for change in plan.changes if verbose or change.action is not Action.NOOP]
    shown.sort(key=lambda change: change.address)
    if shown:
        blocks.append(_Pages(labels, look).text(shown))
    if verbose and shown and shown[-1].action is Action.NOOP:
        blocks.append("")
    if plan.problems:
        blocks += [problems_text(plan.problems, look, verbose=verbose), ""]
    for sentence in advice(plan.changes):
        blocks += [*look.wrap(terminal(sentence)), ""]
    blocks += _summary(summarize(plan), labels, look)
    return look.finish("\n".join(blocks))


class _Pages:
    """Changes as text; what many of them say alike is worked out once."""

    def __init__(self, labels: Labels, look: Look) -> None:
        self._labels = labels
        self._look = look
        self._width = max(look.width, 40)
        self._arrow = f" {look.glyphs.arrow} "
        self._layouts: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Layout] = {}
        self._known: dict[tuple[Any, ...], tuple[str, ...]] = {}

    def text(self, changes: Iterable[Change]) -> str:
        """Return *changes*, each with an empty line behind it, no-ops in one line."""
        lines: list[str] = []
        for change in changes:
            lines += self._heading(change)
            if change.action is not Action.NOOP:
                lines += self._body(change)
                lines.append("")
        return "\n".join(lines)

    def _heading(self, change: Change) -> Iterable[str]:
        word = f"{SYMBOLS[change.action]} {change.action}"
        text = f"{terminal(str(change.address))}  {terminal(change.place or 'declared no longer')}"
        look = self._look
        if len(word) + 1 + len(text) <= self._width and text.isascii():
            return (f"{look.paint(word, change.action)} {text}",)
        first, *rest = look.wrap(text, f"{word} ", " " * 4)
        return look.paint(word, change.action) + first.removeprefix(word), *rest

    def _body(self, change: Change) -> Iterator[str]:
        if change.action in _WHOLE:
            yield from self._facts(change, shown.after(change) or shown.before(change) or {})
        elif change.action in _NAMED:
            yield from self._facts(change, _name_of(change))
        else:
            yield from self._differences(change)
        for command in commands(change):
            # Not wrapped: it is to be copied.
            yield f"    to decide: {terminal(command)}"
        for note in change.notes:
            yield from self._look.wrap(terminal(note), "    note: ", " " * 10)

    def _differences(self, change: Change) -> Iterator[str]:
        fields = sorted(shown.fields(change), key=human.position(change.address.kind))
        paths = [terminal(field.path) for field in fields]
        room = self._room(paths)
        blank = " " * (room + 6)
        for path, field in zip(paths, fields, strict=True):
            margin = f"    {path.ljust(room)}  "
            for text in _difference(field, change, self._labels, self._look):
                yield from self._fitted(margin, text, blank)
                margin = blank

    def _facts(self, change: Change, values: Mapping[str, Any]) -> list[str]:
        """Return what a created or deleted record holds, in the order of the manifest."""
        lines: list[str] = []
        layout = self._layout(change.address.kind, values)
        blank, known = layout.blank, self._known
        for name, margin, inner in layout.rows:
            value = values[name]
            if value.__class__ is str:
                if name in layout.repeated:
                    lines += known.get((margin, value)) or self._noted(margin, value, name, value, blank)
                else:
                    lines += self._fitted(margin, literal(value, name), blank)
            elif inner:
                for key, place in inner:
                    lines += self._fitted(place, literal(value[key]), blank)
            elif value.__class__ is list and value and isinstance(value[0], dict):
                for place, link in zip(chain((margin,), repeat(blank)), value, strict=False):
                    parts = (name, *link.values())
                    lines += known.get((place, parts)) or self._noted(place, parts, name, link, blank)
            else:
                lines += self._fitted(margin, literal(value, name), blank)
        return lines

    def _noted(self, margin: str, key: object, name: str, value: Any, blank: str) -> tuple[str, ...]:
        """Return the lines of a value of *name*, and remember them under its margin and *key*."""
        text = _labelled(name, value, self._labels, self._arrow, "")
        lines = self._known[margin, key] = self._fitted(margin, text, blank)
        return lines

    def _fitted(self, margin: str, text: str, blank: str) -> tuple[str, ...]:
        if len(margin) + (len(text) if text.isascii() else cells(text)) <= self._width:
            return (margin + text,)
        return tuple(self._look.wrap(text, margin, blank))

    def _room(self, paths: Iterable[str]) -> int:
        return min(max(map(cells, paths), default=0), self._width // 3)

    def _layout(self, kind: str, values: Mapping[str, Any]) -> "_Layout":
        """Return where the rows of records of *kind* with such fields go; most have the same ones."""
        custom = values.get("fields")
        custom = custom if isinstance(custom, dict) else {}
        key = (kind, tuple(values), tuple(custom))
        known = self._layouts.get(key)
        if known is None:
            keys = sorted(custom)
            names = [name for name in human.ordered(kind, key[1]) if name != "fields" or custom]
            paths = {name: terminal(name) for name in names if name != "fields"}
            inner = {key: f"fields.{terminal(key)}" for key in keys}
            room = self._room([*paths.values(), *inner.values()])

            def margin(path: str) -> str:
                return f"    {path.ljust(room)}  "

            rows = [
                (name, margin(paths.get(name, "")), tuple((k, margin(inner[k])) for k in keys))
                if name == "fields"
                else (name, margin(paths[name]), ())
                for name in names
            ]
            repeated = frozenset(name for name in names if human.refers(name) or human.is_bare(name))
            known = self._layouts[key] = _Layout(tuple(rows), " " * (room + 6), repeated)
        return known


def _name_of(change: Change) -> dict[str, Any]:
    """Return what people know a record by that nothing is done to."""
    values = shown.after(change) or shown.before(change) or {}
    return {name: values[name] for name in KINDS[change.address.kind].called if name in values}


class _Layout(NamedTuple):
    """Where the rows of an opportunity go.

    Attributes:
        rows: Field, what stands before its first line, and the same for each field inside it.
        blank: What stands before every further line.
        repeated: Fields whose values many records have alike.
    """

    rows: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    blank: str
    repeated: frozenset[str]


def _difference(field: FieldChange, change: Change, labels: Labels, look: Look) -> Iterator[str]:
    if field.conflict:
        for word, value in (("git", field.after), ("CRM", field.before), ("agreed", field.base)):
            yield f"{word:6}  {_labelled(field.path, value, labels)}"
        return
    said = told(field, change.action)
    yield from _said(_change(field, change, labels, look), f"  ({said})" if said else "")


def _said(lines: Iterable[str], told: str) -> Iterator[str]:
    """Yield *lines*, the first with what there is to tell behind it."""
    for number, line in enumerate(lines):
        yield line if number else line + told


def _change(field: FieldChange, change: Change, labels: Labels, look: Look) -> Iterator[str]:
    before, after, arrow = field.before, field.after, f" {look.glyphs.arrow} "
    links = before or after
    if isinstance(links, list) and all(isinstance(link, Mapping) for link in links):
        # Of a list that was or becomes empty; of others each link is a field of its own.
        for link in sorted(links, key=human.target):
            yield f"{'-' if before else '+'} {_labelled(field.path, link, labels)}"
        return
    unit = ""
    if isinstance(after, str):
        unit = f" {terminal(human.unit(field.path, shown.written_after(change)))}".rstrip()
    yield _labelled(field.path, before, labels) + arrow + _labelled(field.path, after, labels) + unit


def _pending(plan: Plan) -> dict[tuple[str, str], str]:
    """Return what is said of records that do not exist yet, by kind and by what they are called."""
    found = {}
    for change in plan.changes:
        if change.makes and change.after is not None:
            kind, written = KINDS[change.address.kind], change.after.written
            for name in (kind.name_of(written), *(written.get(each) for each in kind.alone)):
                if name:
                    found[kind.name, name] = _PENDING
    return found


def _labelled(path: str, value: Any, labels: Labels, before: str = " (", after: str = ")") -> str:
    """Return *value* with the label of the record it refers to, unless that says the same."""
    text = literal(value, path)
    kind = human.refers(path)
    if kind is None:
        return text
    name = human.target(value) if isinstance(value, dict) else value
    label = labels.get((kind, name)) if isinstance(name, str) else None
    if label == _PENDING:
        return f"{text} {_PENDING}"
    return f"{text}{before}{terminal(label)}{after}" if label and label != name else text


def literal(value: Any, path: str = "") -> str:
    """Return a human value as it is shown: text quoted, so that none of it is mistaken for ours."""
    if isinstance(value, str):
        shown = value if value.isascii() and value.isprintable() else terminal(value)
        return shown if human.is_bare(path) else '"' + shown.replace('"', '\\"') + '"'
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(literal(item) for item in value) or "none"
    if isinstance(value, dict):
        return _literal_mapping(value)
    return str(value)


def _literal_mapping(value: Mapping[str, Any]) -> str:
    if "amount" in value:
        return terminal(f"{value['amount']} {value.get('currency') or ''}".rstrip())
    if human.is_line(value):
        return _literal_line(value)
    if human.is_loss(value):
        return ", ".join(map(literal, value.values()))
    target = human.target(value)
    if not target:
        return dumps(value)
    said = ["primary"] * bool(value.get("primary")) + list(map(literal, human.roles(value)))
    return literal(target) + (f" [{', '.join(said)}]" if said else "")


def _literal_line(value: Mapping[str, Any]) -> str:
    """Return a product line as people say it: `25 x "SEAT-1Y" at 120.00, "two days"`."""
    product = value.get("product")
    text = f"{value['quantity']} x {literal(product)}" if product else f"quantity {value['quantity']}"
    price, comment = value.get("price"), value.get("comment")
    return text + (f" at {price}" if price else "") + (f", {literal(comment)}" if comment else "")


def _summary(summary: Summary, labels: Labels, look: Look) -> Iterator[str]:
    nothing = no_change(summary)
    if nothing is not None:
        yield nothing
        return
    yield from look.wrap(f"Plan: {counts_text(summary)}.", rest="  ")
    yield from _table("To be created", summary.by_pipeline, summary.by_step, look)
    if len({group.name for group in summary.by_owner}) > 1:
        named = [_renamed(group, labels) for group in summary.by_owner]
        yield from _table("To be created, by owner", named, (), look)
    if len({group.name for group in summary.by_quarter}) > 1:
        yield from _table("To be created, by quarter of closing", summary.by_quarter, (), look)
    for outcome, title in _OUTCOMES.items():
        ended = [replace(group, name=group.name[1:]) for group in summary.ended if group.name[0] == outcome]
        yield from _table(title, ended, (), look)
    arrow = look.glyphs.arrow
    for moved in summary.moved:
        yield ""
        yield from look.wrap(
            f"Value of updated opportunities: {amount(moved.before)} {arrow} {amount(moved.after)}"
            f" {terminal(moved.currency)} ({signed(moved.delta)})",
            rest="  ",
        )
    for row in summary.value:
        if row.delete is not None:
            yield ""
            yield from look.wrap(
                f"To be deleted: {amount(row.delete)} {terminal(row.currency)} in {terminal(row.pipeline)}",
                rest="  ",
            )
    if summary.counts[Action.CREATE] > len(summary.largest) > 1:
        yield ""
        yield "Largest"
        for deal in summary.largest:
            value = f"{amount(deal.value.amount)} {terminal(deal.value.currency)}"
            yield from look.wrap(
                f"{SYMBOLS[deal.action]} {terminal(str(deal.address))}  {literal(deal.name)}  {value}",
                "  ",
                "      ",
            )
    yield from _moves("Moved to another step", summary.steps, {}, look)
    owners = {name: label for (kind, name), label in labels.items() if kind == "owner"}
    yield from _moves("Handed to another owner", summary.handovers, owners, look)


def counts_text(summary: Summary) -> str:
    """Return `2 to create, 1 to update, …`; what is not written only when there is some."""
    counts = summary.counts
    parts = [f"{counts[action]:,} to {action}" for action in (Action.CREATE, Action.UPDATE, Action.DELETE)]
    parts += [f"{counts[action]:,} {words}" for action, words in _UNWRITTEN.items() if counts[action]]
    if summary.remember:
        parts.append(f"{summary.remember:,} to remember")
    return ", ".join(parts)


def amount(value: Decimal) -> str:
    """Return *value* for people: `1,250.00`."""
    return f"{value:,f}"


def signed(value: Decimal) -> str:
    """Return *value* with its sign: `+150.00`."""
    return f"{value:+,f}"


def _renamed(group: ValueGroup, labels: Labels) -> ValueGroup:
    name = group.name[0]
    return ValueGroup((labels.get(("owner", name)) or name,), group.currency, group.count, group.amount)


def _table(
    title: str, groups: Sequence[ValueGroup], parts: Sequence[ValueGroup], look: Look
) -> Iterator[str]:
    """Yield *groups*, each with the *parts* of the same name and currency indented below it."""
    if not groups:
        return
    rows = []
    for group in groups:
        rows.append(("  ", group))
        rows += [
            ("    ", ValueGroup(p.name[1:], p.currency, p.count, p.amount))
            for p in parts
            if (p.name[0], p.currency) == (group.name[0], group.currency)
        ]
    amounts = [f"{amount(group.amount)} {terminal(group.currency)}" for _, group in rows]
    counts = [f"{group.count:,}" for _, group in rows]
    wide = max(map(cells, amounts))
    count_width = max(map(len, counts))
    names = [indent + (terminal(group.name[0]) or "none") for indent, group in rows]
    room = min(max(map(cells, names)), max(max(look.width, 40) - wide - count_width - 4, 12))
    yield ""
    yield title
    for name, count, value in zip(names, counts, amounts, strict=True):
        padding = " " * (wide - cells(value))
        numbers = f"  {count:>{count_width}}  {padding}{value}"
        if cells(name) <= room:
            yield name + " " * (room - cells(name)) + numbers
        else:
            yield from look.wrap(name.strip(), name[: len(name) - len(name.lstrip())], "      ")
            yield " " * room + numbers


def _moves(title: str, moves: Sequence[Moves], labels: Mapping[str, str], look: Look) -> Iterator[str]:
    if not moves:
        return
    yield ""
    yield title
    for move in moves[:_LISTED]:
        before, after = (
            literal(None if name is None else labels.get(name) or name) for name in (move.before, move.after)
        )
        yield from look.wrap(
            f"{terminal(str(move.address))}  {before} {look.glyphs.arrow} {after}", "  ", "      "
        )
    if len(moves) > _LISTED:
        yield f"  {look.glyphs.ellipsis} and {len(moves) - _LISTED:,} more"


def results_text(results: Sequence[Result], look: Look = PLAIN, *, verbose: bool = False) -> str:
    """Return what apply did: each written change, what went wrong, and the truth in the last line.

    Args:
        results: One for each change.
        look: The terminal.
        verbose: List what was unchanged and what was skipped, too; else both are only counted, but for what
            waited for something that was not written.
    """
    lines: list[str] = []
    problems: list[Problem] = []
    for result in sorted(results, key=lambda r: r.change.address):
        if result.outcome is Outcome.UNCHANGED and not verbose:
            continue
        problems += (replace(p, address=p.address or result.change.address) for p in result.problems)
        if result.outcome is Outcome.SKIPPED and not (verbose or result.waited_for):
            continue
        symbol, style = _OUTCOME_SYMBOLS[result.outcome]
        word = f"{symbol} {result.outcome}"
        text = terminal(str(result.change.address))
        if result.id is not None:
            text += f"  {terminal(result.id)}"
        if result.adopted:
            text += "  (found after its answer was lost)"
        if result.waited_for:
            text += f"  (waited for {terminal(listed([str(each) for each in result.waited_for]))})"
        for number, line in enumerate(look.wrap(text, f"{word} ", "    ")):
            lines.append(line if number else look.paint(word, style) + line.removeprefix(word))
    if lines:
        lines.append("")
    if problems:
        lines += [problems_text(problems, look, verbose=verbose), ""]
    lines.append(results_line(results))
    return look.finish("\n".join(lines))


def results_line(results: Iterable[Result]) -> str:
    """Return the truth about an apply in one line.

    It is complete when nothing that should have been written is left: a drift that policy leaves alone is
    no gap.
    """
    results = tuple(results)
    if not results:
        return "Apply complete: nothing to do."
    counts = Counter(result.outcome for result in results)
    gaps = (Outcome.CONFLICT, Outcome.FAILED, Outcome.UNKNOWN)
    left = sum(r.outcome is Outcome.SKIPPED and r.change.action in WRITES for r in results)
    done = not left and not any(counts[outcome] for outcome in gaps)
    parts = [f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome]]
    if done:
        parts.append("0 failed")
    return f"Apply {'complete' if done else 'incomplete'}: {', '.join(parts)}."
