"""Find the records that a rehearsal made, by their marks, and delete them; nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from syncer.rehearsal.mark import BEGIN, Mark, mark_of, role_of
from syncer.rehearsal.wire import NoAnswerError, Reply, Wire

OPPORTUNITIES: Final = "Opportunities"
# Rows that belong to a marked record, and may outlive it.
ROWS: Final = ("LeadOpptyContactRelations", "LeadOpptyAccountRelations")
_PAGE: Final = 100
_GONE: Final = frozenset({404, 410})
# Earlier rehearsals whose deleted records are looked at, for rows that outlived them: each rehearsal looks
# before it makes records of its own, so those before the latest were looked at.
_LOOKED_AT: Final = 2


@dataclass(frozen=True, slots=True)
class Left:
    """A marked record that is there.

    Attributes:
        id: Its id.
        mark: Whose it is.
        role: What it plays.
        deleted: Whether it carries the soft-delete mark.
    """

    id: str
    mark: Mark
    role: str
    deleted: bool


def marked(wire: Wire, space_id: str, *, deleted: bool = False) -> list[Left]:
    """Return every marked record of the space, the latest rehearsal's first.

    Args:
        wire: Open.
        space_id: Marks of another space do not count: a copied space keeps its records.
        deleted: Deleted ones, too.

    Raises:
        NoAnswerError: The list cannot be read.
    """
    # How a service compares is undocumented, and a look at the record decides. One that knows no `contains`
    # (DOC uses it, for pipelines) is asked for all records.
    narrow = [("filter[name]", BEGIN.strip()), ("filter-op[name]", "contains")]
    rows = _pages(wire, narrow, deleted=deleted)
    if rows is None:
        rows = _pages(wire, [], deleted=deleted)
    if rows is None:
        raise NoAnswerError("the opportunities cannot be listed")
    found = []
    for row in rows:
        if (mark := mark_of(space_id, row)) is not None:
            if not isinstance(row.get("id"), str):
                raise NoAnswerError("the list has a marked record without its id")
            found.append(Left(row["id"], mark, role_of(row), row.get("is_deleted") is True))
    return sorted(found, key=lambda left: (left.mark.time, left.id), reverse=True)


def _pages(wire: Wire, narrow: list[tuple[str, str]], *, deleted: bool) -> list[dict[str, Any]] | None:
    params = [("first", str(_PAGE)), ("load-only", "id,name,description,is_deleted"), *narrow]
    if deleted:
        params.append(("include-deleted", "true"))
    rows: list[dict[str, Any]] = []
    after: list[tuple[str, str]] = []
    while True:
        answer = wire.ask("leftovers", "GET", OPPORTUNITIES, params=[*params, *after])
        if not answer.ok:
            return None
        rows += answer.rows
        info = answer.body.get("page_info")
        cursor = info.get("end_cursor") if isinstance(info, dict) and info.get("has_next_page") else None
        if not (cursor and answer.rows):
            return rows
        after = [("after", str(cursor))]


def remove(wire: Wire, space_id: str, record_id: str) -> bool:
    """Delete a record, when it is one of ours, and what links of it stay; tell whether it is gone.

    Raises:
        NoAnswerError: Nobody knows whether it is gone.
    """
    answer = wire.ask("check", "GET", f"{OPPORTUNITIES}/{record_id}")
    if answer.status not in _GONE:
        if mark_of(space_id, answer.row) is None:
            return False
        if answer.row.get("is_deleted") is not True and not _gone(
            wire.ask("remove", "DELETE", f"{OPPORTUNITIES}/{record_id}")
        ):
            return False
    return remove_rows(wire, record_id)


def remove_rows(wire: Wire, record_id: str) -> bool:
    """Delete the links that outlive a deleted record of ours; tell whether they are gone."""
    return all(
        _gone(wire.ask("remove-row", "DELETE", f"{entity}/{row}"))
        for entity in ROWS
        for row in _rows(wire, entity, record_id)
    )


def _rows(wire: Wire, entity: str, record_id: str) -> Iterator[str]:
    for row in rows_of(wire, entity, record_id).rows:
        # A service that does not filter would hand out other people's links.
        if row.get("lead_oppty_id") == record_id and isinstance(row.get("id"), str):
            yield row["id"]


def rows_of(wire: Wire, entity: str, record_id: str) -> Reply:
    """Read the links of a record."""
    params = [
        ("first", str(_PAGE)),
        ("load-only", "id,lead_oppty_id,is_primary"),
        ("filter[lead_oppty_id]", record_id),
    ]
    return wire.ask("rows", "GET", entity, params=params)


def remove_earlier(wire: Wire, mark: Mark) -> int:
    """Delete what earlier rehearsals left; return how many records could not be deleted.

    Args:
        wire: Open.
        mark: Of the rehearsal that runs.

    Raises:
        NoAnswerError: Nobody knows what is there.
    """
    left = [each for each in marked(wire, mark.space_id, deleted=True) if each.mark.token != mark.token]
    kept = sum(not remove(wire, mark.space_id, each.id) for each in left if not each.deleted)
    latest = list(dict.fromkeys(each.mark.token for each in left))[:_LOOKED_AT]
    for each in left:
        if each.deleted and each.mark.token in latest:
            remove_rows(wire, each.id)
    return kept


def _gone(answer: Reply) -> bool:
    return answer.ok or answer.status in _GONE
