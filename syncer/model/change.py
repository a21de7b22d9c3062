"""What apply will do at one address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from syncer.model.address import Address
from syncer.model.key import Key
from syncer.model.policy import MatchRule
from syncer.model.span import Span

_NOTHING: Final[Mapping[str, Any]] = {}


class Action(StrEnum):
    """What apply will do at one address."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    DRIFT = "drift"
    CONFLICT = "conflict"
    GONE = "gone"
    FORGET = "forget"
    NOOP = "no-op"


WRITES: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})
# Actions on a record that differs from its declaration: they list what differs, field by field.
DIFFERS: Final = frozenset({Action.UPDATE, Action.DRIFT, Action.CONFLICT})


class Side(StrEnum):
    """Who moved a field since it was last agreed."""

    GIT = "git"
    CRM = "crm"
    BOTH = "both"


class FieldChange(NamedTuple):
    """What differs at one path, on its three sides, as people read it.

    Human values, JSON types, amounts as decimal strings; of a field with parts (an amount with its currency,
    links) one for each part that differs.

    Attributes:
        path: `name`, `value.amount`, `contacts[bob@acme.example].primary`, `fields.cf_region`.
        before: What the CRM has.
        after: What the manifests say.
        base: What was last agreed; None also when nothing was.
        moved: Who moved it since; None when nothing was agreed.
        written: Whether apply sets it.
        conflict: Whether both sides moved it, differently, and nothing decides.
    """

    path: str
    before: Any
    after: Any
    base: Any = None
    moved: Side | None = None
    written: bool = True
    conflict: bool = False


class Values(NamedTuple):
    """The values on one side of a change, by path; the mappings are those of the stages before.

    Attributes:
        canon: Canonical values, which are compared and sent. Of a saved plan only those that count are known.
        written: The same as people write them: JSON types, names instead of ids, amounts as decimal strings.
            Observed values have names once the plan is complete, see `syncer.planning.shown`.
        wire: Custom fields as the API takes them, by api name.
    """

    canon: Mapping[str, Any] = _NOTHING
    written: Mapping[str, Any] = _NOTHING
    wire: Mapping[str, Any] = _NOTHING


class RelationWrite(NamedTuple):
    """One write to a relation endpoint that an update needs besides its payload.

    Attributes:
        entity: Plural of the path, e.g. `LeadOpptyContactRelations`.
        operation: `create`, `update` or `delete`.
        id: Id of the relation row; None for a create.
        payload: Wire body; None for a delete.
        nth: Of a create, how many such rows the record has then: of two lines of one product the second is 2.
    """

    entity: str
    operation: str
    id: str | None
    payload: Mapping[str, Any] | None
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Absent:
    """Of a create: what must not be there.

    Attributes:
        key: What would find it.
        rule: How it would be found.
        won: The step that means won in its pipeline; what is in it looks like nothing.
        known: Ids of the records that look like it and that the plan has told of, or knows to be other ones.
        instead: Id of the record that was deleted in the CRM and is created again; None for a new one.
    """

    key: Key
    rule: MatchRule
    won: str | None = None
    known: tuple[str, ...] = ()
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Of an update or a delete: the record that still holds `before` on every path that moves.

    Attributes:
        id: Its id.
        modified: When it was changed last, as the service wrote it.
        reopens: Whether it is written though it is closed, see `syncer.kinds.base.Closing`.
    """

    id: str
    modified: str
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """Of a create that brings a record back: the deleted record with this id."""

    id: str


@dataclass(frozen=True, slots=True)
class Change:
    """What apply will do at one address, complete: nothing else is looked up to carry it out.

    Attributes:
        address: The declared record.
        action: The decision.
        id: Id of the observed record, None for a create.
        span: Place of the key in the manifest; None when nothing declares it any more.
        before: What was observed; None when there is no record.
        after: What the record will hold: of an update what it holds once that is written, so that a field
            that is left to the CRM is as observed; of a drift or a conflict what is declared. None when
            there shall be no record.
        sides: Every path that differs between the declaration and the record, in the order of the kind, and
            who moved it since it was agreed; None where nothing was agreed.
        writes: Those of them that an update sets.
        conflicts: Those of them that both sides have moved, differently, and nothing decides.
        base: Canonical values last agreed, of the paths in `sides` where something was.
        declared: What the manifests say, where `after` is not it.
        fields: What differs as people read it, once the plan is complete, see `syncer.planning.shown`.
        pulls: What `syncer pull` makes of the manifests: the canonical value by path, of what the CRM alone
            has moved or owns. Not in a saved plan.
        remember: Canonical values on which both sides agree and that are not remembered as agreed, by path.
        undecided: The paths that differ, were never agreed, and are left as they are; None when they are
            remembered as that already.
        relations: Relation rows to write with an update.
        precondition: What must still hold when it is applied; None when nothing is compared.
        notes: What a reviewer should know, one sentence each.
        rekeyed_from: The address that the record had until now; None unless its key was renamed.
    """

    address: Address
    action: Action
    id: str | None
    span: Span | None
    before: Values | None
    after: Values | None
    sides: Mapping[str, Side | None] = field(default_factory=lambda: _NOTHING)
    writes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    base: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    declared: Values | None = None
    fields: tuple[FieldChange, ...] = ()
    pulls: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    remember: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    undecided: tuple[str, ...] | None = None
    relations: tuple[RelationWrite, ...] = ()
    precondition: Absent | Unchanged | Deleted | None = None
    notes: tuple[str, ...] = ()
    rekeyed_from: Address | None = None

    @property
    def absent(self) -> Absent:
        """What must not be there; of a create alone."""
        assert isinstance(self.precondition, Absent)
        return self.precondition

    @property
    def makes(self) -> bool:
        """Whether it makes a new record."""
        return self.action is Action.CREATE and not self.restores

    @property
    def restores(self) -> bool:
        """Whether it brings a deleted record back, instead of making one."""
        return isinstance(self.precondition, Deleted)

    @property
    def observed(self) -> Mapping[str, Any]:
        """The canonical values that were observed."""
        return _NOTHING if self.before is None else self.before.canon

    @property
    def desired(self) -> Mapping[str, Any]:
        """The canonical values that are desired."""
        return _NOTHING if self.after is None else self.after.canon

    @property
    def place(self) -> str:
        """File and line of the declaration; "" when nothing declares it any more."""
        return "" if self.span is None else f"{self.span.file}:{self.span.line}"

    @property
    def differs(self) -> tuple[str, ...]:
        """Every path that differs between the declaration and the record."""
        return tuple(self.sides)

    @property
    def is_remembered(self) -> bool:
        """Whether there is nothing to remember but what is written."""
        return not self.remember and self.undecided is None and self.rekeyed_from is None

    def sets(self, path: str) -> bool:
        """Tell whether a create or an update writes the field at *path*."""
        if self.action is Action.UPDATE:
            return path in self.writes
        return self.action is Action.CREATE and path in self.desired


def human_action_counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return the number of changes by action, every action present."""
    counts = {str(action): 0 for action in Action}
    for change in changes:
        counts[change.action] += 1
    return counts
