"""The values that travel from the manifests to the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple, Protocol

from syncer.errors import Problem
from syncer.span import Locator, Span


class Action(StrEnum):
    """What apply will do at one address."""

    CREATE = "create"
    UPDATE = "update"
    NOOP = "no-op"
    DRIFT = "drift"
    DELETE = "delete"


WRITES: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


class Outcome(StrEnum):
    """What apply did for one change."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNCHANGED = "unchanged"
    CONFLICT = "conflict"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


class Existing(StrEnum):
    """What happens to an existing record that differs from its declaration."""

    REPORT = "report"
    UPDATE = "update"


class State(StrEnum):
    """Whether a declared opportunity should exist."""

    PRESENT = "present"
    ABSENT = "absent"


class All(Enum):
    """`contacts: all`: every contact linked to the accounts."""

    CONTACTS = "all"


class Reference(NamedTuple):
    """A human name for a record the API knows only by id, as written.

    Attributes:
        kind: Reference kind of `syncer.kinds.REFERENCES`: owner, pipeline, step, type, account, contact,
            currency, unit, sales_role, lead_source, option.
        text: The name as written when a plain string was written.
        name: `{name: …}`.
        email: `{email: …}`.
        id: `{id: …}`, lower case.
    """

    kind: str
    text: str | None = None
    name: str | None = None
    email: str | None = None
    id: str | None = None

    def __str__(self) -> str:
        return self.text or self.email or self.name or self.id or ""


class Link(NamedTuple):
    """One account or contact of an opportunity, as written.

    Attributes:
        reference: The account or contact.
        primary: Exactly one link of a non-empty list is primary once built.
        sales_role: Only for contacts.
        linked: False when the manifest says on purpose that the contact is not linked to the accounts.
    """

    reference: Reference
    primary: bool = False
    sales_role: Reference | None = None
    linked: bool = True


