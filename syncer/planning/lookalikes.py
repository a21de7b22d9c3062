"""Look-alikes → warnings, with the YAML that settles them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import path_of
from syncer.model.address import Address
from syncer.model.observed import Observed
from syncer.model.problem import Problem, Severity
from syncer.planning.match import Matches
from syncer.resolve import Desired
from syncer.resolve.directory import Directory
from syncer.shapes.base import Field
from syncer.shapes.quoting import quoted
from syncer.shapes.reference import REFERENCE

_MOST: Final = 3


def warnings(
    kind: Kind, desired: Iterable[Desired], matches: Matches, directory: Directory, key_field: str | None
) -> Iterator[Problem]:
    """Yield a warning for each declaration that something of nobody's looks like.

    Args:
        kind: What they are.
        desired: The declarations, resolved.
        matches: What was found for them.
        directory: Names for what was observed.
        key_field: Api name of the key field.
    """
    for entry in desired:
        beside = matches.beside.get(entry.declared.address)
        if beside is None or not beside.doubtful:
            continue
        span = entry.declared.locator.span((kind.called[0],))
        new = matches.found.get(entry.declared.address) is None
        yield Problem(
            "look-alike",
            detail(kind, beside.doubtful, directory, new=new),
            span,
            entry.declared.locator.excerpt(span),
            _hint(kind, entry, beside.doubtful, key_field, matches.former, new=new),
            address=entry.declared.address,
            severity=Severity.WARNING,
        )


def detail(kind: Kind, records: Iterable[Observed], directory: Directory, *, new: bool) -> str:
    """Return what there is, each record with what people know it by."""
    records = list(records)
    told = "; ".join(_described(kind, record, directory) for record in records[:_MOST])
    more = f"; and {len(records) - _MOST:,} more" if len(records) > _MOST else ""
    return f"{'It would be created beside' if new else 'There is also'} {told}{more}."


def _described(kind: Kind, record: Observed, directory: Directory) -> str:
    parts = [record.id]
    for path, word in kind.alike.told:
        if shown := _told(kind.field(path), record.values.get(path), directory):
            parts.append(f"{word} {shown}")
    if record.archived:
        parts.append("archived")
    return f'"{kind.name_of(record.values)}" ({", ".join(parts)})'


def _told(spec: Field, value: Any, directory: Directory) -> str:
    """Return *value* in a few words; "" when there is none, or nobody knows what it is called."""
    if value in (None, {}):
        return ""
    if spec.shape is REFERENCE:
        refers = spec.refers or ""
        return "" if directory.get(refers, value) is None else directory.label(refers, value)
    shown = spec.shape.show(value, spec, directory)
    return " ".join(filter(None, shown.values())) if isinstance(shown, Mapping) else str(shown)


def _hint(
    kind: Kind,
    entry: Desired,
    records: tuple[Observed, ...],
    key_field: str | None,
    former: Mapping[str, Address],
    *,
    new: bool,
) -> str:
    first = records[0]
    ids = ", ".join(record.id for record in records)
    lines = []
    if new:
        lines = ["if it is the same one, adopt it:", f"id: {first.id}"]
        key = first.values.get(path_of(key_field)) if key_field else None
        if key is None and first.id in former:
            key = former[first.id].key
        if key:
            lines.append(f"or: formerly: {{key: {quoted(key)}}}")
        elif old := _renamed(kind, entry, first):
            lines.append(f"or: formerly: {{{old}}}")
        lines.append("if it is another one:")
    else:
        lines.append("delete it in Pipeliner, or say that it is another one:")
    lines.append(f"lifecycle: {{distinct_from: [{ids}]}}")
    return "\n".join(lines)


def _renamed(kind: Kind, entry: Desired, record: Observed) -> str:
    """Return the old name that would make *record* that of *entry*; "" when a name alone does not."""
    old, now = kind.parts(record.values), entry.identity.parts
    named = [part for part, name in kind.natural.items() if name in kind.called]
    part = kind.alike.within
    if part is not None and old[part] != now.get(part):
        return ""
    return ", ".join(
        f"{part}: {quoted(old[part])}" for part in named if old[part] and old[part] != now.get(part)
    )
