"""Plan → written, verified Results: judge, write, link, delete, read back."""

import itertools
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from syncer.apply.journal import Journal
from syncer.apply.judge import Current, Judgement, Verdict, judge, look_alike, loose, noun_of, told_apart_by
from syncer.apply.past import Past
from syncer.apply.schedule import schedule
from syncer.apply.verify import missing, unproven, verified
from syncer.apply.write import CREATE, Item, ItemResult, ItemState, Options, Writer
from syncer.kinds import codec
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.change import WRITES, Action, Change, RelationWrite
from syncer.model.observed import Observed
from syncer.model.outcome import WROTE, Outcome, Result
from syncer.model.plan import Plan
from syncer.model.problem import Problem, RemoteError, Severity, StoppedError, SyncerError
from syncer.model.signs import Phase
from syncer.model.span import Locator
from syncer.model.words import listed
from syncer.planning.advice import commands, in_conflict
from syncer.remote.client import Api
from syncer.remote.lookup import Steps, steps
from syncer.remote.observe import Sought, observe, sought_again
from syncer.remote.server_error import ServerError
from syncer.shapes import canon
from syncer.shapes.rows import rows_of
from syncer.state.folder import JOURNALS, prepare
from syncer.state.lease import Lease

_DONE: Final = {
    Action.CREATE: Outcome.CREATED,
    Action.UPDATE: Outcome.UPDATED,
    Action.DELETE: Outcome.DELETED,
}
_LOST: Final = {
    ItemState.FAILED: Outcome.FAILED,
    ItemState.CONFLICT: Outcome.CONFLICT,
    ItemState.UNKNOWN: Outcome.UNKNOWN,
    ItemState.SKIPPED: Outcome.SKIPPED,
}
_UNTOUCHED: Final = {
    Action.NOOP: Outcome.UNCHANGED,
    Action.FORGET: Outcome.UNCHANGED,
    Action.CONFLICT: Outcome.CONFLICT,
}
_NOTHING: Final[Mapping[str, Collection[str]]] = {}
_SEVERITY: Final = (Outcome.SKIPPED, Outcome.FAILED, Outcome.CONFLICT, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Report:
    """What an apply did.

    Attributes:
        results: One for each change of the plan, in its order.
        stopped: Somebody stopped it.
        journal: The journal, when something is left open.
        wrote: Something was sent to be written.
        unremembered: Why the state does not know of it.
        records: What was written, as it was read back, by address.
        deleted: What was deleted, as it was just before, by address.
    """

    results: tuple[Result, ...]
    stopped: bool = False
    journal: Path | None = None
    wrote: bool = False
    unremembered: tuple[Problem, ...] = ()
    records: Mapping[Address, Observed] = field(default_factory=dict)
    deleted: Mapping[Address, Observed] = field(default_factory=dict)

    @property
    def written(self) -> tuple[str, ...]:
        """The addresses that were written, as journals note them."""
        return tuple(str(r.change.address) for r in self.results if r.outcome in WROTE)

    @property
    def in_conflict(self) -> frozenset[str]:
        """The addresses that were left alone, as journals note them."""
        return frozenset(str(r.change.address) for r in self.results if r.outcome is Outcome.CONFLICT)

    def count(self, outcome: Outcome) -> int:
        """Return how many changes ended so."""
        return sum(result.outcome is outcome for result in self.results)


def run(  # noqa: PLR0913 (by name; what an apply needs)
    api: Api,
    plan: Plan,
    folder: Path,
    past: Past,
    *,
    options: Options | None = None,
    locators: Mapping[Address, Locator] | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    tell: Callable[[Result], None] = lambda _result: None,
    digest: str = "",
    saved: bool = False,
    lease: Lease | None = None,
) -> Report:
    """Carry out *plan*.

    Args:
        api: An open connection.
        plan: What to do.
        folder: State folder of the space.
        past: What is known of earlier applies.
        options: How to write.
        locators: Places of the fields in the manifests by address, for the messages of the service.
        progress: Called with (settled, all) writes.
        tell: Called with each result as soon as it is final, always in this thread.
        digest: Of the plan.
        saved: It was saved earlier, so an earlier run may have carried it out in part.
        lease: The right to write; None when the plan writes nothing.

    Raises:
        RemoteError: The service could not be asked before anything was written, or refused us altogether.
        SyncerError: The journal cannot be written, or the lease is lost before the first write.
    """
    options = options or Options()
    for change in plan.changes:
        if change.action not in WRITES:
            tell(_untouched(change))
    if not plan.writes:
        return Report(tuple(_untouched(change) for change in plan.changes))
    assert lease is not None
    rewrites = past.wrote(digest) if saved else frozenset()
    return _Run(
        api, plan, folder, past, options, locators or {}, progress, tell, digest, rewrites, lease
    ).report()


def read_current(
    api: Api, changes: Sequence[Change], steps: Steps, also: Mapping[str, Collection[str]] = _NOTHING
) -> Current:
    """Read the records that *changes* are about, as they are now, and those with the ids *also*, by kind."""
    found = {}
    for kind in dict.fromkeys(change.address.kind for change in changes):
        these = [change for change in changes if change.address.kind == kind]
        found[kind] = observe(api, _sought(these, also.get(kind, ())), steps.within)
    return Current(changes, found, steps.last)


def _sought(changes: Sequence[Change], also: Collection[str]) -> Sought:
    """Return what may be one of the records that *changes*, all of one kind, are about."""
    ids: set[str] = set(also)
    fields: set[str] = set()
    creates = []
    for change in changes:
        if change.id is not None:
            ids.add(change.id)
            fields.update(change.desired if change.restores else change.writes or change.observed)
            if change.after is None:
                # Who brings it back has to know what it was linked to.
                fields.update(KINDS[change.address.kind].links)
        else:
            creates.append(change)
            ids.update([change.absent.instead] if change.absent.instead else ())
            fields.update(change.desired)
    kind = KINDS[changes[0].address.kind]
    if ids and kind.lost is not None:
        # It is opened before it is written, and archived again as it was.
        fields.add(kind.lost)
    return sought_again(kind, creates, ids, fields)


def read_one(api: Api, id_: str, change: Change, pipeline_of: Mapping[str, str]) -> Observed | None:
    """Return the record with the id *id_*, as far as *change* creates it; None when it is not there.

    Whether links are expanded when one record is asked for is undocumented; where they are not, they are
    taken to be as they were sent.
    """
    wire = codec.of_change(change)
    row = api.get_one(wire.kind.entity, id_, {"expand": ",".join(wire.expand(change.desired))})
    if row is None or row.get("is_deleted"):
        return None
    record = wire.observed(row, pipeline_of)
    unlisted = {
        path: change.desired[path]
        for path in wire.kind.links
        if path in change.desired and not isinstance(row.get(wire.kind.field(path).wire or ""), list)
    }
    return record._replace(values={**record.values, **unlisted})


class _Run:
    """One run of apply: the state its phases share."""

    def __init__(  # noqa: PLR0913, PLR0917 (made in one place, of what `run` is given)
        self,
        api: Api,
        plan: Plan,
        folder: Path,
        past: Past,
        options: Options,
        locators: Mapping[Address, Locator],
        progress: Callable[[int, int], None],
        tell: Callable[[Result], None],
        digest: str,
        rewrites: frozenset[str],
        lease: Lease,
    ) -> None:
        self.api = api
        self.lease = lease
        self.plan = plan
        self.folder = folder
        self.past = past
        self.digest = digest
        self.rewrites = rewrites
        self.remembered: dict[Address, Observed] = {}
        self.options = options
        self.locators = locators
        self.settled = 0
        self.wrote = False  # as far as anybody can tell
        self.progress = progress
        self.tell = tell
        self.total = len(plan.writes)
        self.results: dict[Address, Result] = {}
        self.records: dict[Address, Observed] = {}  # as read back
        self.doubts: dict[Address, Problem] = {}  # what is created all the same
        self.steps = Steps()
        self.schedule = schedule(plan.writes)
        self.bound: dict[Address, Change] = {}  # what waited for ids, with them
        self.ids: dict[str, str] = {}  # of what others wait for
        self.judged: set[Address] = set()  # what there was nothing to write of
        self.read_back: set[Address] = set()
        self.tried: set[str] = set()  # kinds of which one went first and alone
        self.before = Current((), {})
        self.creates: dict[tuple[str, str], list[Change]] = {}
        for change in plan.writes:
            if change.makes:
                kind = KINDS[change.address.kind]
                name = kind.name, loose(kind.name_of(change.desired))
                self.creates.setdefault(name, []).append(change)

    def report(self) -> Report:
        self.steps = steps(self.api)
        waiting = self.schedule.pending
        self.look([change for change in self.plan.writes if change.address not in waiting])
        todo = [c for c in self.plan.writes if c.address in waiting or self.may_write(c)]
        for change in self.plan.writes:
            if change.address in self.results:
                self.tell(self.final(change))
        if not todo:
            return self.ended()
        self.lease.announce(self.digest, [str(change.address) for change in todo])
        prepare(self.folder, JOURNALS)
        journal = Journal(self.folder / JOURNALS, self.plan.space, self.digest, self.lease.run)
        writer = Writer(self.api, journal, self.reread, self.options, self.tick, self.lease.check)
        complete = False
        try:
            self.write(writer, frozenset(change.address for change in todo))
            if writer.hopeless is not None and not self.wrote:
                complete = True
                raise writer.hopeless
            stopped = writer.stopped or not self.verify([self.now(change) for change in todo])
            complete = not stopped and not any(map(_is_left, self.results.values()))
        finally:
            journal.close(complete=complete)
        for change in todo:
            self.tell(self.final(change))
        return self.ended(stopped=stopped, journal=None if complete else journal.path)

    def ended(self, *, stopped: bool = False, journal: Path | None = None) -> Report:
        results = tuple(map(self.final, self.plan.changes))
        deleted = {
            result.change.address: record
            for result in results
            if result.outcome is Outcome.DELETED
            and (record := self.before.by_id.get(result.change.id or "")) is not None
        }
        return Report(results, stopped, journal, self.wrote, records=self.records, deleted=deleted)

    def final(self, change: Change) -> Result:
        """Return what became of *change*, and what there is to say about it."""
        result = self.results.get(change.address) or _untouched(change)
        doubt = self.doubts.get(change.address)
        return replace(result, problems=(*result.problems, doubt)) if doubt else result

    def tick(self, settled: int) -> None:
        self.settled += settled
        self.progress(min(self.settled, self.total), self.total)

    def reread(self, changes: Sequence[Change]) -> Current:
        return read_current(self.api, changes, self.steps)

    def now(self, change: Change) -> Change:
        """Return *change* with the ids that it waited for, as far as they are known."""
        return self.bound.get(change.address, change)

    def look(self, changes: Sequence[Change]) -> None:
        """Read what *changes* are about, before they are judged."""
        current = self.reread(changes)
        remembered = self.remember(changes, current)
        self.before = self.before.joined(current)
        if remembered:
            self.remembered.update(remembered)
            by_kind: dict[str, list[Observed]] = {}
            for address, record in remembered.items():
                by_kind.setdefault(address.kind, []).append(record)
            self.before = self.before.joined(Current((), by_kind, self.steps.last))

    def remember(self, changes: Sequence[Change], current: Current) -> dict[Address, Observed]:
        """Read by their ids the records that an earlier apply is known to have created and no list shows.

        A list may lag behind; and what was renamed is not found by its identity.
        """
        ids = self.past.ids
        found = {}
        for change in changes:
            id_ = ids.get(str(change.address)) if change.makes else None
            if id_ is not None and not current.find(change):
                record = read_one(self.api, id_, change, self.steps.within)
                if record is not None:
                    found[change.address] = record
        return found

    def may_write(self, change: Change) -> bool:
        """Judge *change*; keep the result when there is nothing to write."""
        judgement = judge(change, self.before)
        if judgement.verdict is Verdict.WRITE and (undone := self.undone(change)) is not None:
            judgement = Judgement(Verdict.CONFLICT, self.remembered.get(change.address), undone)
        if judgement.verdict is Verdict.WRITE and (others := self.beside(change)):
            # Nothing is made beside a look-alike without a word: a warning, or with --strict no create.
            doubt = look_alike(change, others, self.options.look_alikes)
            if doubt.severity is Severity.ERROR:
                judgement = Judgement(Verdict.CONFLICT, problem=doubt)
            else:
                self.doubts[change.address] = doubt
        if judgement.verdict is Verdict.WRITE:
            return True
        conflict = judgement.verdict is Verdict.CONFLICT
        self.judged.add(change.address)
        self.results[change.address] = Result(
            change,
            Outcome.CONFLICT if conflict else Outcome.UNCHANGED,
            judgement.record.id if judgement.record else change.id,
            (judgement.problem,) if judgement.problem else (),
            adopted=change.makes and not conflict,
        )
        self.tick(1)
        return False

    def beside(self, change: Change) -> Sequence[Observed]:
        return self.before.beside(change) if change.makes else ()

    def undone(self, change: Change) -> Problem | None:
        """Return why *change*, which would be written, was written before and taken back by somebody."""
        renamed = self.remembered.get(change.address)
        if renamed is not None:
            detail = (
                f"An earlier apply created it as {renamed.id}, which is now called "
                f'"{KINDS[change.address.kind].name_of(renamed.values)}" or has another '
                f"{listed(told_apart_by(change), 'or')}."
            )
            hint = (
                f"if it is this one, add `id: {renamed.id}` to the manifest; if it is another one, give the "
                "entry another key"
            )
        elif str(change.address) in self.rewrites and self.is_as_before(change):
            detail = "An earlier run of this plan wrote it, and somebody has taken that back since."
            hint = "plan again to see what is there now"
        else:
            return None
        return Problem("conflict", detail, change.span, hint=hint, address=change.address)

    def is_as_before(self, change: Change) -> bool:
        """Tell whether a record is still, or again, as the plan found it."""
        if change.restores:
            return change.id not in self.before.by_id  # else it is its links that are still to be added
        if change.action is not Action.UPDATE:
            return True  # not there, or there again
        values = self.before.by_id[change.id or ""].values
        return all(canon.same(change.observed.get(path), values.get(path)) for path in change.writes)

    # --- writing ----------------------------------------------------------------------------------------

    def write(self, writer: Writer, todo: Collection[Address]) -> None:
        """Write records, then the rows that link them, then delete; each behind all that it needs."""
        written: list[Change] = []
        for wave in self.schedule.made:
            due = self.due(writer, [change for change in wave if change.address in todo])
            self.write_records(writer, due)
            self.learn_ids(writer, wave)
            written += due
        updates = [change for change in written if change.action is Action.UPDATE]
        self.link(writer, updates)
        self.close(writer, updates)
        for wave in self.schedule.deleted:
            due = self.unhindered([change for change in wave if change.address in todo])
            self.take(writer.write([_delete_item(change) for change in due]))

    def due(self, writer: Writer, changes: Sequence[Change]) -> list[Change]:
        """Return which of *changes* may be written, now that all they wait for was; with the ids of that."""
        free = self.unhindered(changes)
        waited = [change for change in free if change.address in self.schedule.pending]
        if not waited:
            return free
        bound = [codec.bound(change, self.ids) for change in waited]
        self.bound |= {change.address: change for change in bound}
        try:
            self.look(bound)
        except StoppedError:
            writer.stopped = True
        except RemoteError as error:
            writer.give_up(error)
        else:
            may = {change.address for change in bound if self.may_write(change)}
            known = self.schedule.pending.keys() - may
            return [self.now(change) for change in free if change.address not in known]
        self.take(writer.write([self.body_item(change) for change in bound]))  # nothing is sent any more
        return [change for change in free if change.address not in self.schedule.pending]

    def unhindered(self, changes: Sequence[Change]) -> list[Change]:
        """Return those of *changes* that need nothing which was not written; skip the others."""
        free = []
        for change in changes:
            pending = self.schedule.pending.get(change.address, ())
            lacks = tuple(
                need
                for need in sorted(self.schedule.needs.get(change.address, ()))
                if (need in pending and str(need) not in self.ids)
                or ((result := self.results.get(need)) is not None and result.outcome in _LOST.values())
            )
            if lacks:
                self.results[change.address] = Result(change, Outcome.SKIPPED, change.id, waited_for=lacks)
            else:
                free.append(change)
        return free

    def learn_ids(self, writer: Writer, wave: Sequence[Change]) -> None:
        """Read back what others wait for: it is the record found by identity that counts, not an answer."""
        needed = [self.now(change) for change in wave if change.address in self.schedule.needed]
        sent = [each for each in needed if each.address not in self.judged and self.was_sent(each)]
        if sent and not writer.stopped:
            try:
                self.compare(sent)
            except StoppedError:
                writer.stopped = True
            except RemoteError as error:
                self.doubt(sent, error)
        for change in needed:
            result = self.results[change.address]
            if result.id is not None and result.outcome in {Outcome.CREATED, Outcome.UNCHANGED}:
                self.ids[str(change.address)] = result.id

    def write_records(self, writer: Writer, changes: Sequence[Change]) -> None:
        """Create and update records, and bring deleted ones back; the first new one of a kind alone."""
        changes = self.open(writer, changes)
        bodies = [change for change in changes if _has_body(change)]
        for kind in dict.fromkeys(change.address.kind for change in bodies):
            creates = [c for c in bodies if c.action is Action.CREATE and c.address.kind == kind]
            if len(creates) > CANARY_FROM and kind not in self.tried:
                self.tried.add(kind)
                self.try_out(writer, creates)
        bodies = [change for change in bodies if change.address not in self.results]
        self.take(writer.write([self.body_item(change) for change in bodies]))
        self.restore(writer, [change for change in changes if change.restores])

    def open(self, writer: Writer, changes: Sequence[Change]) -> list[Change]:
        """Make archived records editable that are to be written; return the changes that may go on."""
        items = []
        for change in changes:
            record = self.before.by_id.get(change.id or "") if change.action is Action.UPDATE else None
            body = None if record is None else codec.of_change(change).opening(change, record)
            if body is not None:
                items.append(_archive_item(change, body, archived=False))
        fates = writer.write(items)
        self.wrote = self.wrote or any(fate.state is ItemState.DONE for fate in fates.values())
        shut = {item: fate for item, fate in fates.items() if fate.state is not ItemState.DONE}
        self.take(shut)
        stuck = {item.change.address for item in shut}
        return [change for change in changes if change.address not in stuck]

    def close(self, writer: Writer, changes: Sequence[Change]) -> None:
        """Archive what is lost, behind all else that is written of it; what was opened, in any case."""
        items = []
        for change in changes:
            record = self.before.by_id[change.id or ""]
            body = codec.of_change(change).closing(change, record)
            if body is not None and (
                record.archived or self.results[change.address].outcome is Outcome.UPDATED
            ):
                items.append(_archive_item(change, body, archived=True))
        self.take(writer.write(items))

    def link(self, writer: Writer, changes: Sequence[Change]) -> None:
        """Write the rows that link the records of updates to others."""
        written = [
            change
            for change in changes
            if self.results.setdefault(change.address, Result(change, Outcome.UPDATED, change.id)).outcome
            is Outcome.UPDATED
        ]
        for wave in range(_WAVES):
            items = [
                _relation_item(change, relation)
                for change in written
                # Nothing is taken away from a record to which something could not be added.
                if self.results[change.address].outcome is Outcome.UPDATED
                for relation in change.relations
                if _wave(relation) == wave
                and not codec.of_change(change).satisfied(relation, self.before.by_id[change.id or ""])
            ]
            self.take(writer.write(items))

    def restore(self, writer: Writer, todo: Sequence[Change]) -> None:
        """Bring deleted records back; then read what they are linked to, and add what is missing."""
        away = [change for change in todo if change.id not in self.before.by_id]
        self.take(writer.write([_restore_item(change) for change in away]))
        back = [
            change
            for change in todo
            if self.results.setdefault(change.address, Result(change, Outcome.CREATED, change.id)).outcome
            is Outcome.CREATED
        ]
        if not back or writer.stopped or writer.hopeless is not None:
            return
        try:
            current = self.reread(back)
        except StoppedError:
            writer.stopped = True
            return
        except RemoteError as error:
            writer.give_up(error)
            return
        for wave in range(_WAVES):
            items = [
                _relation_item(change, relation)
                for change in back
                if (record := current.by_id.get(change.id or "")) is not None
                for relation in _missing_links(change, record)
                if _wave(relation) == wave
            ]
            self.take(writer.write(items))

    def try_out(self, writer: Writer, creates: Sequence[Change]) -> None:
        """Create one record alone and find it again, before hundreds are sent that nobody might find again.

        One that is refused tells nothing of that, so the next one goes; and after a few of them a batch.
        """
        left = list(creates)
        sizes = itertools.chain(itertools.repeat(1, _SINGLES), itertools.repeat(writer.limit))
        for size in sizes:
            tried, left = left[:size], left[size:]
            self.take(writer.write([self.body_item(change) for change in tried]))
            made = [c for c in tried if self.results[c.address].outcome is not Outcome.FAILED]
            if made or not left:
                break
        if made and writer.hopeless is None and not writer.stopped:
            self.recognise(writer, made)

    def recognise(self, writer: Writer, made: Sequence[Change]) -> None:
        """Look for new records until the grace time has passed; let nothing more be sent when they lack."""
        until = time.monotonic() + self.options.grace
        try:
            while not all(map(self.reread(made).find, made)):
                if (left := until - time.monotonic()) <= 0:
                    writer.give_up(SyncerError(_not_recognised(made[0], self.options.grace)))
                    return
                self.api.pause(min(left, _LOOK_AGAIN), "the first new one is not listed yet")
        except StoppedError:
            writer.stopped = True
        except RemoteError as error:
            writer.give_up(error)

    def take(self, fates: Mapping[Item, ItemResult]) -> None:
        """Keep what became of items; a change is only as done as its worst item."""
        for item, fate in fates.items():
            change = item.change
            before = self.results.get(change.address)
            self.wrote = self.wrote or fate.state in {ItemState.DONE, ItemState.UNKNOWN}
            if fate.state is ItemState.DONE:
                if before is None:
                    outcome = _DONE[change.action]
                    id_ = change.id or fate.id
                    self.results[change.address] = Result(change, outcome, id_, adopted=fate.adopted)
                continue
            problems = self.problems_of(change, fate)
            outcome = _LOST[fate.state]
            if before is not None and before.outcome in _LOST.values():
                problems = (*before.problems, *problems)
                outcome = max(before.outcome, outcome, key=_SEVERITY.index)
            elif before is not None and outcome is Outcome.SKIPPED:
                outcome = Outcome.FAILED
                problems = (*problems, _half_done(change))
            self.results[change.address] = Result(change, outcome, change.id or fate.id, problems)

    def body_item(self, change: Change) -> Item:
        look = self.look_for_created if change.action is Action.CREATE else _look_at_updated
        return Item(
            change,
            codec.of_change(change).kind.entity,
            "batch-modify",
            codec.body(change),
            lambda current: look(change, current),
        )

    def look_for_created(self, change: Change, current: Current) -> ItemResult | None:
        judgement = judge(change, current)
        if judgement.verdict is not Verdict.WRITE:
            return _fate(judgement)
        # It is not there under its identity. If a record of its name has appeared that no other change
        # accounts for, the service may have stored it differently; sending it again would make a second one.
        kind = change.address.kind
        name = KINDS[kind].name_of(change.desired)
        others = self.creates[kind, loose(name)]
        strangers = [
            record.id
            for record in current.namesakes(kind, name)
            if record.id not in self.before.by_id
            and not any(record in current.find(other) for other in others)
        ]
        if not strangers:
            return None
        problem = Problem(
            "outcome-unknown",
            f"The answer was lost. Since then {', '.join(strangers)} has appeared, with the same name but "
            f"another {listed(told_apart_by(change), 'or')}.",
            change.span,
            hint="look at it in Pipeliner: if it is this one, correct it there; then apply again",
            address=change.address,
        )
        return ItemResult(ItemState.UNKNOWN, problem=problem)

    def problems_of(self, change: Change, fate: ItemResult) -> tuple[Problem, ...]:
        if fate.error is not None:
            return refusals(change, fate.error, self.locators.get(change.address))
        if fate.problem is not None:
            return (replace(fate.problem, span=change.span, address=change.address),)
        if fate.state is ItemState.UNKNOWN:
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

    def verify(self, todo: Sequence[Change]) -> bool:
        """Read back what was sent, so that the last line is the truth and not what the answers claimed.

        Returns:
            Whether nobody stopped it.
        """
        known = self.judged | self.read_back
        sent = [change for change in todo if self.was_sent(change) and change.address not in known]
        try:
            self.compare(sent)
        except StoppedError:
            return False
        except RemoteError as error:
            self.doubt(sent, error)
        return True

    def was_sent(self, change: Change) -> bool:
        """Tell whether *change* was sent, as far as anybody knows."""
        return self.results[change.address].outcome is not Outcome.SKIPPED

    def doubt(self, sent: Sequence[Change], why: RemoteError) -> None:
        """Note that *sent* could not be read back."""
        for change in sent:
            self.results[change.address] = unproven(self.results[change.address], why.problems[0])

    def compare(self, sent: Sequence[Change]) -> None:
        with self.api.signs.during(Phase("reading back")):
            self.compare_with_records(sent)

    def compare_with_records(self, sent: Sequence[Change]) -> None:
        current = self.reread(sent)
        claimed = [self.results[change.address] for change in sent]
        strays = missing(claimed, current)
        if strays:
            # A list may lag behind the writes, and an identity may not be as it was sent: ask once more, and
            # for the ids that were answered.
            self.api.pause(self.options.grace, "not all is listed yet")
            ids: dict[str, set[str]] = {}
            for result in strays:
                if result.id:
                    ids.setdefault(result.change.address.kind, set()).add(result.id)
            current = read_current(self.api, sent, self.steps, ids)
        self.read_back.update(change.address for change in sent)
        for result in verified(claimed, current):
            self.results[result.change.address] = result
            record = current.by_id.get(result.id or "")
            if record is not None and result.outcome in {Outcome.CREATED, Outcome.UPDATED}:
                self.records[result.change.address] = record


CANARY_FROM: Final = 100  # creates that are sent without one going first
_SINGLES: Final = 3
_LOOK_AGAIN: Final = 0.5  # seconds
_WAVES: Final = 3


def _wave(relation: RelationWrite) -> int:
    """Return when a row is written: new and primary ones, then those that step back, then the removed."""
    if relation.operation == "delete":
        return 2
    return 0 if relation.operation == "create" or (relation.payload or {}).get("is_primary") else 1


def _is_left(result: Result) -> bool:
    """Tell whether the next apply has to look what became of it; what waited in vain was not sent."""
    return result.outcome is Outcome.UNKNOWN or (result.outcome is Outcome.SKIPPED and not result.waited_for)


def _not_recognised(change: Change, grace: float) -> Problem:
    return Problem(
        "not-recognised",
        f"{change.address} was created first and alone, and could not be found again by its identity within "
        f"{grace:g} s; so nothing more was sent.",
        hint=f"look at that one in Pipeliner: is its {listed(('name', *told_apart_by(change)), 'or')} not as "
        "declared, or does it show up late (then raise --grace)? Correct that before you apply again",
    )


def _has_body(change: Change) -> bool:
    return change.makes or (change.action is Action.UPDATE and bool(codec.in_body(change)))


def _fate(judgement: Judgement) -> ItemResult:
    """Return what the verdict "done" or "conflict" means for what was sent without an answer."""
    record_id = judgement.record.id if judgement.record else None
    if judgement.verdict is Verdict.CONFLICT:
        return ItemResult(ItemState.CONFLICT, record_id, problem=judgement.problem)
    return ItemResult(ItemState.DONE, record_id, adopted=True)


def _look_at_updated(change: Change, current: Current) -> ItemResult | None:
    judgement = judge(change, current)
    if judgement.verdict is not Verdict.WRITE or judgement.record is None:
        return _fate(judgement)
    # The links may still lack; it is the body alone that was sent.
    desired, record = change.desired, judgement.record
    if all(canon.same(desired[path], record.values.get(path)) for path in codec.in_body(change)):
        return ItemResult(ItemState.DONE, record.id, adopted=True)
    return None


def _relation_item(change: Change, relation: RelationWrite) -> Item:
    def look(current: Current) -> ItemResult | None:
        judgement = judge(change, current)
        if judgement.verdict is Verdict.WRITE and judgement.record is not None:
            if not codec.of_change(change).satisfied(relation, judgement.record):
                return None
            return ItemResult(ItemState.DONE, judgement.record.id, adopted=True)
        return _fate(judgement)

    if relation.operation == "delete":
        return Item(change, relation.entity, "batch-delete", relation.id, look)
    body = ({"id": relation.id} if relation.id else {}) | dict(relation.payload or {})
    alone = relation.operation == "create" and codec.of_change(change).is_alone(relation)
    return Item(change, relation.entity, CREATE if alone else "batch-modify", body, look)


def _archive_item(change: Change, body: Mapping[str, Any], *, archived: bool) -> Item:
    def look(current: Current) -> ItemResult | None:
        record = current.by_id.get(change.id or "")
        if record is None or record.archived is not archived:
            return None
        return ItemResult(ItemState.DONE, record.id, adopted=True)

    return Item(change, codec.of_change(change).kind.entity, "batch-modify", body, look)


def _restore_item(change: Change) -> Item:
    def look(current: Current) -> ItemResult | None:
        record = current.by_id.get(change.id or "")
        return None if record is None else ItemResult(ItemState.DONE, record.id, adopted=True)

    return Item(change, codec.of_change(change).kind.entity, "batch-restore", change.id, look)


def _missing_links(change: Change, record: Observed) -> Iterator[RelationWrite]:
    """Yield the rows that a record which came back lacks; what it is linked to besides stays."""
    wire = codec.of_change(change)
    for path in wire.kind.links:
        now, wanted = record.values.get(path) or {}, change.desired.get(path) or {}
        if not set(wanted) - set(now):
            continue
        goal = rows_of(wire.kind.field(path)).joined(now, wanted)
        for write in wire.relations(record, {path: goal}, (path,)):
            if write.operation != "delete":
                yield write


def _delete_item(change: Change) -> Item:
    def look(current: Current) -> ItemResult | None:
        judgement = judge(change, current)
        return None if judgement.verdict is Verdict.WRITE else _fate(judgement)

    return Item(change, codec.of_change(change).kind.entity, "batch-delete", change.id, look)


def _half_done(change: Change) -> Problem:
    return Problem(
        "interrupted",
        "It was left half way: not all of it is written.",
        change.span,
        hint="apply again: it goes on from what is there",
        address=change.address,
    )


def _untouched(change: Change) -> Result:
    problems = (_in_conflict(change),) if change.action is Action.CONFLICT else ()
    return Result(change, _UNTOUCHED.get(change.action, Outcome.SKIPPED), change.id, problems)


def _in_conflict(change: Change) -> Problem:
    paths = in_conflict(change)
    if not paths:  # of an undo: it is closed since, as its note says
        detail = change.notes[0] if change.notes else "Nothing of it was written."
        return Problem("conflict", detail, change.span, address=change.address)
    return Problem(
        "conflict",
        f"git and the CRM have moved {listed(paths)}, differently; nothing of it was written.",
        change.span,
        hint="take one side: " + "\nor: ".join(commands(change)),
        address=change.address,
    )


def refusals(change: Change, error: ServerError, locator: Locator | None) -> tuple[Problem, ...]:
    """Return the service's refusal of one item, each message at the line of the manifest it is about."""
    problems = []
    for field_error in error.field_errors:
        name = codec.of_change(change).field_of(field_error.field_name)
        path = tuple(name.split(".", 1)) if name else ()
        span = locator.span(path) if locator else change.span
        problems.append(
            Problem(
                "refused",
                f"{name or f'The {noun_of(change)}'}: {_joined(field_error.messages)}",
                span,
                locator.excerpt(span) if locator and span else "",
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
