"""Observed → what a manifest says of it, in names people know."""

from dataclasses import dataclass, field
from typing import Any

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, api_name, path_of
from syncer.model.observed import Observed
from syncer.resolve.directory import Directory
from syncer.resolve.spelling import Speller, spell
from syncer.shapes.spelling import Unsayable
from syncer.shapes.text import is_safe


@dataclass(slots=True)
class Described:
    """One record in the words of a manifest.

    Attributes:
        record: What was observed.
        kind: What it is.
        values: By key of the manifest; custom fields under `fields`.
        left_out: Why a field that has a value is not written, by field name (`fields.x` for custom ones).
        pinned: Why `id:` is written; "" when the record is found without it.
        ignore: Fields that are written and not compared.
        key: Its key in the manifest.
    """

    record: Observed
    kind: Kind
    values: dict[str, Any] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    pinned: str = ""
    ignore: set[str] = field(default_factory=set)
    key: str = ""

    def leave_out(self, name: str, why: str) -> None:
        """Do not write field *name*; what must be there is then only known by the id."""
        self.left_out[name] = why
        custom = api_name(name)
        if custom is not None:
            self.values.get(SECTION, {}).pop(custom, None)
            return
        self.values.pop(name, None)
        spec = self.kind.field(name)
        if spec.alias:
            self.values.pop(spec.alias, None)
        if spec.required:
            self.pinned = self.pinned or "a part that manifests need cannot be written, so its id finds it"


class Describer:
    """Describes records of one kind.

    Args:
        kind: Which one.
        directory: Every name around them, and whoever shares one.
        key_field: Api name of the field that holds our key; it is written by the key of the manifest.
    """

    def __init__(self, kind: Kind, directory: Directory, key_field: str | None) -> None:
        self._kind = kind
        self._directory = directory
        self._written: dict[tuple[str | None, ...], Any] = {}
        self._last: dict[str, str] = {}
        self._custom = [
            path_of(name)
            for name, row in sorted(directory.fields_of(kind.name).items())
            if not row.system and name != key_field
        ]

    def describe(self, record: Observed, name: str) -> Described:
        """Return *record*, called *name* by the service, in the words of a manifest."""
        found = Described(record, self._kind)
        names = Speller(self._directory, self._kind, record.values, found.left_out, self._written)
        for spec in self._kind.fields:
            value = record.values.get(spec.name)
            if spec.beside is not None and not record.values.get(spec.beside):
                continue
            if spec.required or not (value in (None, {}) or (value is False and spec.empty)):
                self._spell(spec.name, value, found, names)
        for path in self._custom:
            if record.values.get(path):
                self._spell(path, record.values[path], found, names)
        step = None if self._kind.closing is None else self._kind.closing.field
        if record.archived and step is not None and self._ends(record, step):
            found.leave_out(step, "it is the last one, which means won, and the deal is lost")
        odd = name.rstrip() != self._kind.name_of(record.values) or not is_safe(name)
        if odd and not any(record.values.get(part) for part in self._kind.alone):
            found.pinned = found.pinned or "its name is written differently in Pipeliner"
        return found

    def _ends(self, record: Observed, step: str) -> bool:
        around = record.values.get(self._kind.field(step).within or "") or ""
        if around not in self._last:
            self._last |= self._directory.last_steps([around])
        return record.values.get(step) == self._last.get(around, "")

    def _spell(self, path: str, value: Any, found: Described, names: Speller) -> None:
        try:
            key, written = spell(path, value, self._kind, names)
        except Unsayable as why:
            found.leave_out(path, str(why))
            return
        custom = api_name(key)
        if custom is None:
            found.values[key] = written
        else:
            found.values.setdefault(SECTION, {})[custom] = written
