"""Applies of several kinds, by the stages themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from syncer import manifest
from syncer.apply.past import Past
from syncer.apply.run import Report, run
from syncer.apply.write import Options
from syncer.formats import plan_file
from syncer.kinds.registry import KINDS
from syncer.model.change import Change
from syncer.model.declared import Existing
from syncer.model.plan import Plan
from syncer.planning import shown
from syncer.planning.decide import decide
from syncer.planning.match import match
from syncer.planning.rules import Rules
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.remote import lookup, observe
from syncer.resolve import resolve, wanted
from syncer.resolve.declared import learn
from syncer.sandbox.server import Sandbox
from syncer.state.values import State
from syncer.verbs.plan import assembled
from syncer.verbs.session import Session, open_session
from tests.apply.held import held
from tests.support import write_files


class Bench:
    """A project of several kinds, and its sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = write_files(folder, {"syncer.yaml": "version: 1\n"})

    def declare(self, text: str) -> None:
        """Let the manifests say *text*."""
        write_files(self.folder, {"opportunities/all.yaml": f"version: 1\n{text}"})

    def plan(self) -> Plan:
        """Make a plan, and read it back as a file has it."""
        with self._session() as session:
            made = self._plan(session)
        path = self.folder / "plan.json"
        plan_file.save(made, path)
        return plan_file.load(path)

    def apply(self, plan: Plan | None = None, **options: Any) -> Report:
        """Carry out *plan*, or what is planned now; every result is told once."""
        with self._session() as session, held(self.folder, self.sandbox) as lease:
            done = plan or self._plan(session)
            told: list[str] = []
            report = run(
                session.api,
                done,
                session.folder,
                Past.of(session.folder, lease.state, lambda _run: ()),
                options=Options(**{"grace": 0.05, **options}),
                digest="sha256:1",
                saved=plan is not None,
                lease=lease,
                tell=lambda result: told.append(str(result.change.address)),
            )
        assert sorted(told) == [str(change.address) for change in done.changes]
        return report

    def outcomes(self, report: Report) -> dict[str, str]:
        """Return what became of each address."""
        return {str(result.change.address): str(result.outcome) for result in report.results}

    def writes(self) -> list[str]:
        """Return the writes that were sent, as `Entity operation`."""
        return [" ".join(r.path.split("/")[-2:]) for r in self.sandbox.requests if r.method != "GET"]

    @contextmanager
    def _session(self) -> Iterator[Session]:
        project = projects.load_project(self.folder / "syncer.yaml")
        with open_session(project, connection(project, None, self.sandbox.env())) as session:
            yield session

    def _plan(self, session: Session) -> Plan:
        declared, api = manifest.read(session.project).declared, session.api
        directory, rules = lookup.lookup(api, wanted(declared)), Rules(existing=Existing.UPDATE)
        changes: list[Change] = []
        for kind in KINDS.values():
            entries = [entry for entry in declared if entry.address.kind == kind.name]
            desired = resolve(entries, directory).checked().desired
            what = observe.sought(kind, entries, rules.matching)
            found = observe.read(api, what, partial(observe.around, what, directory))
            records = observe.placed(kind, found, lookup.pipelines_of(directory))
            matches = match(kind, desired, records, rule=rules.matching)
            assert not matches.problems
            ids = {address: record.id for address, record in matches.found.items() if record is not None}
            learn(directory, entries, desired, ids)
            changes += decide(desired, matches, rules)
        lookup.add_ids(api, directory, shown.ids(changes))
        named = shown.named(sorted(changes, key=lambda change: change.address), directory)
        return assembled(session, directory, State("local"), digest="", changes=named, problems=())
