"""From names to ids, where the demo world of the sandbox has no such trap."""

from decimal import Decimal
from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.declared import All, Declared, Link, Money, Presence, Reference
from syncer.model.plan import ResolvedReference
from syncer.model.problem import Problem, ResolveError
from syncer.resolve import Desired, resolve, wanted
from syncer.resolve.directory import Directory
from tests.planning.test_properties import GOOD
from tests.strategies import Nowhere, directory, uid


def entry(state: Presence = Presence.PRESENT, id_: str | None = None, **values: Any) -> Declared:
    return Declared(
        Address("opportunity", "d"),
        {name: value for name, value in {**GOOD, **values}.items() if value is not ...},
        Nowhere(),
        state=state,
        id=id_,
        formerly=values.pop("formerly", {}),
    )


def one(declared: Declared, space: Directory | None = None, key_field: str | None = None) -> Desired:
    (desired,) = resolve([declared], space or directory(), key_field=key_field).checked().desired
    return desired


def problems(declared: Declared, space: Directory | None = None) -> list[tuple[str, str, str]]:
    result = resolve([declared], space or directory())
    assert result.desired == ()
    with pytest.raises(ResolveError):
        result.checked()
    return [(problem.code, problem.detail, problem.hint) for problem in result.problems]


def step(name: str | None = None, id_: str | None = None) -> Reference:
    return Reference("step", text=name, id=id_)


def test_a_step_by_its_id_says_the_pipeline() -> None:
    desired = one(entry(pipeline=..., step=step(id_=uid("step", 23))))

    assert (desired.values["pipeline"], desired.human["pipeline"]) == (uid("pipeline", 2), "pipeline 2")
    assert (desired.values["type"], desired.notes) == (uid("type", 2), ("won",))
    assert desired.defaulted == {"type"}


def test_without_a_pipeline_nothing_is_defaulted() -> None:
    desired = one(entry(pipeline=..., id_="x"))

    assert desired.values.keys() & {"pipeline", "step", "type"} == set()
    assert desired.identity.unsaid == {"pipeline"}


def test_without_a_pipeline_a_name_of_many_is_ambiguous() -> None:
    for kind, name, noun in (("step", "step 1", "step"), ("type", "T", "opportunity type")):
        ((code, detail, hint),) = problems(
            entry(pipeline=..., id_="x", **{kind: Reference(kind, text=name)})  # type: ignore[arg-type] # kind is a field
        )

        assert (code, detail) == ("reference-ambiguous", f'2 {noun}s are called "{name}".')
        assert "# of pipeline 1" in hint.split("\n")[1]


def test_a_single_step_is_first_and_last() -> None:
    space = directory()
    space.add("pipeline", [{"id": "p", "name": "Lone"}])
    space.add("step", [{"id": "s", "name": "Only", "pipeline_id": "p"}])
    space.add("type", [{"id": "t", "name": "T", "pipeline_id": "p"}])

    desired = one(entry(pipeline=Reference("pipeline", text="Lone")), space)

    assert (desired.values["step"], desired.notes, desired.defaulted) == (
        "s",
        ("won",),
        frozenset({"step", "type"}),
    )


def test_a_pipeline_without_steps_or_types_cannot_hold_a_deal() -> None:
    space = directory()
    space.add("pipeline", [{"id": "p", "name": "Bare"}])
    space.add("type", [{"id": "t", "name": "Draft", "pipeline_id": "p", "is_published": False}])

    assert problems(entry(pipeline=Reference("pipeline", text="Bare")), space) == [
        (
            "pipeline-empty",
            'The pipeline "Bare" has no step.',
            "an administrator can add a step in Pipeliner, or name another pipeline",
        ),
        (
            "pipeline-empty",
            'The pipeline "Bare" has no published type.',
            "an administrator can add a published type in Pipeliner, or name another pipeline",
        ),
    ]


def test_the_default_type_is_the_first_that_is_published() -> None:
    space = directory()
    draft = {"id": "0-draft", "name": "Draft", "pipeline_id": uid("pipeline", 1), "is_published": False}
    space.add("type", [draft])

    assert one(entry(), space).values["type"] == uid("type", 1)


