"""References → ids: what was declared, in the form it is compared and sent in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from syncer import canon
from syncer import human as people
from syncer.custom_fields import Value, custom_value
from syncer.directory import Directory, Entry
from syncer.errors import Problem, Related, ResolveError, Severity
from syncer.kinds import OPPORTUNITY, REFERENCES, Shape
from syncer.model import All, Declared, Link, Money, Reference, ResolvedReference, State
from syncer.span import ValuePath

LEAD_SOURCE_FIELDS: Final = ("lead_source_id", "lead_source")
_MOST_PLACES: Final = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """What finds the record of a declaration again, all resolved.

    Attributes:
        name: Canonical name.
        account: Id of the primary account; None for `account: none`.
        pipeline: Id of the pipeline.
        key: Value of the key field, when one is configured.
        id: `id:` of the manifest.
    """

    name: str | None = None
    account: str | None = None
    pipeline: str | None = None
    key: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Desired:
    """One declaration, resolved.

    Attributes:
        declared: What was written.
        identity: What finds its record.
        formerly: Its identity before a rename, if it says so.
        values: Canonical values by path (`owner`, `value`, `fields.cf_region`).
        human: The same values as people write them.
        wire: Custom fields as the API takes them, by api name.
        defaulted: Paths in `values` that are only used on create and not compared.
        notes: What a reviewer should know.
    """

    declared: Declared
    identity: Identity
    formerly: Identity | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    human: Mapping[str, Any] = field(default_factory=dict)
    wire: Mapping[str, Any] = field(default_factory=dict)
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
        fields: Api names of custom fields that are set.
        options: Any option is named: a lead source, or a custom field that may be a dropdown.
        links: Contacts are named, so the links between contacts and accounts are needed.
        all_contacts: `contacts: all` is used somewhere.
        rates: A currency is named, so rates may be needed.
    """

    references: Mapping[str, frozenset[Reference]]
    fields: frozenset[str]
    options: bool
    links: bool
    all_contacts: bool
    rates: bool


def wanted(declared: Sequence[Declared]) -> Wanted:
    """Collect what *declared* refers to."""
    found: dict[str, set[Reference]] = {kind: set() for kind in REFERENCES}
    custom: set[str] = set()
    all_contacts = False
    for entry in declared:
        for values in (entry.values, entry.formerly):
            for name, value in values.items():
                match value:
                    case Reference():
                        found[value.kind].add(value)
                    case Money():
                        if value.currency:
                            found["currency"].add(value.currency)
                    case All.CONTACTS:
                        all_contacts = True
                    case tuple():
                        for link in value:
                            found[link.reference.kind].add(link.reference)
                            if link.sales_role:
                                found["sales_role"].add(link.sales_role)
                    case _:
                        if name.startswith("fields."):
                            custom.add(name.removeprefix("fields."))
    return Wanted(
        references={kind: frozenset(references) for kind, references in found.items()},
        fields=frozenset(custom),
        options=bool(custom or found["option"]),
        links=all_contacts or bool(found["contact"]),
        all_contacts=all_contacts,
        rates=bool(found["currency"]),
    )


def resolve(
    declared: Sequence[Declared], directory: Directory, *, key_field: str | None = None
) -> Resolution:
    """Turn every reference into an id; report every one that cannot be, all at once.

    Args:
        declared: What the manifests say.
        directory: What the space knows.
        key_field: Api name of the field that holds our key, when one is configured.
    """
    resolver = _Resolver(directory, key_field)
    desired = [resolved for entry in declared if (resolved := resolver.entry(entry)) is not None]
    return Resolution(
        desired=tuple(desired),
        references=tuple(
            sorted(resolver.resolved.values(), key=lambda found: (found.kind, found.name, found.id))
        ),
        problems=tuple(resolver.problems()),
        unsure=frozenset(resolver.unsure),
    )


@dataclass(slots=True)
class _Fault:
    """One thing that is wrong, and every place where it was written."""

    problem: Problem
    places: list[Related] = field(default_factory=list)
    count: int = 1


class _UnresolvedError(Exception):
    """A value has a problem, which is already noted."""


