"""The seeds hold what `world` promises. Examples and other tests are written against these names."""

import re
from collections import Counter

import pytest

from syncer.sandbox import world
from syncer.sandbox.database import Database
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.seed import fill, parse_seed, template
from syncer.sandbox.server import Sandbox
from syncer.sandbox.store import Store
from syncer.sandbox.switches import Switches


@pytest.fixture(scope="module")
def demo() -> Store:
    return Store(template("demo"), Switches())


def test_an_empty_space_has_what_every_space_has() -> None:
    store = Store(template("empty"), Switches())
    assert [(r["id"], r["code"], r["is_base"]) for r in store.rows("Currency")] == [
        (world.BASE_CURRENCY_ID, "USD", True)
    ]
    assert [r["email"] for r in store.rows("Client")] == ["admin@example.com"]
    assert [r["name"] for r in store.rows("SalesUnit")] == ["Company "]
    assert {r["name"] for r in store.rows("SalesRole")} >= {"Decision Maker", "Champion", "Influencer"}
    counts = {name: store.count(name) for name in ("Account", "Opportunity", "Pipeline", "Type", "Profile")}
    assert counts == {"Account": 0, "Opportunity": 0, "Pipeline": 0, "Type": 16, "Profile": 42}


def test_a_first_deal_can_be_made_in_an_empty_space() -> None:
    with Sandbox.serve(seed="empty") as sandbox:
        body = {"name": "P", "color": 1, "steps": [{"name": "In", "percent": 10}]}
        pipeline = sandbox.store.create("Pipeline", body)
        step = sandbox.store.find("Step", pipeline_id=pipeline)["id"]
        deal = {
            "name": "First",
            "owner_id": world.ADMIN_ID,
            "closing_date": "2027-01-01",
            "step_id": step,
            "value": {"base_value": 1, "currency_id": world.BASE_CURRENCY_ID},
        }
        row = sandbox.store.get("Opportunity", sandbox.store.create("Opportunity", deal))
        assert (row["unit_id"], row["oppty_type_id"], row["status"]) == (world.ROOT_UNIT_ID, None, 3)


def test_users_and_their_units(demo: Store) -> None:
    units = {row["id"]: row["name"] for row in demo.rows("SalesUnit")}
    rows = demo.rows("Client", include_deleted=True)
    assert {
        (r["email"], r["formatted_name"], units[r["default_unit_id"]], r["is_deleted"]) for r in rows
    } == {
        ("admin@example.com", "Ada Admin", "Company ", False),
        ("tina@example.com", "Tina Tutor", "Sales", False),
        ("former@example.com", "Fiona Former", "Sales", True),
        ("dana@example.com", "Dana Doe", "Sales EMEA", False),
        ("omar@example.com", "Omar Haddad", "Sales Americas", False),
        ("mei@example.com", "Mei Tanaka", "Sales APAC", False),
        ("lucas@example.com", "Lucas Moreau", "Sales EMEA", False),
        ("ingrid@example.com", "Ingrid Solberg", "Customer Success", False),
        ("pat@example.com", "Pat Quinn", "Sales Americas", True),
    }


def test_pipelines_steps_and_types(demo: Store) -> None:
    shown = {}
    for pipeline in demo.rows("Pipeline"):
        steps = [r for r in demo.rows("Step") if r["pipeline_id"] == pipeline["id"]]
        types = [r for r in demo.rows("OpportunityType") if r["pipeline_id"] == pipeline["id"]]
        shown[pipeline["name"]] = (
            [r["name"] for r in sorted(steps, key=lambda r: r["sort_order"])],
            [(r["name"], r["is_published"], r["has_draft"]) for r in types],
        )
    standard = ("Standard", True, False)
    assert shown == {
        "Test Pipeline": (["First", "Second", "Third", "Won"], [standard]),
        "New Business": (
            ["Lead In", "Qualified", "Proposal", "Negotiation", "Won"],
            [standard, ("Enterprise", True, False), ("Public Sector", False, True)],
        ),
        "Renewals": (["Upcoming", "Contacted", "Quoted", "Verbal Yes", "Won"], [standard]),
        "Partner": (
            ["Registered", "Joint Discovery", "Solution Design", "Proposal", "Contract", "Won"],
            [standard],
        ),
    }


def test_accounts_with_the_traps_promised(demo: Store) -> None:
    accounts = demo.rows("Account")
    assert len(accounts) == 41
    assert [name for name, n in Counter(r["name"] for r in accounts).items() if n > 1] == [
        "Northwind Traders"
    ]
    emails = Counter(r[f"email{slot}"] for r in accounts for slot in range(1, 6) if r[f"email{slot}"])
    assert [address for address, n in emails.items() if n > 1] == ["info@globex.example"]
    assert {slot for r in accounts for slot in range(1, 6) if r[f"email{slot}"]} == {1, 2, 3, 4, 5}
    silent = [r["name"] for r in accounts if not any(r[f"email{slot}"] for slot in range(1, 6))]
    assert silent == ["Quiet Partners"]


