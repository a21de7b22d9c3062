"""What is wrong, each fault told once however often it was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from syncer.model.declared import Declared
from syncer.model.problem import Problem, Related
from syncer.model.span import Span, ValuePath

_MOST_PLACES: Final = 5


class UnresolvedError(Exception):
    """A value has a problem, which is already noted."""


@dataclass(slots=True)
class _Fault:
    problem: Problem
    places: list[Related] = field(default_factory=list)
    spans: set[Span] = field(default_factory=set)


class Faults:
    """Collects the problems of all declarations."""

    def __init__(self) -> None:
        self._faults: dict[object, _Fault] = {}

    def note(  # noqa: PLR0917 (the parts of a problem, in their order)
        self,
        entry: Declared,
        path: ValuePath,
        code: str,
        detail: str,
        hint: str = "",
        same_as: object = None,
        related: tuple[Related, ...] = (),
    ) -> UnresolvedError:
        """Note a problem, once for everything that is *same_as* it; return what to raise."""
        span = entry.locator.span(path)
        key = (code, same_as if same_as is not None else (span, detail))
        known = self._faults.get(key)
        if known is None:
            self._faults[key] = _Fault(
                Problem(code, detail, span, entry.locator.excerpt(span), hint, related, entry.address),
                spans={span},
            )
        elif span not in known.spans:  # thousands of entries may share a default, which is written once
            known.spans.add(span)
            if len(known.places) < _MOST_PLACES:
                known.places.append(Related(span, "also here", entry.locator.excerpt(span)))
        return UnresolvedError()

    def known(self, code: str, same_as: object) -> bool:
        """Tell whether this problem is noted already, so that its text need not be made again."""
        return (code, same_as) in self._faults

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, in the order they were found."""
        for fault in self._faults.values():
            problem = fault.problem
            more = len(fault.spans) - 1
            if more:
                detail = f"{problem.detail} Written in {more:,} more place{'s' if more > 1 else ''}."
                yield replace(problem, detail=detail, related=(*problem.related, *fault.places))
            else:
                yield problem
