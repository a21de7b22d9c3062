"""Random spaces: what people, web forms and years leave behind in a CRM."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from syncer.sandbox import world
from syncer.sandbox.clock import named_id
from syncer.sandbox.seed import _Seeder
from syncer.sandbox.server import Sandbox

ODD_TEXTS = (
    "Renewal 2027",
    "yes",
    "No",
    "null",
    "~",
    "2027-01-01",
    "1e3",
    "0x1F",
    "007",
    "1_000",
    "12:30",
    "- dash",
    "? question",
    "key: value",
    "a #comment",
    "#hash",
    "'single'",
    'double "quote"',
    "both ' and \"",
    "back\\slash",
    "{flow}",
    "[list, of]",
    "*alias",
    "&anchor",
    "!tag",
    "%directive",
    "@at",
    "`tick`",
    "trailing blank  ",
    "  leading blank",
    "none",
    "all",
    "Müller & Søn",
    "Cafe\u0301",
    "Сделка №5",
    "日本 取引",
    "🚀 launch",
    "tab\there",
    "line\nbreak",
    "bell\x07",
    "nel\x85",
    "separator\u2028",
    "nbsp\xa0",
    "",
    "   ",
    "a@b.example",
    "opportunity.x",
    "---",
    "...",
    "<<",
    "=",
    "x" * 300,
)
TEXTS = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
)
BODIES = st.one_of(
    TEXTS,
    st.lists(TEXTS, min_size=2, max_size=4).map("\n".join),
    st.sampled_from(
        ["one\r\ntwo", "one\ntwo\n\n", "\nlate", "  indented\nthen not", "a\n\tb", "a \nb", "a\n\n\nb"]
    ),
)
AMOUNTS = st.one_of(
    st.sampled_from([0.0, 0.01, 1.5, 1.234, 99999999999.99, 0.1234567, 1e22, -5.0, 1 / 3]),
    st.integers(0, 10**9).map(lambda cents: cents / 100),
)
DAYS = st.sampled_from(["2027-03-31", "2026-01-01", "1899-12-31", "2200-12-31", None])


@dataclass
class Drawn:
    """One random space and project."""

    deals: list[dict[str, Any]]
    links: list[list[tuple[str, str, bool, list[str]]]]
    settings: str
    arguments: list[str]
    lost: bool


def populate(sandbox: Sandbox, data: st.DataObject) -> int:
    """Fill the demo world of *sandbox* with odd records; return how many opportunities were added."""
    draw = data.draw
    db = sandbox.db
    owners = [row["id"] for row in sandbox.store.rows("Client", include_deleted=True)]
    steps = sandbox.store.rows("Step")
    types = sandbox.store.rows("OpportunityType")
    units = [row["id"] for row in sandbox.store.rows("SalesUnit")]
    roles = [row["id"] for row in sandbox.store.rows("SalesRole")]
    currencies = [row["id"] for row in sandbox.store.rows("Currency")]
    options = sandbox.store.rows("Data")
    accounts = [row["id"] for row in sandbox.store.rows("Account")][:6]
    contacts = [row["id"] for row in sandbox.store.rows("Contact")][:8]
    count = draw(st.integers(1, 7), label="deals")
    with db.transaction():
        seeder = _Seeder(db)
        seeder.tick = 5_000_000
        twin = draw(st.sampled_from(["dana@example.com", "", "odd name"]), label="user e-mail")
        owners.append(
            seeder.add("Client", {"email": twin, "first_name": "Twin", "default_unit_id": units[0]})
        )
        extra = [
            {
                "name": draw(TEXTS),
                "email1": draw(st.sampled_from(["info@acme.example", "x@odd.example", "", " sp@x.example"])),
            }
            for _ in range(draw(st.integers(0, 3), label="accounts"))
        ]
        for row in extra:
            accounts.append(
                seeder.add(
                    "Account", {**row, "owner_id": owners[0], "account_type_id": world.ACCOUNT_TYPE_ID}
                )
            )
        gone = seeder.add("Account", {"name": "Gone", "owner_id": owners[0], "is_deleted": True})
        for email in draw(
            st.lists(st.sampled_from(["bob@acme.example", "", "n@x.example"]), max_size=2), label="contacts"
        ):
            contacts.append(
                seeder.add("Contact", {"first_name": "New", "email1": email, "owner_id": owners[0]})
            )
            seeder.add("ContactAccountRelation", {"account_id": accounts[0], "contact_id": contacts[-1]})
        double = seeder.add(
            "Step", {"name": steps[0]["name"], "pipeline_id": steps[0]["pipeline_id"], "sort_order": 0}
        )
        step_ids = [row["id"] for row in steps] + [double]
        pool = draw(st.lists(TEXTS, min_size=1, max_size=4), label="names")
        keys = draw(
            st.lists(
                st.sampled_from(["", "acme-1", "renewal-2027", "Not A Key", "yes"]),
                min_size=count,
                max_size=count,
            )
        )
        for number in range(count):
            step = draw(st.sampled_from(step_ids))
            pipeline = next((row["pipeline_id"] for row in steps if row["id"] == step), None)
            fitting = [row["id"] for row in types if row["pipeline_id"] == pipeline] or [None]
            amount = draw(AMOUNTS)
            currency = draw(st.sampled_from([*currencies, "11111111-1111-1111-1111-111111111111"]))
            fields = {
                "name": draw(st.sampled_from(pool)),
                "owner_id": draw(st.sampled_from(owners)),
                "step_id": step,
                "oppty_type_id": draw(st.sampled_from([*fitting, None, types[0]["id"]])),
                "unit_id": draw(st.sampled_from([*units, None])),
                "closing_date": draw(DAYS),
                "value": {"base_value": amount, "currency_id": currency, "value_foreign": amount},
                "description": draw(BODIES),
                "is_archived": draw(st.integers(0, 4)) == 0,
                "lead_source_id": draw(
                    st.sampled_from([None, _option("lead_source", "Web"), options[0]["id"]])
                ),
                "cf_syncer_key": keys[number],
                "cf_region": draw(st.sampled_from([None, _option("cf_region", "EMEA"), options[0]["id"]])),
                "cf_competitors": draw(
                    st.sampled_from(
                        [None, [], [_option("cf_competitors", "Wonka"), _option("cf_competitors", "Tyrell")]]
                    )
                ),
                "cf_seats": draw(st.sampled_from([None, 0, 250, -3])),
                "cf_discount": draw(st.sampled_from([None, 0.5, 1e-7, 12.25, 1e300])),
                "cf_strategic": draw(st.booleans()),
                "cf_renewal_date": draw(DAYS),
                "cf_kickoff_at": draw(
                    st.sampled_from(
                        [None, "2027-04-10 09:00:00.000000+00:00", "2027-04-10 09:00:00.125000+00:00"]
                    )
                ),
                "cf_notes": draw(BODIES),
                "cf_legal_contact": draw(st.sampled_from(["", "Legal@Acme.example", "no e-mail"])),
                "cf_url": draw(
                    st.sampled_from(["", "https://rooms.example/a,b?c={d}#e", "2027-01-01 10:00"])
                ),
                "cf_contract": draw(st.sampled_from([None, _option("cf_contract", "Yearly")])),
            }
            deal = seeder.add("Opportunity", fields)
            linked = draw(st.lists(st.sampled_from([*accounts, gone]), unique=True, max_size=3))
            primary = draw(st.sampled_from([0, 0, 0, 0, None]))
            for place, account in enumerate(linked):
                link = {"lead_oppty_id": deal, "is_primary": place == primary}
                seeder.add("LeadOpptyAccountRelation", {**link, "account_id": account})
            people = draw(st.lists(st.sampled_from(contacts), unique=True, max_size=3))
            primary = draw(st.sampled_from([0, 0, 0, 1, None]))
            for place, contact in enumerate(people):
                link = {"lead_oppty_id": deal, "is_primary": place == primary}
                relation = seeder.add("LeadOpptyContactRelation", {**link, "contact_id": contact})
                for role in draw(st.lists(st.sampled_from(roles), unique=True, max_size=2)):
                    seeder.add(
                        "LeadOpptyContactSalesRoleRelation",
                        {"lead_oppty_contact_relation_id": relation, "sales_role_id": role},
                    )
        seeder.flush()
    db.refresh()
    return count


def _option(field: str, name: str) -> str:
    return named_id(f"option {named_id(f'data-set {field}')} {name}")
