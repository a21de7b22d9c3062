"""Read, resolve and match what is declared, kind by kind: each kind after those that its fields refer to.

So what is declared of one kind, whether it is there yet or not, is known to the references of the next one.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from syncer import resolve
from syncer.kinds.base import Kind
from syncer.kinds.custom import api_name, is_custom
from syncer.kinds.registry import KINDS
from syncer.model.address import Address
from syncer.model.declared import Declared, Reference
from syncer.model.observed import Observed
from syncer.model.plan import ResolvedReference
from syncer.model.policy import Gone, Removed
from syncer.model.problem import Problem, ProjectError, RemoteError, ResolveError, Severity
from syncer.model.words import listed
from syncer.planning import known
from syncer.planning import match as identity
from syncer.planning.match import Matches
from syncer.planning.rules import Rules
from syncer.remote import lookup, observe
from syncer.remote.observe import Sought
from syncer.resolve import Desired, Resolution, Wanted
from syncer.resolve.declared import learn
from syncer.resolve.directory import Directory
from syncer.state.values import LedgerRow

if TYPE_CHECKING:
    from syncer.remote.client import Api

_KEY_TYPES: Final = frozenset({"input", "text_area"})
_NOTHING: Final[Mapping[str, Observed]] = {}


class Asked(NamedTuple):
    """What is read for.

    Attributes:
        declared: What is planned.
        others: What else is declared: what identifies it is read.
        ledger: What is remembered, by address.
        left: What of it nothing declares any more.
        whole: Whether everything is planned, so that what is left is, too.
    """

    declared: Sequence[Declared]
    others: Sequence[Declared]
    ledger: Mapping[str, LedgerRow]
    left: Mapping[Address, LedgerRow]
    whole: bool

    @property
    def entries(self) -> tuple[Declared, ...]:
        """All that is declared."""
        return (*self.declared, *self.others)

    @property
    def seeks_left(self) -> bool:
        """Whether what is left has a part in it: a new entry may be one of them under another key."""
        return bool(self.left) and (
            self.whole or any(str(entry.address) not in self.ledger for entry in self.declared)
        )

    def of(self, kind: Kind) -> "Asked":
        """Return what is read of *kind* alone."""
        return self._replace(
            declared=[entry for entry in self.declared if entry.address.kind == kind.name],
            others=[entry for entry in self.others if entry.address.kind == kind.name],
            left={address: row for address, row in self.left.items() if address.kind == kind.name},
        )


@dataclass(frozen=True, slots=True)
class OfKind:
    """What was read of one kind.

    Attributes:
        kind: Which one.
        resolution: What is planned, resolved.
        matches: What was found for it.
        left: What is remembered of the kind and declared no longer.
        records: What may be one of them by id; deleted ones, too, of which the ledger knows.
    """

    kind: Kind
    resolution: Resolution
    matches: Matches
    left: Mapping[Address, LedgerRow]
    records: Mapping[str, Observed]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What keeps it from being planned."""
        return (*self.resolution.problems, *self.matches.problems)


class Read(NamedTuple):
    """What was read.

    Attributes:
        kinds: Of each kind, in the order in which they refer to each other.
        directory: Names of the space.
        won: The record that closes what is in it, by the record that it is within.
    """

    kinds: tuple[OfKind, ...]
    directory: Directory
    won: Mapping[str, str]

    @property
    def desired(self) -> tuple[Desired, ...]:
        """All that is planned, resolved."""
        return tuple(entry for of in self.kinds for entry in of.resolution.desired)

    @property
    def references(self) -> tuple[ResolvedReference, ...]:
        """Every reference that was resolved, sorted."""
        found = {reference: None for of in self.kinds for reference in of.resolution.references}
        return tuple(sorted(found, key=lambda reference: (reference.kind, reference.name, reference.id)))


