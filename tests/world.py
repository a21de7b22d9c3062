"""Planning against a sandbox, past the command line: manifests in, plans out, payloads into the store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncer import manifest
from syncer.kinds import codec
from syncer.model.change import Action, Change
from syncer.model.declared import Existing
from syncer.model.plan import Plan
from syncer.model.problem import SyncerError
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.render.problems import problems_text
from syncer.sandbox.server import Sandbox
from syncer.verbs import plan as workflow
from syncer.verbs.session import open_session
from tests.support import write_files

SETTINGS = "version: 1\npolicy: {guards: {closing_date_in_past: allow}}\n"
KEYED = "version: 1\nidentity: {key_field: cf_syncer_key}\npolicy: {guards: {closing_date_in_past: allow}}\n"


class Space:
    """One project beside one sandbox."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder

    def plan(self, text: str, *, settings: str = SETTINGS, existing: Existing | None = None) -> Plan:
        """Plan one manifest."""
        write_files(self.folder, {"syncer.yaml": settings, "opportunities/deals.yaml": text})
        project = projects.load_project(self.folder / "syncer.yaml")
        place = connection(project, None, self.sandbox.env())
        manifests = manifest.read(project)
        with open_session(project, place) as session:
            return workflow.plan(session, manifests, existing=existing).plan

    def one(self, text: str, **options: Any) -> Change:
        """Plan one manifest with one opportunity."""
        (change,) = self.plan(text, **options).changes
        return change

    def refusal(self, text: str, **options: Any) -> str:
        """Plan one manifest that does not fit; return what people read."""
        try:
            self.plan(text, **options)
        except SyncerError as error:
            return problems_text(error.problems)
        raise AssertionError("it was not refused")

    def put(self, plan: Plan) -> None:
        """Do in the store what the plan says, as its payloads say it."""
        store = self.sandbox.store
        for change in plan.changes:
            if change.action is Action.CREATE:
                store.create("Opportunity", dict(codec.body(change) or {}))
            elif change.action is Action.UPDATE:
                body = {name: value for name, value in (codec.body(change) or {}).items() if name != "id"}
                if body:
                    store.edit("Opportunity", change.id or "", **body)
                for write in change.relations:
                    self._relate(write.entity.removesuffix("s"), write.operation, write.id, write.payload)
            elif change.action is Action.DELETE:
                store.delete("Opportunity", change.id or "")

    def _relate(
        self, entity: str, operation: str, id_: str | None, payload: Mapping[str, Any] | None
    ) -> None:
        store = self.sandbox.store
        if operation == "create":
            store.create(entity, dict(payload or {}))
        elif operation == "update":
            store.edit(entity, id_ or "", **(payload or {}))
        else:
            store.delete(entity, id_ or "")


def actions(plan: Plan) -> list[str]:
    """Return what the plan does, in its order."""
    return [str(change.action) for change in plan.changes]
