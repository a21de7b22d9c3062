"""Fills a database with one of the worlds of `world`: `empty`, `demo`, or a number of bulk opportunities.

Ids and times depend only on names and positions, so two databases of the same seed are alike. Seeding writes
rows as they are, without the checks of the API: some of them stand for records older than today's rules.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from syncer.sandbox import world
from syncer.sandbox.clock import CREATED_LAG_US, named_id, stamp_us, timed_id
from syncer.sandbox.database import CUSTOM, SYSTEM, Database, Record
from syncer.sandbox.entities import CUSTOM_KINDS, ENTITIES, Entity, Field
from syncer.sandbox.rules import CONSTANTS, CUSTOM_ENTITIES

# 2019-01-30, when the tutorial's records were made; every further seeded record is a second later.
_START_MS: Final = 1_548_846_000_000
# Records every space has carry the time the service was released with them (recorded accounts-list).
_BUILT_IN: Final = "2018-09-03 17:18:26.215642+00:00"

_TYPE_OF: Final = {"text": "input", "int": "integer", "bool": "checkbox", "money": "currency_foreign"}
_DATA_SETS: Final = {
    ("Account", "industry_id"): world.INDUSTRY_SET_ID,
    ("Account", "customer_type_id"): world.CUSTOMER_TYPE_SET_ID,
    ("Opportunity", "lead_source_id"): named_id("data-set lead_source"),
    ("Opportunity", "reason_of_close_id"): named_id("data-set reason_of_close"),
}
_FIELD_IDS: Final = {
    ("Note", "owner_id"): world.FIELD_ID_NOTE_OWNER,
    ("Account", "owner_id"): world.FIELD_ID_ACCOUNT_OWNER,
}
# Field types the API offers and how each is stored. Source: OAS Type; lengths are not published, these are
# ours.
_PRIMITIVES: Final = {
    "bool": ("bool", 1),
    "float": ("double", 8),
    "money": ("object", 0),
    "date": ("date", 10),
    "datetime": ("datetime", 32),
    "id": ("enum", 36),
    "int": ("int", 4),
    "ids": ("list", 0),
    "text": ("string", 255),
}


def parse_seed(text: str) -> int | None:
    """Read a seed: None for `empty`, else how many bulk opportunities come on top of `demo`.

    Raises:
        ValueError: Neither `empty`, `demo` nor a number.
    """
    if text == "empty":
        return None
    if text == "demo":
        return 0
    if not re.fullmatch(r"\d{1,7}", text):
        raise ValueError(f"{text!r} is no seed: say empty, demo or a number of opportunities.")
    return int(text)


class _Seeder:
    """Writes records in the order they are added, a second apart."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.tick = 0
        self.pending: dict[str, list[Record]] = {}

    def add(self, entity: str, fields: Mapping[str, Any], record_id: str = "", at: str = "") -> str:
        """Plan one record and give its id."""
        self.tick += 1
        milliseconds = _START_MS + self.tick * 1000
        if not record_id:
            tail = hashlib.blake2b(f"{entity}/{self.tick}".encode(), digest_size=10).hexdigest()
            record_id = timed_id(milliseconds, tail)
        record = {
            **CONSTANTS.get(entity, {}),
            "id": record_id,
            "modified": at or stamp_us(milliseconds * 1000),
            "created": at or stamp_us(milliseconds * 1000 + CREATED_LAG_US),
            "revision": self.db.next_revision(),
            **fields,
        }
        self.pending.setdefault(entity, []).append(record)
        return record_id

    def flush(self) -> None:
        """Write what is planned."""
        for entity, records in self.pending.items():
            self.db.insert(ENTITIES[entity], records)
        self.pending.clear()


def _settable(entity: Entity) -> Iterator[Field]:
    for field in entity.fields.values():
        if (
            field.name not in ("created", "modified", "revision")
            and field.mode[1] in "RSo"
            and field.kind != "one"
        ):
            yield field


def _has_record(entity: Entity, field: Field) -> bool:
    """Whether a system field has a Field record.

    Recorded: Account.owner_id and Note.owner_id have one, Note.note has none. Taken to be: all fields of the
    entities that take custom fields, and the references of the others.
    """
    return entity.name in CUSTOM_ENTITIES or field.kind == "id"


