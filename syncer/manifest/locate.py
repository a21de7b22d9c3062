"""Where a value of an entry was written."""

from collections.abc import Iterator, Sequence

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, api_name
from syncer.manifest.source import Source
from syncer.model.address import Address
from syncer.model.span import Mark, Span, ValuePath
from syncer.shapes.money import MONEY


class EntryLocator:
    """Finds the place of a value of one entry, in its file or in the defaults it came from.

    Attributes:
        source: The file.
        kind: What the entry declares.
        key: Its key.
        project: syncer.yaml, when there is one.
    """

    __slots__ = ("_mark", "key", "kind", "project", "source")

    def __init__(self, source: Source, kind: Kind, key: str, mark: Mark, project: Source | None) -> None:
        self.source = source
        self.kind = kind
        self.key = key
        self.project = project
        self._mark = mark

    @property
    def address(self) -> Address:
        """What the entry declares, and under which key."""
        return Address(self.kind.name, self.key)

    def span(self, path: ValuePath = ()) -> Span:
        """Return the place of *path* inside the entry, or of the nearest thing around it that was written."""
        if not path:
            return Span(self.source.name, *self._mark)
        candidates = list(_written(self.kind, path))
        entry = (self.kind.section, self.key)
        best, depth = self._deepest(self.source, entry, candidates)
        if len(path) > 1 and depth <= 1 and path[1] == self._currency_of(path[0]):
            written = self.source.text_at((*entry, path[0]))
            if written is None or not written.strip()[-1:].isalpha():
                # The currency was not written with the amount: it is the one of the defaults, if any.
                return self._default([(path[1],)]) or best or self.span()
        if best is not None:
            return best
        return self._default(candidates) or self.span()

    def excerpt(self, span: Span) -> str:
        """Return the line of the file at *span*, or "" when it is of neither file."""
        for source in (self.source, self.project):
            if source is not None and source.name == span.file:
                return source.excerpt(span)
        return ""

    def _currency_of(self, name: str | int) -> str | None:
        """Return the reference kind that the field *name* names besides its amount."""
        return next(
            (spec.refers for spec in self.kind.fields if spec.name == name and spec.shape is MONEY), None
        )

    def _default(self, candidates: Sequence[ValuePath]) -> Span | None:
        for source in (self.source, self.project):
            if source is not None:
                found, _ = self._deepest(source, ("defaults",), candidates)
                if found is not None:
                    return found
        return None

    @staticmethod
    def _deepest(source: Source, base: ValuePath, candidates: Sequence[ValuePath]) -> tuple[Span | None, int]:
        best: Span | None = None
        deepest = 0
        for candidate in candidates:
            span, depth = source.find((*base, *candidate))
            if depth - len(base) > deepest:
                best, deepest = span, depth - len(base)
        return best, deepest


def _written(kind: Kind, path: ValuePath) -> Iterator[ValuePath]:
    """Yield the paths that may have been written for a path of the model."""
    first, rest = path[0], path[1:]
    if isinstance(first, str) and (name := api_name(first)) is not None:
        yield (SECTION, name, *rest)
        return
    yield path
    for spec in kind.fields:
        if spec.alias and first in (spec.name, spec.alias):
            single = rest[1:] if rest and isinstance(rest[0], int) else rest
            yield (spec.alias, *single)
            yield (spec.name, *rest)