def test_of_a_faulty_pipeline_the_step_and_the_type_wait() -> None:
    found = problems(
        entry(
            pipeline=Reference("pipeline", text="zzz"),
            step=step("step 1"),
            type=Reference("type", text="T"),
        )
    )

    assert [code for code, *_ in found] == ["reference-unknown"]


def test_a_deleted_record_is_told() -> None:
    space = directory()
    space.add("unit", [{"id": "u", "name": "Old", "is_deleted": True}])
    space.add(
        "contact", [{"id": "c", "formatted_name": "Gone", "email1": "gone@x.example", "is_deleted": True}]
    )
    gone = Link(Reference("contact", text="gone@x.example"), primary=True)

    assert problems(entry(unit=Reference("unit", text="Old"), contacts=(gone,)), space) == [
        (
            "reference-deleted",
            "The contact Gone (gone@x.example) is deleted in Pipeliner.",
            "name another contact, or have this one restored in Pipeliner",
        ),
        (
            "reference-deleted",
            "The sales unit Old is deleted in Pipeliner.",
            "name another sales unit, or have this one restored in Pipeliner",
        ),
    ]


def test_a_step_that_belongs_to_nothing_is_told() -> None:
    space = directory()
    space.add("step", [{"id": "s", "name": "Lead step"}])

    ((code, detail, _),) = problems(entry(step=step("Lead step")), space)

    assert (code, detail) == (
        "step-of-other-pipeline",
        'The step "Lead step" belongs to no pipeline, not to "pipeline 1".',
    )


def test_without_a_base_currency_an_amount_alone_means_nothing() -> None:
    space = directory()
    space.base_currency = None

    assert problems(entry(), space) == [
        (
            "reference-unknown",
            "The space names no base currency, so an amount alone does not say what it is in.",
            "write the currency too, such as 100 USD",
        )
    ]


def test_a_currency_that_never_had_a_rate() -> None:
    space = directory()
    space.rates = {}
    euro = Money(GOOD["value"].amount, Reference("currency", text="EUR"))

    assert problems(entry(value=euro), space)[0][1] == "EUR has no exchange rate in force."


def test_what_is_written_as_an_id_is_shown_by_name() -> None:
    desired = one(entry(owner=Reference("owner", id=uid("owner", 2)), value=None, unit=None))

    assert (desired.human["owner"], desired.human["unit"]) == ("o2@x.example", None)
    assert (desired.values["value"], desired.human["value"]) == (None, None)


def test_unknown_ids_get_no_guess() -> None:
    ((_, detail, hint),) = problems(entry(unit=Reference("unit", id="beef")))

    assert detail == "No sales unit has the id beef."
    assert hint == "an id is the same in one space only; copy it from this one, or write the name"


def test_a_kind_of_many_is_not_listed_in_full() -> None:
    space = directory()
    space.add("unit", [{"id": str(n), "name": f"U{n:02}"} for n in range(20)])

    ((_, _, hint),) = problems(entry(unit=Reference("unit", text="zzzz")), space)

    assert hint == "there are: " + ", ".join(f'"U{n:02}"' for n in range(10)) + ", …"


def test_of_many_candidates_ten_are_shown() -> None:
    space = directory()
    space.add(
        "account", [{"id": f"id-{n:02}", "name": 'Same: "x"', "email1": f"s{n}@x.example"} for n in range(12)]
    )
    space.add("account", [{"id": f"id-z{n}", "name": "Twin", "city": "Bonn"} for n in range(2)])

    ((_, detail, hint),) = problems(
        entry(accounts=(Link(Reference("account", name='Same: "x"'), primary=True),)), space
    )
    lines = hint.split("\n")
    assert detail == '12 accounts are called "Same: "x"".'
    assert lines[1] == "{name: 'Same: \"x\"', email: s0@x.example}"
    assert (len(lines), lines[-1]) == (12, "# … and 2 more")

    ((_, _, hint),) = problems(
        entry(accounts=(Link(Reference("account", text="Twin"), primary=True),)), space
    )
    assert hint.split("\n")[1] == "{id: id-z0}  # Twin, Bonn"


