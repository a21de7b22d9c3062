"""Fifty declared opportunities, half of them new, and what the sandbox's store must hold in the end."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from syncer.sandbox import world
from syncer.sandbox.store import Store

SETTINGS: Final = """\
version: 1
{identity}policy:
  existing: update
  gone: recreate
  guards: {{max_deletes: 5}}
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
class World:
    """What there is before, and what is declared."""

    before: tuple[Deal, ...]
    declared: tuple[Deal, ...]
    _ids: dict[str, Any] = field(default_factory=dict, compare=False)


def manifest(deals: Sequence[Deal]) -> str:
    """Return the manifest of *deals*."""
    return (
        "\n".join(["version: 1", "opportunities:", *(line for deal in deals for line in deal.yaml())]) + "\n"
    )


def write_project(folder: Path, deals: Sequence[Deal], *, keyed: bool) -> None:
    """Write a project that declares *deals*, found again by a key field or by their natural key."""
    identity = f"identity: {{key_field: {KEY_FIELD}}}\n" if keyed else ""
    (folder / "opportunities").mkdir(parents=True, exist_ok=True)
    (folder / "syncer.yaml").write_text(SETTINGS.format(identity=identity))
    (folder / "opportunities" / "deals.yaml").write_text(manifest(deals))


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
                deal = _with(deal, contacts=(people[1], other.contacts[0].email))
                old = {"contacts": (people[0], people[1])}
            case 7:  # links and fields at once
                deal = _with(deal, more_accounts=(other.emails[1],), contacts=(people[1],))
                old = {"more_accounts": (), "contacts": (people[0],), "value": "2"}
            case _:
                deal = _with(deal, absent=number % 20 == 19)
                old = {"absent": False}
        before.append(_with(deal, **old))
        declared.append(deal)
    return World(tuple(before), tuple(declared))


def _with(deal: Deal, **changes: Any) -> Deal:
    return Deal(**{**deal.__dict__, **changes})


@dataclass
class Verdict:
    """How the store differs from what is declared."""

    duplicates: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not (self.duplicates or self.lost or self.wrong)


def compare(store: Store, deals: Sequence[Deal]) -> Verdict:
    """Compare what the store holds with *deals*, past the client: every one exactly once, nothing else."""
    verdict = Verdict()
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
