"""Product lines as they are written, and what is wrong with them."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from syncer import manifest
from syncer.model.declared import Line, Reference, Sum
from syncer.project.load import load_project
from tests.support import Ran, one


def test_a_line_says_its_product_and_what_else_it_likes(project: Callable[..., Path]) -> None:
    """Left out, the quantity is one and the price is that of the list."""
    id_ = "3FA85F64-5717-4562-b3fc-2c963f66afa6"
    written = f"[{{sku: A-1, quantity: '2.50', price: 0.1}}, {{name: B}}, {{id: {id_}, comment: hm}}]"
    folder = project(one(value="sum", products=written))

    (entry,) = manifest.read(load_project(folder / "syncer.yaml")).declared

    assert entry.values["value"] is Sum.LINES
    assert entry.values["products"] == (
        Line(Reference("product", code="A-1"), Decimal("2.50"), Decimal("0.1")),
        Line(Reference("product", name="B")),
        Line(Reference("product", id=id_.lower()), comment="hm"),
    )


@pytest.mark.parametrize(
    ("products", "told"),
    [
        (
            "[{sku: A, name: B}]",
            "item 1 of products has both sku and name; one of them says which product it is.",
        ),
        ("[{quantity: 1}]", "item 1 of products needs `sku`, `name` or `id`."),
        ("[{sku: ' '}]", "sku of item 1 of products is blank."),
        ("[{sku: A, quantity: -1}]", "-1 is no quantity."),
        ("[{sku: A, price: '1,5'}]", '"1,5" is no price.'),
        ("[{sku: A, price: '1.000,00'}]", '"1.000,00" is no price.'),
        ("[{sku: A, price: 1.1234567}]", "1.1234567 has more digits than the service keeps."),
        ("[{sku: A, quantty: 1}]", 'There is no field "quantty"'),
        (
            '[{sku: A, comment: "a\\x01b"}]',
            "comment of item 1 of products holds the control character U+0001.",
        ),
        ("{sku: A}", "products is a mapping; it should be a list of products"),
        ("[]", "value is the sum of the products, and none is written."),
    ],
)
def test_what_is_wrong_with_a_line_is_told_at_its_place(
    project: Callable[..., Path], syncer: Callable[..., Ran], products: str, told: str
) -> None:
    """Offline, in the words of the line."""
    ran = syncer("validate", cwd=project(one(value="sum", products=products)))

    assert ran.code == 1
    assert told in " ".join(ran.err.split())


def test_a_sum_without_lines_is_none(project: Callable[..., Path], syncer: Callable[..., Ran]) -> None:
    """It would be nothing."""
    ran = syncer("validate", cwd=project(one(value="sum")))

    assert ran.code == 1
    assert "deals.yaml:9:12" in ran.err
    assert "value is the sum of the products, and none is written." in ran.err
