"""Values as people read them: their order and their words are those of the tables of the kinds."""

import pytest

from syncer.kinds import human
from syncer.kinds.account import ACCOUNT
from syncer.kinds.contact import CONTACT
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.model.change import FieldChange
from tests.kinds.registered import registered


def test_fields_come_in_the_order_of_their_own_kind() -> None:
    """The unit of an account stands elsewhere than that of a deal; what no table knows comes last."""
    names = ("zz", "unit", "value", "name", "city")
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        assert human.ordered("opportunity", names) == ("name", "value", "unit", "city", "zz")
        assert human.ordered("account", names) == ("name", "city", "unit", "value", "zz")
        changed = [FieldChange(path, None, "x") for path in ("fields.cf_x", "value.amount", "step")]
        changed.sort(key=human.position("opportunity"))

    assert [field.path for field in changed] == ["step", "value.amount", "fields.cf_x"]


@pytest.mark.parametrize(
    ("link", "target", "roles"),
    [
        ({"contact": "bob@acme.example", "sales_role": "Champion"}, "bob@acme.example", ["Champion"]),
        ({"account": "Acme", "primary": True, "position": "Buyer"}, "Acme", ["Buyer"]),
        ({"primary": True}, "", []),
    ],
)
def test_a_link_says_whom_and_as_what(link: dict[str, object], target: str, roles: list[str]) -> None:
    """The mark is left to whoever shows it."""
    with registered(ACCOUNT, CONTACT, OPPORTUNITY):
        assert (human.target(link), human.roles(link)) == (target, roles)


def test_an_amount_has_a_unit_and_a_day_needs_no_quotes() -> None:
    """Texts need them, so that none of what they hold is taken for ours."""
    values = {"value": {"amount": "1.00", "currency": "USD"}, "name": "Deal"}

    assert [
        human.unit(path, values) for path in ("value.amount", "value.currency", "name", "step.amount")
    ] == [*("USD", "", "", "")]
    paths = ("closing_date", "value.amount", "value.currency", "name", "value")
    assert [human.is_bare(path) for path in paths] == [True, True, True, False, False]
    assert [human.refers(path) for path in ("owner", "accounts", "name")] == ["owner", "account", None]
