"""Whatever is declared and whatever is there: what must hold for every plan."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncer.apply.judge import Current, judge
from syncer.formats.plan_json import json_text, plan_from_json, plan_to_json
from syncer.kinds import codec
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import WRITES, Action, Change, Side
from syncer.model.declared import Declared, Existing, Link, Money, Presence, Reference
from syncer.model.observed import Observed
from syncer.model.plan import Origin, Plan, SpaceId
from syncer.planning import decide as planning
from syncer.planning import match as identity
from syncer.planning import shown
from syncer.planning.rules import Rules
from syncer.render.text import plan_text
from syncer.resolve import Desired, resolve
from syncer.shapes import canon
from syncer.shapes.links import with_primary
from syncer.state.values import LedgerRow
from tests.strategies import PIPELINE_OF, Nowhere, declared, directory, stored, uid

GOOD: dict[str, Any] = {
    "name": "D",
    "owner": Reference("owner", text="o1@x.example"),
    "pipeline": Reference("pipeline", text="pipeline 1"),
    "closing_date": date(2027, 1, 1),
    "value": Money(Decimal(1)),
    "accounts": (Link(Reference("account", text="a1@x.example"), primary=True),),
}
RULES = st.builds(
    Rules,
    match=st.sampled_from([("name",), ("name", "account", "pipeline"), ("name", "pipeline")]),
    key_field=st.sampled_from([None, "cf_key"]),
    existing=st.sampled_from(Existing),
)


def desired(entries: Sequence[Declared], rules: Rules) -> tuple[Desired, ...]:
    return resolve(entries, directory(), key_field=rules.key_field).checked().desired


def planned(
    entries: Sequence[Declared],
    observed: Sequence[Observed],
    rules: Rules,
    ledger: Sequence[LedgerRow] = (),
) -> tuple[Change, ...]:
    wanted = desired(entries, rules)
    matches = identity.match(OPPORTUNITY, wanted, observed, rule=rules.matching)
    assert not matches.problems
    return planning.plan(wanted, matches, directory(), rules, ledger)


def applied(changes: Sequence[Change], observed: Sequence[Observed]) -> tuple[Observed, ...]:
    """A model of the space: payloads and relation rows change it as the documents say."""
    space = {record.id: record for record in observed}
    for change in changes:
        payload = codec.body(change) or {}
        if change.action is Action.CREATE:
            id_ = next(new for n in range(99) if (new := uid("new", n)) not in space)
            record = stored(id_, codec.of(OPPORTUNITY).values(payload, PIPELINE_OF))
        elif change.action is Action.UPDATE:
            assert change.id is not None
            old = space[change.id]
            body = {name: value for name, value in payload.items() if name != "id"}
            values = {**old.values, **codec.of(OPPORTUNITY).values(body, PIPELINE_OF)}
            for name in ("accounts", "contacts"):
                values[name] = _related(name, old, change)
            record = stored(change.id, values)
        else:
            if change.action is Action.DELETE:
                space.pop(change.id or "")
            continue
        space[record.id] = record
    return tuple(space.values())


def _related(name: str, old: Observed, change: Change) -> dict[str, Any]:
    """Row by row; a row that becomes primary takes it from the others."""
    linked = {id_: {**link} for id_, link in (old.values.get(name) or {}).items()}
    by_row = {row.id: id_ for id_, row in old.rows[name].items()}
    by_role = {
        role_row: (id_, role) for id_, row in old.rows[name].items() for role, role_row in row.roles.items()
    }
    for write in change.relations:
        body: Mapping[str, Any] = write.payload or {}
        if write.entity == "LeadOpptyContactSalesRoleRelations":
            if name != "contacts":
                continue
            if write.operation == "delete":
                id_, role = by_role[write.id or ""]
                linked[id_]["roles"] = [kept for kept in linked[id_]["roles"] if kept != role]
            else:
                link = linked[by_row[body["lead_oppty_contact_relation_id"]]]
                link["roles"] = sorted([*link["roles"], body["sales_role_id"]])
            continue
        if write.entity != f"LeadOppty{name[:-1].title()}Relations":
            continue
        if write.operation == "delete":
            del linked[by_row[write.id or ""]]
            continue
        target = body.get(f"{name[:-1]}_id") or by_row[write.id or ""]
        if body["is_primary"]:
            for link in linked.values():
                link["primary"] = False
        roles = sorted(role["sales_role_id"] for role in body.get("sales_roles", ()))
        linked[target] = {
            "primary": body["is_primary"],
            "roles": roles if write.operation == "create" else linked[target]["roles"],
        }
    assert sum(link["primary"] for link in linked.values()) == bool(linked)
    return linked


@given(before=declared(), after=declared(), rules=RULES)
def test_applying_the_plan_reaches_what_is_declared(
    before: tuple[Declared, ...], after: tuple[Declared, ...], rules: Rules
) -> None:
    """Drift is left, everything else is as declared, and the next plan has nothing to write."""
    space = applied(planned(before, (), rules), ())
    changes = planned(after, space, rules)

    then = applied(changes, space)
    again = planned(after, then, rules)

    assert {change.action for change in again} <= {Action.NOOP, Action.DRIFT}
    assert [change.address for change in again if change.action is Action.DRIFT] == [
        change.address for change in changes if set(change.sides) - set(change.writes)
    ]


def remembered(
    entries: Sequence[Declared], observed: Sequence[Observed], ledger: Sequence[LedgerRow] = ()
) -> list[LedgerRow]:
    """What an apply remembers once everything is as it is."""
    known = {row.id: row for row in ledger}
    rows = []
    for change in planned(entries, observed, Rules(), ledger):
        if change.id is None or change.after is None:
            continue
        old = known.get(change.id)
        values = {**({} if old is None else old.values), **change.remember}
        left = change.undecided if change.undecided is not None else old.undecided if old else ()
        address, kind = str(change.address), change.address.kind
        rows.append(LedgerRow(address, kind, change.id, values, None, "r", "t", undecided=left))
    return rows


def edited(observed: Sequence[Observed], theirs: Sequence[Declared]) -> tuple[Observed, ...]:
    """The space once a colleague has changed what does not identify a deal, as *theirs* would have it."""
    wanted = {entry.values.get("name"): entry.values for entry in desired(theirs, Rules())}
    kept = {"name", "pipeline", "step", "type", "accounts"}
    found = []
    for record in observed:
        values = wanted.get(record.values["name"], {})
        moved = {path: value for path, value in values.items() if path not in kept}
        if "contacts" in moved:
            moved["contacts"] = {
                id_: {"roles": [], **link} for id_, link in with_primary(moved["contacts"] or {}).items()
            }
        for path, value in moved.items():
            if isinstance(value, dict) and "email" in value:
                moved[path] = value["email"]
        found.append(stored(record.id, {**record.values, **moved}))
    return tuple(found)


@given(before=declared(), after=declared(), theirs=declared())
def test_no_edit_of_a_colleague_is_lost_and_yours_are_written(
    before: tuple[Declared, ...], after: tuple[Declared, ...], theirs: tuple[Declared, ...]
) -> None:
    """What only they moved stays, what only you moved is written, and the next apply has nothing to write."""
    before, after = (
        tuple(replace(entry, existing=None, own={}, state=Presence.PRESENT) for entry in entries)
        for entries in (before, after)
    )
    space = applied(planned(before, (), Rules()), ())
    ledger = remembered(before, space)
    agreed = {row.id: row.values for row in ledger}
    space = edited(space, theirs)
    changes = planned(after, space, Rules(), ledger)

    then = {record.id: record for record in applied(changes, space)}

    for change in changes:
        for path, side in change.sides.items():
            assert change.id is not None
            base, now = agreed[change.id].get(path), then[change.id].values.get(path)
            if side is Side.CRM:
                assert now == change.observed.get(path)
            if side is Side.GIT and change.action is Action.UPDATE:
                assert canon.same(change.desired[path], now)
                assert canon.same(base, change.observed.get(path)) or not base
    kept = remembered(after, tuple(then.values()), ledger)
    again = planned(after, tuple(then.values()), Rules(), kept)
    assert not [change for change in again if change.action in WRITES or not change.is_remembered]
    assert [change.address for change in again if change.action is Action.CONFLICT] == [
        change.address for change in changes if change.action is Action.CONFLICT
    ]


@given(entries=declared(), rules=RULES)
def test_a_converged_space_plans_only_no_ops(entries: tuple[Declared, ...], rules: Rules) -> None:
    space = applied(planned(entries, (), rules), ())

    again = planned(entries, space, rules)

    present = {entry.address for entry in entries if entry.state is Presence.PRESENT}
    assert all(
        not shown.fields(change) and codec.body(change) is None
        for change in again
        if change.address in present
    )


@given(before=declared(), after=declared(), rules=RULES, seed=st.integers())
def test_the_order_of_the_input_never_matters(
    before: tuple[Declared, ...], after: tuple[Declared, ...], rules: Rules, seed: int
) -> None:
    space = applied(planned(before, (), rules), ())
    mixed, records = list(after), list(space)
    Random(seed).shuffle(mixed)
    Random(seed).shuffle(records)

    assert planned(after, space, rules) == planned(mixed, records, rules)


@given(before=declared(), after=declared(), rules=RULES)
def test_every_address_appears_once_in_order(
    before: tuple[Declared, ...], after: tuple[Declared, ...], rules: Rules
) -> None:
    changes = planned(after, applied(planned(before, (), rules), ()), rules)

    assert [change.address for change in changes] == sorted(entry.address for entry in after)


@given(before=declared(), after=declared(), rules=RULES)
def test_an_update_sends_only_what_changes(
    before: tuple[Declared, ...], after: tuple[Declared, ...], rules: Rules
) -> None:
    space = applied(planned(before, (), rules), ())
    by_id = {record.id: record for record in space}
    for change in planned(after, space, rules):
        if change.action is not Action.UPDATE:
            assert change.relations == ()
            continue
        payload = dict(codec.body(change) or {})
        record = by_id[payload.pop("id")]
        assert not payload.keys() & {"account_relations", "contact_relations"}
        sent = codec.of(OPPORTUNITY).values(payload, {})
        sent.pop("pipeline", None)
        assert [path for path, value in sent.items() if canon.same(value, record.values.get(path))] == []
        assert codec.body(change) or change.relations


@given(before=declared(), after=declared(), rules=RULES)
def test_a_saved_plan_is_carried_out_as_the_one_that_was_made(
    before: tuple[Declared, ...], after: tuple[Declared, ...], rules: Rules
) -> None:
    """Read back it says the same, sends the same, and is judged alike upon whatever is there by then."""
    space = applied(planned(before, (), rules), ())
    made = Plan("0", "", "", SpaceId("u", "s"), {}, Origin(None, ""), planned(after, space, rules))

    read = plan_from_json(json.loads(json_text(plan_to_json(made))))

    assert json_text(plan_to_json(read)) == json_text(plan_to_json(made))
    assert plan_text(read) == plan_text(made)
    for records in ((), space, applied(made.changes, space)):
        now, again = (Current(each.writes, {OPPORTUNITY.name: records}) for each in (made, read))
        for change, copy in zip(made.writes, read.writes, strict=True):
            assert codec.body(copy) == codec.body(change)
            assert judge(copy, again) == judge(change, now)


def test_places_are_looked_up_only_for_the_keys() -> None:
    """10,000 opportunities have 200,000 places; what is in order needs one each."""
    place = Nowhere()
    entries = [
        Declared(Address("opportunity", f"d{n}"), {**GOOD, "name": f"D {n}"}, place) for n in range(50)
    ]

    planned(entries, (), Rules())

    assert place.asked == 50
