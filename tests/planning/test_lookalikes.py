"""Nothing is made twice, and nothing beside a look-alike without a word: whole plans against a sandbox."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer.kinds import codec
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import Action
from syncer.model.declared import Declared, Existing, Link, Money, Reference
from syncer.model.plan import Plan
from syncer.model.policy import MatchRule
from syncer.planning import match as identity
from syncer.remote import lookup, observe
from syncer.remote.client import Api
from syncer.remote.query import read_all
from syncer.resolve import Desired, Key
from syncer.sandbox.server import Sandbox
from syncer.shapes import canon
from tests.depth import examples
from tests.strategies import Nowhere
from tests.support import Ran, manifest, one, write_files
from tests.world import KEYED, Space, actions

COMPOSED, DECOMPOSED = "Caf\u00e9 renewal", "Cafe\u0301 renewal"


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox.serve() as running:
        yield running


@pytest.fixture
def space(demo: Sandbox, tmp_path: Path) -> Space:
    demo.reset()
    return Space(demo, tmp_path)


def put(space: Space, **changes: Any) -> str:
    """Put a deal into the space as a person would, like the one that `one()` declares but for *changes*."""
    store = space.sandbox.store
    pipeline = store.find("Pipeline", name=changes.pop("pipeline", "Renewals"))["id"]
    step = changes.pop("step", "Contacted")
    account = changes.pop("account", "info@acme.example")
    body = {
        "name": "Acme renewal 2027",
        "owner_id": store.find("Client", email="dana@example.com")["id"],
        "step_id": store.find("Step", name=step, pipeline_id=pipeline)["id"],
        "closing_date": "2027-03-31",
        "value": {"base_value": 100, "currency_id": store.find("Currency", code="USD")["id"]},
        **changes,
    }
    if account:
        links = [{"account_id": store.find("Account", email1=account)["id"], "is_primary": True}]
        body["account_relations"] = links
    return str(store.create("Opportunity", body))


def crowd(space: Space, number: int = 450) -> None:
    """Fill the space with deals of another account, so that to read them all is the dearer way."""
    for index in range(number):
        put(space, name=f"Other {index}", account="deals@hooli.example")


def beside_another(**changes: Any) -> str:
    """The deal of `one()`, and one of another account: one account alone is asked for in any case."""
    other = {"name": "Umbra", "account": "lab@globex-research.example", "contacts": None, "value": "1 USD"}
    return manifest({"acme-renewal-2027": changes, "other": other})


def doubts(plan: Plan) -> list[str]:
    return [problem.code for problem in plan.problems]


# Two declarations of one deal


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize(
    "other",
    [
        {"account": "Acme Corporation"},
        {"account": "{name: Acme Corporation, email: INFO@acme.example}"},
        {"account": "id"},
        {"pipeline": "id"},
        {"name": '"Acme renewal 2027  "'},
    ],
    ids=str,
)
def test_two_ways_to_write_one_deal_are_one_error_at_both_places(
    space: Space, other: dict[str, str], there: bool
) -> None:
    store = space.sandbox.store
    ids = {
        "account": store.find("Account", email1="info@acme.example")["id"],
        "pipeline": store.find("Pipeline", name="Renewals")["id"],
    }
    written = {key: f"{{id: {ids[key]}}}" if value == "id" else value for key, value in other.items()}
    if there:
        put(space)

    told = space.refusal(manifest({"one": {}, "two": written}))

    assert told.count("error: ") == 1
    assert "error: Two declarations of one record [same-identity]" in told
    assert "opportunity.one is written here" in told
    assert "identity: {key_field: cf_…}" in told


def test_names_that_differ_only_in_how_their_letters_are_composed_are_one(space: Space) -> None:
    told = space.refusal(manifest({"a": {"name": COMPOSED}, "b": {"name": DECOMPOSED}}))

    assert "[same-identity]" in told


def test_with_a_key_field_deals_of_one_name_are_told_apart_by_their_keys(space: Space) -> None:
    plan = space.plan(manifest({"a": {}, "b": {"account": "Acme Corporation"}}), settings=KEYED)

    assert actions(plan) == ["create", "create"]


# What is there


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize("account", ["info@acme.example", None])
def test_a_decomposed_name_is_found_whichever_way_is_cheaper(
    space: Space, account: str | None, crowded: bool
) -> None:
    if crowded:
        crowd(space)
    id_ = put(space, name=DECOMPOSED, account=account)
    asked = len(space.sandbox.requests)

    plan = space.plan(beside_another(name=COMPOSED, account=account or "none", contacts=None))

    assert (plan.changes[0].id, doubts(plan)) == (id_, [])
    assert any("Relations" in str(each) for each in space.sandbox.requests[asked:]) == crowded


@pytest.mark.parametrize("crowded", [False, True])
@pytest.mark.parametrize(
    "name", ["  Acme renewal 2027", "Acme  renewal 2027", "ACME RENEWAL 2027", "Acme: renewal-2027!"]
)
def test_blanks_case_and_punctuation_make_a_look_alike_whichever_way_is_cheaper(
    space: Space, name: str, crowded: bool
) -> None:
    if crowded:
        crowd(space)
    id_ = put(space, name=name)

    asked = len(space.sandbox.requests)

    plan = space.plan(beside_another(contacts=None))
    (problem,) = plan.problems

    assert actions(plan) == ["create", "create"]
    assert any("Relations" in str(each) for each in space.sandbox.requests[asked:]) == crowded
    assert (problem.code, problem.severity, problem.address) == (
        "look-alike",
        "warning",
        Address("opportunity", "acme-renewal-2027"),
    )
    assert f'"{name}" ({id_}, step Contacted, owner Dana Doe, value 100.00 USD' in problem.detail
    assert f"id: {id_}" in problem.hint
    assert space.one(one(id=id_)).id == id_
    settled = space.plan(one(lifecycle=f"{{distinct_from: [{id_}]}}"))
    assert (actions(settled), doubts(settled)) == (["create"], [])


def test_a_deal_that_was_renamed_is_a_look_alike_by_its_value_and_date(space: Space) -> None:
    """Renamed there or here; and what the hint says adopts it."""
    id_ = put(space, name="Acme renewal 2027 and 2028")

    plan = space.plan(one())
    assert "or: formerly: {name: Acme renewal 2027 and 2028}" in plan.problems[0].hint
    assert space.one(one(formerly="{name: Acme renewal 2027 and 2028}")).id == id_

    for changed in ({"value": "101 USD"}, {"closing_date": "2027-04-01"}, {"name": "Something else"}):
        assert doubts(space.plan(one(**changed))) == []


def test_what_is_lost_won_elsewhere_or_somebodys_looks_like_nothing(space: Space) -> None:
    near = {"name": "Acme renewal 2027 and 2028"}
    put(space, **near, step="Won")
    put(space, **near, is_archived=True)
    put(space, **near, pipeline="Test Pipeline", step="First")
    put(space, **near, account="deals@hooli.example")
    assert doubts(space.plan(one())) == []

    put(space, name="Acme renewal 2027 and 2029")
    assert doubts(space.plan(one())) == ["look-alike"]
    both = space.plan(manifest({"a": {}, "b": {"name": "Acme renewal 2027 and 2029"}}))
    assert "look-alike" not in doubts(both)


def test_without_an_account_nothing_looks_alike(space: Space) -> None:
    put(space, name="ACME renewal 2027", account=None)

    assert doubts(space.plan(one(account="none", contacts=None))) == []


def test_a_record_beside_the_one_that_an_id_means_is_told_of(space: Space) -> None:
    first, second = put(space), put(space)

    plan = space.plan(one(id=first))

    assert plan.changes[0].id == first
    assert (doubts(plan), second in plan.problems[0].detail) == (["look-alike"], True)


# Keys


def test_a_key_that_was_renamed_is_said_and_written_anew(space: Space) -> None:
    id_ = put(space, cf_syncer_key="old")

    told = space.refusal(one("new"), settings=KEYED)
    assert "[identity-other-key]" in told
    assert "formerly: {key: old}" in told

    text = one("new", formerly="{key: old}", value="999 USD", contacts=None)
    change = space.one(text, settings=KEYED)
    assert (change.action, change.id, change.rekeyed_from) == (
        Action.UPDATE,
        id_,
        Address("opportunity", "old"),
    )
    assert codec.body(change) == {"id": id_, "cf_syncer_key": "new"}
    assert change.notes == ('Its key was "old": the key field gets the new one.',)
    assert [(field.path, field.written) for field in change.fields] == [
        ("value.amount", False),
        ("fields.cf_syncer_key", True),
    ]
    whole = space.one(text, settings=KEYED, existing=Existing.UPDATE)
    assert (codec.body(whole) or {}).keys() == {"id", "value", "cf_syncer_key"}
    space.put(space.plan(text, settings=KEYED))
    assert space.one(one("new", contacts=None), settings=KEYED).action is Action.NOOP


def test_an_old_key_that_is_still_declared_is_refused(space: Space) -> None:
    text = manifest({"new": {"formerly": "{key: old}", "name": "B"}, "old": {}})

    assert "[same-identity]" in space.refusal(text, settings=KEYED)
    assert "[same-identity]" in space.refusal(text)


# What is narrowed


def test_targets_and_paths_narrow_the_plan_after_identities_are_judged(
    demo: Sandbox, space: Space, syncer: Callable[..., Ran], tmp_path: Path
) -> None:
    id_ = put(space)
    files = {
        "syncer.yaml": "version: 1\n",
        "opportunities/one/a.yaml": one("a"),
        "opportunities/two/b.yaml": one("b", name="Else", id=id_),
        "opportunities/two/c.yaml": one("c", name="Third"),
    }
    write_files(tmp_path, files)

    def plan(*arguments: str) -> Ran:
        return syncer("plan", *arguments, env=demo.env())

    for narrowed in (
        ("--target", "b"),
        ("--target", "a"),
        ("opportunities/two/b.yaml",),
        ("opportunities/one",),
    ):
        ran = plan(*narrowed)
        assert (ran.code, "identity-shared" in ran.err) == (1, True), narrowed
    assert plan("--target", "c").code == plan("opportunities/two/c.yaml").code == 0
    (tmp_path / "opportunities/one/a.yaml").write_text("version: 1\nopportunities: [\n")
    lost = plan("opportunities/two/c.yaml")
    assert (lost.code, "identity-unjudged" in lost.out) == (0, True)


# Strict


def test_strict_makes_errors_of_warnings_and_saves_nothing(
    demo: Sandbox, space: Space, syncer: Callable[..., Ran], tmp_path: Path
) -> None:
    put(space, name="ACME renewal 2027")
    write_files(tmp_path, {"syncer.yaml": "version: 1\n", "opportunities/deals.yaml": one()})

    def run(*arguments: str) -> Ran:
        return syncer(*arguments, env=demo.env())

    for strict in ("--strict", "--strict=look-alike,created-won"):
        ran = run("plan", strict, "--out", "p.json", "opportunities")
        assert (ran.code, (tmp_path / "p.json").exists()) == (1, False)
        assert "error: Record that looks alike [look-alike]" in ran.out
    assert run("plan", "--strict=created-won", "--out", "p.json").code == 0
    before = len(space.sandbox.store.rows("Opportunity"))
    for arguments in (("apply", "--auto-approve", "--strict"), ("apply", "p.json", "--strict=look-alike")):
        assert run(*arguments).code == 1
    assert len(space.sandbox.store.rows("Opportunity")) == before
    wrong = run("plan", "--strict=look-alikes")
    assert (wrong.code, "did you mean --strict=look-alike?" in wrong.err) == (64, True)


def test_a_look_alike_that_appears_after_the_plan_is_told_and_refused_when_strict(
    demo: Sandbox, space: Space, syncer: Callable[..., Ran], tmp_path: Path
) -> None:
    write_files(tmp_path, {"syncer.yaml": "version: 1\n", "opportunities/deals.yaml": one()})
    assert syncer("plan", "--out", "p.json", env=demo.env()).code == 0
    put(space, name="ACME renewal 2027")

    strict = syncer("apply", "p.json", "--strict", "--no-quiet-wait", env=demo.env())
    assert (strict.code, "look-alike" in strict.out) == (4, True)
    told = syncer("apply", "p.json", "--no-quiet-wait", env=demo.env())
    assert (told.code, "look-alike" in told.out) == (0, True)


# Whatever there is


NAMES = (
    COMPOSED,
    DECOMPOSED,
    "Acme renewal",
    " Acme renewal",
    "acme renewal",
    "Acme renewal  ",
    "\u00e9\u00f6",
    "e\u0301\u00f6",
    "\u212aelvin",
    "Kelvin",
)
ACCOUNTS = ("info@acme.example", "deals@hooli.example", None)
DEALS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(ACCOUNTS)), max_size=5)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=DEALS, wanted=DEALS)
def test_a_probe_and_a_scan_find_the_same_and_nothing_is_made_twice(
    space: Space, demo: Sandbox, there: list[tuple[str, str | None]], wanted: list[tuple[str, str | None]]
) -> None:
    demo.reset()
    for name, account in there:
        put(space, name=name, account=account)
    accounts = {
        email: space.sandbox.store.find("Account", email1=email)["id"] if email else None
        for email in ACCOUNTS
    }
    pipeline = space.sandbox.store.find("Pipeline", name="Renewals")["id"]
    entries, desired = [], []
    for number, (name, email) in enumerate(wanted):
        links = (Link(Reference("account", id=accounts[email]), primary=True),) if email else ()
        values: dict[str, Any] = {"name": name, "accounts": links, "closing_date": date(2027, 3, 31)}
        values["value"] = Money(Decimal(100))
        entry = Declared(Address("opportunity", f"d{number}"), values, Nowhere())
        entries.append(entry)
        parts = {"name": canon.text(name), "account": accounts[email], "pipeline": pipeline}
        desired.append(Desired(entry, Key(parts), values=parts))
    sought = observe.sought(OPPORTUNITY, entries, MatchRule())
    ways = {}
    with Api(demo.url, demo.space_id, demo.username, demo.password) as api:
        steps = lookup.pipelines(api)
        for way in ("probe", "scan"):
            (answer,) = read_all(api, [replace(observe.query(sought), way=way)])
            records = observe.placed(OPPORTUNITY, answer.rows, steps)
            ways[way] = identity.match(OPPORTUNITY, desired, records, rule=MatchRule())

    probed, scanned = ways["probe"], ways["scan"]
    assert (probed.found, probed.beside, probed.problems) == (
        scanned.found,
        scanned.beside,
        scanned.problems,
    )
    made = [
        tuple(entry.identity.parts.values())
        for entry in desired
        if scanned.found.get(entry.declared.address, entry) is None
    ]
    assert len(made) == len(set(made))