def _seed_fields(seeder: _Seeder) -> None:
    for entity in ENTITIES.values():
        label = "LeadOpptyProductRelation" if entity.name == "OpptyProductRelation" else entity.name
        for field in _settable(entity):
            if not _has_record(entity, field):
                continue
            place = (entity.name, field.name)
            seeder.add(
                "Field",
                {
                    "is_delete_protected": True,
                    "entity_name": label,
                    "api_name": field.name,
                    "name": field.name.removesuffix("_id").replace("_", " ").capitalize(),
                    "type_id": "dropdown"
                    if place in _DATA_SETS
                    else _TYPE_OF.get(field.kind, _type_id(field)),
                    "data_set_id": _DATA_SETS.get(place),
                    "relation_with_entity_id": field.target,
                    "system_type": SYSTEM,
                    "system_required": field.is_required,
                    "name_translations": {},
                    "primitive_type": "ENUM" if place in _DATA_SETS else "STRING",
                },
                _FIELD_IDS.get(place) or named_id(f"field {entity.name}.{field.name}"),
                _BUILT_IN,
            )


def _type_id(field: Field) -> str:
    if field.kind in ("date", "datetime", "float"):
        return field.kind
    return "lookup" if field.kind in ("id", "many", "uuid") else "input"


def _seed_options(
    seeder: _Seeder, data_set_id: str, options: tuple[str, ...], at: str = ""
) -> dict[str, str]:
    known = {
        "Agriculture": world.AGRICULTURE_ID,
        "Manufacturing": world.ZIEMANN_INDUSTRY_ID,
        "existing customer": world.EXISTING_CUSTOMER_ID,
    }
    return {
        option: seeder.add(
            "Data",
            {
                "is_delete_protected": bool(at),
                "data_set_id": data_set_id,
                "option_name": option,
                "sort_order": position,
                "calc_value": 1.0,
                "option_name_translations": {},
            },
            known.get(option) or named_id(f"option {data_set_id} {option}"),
            at,
        )
        for position, option in enumerate(options)
    }


def _seed_types(seeder: _Seeder) -> None:
    for type_id, kind in CUSTOM_KINDS.items():
        primitive, size = _PRIMITIVES[kind]
        seeder.add(
            "Type",
            {
                "is_delete_protected": True,
                "primitive_type": primitive,
                "validator": {},
                "flag": 1,
                "relation_type": {"id": 1, "ids": 2}.get(kind, 0),
                "container_size": 65535 if type_id == "text_area" else size,
                "is_groupable": kind not in ("money", "ids"),
                "is_filterable": kind not in ("money", "ids"),
                "is_sortable": kind not in ("money", "ids"),
                "is_selectable": True,
            },
            type_id,
        )


def _seed_profiles(seeder: _Seeder) -> None:
    """Add the 42 saved views of the administrator, ids as recorded in profiles-list."""
    for entity, view in ((n, v) for n in range(1, 22) for v in (0, 1)):
        seeder.add(
            "Profile",
            {
                "owner_id": world.ADMIN_ID,
                "entity": entity,
                "name": ("Lang_DefaultProfileAllUsers", "Lang_DefaultProfileMy")[view],
                "settings": {
                    "view": {"sort_order": "Asc", "grid_columns": []},
                    "filter": {"operator": "And"},
                },
                "share_mode": 1,
                "use_lang": True,
                "pipelines": [],
            },
            f"00000000-0000-{entity:04d}-{view:04d}-000000008e97",
        )


def _seed_user(seeder: _Seeder, user: world.User, units: Mapping[str, str], right: str, role: int) -> str:
    user_id = seeder.add(
        "Client",
        {
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "position": user.position,
            "default_unit_id": units[user.unit],
            "master_right_id": right,
            "is_deleted": user.deleted,
        },
        user.id,
    )
    seeder.add(
        "SalesUnitClientRelation", {"client_id": user_id, "unit_id": units[user.unit], "unit_role": role}
    )
    return user_id


