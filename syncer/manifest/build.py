"""Checked documents to declared records: defaults, and each value by its shape."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, api_name, is_custom, path_of, untyped
from syncer.kinds.registry import KINDS
from syncer.manifest.locate import EntryLocator
from syncer.manifest.source import Source
from syncer.manifest.validate import Checked, nothing_hint
from syncer.model.address import Address
from syncer.model.declared import Closed, Declared, Existing, Link, Owner, Presence, Reference, Sum
from syncer.model.fix import fix_of
from syncer.model.problem import Problem, Related, Severity
from syncer.model.span import Mark, Span, ValuePath
from syncer.model.words import be, listed
from syncer.shapes.base import Faulty, Field
from syncer.shapes.money import MONEY, currency_at
from syncer.shapes.reference import check_name, named
from syncer.shapes.words import nearest, shown

_EMPTY: Final[Mapping[str, Any]] = {}
_IGNORE: Final = ("lifecycle", "ignore")
_OWN: Final = ("lifecycle", "own")


class BuildRules(NamedTuple):
    """What building needs to know of the project.

    Attributes:
        source: syncer.yaml, when there is one.
        defaults: Its defaults, checked by the schema.
        key_field: Custom field that holds the key.
        match: Parts of the natural key.
        remembered: Which record is whose is remembered where every machine sees it, so that a record is
            found whatever it is called by now.
    """

    source: Source | None = None
    defaults: Mapping[str, Any] = _EMPTY
    key_field: str | None = None
    match: tuple[str, ...] = ("name", "account", "pipeline")
    remembered: bool = False

    def identity(self, kind: Kind) -> tuple[str, ...]:
        """Return the parts of the natural key of *kind*: the project's, where it may say them."""
        return self.match if kind.keyed else kind.identity


class Document(NamedTuple):
    """A manifest file that was loaded and checked.

    Attributes:
        source: The file.
        value: What it holds.
        keys: Places of the keys of each section.
        checked: What the schema says of it.
    """

    source: Source
    value: Any
    keys: Mapping[str, Mapping[str, Mark]]
    checked: Checked


class _Lifecycle(NamedTuple):
    existing: Existing | None = None
    closed: Closed | None = None
    own: Mapping[str, Owner] = _EMPTY


class _Defaults(NamedTuple):
    values: Mapping[str, Any]
    currency: Reference | None
    lifecycle: "_Lifecycle"
    # What was written but is faulty: not missing as well.
    failed: frozenset[str]
    custom: frozenset[str] = frozenset()


_NO_DEFAULTS: Final = _Defaults(_EMPTY, None, _Lifecycle(), frozenset())


