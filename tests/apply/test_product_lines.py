"""Product lines over a socket: made with their deal, changed row by row, each once whatever gets lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one, write_files

Make = Callable[..., Path]
Run = Callable[..., Ran]
APPLY = ("apply", "--auto-approve", "--grace", "0.05")
SETTINGS = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow}}\n"
FIRST = "[{sku: PL-100, quantity: 25, price: 100}, {name: Onboarding, comment: two days}, {sku: PL-100}]"


def lines(sandbox: Sandbox) -> list[tuple[Any, ...]]:
    """What is sold, in its order."""
    skus = {row["id"]: row["sku"] for row in sandbox.store.rows("Product")}
    rows = sorted(sandbox.store.rows("OpptyProductRelation"), key=lambda row: row["sort_order"])
    return [(skus[row["product_id"]], row["quantity"], row["price"], row["comment"] or None) for row in rows]


def value(sandbox: Sandbox) -> Any:
    return sandbox.store.find("Opportunity", name="Acme renewal 2027")["value"]["base_value"]


@pytest.fixture
def deal(project: Make, syncer: Run) -> Path:
    """A project whose deal sells three lines and is there."""
    folder = project(one(value="sum", products=FIRST), settings=SETTINGS)
    ran = syncer(*APPLY, cwd=folder)
    assert ran.code == 0, ran.err
    return folder


def test_lines_are_made_with_their_deal_and_sum_up_to_its_value(
    sandbox: Sandbox, deal: Path, syncer: Run
) -> None:
    """What is left out comes from the price list; the next plan is empty."""
    assert lines(sandbox) == [
        ("PL-100", 25, 100, None),
        ("ON-200", 1, 1500, "two days"),
        ("PL-100", 1, 120, None),
    ]
    assert value(sandbox) == 25 * 100 + 1500 + 120
    assert "No changes." in syncer("plan", cwd=deal).out


def test_each_line_is_changed_by_its_own_row(sandbox: Sandbox, deal: Path, syncer: Run) -> None:
    """One is changed, one goes, two are added, and no other is written."""
    kept = {row["id"] for row in sandbox.store.rows("OpptyProductRelation") if not row["comment"]}
    now = (
        "[{sku: PL-100, quantity: 30, price: 100}, {sku: PS-300}, {sku: PL-100}, {sku: PL-100, quantity: 2}]"
    )
    write_files(deal, {MANIFEST: one(value="sum", products=now)})

    planned = syncer("plan", cwd=deal).out
    ran = syncer(*APPLY, cwd=deal)

    assert 'products[PL-100].quantity  "25" → "30"' in planned
    assert "products[PS-300]" in planned
    assert ran.code == 0, ran.err
    assert sorted(lines(sandbox), key=lambda line: line[:3]) == [
        ("PL-100", 1, 120, None),
        ("PL-100", 2, 120, None),
        ("PL-100", 30, 100, None),
        ("PS-300", 1, 9000, None),
    ]
    assert kept <= {row["id"] for row in sandbox.store.rows("OpptyProductRelation")}
    assert value(sandbox) == 30 * 100 + 9000 + 120 + 240
    assert "No changes." in syncer("plan", cwd=deal).out


def test_an_empty_list_removes_all_and_no_list_lets_go(sandbox: Sandbox, deal: Path, syncer: Run) -> None:
    """A field that is not mentioned belongs to the CRM."""
    write_files(deal, {MANIFEST: one(value="100 USD")})
    assert syncer(*APPLY, cwd=deal).code == 0
    assert len(lines(sandbox)) == 3

    write_files(deal, {MANIFEST: one(value="100 USD", products="[]")})
    assert syncer(*APPLY, cwd=deal).code == 0
    assert lines(sandbox) == []


@pytest.mark.parametrize("effect", ["drop", "status"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_lost_answer_makes_no_line_twice(
    sandbox: Sandbox, deal: Path, syncer: Run, effect: str, when: str, nth: int
) -> None:
    """Two lines of one product are posted one by one; what is there already is not posted again."""
    now = FIRST.replace("]", ", {sku: PS-300, quantity: 2}, {sku: PS-300, quantity: 3}]")
    write_files(deal, {MANIFEST: one(value="100 USD", products=now)})
    more = {"status": 500} if effect == "status" else {}
    sandbox.faults.add(effect, method="POST", nth=nth, when=when, **more)

    syncer(*APPLY, cwd=deal)
    again = syncer(*APPLY, cwd=deal)

    assert again.code == 0, again.err
    assert sorted(line[:2] for line in lines(sandbox)) == [
        ("ON-200", 1),
        ("PL-100", 1),
        ("PL-100", 25),
        ("PS-300", 2),
        ("PS-300", 3),
    ]
    assert "No changes." in syncer("plan", cwd=deal).out


def test_a_saved_plan_writes_the_lines_it_shows(sandbox: Sandbox, deal: Path, syncer: Run) -> None:
    """Lines go through the file of a plan, those of an update as well as those of a create."""
    write_files(
        deal,
        {
            MANIFEST: one(value="sum", products=FIRST.replace("]", ", {sku: PS-300}, {sku: PS-300}]")),
            "opportunities/new.yaml": one("new", name="New", value="sum", products="[{sku: ON-200}]"),
        },
    )
    assert syncer("plan", "--out", "plan.json", cwd=deal).code == 0

    ran = syncer("apply", "plan.json", "--grace", "0.05", cwd=deal)

    assert ran.code == 0, ran.err
    assert len(lines(sandbox)) == 6
    assert "No changes." in syncer("plan", cwd=deal).out


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"products": "[{sku: NO-1}]"}, ("4:15", 'No product has the sku "NO-1".')),
        ({"products": "[{name: Nothing}]"}, ("4:15", 'No product is called "Nothing".')),
    ],
)
def test_a_product_that_is_not_there_is_named_at_its_line(
    sandbox: Sandbox, project: Make, syncer: Run, changes: dict[str, str], told: tuple[str, str]
) -> None:
    """The nearest ones are, too."""
    ran = syncer("plan", cwd=project(one(**changes)))

    assert ran.code == ExitCode.ERROR
    assert told[1] in ran.err
    assert "PL-100" in ran.err
    assert sandbox.store.rows("OpptyProductRelation") == []


def test_a_product_may_not_be_allowed_in_the_pipeline(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """The pipelines where it is allowed are listed."""
    product = sandbox.store.find("Product", sku="PL-100")
    other = sandbox.store.find("Pipeline", name="New Business")["id"]
    allowed = {"allowed_pipelines": 2, "pipelines": [other]}
    sandbox.store.edit("Product", product["id"], allowed_pipelines=2, product_pipelines=allowed)

    ran = syncer("plan", cwd=project(one(products="[{sku: ON-200}, {sku: PL-100}]")))

    assert ran.code == ExitCode.ERROR
    assert "[product-not-allowed]" in ran.err
    assert 'The product "PL-100" is not allowed in the pipeline "Renewals".' in ran.err
    assert 'hint: it is allowed in: "New Business"' in ran.err


def test_a_sum_needs_prices_that_somebody_says(sandbox: Sandbox, project: Make, syncer: Run) -> None:
    """Of two price lists that do not agree, the deal says which one counts."""
    folder = project(one(value="sum", products="[{sku: ON-200}]", product_currency="EUR"))
    none = syncer("plan", cwd=folder)
    assert none.code == ExitCode.ERROR
    assert "No price list says what ON-200 costs in EUR." in none.err

    price = sandbox.store.find("ProductPriceListPrice", price=1500)
    second = sandbox.store.create("ProductPriceList", {"name": "Partners"})
    sandbox.store.create(
        "ProductPriceListPrice",
        {
            "product_price_list_id": second,
            "product_id": sandbox.store.find("Product", sku="ON-200")["id"],
            "currency_id": sandbox.store.find("Currency", code="USD")["id"],
            "price": 1000,
            "settings": price["settings"],
        },
    )
    write_files(folder, {MANIFEST: one(value="sum", products="[{sku: ON-200}]")})
    two = syncer("plan", cwd=folder)
    assert two.code == ExitCode.ERROR
    assert "The price lists do not agree what ON-200 costs in USD." in two.err

    write_files(folder, {MANIFEST: one(value="sum", products="[{sku: ON-200}]", price_list="Partners")})
    assert "1000.00 USD" in syncer("plan", cwd=folder).out
    assert syncer(*APPLY, cwd=folder).code == 0
    assert value(sandbox) == 1000
    assert "No changes." in syncer("plan", cwd=folder).out
