"""Plan → refusal, if it does more than the project allows."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from syncer.kinds.count import counted
from syncer.kinds.registry import KINDS
from syncer.model.change import Action, Change
from syncer.model.plan import Plan
from syncer.model.problem import GuardError, Problem
from syncer.planning.shown import written_after, written_before
from syncer.planning.summary import money_of

_COUNTED: Final = {
    "max_creates": (Action.CREATE, "created"),
    "max_updates": (Action.UPDATE, "updated"),
    "max_deletes": (Action.DELETE, "deleted"),
}


def breaches(plan: Plan, today: str, allow: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return every limit of the plan's policy that *plan* breaches.

    Args:
        plan: What would be done; its policy holds the guards.
        today: `2027-01-31`.
        allow: Guards that are lifted for this run.
    """
    guards = plan.policy.get("guards", {})
    found = (*_counts(plan, guards), *_value(plan, guards), *_past(plan, guards, today))
    return tuple(problem for name, problem in found if name not in allow)


def check(plan: Plan, today: str, allow: Collection[str] = ()) -> None:
    """Raise GuardError with every breach."""
    if found := breaches(plan, today, allow):
        raise GuardError(found)


def _breach(name: str, detail: str, change: Change | None) -> tuple[str, Problem]:
    return name, Problem(
        "guard",
        detail,
        change.span if change else None,
        hint=f"if it is meant, raise {name} in syncer.yaml, or apply with --allow {name}",
        address=change.address if change else None,
    )


def _counts(plan: Plan, guards: dict[str, object]) -> Iterator[tuple[str, Problem]]:
    for name, (action, verb) in _COUNTED.items():
        limit = guards.get(name)
        changes = [change for change in plan.changes if change.action is action]
        if isinstance(limit, int) and len(changes) > limit:
            first = changes[limit]
            some = counted(change.address for change in changes)
            yield _breach(
                name,
                f"{some} would be {verb}; {name} is {limit:,}. The first over the limit is {first.address}.",
                first,
            )


def _value(plan: Plan, guards: dict[str, object]) -> Iterator[tuple[str, Problem]]:
    """Compare what would be created, and added to existing records, with `max_value`.

    A limit in the base currency counts every currency at the rate in force; one in another currency counts
    that currency alone.
    """
    limits = guards.get("max_value") or []
    for written in limits if isinstance(limits, list) else [limits]:
        text, _, code = str(written).partition(" ")
        limit, total = Decimal(text), Decimal(0)
        for change in plan.changes:
            total += _added(change, code, in_base=code == plan.space.base_currency)
            if total > limit:
                whole = sum(
                    (_added(each, code, in_base=code == plan.space.base_currency) for each in plan.changes),
                    Decimal(0),
                )
                yield _breach(
                    "max_value",
                    f"The plan adds {whole:,.2f} {code}; max_value is {limit:,.2f} {code}. "
                    f"The first over the limit is {change.address}.",
                    change,
                )
                break


def _added(change: Change, code: str, *, in_base: bool) -> Decimal:
    """Return by how much *change* raises the total; 0 for what lowers it."""
    sums = KINDS[change.address.kind].sums
    if sums is None or not change.sets(sums):
        return Decimal(0)
    if in_base:
        now, was = (
            Decimal((side.get(sums) or _NOTHING).get("base") or 0)
            for side in (change.desired, change.observed)
        )
    else:
        now, was = (
            money.amount if (money := money_of(side)) and money.currency == code else Decimal(0)
            for side in (written_after(change), written_before(change))
        )
    return max(now - was, Decimal(0))


_NOTHING: Final[Mapping[str, Any]] = {}


def _past(plan: Plan, guards: dict[str, object], today: str) -> Iterator[tuple[str, Problem]]:
    if guards.get("closing_date_in_past") != "deny":
        return
    for change in plan.changes:
        path = KINDS[change.address.kind].alike.day
        day = change.desired.get(path) if path is not None and change.sets(path) else None
        if isinstance(day, str) and day < today:
            yield _breach(
                "closing_date_in_past",
                f"{change.address} would close on {day}, which has passed; closing_date_in_past is deny.",
                change,
            )
