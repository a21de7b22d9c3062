"""What single entities add to the common rules: defaults and checks, hung on the tables by name.

A rule is called with the record as it is about to be; it may complete it and returns what is wrong.
`given` holds the names the request set, `before` is None for a new record.
"""

import math
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any, Final

from syncer.sandbox.clock import stamp_us
from syncer.sandbox.database import CUSTOM, Database, Record
from syncer.sandbox.entities import CUSTOM_KINDS
from syncer.sandbox.envelope import MISSING, Problem
from syncer.sandbox.money import base_currency, complete, rounded
from syncer.sandbox.switches import Switches

Rule = Callable[[Database, Switches, Record, AbstractSet[str], Record | None], list[Problem]]

# Values of a new record that are neither null, "" nor false. Recorded: contact-account-relation,
# accounts-list.
CONSTANTS: Final[dict[str, Record]] = {
    "Opportunity": {"share_mode": 0},
    "Account": {"share_mode": 0, "account_class": 1},
    "Contact": {"share_mode": 0, "gender": 0},
    "ContactAccountRelation": {"relationship": 0},
    "LeadOpptyContactRelation": {"relationship": 0},
    "Client": {"type": 0},
    "OpportunityType": {"form_edit": {}, "form_lost": {}, "is_published": True},
    "AccountType": {"form_edit": {}, "is_published": True},
    "ContactType": {"form_edit": {}, "is_published": True},
    "Data": {"is_published": True},
    "Field": {"is_published": True},
    "Product": {"allowed_pipelines": 1},
    "ProductPriceList": {"is_active": True, "type": 1},
    "Tag": {"is_enabled": True, "supported_entities": 2047},
}


def _unit(db: Database, record: Record) -> None:
    """Take the owner's default unit. Source: DOC create-opportunity, create-account, create-contact."""
    if not record.get("unit_id") and record.get("owner_id"):
        record["unit_id"] = db.recall('SELECT default_unit_id FROM "Client" WHERE id = ?', record["owner_id"])


def _default_type(db: Database, record: Record, key: str, table: str) -> None:
    if not record.get(key):
        record[key] = db.recall(f'SELECT id FROM "{table}" WHERE NOT is_deleted ORDER BY id LIMIT 1')  # noqa: S608


def type_of_step(db: Database, step_id: str | None) -> str | None:
    """Give the first published type of the step's pipeline; undocumented, our assumption."""
    found: str | None = db.recall(
        'SELECT o.id FROM "Step" s JOIN "OpportunityType" o ON o.pipeline_id = s.pipeline_id'
        " WHERE s.id = ? AND o.is_published AND NOT o.is_deleted ORDER BY o.id LIMIT 1",
        step_id,
    )
    return found


def _is_last(db: Database, step_id: str | None) -> bool:
    last = db.recall(
        'SELECT NOT EXISTS (SELECT 1 FROM "Step" n WHERE n.pipeline_id = s.pipeline_id AND NOT n.is_deleted'
        ' AND n.sort_order > s.sort_order) FROM "Step" s WHERE s.id = ?',
        step_id,
    )
    return bool(last)


def _money(db: Database, switches: Switches, entity: str, record: Record, field: str) -> list[Problem]:
    if not isinstance(record.get(field), dict):
        return []
    list_id = record.get("currency_exchange_rates_list_id")
    record[field], problems = complete(db, switches, entity, field, record[field], list_id)
    return problems


def opportunity(
    db: Database, switches: Switches, record: Record, given: AbstractSet[str], before: Record | None
) -> list[Problem]:
    """Default unit, type and product currency; work out the value; keep the dates of winning and losing."""
    problems = []
    if before is None:
        _unit(db, record)
        if not record.get("oppty_type_id"):
            record["oppty_type_id"] = type_of_step(db, record.get("step_id"))
        if not record.get("product_currency_id"):
            record["product_currency_id"] = base_currency(db)
    value = record.get("value") if before is None and switches.requires("microsoft") else None
    if isinstance(value, dict) and value.get("base_value") is None:
        problems.append(Problem("value", "Non-null field 'value.base_value' is null or empty.", *MISSING))
    elif "value" in given:
        problems += _money(db, switches, "Opportunity", record, "value")
    now, _ = db.now()
    moved = before is None or before["step_id"] != record.get("step_id")
    if moved:
        record["_step_since"] = now
    if (before is None or moved or "is_archived" in given) and not given & {"won_date", "lost_date"}:
        lost = bool(record.get("is_archived"))
        won = not lost and _is_last(db, record.get("step_id"))
        record["lost_date"] = (record.get("lost_date") or now) if lost else None
        record["won_date"] = (record.get("won_date") or now) if won else None
    return problems


