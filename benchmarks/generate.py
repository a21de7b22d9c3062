"""Manifests to measure with: the bulk world of the sandbox, declared."""

from pathlib import Path

from syncer.sandbox import world

PER_FILE = 100


def bulk_accounts(count: int) -> int:
    """Return how many bulk accounts *count* opportunities are spread over, as the sandbox's seed does."""
    return max(10, count // 20)


def project(
    folder: Path, count: int, *, url: str = "http://127.0.0.1:8080", accounts: int | None = None
) -> None:
    """Write a project of *count* opportunities into *folder*, in files of 100."""
    number = accounts or bulk_accounts(count)
    folder.mkdir(parents=True)
    (folder / "opportunities").mkdir()
    (folder / "syncer.yaml").write_text(
        f"version: 1\nspaces:\n  bench: {{url: '{url}', space_id: {world.SPACE_ID}}}\n"
        "policy: {guards: {max_creates: null, max_updates: null, max_value: []}}\n"
    )
    for start in range(0, count, PER_FILE):
        lines = ["version: 1", "opportunities:"]
        for index in range(start, min(start + PER_FILE, count)):
            lines += entry(index + 1, number)
        name = folder / "opportunities" / f"deals-{start // PER_FILE:04d}.yaml"
        name.write_text("\n".join(lines) + "\n")


def whole(folder: Path, accounts: int, contacts: int, deals: int) -> None:
    """Write a project that declares accounts, contacts of them, and deals of both, none of which is there."""
    project(folder, 0)
    who = world.OWNERS[0]
    parts = {
        "accounts": [
            f"  a{n}: {{name: Whole {n:06d}, owner: {who}, email: info@whole-{n}.example, city: Graz}}"
            for n in range(accounts)
        ],
        "contacts": [
            f"  c{n}: {{first_name: Ann, last_name: Of {n:06d}, owner: {who}, email: ann-{n}@whole.example, "
            f"account: {{ref: a{n % accounts}}}}}"
            for n in range(contacts)
        ],
        "opportunities": [
            f"  d{n}: {{name: Whole deal {n:06d}, owner: {who}, pipeline: New Business, "
            f"value: {n + 1}.50 USD, closing_date: 2027-{n % 12 + 1:02d}-15, "
            f"account: {{ref: a{n % accounts}}}, contacts: [{{ref: c{n % accounts}}}]}}"
            for n in range(deals)
        ],
    }
    for section, entries in parts.items():
        for start in range(0, len(entries), PER_FILE):
            lines = ["version: 1", f"{section}:", *entries[start : start + PER_FILE]]
            name = folder / "opportunities" / f"{section}-{start // PER_FILE:04d}.yaml"
            name.write_text("\n".join(lines) + "\n")


def entry(index: int, accounts: int) -> list[str]:
    """Return one declared opportunity, twelve lines."""
    account = (index - 1) % accounts + 1
    owner = world.OWNERS[index % len(world.OWNERS)]
    return [
        f"  new-{index:06d}:",
        f"    name: New deal {index:06d}",
        f"    owner: {owner}",
        "    pipeline: New Business",
        f"    step: {('Lead In', 'Qualified', 'Proposal', 'Negotiation')[index % 4]}",
        f"    closing_date: 2027-{index % 12 + 1:02d}-{index % 28 + 1:02d}",
        f"    value: {1000 + index}.50 {'EUR' if index % 5 == 0 else 'USD'}",
        f"    account: {world.BULK_ACCOUNT_EMAIL.format(account)}",
        "    contacts: [" + ", ".join(world.BULK_CONTACT_EMAIL.format(account, who) for who in "ab") + "]",
        "    type: Standard",
        f"    description: Deal number {index} of the benchmark, with a line of text to carry.",
        f"    fields: {{cf_seats: {index % 500}, cf_region: EMEA}}",
    ]
