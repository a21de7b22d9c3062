"""`tables:` of syncer.yaml: what other people's tables look like."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.registry import KINDS, keyed
from syncer.manifest.source import Source
from syncer.model.problem import Problem
from syncer.model.span import ValuePath
from syncer.shapes.words import nearest, shown
from syncer.tables.columns import KEY, KIND, column, folded, known
from syncer.tables.dates import DatePattern, Unreadable

_EMPTY: Final[Mapping[str, Any]] = MappingProxyType({})
_PART: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Rules:
    """How tables are read and written: one mapping of `tables`.

    Attributes:
        files: Patterns of the files they are for, relative to the project; empty for all.
        kind: Name of the kind that the rows declare; None when folder or column say it.
        columns: Header, folded → what it means; None for a column that is left out on purpose.
        headers: Header, folded → as it is written.
        values: Path as a header, folded → what cells say → what manifests say.
        dates: How days are written.
        decimal: The decimal sign.
        thousands: The sign between thousands; "" for none.
        key: How a key is made where no column says it.
    """

    files: tuple[str, ...] = ()
    kind: str | None = None
    columns: Mapping[str, str | None] = field(default_factory=lambda: _EMPTY)
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: _EMPTY)
    dates: DatePattern = field(default_factory=DatePattern)
    decimal: str = "."
    thousands: str = ""
    key: str | None = None

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The fields or headers that the key is made of."""
        return tuple(_PART.findall(self.key or ""))

    def fits(self, name: str) -> bool:
        """Tell whether the rules are for the file called *name*."""
        return not self.files or any(_matches(name, pattern) for pattern in self.files)


NO_RULES: Final = Rules()


def _matches(name: str, pattern: str) -> bool:
    """Tell whether *pattern* matches *name*; without a slash, its last part."""
    pattern = pattern.removeprefix("./")
    if "/" not in pattern:
        return fnmatchcase(PurePosixPath(name).name, pattern)
    if pattern.endswith("/"):
        return name.startswith(pattern)
    return fnmatchcase(name, pattern) or fnmatchcase(name, pattern.replace("**/", ""))


def rules_for(all_rules: Iterable[Rules], name: str) -> Rules:
    """Return the first of *all_rules* that is for the file called *name*."""
    return next((rules for rules in all_rules if rules.fits(name)), NO_RULES)


def kind_of(name: str, rules: Rules) -> Kind | None:
    """Return the kind that a table called *name* declares; None when nothing says it."""
    if rules.kind is not None:
        return KINDS[rules.kind]
    path = PurePosixPath(name)
    by_section = {kind.section: kind for kind in KINDS.values()}
    for part in (path.stem, *reversed(path.parts[:-1])):
        if (kind := by_section.get(part.casefold())) is not None:
            return kind
    return None


def default_kind() -> Kind:
    """Return the kind of a row of which nothing says it."""
    return keyed()[0]


def build(source: Source, written: Any, problems: list[Problem]) -> tuple[Rules, ...]:
    """Return the rules that `tables` of a checked syncer.yaml says; note what is wrong with them."""
    mappings = written if isinstance(written, list) else [written] if written else []
    found: list[Rules] = []
    for index, mapping in enumerate(mappings):
        base: ValuePath = ("tables", index) if isinstance(written, list) else ("tables",)
        found.append(_Build(source, base, problems).rules(mapping))
    return tuple(found)


class _Build:
    def __init__(self, source: Source, base: ValuePath, problems: list[Problem]) -> None:
        self.source = source
        self.base = base
        self.problems = problems

    def note(self, path: ValuePath, detail: str, hint: str = "", *, key: bool = False) -> None:
        span = self.source.span((*self.base, *path), key=key)
        self.problems.append(self.source.problem("bad-value", detail, span, hint))

    def rules(self, mapping: Mapping[str, Any]) -> Rules:
        files = mapping.get("files") or ()
        kind = self._kind(mapping)
        kinds = [KINDS[kind]] if kind else list(KINDS.values())
        decimal, thousands = mapping.get("decimal") or ".", mapping.get("thousands") or ""
        if decimal == thousands:
            self.note(("thousands",), f"{shown(thousands)} is the decimal sign as well.", "name another one")
        return Rules(
            files=(files,) if isinstance(files, str) else tuple(files),
            kind=kind,
            columns=MappingProxyType(self._columns(mapping.get("columns") or {}, kinds)),
            headers=MappingProxyType({folded(header): header for header in mapping.get("columns") or {}}),
            values=MappingProxyType(self._values(mapping.get("values") or {}, kinds)),
            dates=self._dates(mapping),
            decimal=decimal,
            thousands=thousands,
            key=self._key(mapping),
        )

    def _kind(self, mapping: Mapping[str, Any]) -> str | None:
        kind = mapping.get("kind")
        if kind is not None and kind not in KINDS:
            self.note(("kind",), f"There is no kind {shown(kind)}.", f"kinds are {', '.join(KINDS)}")
            return None
        return kind

    def _columns(self, written: Mapping[str, Any], kinds: list[Kind]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for header, target in written.items():
            if folded(header) in found:
                self.note(("columns", header), f"The header {shown(header)} is named twice.", key=True)
            if target is not None and not self._means(target, kinds):
                self._unknown(("columns", header), target, kinds)
                continue
            found[folded(header)] = target
        return found

    def _values(self, written: Mapping[str, Any], kinds: list[Kind]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for target, names in written.items():
            if not self._means(target, kinds):
                self._unknown(("values", target), target, kinds, key=True)
                continue
            found[folded(target)] = {str(said).strip(): str(meant) for said, meant in names.items()}
        return found

    @staticmethod
    def _means(target: str, kinds: list[Kind]) -> bool:
        return folded(target) in (KEY, KIND) or any(column(kind, target) is not None for kind in kinds)

    def _unknown(self, path: ValuePath, target: str, kinds: list[Kind], *, key: bool = False) -> None:
        names = list(dict.fromkeys(name for kind in kinds for name in known(kind)))
        meant = nearest(target, names)
        hint = f'did you mean "{meant}"?' if meant else f"fields are {', '.join(names)} and fields.cf_…"
        self.note(path, f"There is no field {shown(target)}.", hint, key=key)

    def _dates(self, mapping: Mapping[str, Any]) -> DatePattern:
        if "dates" not in mapping:
            return DatePattern()
        try:
            return DatePattern(mapping["dates"])
        except Unreadable as error:
            self.note(("dates",), str(error), "such as DD.MM.YYYY, MM/DD/YYYY or YYYY-MM-DD")
            return DatePattern()

    def _key(self, mapping: Mapping[str, Any]) -> str | None:
        template = mapping.get("key")
        if template is None:
            return None
        if not _PART.search(template) or re.search(r"[{}]", _PART.sub("", template)):
            self.note(
                ("key",),
                f"{shown(template)} names no field or header that the key is made of.",
                'put one in braces: key: "{Opportunity ID}"',
            )
            return None
        return str(template)