def read(api: "Api", asked: Asked, rules: Rules) -> Read:
    """Read what the declarations need, resolve and match them; of the others only what identifies them.

    The records of all kinds are read while the names are looked up and resolved, but for those that are found
    by the records that they belong to. When a name is unknown among what was asked for alone, its whole kind
    is read once: the filter may have missed it, and the nearest names help.

    Raises:
        ProjectError: The key field cannot be used.
        ResolveError: A field that is declared is not there.
        RemoteError: Refused, or silent.
    """
    parts = {kind.name: asked.of(kind) for kind in KINDS.values()}
    kinds = [kind for kind in KINDS.values() if parts[kind.name].entries or parts[kind.name].left]
    with ThreadPoolExecutor(max(len(kinds), 1), "observe") as side:
        reading = _Reading(api, asked, rules, [_Part(kind, parts[kind.name], rules) for kind in kinds], side)
        try:
            for part in reading.parts:
                if not reading.is_late(part):
                    part.begin(api, side)
            return reading.read()
        finally:
            for part in reading.parts:
                part.look_around(frozenset())


class _Part:
    """One kind while it is being read."""

    def __init__(self, kind: Kind, asked: Asked, rules: Rules) -> None:
        self.kind, self.asked = kind, asked
        self.sought: Sought = observe.sought(kind, asked.entries, rules.matching)
        # What has to be as it was agreed before what is declared no longer is deleted.
        self.compared: frozenset[str] = frozenset()
        if asked.whole and rules.removed is not Removed.KEEP:
            self.compared = frozenset(path for row in asked.left.values() for path in row.values)
        self.records: dict[str, Observed] | None = None
        self._around: Future[frozenset[str]] = Future()
        self._read: Future[tuple[Observed, ...]]

    @property
    def inherits(self) -> bool:
        """Whether the defaults say custom fields for it, which may be those of another kind."""
        return any(entry.inherited for entry in self.asked.entries)

    def leave_to_others(self, directory: Directory, rules: Rules) -> None:
        """Take the custom fields of the defaults out that are those of another kind."""
        asked, own = self.asked, directory.fields_of(self.kind.name)
        known = {name for fields in directory.fields.values() for name in fields}

        def without(entry: Declared) -> Declared:
            lost = {path for path in entry.inherited if (name := api_name(path)) in known and name not in own}
            values = {path: value for path, value in entry.values.items() if path not in lost}
            return replace(entry, values=values) if lost else entry

        self.asked = asked._replace(
            declared=[without(entry) for entry in asked.declared],
            others=[without(entry) for entry in asked.others],
        )
        self.sought = observe.sought(self.kind, self.asked.entries, rules.matching)

    @property
    def waits(self) -> bool:
        """Whether it depends on declarations of other kinds whose own records are looked at."""
        return any(reference.ref is not None for reference in self.sought.around)

    @property
    def names_itself(self) -> bool:
        """Whether a declaration refers to another one of the same kind: an account to the one above it."""
        values = (value for entry in self.asked.declared for value in entry.values.values())
        return any(isinstance(value, Reference) and value.kind == self.kind.name for value in values)

    def begin(self, api: "Api", side: ThreadPoolExecutor) -> None:
        """Begin to read the records."""
        self._read = side.submit(observe.read, api, self.sought, self._around.result)

    def look_around(self, ids: frozenset[str]) -> None:
        """Say whose own records are looked at; only the first time counts."""
        if not self._around.done():
            self._around.set_result(ids)

    def refused(self) -> RemoteError | None:
        """Return why the records cannot be read; None when they are."""
        error = self._read.exception()
        if error is not None and not isinstance(error, RemoteError):
            raise error
        return error

    def known(self, api: "Api", directory: Directory) -> Mapping[str, Observed]:
        """Return the records, with those of what only a second look has found."""
        first = self.records is None
        records = (
            {record.id: record for record in self._read.result()} if self.records is None else self.records
        )
        self.records = records
        if late := observe.around(self.sought, directory) - self._around.result():
            more = observe.read_around(api, self.sought, late)
            records.update((record.id, record) for record in more if record.id not in records)
        if first:
            records.update((record.id, record) for record in self._remembered(api, directory))
        observe.placed(self.kind, tuple(records.values()), lookup.pipelines_of(directory))
        return records

    def _remembered(self, api: "Api", directory: Directory) -> tuple[Observed, ...]:
        """Return what is known by its id: what was renamed, moved, deleted and left."""
        asked, ledger = self.asked, self.asked.ledger
        custom = directory.fields_of(self.kind.name)
        compared = {path for path in self.compared if (name := api_name(path)) is None or name in custom}
        ids = {ledger[address].id for entry in asked.entries if (address := str(entry.address)) in ledger}
        ids |= {entry.id for entry in asked.declared if entry.id}
        left = {row.id for row in asked.left.values()} if asked.seeks_left else set()
        # Of what is to be deleted everything is read that was agreed.
        wanted = (ids | left) - (self.records or _NOTHING).keys() | (left if compared else set())
        return observe.read_known(api, self.kind, wanted, self.sought.fields | frozenset(compared))