class _Resolver:
    """Works through the declarations; remembers what it found, since 10,000 of them name few records."""

    def __init__(self, directory: Directory, key_field: str | None) -> None:
        self.directory = directory
        self.key_field = key_field
        self.unsure: set[str] = set()
        self.resolved: dict[tuple[str, str, str], ResolvedReference] = {}
        self._faults: dict[object, _Fault] = {}
        self._found: dict[tuple[Reference, str | None], Entry] = {}
        self._steps = _grouped(directory, "step", lambda entry: (entry.row.get("sort_order") or 0, entry.id))
        self._types = _grouped(
            directory, "type", lambda entry: (entry.row.get("is_published") is False, entry.id)
        )
        self._contacts_of: dict[str, list[str]] = {}
        for contact, accounts in directory.linked.items():
            for account in accounts:
                self._contacts_of.setdefault(account, []).append(contact)

    # --- problems ---------------------------------------------------------------------------------------

    def problems(self) -> Iterable[Problem]:
        for fault in self._faults.values():
            problem = fault.problem
            if fault.count > 1:
                more = fault.count - 1
                detail = f"{problem.detail} Written in {more} more place{'s' if more > 1 else ''}."
                yield replace(problem, detail=detail, related=tuple(fault.places))
            else:
                yield problem

    def fault(
        self,
        entry: Declared,
        path: ValuePath,
        code: str,
        detail: str,
        hint: str = "",
        same_as: object = None,
    ) -> _UnresolvedError:
        """Note a problem, once for everything that is *same_as* it; return what to raise."""
        span = entry.locator.span(path)
        key = (code, same_as if same_as is not None else (span, detail))
        known = self._faults.get(key)
        if known is None:
            self._faults[key] = _Fault(
                Problem(code, detail, span, entry.locator.excerpt(span), hint, address=entry.address)
            )
        elif known.problem.span != span:
            known.count += 1
            if len(known.places) < _MOST_PLACES:
                known.places.append(Related(span, "also here", entry.locator.excerpt(span)))
        return _UnresolvedError()

    # --- one declaration --------------------------------------------------------------------------------

    def entry(self, entry: Declared) -> Desired | None:
        values: dict[str, Any] = {}
        human: dict[str, Any] = {}
        wire: dict[str, Any] = {}
        defaulted: set[str] = set()
        notes: list[str] = []
        failed = False
        for name in _ORDER:
            if name in entry.values or name in {"step", "type"}:
                try:
                    self.field(entry, name, values, human, defaulted, notes)
                except _UnresolvedError:
                    failed = True
        for name in entry.values:
            if name.startswith("fields."):
                try:
                    values[name], human[name], wire[name.removeprefix("fields.")] = self.custom(entry, name)
                except _UnresolvedError:
                    failed = True
        if self.key_field and entry.state is State.PRESENT:
            path = f"fields.{self.key_field}"
            values[path] = human[path] = wire[self.key_field] = entry.key
        try:
            formerly = self.formerly(entry, values)
        except _UnresolvedError:
            failed = True
        if failed:
            return None
        return Desired(
            declared=entry,
            identity=self.identity(entry, values),
            formerly=formerly,
            values=values,
            human=human,
            wire=wire,
            defaulted=frozenset(defaulted),
            notes=tuple(notes),
        )

    def identity(self, entry: Declared, values: Mapping[str, Any]) -> Identity:
        return Identity(
            name=values.get("name"),
            account=primary(values.get("accounts")),
            pipeline=values.get("pipeline"),
            key=entry.key if self.key_field else None,
            id=entry.id,
        )

    def formerly(self, entry: Declared, values: Mapping[str, Any]) -> Identity | None:
        if not entry.formerly:
            return None
        now = self.identity(entry, values)
        old: dict[str, str | None] = {}
        for name, value in entry.formerly.items():
            path = ("formerly", name)
            match value:
                case Reference():
                    old[name] = self.reference(entry, path, value).id
                case tuple():
                    links = [self.reference(entry, path, link.reference).id for link in value if link.primary]
                    old["account"] = links[0] if links else None
                case None:
                    old[name] = None
                case _:
                    old[name] = canon.text(value)
        return Identity(
            name=old.get("name", now.name),
            account=old.get("account", now.account),
            pipeline=old.get("pipeline", now.pipeline),
        )

    def field(
        self,
        entry: Declared,
        name: str,
        values: dict[str, Any],
        human: dict[str, Any],
        defaulted: set[str],
        notes: list[str],
    ) -> None:
        spec = OPPORTUNITY.field(name)
        value = entry.values.get(name)
        if name == "step":
            self.step(entry, values, human, defaulted, notes)
        elif name == "type":
            self.type(entry, values, human, defaulted)
        elif name == "accounts":
            values[name], human[name] = self.accounts(entry, value or ())
        elif name == "contacts":
            values[name], human[name] = self.contacts(entry, value, values.get("accounts"))
        elif name == "lead_source":
            found = self.lead_source(entry, value) if value is not None else None
            values[name], human[name] = (found.id, str(value)) if found else (None, None)
        elif spec.shape is Shape.MONEY:
            values[name], human[name] = self.money(entry, value)
        elif spec.shape is Shape.REFERENCE:
            if name == "pipeline" and value is None:
                return
            found = self.reference(entry, (name,), value) if value is not None else None
            values[name], human[name] = (
                (found.id, self.written(value, found)) if found and value else (None, None)
            )
        elif spec.shape is Shape.DATE:
            values[name] = human[name] = value.isoformat() if isinstance(value, date) else None
        else:
            values[name] = human[name] = canon.text(value)

    def written(self, reference: Reference, found: Entry) -> str:
        """Return how people call what was found: as written, or its name when only an id was written."""
        if reference.text or reference.email or reference.name:
            return str(reference)
        return self.directory.written(reference.kind, found.id)

    def note(self, reference: Reference, found: Entry) -> Entry:
        label = self.directory.label(reference.kind, found.id)
        key = (reference.kind, str(reference), found.id)
        self.resolved.setdefault(key, ResolvedReference(reference.kind, str(reference), found.id, label))
        return found

    def reference(
        self,
        entry: Declared,
        path: ValuePath,
        reference: Reference,
        *,
        within: str | None = None,
        place: str = "",
    ) -> Entry:
        """Return the one record that is meant; note a problem otherwise."""
        known = self._found.get((reference, within))
        if known is not None:
            return known
        candidates = self.directory.find(reference.kind, reference)
        if within is not None:
            candidates = [found for found in candidates if found.within == within]
        alive = [found for found in candidates if not found.deleted]
        if len(alive) == 1:
            self._found[reference, within] = alive[0]
            return self.note(reference, alive[0])
        same = (reference, within)
        if alive:
            raise self.ambiguous(entry, path, reference, alive, same)
        if candidates:
            raise self.deleted(entry, path, reference, candidates[0], same)
        raise self.unknown(entry, path, reference, within, place, same)

    def unknown(
        self,
        entry: Declared,
        path: ValuePath,
        reference: Reference,
        within: str | None,
        place: str,
        same: object,
    ) -> _UnresolvedError:
        kind = REFERENCES[reference.kind]
        if reference.kind in self.directory.incomplete:
            self.unsure.add(reference.kind)
        near = self.directory.near(reference.kind, reference, within)
        if near:
            hint = "did you mean " + " or ".join(f'"{name}"' for name in near) + "?"
        else:
            known = [
                (found.names or found.emails or (found.id,))[0]
                for found in self.directory.all(reference.kind)
                if (within is None or found.within == within) and not found.deleted
            ]
            hint = ""
            if known and reference.kind not in self.directory.incomplete:
                shown = ", ".join(f'"{name}"' for name in known[:10])
                hint = (
                    f"there {'is' if len(known) == 1 else 'are'}: {shown}{', …' if len(known) > 10 else ''}"
                )
        return self.fault(
            entry,
            path,
            "reference-unknown",
            f"No {kind.noun} {_described(kind.name, reference)}{place}.",
            hint,
            same,
        )

    def ambiguous(
        self, entry: Declared, path: ValuePath, reference: Reference, found: Sequence[Entry], same: object
    ) -> _UnresolvedError:
        kind = REFERENCES[reference.kind]
        lines = [
            f"{{id: {candidate.id}}}  # {self.told_apart(reference.kind, candidate)}"
            for candidate in found[:10]
        ]
        more = f"\n… and {len(found) - 10} more" if len(found) > 10 else ""
        return self.fault(
            entry,
            path,
            "reference-ambiguous",
            f"{len(found)} {kind.noun}s match: {_described(kind.name, reference)}.",
            "write one of these instead:\n" + "\n".join(lines) + more,
            same,
        )

    def told_apart(self, kind: str, candidate: Entry) -> str:
        parts = []
        for key in REFERENCES[kind].told_apart_by:
            value = candidate.row.get(key)
            if value in {None, ""} if not isinstance(value, list | dict) else True:
                continue
            parts.append(str(value) if isinstance(value, str) else f"{key} {value}")
        if kind == "contact":
            accounts = sorted(
                self.directory.label("account", account)
                for account in self.directory.linked.get(candidate.id, ())
            )
            parts.append(
                f"linked to {', '.join(accounts)}" if accounts else "linked to no account named here"
            )
        return ", ".join(parts) or self.directory.label(kind, candidate.id)

    def deleted(
        self, entry: Declared, path: ValuePath, reference: Reference, found: Entry, same: object
    ) -> _UnresolvedError:
        label = self.directory.label(reference.kind, found.id)
        return self.fault(
            entry,
            path,
            "owner-deleted" if reference.kind == "owner" else "reference-unknown",
            f'{label} ("{reference}") is deleted in this space.',
            "name another one, or restore the record in Pipeliner",
            same,
        )

    # --- single fields ----------------------------------------------------------------------------------

    def step(
        self,
        entry: Declared,
        values: dict[str, Any],
        human: dict[str, Any],
        defaulted: set[str],
        notes: list[str],
    ) -> None:
        written = entry.values.get("step")
        pipeline = values.get("pipeline")
        if "pipeline" in entry.values and pipeline is None:
            raise _UnresolvedError  # its own problem is noted already
        if written is None:
            if pipeline is None:
                return
            steps = self._steps.get(pipeline)
            if not steps:
                raise self.fault(
                    entry,
                    ("pipeline",),
                    "pipeline-empty",
                    f"The pipeline {self.directory.label('pipeline', pipeline)} has no steps.",
                    same_as=("steps", pipeline),
                )
            found = steps[0]
            defaulted.add("step")
        else:
            found = self.step_of(entry, written, pipeline)
            if found.within is not None and pipeline is None:
                values["pipeline"] = found.within
                human["pipeline"] = self.directory.written("pipeline", found.within)
        values["step"], human["step"] = found.id, self.directory.label("step", found.id)
        if found.within and self._steps[found.within][-1].id == found.id and written is not None:
            notes.append("won")

    def step_of(self, entry: Declared, written: Reference, pipeline: str | None) -> Entry:
        candidates = self.directory.find("step", written)
        inside = [found for found in candidates if found.within == pipeline or pipeline is None]
        if candidates and not inside and pipeline is not None:
            names = ", ".join(
                f'"{self.directory.label("step", step.id)}"' for step in self._steps.get(pipeline, ())
            )
            others = ", ".join(
                sorted({f'"{self.directory.label("pipeline", found.within)}"' for found in candidates})
            )
            raise self.fault(
                entry,
                ("step",),
                "step-of-other-pipeline",
                f'The step "{written}" belongs to {others}, not to '
                f'"{self.directory.label("pipeline", pipeline)}".',
                f"steps of that pipeline: {names}",
                (written, pipeline),
            )
        place = f' in the pipeline "{self.directory.label("pipeline", pipeline)}"' if pipeline else ""
        return self.reference(entry, ("step",), written, within=pipeline, place=place)

    def type(
        self, entry: Declared, values: dict[str, Any], human: dict[str, Any], defaulted: set[str]
    ) -> None:
        pipeline = values.get("pipeline")
        written = entry.values.get("type")
        if pipeline is None:
            if written is not None:
                raise _UnresolvedError
            return
        if written is None:
            types = self._types.get(pipeline, ())
            usable = [found for found in types if found.row.get("is_published") is not False]
            if not usable:
                raise self.fault(
                    entry,
                    ("pipeline",),
                    "pipeline-empty",
                    f"The pipeline {self.directory.label('pipeline', pipeline)} has no published type.",
                    same_as=("types", pipeline),
                )
            values["type"], human["type"] = usable[0].id, self.directory.label("type", usable[0].id)
            defaulted.add("type")
            return
        candidates = self.directory.find("type", written)
        inside = [found for found in candidates if found.within == pipeline]
        label = self.directory.label("pipeline", pipeline)
        if candidates and not inside:
            raise self.fault(
                entry,
                ("type",),
                "type-of-other-pipeline",
                f'The type "{written}" belongs to another pipeline than "{label}".',
                same_as=(written, pipeline),
            )
        found = self.reference(
            entry, ("type",), written, within=pipeline, place=f' in the pipeline "{label}"'
        )
        if found.row.get("is_published") is False:
            raise self.fault(
                entry,
                ("type",),
                "type-unpublished",
                f'The type "{written}" of "{label}" is only a draft.',
                "publish it in Pipeliner's administration, or name another type",
                (written, pipeline),
            )
        values["type"], human["type"] = found.id, self.directory.label("type", found.id)

    def money(self, entry: Declared, value: Money | None) -> tuple[Any, Any]:
        if value is None:
            return None, None
        base = self.directory.base_currency
        if value.currency is None:
            if base is None:
                raise self.fault(
                    entry,
                    ("value",),
                    "reference-unknown",
                    "The space names no base currency, so an amount without a currency means nothing.",
                    "write the currency, such as `100 USD`",
                    "base currency",
                )
            currency, code = base, self.directory.written("currency", base)
        else:
            found = self.reference(entry, ("value",), value.currency)
            currency, code = found.id, self.directory.written("currency", found.id)
        rate = Decimal(1) if currency == base else self.directory.rates.get(currency)
        if rate is None:
            raise self.fault(
                entry,
                ("value",),
                "currency-without-rate",
                f"{code} has no exchange rate in force, so the amount cannot be told in the base currency.",
                "an administrator can add a rate in Pipeliner, or write the value in another currency",
                ("rate", currency),
            )
        amount = canon.number(value.amount)
        in_base = (value.amount / rate).quantize(canon.MONEY_DECIMALS, ROUND_HALF_EVEN)
        canonical = {
            "amount": amount,
            "currency": currency,
            "base": canon.number(value.amount if currency == base else in_base),
            "rate": canon.number(rate) if currency != base else None,
        }
        return canonical, {"amount": people.amount(amount), "currency": code}

    def lead_source(self, entry: Declared, value: Reference) -> Entry:
        field_ = next(
            (found for name in LEAD_SOURCE_FIELDS if (found := self.directory.fields.get(name))), None
        )
        return self.reference(
            entry,
            ("lead_source",),
            value,
            within=field_.data_set if field_ and value.id is None else None,
            place=" among the lead sources",
        )

    def custom(self, entry: Declared, name: str) -> Value:
        """Return the value of a custom field in its three forms."""

        def fault(code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
            return self.fault(entry, ("fields", name.removeprefix("fields.")), code, detail, hint, same_as)

        def option(text: str, data_set: str, index: int | None) -> Entry:
            path: ValuePath = ("fields", name.removeprefix("fields."))
            reference = Reference("option", text=text)
            return self.reference(
                entry,
                path if index is None else (*path, index),
                reference,
                within=data_set,
                place=f" in {name.removeprefix('fields.')}",
            )

        return custom_value(
            self.directory.fields, name.removeprefix("fields."), entry.values[name], fault, option
        )

    # --- links ------------------------------------------------------------------------------------------

    def accounts(self, entry: Declared, links: Sequence[Link]) -> tuple[Any, Any]:
        canonical: dict[str, Any] = {}
        human = []
        failed = False
        for index, link in enumerate(links):
            path: ValuePath = ("accounts", index)
            try:
                found = self.reference(entry, path, link.reference)
            except _UnresolvedError:
                failed = True
                continue
            if found.id in canonical:
                self.fault(
                    entry,
                    path,
                    "account-listed-twice",
                    f'"{link.reference}" is the same account as another one listed here: '
                    f"{self.directory.label('account', found.id)}.",
                )
                failed = True
            canonical[found.id] = {"primary": link.primary}
            human.append({"account": self.written(link.reference, found), "primary": link.primary})
        if failed:
            raise _UnresolvedError
        return canonical, human

    def contacts(self, entry: Declared, links: Any, accounts: Mapping[str, Any] | None) -> tuple[Any, Any]:
        if accounts is None and "accounts" in entry.values:
            raise _UnresolvedError
        around = frozenset(accounts or ())
        if links is All.CONTACTS:
            return self.all_contacts(around)
        canonical: dict[str, Any] = {}
        human = []
        failed = False
        for index, link in enumerate(links or ()):
            path: ValuePath = ("contacts", index)
            try:
                found = self.contact(entry, path, link, around)
                role = (
                    self.reference(entry, (*path, "sales_role"), link.sales_role) if link.sales_role else None
                )
            except _UnresolvedError:
                failed = True
                continue
            if found.id in canonical:
                self.fault(
                    entry,
                    path,
                    "contact-twice",
                    f'"{link.reference}" is the same contact as another one listed here: '
                    f"{self.directory.label('contact', found.id)}.",
                )
                failed = True
            canonical[found.id] = {"primary": link.primary} | ({"roles": [role.id]} if role else {})
            shown: dict[str, Any] = {
                "contact": self.written(link.reference, found),
                "primary": link.primary,
            }
            if role is not None:
                shown["sales_role"] = self.directory.label("sales_role", role.id)
            human.append(shown)
        if failed:
            raise _UnresolvedError
        return canonical, human

    def all_contacts(self, accounts: frozenset[str]) -> tuple[Any, Any]:
        """Return every contact linked to *accounts*.

        The first by e-mail becomes primary on create; afterwards the CRM says which one is.
        """
        ids = {contact for account in accounts for contact in self._contacts_of.get(account, ())}
        known = [id_ for id_ in ids if self.directory.get("contact", id_) is not None]
        known.sort(key=lambda id_: (self.directory.written("contact", id_), id_))
        canonical: dict[str, Any] = {id_: {} for id_ in known}
        human = [
            {"contact": self.directory.written("contact", id_), "primary": index == 0}
            for index, id_ in enumerate(known)
        ]
        return canonical, human

    def contact(self, entry: Declared, path: ValuePath, link: Link, accounts: frozenset[str]) -> Entry:
        """Return the contact that is meant: those linked to the accounts come first."""
        reference = link.reference
        candidates = self.directory.find("contact", reference)
        near = [found for found in candidates if self.directory.linked.get(found.id, frozenset()) & accounts]
        same = (reference, accounts)
        if len(near) == 1:
            return self.note(reference, near[0])
        if near:
            raise self.ambiguous(entry, path, reference, near, same)
        if not candidates:
            raise self.unknown(entry, path, reference, None, "", same)
        if link.linked and accounts:
            names = " or ".join(sorted(f'"{self.directory.label("account", id_)}"' for id_ in accounts))
            who = self.directory.label("contact", candidates[0].id)
            raise self.fault(
                entry,
                path,
                "contact-not-linked",
                f"{who} ({reference}) is not linked to {names}.",
                "link the contact to the account in Pipeliner, or say it on purpose: "
                f"{{email: {reference.email or reference.text or '…'}, linked: false}}",
                same,
            )
        if len(candidates) > 1:
            raise self.ambiguous(entry, path, reference, candidates, same)
        return self.note(reference, candidates[0])


_ORDER: Final = tuple(spec.name for spec in OPPORTUNITY.fields)


def primary(links: Mapping[str, Mapping[str, Any]] | None) -> str | None:
    """Return the id of the primary record among canonical links."""
    return next((id_ for id_, link in (links or {}).items() if link.get("primary")), None)


def _grouped(directory: Directory, kind: str, order: Callable[[Entry], Any]) -> dict[str, list[Entry]]:
    """Return the records of *kind* by the record they belong to, in *order*."""
    groups: dict[str, list[Entry]] = {}
    for entry in directory.all(kind):
        if entry.within and not entry.deleted:
            groups.setdefault(entry.within, []).append(entry)
    for entries in groups.values():
        entries.sort(key=order)
    return groups


def _described(kind: str, reference: Reference) -> str:
    if reference.id is not None:
        return f"has the id {reference.id}"
    if reference.email is not None and reference.name is not None:
        return f'has the e-mail "{reference.email}" and the name "{reference.name}"'
    if reference.email is not None:
        return f'has the e-mail "{reference.email}"'
    if reference.name is not None:
        return f'is called "{reference.name}"'
    if kind in {"owner", "contact"}:
        return f'has the e-mail "{reference.text}"'
    if kind == "currency":
        return f'has the code "{reference.text}"'
    if kind == "account" and "@" in (reference.text or ""):
        return f'has the e-mail "{reference.text}"'
    return f'is called "{reference.text}"'
