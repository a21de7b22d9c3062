"""Read what the references of the manifests need: rows of the space → Directory."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.references import REFERENCES, ReferenceKind
from syncer.kinds.registry import KINDS, keyed
from syncer.model.declared import Reference
from syncer.model.names import CustomField
from syncer.remote.client import Api
from syncer.remote.query import Answer, Query, read, read_all
from syncer.remote.query import ask_ahead as ask_ahead_of
from syncer.resolve import Wanted
from syncer.resolve.directory import Directory
from syncer.shapes import canon

# Read whole whenever anything of them may be needed: a step needs its pipeline, a pipeline its default step.
_ALWAYS: Final = ("pipeline", "step", "type", "currency")
# Read only when a manifest names one.
_NAMED: Final = (
    *("owner", "unit", "sales_role", "account_type", "contact_type", "account", "contact", "product"),
    "price_list",
)

RATES: Final = Query(
    "CurrencyExchangeRates", ("id", "currency_id", "currency_exchange_rate_list_id", "exchange_rate")
)
PRICES: Final = Query(
    "ProductPriceListPrices", ("id", "product_id", "currency_id", "product_price_list_id", "price")
)
LINKS: Final = Query("ContactAccountRelations", ("id", "account_id", "contact_id"))
_MANY_ACCOUNTS: Final = 20  # so that a first page in vain is a twentieth of the requests at most
RATE_LISTS: Final = Query("CurrencyExchangeRatesLists", ("id", "valid_from"))


def by_kind(kind: Kind) -> Query:
    """Return the query for the fields that records of *kind* have."""
    load = ("id", "api_name", "name", "type_id", "data_set_id", "is_unique", "entity_name")
    return Query("Fields", load, where={"entity_name": kind.wire_name})


def ask_ahead(api: Api) -> None:
    """Send for what `lookup` reads whatever is declared: small kinds, and the first page of large ones."""
    kinds = (*_ALWAYS, "owner", "account", "contact")
    ask_ahead_of(api, [*(query_of(REFERENCES[kind], None) for kind in kinds), *map(by_kind, keyed())])


def lookup(
    api: Api, wanted: Wanted, *, fields: Collection[str] = (), whole: Collection[str] = ()
) -> Directory:
    """Read every record that *wanted* may mean, concurrently, with the fewest requests.

    Args:
        api: An open connection.
        wanted: What the manifests refer to.
        fields: Kinds whose fields are read even when no manifest sets one (for the key field).
        whole: Kinds to read completely, to say which names are near an unknown one or that it is deleted.

    Raises:
        RemoteError: Refused, or silent.
    """
    directory = Directory()
    queries: dict[str, Query] = {kind: query_of(REFERENCES[kind], None) for kind in _ALWAYS}
    for kind in _NAMED:
        references = wanted.references.get(kind, frozenset())
        if references:
            queries[kind] = (
                query_of(REFERENCES[kind], None, include_deleted=True)
                if kind in whole
                else query_of(REFERENCES[kind], references)
            )
    with_fields = [kind for name, kind in KINDS.items() if name in wanted.fields or name in fields]
    queries |= {kind.entity: by_kind(kind) for kind in with_fields}
    asked = len(wanted.references.get("account", ()))
    if wanted.links and asked >= _MANY_ACCOUNTS:
        # Reading all links beats asking for those of each account, unless there are more pages than accounts:
        # so which accounts these are need not be waited for.
        queries["links"] = replace(LINKS, most=asked)
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    for kind in (*_ALWAYS, *_NAMED):
        if kind in answers:
            directory.add(kind, answers[kind].rows)
    directory.fields = {kind.name: fields_of(kind, answers[kind.entity].rows) for kind in with_fields}
    directory.base_currency = base_currency(directory)
    _second(api, directory, wanted, answers.get("links"))
    directory.incomplete = frozenset(
        kind for kind in _NAMED if kind in answers and not answers[kind].complete
    )
    return directory


def _second(api: Api, directory: Directory, wanted: Wanted, links: Answer | None) -> None:
    """Read what depends on the first answers: options, rates, links and contacts of the accounts in use."""
    queries: dict[str, Query] = {}
    sets = {
        field.data_set
        for kind, names in wanted.fields.items()
        for name, field in directory.fields_of(kind).items()
        if field.data_set and name in names
    }
    if sets:
        queries["option"] = Query(
            "Data", ("id", "option_name", "data_set_id"), wanted={"data_set_id": frozenset(sets)}
        )
    if any(_foreign(directory, reference) for reference in wanted.references["currency"]):
        queries["rates"] = RATES
        queries["lists"] = RATE_LISTS
    accounts = {
        entry.id
        for reference in wanted.references.get("account", ())
        for entry in directory.find("account", reference)
    }
    if wanted.links and accounts and (links is None or links.method == "left"):
        queries["links"] = replace(
            LINKS, wanted={"account_id": frozenset(accounts)}, way="probe" if links is not None else None
        )
    products = frozenset(
        entry.id for named in wanted.references["product"] for entry in directory.find("product", named)
    )
    if wanted.prices and products:
        queries["prices"] = replace(PRICES, wanted={"product_id": products})
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    if "prices" in answers:
        take_prices(directory, answers["prices"].rows)
    if "option" in answers:
        directory.add("option", answers["option"].rows)
    if "rates" in answers:
        take_rates(directory, answers["rates"].rows, answers["lists"].rows)
    found = answers.get("links", links)
    if found is not None:
        _take_links(api, directory, found, accounts, contacts=wanted.all_contacts)


def add_links(api: Api, directory: Directory, accounts: Collection[str], *, contacts: bool) -> None:
    """Read who is linked to these *accounts*, too.

    Args:
        api: An open connection.
        directory: What is known already.
        accounts: Their ids.
        contacts: Read the linked contacts as well.

    Raises:
        RemoteError: Refused, or silent.
    """
    (answer,) = read_all(api, [replace(LINKS, wanted={"account_id": frozenset(accounts)})])
    _take_links(api, directory, answer, accounts, contacts=contacts)


def _take_links(
    api: Api, directory: Directory, found: Answer, accounts: Collection[str], *, contacts: bool
) -> None:
    linked: dict[str, set[str]] = {}
    for row in found.rows:
        if row.get("contact_id") and row.get("account_id") in accounts:
            linked.setdefault(row["contact_id"], set()).add(row["account_id"])
    directory.linked = {**directory.linked} | {
        contact: directory.linked.get(contact, frozenset()) | these for contact, these in linked.items()
    }
    missing = {contact for contact in linked if directory.get("contact", contact) is None}
    if contacts and missing:
        query = query_of(REFERENCES["contact"], [Reference("contact", id=id_) for id_ in missing])
        directory.add("contact", read_all(api, [query])[0].rows)


def _foreign(directory: Directory, reference: Reference) -> bool:
    """Tell whether *reference* is a currency that needs a rate."""
    return any(found.id != directory.base_currency for found in directory.find("currency", reference))


def add_ids(api: Api, directory: Directory, ids: Mapping[str, Collection[str]]) -> None:
    """Read records that were observed but no manifest names, so that people read names instead of ids."""
    missing = {
        kind: {id_ for id_ in wanted if directory.get(kind, id_) is None} for kind, wanted in ids.items()
    }
    kinds = [kind for kind, wanted in sorted(missing.items()) if wanted]
    queries = [
        query_of(REFERENCES[kind], [Reference(kind, id=id_) for id_ in sorted(missing[kind])])
        for kind in kinds
    ]
    for kind, answer in zip(kinds, read_all(api, queries), strict=True):
        directory.add(kind, answer.rows)


class Steps(NamedTuple):
    """The steps of a space.

    Attributes:
        within: The pipeline of every step.
        last: The last step of every pipeline.
    """

    within: Mapping[str, str] = {}
    last: Mapping[str, str] = {}


def steps(api: Api) -> Steps:
    """Return the steps of the space, as `Directory.steps` orders them."""
    directory = Directory()
    (answer,) = read_all(api, [query_of(REFERENCES["step"], None)])
    directory.add("step", answer.rows)
    within = pipelines_of(directory)
    return Steps(within, directory.last_steps(within.values()))


def pipelines(api: Api) -> Mapping[str, str]:
    """Return the pipeline of every step of the space, by step id."""
    return steps(api).within


def pipelines_of(directory: Directory) -> dict[str, str]:
    """Return the same from what is known already."""
    return {step.id: step.within for step in directory.all("step") if step.within}


def query_of(
    kind: ReferenceKind, references: Iterable[Reference] | None, *, include_deleted: bool = False
) -> Query:
    """Return the query for what *references* may mean; None means every record of *kind*."""
    include_deleted = include_deleted or kind.include_deleted
    load = dict.fromkeys(
        (
            "id",
            *kind.keys,
            *kind.emails,
            *((kind.within,) if kind.within else ()),
            *kind.load,
            *kind.told_apart_by,
            *(("is_deleted",) if include_deleted else ()),
        )
    )
    return Query(
        kind.entity,
        tuple(load),
        wanted=None if references is None else _values(kind, references),
        ignore_case=frozenset(kind.emails),
        as_text=frozenset(kind.keys),
        rarely=frozenset(kind.emails[1:]),
        include_deleted=include_deleted,
    )


def _values(kind: ReferenceKind, references: Iterable[Reference]) -> dict[str, frozenset[str]]:
    """Return which values in which wire fields would make a row one that *references* may mean."""
    emails: set[str] = set()
    names: set[str] = set()
    ids: set[str] = set()
    for reference in references:
        if reference.id:
            ids.add(reference.id)
        if reference.email:
            emails.add(canon.email(reference.email.strip()))
        if reference.name and not reference.email:
            names.add(canon.text(reference.name) or "")
        if reference.text:
            if kind.emails and (reference.is_email or not kind.keys):
                emails.add(canon.email(reference.text.strip()))
            else:
                names.add(canon.text(reference.text) or "")
    values = {field: frozenset(emails) for field in kind.emails if emails}
    values |= {field: frozenset(names) for field in kind.keys if names}
    if ids:
        values["id"] = frozenset(ids)
    return values


def base_currency(directory: Directory) -> str | None:
    """Return the id of the base currency; None when the service names none."""
    return next((found.id for found in directory.all("currency") if found.row.get("is_base")), None)


def fields_in(api: Api, kind: Kind) -> dict[str, CustomField]:
    """Return the fields that records of *kind* have in the space, by api name."""
    return fields_of(kind, read(api, by_kind(kind)).rows)


def fields_of(kind: Kind, rows: Iterable[Mapping[str, Any]]) -> dict[str, CustomField]:
    """Return the fields of *kind* in wire rows of Fields, by api name."""
    return {
        row["api_name"]: CustomField(
            api_name=row["api_name"],
            label=row.get("name") or row["api_name"],
            type=row.get("type_id") or "",
            data_set=row.get("data_set_id"),
            unique=bool(row.get("is_unique")),
            system=row["api_name"] in kind.system,
        )
        for row in rows
        if row.get("api_name") and row.get("entity_name", kind.wire_name) == kind.wire_name
    }


def take_rates(
    directory: Directory, rates: Iterable[Mapping[str, Any]], lists: Iterable[Mapping[str, Any]]
) -> None:
    """Find the rates in force, and when those begin that are not yet.

    In force is the latest list whose `valid_from`, cut to midnight, has passed (OAS
    CurrencyExchangeRatesList); a rate is above 0 (OAS CurrencyExchangeRate).
    """
    now = datetime.now(UTC)
    since: dict[str, datetime] = {}
    for row in lists:
        try:
            moment = datetime.fromisoformat(str(row.get("valid_from")))
        except ValueError:
            continue
        since[row["id"]] = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    started = [(moment, id_) for id_, moment in since.items() if _midnight(moment) <= now]
    in_force = max(started)[1] if started else None
    current: dict[str, Decimal] = {}
    later: dict[str, datetime] = {}
    for row in rates:
        currency, of = row.get("currency_id"), row.get("currency_exchange_rate_list_id")
        try:
            rate = Decimal(str(row.get("exchange_rate")))
        except InvalidOperation:
            continue
        if not currency or not rate.is_finite() or rate <= 0 or of not in since:
            continue
        if of == in_force:
            current[currency] = rate
        elif _midnight(since[of]) > now:
            later[currency] = min(later.get(currency, since[of]), since[of])
    directory.rates = current
    directory.rates_from = {
        currency: moment.date().isoformat() for currency, moment in later.items() if currency not in current
    }


def take_prices(directory: Directory, rows: Iterable[Mapping[str, Any]]) -> None:
    """Find what price lists say, by product and currency."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        price = row.get("price")
        if price is None or not (row.get("product_id") and row.get("currency_id")):
            continue
        by_list = found.setdefault((row["product_id"], row["currency_id"]), {})
        by_list[row.get("product_price_list_id") or ""] = canon.number(Decimal(str(price)))
    directory.prices = found


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
