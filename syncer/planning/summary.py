"""What a plan means in sales terms: how many, how much, where, whose and when."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, localcontext
from heapq import nsmallest
from typing import Any, Final, NamedTuple

from syncer.kinds.count import counted
from syncer.model.address import Address
from syncer.model.change import Action, Change, human_action_counts
from syncer.model.plan import Plan
from syncer.planning.shown import written_after, written_before

LARGEST: Final = 5
WON: Final = "won"
LOST: Final = "lost"
_EXACT: Final = Context(prec=60)  # sums of money are never rounded
_ZERO: Final = Decimal(0)


class Amount(NamedTuple):
    """An amount of one currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class PipelineValue:
    """What the plan does to the value of one pipeline in one currency.

    Attributes:
        currency: Code.
        pipeline: Name.
        create: Value of the opportunities to be created; None when there are none.
        update: By how much updates change it; None when they don't.
        delete: Value of the opportunities to be deleted; None when there are none.
        won: Value of those that become won, or are won from the start; None when there are none.
        lost: Value of those that become lost, or are lost from the start; None when there are none.

    What is won or lost is no value of the pipeline: it is counted apart, and an update that makes it so takes
    it out of the pipeline.
    """

    currency: str
    pipeline: str
    create: Decimal | None = None
    update: Decimal | None = None
    delete: Decimal | None = None
    won: Decimal | None = None
    lost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """Opportunities to be created that have something in common, in one currency.

    Attributes:
        name: What they have in common: a pipeline, step, owner or quarter, see `Summary`.
        currency: Code.
        count: How many.
        amount: Their value together.
    """

    name: tuple[str, ...]
    currency: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Moved:
    """Value of the updated opportunities of one currency, where the update changes it."""

    currency: str
    before: Decimal
    after: Decimal

    @property
    def delta(self) -> Decimal:
        """What is gained or lost."""
        return _EXACT.subtract(self.after, self.before)


@dataclass(frozen=True, slots=True)
class Deal:
    """One opportunity that a write puts at stake: of the largest ones."""

    address: Address
    action: Action
    name: str
    value: Amount


