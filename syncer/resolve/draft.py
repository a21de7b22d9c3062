"""A declaration while it is being resolved."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from syncer.model.declared import Declared


@dataclass(slots=True)
class Draft:
    """Collects what becomes a `Desired`.

    Attributes:
        entry: What was written.
        written: Its values that matter.
        values: Canonical values so far, by path.
        human: The same as people write them.
        wire: Custom fields as the API takes them.
        defaulted: Paths that are only used on create.
        failed: Fields with a problem.
        won: Its step is the last of its pipeline.
    """

    entry: Declared
    written: Mapping[str, Any]
    values: dict[str, Any] = field(default_factory=dict)
    human: dict[str, Any] = field(default_factory=dict)
    wire: dict[str, Any] = field(default_factory=dict)
    defaulted: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    won: bool = False

    def set(self, path: str, canonical: Any, human: Any) -> None:
        """Set a value in both forms."""
        self.values[path] = canonical
        self.human[path] = human
