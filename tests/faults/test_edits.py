"""People edit in the CRM while a plan waits to be applied: nobody's edit is lost."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from syncer.sandbox.database import Database
from syncer.sandbox.server import Sandbox
from tests.depth import examples
from tests.faults.client import run_here
from tests.faults.world import Deal, Declared, write_project

SIZE = 4
VALUES = st.integers(1, 5).map(lambda number: f"{number * 100}.00")
STEPS = st.sampled_from(["Lead In", "Qualified", "Proposal"])
DAYS = st.integers(1, 28).map(lambda day: f"2031-05-{day:02}")
DEALS = st.integers(0, SIZE - 1)
DECLARED = st.fixed_dictionaries({"value": VALUES, "step": STEPS, "closing_date": DAYS})
ALL = st.lists(DECLARED, min_size=SIZE, max_size=SIZE)

_serving = Sandbox.serve()
_world: dict[str, Any] = {}


def _sandbox() -> Sandbox:
    """One sandbox for all examples, and how it looks at the start of each."""
    if not _world:
        sandbox = _serving.__enter__()
        start = Database(None)
        start.load(sandbox.db)
        _world.update(sandbox=sandbox, start=start)
    found: Sandbox = _world["sandbox"]
    return found


def teardown_module() -> None:
    """End the sandbox."""
    if _world:
        _world["start"].close()
        _serving.__exit__(None, None, None)


class Editing(RuleBasedStateMachine):
    """Declare, plan, let people edit, apply; compare with a model of who wrote what last, and why."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = _sandbox()
        self.sandbox.db.load(_world["start"])
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        self.steps = {
            row["name"]: row["id"]
            for row in self.sandbox.store.rows("Step")
            if row["pipeline_id"] == self.sandbox.store.find("Pipeline", name="New Business")["id"]
        }
        self.declared: dict[int, dict[str, str]] = {}
        self.seen: dict[int, dict[str, str]] = {}

    def teardown(self) -> None:
        self._folder.cleanup()

    def run(self, *arguments: str) -> int:
        code = run_here(arguments, self.folder, self.sandbox.env()).code
        assert code is not None
        return code

    def store(self) -> dict[int, dict[str, str]]:
        """Return what is there, by number of the deal."""
        names = {id_: name for name, id_ in self.steps.items()}
        return {
            int(row["name"].removeprefix("Edited ")): {
                "value": f"{row['value']['base_value']:.2f}",
                "step": names[row["step_id"]],
                "closing_date": row["closing_date"][:10],
                "description": row["description"] or "",
            }
            for row in self.sandbox.store.rows("Opportunity")
            if row["name"].startswith("Edited ")
        }

    def _id(self, number: int) -> str:
        found: str = self.sandbox.store.find("Opportunity", name=f"Edited {number}")["id"]
        return found

    @initialize(values=ALL, others=ALL)
    def begin(self, values: list[dict[str, str]], others: list[dict[str, str]]) -> None:
        """All deals but the last are there; a plan waits that changes them."""
        self.declared = dict(enumerate(values[:-1]))
        self._write()
        assert self.run("apply", "--auto-approve", "--grace", "0.01") == 0
        self.plan(others)

    def _write(self) -> None:
        deals = [
            Deal(
                key=f"deal-{number}",
                name=f"Edited {number}",
                account="info@acme.example",
                owner="dana@example.com",
                **values,  # type: ignore[arg-type] # fields of one text
            )
            for number, values in self.declared.items()
        ]
        write_project(self.folder, Declared(tuple(deals)), keyed=False)

    def plan(self, values: list[dict[str, str]]) -> None:
        """Somebody changes the manifests and saves a plan; what it was made upon is remembered."""
        self.declared = dict(enumerate(values))
        self._write()
        assert self.run("plan", "--out", str(self.folder / "plan.json")) == 0
        self.seen = self.store()

    @rule(
        number=DEALS, values=DECLARED, which=st.sampled_from(["value", "step", "closing_date", "description"])
    )
    def edit(self, number: int, values: dict[str, str], which: str) -> None:
        """Somebody edits one field in the CRM."""
        if number not in self.store():
            return
        record = self.sandbox.store.get("Opportunity", self._id(number))
        fields: dict[str, Any] = {
            "value": {"base_value": float(values["value"]), "currency_id": record["value"]["currency_id"]},
            "step": self.steps[values["step"]],
            "closing_date": values["closing_date"],
            "description": f"{values['value']} said somebody",
        }
        self.sandbox.edit(
            "Opportunity", record["id"], **{{"step": "step_id"}.get(which, which): fields[which]}
        )

    @rule(number=DEALS)
    def delete(self, number: int) -> None:
        """Somebody deletes a deal in the CRM."""
        if number in self.store():
            self.sandbox.store.delete("Opportunity", self._id(number))

    @rule(others=ALL)
    def apply(self, others: list[dict[str, str]]) -> None:
        """The saved plan is applied, and the next one made."""
        before = self.store()
        code = self.run("apply", str(self.folder / "plan.json"), "--grace", "0.01")

        expected, conflicts = self._expected(before)
        assert self.store() == expected
        assert code == (4 if conflicts else 0)
        self.plan(others)

    def _expected(self, now: dict[int, dict[str, str]]) -> tuple[dict[int, dict[str, str]], int]:
        """Return what must be there: a field is written only while it is what the plan was made upon."""
        expected = {number: dict(values) for number, values in now.items()}
        conflicts = 0
        for number, wanted in self.declared.items():
            seen = self.seen.get(number)
            if seen is None:
                # Planned to be created; made by somebody meanwhile it would be left alone.
                expected.setdefault(number, {**wanted, "description": ""})
                continue
            sent = {name: value for name, value in wanted.items() if seen[name] != value}
            if not sent:
                continue
            moved = now.get(number, {})
            if any(moved.get(name) not in {seen[name], value} for name, value in sent.items()):
                conflicts += 1
            else:
                expected[number].update(sent)
        return expected, conflicts


TestEditing = Editing.TestCase
TestEditing.settings = settings(
    max_examples=examples(12), stateful_step_count=10, deadline=None, suppress_health_check=list(HealthCheck)
)
