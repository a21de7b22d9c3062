"""A plan as CSV, for who reviews it in a spreadsheet."""

import csv
import io
import re

import pytest
from hypothesis import given, settings

from syncer.model.plan import Plan
from syncer.render.table import plan_csv
from syncer.tables.cells import guarded, unguarded
from tests.depth import examples
from tests.render.samples import CONFLICT, DELETE, DRIFT, NOOP, UPDATE, create, plan_of
from tests.render.strategies import plans, text

HEAD = "address,name,action,field,before,after,agreed,moved,written,file,line,id"
ID = "6f1d0c1e-0000-4000-8000-000000000002"


def rows(plan: Plan) -> list[str]:
    return plan_csv(plan).removeprefix("\ufeff").splitlines()


def test_each_changed_field_has_a_row_with_both_sides_and_its_place() -> None:
    """What is as declared has none; who moved a field, and whether apply sets it, stand beside it."""
    place = f"opportunities/beta.yaml,12,{ID}"
    updated = [
        "owner,dana@example.com,eve@example.com",
        "step,First,Proposal",
        "value.amount,100.00,250.00",
        "contacts[bob@acme.example].primary,true,false",
        "contacts[carl@acme.example],linked,",
        "contacts[dora@acme.example],,primary",
        "fields.cf_region,EMEA,",
    ]

    assert rows(plan_of(UPDATE, NOOP, DRIFT, CONFLICT)) == [
        HEAD,
        *(f"opportunity.beta,Beta,update,{field},,,yes,{place}" for field in updated),
        f"opportunity.gamma,,drift,closing_date,2027-06-30,2027-03-31,,,no,{place}",
        f"opportunity.gamma,,drift,value.currency,EUR,USD,,,no,{place}",
        f"opportunity.epsilon,Ours,conflict,name,Theirs | now,Ours,Epsilon,both,no,{place}",
        f"opportunity.epsilon,Ours,conflict,step,First,Won,First,git,no,{place}",
    ]


def test_a_new_record_has_a_row_for_each_of_its_fields_and_a_deleted_one_a_row() -> None:
    """Values of several parts stand in one cell."""
    found = list(csv.reader(io.StringIO(plan_csv(plan_of(create("acme"), DELETE)))))

    assert [row[3] for row in found[1:]] == [
        *("name", "owner", "pipeline", "step", "closing_date", "value.amount", "value.currency", "accounts"),
        *("contacts", "type", "description", "fields.cf_region", "fields.cf_seats", "fields.cf_signed"),
        *("fields.cf_tags", ""),
    ]
    assert [row[5] for row in found[8:]] == [
        "info@acme.example (primary)",
        "bob@acme.example (primary, Decision Maker); eve@acme.example",
        "Standard",
        'Says "hi"\nand more.',
        "EMEA",
        "12",
        "false",
        "a; b",
        "",
    ]
    assert found[-1][:4] + found[-1][8:11] == [
        *("opportunity.delta", "Delta", "delete", ""),
        *("yes", "opportunities/beta.yaml", "30"),
    ]


@settings(max_examples=examples(30))
@given(plans())
def test_no_cell_is_a_formula_and_nothing_of_it_acts_on_a_terminal(plan: Plan) -> None:
    """Not even where a machine parts the cells at another sign than the comma."""
    written = plan_csv(plan)

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", written)
    assert not re.search(r"^\s*::", written, re.MULTILINE)
    for row in csv.reader(io.StringIO(written.removeprefix("\ufeff"))):
        assert len(row) == 12
        for cell in row:
            for part in re.split("[;,|\n]", cell):
                assert part[:1] not in set("=+-@") or re.fullmatch(r"-?\d+(\.\d+)?", cell)


@pytest.mark.parametrize("cell", ["-5", "-1.50", "100", "Acme", "", "a=b"])
def test_a_plain_number_and_an_ordinary_text_stay_as_they_are(cell: str) -> None:
    """Only what a spreadsheet may take for a formula gets an apostrophe."""
    assert guarded(cell) == cell


@given(text())
def test_what_is_guarded_is_no_formula_and_reads_back(cell: str) -> None:
    """The apostrophe in front is taken off again."""
    written = guarded(cell)

    assert written[:1] not in set("=+-@\t\r") or re.fullmatch(r"-\d+([.,]\d+)?", written)
    assert not written or unguarded(written) == cell