def test_contacts_with_the_traps_promised(demo: Store) -> None:
    contacts = {r["id"]: r for r in demo.rows("Contact")}
    assert len(contacts) == 102
    links = Counter(r["contact_id"] for r in demo.rows("ContactAccountRelation"))
    names = {key: row["formatted_name"] for key, row in contacts.items()}
    assert {names[key] for key, n in links.items() if n > 1} == {"Bob Baker", "Iris Novak", "Leo Fischer"}
    assert [names[key] for key in contacts if key not in links] == ["Uma Free"]
    emails = Counter(r["email1"] or r["email2"] for r in contacts.values())
    assert [address for address, n in emails.items() if n > 1] == ["sam@consult.example"]
    assert min(emails) != ""
    primaries = Counter(r["contact_id"] for r in demo.rows("ContactAccountRelation") if r["is_primary"])
    assert set(primaries.values()) == {1}
    assert set(primaries) == set(links)


def test_the_tutorials_contacts(demo: Store) -> None:
    linked = [
        r["contact_id"] for r in demo.rows("ContactAccountRelation") if r["account_id"] == world.ZIEMANN_ID
    ]
    assert linked[0] != linked[1]
    assert {demo.get("Contact", key)["email1"] for key in linked} == {
        "bob@ziemann.example",
        "eve@ziemann.example",
    }
    assert world.ZIEMANN_CONTACT_ID in linked


def test_custom_fields_of_every_kind_promised(demo: Store) -> None:
    rows = [r for r in demo.rows("Field") if r["api_name"].startswith("cf_")]
    assert {r["api_name"]: r["type_id"] for r in rows} == {
        "cf_region": "dropdown",
        "cf_syncer_key": "input",
        "cf_competitors": "multiselect_checkbox",
        "cf_seats": "integer",
        "cf_discount": "float",
        "cf_renewal_date": "date",
        "cf_strategic": "checkbox",
        "cf_notes": "text_area",
        "cf_legal_contact": "email",
        "cf_url": "url",
        "cf_kickoff_at": "datetime",
        "cf_services": "currency_foreign",
        "cf_contract": "radio",
    }
    assert [r["api_name"] for r in rows if r["is_unique"]] == ["cf_syncer_key"]


def test_deals_made_by_hand(demo: Store) -> None:
    shown = {
        r["name"]: (r["status"], r["value"]["base_value"], r["description"]) for r in demo.rows("Opportunity")
    }
    assert shown == {
        "Globex expansion": (1, 48000.0, ""),
        "Initech rollout  ": (1, 0.0, "  "),
        "Hooli pilot": (2, 12500.5, ""),
    }


def test_a_number_adds_bulk_records_with_unique_names() -> None:
    store = Store(template("250"), Switches())
    assert (store.count("Opportunity"), store.count("Account"), store.count("Contact")) == (
        253,
        41 + 12,
        102 + 24,
    )
    names = [r["name"] for r in store.rows("Opportunity") if re.fullmatch(r"Deal \d{5}", r["name"])]
    assert names == [f"Deal {n:05d}" for n in range(1, 251)]
    first = store.find("Account", email1="bulk0001@accounts.example")
    linked = [r["contact_id"] for r in store.rows("ContactAccountRelation") if r["account_id"] == first["id"]]
    assert {store.get("Contact", key)["email1"] for key in linked} == {
        "bulk0001.a@contacts.example",
        "bulk0001.b@contacts.example",
    }
    assert {r["status"] for r in store.rows("Opportunity") if r["name"].startswith("Deal")} == {1}


def test_bulk_accounts_alone() -> None:
    store = Store(template("demo", 7), Switches())
    assert (store.count("Opportunity"), store.count("Account")) == (3, 48)


def test_ten_thousand_deals_can_be_seeded() -> None:
    db = Database(None)
    fill(db, "10000")
    assert db.one('SELECT COUNT(*) FROM "LeadOpptyContactRelation"') == 10_000
    db.close()


def test_seeding_twice_makes_the_same_world() -> None:
    worlds = []
    for _ in range(2):
        db = Database(None)
        fill(db, "20")
        store = Store(db, Switches())
        worlds.append({name: store.rows(name, include_deleted=True) for name in ENTITIES})
        db.close()
    assert worlds[0] == worlds[1]


@pytest.mark.parametrize("text", ["", "Demo", "-1", "1.5", "12345678"])
def test_other_seeds_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no seed"):
        parse_seed(text)


def test_every_seeded_record_passes_the_checks_of_the_api() -> None:
    """An update that changes nothing is fine, except under a deleted owner or an archive mark."""
    with Sandbox.serve() as sandbox:
        refused = set()
        for name, entity in ENTITIES.items():
            if entity.is_read_only:
                continue
            for row in sandbox.store.rows(name):
                try:
                    sandbox.store.edit(name, row["id"])
                except Exception as exc:  # noqa: BLE001 - collected and compared
                    refused.add((name, row.get("name"), type(exc).__name__))
        assert refused == {
            ("Account", "Ziemann and Sons", "ApiError"),
            ("Opportunity", "Hooli pilot", "ApiError"),
        }