@dataclass(frozen=True, slots=True)
class Moves:
    """An update that changes one field from one name to another.

    Attributes:
        address: The opportunity.
        before: Name before; None when it was empty.
        after: Name after.
        notes: Notes of the change, such as that the new step means won.
    """

    address: Address
    before: str | None
    after: str | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A plan in sales terms. Groups are sorted by name and currency, the largest first by amount.

    Attributes:
        counts: Number of changes by action, every action present, in the order of `Action`.
        remember: Number of changes with something that is agreed and not remembered.
        value: What happens to the value of each pipeline.
        ended: Those that become won or lost, or are so from the start, by (WON or LOST, pipeline).
        by_pipeline: To be created and open, as in the groups that follow, by (pipeline,).
        by_step: To be created, by (pipeline, step).
        by_owner: To be created, by (owner,).
        by_quarter: To be created, by the quarter of closing, ("2027-Q1",).
        moved: Value that updates change, by currency.
        largest: The largest opportunities to be created or deleted.
        handovers: Updates that give an opportunity to another owner.
        steps: Updates that move an opportunity to another step or pipeline.
        won: Addresses of the opportunities that end in the last step of their pipeline.
        same: What is as declared, in words: `2 accounts and 1 opportunity`.
    """

    counts: Mapping[str, int]
    remember: int = 0
    value: tuple[PipelineValue, ...] = ()
    ended: tuple[ValueGroup, ...] = ()
    by_pipeline: tuple[ValueGroup, ...] = ()
    by_step: tuple[ValueGroup, ...] = ()
    by_owner: tuple[ValueGroup, ...] = ()
    by_quarter: tuple[ValueGroup, ...] = ()
    moved: tuple[Moved, ...] = ()
    largest: tuple[Deal, ...] = ()
    handovers: tuple[Moves, ...] = ()
    steps: tuple[Moves, ...] = ()
    won: tuple[Address, ...] = ()
    same: str = ""

    @property
    def writes(self) -> int:
        """How many opportunities apply would write."""
        return sum(self.counts[action] for action in (Action.CREATE, Action.UPDATE, Action.DELETE))


def summarize(plan: Plan, largest: int = LARGEST) -> Summary:
    """Say what *plan* means, naming the *largest* n opportunities."""
    with localcontext(_EXACT):
        creates = list(_staked(plan.changes, Action.CREATE))
        deletes = list(_staked(plan.changes, Action.DELETE))
        updates = [c for c in plan.changes if c.action is Action.UPDATE]
        ended = _ended(plan)
        creates = [stake for stake in creates if outcome(stake.values, plan.steps) is None]
        by_pipeline = _grouped(creates, "pipeline")
        return Summary(
            counts=human_action_counts(plan.changes),
            remember=sum(
                not change.is_remembered for change in plan.changes if change.action is not Action.CREATE
            ),
            value=_value(by_pipeline, _moved_open(updates, plan.steps), _grouped(deletes, "pipeline"), ended),
            ended=ended,
            by_pipeline=by_pipeline,
            by_step=_in_step_order(_grouped(creates, "pipeline", "step"), plan.steps),
            by_owner=_grouped(creates, "owner"),
            by_quarter=_by_quarter(_grouped(creates, "closing_date")),
            moved=_moved(updates),
            largest=_largest([*_staked(plan.changes, Action.CREATE), *deletes], largest),
            handovers=tuple(_moves(updates, "owner")),
            steps=tuple(_moves(updates, "pipeline", "step")),
            won=tuple(sorted({p.address for p in plan.problems if p.code == "created-won" and p.address})),
            same=counted([c.address for c in plan.changes if c.action is Action.NOOP]),
        )


def no_change(summary: Summary) -> str | None:
    """Return the sentence for a plan with nothing to do; None when there is something to do or to look at."""
    if any(number for action, number in summary.counts.items() if action != Action.NOOP):
        return None
    same = summary.counts[Action.NOOP]
    if not same:
        return "No changes. Nothing is declared."
    more = f" {summary.remember:,} to remember." if summary.remember else ""
    return f"No changes. {summary.same} {'is' if same == 1 else 'are'} as declared.{more}"


def money_of(values: Mapping[str, Any] | None) -> Amount | None:
    """Return the value among the human *values* of an opportunity, when it is managed and not empty."""
    value = values.get("value") if values else None
    if value.__class__ is not dict and not isinstance(value, Mapping):
        return None
    try:
        amount = Decimal(str(value["amount"]))
    except (KeyError, InvalidOperation):
        return None
    return Amount(amount, str(value.get("currency") or "")) if amount.is_finite() else None


def change_in_value(change: Change) -> Decimal | None:
    """Return by how much an update changes the value within its currency; None when it does not."""
    before, after = money_of(written_before(change)), money_of(written_after(change))
    if before is None or after is None or before.currency != after.currency:
        return None
    return _EXACT.subtract(after.amount, before.amount) or None


def outcome(values: Mapping[str, Any], steps: Mapping[str, Sequence[str]]) -> str | None:
    """Return WON or LOST for human *values* that say so; None for a deal that is open, as far as they tell.

    Args:
        values: Of an opportunity.
        steps: Names of the steps by pipeline, in their order: the last one means won.
    """
    if values.get("lost"):
        return LOST
    order = steps.get(_name(values, "pipeline"), ())
    return WON if order and values.get("step") == order[-1] else None


def quarter(date: Any) -> str:
    """Return `2027-Q1` for `2027-03-31`, "" for what is no date."""
    year, _, rest = str(date or "").partition("-")
    month = rest[:2]
    return f"{year}-Q{(int(month) + 2) // 3}" if month.isdecimal() else ""


def plain(amount: Decimal) -> str:
    """Return *amount* as plans write it: `100.00`, never with an exponent."""
    return f"{amount:f}"


def summary_to_json(summary: Summary) -> dict[str, Any]:
    """Return the `summary` of the plan JSON."""
    rows = []
    for row in summary.value:
        parts = {"create": row.create, "update": row.update, "delete": row.delete}
        parts |= {WON: row.won, LOST: row.lost}
        amounts = {action: plain(amount) for action, amount in parts.items() if amount is not None}
        rows.append({"currency": row.currency, "pipeline": row.pipeline, **amounts})
    return {**summary.counts, "remember": summary.remember, "value": rows}


def _name(values: Mapping[str, Any], field: str) -> str:
    return str(values.get(field) or "")


class _Stake(NamedTuple):
    """A change, the values of the opportunity that it makes or removes, and what that is worth."""

    change: Change
    values: Mapping[str, Any]
    money: Amount


def _staked(changes: Iterable[Change], action: Action) -> Iterator[_Stake]:
    for change in changes:
        if change.action is action:
            values = written_before(change) if action is Action.DELETE else written_after(change)
            money = money_of(values)
            if money is not None:
                yield _Stake(change, values, money)


def _grouped(stakes: Iterable[_Stake], *fields: str) -> tuple[ValueGroup, ...]:
    """Return what has the same values of *fields*."""
    amounts: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
    if len(fields) == 1:
        (field,) = fields
        for _, values, (amount, currency) in stakes:
            amounts[values.get(field), currency].append(amount)
    else:
        for _, values, (amount, currency) in stakes:
            amounts[(*[values.get(field) for field in fields], currency)].append(amount)
    groups = [
        ValueGroup(tuple(str(name or "") for name in names), currency, len(found), sum(found, _ZERO))
        for (*names, currency), found in amounts.items()
    ]
    return tuple(sorted(groups, key=lambda group: (group.name, group.currency)))


def _by_quarter(days: Iterable[ValueGroup]) -> tuple[ValueGroup, ...]:
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for day in days:
        key = quarter(day.name[0]), day.currency
        count, amount = found.get(key, (0, _ZERO))
        found[key] = count + day.count, amount + day.amount
    return tuple(ValueGroup((name,), currency, *total) for (name, currency), total in sorted(found.items()))


def _in_step_order(
    groups: Sequence[ValueGroup], steps: Mapping[str, Sequence[str]]
) -> tuple[ValueGroup, ...]:
    """Return *groups* of (pipeline, step) as a deal goes through them, unknown steps last."""

    def place(group: ValueGroup) -> tuple[str, str, int, str]:
        pipeline, step = group.name
        order = steps.get(pipeline, ())
        return pipeline, group.currency, order.index(step) if step in order else len(order), step

    return tuple(sorted(groups, key=place))


def _ended(plan: Plan) -> tuple[ValueGroup, ...]:
    """Return what becomes won or lost, by that and by pipeline."""
    found = []
    for action in (Action.CREATE, Action.UPDATE):
        for stake in _staked(plan.changes, action):
            now = outcome(stake.values, plan.steps)
            if now is not None and now != outcome(written_before(stake.change), plan.steps):
                found.append(
                    stake._replace(values={"outcome": now, "pipeline": stake.values.get("pipeline")})
                )
    return _grouped(found, "outcome", "pipeline")


def _moved_open(
    updates: Iterable[Change], steps: Mapping[str, Sequence[str]]
) -> Mapping[tuple[str, str], Decimal]:
    """Return by how much updates change the value of what is open, by currency and pipeline."""
    moved: dict[tuple[str, str], Decimal] = defaultdict(lambda: _ZERO)
    for change in updates:
        for values, sign in ((written_after(change), 1), (written_before(change), -1)):
            money = money_of(values)
            if money is not None and outcome(values, steps) is None:
                moved[money.currency, _name(values, "pipeline")] += sign * money.amount
    return moved


def _value(
    creates: Iterable[ValueGroup],
    moved: Mapping[tuple[str, str], Decimal],
    deletes: Iterable[ValueGroup],
    ended: Iterable[ValueGroup],
) -> tuple[PipelineValue, ...]:
    created, deleted = ({(g.currency, g.name[0]): g.amount for g in groups} for groups in (creates, deletes))
    updated = {key: amount for key, amount in moved.items() if amount}
    ends = {(g.currency, g.name[1], g.name[0]): g.amount for g in ended}
    keys = created.keys() | updated.keys() | deleted.keys() | {key[:2] for key in ends}
    return tuple(
        PipelineValue(
            *key,
            created.get(key),
            updated.get(key),
            deleted.get(key),
            ends.get((*key, WON)),
            ends.get((*key, LOST)),
        )
        for key in sorted(keys)
    )


def _moved(updates: Iterable[Change]) -> tuple[Moved, ...]:
    before: dict[str, Decimal] = defaultdict(lambda: _ZERO)
    after: dict[str, Decimal] = defaultdict(lambda: _ZERO)
    for change in updates:
        old, new = money_of(written_before(change)), money_of(written_after(change))
        if old is None or new is None or old == new:
            continue
        before[old.currency] += old.amount
        after[new.currency] += new.amount
    return tuple(Moved(c, before[c], after[c]) for c in sorted(before.keys() | after.keys()))


def _largest(stakes: Iterable[_Stake], number: int) -> tuple[Deal, ...]:
    first = nsmallest(number, stakes, key=lambda stake: (-stake.money.amount, stake.change.address))
    return tuple(
        Deal(change.address, change.action, _name(values, "name"), money) for change, values, money in first
    )


def _moves(updates: Iterable[Change], *fields: str) -> Iterable[Moves]:
    for change in updates:
        before, after = written_before(change), written_after(change)
        if any(before.get(path) != after.get(path) for path in fields if path in after):
            shown = fields if before.get(fields[0]) != after.get(fields[0]) else fields[-1:]
            old, new = (" / ".join(_name(v, f) for f in shown if v.get(f)) or None for v in (before, after))
            yield Moves(change.address, old, new, change.notes)
