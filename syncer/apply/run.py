"""Plan → written, verified Results: judge, write, link, delete, read back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from syncer import canon
from syncer.apply.journal import Journal
from syncer.apply.judge import Current, Verdict, judge
from syncer.apply.verify import verified
from syncer.apply.write import Fate, Item, Options, State, Writer
from syncer.errors import Problem, RemoteError, Severity
from syncer.kinds import OPPORTUNITY
from syncer.model import WRITES, Action, Change, Outcome, Plan, RelationWrite, Result
from syncer.remote import convert
from syncer.remote.client import Api
from syncer.remote.lookup import pipelines
from syncer.remote.observe import Sought, observe
from syncer.remote.server_error import ServerError
from syncer.span import Locator

_DONE: Final = {
    Action.CREATE: Outcome.CREATED,
    Action.UPDATE: Outcome.UPDATED,
    Action.DELETE: Outcome.DELETED,
}
_LOST: Final = {
    State.FAILED: Outcome.FAILED,
    State.UNKNOWN: Outcome.UNKNOWN,
    State.SKIPPED: Outcome.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What an apply did.

    Attributes:
        results: One for each change of the plan, in its order.
        problems: What concerns the run as a whole.
        stopped: Somebody stopped it.
        journal: The journal, when something is left open.
    """

    results: tuple[Result, ...]
    problems: tuple[Problem, ...] = ()
    stopped: bool = False
    journal: Path | None = None

    def count(self, outcome: Outcome) -> int:
        """Return how many changes ended so."""
        return sum(result.outcome is outcome for result in self.results)


def run(
    api: Api,
    plan: Plan,
    folder: Path,
    *,
    options: Options | None = None,
    locators: Mapping[str, Locator] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Report:
    """Carry out *plan*.

    Args:
        api: An open connection.
        plan: What to do.
        folder: Where the journal goes.
        options: How to write.
        locators: Places of the fields in the manifests by address, for the messages of the service.
        progress: Called with (settled, all) writes.

    Raises:
        RemoteError: The service could not be asked before anything was written, or refused us altogether.
        SyncerError: The journal cannot be written.
    """
    options = options or Options()
    writes = plan.writes
    if not writes:
        return Report(tuple(_untouched(change) for change in plan.changes))
    return _Run(api, plan, folder, options, locators or {}, progress).report()


def read_current(api: Api, changes: Sequence[Change], pipeline_of: Mapping[str, str]) -> Current:
    """Read the opportunities that *changes* are about, as they are now."""
    names: set[str] = set()
    ids: set[str] = set()
    keys: set[str] = set()
    fields: set[str] = set()
    key_field: str | None = None
    for change in changes:
        if change.id is not None:
            ids.add(change.id)
            fields.update(change.precondition["fields"])
            continue
        identity = change.precondition["identity"]
        names.add(identity["name"])
        key_field = identity["key_field"] or key_field
        if identity["key"]:
            keys.add(identity["key"])
        fields.update(convert.values(change.payload or {}, {}))
    if key_field:
        fields.add(f"fields.{key_field}")
    what = Sought(frozenset(names), frozenset(ids), frozenset(keys), key_field, frozenset(fields))
    return Current(changes, observe(api, what, pipeline_of))


class _Run:
    """One run of apply: the state its phases share."""

    def __init__(
        self,
        api: Api,
        plan: Plan,
        folder: Path,
        options: Options,
        locators: Mapping[str, Locator],
        progress: Callable[[int, int], None],
    ) -> None:
        self.api = api
        self.plan = plan
        self.folder = folder
        self.options = options
        self.locators = locators
        self.settled = 0
        self.progress = progress
        self.total = len(plan.writes)
        self.results: dict[str, Result] = {}
        self.problems: list[Problem] = []
        self.pipeline_of: Mapping[str, str] = {}

    def report(self) -> Report:
        self.pipeline_of = pipelines(self.api)
        current = self.reread(self.plan.writes)
        todo = [change for change in self.plan.writes if self.may_write(change, current)]
        journal = Journal(self.folder, self.plan)
        writer = Writer(self.api, journal, self.reread, self.options, self.tick)
        complete = False
        try:
            self.write(writer, todo, current)
            if writer.hopeless is not None and not self.wrote_anything():
                complete = True
                raise writer.hopeless
            if not writer.stopped:
                self.verify(todo)
            complete = not writer.stopped and not any(
                result.outcome in {Outcome.UNKNOWN, Outcome.SKIPPED} for result in self.results.values()
            )
        finally:
            journal.close(complete=complete)
        return Report(
            results=tuple(
                self.results.get(change.address) or _untouched(change) for change in self.plan.changes
            ),
            problems=tuple(self.problems),
            stopped=writer.stopped,
            journal=None if complete else journal.path,
        )

    def tick(self, settled: int) -> None:
        self.settled += settled
        self.progress(min(self.settled, self.total), self.total)

    def reread(self, changes: Sequence[Change]) -> Current:
        return read_current(self.api, changes, self.pipeline_of)

    def wrote_anything(self) -> bool:
        return any(result.outcome in {*_DONE.values(), Outcome.UNKNOWN} for result in self.results.values())

    def may_write(self, change: Change, current: Current) -> bool:
        """Judge *change*; keep the result when there is nothing to write."""
        judgement = judge(change, current)
        if judgement.verdict is Verdict.WRITE:
            return True
        conflict = judgement.verdict is Verdict.CONFLICT
        self.results[change.address] = Result(
            change,
            Outcome.CONFLICT if conflict else Outcome.UNCHANGED,
            judgement.record.id if judgement.record else change.id,
            (judgement.problem,) if judgement.problem else (),
            adopted=change.action is Action.CREATE and not conflict,
        )
        self.tick(1)
        return False

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, writer: Writer, todo: Sequence[Change], current: Current) -> None:
        """Write records, then the rows that link them, then delete; each after what it depends on."""
        bodies = [change for change in todo if change.action is not Action.DELETE and _has_body(change)]
        for change in todo:
            if change not in bodies and change.action is Action.UPDATE:
                self.results[change.address] = Result(change, Outcome.UPDATED, change.id)
        self.take(writer.write([_body_item(change) for change in bodies]))
        linked = [
            change
            for change in todo
            if change.relations and self.results[change.address].outcome is Outcome.UPDATED
        ]
        for wave in range(_WAVES):
            items = [
                _relation_item(change, relation)
                for change in linked
                for relation in change.relations
                if _wave(relation) == wave and not convert.satisfied(relation, current.by_id[change.id or ""])
            ]
            self.take(writer.write(items))
        self.take(writer.write([_delete_item(change) for change in todo if change.action is Action.DELETE]))

    def take(self, fates: Mapping[Item, Fate]) -> None:
        """Keep what became of items; a change is only as done as its worst item."""
        for item, fate in fates.items():
            change = item.change
            before = self.results.get(change.address)
            if fate.state is State.DONE:
                if before is None:
                    outcome = _DONE[change.action]
                    id_ = change.id or fate.id
                    self.results[change.address] = Result(change, outcome, id_, adopted=fate.adopted)
                continue
            problems = self.problems_of(change, fate)
            if before is not None and before.outcome in _LOST.values():
                problems = (*before.problems, *problems)
            self.results[change.address] = Result(change, _LOST[fate.state], change.id, problems)

    def problems_of(self, change: Change, fate: Fate) -> tuple[Problem, ...]:
        if fate.error is not None:
            return refusals(change, fate.error, self.locators.get(change.address))
        if fate.problem is not None:
            return (replace(fate.problem, span=change.span, address=change.address),)
        if fate.state is State.UNKNOWN:
            return (
                Problem(
                    "outcome-unknown",
                    "The request was sent and its answer is not known.",
                    change.span,
                    hint="run `syncer apply` again: it looks first, and sends only what is not there",
                    address=change.address,
                ),
            )
        return ()

    # --- reading back -----------------------------------------------------------------------------------

    def verify(self, todo: Sequence[Change]) -> None:
        """Read back what was sent, so that the last line is the truth and not what the answers claimed."""
        sent = [
            change
            for change in todo
            if self.results[change.address].outcome in {*_DONE.values(), Outcome.FAILED}
        ]
        if not sent:
            return
        try:
            current = self.reread(sent)
        except RemoteError as error:
            self.problems.append(
                replace(
                    error.problems[0],
                    detail=f"What was written could not be read back: {error.problems[0].detail}",
                    severity=Severity.WARNING,
                )
            )
            return
        for change in sent:
            self.results[change.address] = verified(self.results[change.address], current)


