"""Read the opportunities that the declarations may already be, or be taken for.

What belongs to an account is found among the opportunities of the account, not by its name: neither how
letters are composed nor blanks nor case can hide one. Where there is no account, the name is asked for.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from syncer.kinds import codec as convert
from syncer.kinds.custom import path_of
from syncer.kinds.registry import MAIN
from syncer.model.change import Change
from syncer.model.declared import Declared, Link, Reference
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.planning.likeness import loose
from syncer.remote.client import Api
from syncer.remote.query import Query, Through, read_all
from syncer.resolve.directory import Directory
from syncer.shapes import canon

_ACCOUNTS: Final = MAIN.links["accounts"]
_ASKED_BY_ID: Final = 20
_RELATIONS: Final = MAIN.field("accounts").wire or ""


@dataclass(frozen=True, slots=True)
class Sought:
    """What may identify the opportunities to read, and which of their fields are of interest.

    Attributes:
        names: Canonical names that are looked for in every account and in none.
        ids: Ids.
        keys: Values of the key field.
        key_field: Its api name.
        fields: Field names to load, `fields.<api name>` for custom ones.
        accounts: Accounts whose opportunities are looked at, as written; by id where that is known.
        likenesses: Of those, which names are of interest, as `likeness.loose` has them.
        worths: And which closing dates with which amounts.
    """

    names: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    key_field: str | None = None
    fields: frozenset[str] = frozenset()
    accounts: frozenset[Reference] = frozenset()
    likenesses: frozenset[str] = frozenset()
    worths: frozenset[tuple[str, str]] = frozenset()


class _Seeking:
    """Collects a `Sought`."""

    def __init__(self, by: Sequence[str], key_field: str | None) -> None:
        self._by_account = "account" in by
        self._key_field = key_field
        self.names: set[str] = set()
        self.ids: set[str] = set()
        self.keys: set[str] = set()
        # The type goes along when an opportunity moves to another pipeline, so its present one must be known.
        self.fields: set[str] = {"type"}
        self.accounts: set[Reference] = set()
        self.likenesses: set[str] = set()
        self.worths: set[tuple[str, str]] = set()

    def add(self, name: str | None, account: Reference | None) -> None:
        """Seek an opportunity by its name, within its account where that is part of the identity."""
        if not name:
            return
        if account is not None and self._by_account:
            self.accounts.add(account)
            self.likenesses.add(loose(name))
        else:
            canonical = canon.text(name) or ""
            # Without its leading blanks as well, should the service have stripped them.
            self.names.update((canonical, canonical.lstrip()))

    def sought(self) -> Sought:
        """Return what was collected."""
        fields = self.fields | ({path_of(self._key_field)} if self._key_field else set())
        if self.accounts:
            # What tells how alike two are, and what people are told of it.
            fields |= {"closing_date", "value", "owner"}
        return Sought(
            frozenset(self.names),
            frozenset(self.ids),
            frozenset(self.keys),
            self._key_field,
            frozenset(fields),
            frozenset(self.accounts),
            frozenset(self.likenesses),
            frozenset(self.worths),
        )


def sought(declared: Iterable[Declared], by: Sequence[str], key_field: str | None) -> Sought:
    """Collect what would identify *declared* in the space, and what could be taken for one of them.

    Args:
        declared: The declarations, as written.
        by: Parts of the natural key.
        key_field: Api name of the key field.
    """
    seeking = _Seeking(by, key_field)
    for entry in declared:
        values, formerly = entry.values, entry.formerly
        seeking.fields.update(values)
        if entry.id:
            seeking.ids.add(entry.id)
        if key_field:
            seeking.keys.add(entry.key)
            if old := formerly.get("key"):
                seeking.keys.add(old)
        account = _primary(values.get("accounts"))
        # Whose account is not said is found by no name.
        said = "account" not in by or "accounts" in values
        if said:
            seeking.add(values.get("name"), account)
        if formerly.keys() - {"key"} and (said or "account" in formerly):
            seeking.add(formerly.get("name", values.get("name")), formerly.get("account", account))
        day, money = values.get("closing_date"), values.get("value")
        if account is not None and day and money:
            seeking.worths.add((day.isoformat(), canon.number(money.amount)))
    return seeking.sought()


def sought_again(creates: Sequence[Change], ids: Iterable[str], fields: Iterable[str]) -> Sought:
    """Collect the same from planned creates, and from *ids*."""
    rule = creates[0].absent.rule if creates else MatchRule(match=())
    seeking = _Seeking(rule.match, rule.key_field)
    seeking.ids.update(ids)
    seeking.fields = set(fields)
    for change in creates:
        key, values = change.absent.key, change.desired
        if key.key:
            seeking.keys.add(key.key)
        account = key.parts.get("account")
        seeking.add(key.parts.get("name"), Reference("account", id=account) if account else None)
        # And by its name alone: a service may have stored it with another account, or with none.
        seeking.add(key.parts.get("name"), None)
        day, money = values.get("closing_date"), values.get("value")
        if account and "account" in rule.match and day and money:
            seeking.worths.add((day, money["amount"]))
    return seeking.sought()


def _primary(links: Sequence[Link] | None) -> Reference | None:
    return next((link.reference for link in links or () if link.primary), None)


def accounts_of(what: Sought, directory: Directory) -> frozenset[str]:
    """Return the ids of the accounts whose opportunities are looked at."""
    return frozenset(
        entry.id for reference in what.accounts for entry in directory.find("account", reference)
    )


def query(what: Sought, accounts: Callable[[], Collection[str]] | None = None) -> Query:
    """Return the query for every opportunity that may be one of *what*.

    Args:
        what: What is looked for.
        accounts: Returns the ids of its accounts; None when they are ids already.
    """
    wanted: dict[str, frozenset[str]] = {}
    if what.names:
        wanted["name"] = what.names
    if what.ids:
        wanted["id"] = what.ids
    if what.keys and what.key_field:
        wanted[what.key_field] = what.keys
    through = None
    if what.accounts:
        known = frozenset(reference.id for reference in what.accounts if reference.id)
        through = Through(
            _ACCOUNTS.entity,
            _ACCOUNTS.target,
            "oppty",
            "lead",
            len(what.accounts),
            accounts or (lambda: known),
            _linked,
        )
    days = {day for day, _ in what.worths}

    def also(row: Mapping[str, Any]) -> bool:
        if not row.get(_RELATIONS):
            return False  # of no account, so no account would have led to it
        if loose(row.get("name")) in what.likenesses:
            return True
        day = str(row.get("closing_date"))[:10]
        if day not in days or not isinstance(row.get("value"), dict):
            return False
        money = canon.money(row["value"])
        return money is not None and (day, money["amount"]) in what.worths

    return Query(
        MAIN.entity,
        convert.load_only(what.fields),
        expand=convert.expand(what.fields),
        wanted=wanted,
        take=convert.observed,
        as_text=frozenset({"name"}),
        also=also if through is not None else None,
        through=through,
    )


def _linked(row: Mapping[str, Any], account: str) -> bool:
    """Tell whether an opportunity that was found through *account* says so itself."""
    rows = row.get(_RELATIONS)
    return isinstance(rows, list) and any(
        isinstance(link, dict) and link.get(_ACCOUNTS.target) == account for link in rows
    )


def read(
    api: Api, what: Sought, accounts: Callable[[], Collection[str]] | None = None
) -> tuple[Observed, ...]:
    """Read every opportunity that may be one of *what*, by id; their pipelines are not known yet.

    Args:
        api: An open connection.
        what: What is looked for.
        accounts: Returns the ids of its accounts, and may wait for them; None when they are ids already.

    Raises:
        RemoteError: Refused, or silent.
    """
    (answer,) = read_all(api, [query(what, accounts)])
    return tuple(sorted(answer.rows, key=lambda record: record.id))


def read_known(api: Api, ids: Collection[str], fields: frozenset[str]) -> tuple[Observed, ...]:
    """Read the opportunities with these *ids*, deleted ones too; their pipelines are not known yet.

    Whether a deleted record is answered for when its id is asked for is undocumented. So that is asked only
    for those that no list shows, and of some of them; one that is there and in no list is not taken for it.
    """
    if not ids:
        return ()
    asked = query(Sought(ids=frozenset(ids), fields=fields))
    loaded = (*asked.load_only, "is_deleted")
    (answer,) = read_all(api, [replace(asked, load_only=loaded, include_deleted=True)])
    listed = {record.id for record in answer.rows}
    rows = (api.get_one(MAIN.entity, id_) for id_ in sorted(frozenset(ids) - listed)[:_ASKED_BY_ID])
    deleted = (convert.observed(row) for row in rows if row is not None and row.get("is_deleted"))
    return tuple(sorted((*answer.rows, *deleted), key=lambda record: record.id))


def read_of_accounts(api: Api, what: Sought, accounts: Collection[str]) -> tuple[Observed, ...]:
    """Read what *accounts* alone hold of *what*."""
    references = frozenset(Reference("account", id=id_) for id_ in accounts)
    return read(api, replace(what, names=frozenset(), ids=frozenset(), keys=frozenset(), accounts=references))


def placed(found: tuple[Observed, ...], pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Return what was read with the pipelines that the steps belong to, by step id."""
    for record in found:
        convert.place(record, pipeline_of)
    return found


def observe(api: Api, what: Sought, pipeline_of: Mapping[str, str]) -> tuple[Observed, ...]:
    """Read every opportunity that may be one of *what*, by id; its accounts are ids.

    Raises:
        RemoteError: Refused, or silent.
    """
    return placed(read(api, what), pipeline_of)