def test_units_and_currencies_are_told_apart() -> None:
    space = directory()
    space.add(
        "unit",
        [
            {"id": f"u{n}", "name": "Twin", "parent_id": uid("unit", n), "created": "2026-01-01 10:00"}
            for n in (1, 2)
        ],
    )
    space.add("currency", [{"id": f"x{n}", "code": "XXX", "is_base": n == 1} for n in (1, 2)])
    twice = Money(GOOD["value"].amount, Reference("currency", text="XXX"))

    found = problems(entry(unit=Reference("unit", name="Twin"), value=twice), space)

    assert found == [
        (
            "reference-ambiguous",
            '2 currencies have the code "XXX".',
            "write one of these instead:\n{id: x1}  # base currency\n{id: x2}",
        ),
        (
            "reference-ambiguous",
            '2 sales units are called "Twin".',
            (
                "write one of these instead:\n{id: u1}  # below unit 1, created 2026-01-01\n"
                "{id: u2}  # below unit 2, created 2026-01-01"
            ),
        ),
    ]


def test_all_contacts_wait_for_faulty_accounts() -> None:
    nobody = (Link(Reference("account", text="nobody@x.example"), primary=True),)

    assert len(problems(entry(accounts=nobody, contacts=All.CONTACTS))) == 1


def test_contacts_of_one_account_are_preferred() -> None:
    space = directory()
    space.add("contact", [{"id": "other", "formatted_name": "Other", "email1": "c1@x.example"}])
    who = Link(Reference("contact", text="c1@x.example"), primary=True)
    (account,) = space.linked[uid("contact", 1)]
    accounts = (Link(Reference("account", id=account), primary=True),)

    desired = one(entry(accounts=accounts, contacts=(who,)), space)
    assert desired.values["contacts"] == {uid("contact", 1): {"primary": True}}

    space.linked = {**space.linked, "other": frozenset({account})}
    ((code, _, hint),) = problems(entry(accounts=accounts, contacts=(who,)), space)
    assert code == "reference-ambiguous"
    assert hint.split("\n")[2].endswith("# Other, c1@x.example, linked to A 2")


def test_to_delete_a_record_it_only_has_to_be_found() -> None:
    gone = entry(Presence.ABSENT, owner=Reference("owner", text="left@x.example"))

    assert one(gone).values.keys() == {"name", "accounts", "pipeline"}
    assert one(entry(Presence.ABSENT, id_="x"), key_field="cf_key").values == {}
    assert wanted([entry(Presence.ABSENT, id_="x")]).references["account"] == frozenset()


def test_a_former_name_that_is_unknown_is_told() -> None:
    found = problems(entry(formerly={"pipeline": Reference("pipeline", text="zzz"), "name": "Old"}))

    assert [code for code, *_ in found] == ["reference-unknown"]


def test_what_was_resolved_is_listed_once_in_order() -> None:
    result = resolve([entry(), entry(name="E")], directory())

    assert result.references == (
        ResolvedReference("account", "a1@x.example", uid("account", 1), "A 1"),
        ResolvedReference("owner", "o1@x.example", uid("owner", 1), "Owner 1"),
        ResolvedReference("pipeline", "pipeline 1", uid("pipeline", 1), "pipeline 1"),
    )


def test_an_unknown_record_of_a_kind_not_read_whole_asks_for_a_second_look() -> None:
    space = directory()
    space.incomplete = frozenset({"owner", "unit"})
    lost = entry(owner=Reference("owner", text="zz"), unit=Reference("unit", text="zz"))
    result = resolve([lost], space)

    assert result.unsure == {"owner", "unit"}
    assert [problem.hint for problem in result.problems] == [
        "correct the e-mail, or have the user invited in Pipeliner",
        "",
    ]
    assert all(isinstance(problem, Problem) for problem in result.problems)


@pytest.mark.parametrize(
    "currency", [None, Reference("currency", id=uid("currency", 1))], ids=["base currency", "by its id"]
)
def test_an_amount_has_no_more_decimals_than_a_currency_that_only_the_space_knows(
    currency: Reference | None,
) -> None:
    known = directory()
    found = problems(entry(value=Money(Decimal("1.500"), currency)), known)

    assert found == [
        (
            "bad-amount",
            "1.500 has 3 decimals; USD has 2.",
            "write 1500 USD if you mean thousands; else write 1.50 USD",
        )
    ]
