from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from syncer.kinds.account import ACCOUNT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.address import Address
from syncer.model.change import Absent, Action, Change, Side, Values
from syncer.model.key import Key
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem
from syncer.render.look import Look
from syncer.render.text import literal, plan_text, results_line, results_text
from tests.depth import examples
from tests.kinds.registered import registered
from tests.render.samples import (
    BETA,
    CONFLICT,
    DELETE,
    DRIFT,
    MIXED,
    NOOP,
    RESULTS,
    UPDATE,
    create,
    plan_of,
    update,
)
from tests.render.strategies import plans, results

WIDE = """\
Plan for us_Acme at https://us-east.api.pipelinersales.com

+ create opportunity.acme-renewal-2027  opportunities/acme.yaml:7
    name              "Acme renewal 2027"
    owner             "dana@example.com" → Dana Doe
    pipeline          "Test Pipeline"
    step              "First"
    closing_date      2027-03-31
    value             100.00 USD
    accounts          "info@acme.example" [primary] → Acme Inc
    contacts          "bob@acme.example" [primary, "Decision Maker"] → Bob Acme
                      "eve@acme.example"
    type              "Standard"
    description       "Says \\"hi\\"\\nand more."
    fields.cf_region  "EMEA"
    fields.cf_seats   12
    fields.cf_signed  false
    fields.cf_tags    "a", "b"

~ update opportunity.beta  opportunities/beta.yaml:12
    owner                               "dana@example.com" (Dana Doe) → "eve@example.com" (Eve Roe)
    step                                "First" → "Proposal"
    value.amount                        100.00 → 250.00 USD
    contacts[bob@acme.example].primary  true → false
    contacts[carl@acme.example]         {"primary": false} → none
    contacts[dora@acme.example]         none → {"primary": true}
    fields.cf_region                    "EMEA" → none
    note: Proposal is the last step of Test Pipeline: the opportunity is won.

- delete opportunity.delta  opportunities/beta.yaml:30
    name      "Delta"
    owner     "dana@example.com" → Dana Doe
    pipeline  "Test Pipeline"
    value     75.50 USD
    accounts  none

! drift opportunity.gamma  opportunities/beta.yaml:12
    closing_date    2027-06-30 → 2027-03-31
    value.currency  EUR → USD

warning: Closing date in the past [closing-date-in-past]
  opportunities/acme.yaml:12:19 (opportunity.acme-renewal-2027)
   12 │     closing_date: 2020-01-01
      │                   ^^^^^^^^^^
opportunity.acme-renewal-2027 closes on 2020-01-01.
hint: Move the date, or set closing_date_in_past to allow.

1 opportunity with fields that differ and were never agreed: `syncer apply --take git ADDRESS:FIELD` writes \
what the manifest says, `syncer pull --take crm ADDRESS:FIELD` takes over what the CRM has.

Plan: 1 to create, 1 to update, 1 to delete, 1 drifted (shown, not changed), 1 as declared.

To be created
  Test Pipeline  1  100.00 USD
    First        1  100.00 USD

Value of updated opportunities: 100.00 → 250.00 USD (+150.00)

To be deleted: 75.50 USD in Test Pipeline

Moved to another step
  opportunity.beta  "First" → "Proposal"

Handed to another owner
  opportunity.beta  "Dana Doe" → "Eve Roe\""""

NARROW = """\
Plan for us_Acme at https://us-east.api.pipelinersales.com

+ create opportunity.acme-renewal-2027
    opportunities/acme.yaml:7
    name          "Acme renewal 2027"
    owner         "dana@example.com" -> Dana Doe
    pipeline      "Test Pipeline"
    step          "First"
    closing_date  2027-03-31
    value         100.00 USD
    accounts      "info@acme.example" [primary] -> Acme Inc
    contacts      "bob@acme.example" [primary, "Decision
                  Maker"] -> Bob Acme
                  "eve@acme.example"
    type          "Standard"
    description   "A renewal that took a long time to agree
                  on, with many words about it."

= no-op opportunity.omega  opportunities/beta.yaml:40

Plan: 1 to create, 0 to update, 0 to delete, 1 as declared.

To be created
  Test Pipeline  1  100.00 USD
    First        1  100.00 USD"""


def test_a_plan_shows_each_change_then_the_warnings_then_what_it_means() -> None:
    assert plan_text(MIXED, Look(200)) == WIDE


def test_the_order_of_the_changes_does_not_matter() -> None:
    shuffled = plan_of(*MIXED.changes[::-1], problems=MIXED.problems)

    assert plan_text(shuffled, Look(200)) == WIDE


