"""Look-alikes → warnings, with the YAML that settles them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from syncer.kinds.custom import path_of
from syncer.model.address import Address
from syncer.model.observed import Observed
from syncer.model.problem import Problem, Severity
from syncer.planning.match import Matches
from syncer.resolve import Desired, human, primary
from syncer.resolve.directory import Directory
from syncer.shapes.quoting import quoted

_MOST: Final = 3


def warnings(
    desired: Iterable[Desired], matches: Matches, directory: Directory, key_field: str | None
) -> Iterator[Problem]:
    """Yield a warning for each declaration that something of nobody's looks like.

    Args:
        desired: The declarations, resolved.
        matches: What was found for them.
        directory: Names for what was observed.
        key_field: Api name of the key field.
    """
    for entry in desired:
        beside = matches.beside.get(entry.declared.address)
        if beside is None or not beside.doubtful:
            continue
        span = entry.declared.locator.span(("name",))
        new = matches.found.get(entry.declared.address) is None
        yield Problem(
            "look-alike",
            detail(beside.doubtful, directory, new=new),
            span,
            entry.declared.locator.excerpt(span),
            _hint(entry, beside.doubtful, key_field, matches.former, new=new),
            address=entry.declared.address,
            severity=Severity.WARNING,
        )


def detail(records: Iterable[Observed], directory: Directory, *, new: bool) -> str:
    """Return what there is, each record with what people know it by."""
    records = list(records)
    told = "; ".join(_described(record, directory) for record in records[:_MOST])
    more = f"; and {len(records) - _MOST} more" if len(records) > _MOST else ""
    return f"{'It would be created beside' if new else 'There is also'} {told}{more}."


def _described(record: Observed, directory: Directory) -> str:
    values = record.values
    parts = [record.id]
    for kind, word in (("step", "step"), ("owner", "owner")):
        if directory.get(kind, values.get(kind)) is not None:
            parts.append(f"{word} {directory.label(kind, values[kind])}")
    if money := human.observed("value", values.get("value"), directory):
        parts.append(f"value {money['amount']} {money['currency']}".rstrip())
    if day := values.get("closing_date"):
        parts.append(f"closing {day}")
    if record.archived:
        parts.append("archived")
    return f'"{values.get("name")}" ({", ".join(parts)})'


def _hint(
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
        name = first.values.get("name")
        if key is None and first.id in former:
            key = former[first.id].key
        if key:
            lines.append(f"or: formerly: {{key: {quoted(key)}}}")
        elif (
            name
            and name != entry.identity.name
            and primary(first.values.get("accounts")) == (entry.identity.account)
        ):
            lines.append(f"or: formerly: {{name: {quoted(name)}}}")
        lines.append("if it is another one:")
    else:
        lines.append("delete it in Pipeliner, or say that it is another one:")
    lines.append(f"lifecycle: {{distinct_from: [{ids}]}}")
    return "\n".join(lines)