class Money(NamedTuple):
    """An amount as written: never a float. No currency means the base currency of the space."""

    amount: Decimal
    currency: Reference | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """One opportunity as the manifests declare it, defaults applied, references not yet resolved.

    Attributes:
        address: `opportunity.<key>`.
        key: The key in the manifest.
        values: What the manifest manages, by field name of `syncer.kinds.OPPORTUNITY`; only what was
            written or defaulted is in it. `accounts` and `contacts` are tuples of Link (`account: none` is
            the empty tuple, `contacts: all` is All.CONTACTS), `value` is Money, `closing_date` a date,
            references are Reference, custom fields are keyed `fields.<api name>` with their scalar (str,
            bool, int, Decimal), list of str, or None for "empty". None anywhere means: shall be empty.
        state: present or absent.
        id: Id of an existing record to adopt.
        formerly: Old parts of the natural key (`name`, `account`, `pipeline`), same value types, and the
            old `key`.
        existing: What this entry says of existing records; None leaves it to the policy.
        ignore: Field names that are set on create and not compared afterwards; `fields.<api name>` for custom
            fields.
        distinct_from: Ids of records that look alike and are other ones.
        locator: Finds the place of any path of the entry as it was written.
    """

    address: str
    key: str
    values: Mapping[str, Any]
    locator: Locator = field(compare=False, repr=False)
    state: State = State.PRESENT
    id: str | None = None
    formerly: Mapping[str, Any] = field(default_factory=dict)
    existing: Existing | None = None
    ignore: frozenset[str] = frozenset()
    distinct_from: frozenset[str] = frozenset()

    @property
    def span(self) -> Span:
        """The place of the key."""
        return self.locator.span()

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes, quicker than field by field."""
        return Declared, (
            *(self.address, self.key, self.values, self.locator, self.state),
            *(self.id, self.formerly, self.existing, self.ignore, self.distinct_from),
        )


_NO_ROLES: Final[Mapping[str, str]] = {}


class LinkRow(NamedTuple):
    """The relation row behind one linked account or contact.

    Attributes:
        id: Its id.
        roles: Ids of the rows that give it sales roles, by role.
        more: Ids of further rows that link the same record: it is linked twice.
        more_roles: Ids of further rows that give it a role it has.
    """

    id: str
    roles: Mapping[str, str] = _NO_ROLES
    more: tuple[str, ...] = ()
    more_roles: tuple[str, ...] = ()


class Observed(NamedTuple):
    """One opportunity as the service has it.

    Attributes:
        id: Its id.
        values: Canonical values by path, of the fields that were asked for.
        rows: Relation rows by field name and id of the linked record.
        archived: Lost, hence not editable until reactivated (OAS Opportunity.is_archived).
        created: As the service wrote it.
        modified: As the service wrote it.
    """

    id: str
    values: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, LinkRow]]
    archived: bool
    created: str
    modified: str


class FieldChange(NamedTuple):
    """One field that a change sets: human values, JSON types, amounts as decimal strings."""

    path: str
    before: Any
    after: Any


class RelationWrite(NamedTuple):
    """One write to a relation endpoint that an update needs besides its payload.

    Attributes:
        entity: Plural of the path, e.g. `LeadOpptyContactRelations`.
        operation: `create`, `update` or `delete`.
        id: Id of the relation row; None for a create.
        payload: Wire body; None for a delete.
    """

    entity: str
    operation: str
    id: str | None
    payload: Mapping[str, Any] | None


class ResolvedReference(NamedTuple):
    """A name of the manifests and the record it stands for."""

    kind: str
    name: str
    id: str
    label: str


class Deferred(Protocol):
    """The parts of a change that follow from the rest, worked out when somebody asks.

    Of ten thousand changes a person reads the text, which needs none of them.
    """

    def before(self) -> Mapping[str, Any] | None:
        """Return `Change.before`."""

    def after(self) -> Mapping[str, Any] | None:
        """Return `Change.after`."""

    def fields(self) -> tuple[FieldChange, ...]:
        """Return `Change.fields`; not kept, since it repeats the other two."""

    def payload(self) -> Mapping[str, Any] | None:
        """Return `Change.payload`."""

    def precondition(self) -> Mapping[str, Any]:
        """Return `Change.precondition`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What apply will do at one address, complete: nothing else is looked up to carry it out.

    Attributes:
        address: `opportunity.<key>`.
        kind: `opportunity`.
        action: The decision.
        id: Id of the observed record, None for a create.
        span: Place of the key in the manifest.
        before: Observed human values of the managed fields; None for a create.
        after: Desired human values; None for a delete.
        fields: What differs; for a create everything that is set, for a no-op nothing.
        payload: The exact item that apply sends in batch-modify (JSON types, amounts as numbers); with `id`
            for an update, None for no-op, drift, delete.
        relations: Relation rows to write with an update.
        precondition: What must still hold when it is applied, see `syncer.plan`.
        notes: What a reviewer should know, one sentence each.
        rekeyed_from: The address whose key the record still holds; None unless its key was renamed.
    """

    address: str
    kind: str
    action: Action
    id: str | None
    span: Span
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    fields: tuple[FieldChange, ...] = ()
    payload: Mapping[str, Any] | None = None
    relations: tuple[RelationWrite, ...] = ()
    precondition: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    rekeyed_from: str | None = None
    _deferred: Deferred | None = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def deferred(cls, rest: Deferred, **parts: Any) -> "Change":
        """Return a change of *parts*; what is not among them *rest* tells when it is asked for."""
        change, set_ = object.__new__(cls), object.__setattr__
        set_(change, "id", None)
        set_(change, "relations", ())
        set_(change, "notes", ())
        set_(change, "rekeyed_from", None)
        set_(change, "_deferred", rest)
        for name, value in parts.items():
            set_(change, name, value)
        return change

    def __getattr__(self, name: str) -> Any:
        """Work out a part that is not there yet; only called for those."""
        if name not in _DEFERRABLE:
            raise AttributeError(name)
        value = getattr(self._deferred, name)()
        if name != "fields":
            object.__setattr__(self, name, value)
        return value


_DEFERRABLE: Final = frozenset({"before", "after", "fields", "payload", "precondition"})


class Source(NamedTuple):
    """Where the manifests came from: git commit when known, and a digest of their bytes."""

    commit: str | None
    digest: str


class SpaceId(NamedTuple):
    """The space a plan is for: its service URL, its id, and the code of its base currency when it has one."""

    url: str
    id: str
    base_currency: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The decided changes, sorted by address. Data: printed, saved, compared, applied.

    Attributes:
        tool_version: syncer's version.
        created_at: UTC, `2027-01-31T12:00:00Z`.
        expires_at: UTC; a saved plan is refused after it.
        space: The space it is for.
        policy: Identity, existing policy and guards in force, JSON types.
        source: Commit and digest of the manifests.
        changes: One for each declared opportunity.
        references: Every reference that was resolved, sorted.
        problems: Warnings.
        steps: Names of the steps of every pipeline that is mentioned, in their order.
    """

    tool_version: str
    created_at: str
    expires_at: str
    space: SpaceId
    policy: Mapping[str, Any]
    source: Source
    changes: tuple[Change, ...]
    references: tuple[ResolvedReference, ...] = ()
    problems: tuple[Problem, ...] = ()
    steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that apply writes."""
        return tuple(change for change in self.changes if change.action in WRITES)

    @property
    def departs(self) -> bool:
        """Whether anything is not as declared, drift included."""
        return any(change.action is not Action.NOOP for change in self.changes)

    def count(self, action: Action) -> int:
        """Return how many changes have *action*."""
        return sum(change.action is action for change in self.changes)


@dataclass(frozen=True, slots=True)
class Result:
    """What apply did for one change.

    Attributes:
        change: The change of the plan.
        outcome: What became of it.
        id: Id of the record, when known.
        problems: Why it failed, or what the service stored differently (warnings).
        adopted: True when the record was found after an answer was lost.
    """

    change: Change
    outcome: Outcome
    id: str | None = None
    problems: tuple[Problem, ...] = ()
    adopted: bool = False


def human_action_counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return the number of changes by action, every action present."""
    counts = {str(action): 0 for action in Action}
    for change in changes:
        counts[change.action] += 1
    return counts