def test_a_narrow_ascii_terminal_gets_wrapped_lines_and_ascii_arrows() -> None:
    description = "A renewal that took a long time to agree on, with many words about it."
    plan = plan_of(create("acme-renewal-2027", fields=None, description=description), NOOP)

    assert plan_text(plan, Look(60, encoding="ascii"), verbose=True) == NARROW


def test_nothing_to_do_is_one_sentence() -> None:
    assert (
        plan_text(plan_of(NOOP))
        == """\
Plan for us_Acme at https://us-east.api.pipelinersales.com

No changes. 1 opportunity is as declared."""
    )


def test_what_is_as_declared_is_listed_only_on_request() -> None:
    assert (
        plan_text(plan_of(NOOP), verbose=True)
        == """\
Plan for us_Acme at https://us-east.api.pipelinersales.com

= no-op opportunity.omega  opportunities/beta.yaml:40

No changes. 1 opportunity is as declared."""
    )


def test_many_creates_are_summed_up_by_owner_quarter_and_size() -> None:
    changes = [
        create(
            f"k{n}",
            name=f"Deal {n}",
            owner=("dana@example.com", "new@example.com")[n % 2],
            step=("First", None)[n % 2],
            closing_date=("2027-01-01", "2027-05-01")[n // 4],
            value={"amount": f"{n}000.50", "currency": ("USD", "EUR")[n == 6]},
        )
        for n in range(1, 8)
    ]

    assert (
        plan_text(plan_of(*changes)).partition("\n\nPlan: ")[2]
        == """\
7 to create, 0 to update, 0 to delete.

To be created
  Test Pipeline  1   6,000.50 EUR
    First        1   6,000.50 EUR
  Test Pipeline  6  22,003.00 USD
    none         4  16,002.00 USD
    First        2   6,001.00 USD

To be created, by owner
  Dana Doe         1   6,000.50 EUR
  Dana Doe         2   6,001.00 USD
  new@example.com  4  16,002.00 USD

To be created, by quarter of closing
  2027-Q1  3   6,001.50 USD
  2027-Q2  1   6,000.50 EUR
  2027-Q2  3  16,001.50 USD

Largest
  + opportunity.k7  "Deal 7"  7,000.50 USD
  + opportunity.k6  "Deal 6"  6,000.50 EUR
  + opportunity.k5  "Deal 5"  5,000.50 USD
  + opportunity.k4  "Deal 4"  4,000.50 USD
  + opportunity.k3  "Deal 3"  3,000.50 USD"""
    )


def test_long_names_of_pipelines_wrap_above_their_numbers() -> None:
    plan = plan_of(create("a", pipeline="A pipeline with a name far too long for it", step="First"))

    assert (
        plan_text(plan, Look(40)).partition("To be created\n")[2]
        == """\
  A pipeline with a name far too long
      for it
                           1  100.00 USD
    First                  1  100.00 USD"""
    )


def test_many_moves_are_named_up_to_a_point() -> None:
    changes = [update(f"k{n:02}", BETA, {**BETA, "owner": "eve@example.com"}) for n in range(12)]

    text = plan_text(plan_of(*changes)).partition("Handed to another owner\n")[2]
    assert text.count("\n") == 10
    assert text.endswith('  opportunity.k09  "Dana Doe" → "Eve Roe"\n  … and 2 more')


def test_links_that_were_empty_are_all_new() -> None:
    after = [{"account": "a", "primary": True}]
    change = update("x", {"accounts": None}, {"accounts": after})

    assert '    accounts  + "a" [primary]\n' in plan_text(plan_of(change))


def test_an_amount_that_becomes_empty_needs_no_currency() -> None:
    change = update("x", BETA, {"value": None})

    assert "    value  100.00 USD → none\n" in plan_text(plan_of(change))


def test_colour_only_paints_what_symbols_and_words_say_already() -> None:
    colored = plan_text(MIXED, Look(200, color=True))

    assert "\x1b[32m+ create\x1b[0m opportunity.acme-renewal-2027" in colored
    assert "\x1b[31m- delete\x1b[0m opportunity.delta" in colored
    for code in ("32", "33", "31", "35", "1;33", "1;31", "1", "2", "36", "0"):
        colored = colored.replace(f"\x1b[{code}m", "")
    assert colored == WIDE


def test_names_cannot_pretend_to_be_part_of_the_plan() -> None:
    name = 'x" → Dana\n\x1b[2K- delete opportunity.all ::error::'
    shown = plan_text(plan_of(create("a", name=name)))

    assert '    name              "x\\" → Dana\\n\\x1b[2K- delete opportunity.all ::error::"\n' in shown


@pytest.mark.parametrize(
    ("value", "path", "shown"),
    [
        (None, "name", "none"),
        ([], "contacts", "none"),
        (True, "fields.cf_x", "true"),
        (12, "fields.cf_x", "12"),
        ("12", "fields.cf_x", '"12"'),
        ("2027-01-01", "closing_date", "2027-01-01"),
        ({"amount": "1", "currency": None}, "value", "1"),
        ({"id": "é"}, "fields.cf_x", '{"id": "\\u00e9"}'),
        ({"contact": "a", "primary": False, "sales_role": None}, "contacts", '"a"'),
    ],
)
def test_values_look_like_what_they_are(value: object, path: str, shown: str) -> None:
    assert literal(value, path) == shown


@settings(max_examples=examples(), deadline=None)
@given(plan=plans(), width=st.sampled_from((40, 60, 200)), verbose=st.booleans())
def test_any_plan_fits_its_terminal_and_holds_no_control_characters(
    plan: Plan, width: int, verbose: bool
) -> None:
    for line in plan_text(plan, Look(width), verbose=verbose).split("\n"):
        assert line.replace("\u3000", "").isprintable()
        if not line.startswith(("error:", "warning:", "  ")):
            assert cell_len(line) <= max(width, 40) + len("\\x23") * 8


@settings(max_examples=examples(), deadline=None)
@given(plan=plans())
def test_ascii_terminals_get_ascii_only(plan: Plan) -> None:
    assert plan_text(plan, Look(encoding="ascii")).isascii()


def test_results_name_what_was_written_what_failed_and_the_truth_last() -> None:
    assert (
        results_text(RESULTS)
        == """\
+ created opportunity.acme-renewal-2027  id-1
+ created opportunity.acme-two  id-2  (found after its answer was lost)
x failed opportunity.acme-zero
~ updated opportunity.beta  id-3

error: Unknown reference [reference-unknown]
  teams.yaml:7:11 (opportunity.acme-zero)
    7 │     owner: dana@example.con
      │           ^^^^^^^^^^^^^^^^
No user has the email "dana@example.con".
hint: did you mean "dana@example.com"?

Apply incomplete: 2 created, 1 updated, 1 unchanged, 1 failed."""
    )


def test_unchanged_results_are_listed_only_on_request() -> None:
    unchanged = [Result(NOOP, Outcome.UNCHANGED, "id-4")]

    assert results_text(unchanged) == "Apply complete: 1 unchanged, 0 failed."
    assert results_text(unchanged, Look(), verbose=True) == (
        "= unchanged opportunity.omega  id-4\n\nApply complete: 1 unchanged, 0 failed."
    )


def test_a_long_address_wraps_and_colour_stays_on_the_word() -> None:
    result = Result(create("a" * 30), Outcome.CREATED, "b" * 20)

    assert results_text([result], Look(60, color=True)).split("\n")[:2] == [
        "\x1b[32m+ created\x1b[0m opportunity." + "a" * 30,
        "    " + "b" * 20,
    ]


@pytest.mark.parametrize(
    ("outcomes", "line"),
    [
        ([], "Apply complete: nothing to do."),
        ([(NOOP, Outcome.UNCHANGED)], "Apply complete: 1 unchanged, 0 failed."),
        (
            [(UPDATE, Outcome.UPDATED), (DELETE, Outcome.DELETED)],
            "Apply complete: 1 updated, 1 deleted, 0 failed.",
        ),
        ([(DRIFT, Outcome.SKIPPED)], "Apply complete: 1 skipped, 0 failed."),
        ([(UPDATE, Outcome.SKIPPED)], "Apply incomplete: 1 skipped."),
        ([(UPDATE, Outcome.CONFLICT)], "Apply incomplete: 1 conflict."),
        (
            [*[(create("a"), Outcome.CREATED)] * 1058, (UPDATE, Outcome.FAILED), (UPDATE, Outcome.UNKNOWN)],
            "Apply incomplete: 1,058 created, 1 failed, 1 unknown.",
        ),
    ],
)
def test_the_last_line_is_the_truth(outcomes: list[tuple[Change, Outcome]], line: str) -> None:
    assert results_line(Result(change, outcome) for change, outcome in outcomes) == line


@settings(max_examples=examples(), deadline=None)
@given(done=st.lists(results(), max_size=4))
def test_any_results_end_in_one_plain_line(done: list[Result]) -> None:
    lines = results_text(done, verbose=True).split("\n")

    assert lines[-1] == results_line(done)
    assert all(line.replace("\u3000", "").isprintable() for line in lines)


def test_problems_that_name_their_opportunity_keep_it() -> None:
    result = Result(
        UPDATE, Outcome.FAILED, None, (Problem("refused", "No.", address=Address("opportunity", "other")),)
    )

    assert "\n  opportunity.other\n" in results_text([result])


def test_a_conflict_shows_its_three_sides_and_what_decides_it() -> None:
    """The command is to be copied, so it is not wrapped; the rest of the deal says who moved it."""
    assert plan_text(plan_of(CONFLICT)).splitlines()[2:9] == [
        "X conflict opportunity.epsilon  opportunities/beta.yaml:12",
        '    name  git     "Ours"',
        '          CRM     "Theirs | now"',
        '          agreed  "Epsilon"',
        '    step  "First" → "Won"  (moved in git, not written)',
        "    to decide: syncer apply --take git opportunity.epsilon:name",
        "    to decide: syncer pull --take crm opportunity.epsilon:name",
    ]


@pytest.mark.parametrize(
    ("moved", "written", "action", "said"),
    [
        (Side.GIT, True, Action.UPDATE, "  (moved in git)"),
        (Side.CRM, True, Action.UPDATE, "  (moved in the CRM, overwritten)"),
        (Side.BOTH, True, Action.UPDATE, "  (moved in git and in the CRM, overwritten)"),
        (Side.CRM, False, Action.UPDATE, "  (moved in the CRM, not written)"),
        (None, True, Action.UPDATE, ""),
        (None, False, Action.UPDATE, "  (not written)"),
        (None, False, Action.DRIFT, ""),
        (Side.CRM, False, Action.DRIFT, "  (moved in the CRM)"),
        (Side.GIT, False, Action.DRIFT, "  (moved in git, not written)"),
    ],
)
def test_who_moved_a_field_is_said_behind_it(
    moved: Side | None, written: bool, action: Action, said: str
) -> None:
    """And what becomes of it, where that is not plain from the action."""
    change = update("a", {"name": "A"}, {"name": "B"}, action=action, sides={"name": moved})
    change = replace(change, fields=(change.fields[0]._replace(written=written),))

    assert plan_text(plan_of(change)).splitlines()[3] == f'    name  "A" → "B"{said}'


def test_of_many_fields_in_conflict_the_deal_is_named() -> None:
    both = dict.fromkeys(("name", "step", "owner", "description"), Side.BOTH)
    before, after = ({path: f"{side}{path}" for path in both} for side in "ab")

    shown = plan_text(plan_of(update("a", before, after, action=Action.CONFLICT, sides=both)))

    assert "to decide: syncer apply --take git opportunity.a\n" in shown


def test_what_was_skipped_is_counted_and_its_reason_said_once() -> None:
    """After a Ctrl-C hundreds of lines would hide the few that matter; -v lists them."""
    why = Problem("time-limit", "The run may take 900 s for its requests and did not get done.")
    results = [
        Result(create("new"), Outcome.CREATED, "1"),
        Result(UPDATE, Outcome.SKIPPED, "2", (why,)),
    ]

    assert results_text(results).splitlines() == [
        "+ created opportunity.new  1",
        "",
        "error: Time limit reached [time-limit]",
        f"  {UPDATE.address}",
        "The run may take 900 s for its requests and did not get done.",
        "",
        "Apply incomplete: 1 created, 1 skipped.",
    ]
    assert f". skipped {UPDATE.address}  2" in results_text(results, verbose=True).splitlines()


def test_a_reference_to_a_record_of_the_same_plan_says_that_it_is_not_there_yet() -> None:
    """Of what is there the label stands behind it; of what the plan creates, that its id comes later."""
    with registered(ACCOUNT, OPPORTUNITY):
        absent = Absent(Key({"name": "Acme"}), MatchRule(match=("name",)))
        written = {"name": "Acme", "email": "info@acme.example"}
        account = Change(
            *(Address("account", "acme"), Action.CREATE, None, None, None, Values({}, written)),
            precondition=absent,
        )
        plan = plan_of(account, create("deal"))
        told, known = (
            [line.strip() for line in plan_text(each).splitlines() if "info@acme.example" in line]
            for each in (replace(plan, references=()), plan)
        )

    assert told[1:] == ['accounts          "info@acme.example" [primary] (known after apply)']
    assert known[1:] == ['accounts          "info@acme.example" [primary] → Acme Inc']


def test_what_waited_in_vain_is_listed_with_what_it_waited_for() -> None:
    """Who reads that an account failed reads there, too, what was not written because of it."""
    waited = (Address("account", "acme"), Address("contact", "bob"))

    assert results_text([Result(UPDATE, Outcome.SKIPPED, waited_for=waited)]).splitlines() == [
        f". skipped {UPDATE.address}  (waited for account.acme and contact.bob)",
        "",
        "Apply incomplete: 1 skipped.",
    ]
