"""A plan → what a reviewer should look at twice."""

from collections.abc import Iterable

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
        day = after.get("closing_date")
        if rules.warn_past and isinstance(day, str) and day < today and change.sets("closing_date"):
            warn(change, "closing-date-in-past", "closing_date", f"The closing date {day} has passed.")
        if action is Action.CREATE:
            if "won" in entries[change.address].notes:
                warn(
                    change,
                    "created-won",
                    "step",
                    f'"{after.get("step")}" is the last step of "{after.get("pipeline")}": '
                    "the opportunity counts as won from the start.",
                )
            accounts, value = after.get("accounts"), after.get("value")
            if not accounts:
                continue
            twin = (
                tuple([(link["account"], link["primary"]) for link in accounts]),
                tuple(value.values()) if value else None,
            )
            first = twins.setdefault(twin, change.address)
            if first != change.address:
                warn(
                    change,
                    "same-account-value",
                    "value",
                    f"{first} is created for the same account with the same value.",
                    "make sure that it is not the same deal twice",
                )
        elif action is Action.DELETE:
            name = written_before(change).get("name") or change.id
            warn(change, "delete-planned", "state", f'"{name}" will be deleted.')
    return found
