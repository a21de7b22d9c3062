"""Checked documents to declared opportunities: defaults, references, dates and money."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, NamedTuple

from syncer.kinds.registry import MAIN
from syncer.manifest.source import Source
from syncer.manifest.validate import ACCOUNT_HINT, Checked, address_of
from syncer.model.declared import All, Declared, Existing, Link, Money, Presence, Reference
from syncer.model.problem import Problem, Related, Severity
from syncer.model.span import Mark, Span, ValuePath
from syncer.shapes import canon
from syncer.shapes.amounts import amount_of, check_decimals, currency_of, is_ambiguous, money_of
from syncer.shapes.base import Unfit
from syncer.shapes.date import date_of
from syncer.shapes.quoting import quoted
from syncer.shapes.words import name_of, nearest, shown

_ORDER: Final = tuple(item.name for item in MAIN.fields)
_REQUIRED: Final = tuple(item.name for item in MAIN.fields if item.required)
_REFERS: Final = {item.name: item.refers or "" for item in MAIN.fields}
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_EMPTY: Final[Mapping[str, Any]] = {}
_EXAMPLES: Final = {
    "name": "name: Acme renewal 2027",
    "owner": "owner: dana@example.com",
    "pipeline": "pipeline: Test Pipeline",
    "closing_date": "closing_date: 2027-03-31",
    "value": "value: 100 USD",
}


class EntryLocator:
    """Finds the place of a value of one entry, in its file or in the defaults it came from."""

    __slots__ = ("_mark", "key", "project", "source")

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes."""
        return EntryLocator, (self.source, self.key, self._mark, self.project)

    def __init__(self, source: Source, key: str, mark: Mark, project: Source | None) -> None:
        self.source = source
        self.key = key
        self.project = project
        self._mark = mark

    def span(self, path: ValuePath = ()) -> Span:
        """Return the place of *path* inside the entry, or of the nearest thing around it that was written."""
        if not path:
            return Span(self.source.name, *self._mark)
        candidates = list(_written(path))
        entry = ("opportunities", self.key)
        best, depth = self._deepest(self.source, entry, candidates)
        if path[:2] == ("value", "currency") and depth <= 1:
            written = self.source.text_at((*entry, "value"))
            if written is None or not written.strip()[-1:].isalpha():
                # The currency was not written with the amount: it is the one of the defaults, if any.
                return self._default([("currency",)]) or best or self.span()
        if best is not None:
            return best
        return self._default(candidates) or self.span()

    def excerpt(self, span: Span) -> str:
        """Return the line of the file at *span*, or "" when it is of neither file."""
        for source in (self.source, self.project):
            if source is not None and source.name == span.file:
                return source.excerpt(span)
        return ""

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


def _written(path: ValuePath) -> Iterator[ValuePath]:
    """Yield the paths that may have been written for a path of the model."""
    first, rest = path[0], path[1:]
    if isinstance(first, str) and first.startswith("fields."):
        yield ("fields", first.removeprefix("fields."), *rest)
        return
    yield path
    if first in ("accounts", "account"):
        single = rest[1:] if rest and isinstance(rest[0], int) else rest
        yield ("account", *single)
        yield ("accounts", *rest)


class BuildRules(NamedTuple):
    """What building needs to know of the project.

    Attributes:
        source: syncer.yaml, when there is one.
        defaults: Its defaults, checked by the schema.
        key_field: Custom field that holds the key.
        match: Parts of the natural key.
    """

    source: Source | None = None
    defaults: Mapping[str, Any] = _EMPTY
    key_field: str | None = None
    match: tuple[str, ...] = ("name", "account", "pipeline")


class Document(NamedTuple):
    """A manifest file that was loaded and checked."""

    source: Source
    value: Any
    keys: Mapping[str, Mark]
    checked: Checked


class _Defaults(NamedTuple):
    values: Mapping[str, Any]
    currency: Reference | None
    existing: Existing | None
    ignore: frozenset[str]
    # What was written but is faulty: not missing as well.
    failed: frozenset[str]


_NO_DEFAULTS: Final = _Defaults(_EMPTY, None, None, frozenset(), frozenset())


