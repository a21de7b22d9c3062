"""What apply will do at one address."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from syncer.model.address import Address
from syncer.model.span import Span


class Action(StrEnum):
    """What apply will do at one address."""

    CREATE = "create"
    UPDATE = "update"
    NOOP = "no-op"
    DRIFT = "drift"
    DELETE = "delete"


WRITES: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


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
        address: The declared record.
        action: The decision.
        id: Id of the observed record, None for a create.
        span: Place of the key in the manifest.
        before: Observed human values of the managed fields; None for a create.
        after: Desired human values; None for a delete.
        fields: What differs; for a create everything that is set, for a no-op nothing.
        payload: The exact item that apply sends in batch-modify (JSON types, amounts as numbers); with `id`
            for an update, None for no-op, drift, delete.
        relations: Relation rows to write with an update.
        precondition: What must still hold when it is applied, see `syncer.planning.decide`.
        notes: What a reviewer should know, one sentence each.
        rekeyed_from: The address whose key the record still holds; None unless its key was renamed.
    """

    address: Address
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
    rekeyed_from: Address | None = None
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


def human_action_counts(changes: Iterable[Change]) -> dict[str, int]:
    """Return the number of changes by action, every action present."""
    counts = {str(action): 0 for action in Action}
    for change in changes:
        counts[change.action] += 1
    return counts