def _seed_empty(seeder: _Seeder) -> dict[str, str]:
    """Add what every new space has, and give the ids of its roles and units by name."""
    _seed_fields(seeder)
    _seed_types(seeder)
    _seed_profiles(seeder)
    _seed_options(seeder, world.INDUSTRY_SET_ID, world.INDUSTRIES, _BUILT_IN)
    _seed_options(seeder, world.CUSTOMER_TYPE_SET_ID, world.CUSTOMER_TYPES, _BUILT_IN)
    _seed_options(seeder, _DATA_SETS["Opportunity", "lead_source_id"], world.LEAD_SOURCES, _BUILT_IN)
    _seed_options(seeder, _DATA_SETS["Opportunity", "reason_of_close_id"], world.REASONS_OF_CLOSE, _BUILT_IN)
    seeder.add(
        "Currency",
        {"is_delete_protected": True, "code": "USD", "is_base": True, "symbol": "$"},
        world.BASE_CURRENCY_ID,
    )
    ids = {
        "Company ": seeder.add(
            "SalesUnit",
            {"name": "Company ", "picture_id": world.ROOT_UNIT_PICTURE_ID},
            world.ROOT_UNIT_ID,
        )
    }
    for right in world.MASTER_RIGHTS:
        ids[right] = seeder.add(
            "MasterRight", {"name": right, "is_delete_protected": True}, named_id(f"right {right}")
        )
    _seed_user(seeder, world.ADMIN, ids, ids["Administrator"], 2)
    for role, color in world.SALES_ROLES:
        seeder.add("SalesRole", {"name": role, "color_code": color}, named_id(f"sales role {role}"))
    for name, row_id in (("AccountType", world.ACCOUNT_TYPE_ID), ("ContactType", named_id("contact type"))):
        seeder.add(name, {"name": "Standard", "is_readonly": True, "settings": {}}, row_id, _BUILT_IN)
    for name in ("ProductType", "OpptyProductRelationType"):
        seeder.add(name, {"name": "Standard", "is_delete_protected": True}, named_id(name), _BUILT_IN)
    seeder.add("AccountRole", {"name": "Employee"}, named_id("account role Employee"), _BUILT_IN)
    return ids


def _seed_custom_fields(db: Database, seeder: _Seeder) -> None:
    for custom in world.CUSTOM_FIELDS:
        data_set_id = named_id(f"data-set {custom.api_name}") if custom.options else None
        if data_set_id:
            _seed_options(seeder, data_set_id, custom.options)
        kind = CUSTOM_KINDS[custom.type_id]
        seeder.add(
            "Field",
            {
                "entity_name": "Opportunity",
                "api_name": custom.api_name,
                "name": custom.label,
                "type_id": custom.type_id,
                "data_set_id": data_set_id,
                "system_type": CUSTOM,
                "is_unique": custom.is_unique,
                "name_translations": {},
                "primitive_type": "ENUM" if kind in ("id", "ids") else "STRING",
            },
            named_id(f"field Opportunity.{custom.api_name}"),
        )
        db.add_column("Opportunity", custom.api_name, custom.type_id, is_unique=custom.is_unique)
    seeder.flush()
    db.refresh(keep_revision=True)


def _seed_pipelines(seeder: _Seeder, ids: dict[str, str]) -> None:
    for pipeline in world.PIPELINES:
        pipeline_id = seeder.add("Pipeline", {"name": pipeline.name, "color": pipeline.color}, pipeline.id)
        for position, (name, percent) in enumerate(pipeline.steps):
            first = pipeline.id == world.TEST_PIPELINE_ID and position == 0
            ids[f"{pipeline.name}/{name}"] = seeder.add(
                "Step",
                {"name": name, "percent": percent, "pipeline_id": pipeline_id, "sort_order": position},
                world.FIRST_STEP_ID if first else "",
            )
        for name, published in pipeline.types:
            ids[f"{pipeline.name}:{name}"] = seeder.add(
                "OpportunityType",
                {
                    "name": name,
                    "pipeline_id": pipeline_id,
                    "settings": {},
                    "is_readonly": False,
                    "is_published": published,
                },
            )


def _seed_money(seeder: _Seeder) -> None:
    currencies = {
        code: seeder.add("Currency", {"code": code, "symbol": symbol})
        for code, symbol in world.CURRENCIES[1:]
    }
    for day, rates in world.RATE_LISTS:
        list_id = seeder.add("CurrencyExchangeRatesList", {"valid_from": f"{day} 00:00:00.000000+00:00"})
        for code, rate in rates.items():
            seeder.add(
                "CurrencyExchangeRate",
                {
                    "currency_exchange_rate_list_id": list_id,
                    "currency_id": currencies[code],
                    "exchange_rate": rate,
                },
            )


def _seed_products(seeder: _Seeder) -> None:
    price_list = seeder.add("ProductPriceList", {"name": world.PRICE_LIST})
    for name, sku, unit_symbol, price in world.PRODUCTS:
        product = seeder.add(
            "Product",
            {
                "name": name,
                "sku": sku,
                "unit_symbol": unit_symbol,
                "product_type_id": named_id("ProductType"),
            },
        )
        seeder.add(
            "ProductPriceListPrice",
            {
                "product_price_list_id": price_list,
                "product_id": product,
                "currency_id": world.BASE_CURRENCY_ID,
                "price": price,
                "settings": {},
            },
        )


def _account(name: str, owner_id: str, unit_id: str, **more: Any) -> Record:
    return {
        "name": name,
        "owner_id": owner_id,
        "unit_id": unit_id,
        "account_type_id": world.ACCOUNT_TYPE_ID,
        **more,
    }