class _Scope:
    """Where values are being built: says how problems of it are placed. It is an `At` of the shapes."""

    def __init__(
        self, builder: "Builder", source: Source, base: ValuePath, address: Address | None, mark: Mark | None
    ) -> None:
        self.builder = builder
        self.source = source
        self.base = base
        self.address = address
        self.key_mark = mark
        self.currency: Reference | None = None
        self.references = builder.references
        self.lists = builder.lists

    def place(self, path: ValuePath, *, key: bool = False) -> Span:
        span, depth = self.source.find((*self.base, *path), key=key)
        if self.key_mark is None or depth > len(self.base):
            return span
        return Span(self.source.name, *self.key_mark)

    def note(
        self,
        code: str,
        path: ValuePath,
        detail: str,
        hint: str = "",
        *,
        key: bool = False,
        related: tuple[Related, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> Faulty:
        span = self.place(path, key=key)
        problem = self.source.problem(
            code,
            detail,
            span,
            hint,
            related=related,
            address=self.address,
            fix=fix_of(hint, (*self.base, *path), key=key),
        )
        if severity is Severity.WARNING:
            self.builder.warnings.append(replace(problem, severity=severity))
        else:
            self.builder.problems.append(problem)
        return Faulty()

    def inside(self, path: ValuePath) -> "_Scope":
        # The key of the entry is the place of nothing in there.
        scope = _Scope(self.builder, self.source, (*self.base, *path), self.address, None)
        scope.currency = self.currency
        return scope

    def related(self, path: ValuePath, label: str) -> Related:
        span = self.place(path)
        return Related(span, label, self.source.excerpt(span))

    def as_written(self, raw: Any, path: ValuePath) -> Any:
        if isinstance(raw, str) or not self.source.odd_numbers:
            return raw
        return self.source.text_at((*self.base, *path)) or raw


class Built(NamedTuple):
    """What one file declares.

    Attributes:
        entries: Of each key its locator, and what was built; None when its schema leaves nothing to build.
        problems: What is wrong.
        warnings: What is doubtful.
    """

    entries: list[tuple[EntryLocator, Declared | None]]
    problems: list[Problem]
    warnings: list[Problem]


class Builder:
    """Builds the records of file after file, each file by itself.

    Attributes:
        problems: Of the defaults in syncer.yaml, then of the file that is being built.
        warnings: The same.
        references: References as written, one object for all that are written alike.
        lists: Lists of links, the same.
    """

    def __init__(self, settings: BuildRules) -> None:
        self.settings = settings
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.references: dict[tuple[str, str], Reference] = {}
        self.lists: dict[tuple[str, tuple[str, ...]], tuple[Link, ...]] = {}
        self._kinds = [_OfKind(self, kind) for kind in KINDS.values()]
        self._project_defaults = self._defaults_of_project()

    def build(self, document: Document) -> Built:
        """Build the records of one file."""
        built = Built([], [], [])
        self.problems, self.warnings = built.problems, built.warnings
        value, checked, source = document.value, document.checked, document.source
        if not isinstance(value, dict):
            return built
        below = self._project_defaults
        written = value.get("defaults")
        if checked.bad_defaults is not None and isinstance(written, dict):
            below = self._defaults(source, written, below, checked.bad_defaults)
        elif written is not None:
            below = [usual._replace(failed=of.names) for of, usual in zip(self._kinds, below, strict=True)]
        for of, defaults in zip(self._kinds, below, strict=True):
            section = of.kind.section
            entries, keys = value.get(section), document.keys.get(section, _EMPTY)
            for key, entry in entries.items() if isinstance(entries, dict) else ():
                mark = keys.get(key) or (1, 1, None)
                address = Address(of.kind.name, key)
                bad = checked.bad.get(address, frozenset())
                locator = EntryLocator(source, of.kind, key, mark, self.settings.source)
                declared = None
                if bad is not None:
                    scope = _Scope(self, source, (section, key), address, mark)
                    scope.currency = defaults.currency
                    declared = of.entry(scope, locator, entry, defaults, bad)
                built.entries.append((locator, declared))
        return built

    def _defaults_of_project(self) -> list[_Defaults]:
        settings = self.settings
        none = [_NO_DEFAULTS] * len(self._kinds)
        if not settings.defaults or settings.source is None:
            return none
        return self._defaults(settings.source, settings.defaults, none, frozenset())

    def _defaults(
        self, source: Source, written: Mapping[str, Any], below: Sequence[_Defaults], bad: frozenset[str]
    ) -> list[_Defaults]:
        """Return the defaults of each kind; what is wrong with a line is told once."""
        problems, warnings = len(self.problems), len(self.warnings)
        scope = _Scope(self, source, ("defaults",), None, None)
        found = [
            of.defaults(scope, written, under, bad) for of, under in zip(self._kinds, below, strict=True)
        ]
        self.problems[problems:] = _each_once(self.problems[problems:])
        self.warnings[warnings:] = _each_once(self.warnings[warnings:])
        return found


def _each_once(problems: Iterable[Problem]) -> list[Problem]:
    return list({(problem.code, problem.span, problem.detail): problem for problem in problems}.values())


class _OfKind:
    """Builds records of one kind, as its table says."""

    def __init__(self, builder: Builder, kind: Kind) -> None:
        self.kind = kind
        self.settings = builder.settings
        self.names = frozenset(spec.name for spec in kind.fields)
        self._spelled = {spec.name: spec for spec in kind.fields}
        self._spelled |= {spec.alias: spec for spec in kind.fields if spec.alias}
        self._aliases = [(spec.alias, spec.name) for spec in kind.fields if spec.alias]
        self._required = tuple(spec for spec in kind.fields if spec.required)
        self._sums = tuple((spec.name, spec.adds) for spec in kind.fields if spec.adds is not None)
        self._with_along = tuple(spec for spec in kind.fields if spec.along)
        self._key_field = builder.settings.key_field if kind.keyed else None
        # What many entries write alike is built once, and is then one object for all of them.
        self._built: dict[str, dict[str, Any]] = {
            name: {} for name, spec in self._spelled.items() if spec.shape.repeats
        }
        self._layouts: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, str, Field | None]]] = {}

    # Defaults

    def defaults(
        self,
        scope: _Scope,
        written: Mapping[str, Any],
        under: _Defaults,
        bad: frozenset[str],
    ) -> _Defaults:
        currency = under.currency
        for spec in self.kind.fields:
            if spec.shape is MONEY and (refers := spec.refers or "") in written and refers not in bad:
                currency = _try(currency_at, refers, written[refers], (refers,), scope) or currency
        scope.currency = currency
        values, failed = self._values(scope, written, bad, under)
        lifecycle = self._lifecycle(scope, written, bad, under.lifecycle)
        return _Defaults(values, currency, lifecycle, failed, frozenset(filter(is_custom, values)))

    # Entries

    def entry(
        self,
        scope: _Scope,
        locator: EntryLocator,
        entry: Mapping[str, Any],
        defaults: _Defaults,
        bad: frozenset[str],
    ) -> Declared:
        values, failed = self._values(scope, entry, bad, defaults)
        self._check_sums(scope, values, failed)
        lifecycle = self._lifecycle(scope, entry, bad, defaults.lifecycle)
        if lifecycle.own is not defaults.lifecycle.own:
            self._check_owned(scope, entry["lifecycle"], values, failed)
        state = Presence.ABSENT if entry.get("state") == "absent" else Presence.PRESENT
        formerly = _EMPTY
        if "formerly" in entry and "formerly" not in bad:
            formerly = self._formerly(scope, locator.key, entry["formerly"])
        identifier = entry["id"].lower() if "id" in entry and "id" not in bad else None
        if "id" not in entry:  # else the record is there already, and what is not written is left as it is
            self._require(scope, values, failed, state)
        return Declared(
            address=Address(self.kind.name, locator.key),
            values=values,
            locator=locator,
            state=state,
            id=identifier,
            formerly=formerly,
            existing=lifecycle.existing,
            closed=lifecycle.closed,
            own=lifecycle.own,
            distinct_from=_distinct_from(entry, bad),
            inherited=_inherited(entry, defaults.custom) if defaults.custom else defaults.custom,
        )

    def _require(
        self, scope: _Scope, values: Mapping[str, Any], failed: frozenset[str], state: Presence
    ) -> None:
        present = state is Presence.PRESENT
        if not present and (self._key_field or any(values.get(name) for name in self.kind.alone)):
            return
        wanted = self._required if present else self._identity()
        missing: list[Field] = []
        for spec in wanted:
            if spec.name in values or spec.name in failed:
                continue
            if spec.via and present and isinstance(via := values.get(spec.via), Reference) and via.id:
                continue  # the step says the pipeline
            if spec.link is not None:
                what, has = spec.alias or spec.name, "has" if present else "had"
                scope.note(f"{what}-missing", (), f"Nothing says which {what} it {has}.", nothing_hint(spec))
            else:
                missing.append(spec)
        if missing:
            names = [spec.name for spec in missing]
            scope.note(
                "missing-field",
                (),
                f"{listed(names)} {be(names)} missing, here and in the defaults.",
                _examples(missing),
            )
        self._require_name(scope, values, failed)
        if present:
            self._require_along(scope, values, failed)

    def _require_name(self, scope: _Scope, values: Mapping[str, Any], failed: frozenset[str]) -> None:
        """Note that nothing says how a record is called, of a kind that may be called one way or another."""
        called = [self._spelled[name] for name in self.kind.called]
        if any(spec.required or values.get(spec.name) or spec.name in failed for spec in called):
            return
        scope.note(
            "missing-field",
            (),
            f"{' or '.join(spec.name for spec in called)} is missing: "
            f"{self.kind.noun[1]} have one of them at least.",
            _examples(called),
        )

    def _require_along(self, scope: _Scope, values: Mapping[str, Any], failed: frozenset[str]) -> None:
        """Note what is written without the field that it takes along."""
        for spec in self._with_along:
            along = self._spelled[spec.along or ""]
            if values.get(spec.name) is None or values.get(along.name) is not None or along.name in failed:
                continue
            scope.note(
                "missing-field",
                (spec.name,),
                f"{spec.name} takes {along.name} along, and nothing says that one.",
                f"{along.about.description}\n{along.name}: {{id: …}}",
                key=True,
            )

    def _check_sums(self, scope: _Scope, values: Mapping[str, Any], failed: frozenset[str]) -> None:
        for name, lines in self._sums:
            if values.get(name) is Sum.LINES and not values.get(lines) and lines not in failed:
                scope.note(
                    "bad-value",
                    (name,),
                    f"{name} is the sum of the {lines}, and none is written.",
                    f"list the {lines}, or write an amount such as 100 USD",
                )

    def _identity(self) -> tuple[Field, ...]:
        """Return the fields that find a record again, and that every record has."""
        parts = (self._spelled[part] for part in self.settings.identity(self.kind))
        return tuple(spec for spec in parts if spec.required)

    # Values

    def _values(
        self, scope: _Scope, written: Mapping[str, Any], bad: frozenset[str], under: _Defaults
    ) -> tuple[dict[str, Any], frozenset[str]]:
        values: dict[str, Any] = {}
        failed: set[str] = set()
        defaults = under.values
        for name, field, spec in self._layout(tuple(written), tuple(defaults)):
            if spec is None:
                values[field] = defaults[field]
                continue
            if name in bad:
                failed.add(field)
                continue
            raw = written[name]
            again = self._built.get(name) if raw.__class__ is str else None
            if again is not None and raw in again:
                values[field] = again[raw]
                continue
            try:
                values[field] = value = spec.shape.parse(raw, spec, scope, name)
            except Faulty:
                failed.add(field)
                continue
            if again is not None:
                again[raw] = value
        failed -= values.keys()
        for alias, name in self._aliases:
            if alias in written and name in written:
                _written_twice(scope, alias, name)
        said = SECTION in written and SECTION not in bad
        custom = self._custom(scope, written[SECTION]) if said else _EMPTY
        inherited = {path: value for path, value in defaults.items() if is_custom(path)}
        if custom or inherited:
            values.update(sorted({**inherited, **custom}.items()))
        if under.failed:
            failed |= under.failed - {spec.name for name in written if (spec := self._spelled.get(name))}
        return values, frozenset(failed)

    def _layout(
        self, written: tuple[str, ...], defaults: tuple[str, ...]
    ) -> Sequence[tuple[str, str, Field | None]]:
        """Return (name, field, its row) for what is *written*, and (…, None) where a default counts.

        In the order of the table. Most entries are written alike, so it is worked out once for all of them.
        """
        known = self._layouts.get((written, defaults))
        if known is None:
            known = []
            for spec in self.kind.fields:
                names = [name for name in written if self._spelled.get(name) is spec]
                known += [(name, spec.name, spec) for name in names]
                if not names and spec.name in defaults:
                    known.append((spec.name, spec.name, None))
            self._layouts[written, defaults] = known
        return known

    def _custom(self, scope: _Scope, raw: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in raw.items():
            if name == self._key_field:
                scope.note(
                    "bad-value",
                    (SECTION, name),
                    f"{name} is the key field of the project; syncer writes the key into it itself.",
                    "delete the line",
                    key=True,
                )
                continue
            field = untyped(path_of(name))
            try:
                values[field.name] = field.shape.parse(value, field, scope, SECTION)
            except Faulty:
                continue
        return values

    def _lifecycle(
        self, scope: _Scope, written: Mapping[str, Any], bad: frozenset[str], under: _Lifecycle
    ) -> _Lifecycle:
        raw = written.get("lifecycle")
        if raw is None or "lifecycle" in bad:
            return under
        existing = Existing(raw["existing"]) if "existing" in raw else under.existing
        closed = Closed(raw["closed"]) if "closed" in raw else under.closed
        if not raw.keys() & {"ignore", "own"}:
            return _Lifecycle(existing, closed, under.own)
        own = dict(under.own)
        if "ignore" in raw:
            # The list of an entry replaces that of the defaults.
            own = {path: owner for path, owner in own.items() if owner is not Owner.ONCE}
            paths = [self._path(scope, name, (*_IGNORE, index)) for index, name in enumerate(raw["ignore"])]
            own |= dict.fromkeys(filter(None, paths), Owner.ONCE)
        for name, word in raw.get("own", _EMPTY).items():
            path, owner = self._path(scope, name, (*_OWN, name)), Owner(word)
            if path is None or (owner is Owner.IF_EMPTY and self._always_has(scope, path, name)):
                continue
            if "ignore" in raw and own.get(path) is Owner.ONCE and owner is not Owner.ONCE:
                scope.note(
                    "bad-value",
                    (*_OWN, name),
                    f"{name} is under ignore, too, which means once.",
                    "take it out of one of the two",
                    key=True,
                )
            own[path] = owner
        return _Lifecycle(existing, closed, own)

    def _always_has(self, scope: _Scope, path: str, name: str) -> bool:
        """Tell whether the field at *path* always has a value, which is a problem of `if-empty`."""
        spec = self._spelled.get(path)
        if spec is None or not (spec.required or spec.default):
            return False
        scope.note(
            "bad-value",
            (*_OWN, name),
            f"{name} always has a value, so that it would never be written.",
            "write once: it is set when the record is created, and left alone from then on",
        )
        return True

    def _check_owned(
        self,
        scope: _Scope,
        raw: Mapping[str, Any],
        values: Mapping[str, Any],
        failed: frozenset[str],
    ) -> None:
        """Warn of a rule for a field that nothing sets."""
        said = [((*_IGNORE, index), name) for index, name in enumerate(raw.get("ignore", ()))]
        said += [((*_OWN, name), name) for name in raw.get("own", ())]
        known = {*values, *failed, path_of(self._key_field or "")}
        for place, name in said:
            spec = self._spelled.get(name)
            if (spec.name if spec else name) not in known and (spec or api_name(name)):
                scope.note(
                    "owner-unset",
                    place,
                    f"Nothing sets {name} here, so that there is nothing to decide about it.",
                    f"set {name}, or delete the rule",
                    key=place[:2] == _OWN,
                    severity=Severity.WARNING,
                )

    def _path(self, scope: _Scope, name: str, place: ValuePath) -> str | None:
        """Return the field that is called *name* at *place*; None when there is none."""
        if name in self._spelled:
            return self._spelled[name].name
        if api_name(name):
            return name
        kinds = [self.kind]
        if scope.address is None:  # the defaults are those of every kind
            kinds = list(KINDS.values())
            if any(name in spec.spellings for kind in kinds for spec in kind.fields):
                return None
        known = {known: None for kind in kinds for spec in kind.fields for known in spec.spellings}
        meant = nearest(name, known)
        if name.startswith("cf_"):
            hint = f"write {path_of(name)}"
        elif meant:
            hint = f'did you mean "{meant}"?'
        else:
            order = dict.fromkeys(spec.name for kind in kinds for spec in kind.fields)
            hint = f"fields are {', '.join(order)} and {path_of('<custom field>')}"
        scope.note(
            "bad-value",
            place,
            f"{shown(name)} is not a field of {listed([kind.noun[1] for kind in kinds], 'or')}.",
            hint,
            key=place[:2] == _OWN,
        )
        return None

    def _formerly(self, scope: _Scope, key: str, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for name, value in raw.items():
            path = ("formerly", name)
            spec = self._spelled.get(name)
            try:
                if spec is None:
                    self._check_former_key(scope, key, value)
                    found[name] = value
                elif value is None:
                    found[name] = None
                elif spec.refers is None:
                    check_name(value, path, scope)
                    found[name] = value
                elif spec.link is not None and value == spec.link.word:
                    found[name] = None
                else:
                    found[name] = named(spec.refers, value, path, scope)
            except Faulty:
                continue
        return found

    def _check_former_key(self, scope: _Scope, key: str, value: str) -> None:
        path: ValuePath = ("formerly", "key")
        if value == key:
            raise scope.note(
                "bad-value", path, "formerly.key is the key that the entry has now.", "delete the line"
            )


def _examples(fields: Iterable[Field]) -> str:
    """Return lines that set *fields*."""
    return "\n".join(f"{spec.name}: {next(iter(spec.about.examples), '…')}" for spec in fields)


def _written_twice(scope: _Scope, alias: str, name: str) -> None:
    scope.note(
        f"{alias}-twice",
        (name,),
        f"{alias} and {name} are both written; only one of them can say it.",
        f"list all of them under {name}, one with primary: true",
        key=True,
        related=(scope.related((alias,), f"{alias} is written here"),),
    )


def _try(build: Callable[..., Reference], *arguments: Any) -> Reference | None:
    try:
        return build(*arguments)
    except Faulty:
        return None


def _inherited(entry: Mapping[str, Any], usual: frozenset[str]) -> frozenset[str]:
    """Return those of the *usual* custom fields that *entry* does not say itself."""
    return usual - {path_of(name) for name in entry.get(SECTION) or ()}


def _distinct_from(entry: Mapping[str, Any], bad: frozenset[str]) -> frozenset[str]:
    lifecycle = _EMPTY if "lifecycle" in bad else entry.get("lifecycle") or _EMPTY
    return frozenset(identifier.lower() for identifier in lifecycle.get("distinct_from", ()))