def account(
    db: Database, _: Switches, record: Record, __: AbstractSet[str], ___: Record | None
) -> list[Problem]:
    """Default unit and type; the kind of link to a parent. Source: OAS Account; the text is assumed."""
    _unit(db, record)
    _default_type(db, record, "account_type_id", "AccountType")
    relation = "parent_account_relation_type_id"
    if record.get("parent_account_id") and not record.get(relation):
        return [Problem(relation, f"Non-null field '{relation}' is null or empty.", *MISSING)]
    return []


def contact(
    db: Database, switches: Switches, record: Record, _: AbstractSet[str], __: Record | None
) -> list[Problem]:
    """Default unit and type; with `require` doc, ask for a name (DOC create-contact)."""
    _unit(db, record)
    _default_type(db, record, "contact_type_id", "ContactType")
    if switches.requires("doc") and not (record.get("first_name") or record.get("last_name")):
        return [Problem("last_name", "Non-null field 'last_name' is null or empty.", *MISSING)]
    return []


def product(
    db: Database, switches: Switches, record: Record, given: AbstractSet[str], before: Record | None
) -> list[Problem]:
    """Default type; with `require` doc, ask for what the create-product tutorial calls required."""
    _default_type(db, record, "product_type_id", "ProductType")
    if not switches.requires("doc") or before is not None:
        return []
    missing = [name for name in ("allowed_pipelines", "unit_symbol") if name not in given]
    return [Problem(name, f"Non-null field '{name}' is null or empty.", *MISSING) for name in missing]


def product_line(
    db: Database, switches: Switches, record: Record, given: AbstractSet[str], _: Record | None
) -> list[Problem]:
    """Price from the price list, total and discount. Source: OAS OpptyProductRelation."""
    currency, price_list = db.conn.execute(
        'SELECT product_currency_id, product_price_list_id FROM "Opportunity" WHERE id = ?',
        (record.get("oppty_id"),),
    ).fetchone() or (base_currency(db), None)
    listed = db.one(
        'SELECT price FROM "ProductPriceListPrice"'
        " WHERE NOT is_deleted AND product_id = ? AND currency_id = ?"
        " ORDER BY product_price_list_id = ? DESC, id LIMIT 1",
        record.get("product_id"),
        currency,
        price_list,
    )
    if record.get("price") is None:
        record["price"] = listed
    if record.get("quantity") is None:
        record["quantity"] = 1.0
    if record.get("oppty_product_relation_type_id") is None:
        _default_type(db, record, "oppty_product_relation_type_id", "OpptyProductRelationType")
    try:
        _total(record, given, listed, switches.money_decimals)
    except ValueError:
        return [Problem("amount", "[amount] Invalid value.")]
    return []


def _total(record: Record, given: AbstractSet[str], listed: float | None, decimals: int) -> None:
    """Work out total and discount of a product line.

    Raises:
        ValueError: One is more than a double can hold.
    """
    price, quantity = record["price"], Decimal(str(record["quantity"]))
    if price is not None and "amount" not in given:
        record["amount"] = rounded(Decimal(str(price)) * quantity, decimals)
    if listed and record.get("amount") is not None:
        full = Decimal(str(listed)) * quantity
        off = full - Decimal(str(record["amount"]))
        record["discount_value"] = rounded(off, decimals)
        record["discount_percentage"] = rounded(off / full * 100, decimals) if full else 0.0


_PRIMITIVE: Final = {"bool": "BOOL", "int": "INT", "float": "DOUBLE", "date": "DATE", "datetime": "DATETIME"}


def field(
    db: Database, _: Switches, record: Record, given: AbstractSet[str], before: Record | None
) -> list[Problem]:
    """Name a custom field and give it an option set. Source: DOC fields; the prefix cf_ is ours."""
    if record.get("name_translations") is None:
        record["name_translations"] = {}
    if before is not None:
        return []
    record["system_type"] = CUSTOM
    kind = CUSTOM_KINDS.get(str(record.get("type_id")))
    if kind is None:
        return (
            [Problem("type_id", f"Unknown field type '{record.get('type_id')}'.")]
            if record.get("type_id")
            else []
        )
    entity = (
        "OpptyProductRelation"
        if record.get("entity_name") == "LeadOpptyProductRelation"
        else record.get("entity_name")
    )
    if not entity:
        return []  # said already, as of everything that is missing
    if entity not in CUSTOM_ENTITIES:
        return [Problem("entity_name", f"Entity '{record.get('entity_name')}' takes no custom fields.")]
    stem = "cf_" + (re.sub(r"[^a-z0-9]+", "_", str(record.get("name")).lower()).strip("_") or "field")
    taken = {
        row[0]
        for row in db.conn.execute(
            'SELECT api_name FROM "Field" WHERE entity_name = ?', (record["entity_name"],)
        )
    }
    record["api_name"] = (
        stem
        if stem not in taken
        else next(name for n in range(2, len(taken) + 3) if (name := f"{stem}_{n}") not in taken)
    )
    record["primitive_type"] = "ENUM" if kind in ("id", "ids") else _PRIMITIVE.get(kind, "STRING")
    if kind in ("id", "ids") and not record.get("data_set_id"):
        record["data_set_id"] = db.clock.new_id()
    if "data_set" in given and kind not in ("id", "ids"):
        return [Problem("data_set", f"A field of type '{record['type_id']}' has no options.")]
    return []