def _contact(person: world.Contact, owner_id: str, unit_id: str) -> Record:
    return {
        "first_name": person.first_name,
        "last_name": person.last_name,
        f"email{person.slot}": person.email,
        "owner_id": owner_id,
        "unit_id": unit_id,
        "contact_type_id": named_id("contact type"),
    }


def _link(account_id: str, contact_id: str, *, primary: bool = True) -> Record:
    return {"account_id": account_id, "contact_id": contact_id, "is_primary": primary}


def _seed_tutorial(seeder: _Seeder, ids: dict[str, str]) -> None:
    """Add the account of the tutorial, its contacts, and the recorded link."""
    unit = world.TUTORIAL_UNIT_ID
    seeder.add(
        "Account",
        _account(
            "Ziemann and Sons",
            world.FORMER_USER_ID,
            unit,
            account_class=5,
            address="7 Lillian Plaza",
            city="Coronda",
            country="Argentina",
            phone1="+1 (888) 500-8000",
            email1=world.ZIEMANN_EMAIL,
            customer_type_id=world.EXISTING_CUSTOMER_ID,
            industry_id=world.ZIEMANN_INDUSTRY_ID,
        ),
        world.ZIEMANN_ID,
    )
    for person, contact_id, link_id in zip(
        world.ZIEMANN_CONTACTS, (world.ZIEMANN_CONTACT_ID, ""), (world.ZIEMANN_RELATION_ID, ""), strict=True
    ):
        contact = seeder.add("Contact", _contact(person, ids["tina@example.com"], unit), contact_id)
        seeder.add("ContactAccountRelation", _link(world.ZIEMANN_ID, contact), link_id)


def _seed_organisation(seeder: _Seeder, ids: dict[str, str]) -> None:
    units = {user.email: ids[user.unit] for user in world.USERS}
    people: dict[str, str] = {}
    for position, company in enumerate(world.ACCOUNTS):
        owner, unit = ids[company.owner], units[company.owner]
        emails = {f"email{slot}": address for slot, address in company.emails.items()}
        account_id = seeder.add(
            "Account",
            _account(
                company.name,
                owner,
                unit,
                city=company.city,
                country=company.country,
                industry_id=_option_id(
                    world.INDUSTRY_SET_ID, world.INDUSTRIES[position % len(world.INDUSTRIES)]
                ),
                **emails,
            ),
        )
        ids.setdefault(f"account {company.name}", account_id)
        for person in company.contacts:
            contact_id = seeder.add("Contact", _contact(person, owner, unit))
            people[f"{person.first_name} {person.last_name}"] = contact_id
            seeder.add("ContactAccountRelation", _link(account_id, contact_id))
    for name, company_name in world.SECOND_LINKS:
        seeder.add(
            "ContactAccountRelation", _link(ids[f"account {company_name}"], people[name], primary=False)
        )
    name, email = world.UNLINKED_CONTACT
    first, last = name.split(" ")
    dana = "dana@example.com"
    seeder.add("Contact", _contact(world.Contact(first, last, email), ids[dana], units[dana]))


def _option_id(data_set_id: str, option: str) -> str:
    known = {"Agriculture": world.AGRICULTURE_ID, "Manufacturing": world.ZIEMANN_INDUSTRY_ID}
    return known.get(option) or named_id(f"option {data_set_id} {option}")


def _opportunity(  # noqa: PLR0917 (the columns of a row)
    name: str, owner_id: str, unit_id: str, step_id: str, type_id: str, amount: float, day: str
) -> Record:
    return {
        "name": name,
        "owner_id": owner_id,
        "unit_id": unit_id,
        "step_id": step_id,
        "oppty_type_id": type_id,
        "closing_date": day,
        "product_currency_id": world.BASE_CURRENCY_ID,
        "value": {"base_value": amount, "currency_id": world.BASE_CURRENCY_ID, "value_foreign": amount},
        "_step_since": stamp_us(_START_MS * 1000),
    }


def _seed_deals(seeder: _Seeder, ids: dict[str, str]) -> None:
    units = {user.email: ids[user.unit] for user in world.USERS}
    for deal in world.DEALS:
        lost = {"is_archived": True, "lost_date": stamp_us(_START_MS * 1000)} if deal.archived else {}
        reason = _option_id(_DATA_SETS["Opportunity", "reason_of_close_id"], "Price")
        oppty_id = seeder.add(
            "Opportunity",
            _opportunity(
                deal.name,
                ids[deal.owner],
                units[deal.owner],
                ids[f"{deal.pipeline}/{deal.step}"],
                ids[f"{deal.pipeline}:Standard"],
                deal.base_value,
                deal.closing_date,
            )
            | {"description": deal.description, "reason_of_close_id": reason if deal.archived else None}
            | lost,
        )
        ids[f"deal {deal.name}"] = oppty_id
        link = {"lead_oppty_id": oppty_id, "account_id": ids[f"account {deal.account}"], "is_primary": True}
        seeder.add("LeadOpptyAccountRelation", link)


