"""The worlds whose output is kept: both examples, and a space of 2,000 deals with a bit of everything."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from syncer import resources
from syncer.sandbox import world
from syncer.sandbox.server import Sandbox


class World(NamedTuple):
    """A space and a project.

    Attributes:
        seed: What the space holds at first.
        lay: Writes the project into a folder, for a space that runs.
        allow: Guards that its apply lifts.
    """

    seed: str
    lay: Callable[[Path, Sandbox], None]
    allow: tuple[str, ...] = ()


def _example(name: str) -> Callable[[Path, Sandbox], None]:
    def lay(folder: Path, _sandbox: Sandbox) -> None:
        shutil.copytree(resources.examples() / name, folder, dirs_exist_ok=True)

    return lay


def _mixed(folder: Path, sandbox: Sandbox) -> None:
    """Declare 360 deals: to create, as they are, to update, drifted, to delete."""
    deals = [row for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal ")]
    deals.sort(key=lambda row: row["name"])
    names = _Names(sandbox)
    files: dict[str, list[str]] = {
        "creates": [line for index in range(120) for line in _create(index)],
        "same": [line for row in deals[:150] for line in names.entry(row)],
        "updates": [
            line
            for index, row in enumerate(deals[150:210])
            for line in names.entry(row, existing="update", **_edit(index))
        ],
        "drift": [
            line for index, row in enumerate(deals[210:250]) for line in names.entry(row, **_edit(index))
        ],
        "gone": [line for row in deals[250:260] for line in names.entry(row, state="absent")],
    }
    (folder / "opportunities").mkdir(parents=True)
    (folder / "syncer.yaml").write_text(_SETTINGS, encoding="utf-8")
    for name, lines in files.items():
        text = "\n".join(["version: 1", "opportunities:", *lines]) + "\n"
        (folder / "opportunities" / f"{name}.yaml").write_text(text, encoding="utf-8")


_SETTINGS: Final = "version: 1\npolicy: {guards: {max_value: []}}\n"


class _Names:
    """What people call the records that a deal of the space refers to."""

    def __init__(self, sandbox: Sandbox) -> None:
        def by_id(entity: str) -> dict[str, Any]:
            return {row["id"]: row for row in sandbox.store.rows(entity)}

        self._steps, self._pipelines, self._users = by_id("Step"), by_id("Pipeline"), by_id("Client")
        accounts = by_id("Account")
        self._accounts = {
            row["lead_oppty_id"]: accounts[row["account_id"]]["email1"]
            for row in sandbox.store.rows("LeadOpptyAccountRelation")
        }

    def entry(self, row: Mapping[str, Any], **changes: str) -> list[str]:
        """Return the lines that declare *row*, with *changes*."""
        step = self._steps[row["step_id"]]
        amount = row["value"]["base_value"]
        written = {
            "name": row["name"],
            "owner": self._users[row["owner_id"]]["email"],
            "pipeline": self._pipelines[step["pipeline_id"]]["name"],
            "step": step["name"],
            "closing_date": row["closing_date"],
            "value": f"{amount:.2f} USD",
            "account": self._accounts[row["id"]],
        }
        if existing := changes.pop("existing", None):
            written["lifecycle"] = f"{{existing: {existing}}}"
        key = row["name"].lower().replace(" ", "-")
        return [f"  {key}:", *(f"    {name}: {value}" for name, value in {**written, **changes}.items())]


def _edit(index: int) -> dict[str, str]:
    """Return what differs: by turns an amount, a day, a text, links, all of them."""
    every = {
        "value": f"{index + 1}.75 EUR",
        "closing_date": f"2035-{index % 12 + 1:02d}-28",
        "description": f'"Edited | number *{index}*, <b>and</b> @someone"',
        "contacts": "[{email: bob@acme.example, linked: false}]",
    }
    names: Sequence[str] = [*every]
    turn = index % (len(names) + 1)
    chosen = names if turn == len(names) else [names[turn]]
    return {name: every[name] for name in chosen}


def _create(index: int) -> list[str]:
    account = index % 40 + 1
    step = ("Lead In", "Qualified", "Proposal", "Negotiation")[index % 4]
    lines = [
        f"  new-{index:03d}:",
        f"    name: New deal {index:03d} → {'Ünïcode' if index % 9 == 0 else 'plain'}",
        f"    owner: {world.OWNERS[index % len(world.OWNERS)]}",
        "    pipeline: New Business",
        f"    step: {step}",
        f"    closing_date: {2020 if index % 40 == 7 else 2035}-{index % 12 + 1:02d}-{index % 28 + 1:02d}",
        f"    value: {1000 + index}.50 {'EUR' if index % 5 == 0 else 'USD'}",
        f"    account: {world.BULK_ACCOUNT_EMAIL.format(account)}",
    ]
    if index % 3 == 0:
        people = ", ".join(world.BULK_CONTACT_EMAIL.format(account, who) for who in "ab")
        lines.append(f"    contacts: [{people}]")
    if index % 4 == 0:
        lines.append(f"    fields: {{cf_seats: {index}, cf_region: EMEA}}")
    return lines


WORLDS: Final[Mapping[str, World]] = {
    "tutorial": World("demo", _example("tutorial")),
    "quarter": World("demo", _example("quarter")),
    "mixed": World("2000", _mixed, allow=("max_deletes",)),
}
