"""What resolving needs and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from syncer.model.declared import Declared, Reference
from syncer.model.key import Key
from syncer.model.plan import ResolvedReference
from syncer.model.problem import Problem, ResolveError, Severity

_EMPTY: Final[Mapping[str, Any]] = {}


class Desired(NamedTuple):
    """One declaration, resolved.

    Attributes:
        declared: What was written.
        identity: What finds its record.
        formerly: Its identity before a part of its natural key changed, if it says so.
        values: Canonical values by path (`owner`, `value`, `fields.cf_region`).
        human: The same values as people write them.
        wire: Custom fields as the API takes them, by api name.
        defaulted: Paths in `values` that are only used on create and not compared.
        notes: `won` when its step is the last of its pipeline.
    """

    declared: Declared
    identity: Key
    formerly: Key | None = None
    values: Mapping[str, Any] = _EMPTY
    human: Mapping[str, Any] = _EMPTY
    wire: Mapping[str, Any] = _EMPTY
    defaulted: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """Everything the declarations mean.

    Attributes:
        desired: In the order of the declarations; those with problems are left out.
        references: Every reference that was resolved.
        problems: Every one that was not.
        unsure: Kinds with unknown references of which the directory does not hold everything, so that a
            second look at the whole kind could help.
    """

    desired: tuple[Desired, ...]
    references: tuple[ResolvedReference, ...]
    problems: tuple[Problem, ...]
    unsure: frozenset[str]

    def checked(self) -> "Resolution":
        """Return this, or raise ResolveError with every problem at once."""
        if any(problem.severity is Severity.ERROR for problem in self.problems):
            raise ResolveError(self.problems)
        return self


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the declarations refer to, so that no more than that is read.

    Attributes:
        references: References by kind; contacts and accounts are many, the rest few.
        fields: Api names of the fields of each kind that are custom, or hold options, and are set.
        links: Contacts are named, so the links between contacts and accounts are needed.
        all_contacts: `contacts: all` is used somewhere.
        prices: Some amount is the sum of lines, whose prices may be those of a list.
    """

    references: Mapping[str, frozenset[Reference]]
    fields: Mapping[str, frozenset[str]]
    links: bool
    all_contacts: bool
    prices: bool = False