_WAVES: Final = 3


def _wave(relation: RelationWrite) -> int:
    """Return when a row is written: new and primary ones, then those that step back, then the removed."""
    if relation.operation == "delete":
        return 2
    return 0 if relation.operation == "create" or (relation.payload or {}).get("is_primary") else 1


def _has_body(change: Change) -> bool:
    return change.action is Action.CREATE or bool((change.payload or {}).keys() - {"id"})


def _body_item(change: Change) -> Item:
    def landed(current: Current) -> str | None:
        found = current.find(change)
        if change.action is Action.CREATE:
            return found[0].id if found else None
        sides = change.precondition["fields"]
        written = convert.values(change.payload or {}, {}).keys() & sides.keys()
        if found and all(canon.same(sides[path]["after"], found[0].values.get(path)) for path in written):
            return found[0].id
        return None

    return Item(change, OPPORTUNITY.entity, "batch-modify", change.payload, landed)


def _relation_item(change: Change, relation: RelationWrite) -> Item:
    def landed(current: Current) -> str | None:
        record = current.by_id.get(change.id or "")
        return (relation.id or record.id) if record and convert.satisfied(relation, record) else None

    if relation.operation == "delete":
        return Item(change, relation.entity, "batch-delete", relation.id, landed)
    body = ({"id": relation.id} if relation.id else {}) | dict(relation.payload or {})
    return Item(change, relation.entity, "batch-modify", body, landed)


def _delete_item(change: Change) -> Item:
    return Item(
        change,
        OPPORTUNITY.entity,
        "batch-delete",
        change.id,
        lambda current: None if current.find(change) else change.id,
    )


def _untouched(change: Change) -> Result:
    outcome = Outcome.SKIPPED if change.action in {Action.DRIFT, *WRITES} else Outcome.UNCHANGED
    return Result(change, outcome, change.id)


def refusals(change: Change, error: ServerError, locator: Locator | None) -> tuple[Problem, ...]:
    """Return the service's refusal of one item, each message at the line of the manifest it is about."""
    problems = []
    for field_error in error.field_errors:
        name = convert.field_of(field_error.field_name)
        path = tuple(name.split(".", 1)) if name else ()
        span = locator.span(path) if locator else change.span
        problems.append(
            Problem(
                "refused",
                f"{name or 'The opportunity'}: {_joined(field_error.messages)}",
                span,
                locator.excerpt(span) if locator else "",
                address=change.address,
            )
        )
    messages = error.entity_errors or (() if problems else error.messages)
    if messages or not problems:
        problems.append(
            Problem(
                "refused",
                _joined(messages) or f"The service refused it (code {error.code or error.http_status}).",
                change.span,
                address=change.address,
            )
        )
    return tuple(problems)


def _joined(messages: Iterable[str]) -> str:
    return " ".join(message if message.endswith((".", "!", "?")) else f"{message}." for message in messages)