class _Scope:
    """Where values are being built: says how problems of it are placed."""

    def __init__(
        self, builder: "Builder", source: Source, base: ValuePath, key: str | None, mark: Mark | None
    ) -> None:
        self.builder = builder
        self.source = source
        self.base = base
        self.key = key
        self.key_mark = mark

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
    ) -> None:
        span = self.place(path, key=key)
        address = None if self.key is None else address_of(self.key)
        problem = self.source.problem(code, detail, span, hint, related=related, address=address)
        if severity is Severity.WARNING:
            self.builder.warnings.append(replace(problem, severity=severity))
        else:
            self.builder.problems.append(problem)

    def related(self, path: ValuePath, label: str) -> Related:
        span = self.place(path)
        return Related(span, label, self.source.excerpt(span))


class _Faulty(Exception):  # noqa: N818 - it never leaves this module
    """The value cannot be built; its problem is noted."""


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
    """Builds the opportunities of file after file, each file by itself.

    Attributes:
        problems: Of the defaults in syncer.yaml, then of the file that is being built.
        warnings: The same.
    """

    def __init__(self, settings: BuildRules) -> None:
        self.settings = settings
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._references: dict[tuple[str, str], Reference] = {}
        # What many entries write alike is built once, and is then one object for all of them.
        self._built: dict[str, dict[str, Any]] = {name: {} for name in _REPEATED}
        self._contact_lists: dict[tuple[str, ...], tuple[Link, ...]] = {}
        self._layouts: dict[
            tuple[tuple[str, ...], tuple[str, ...]], list[tuple[str, str, _Build | None]]
        ] = {}
        self._project_defaults = self._defaults_of_project()

    def build(self, document: Document) -> Built:
        """Build the opportunities of one file."""
        built = Built([], [], [])
        self.problems, self.warnings = built.problems, built.warnings
        value, checked, source = document.value, document.checked, document.source
        if not isinstance(value, dict):
            return built
        defaults = self._project_defaults
        written = value.get("defaults")
        if checked.bad_defaults is not None and isinstance(written, dict):
            scope = _Scope(self, source, ("defaults",), None, None)
            defaults = self._defaults(scope, written, defaults, checked.bad_defaults)
        elif written is not None:
            defaults = _failed_defaults(defaults)
        entries = value.get("opportunities")
        for key, entry in entries.items() if isinstance(entries, dict) else ():
            mark = document.keys.get(key) or (1, 1, None)
            bad = checked.bad.get(key, frozenset())
            locator = EntryLocator(source, key, mark, self.settings.source)
            declared = None
            if bad is not None:
                scope = _Scope(self, source, ("opportunities", key), key, mark)
                declared = self._entry(scope, locator, entry, defaults, bad)
            built.entries.append((locator, declared))
        return built

    # Defaults

    def _defaults_of_project(self) -> _Defaults:
        settings = self.settings
        if not settings.defaults or settings.source is None:
            return _NO_DEFAULTS
        scope = _Scope(self, settings.source, ("defaults",), None, None)
        return self._defaults(scope, settings.defaults, _NO_DEFAULTS, frozenset())

    def _defaults(
        self, scope: _Scope, written: Mapping[str, Any], under: _Defaults, bad: frozenset[str]
    ) -> _Defaults:
        currency = under.currency
        if "currency" in written and "currency" not in bad:
            currency = self._try(self._currency, scope, written["currency"], ("currency",)) or currency
        values, failed = self._values(scope, written, bad, under, currency)
        existing, ignore = self._lifecycle(scope, written, bad, under)
        return _Defaults(values, currency, existing, ignore, failed)

    # Entries

    def _entry(
        self,
        scope: _Scope,
        locator: EntryLocator,
        entry: Mapping[str, Any],
        defaults: _Defaults,
        bad: frozenset[str],
    ) -> Declared:
        values, failed = self._values(scope, entry, bad, defaults, defaults.currency)
        existing, ignore = self._lifecycle(scope, entry, bad, defaults)
        state = Presence.ABSENT if entry.get("state") == "absent" else Presence.PRESENT
        formerly = _EMPTY
        if "formerly" in entry and "formerly" not in bad:
            formerly = self._formerly(scope, entry["formerly"])
        identifier = entry["id"].lower() if "id" in entry and "id" not in bad else None
        self._require(scope, values, failed, state, has_id="id" in entry)
        return Declared(
            address=address_of(locator.key),
            values=values,
            locator=locator,
            state=state,
            id=identifier,
            formerly=formerly,
            existing=existing,
            ignore=ignore,
            distinct_from=_distinct_from(entry, bad),
        )

    def _require(
        self,
        scope: _Scope,
        values: Mapping[str, Any],
        failed: frozenset[str],
        state: Presence,
        *,
        has_id: bool,
    ) -> None:
        if has_id:
            return  # the record is there already, and what is not written is left as it is
        if state is Presence.ABSENT:
            if self.settings.key_field:
                return
            wanted = tuple("accounts" if part == "account" else part for part in self.settings.match)
        else:
            wanted = _REQUIRED
        missing = [name for name in wanted if name not in values and name not in failed]
        step = values.get("step")
        if "pipeline" in missing and state is Presence.PRESENT and isinstance(step, Reference) and step.id:
            missing.remove("pipeline")  # the step says it
        if "accounts" in missing:
            missing.remove("accounts")
            why = " says which account it has" if state is Presence.PRESENT else " says which account it had"
            scope.note("account-missing", (), f"Nothing{why}.", ACCOUNT_HINT)
        if missing:
            names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            verb = "is" if len(missing) == 1 else "are"
            scope.note(
                "missing-field",
                (),
                f"{names} {verb} missing, here and in the defaults.",
                "\n".join(_EXAMPLES[name] for name in missing),
            )

    # Values

    def _values(
        self,
        scope: _Scope,
        written: Mapping[str, Any],
        bad: frozenset[str],
        under: _Defaults,
        currency: Reference | None,
    ) -> tuple[dict[str, Any], frozenset[str]]:
        values: dict[str, Any] = {}
        failed: set[str] = set()
        defaults = under.values
        for name, field, build in self._layout(tuple(written), tuple(defaults)):
            if build is None:
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
                values[field] = value = build(self, scope, raw, currency)
            except _Faulty:
                failed.add(field)
                continue
            if again is not None:
                again[raw] = value
        failed -= values.keys()
        if "account" in written and "accounts" in written:
            self._both_accounts(scope)
        custom = (
            self._custom(scope, written["fields"]) if "fields" in written and "fields" not in bad else _EMPTY
        )
        inherited = {name: value for name, value in defaults.items() if name.startswith("fields.")}
        if custom or inherited:
            values.update(sorted({**inherited, **custom}.items()))
        if under.failed:
            failed |= under.failed - {_FIELD_OF.get(name) for name in written}
        return values, frozenset(failed)

    def _layout(
        self, written: tuple[str, ...], defaults: tuple[str, ...]
    ) -> Sequence[tuple[str, str, "_Build | None"]]:
        """Return (name, field, how it is built) for what is *written*, and (…, None) where a default counts.

        In the order of the model. Most entries are written alike, so it is worked out once for all of them.
        """
        known = self._layouts.get((written, defaults))
        if known is None:
            known = []
            for field in _ORDER:
                names = [name for name in written if _FIELD_OF.get(name) == field]
                known += [(name, field, _BUILD[name]) for name in names]
                if not names and field in defaults:
                    known.append((field, field, None))
            self._layouts[written, defaults] = known
        return known

    @staticmethod
    def _both_accounts(scope: _Scope) -> None:
        scope.note(
            "account-twice",
            ("accounts",),
            "account and accounts are both written; only one of them can say it.",
            "list all of them under accounts, one with primary: true",
            key=True,
            related=(scope.related(("account",), "account is written here"),),
        )

    def _text(self, scope: _Scope, raw: str, name: str) -> str:
        pattern = _CONTROL if name == "name" else _CONTROL_IN_TEXT
        found = pattern.search(raw)
        if found:
            what = (
                "a line break"
                if found.group() in "\r\n"
                else f"the control character U+{ord(found.group()):04X}"
            )
            hint = "write it on one line, as plain text" if name == "name" else "delete it"
            scope.note("bad-value", (name,), f"{name} holds {what}.", hint)
            raise _Faulty
        if name == "name" and not raw.strip():
            scope.note("missing-field", (name,), "name is blank; it should be text.")
            raise _Faulty
        return raw

    def _name(self, scope: _Scope, raw: str, _currency: Reference | None) -> str:
        return self._text(scope, raw, "name")

    def _description(self, scope: _Scope, raw: str | None, _currency: Reference | None) -> str | None:
        return raw if raw is None else self._text(scope, raw, "description")

    def _closing_date(self, scope: _Scope, raw: str, _currency: Reference | None) -> date:
        try:
            return date_of(raw)
        except Unfit as unfit:
            scope.note(unfit.code, ("closing_date",), unfit.detail, unfit.hint)
            raise _Faulty from None

    def _value(self, scope: _Scope, raw: Any, currency: Reference | None) -> Money:
        path: ValuePath = ("value",)
        try:
            if isinstance(raw, dict):
                path = ("value", "amount")
                amount = amount_of(self._as_written(scope, raw["amount"], path))
                if "currency" in raw:
                    currency = self._currency(scope, raw["currency"], ("value", "currency"))
            elif isinstance(raw, str):
                amount, code = money_of(raw)
                if code is not None:
                    currency = self._reference(scope, "currency", code, ("value",))
            else:
                amount = amount_of(self._as_written(scope, raw, path))
            check_decimals(amount, currency.text if currency else None)
        except Unfit as unfit:
            scope.note(unfit.code, path, unfit.detail, unfit.hint)
            raise _Faulty from None
        if is_ambiguous(amount, currency.text if currency else None):
            scope.note(
                "amount-ambiguous",
                path,
                f"{amount} is read as {amount.normalize():f}, with three decimals.",
                f"write {str(amount).replace('.', '')} if you mean thousands, {amount.normalize():f} if not",
                severity=Severity.WARNING,
            )
        return Money(amount, currency)

    @staticmethod
    def _as_written(scope: _Scope, raw: Any, path: ValuePath) -> Any:
        """Return a number as text, where the file has numbers that are not written in plain digits."""
        if isinstance(raw, str) or not scope.source.odd_numbers:
            return raw
        return scope.source.text_at((*scope.base, *path)) or raw

    def _currency(self, scope: _Scope, raw: Any, path: ValuePath) -> Reference:
        if isinstance(raw, dict) and "code" in raw:
            raw, path = raw["code"], (*path, "code")
        if isinstance(raw, str):
            try:
                currency_of(raw)
            except Unfit as unfit:
                scope.note(unfit.code, path, unfit.detail, unfit.hint)
                raise _Faulty from None
        return self._reference(scope, "currency", raw, path)

    def _reference(self, scope: _Scope, kind: str, raw: Any, path: ValuePath) -> Reference:
        if isinstance(raw, str):
            known = self._references.get((kind, raw))
            if known is None:
                self._check_reference_text(scope, raw, path)
                known = self._references[(kind, raw)] = Reference(kind, text=raw)
            return known
        email, name, identifier = raw.get("email"), raw.get("name"), raw.get("id")
        if identifier is not None and (email is not None or name is not None):
            scope.note("bad-value", path, f"{name_of(path)} has an id and a name; the id stands alone.")
            raise _Faulty
        for part in ("email", "name"):
            if part in raw:
                self._check_reference_text(scope, raw[part], (*path, part))
        return Reference(kind, name=name, email=email, id=identifier.lower() if identifier else None)

    @staticmethod
    def _check_reference_text(scope: _Scope, text: str, path: ValuePath) -> None:
        if not text.strip():
            scope.note("missing-field", path, f"{name_of(path)} is blank.")
            raise _Faulty
        if _CONTROL.search(text):
            scope.note("bad-value", path, f"{name_of(path)} holds a line break or a control character.")
            raise _Faulty

    def _account(self, scope: _Scope, raw: Any, _currency: Reference | None) -> tuple[Link, ...]:
        if raw == "none":
            return ()
        return (Link(self._reference(scope, "account", raw, ("account",)), primary=True),)

    def _accounts(self, scope: _Scope, raw: Any, _currency: Reference | None) -> tuple[Link, ...]:
        if raw == "none":
            return ()
        links = self._links(scope, raw, "accounts", "account", "account-listed-twice")
        if any(link.primary for link in links):
            return links
        if len(links) == 1 and not _says_not_primary(raw[0]):
            return (Link(links[0].reference, primary=True),)
        scope.note(
            "no-primary",
            ("accounts",),
            "None of the accounts says primary: true."
            if len(links) > 1
            else "The only account says primary: false.",
            f"accounts: [{{{_inline(raw[0])}, primary: true}}, …]",
            key=True,
        )
        raise _Faulty

    def _contacts(self, scope: _Scope, raw: Any, _currency: Reference | None) -> All | tuple[Link, ...]:
        if raw == "all":
            return All.CONTACTS
        if not raw:
            return ()
        plain = tuple(raw) if all(item.__class__ is str for item in raw) else None
        if plain is not None and plain in self._contact_lists:
            return self._contact_lists[plain]
        links = self._links(scope, raw, "contacts", "contact", "contact-twice")
        if any(link.primary for link in links):
            return links
        first = next((index for index, item in enumerate(raw) if not _says_not_primary(item)), None)
        if first is None:
            scope.note(
                "bad-value",
                ("contacts",),
                "Every contact says primary: false; one of them has to be the primary contact.",
                "leave primary out, then the first one is",
                key=True,
            )
            raise _Faulty
        link = links[first]
        chosen = Link(link.reference, primary=True, sales_role=link.sales_role, linked=link.linked)
        links = (*links[:first], chosen, *links[first + 1 :])
        if plain is not None:
            self._contact_lists[plain] = links
        return links

    def _links(self, scope: _Scope, raw: list[Any], field: str, kind: str, twice: str) -> tuple[Link, ...]:
        links: list[Link] = []
        faulty = False
        for index, item in enumerate(raw):
            path = (field, index)
            try:
                role = item.get("sales_role") if isinstance(item, dict) else None
                links.append(
                    Link(
                        self._reference(scope, kind, item, path),
                        primary=isinstance(item, dict) and item.get("primary") is True,
                        sales_role=None
                        if role is None
                        else self._reference(scope, "sales_role", role, (*path, "sales_role")),
                        linked=not isinstance(item, dict) or item.get("linked") is not False,
                    )
                )
            except _Faulty:
                faulty = True
        if faulty:
            raise _Faulty
        if len(links) > 1:
            self._check_links(scope, links, field, twice)
        return tuple(links)

    @staticmethod
    def _check_links(scope: _Scope, links: Sequence[Link], field: str, twice: str) -> None:
        seen: dict[tuple[str, ...], int] = {}
        faulty = False
        for index, link in enumerate(links):
            first = seen.setdefault(identity_of(link.reference), index)
            if first != index:
                faulty = True
                scope.note(
                    twice,
                    (field, index),
                    f'"{link.reference}" is item {first + 1} and item {index + 1} of {field}.',
                    "delete one of them",
                    related=(scope.related((field, first), "first listed here"),),
                )
        primaries = [index for index, link in enumerate(links) if link.primary]
        for index in primaries[1:]:
            faulty = True
            scope.note(
                "two-primaries",
                (field, index),
                f'"{links[index].reference}" and "{links[primaries[0]].reference}" both say primary: true.',
                "leave primary: true to one of them",
                related=(scope.related((field, primaries[0]), "the first primary"),),
            )
        if faulty:
            raise _Faulty

    def _custom(self, scope: _Scope, raw: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, value in raw.items():
            if name == self.settings.key_field:
                scope.note(
                    "bad-value",
                    ("fields", name),
                    f"{name} is the key field of the project; syncer writes the key into it itself.",
                    "delete the line",
                    key=True,
                )
                continue
            items = value if isinstance(value, list) else (value,)
            bad = next(
                (item for item in items if isinstance(item, str) and _CONTROL_IN_TEXT.search(item)), None
            )
            if bad is not None:
                scope.note("bad-value", ("fields", name), f"{name} holds a control character.")
                continue
            if isinstance(value, list) and len(set(value)) < len(value):
                scope.note(
                    "bad-value", ("fields", name), f"{name} lists an option twice.", "delete one of them"
                )
                continue
            values[f"fields.{name}"] = list(value) if isinstance(value, list) else value
        return values

    def _lifecycle(
        self, scope: _Scope, written: Mapping[str, Any], bad: frozenset[str], under: _Defaults
    ) -> tuple[Existing | None, frozenset[str]]:
        raw = written.get("lifecycle")
        if raw is None or "lifecycle" in bad:
            return under.existing, under.ignore
        existing = Existing(raw["existing"]) if "existing" in raw else under.existing
        ignore = under.ignore
        if "ignore" in raw:
            ignore = frozenset(
                filter(None, (self._ignored(scope, *item) for item in enumerate(raw["ignore"])))
            )
        return existing, ignore

    @staticmethod
    def _ignored(scope: _Scope, index: int, name: str) -> str | None:
        if name in _REFERS:
            return name
        if name == "account":
            return "accounts"
        if name.startswith("fields.") and len(name) > len("fields."):
            return name
        meant = nearest(name, (*_ORDER, "account"))
        if name.startswith("cf_"):
            hint = f"write fields.{name}"
        elif meant:
            hint = f'did you mean "{meant}"?'
        else:
            hint = "fields are " + ", ".join(_ORDER) + " and fields.<custom field>"
        scope.note(
            "bad-value",
            ("lifecycle", "ignore", index),
            f"{shown(name)} is not a field of opportunities.",
            hint,
        )
        return None

    def _formerly(self, scope: _Scope, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for name, value in raw.items():
            path = ("formerly", name)
            try:
                if name == "key":
                    self._check_former_key(scope, value)
                    found[name] = value
                elif name == "name":
                    self._check_reference_text(scope, value, path)
                    found[name] = value
                elif name == "account" and value == "none":
                    found[name] = None
                else:
                    found[name] = self._reference(scope, name, value, path)
            except _Faulty:
                continue
        return found

    def _check_former_key(self, scope: _Scope, value: str) -> None:
        path: ValuePath = ("formerly", "key")
        if self.settings.key_field is None:
            scope.note(
                "bad-value",
                path,
                "formerly.key is the old key in the key field of the project, and there is no key field.",
                "delete the line: keys may be renamed freely then; or name the field (identity.key_field)",
            )
            raise _Faulty
        if value == scope.key:
            scope.note(
                "bad-value", path, "formerly.key is the key that the entry has now.", "delete the line"
            )
            raise _Faulty

    def _try(self, build: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return build(*arguments)
        except _Faulty:
            return None


def _distinct_from(entry: Mapping[str, Any], bad: frozenset[str]) -> frozenset[str]:
    lifecycle = _EMPTY if "lifecycle" in bad else entry.get("lifecycle") or _EMPTY
    return frozenset(identifier.lower() for identifier in lifecycle.get("distinct_from", ()))


def _failed_defaults(under: _Defaults) -> _Defaults:
    return _Defaults(under.values, under.currency, under.existing, under.ignore, frozenset(_ORDER))


def _says_not_primary(item: Any) -> bool:
    return isinstance(item, dict) and item.get("primary") is False


def _inline(item: Any) -> str:
    if isinstance(item, str):
        return f"{'email' if '@' in item else 'name'}: {quoted(item)}"
    return ", ".join(f"{name}: {quoted(str(value))}" for name, value in item.items() if name != "primary")


def identity_of(reference: Reference) -> tuple[str, ...]:
    """Return what makes two references as written the same record."""
    if reference.id:
        return ("id", reference.id)
    email = reference.email or (reference.text if reference.text and "@" in reference.text else None)
    name = reference.name or (reference.text if not email else None)
    return ("named", canon.email((email or "").strip()), (name or "").strip())


_Build = Callable[[Builder, _Scope, Any, Reference | None], Any]


def _plain_reference(name: str) -> _Build:
    def build(builder: Builder, scope: _Scope, raw: Any, _currency: Reference | None) -> Reference | None:
        return None if raw is None else builder._reference(scope, _REFERS[name], raw, (name,))  # noqa: SLF001

    return build


_BUILD: Final[dict[str, _Build]] = {
    "name": Builder._name,  # noqa: SLF001
    "closing_date": Builder._closing_date,  # noqa: SLF001
    "value": Builder._value,  # noqa: SLF001
    "account": Builder._account,  # noqa: SLF001
    "accounts": Builder._accounts,  # noqa: SLF001
    "contacts": Builder._contacts,  # noqa: SLF001
    "description": Builder._description,  # noqa: SLF001
    **{name: _plain_reference(name) for name in ("owner", "pipeline", "step", "unit", "type", "lead_source")},
}
_FIELD_OF: Final = {name: "accounts" if name == "account" else name for name in _BUILD}
# Few values of these, in many entries.
_REPEATED: Final = ("owner", "pipeline", "step", "closing_date", "account", "unit", "type", "lead_source")
