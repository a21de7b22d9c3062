"""A plan → what a reviewer should look at twice."""

from collections.abc import Iterable, Mapping
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import WRITES, Action, Change
from syncer.model.problem import Problem, Severity
from syncer.planning.rules import Rules
from syncer.planning.shown import written_after, written_before
from syncer.resolve import Desired


def warnings(
    changes: Iterable[Change], desired: Iterable[Desired], rules: Rules, today: str
) -> list[Problem]:
    """Return what a reviewer should look at twice, by address.

    Args:
        changes: The decided changes.
        desired: The declarations behind them, for the places in the files.
        rules: The project's policy.
        today: `2027-01-31`, the day the plan is made.
    """
    entries = {entry.declared.address: entry for entry in desired}
    found: list[Problem] = []
    twins: dict[object, Address] = {}

    def warn(change: Change, code: str, path: str, detail: str, hint: str = "") -> None:
        entry = entries.get(change.address)  # of what was taken out there is none
        span = None if entry is None else entry.declared.locator.span((path,))
        found.append(
            Problem(
                code,
                detail,
                span,
                "" if entry is None or span is None else entry.declared.locator.excerpt(span),
                hint,
                address=change.address,
                severity=Severity.WARNING,
            )
        )

    for change in changes:
        action = change.action
        if action not in WRITES:
            continue
        after = written_after(change)
        kind = KINDS[change.address.kind]
        path = kind.alike.day
        day = after.get(path) if path is not None and change.sets(path) else None
        if rules.warn_past and isinstance(day, str) and day < today:
            title = kind.field(path or "").about.title.lower()
            warn(change, "closing-date-in-past", path or "", f"The {title} {day} has passed.")
        if action is Action.CREATE:
            if "won" in entries[change.address].notes:
                warn(
                    change,
                    "created-won",
                    "step",
                    f'"{after.get("step")}" is the last step of "{after.get("pipeline")}": '
                    f"the {kind.noun[0]} counts as won from the start.",
                )
            first = twins.setdefault(_worth(kind, after) or change.address, change.address)
            if first != change.address:
                warn(
                    change,
                    "same-account-value",
                    kind.sums or "",
                    f"{first} is created for the same account with the same value.",
                    "make sure that it is not the same deal twice",
                )
        elif action is Action.DELETE:
            name = kind.name_of(written_before(change)) or change.id
            warn(change, "delete-planned", "state", f'"{name}" will be deleted.')
    return found


def _worth(kind: Kind, after: Mapping[str, Any]) -> object:
    """Return what two share that are created for the same accounts with the same money; None: nothing."""
    around, money = kind.around, after.get(kind.sums) if kind.sums else None
    links = after.get(around.name) if around is not None and kind.sums else None
    if around is None or not links:
        return None
    noun = around.refers or ""
    return tuple([(link[noun], link["primary"]) for link in links]), tuple(money.values()) if money else None
