"""Whatever happens to deals on both sides in a row: none is made twice, and none comes back."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from syncer.sandbox.server import Sandbox
from tests.depth import examples
from tests.state.places import LocalPlace
from tests.state.test_memory import Week
from tests.state.working import Team
from tests.support import Ran

NAMES = ["Deal 0", "Deal 1", "Deal 2"]
HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "rename key",
                "rename in git",
                "rename in CRM",
                "delete in CRM",
                "take out",
                "add",
                "say formerly",
            ]
        ),
        st.integers(0, 5),
    ),
    max_size=5,
)


class _Story:
    """What is declared and what the CRM has, by the name that a deal was made with."""

    def __init__(self, week: Week) -> None:
        self.week = week
        self.entries: dict[str, dict[str, str | None]] = {f"k{n}": {"name": n_} for n, n_ in enumerate(NAMES)}
        self.ids: dict[str, str] = {}  # of each declared entry, by key
        self.deleted: set[str] = set()
        self.applied: dict[str, tuple[str, str | None]] = {}  # key and name that were agreed, by key
        self.number = 0

    def happen(self, what: str, which: int) -> None:
        keys = sorted(self.entries)
        self.number += 1
        if what == "add":
            self.entries[f"n{self.number}"] = {"name": f"Deal {10 + self.number}"}
            return
        if not keys:
            return
        key = keys[which % len(keys)]
        entry, id_ = self.entries[key], self.ids.get(key)
        new = f"r{self.number}"
        match what:
            case "rename key":
                self.entries[new] = self.entries.pop(key)
                self.applied[new] = self.applied.pop(key, (key, entry["name"]))
                if id_ is not None:
                    self.ids[new] = self.ids.pop(key)
            case "rename in git":
                self.entries[key] = entry | {"name": f"Deal {20 + self.number}"}
            case "take out":
                del self.entries[key]
                self.ids.pop(key, None)
                self.applied.pop(key, None)
            case _ if id_ is None or id_ in self.deleted:
                return
            case "rename in CRM":
                self.week.sandbox.edit("Opportunity", id_, name=f"Deal {30 + self.number}")
            case _:
                self.week.sandbox.store.delete("Opportunity", id_)
                self.deleted.add(id_)

    def apply(self) -> None:
        """Apply, and compare who has which record with what it has to be."""
        for key, entry in self.entries.items():
            old, name = self.applied.get(key, (key, entry["name"]))
            # Nothing tells a deal of which both are new: whoever renames both says so.
            both = key in self.ids and key != old and entry["name"] != name
            entry["formerly"] = f"{{key: {old}}}" if both else None
        before = {row["id"] for row in self.week.sandbox.store.rows("Opportunity")}
        ran = self.week.apply(self.entries)
        assert ran.code in {0, 4}, ran.err
        ledger = self.week.ledger()
        made = {row["id"] for row in self.week.sandbox.store.rows("Opportunity")} - before
        expected = {key for key in self.entries if key not in self.ids}
        assert {key: ledger[key] for key in self.ids} == self.ids
        assert {ledger[key] for key in expected} == made, (self.entries, ledger)
        assert ledger.keys() == self.entries.keys()
        self.ids = dict(ledger)
        rows = self.week.team.store(self.week.copy(self.entries)).read().ledger
        agreed = {key: rows[f"opportunity.{key}"].values["name"] for key in ledger}
        self.applied = {key: (key, name) for key, name in agreed.items()}


@settings(
    max_examples=examples(4),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(days=st.lists(HAPPENINGS, min_size=1, max_size=3))
def test_each_declaration_keeps_its_record_and_none_is_made_but_for_a_new_one(
    sandbox: Sandbox, syncer: Callable[..., Ran], days: list[list[tuple[str, int]]]
) -> None:
    """Keys and names renamed, deals deleted, entries taken out and added, several at a time."""
    sandbox.reset()
    with TemporaryDirectory() as folder:
        story = _Story(Week(Team("local", LocalPlace(Path(folder)), sandbox), syncer))
        story.apply()
        for day in days:
            for what, which in day:
                story.happen(what, which)
            if story.entries:
                story.apply()