def _seed_demo(db: Database, seeder: _Seeder, ids: dict[str, str]) -> None:
    for unit in world.UNITS:
        unit_id = world.TUTORIAL_UNIT_ID if unit == "Sales" else ""
        ids[unit] = seeder.add("SalesUnit", {"name": unit, "parent_id": world.ROOT_UNIT_ID}, unit_id)
    for user in world.USERS:
        ids[user.email] = _seed_user(seeder, user, ids, ids["Sales User"], 1)
    _seed_custom_fields(db, seeder)
    _seed_pipelines(seeder, ids)
    _seed_money(seeder)
    _seed_products(seeder)
    _seed_tutorial(seeder, ids)
    _seed_organisation(seeder, ids)
    _seed_deals(seeder, ids)


def _seed_bulk(seeder: _Seeder, ids: dict[str, str], deals: int, accounts: int) -> None:
    """Add bulk accounts with two contacts each, and opportunities spread over owners, accounts and steps."""
    units = {user.email: ids[user.unit] for user in world.USERS}
    companies: list[tuple[str, str]] = []
    for number in range(1, accounts + 1):
        owner = world.OWNERS[number % len(world.OWNERS)]
        email = world.BULK_ACCOUNT_EMAIL.format(number)
        account_id = seeder.add(
            "Account",
            _account(world.BULK_ACCOUNT.format(number), ids[owner], units[owner], email1=email),
        )
        people = []
        for letter in "ab":
            address = world.BULK_CONTACT_EMAIL.format(number, letter)
            person = world.Contact(letter.upper(), f"Bulk {number:04d}", address)
            people.append(seeder.add("Contact", _contact(person, ids[owner], units[owner])))
            seeder.add("ContactAccountRelation", _link(account_id, people[-1]))
        companies.append((account_id, people[0]))
    steps = [
        (ids[f"{pipeline.name}/{step}"], ids[f"{pipeline.name}:Standard"])
        for pipeline in world.PIPELINES[1:]
        for step, _ in pipeline.steps[:-1]
    ]
    for number in range(1, deals + 1):
        owner = world.OWNERS[number % len(world.OWNERS)]
        step_id, type_id = steps[number % len(steps)]
        day = f"2027-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        oppty_id = seeder.add(
            "Opportunity",
            _opportunity(
                world.BULK_DEAL.format(number),
                ids[owner],
                units[owner],
                step_id,
                type_id,
                float(number * 10),
                day,
            ),
        )
        account_id, contact_id = companies[number % len(companies)]
        link = {"lead_oppty_id": oppty_id, "is_primary": True}
        seeder.add("LeadOpptyAccountRelation", link | {"account_id": account_id})
        seeder.add("LeadOpptyContactRelation", link | {"contact_id": contact_id})


def fill(db: Database, seed: str, accounts: int | None = None) -> None:
    """Fill an empty database.

    Args:
        db: Freshly made.
        seed: `empty`, `demo`, or a number N of bulk opportunities on top of demo.
        accounts: Bulk accounts; by default max(10, N // 20) with a number, else none.

    Raises:
        ValueError: No such seed.
    """
    deals = parse_seed(seed)
    with db.transaction():
        seeder = _Seeder(db)
        ids = _seed_empty(seeder)
        seeder.flush()
        if deals is not None:
            _seed_demo(db, seeder, ids)
            wanted = accounts if accounts is not None else max(10, deals // 20) if deals else 0
            _seed_bulk(seeder, ids, deals, wanted)
        seeder.flush()
        db.conn.execute("INSERT OR REPLACE INTO _meta VALUES ('seed', ?)", (seed,))
        db.conn.execute("INSERT OR REPLACE INTO _meta VALUES ('accounts', ?)", (accounts,))
    db.refresh()


_templates: dict[tuple[str, int | None], Database] = {}


def template(seed: str, accounts: int | None = None) -> Database:
    """Give a filled database to copy from; made once per process and seed.

    Raises:
        ValueError: No such seed.
    """
    key = (seed, accounts)
    if key not in _templates:
        db = Database(None)
        fill(db, seed, accounts)
        _templates[key] = db
    return _templates[key]
