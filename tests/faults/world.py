"""Fifty declared opportunities, half of them new, and whole deals: what the store must hold in the end.

A whole deal declares its account and its contact as well.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from syncer.sandbox import world
from syncer.sandbox.store import Store

SETTINGS: Final = """\
version: 1
{identity}policy:
  existing: update
  gone: recreate
  guards: {{max_deletes: 9}}
"""
KEY_FIELD: Final = "cf_syncer_key"
_STEPS: Final = ("Lead In", "Qualified", "Proposal", "Negotiation")


@dataclass(frozen=True)
class Deal:
    """One declared opportunity; `contacts` are e-mails, the first is the primary one."""

    key: str
    name: str
    account: str
    owner: str
    step: str
    value: str
    closing_date: str
    contacts: tuple[str, ...] = ()
    more_accounts: tuple[str, ...] = ()
    absent: bool = False

    def yaml(self) -> Iterator[str]:
        yield f"  {self.key}:"
        yield f"    name: {self.name}"
        yield f"    owner: {self.owner}"
        yield "    pipeline: New Business"
        yield f"    step: {self.step}"
        yield f"    closing_date: {self.closing_date}"
        yield f"    value: {self.value} USD"
        if self.more_accounts:
            others = "".join(f", {{email: {email}}}" for email in self.more_accounts)
            yield f"    accounts: [{{email: {self.account}, primary: true}}{others}]"
        else:
            yield f"    account: {self.account}"
        if self.contacts:
            people = ", ".join(f"{{email: {email}, linked: false}}" for email in self.contacts)
            yield f"    contacts: [{people}]"
        if self.absent:
            yield "    state: absent"


@dataclass(frozen=True)
class Account:
    """One declared account."""

    key: str
    name: str
    email: str
    city: str
    absent: bool = False

    def yaml(self) -> Iterator[str]:
        yield f"  {self.key}: {{name: {self.name}, owner: {world.OWNERS[0]}, email: {self.email}"
        yield f"    , city: {self.city}{', state: absent' if self.absent else ''}}}"


@dataclass(frozen=True)
class Contact:
    """One declared contact; `account` is the key of a declared account."""

    key: str
    email: str
    account: str
    absent: bool = False

    def yaml(self) -> Iterator[str]:
        yield f"  {self.key}: {{first_name: Ann, last_name: Of {self.key}, owner: {world.OWNERS[0]}"
        # What shall not be there any more refers to nothing that shall not be there, either.
        more = "state: absent" if self.absent else f"account: {{ref: {self.account}}}"
        yield f"    , email: {self.email}, {more}}}"


class Declared(NamedTuple):
    """What is declared of each kind."""

    deals: tuple[Deal, ...]
    accounts: tuple[Account, ...] = ()
    contacts: tuple[Contact, ...] = ()


@dataclass(frozen=True)
class World:
    """What there is before, and what is declared."""

    before: Declared
    declared: Declared


def manifest(declared: Declared) -> str:
    """Return the manifest of what is *declared*."""
    lines = ["version: 1"]
    for section, entries in (
        ("accounts", declared.accounts),
        ("contacts", declared.contacts),
        ("opportunities", declared.deals),
    ):
        if entries:
            lines += [f"{section}:", *(line for entry in entries for line in entry.yaml())]
    return "\n".join(lines) + "\n"


def write_project(folder: Path, declared: Declared, *, keyed: bool) -> None:
    """Write a project with what is *declared*, its deals found by a key field or by their natural key."""
    identity = f"identity: {{key_field: {KEY_FIELD}}}\n" if keyed else ""
    (folder / "opportunities").mkdir(parents=True, exist_ok=True)
    (folder / "syncer.yaml").write_text(SETTINGS.format(identity=identity))
    (folder / "opportunities" / "deals.yaml").write_text(manifest(declared))


def build(size: int = 50) -> World:
    """Return a world of *size* declarations: half new, others changed in fields or links, some deleted."""
    accounts = [
        account
        for account in world.ACCOUNTS
        if account.emails.get(1)
        and "globex" not in account.emails[1]  # shares its e-mail with another one, a trap for references
        and all(contact.slot == 1 for contact in account.contacts)
    ]
    before, declared = [], []
    for number in range(size):
        account = accounts[number % len(accounts)]
        other = accounts[(number + 1) % len(accounts)]
        people = [contact.email for contact in account.contacts]
        deal = Deal(
            key=f"deal-{number:02}",
            # Many deals share a name, and are told apart by their accounts.
            name="Renewal 2031" if number < len(accounts) else f"Extension {number}",
            account=account.emails[1],
            owner=world.OWNERS[number % len(world.OWNERS)],
            step=_STEPS[number % len(_STEPS)],
            value=f"{100 * number + 99}.50",
            closing_date=f"2031-{number % 12 + 1:02}-15",
            contacts=tuple(people[:1]) if number % 3 else (),
        )
        match number % 10:
            case 0 | 2 | 4 | 6 | 8:
                declared.append(deal)
                continue
            case 1 | 3:
                old: dict[str, Any] = {"value": "1", "step": _STEPS[0], "closing_date": "2030-01-01"}
            case 5:  # another primary contact, one more, and one less
                deal = replace(deal, contacts=(people[1], other.contacts[0].email))
                old = {"contacts": (people[0], people[1])}
            case 7:  # links and fields at once
                deal = replace(deal, more_accounts=(other.emails[1],), contacts=(people[1],))
                old = {"more_accounts": (), "contacts": (people[0],), "value": "2"}
            case _:
                deal = replace(deal, absent=number % 20 == 19)
                old = {"absent": False}
        before.append(replace(deal, **old))
        declared.append(deal)
    first, then = _whole()
    return World(first._replace(deals=(*before, *first.deals)), then._replace(deals=(*declared, *then.deals)))


def _whole() -> tuple[Declared, Declared]:
    """Return accounts, their contacts and deals that refer to both: before, and as declared.

    Four of each are new. Then the contact of an account that is there moves to a new one, and the deal gets a
    new contact; and one of each is deleted.
    """
    accounts = [Account(f"acc-{n}", f"Whole {n}", f"acc-{n}@whole.example", "Graz") for n in range(6)]
    contacts = [Contact(f"con-{n}", f"con-{n}@whole.example", f"acc-{n}") for n in range(6)]
    deals = [
        Deal(
            key=f"whole-{n}",
            name="Whole deal" if n < 5 else "Lost deal",  # told apart by their accounts alone
            account=accounts[min(n, 4)].email,
            owner=world.OWNERS[0],
            step=_STEPS[0],
            value=f"{n + 1}00.00",
            closing_date="2031-06-30",
            contacts=(contacts[min(n, 4)].email,),
        )
        for n in range(6)
    ]
    before = Declared(tuple(deals[4:]), tuple(accounts[4:]), tuple(contacts[4:]))
    accounts[4:] = [replace(accounts[4], city="Linz"), replace(accounts[5], absent=True)]
    contacts[4:] = [replace(contacts[4], account="acc-0"), replace(contacts[5], absent=True)]
    deals[4:] = [
        replace(deals[4], contacts=(contacts[4].email, contacts[1].email)),
        replace(deals[5], absent=True),
    ]
    return before, Declared(tuple(deals), tuple(accounts), tuple(contacts))


@dataclass
class Verdict:
    """How the store differs from what is declared."""

    duplicates: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not (self.duplicates or self.lost or self.wrong)


def compare(store: Store, declared: Declared) -> Verdict:
    """Compare what the store holds with what is *declared*, past the client: all of it once, nothing else."""
    verdict, deals = Verdict(), declared.deals
    _compare_people(store, declared, verdict)
    emails = {row["id"]: row["email1"] for row in [*store.rows("Account"), *store.rows("Contact")]}
    owners = {row["id"]: row["email"] for row in store.rows("Client")}
    steps = {row["id"]: row["name"] for row in store.rows("Step")}
    links = {
        entity: _links(store, entity, target, emails)
        for entity, target in (
            ("LeadOpptyAccountRelation", "account_id"),
            ("LeadOpptyContactRelation", "contact_id"),
        )
    }
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    seeded = {deal.name for deal in world.DEALS}
    for row in store.rows("Opportunity"):
        if row["name"] in seeded:
            continue
        accounts = links["LeadOpptyAccountRelation"].get(row["id"], [])
        primary = next((email for email, is_primary in accounts if is_primary), "")
        held = {
            "owner": owners[row["owner_id"]],
            "step": steps[row["step_id"]],
            "value": f"{row['value']['base_value']:.2f}",
            "closing_date": row["closing_date"][:10],
            "accounts": Counter(accounts),
            "contacts": Counter(links["LeadOpptyContactRelation"].get(row["id"], [])),
        }
        found.setdefault((row["name"], primary), []).append(held)
    for deal in deals:
        held_by = found.pop((deal.name, deal.account), [])
        if deal.absent:
            verdict.wrong += [f"{deal.key} is still there"] * len(held_by)
            continue
        verdict.duplicates += max(len(held_by) - 1, 0)
        verdict.lost += not held_by
        wanted = _wanted(deal)
        for held in held_by:
            verdict.wrong += [
                f"{deal.key}.{name}: {held[name]} for {value}"
                for name, value in wanted.items()
                if held[name] != value
            ]
    verdict.wrong += [f"nobody declared {key}" for key in found]
    return verdict


def _compare_people(store: Store, declared: Declared, verdict: Verdict) -> None:
    """Compare accounts and contacts by their e-mails, with the accounts that contacts are linked to."""
    emails = {row["id"]: row["email1"] for row in store.rows("Account")}
    linked: dict[str, list[str]] = {}
    for row in store.rows("ContactAccountRelation"):
        linked.setdefault(row["contact_id"], []).append(emails.get(row["account_id"]) or "")
    of = {account.key: account.email for account in declared.accounts}
    found = [("account", row["email1"], row["city"]) for row in store.rows("Account")]
    found += [("contact", row["email1"], linked.get(row["id"], [])) for row in store.rows("Contact")]
    wanted: list[tuple[str, str, Any, bool]] = [
        ("account", each.email, each.city, each.absent) for each in declared.accounts
    ]
    wanted += [("contact", each.email, [of[each.account]], each.absent) for each in declared.contacts]
    for kind, email, value, absent in wanted:
        held = [each for each in found if each[:2] == (kind, email)]
        verdict.duplicates += max(len(held) - 1, 0)
        if absent:
            verdict.wrong += [f"{kind} {email} is still there"] * len(held)
        else:
            verdict.lost += not held
            verdict.wrong += [f"{email}: {each[2]} for {value}" for each in held if each[2] != value]
    known = {email for _, email, _, _ in wanted}
    strangers = {email for _, email, _ in found if email and email.endswith("@whole.example")} - known
    verdict.wrong += [f"nobody declared {email}" for email in strangers]


def _wanted(deal: Deal) -> dict[str, Any]:
    return {
        "owner": deal.owner,
        "step": deal.step,
        "value": f"{float(deal.value):.2f}",
        "closing_date": deal.closing_date,
        "accounts": Counter([(deal.account, True), *((email, False) for email in deal.more_accounts)]),
        "contacts": Counter((email, number == 0) for number, email in enumerate(deal.contacts)),
    }


def _links(
    store: Store, entity: str, target: str, emails: Mapping[str, str]
) -> dict[str, list[tuple[str, bool]]]:
    links: dict[str, list[tuple[str, bool]]] = {}
    for row in store.rows(entity):
        links.setdefault(row["lead_oppty_id"], []).append((emails[row[target]], bool(row["is_primary"])))
    return links
