"""A plan: the decided changes and what they rest on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from syncer.model.change import WRITES, Action, Change
from syncer.model.problem import Problem


class ResolvedReference(NamedTuple):
    """A name of the manifests and the record it stands for."""

    kind: str
    name: str
    id: str
    label: str


class Origin(NamedTuple):
    """Where the manifests came from: git commit when known, and a digest of their bytes."""

    commit: str | None
    digest: str


class SpaceId(NamedTuple):
    """The space a plan is for: its service URL, its id, and the code of its base currency when it has one."""

    url: str
    id: str
    base_currency: str | None = None


class Memory(NamedTuple):
    """What was remembered of the space when it was planned.

    Attributes:
        backend: `local`, `git` or `postgresql`.
        lineage: Id of that memory.
        serial: How often it had changed.
    """

    backend: str
    lineage: str
    serial: int


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
        state: What was remembered then; None when nothing was yet.
        leaving: What leaves the ledger without a word, ids by address: what nothing declares, and is deleted.
        undoes: Id of the run that it takes back; None of any other plan.
    """

    tool_version: str
    created_at: str
    expires_at: str
    space: SpaceId
    policy: Mapping[str, Any]
    source: Origin
    changes: tuple[Change, ...]
    references: tuple[ResolvedReference, ...] = ()
    problems: tuple[Problem, ...] = ()
    steps: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    state: Memory | None = None
    leaving: Mapping[str, str] = field(default_factory=dict)
    undoes: str | None = None

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