# Entities of the sandbox that may have custom fields. Source: OAS Field.entity_name.
CUSTOM_ENTITIES: Final = ("Account", "Contact", "Opportunity", "Product", "OpptyProductRelation")


def option(
    db: Database, _: Switches, record: Record, __: AbstractSet[str], ___: Record | None
) -> list[Problem]:
    """Put a new option last; DOC fields sends options without order or translations."""
    if record.get("option_name_translations") is None:
        record["option_name_translations"] = {}
    if record.get("sort_order") is None:
        record["sort_order"] = db.one(
            'SELECT COALESCE(MAX(sort_order) + 1, 0) FROM "Data" WHERE data_set_id = ?',
            record.get("data_set_id"),
        )
    return []


_NOTE_PARENTS: Final = (
    "account_id",
    "contact_id",
    "custom_entity_id",
    "lead_oppty_id",
    "project_id",
    "quote_id",
)


def note(
    _: Database, __: Switches, record: Record, ___: AbstractSet[str], ____: Record | None
) -> list[Problem]:
    """Ask for exactly one parent. Source: OAS Note; the text is ours."""
    parents = sum(bool(record.get(name)) for name in _NOTE_PARENTS)
    return [] if parents == 1 else [Problem("", "A note needs exactly one parent.")]


def rate(
    db: Database, _: Switches, record: Record, __: AbstractSet[str], ___: Record | None
) -> list[Problem]:
    """Above zero, and never of the base currency. Source: OAS CurrencyExchangeRate."""
    problems = []
    value = record.get("exchange_rate")
    if value is not None and value <= 0:
        problems.append(Problem("exchange_rate", "[exchange_rate] A rate must be above zero."))
    if record.get("currency_id") and record["currency_id"] == base_currency(db):
        problems.append(Problem("currency_id", "[currency_id] The base currency has no rate."))
    return problems


def rate_list(
    _: Database, __: Switches, record: Record, ___: AbstractSet[str], ____: Record | None
) -> list[Problem]:
    """Cut the start to midnight. Source: OAS CurrencyExchangeRatesList.valid_from."""
    if record.get("valid_from"):
        record["valid_from"] = record["valid_from"][:10] + stamp_us(0)[10:]
    return []


def price(
    _: Database, __: Switches, record: Record, ___: AbstractSet[str], ____: Record | None
) -> list[Problem]:
    """Round to 6 decimals. Source: OAS ProductPriceListPrice.price."""
    if record.get("price") is not None:
        record["price"] = rounded(Decimal(str(record["price"])), 6)
    return []


RULES: Final[dict[str, Rule]] = {
    "Opportunity": opportunity,
    "Account": account,
    "Contact": contact,
    "Product": product,
    "OpptyProductRelation": product_line,
    "Field": field,
    "Data": option,
    "Note": note,
    "CurrencyExchangeRate": rate,
    "CurrencyExchangeRatesList": rate_list,
    "ProductPriceListPrice": price,
}


def custom_money(
    db: Database, switches: Switches, entity: str, record: Record, given: AbstractSet[str]
) -> list[Problem]:
    """Complete custom fields of type currency_foreign. Source: OAS Field.composite_field_id."""
    problems: list[Problem] = []
    for name, custom in db.custom.get(entity, {}).items():
        if custom.kind == "money" and name in given:
            problems += _money(db, switches, entity, record, name)
    return problems


def value_of_lines(db: Database, switches: Switches, oppty_id: str) -> dict[str, Any] | None:
    """Give the value of an opportunity whose value is computed: the sum of its lines, in their currency.

    Source: OAS Opportunity.is_value_auto_calculate. None when the value is what was sent.
    """
    row = db.conn.execute(
        "SELECT product_currency_id, currency_exchange_rates_list_id, is_value_auto_calculate"
        ' FROM "Opportunity" WHERE id = ?',
        (oppty_id,),
    ).fetchone()
    if row is None or not row[2]:
        return None
    amounts = db.conn.execute(
        'SELECT amount FROM "OpptyProductRelation" WHERE oppty_id = ? AND NOT is_deleted', (oppty_id,)
    )
    total = sum((Decimal(str(amount)) for (amount,) in amounts if amount is not None), Decimal(0))
    if not math.isfinite(float(total)):
        return None
    value = {"value_foreign": float(total), "currency_id": row[0]}
    completed, problems = complete(db, switches, "Opportunity", "value", value, row[1])
    return None if problems else completed