@dataclass(slots=True)
class _Reading:
    """Reads all kinds.

    Attributes:
        api: An open connection.
        asked: What is read for.
        rules: The project's policy.
        parts: One for each kind that is declared or remembered.
        side: Where records are read meanwhile.
        looked: The ids of the records whose links are known.
    """

    api: "Api"
    asked: Asked
    rules: Rules
    parts: list[_Part]
    side: ThreadPoolExecutor
    looked: frozenset[str] = field(default_factory=frozenset)

    def read(self) -> Read:
        declared, others = self.asked.declared, self.asked.others
        wanted = resolve.wanted([*declared, *map(resolve.identifying, others)])
        fields = {part.kind.name for part in self.parts if any(map(is_custom, part.compared))}
        if self.rules.key_field is not None:
            fields |= {kind.name for kind in KINDS.values() if kind.keyed}
        directory = lookup.lookup(self.api, wanted, fields=fields)
        self.api.forget_ahead()
        for part in filter(self.is_late, self.parts):
            part.leave_to_others(directory, self.rules)
            part.begin(self.api, self.side)
        for part in self.parts:
            if not part.waits:
                part.look_around(observe.around(part.sought, directory))
        if self.rules.key_field is not None:
            check_key_field(directory, self.rules.key_field)
        found, unsure = self.through(directory, wanted)
        if unsure:
            directory = lookup.lookup(self.api, wanted, fields=fields, whole=unsure)
            found, _ = self.through(directory, wanted)
        refused = next(filter(None, (part.refused() for part in self.parts)), None)
        if refused is not None:
            # A field that the space does not have: our own words know its line and the nearest name.
            problems = [problem for of in found for problem in of.resolution.problems]
            raise ResolveError(problems) if _has_error(problems) else refused
        return Read(tuple(found), directory, _won(directory))

    def is_late(self, part: _Part) -> bool:
        """Tell whether it has to be known which fields a kind has before its records are read."""
        return part.inherits and (len(self.parts) > 1 or not part.kind.keyed)

    def through(self, directory: Directory, wanted: Wanted) -> tuple[list[OfKind], frozenset[str]]:
        """Resolve and match each kind; return that, and of what a second look may find more."""
        found: list[OfKind] = []
        unsure: frozenset[str] = frozenset()
        self.looked = frozenset(id_ for part in self.parts for id_ in self.around(part, directory))
        for part in self.parts:
            part.look_around(observe.around(part.sought, directory))
            if part.names_itself:
                self.introduce(part, directory)
            resolution = self.resolved(part.asked.declared, directory)
            unsure |= resolution.unsure
            matches = Matches({}, ())
            if not (unsure and part is self.parts[-1]) and part.refused() is None:
                matches = self.matched(part, resolution, directory)
            found.append(OfKind(part.kind, resolution, matches, part.asked.left, part.records or _NOTHING))
            self.learn(part, resolution, matches, directory)
            if wanted.links:
                self.look_at_links(directory, wanted)
        return found, unsure

    def resolved(self, declared: Sequence[Declared], directory: Directory) -> Resolution:
        return resolve.resolve(declared, directory, key_field=self.rules.key_field)

    def introduce(self, part: _Part, directory: Directory) -> None:
        """Tell *directory* which records of a kind are declared before any of them refers to another one."""
        bare = self.resolved(
            [
                replace(resolve.identifying(entry), id=entry.id, state=entry.state)
                for entry in part.asked.declared
            ],
            directory,
        )
        matches = Matches({}, ())
        if part.refused() is None:
            matches = self.matched(part, bare, directory)
        self.learn(part, replace(bare, desired=()), matches, directory)

    def matched(self, part: _Part, resolution: Resolution, directory: Directory) -> Matches:
        asked, rules = part.asked, self.rules
        records = part.known(self.api, directory)
        rest = resolve.identities(asked.others, directory, key_field=rules.key_field) if asked.others else ()
        known_ = known.known(asked.ledger, asked.left, (*resolution.desired, *rest), rules.matching)
        return identity.match(
            part.kind,
            resolution.desired,
            [record for record in records.values() if not record.deleted],
            rule=rules.matching,
            rest=rest,
            won=_won(directory),
            known=known_._replace(deleted={id_: record for id_, record in records.items() if record.deleted}),
            recreate=rules.gone is Gone.RECREATE,
        )

    def learn(self, part: _Part, resolution: Resolution, matches: Matches, directory: Directory) -> None:
        """Tell *directory* of what is declared of a kind: what is planned, and what else is there."""
        ids = {address: record.id for address, record in matches.found.items() if record is not None}
        ids |= matches.others
        lost = {address for address, missing in matches.missing.items() if not missing.again}
        there = [entry for entry in part.asked.others if entry.address in matches.others]
        directory.left_out |= {entry.address for entry in part.asked.others} - matches.others.keys()
        learn(directory, [*part.asked.declared, *there], resolution.desired, ids, lost)

    def around(self, part: _Part, directory: Directory) -> frozenset[str]:
        return observe.around(part.sought, directory)

    def look_at_links(self, directory: Directory, wanted: Wanted) -> None:
        """Read who is linked to the records that only their declarations have told of: to accounts by key."""
        now = frozenset(id_ for part in self.parts for id_ in self.around(part, directory))
        if more := now - self.looked:
            lookup.add_links(self.api, directory, more, contacts=wanted.all_contacts)
            self.looked |= more


def _won(directory: Directory) -> dict[str, str]:
    """Return the step that means won, by pipeline."""
    return directory.last_steps(pipeline.id for pipeline in directory.all("pipeline"))


def _has_error(problems: Collection[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def check_key_field(directory: Directory, key_field: str) -> None:
    """Raise ProjectError when a field cannot hold our key.

    Args:
        directory: Knows the fields of the kinds that have one.
        key_field: Its api name.
    """
    for kind in KINDS.values():
        if not kind.keyed:
            continue
        row = directory.fields_of(kind.name).get(key_field)
        if row is not None and row.type in _KEY_TYPES and not row.system:
            continue
        if row is None:
            what = f"{kind.noun[1]} of this space have no such field"
        elif row.system:
            what = "it is one of the service's own fields"
        else:
            what = f"it is of the type {row.type}, not a text field"
        raise ProjectError(
            Problem(
                "key-field-unusable",
                f"identity.key_field names {key_field}; {what}.",
                hint=f"make a custom text field on {kind.noun[1]} in Pipeliner, best a unique one, and write "
                f"its api name; or take the line out to match by {listed(kind.identity)}",
            )
        )
