"""What the space knows by name: the other side of every reference, read once, asked many times."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import SequenceMatcher, get_close_matches
from typing import Any, Final

from syncer.kinds.references import REFERENCES, ReferenceKind
from syncer.model.address import Address
from syncer.model.declared import Reference
from syncer.model.names import CustomField, Entry
from syncer.model.pending import is_pending
from syncer.shapes import canon

_MOST_SEARCHES: Final = 200
_NO_FIELDS: Final[Mapping[str, CustomField]] = {}


_NEAR: Final = 0.6  # as difflib has it


_MUCH_LESS: Final = 0.1  # below the nearest: `tina@…` is no guess for `dnaa@…`


_LABELS: Final[dict[str, tuple[str, ...]]] = {
    "owner": ("name", "email"),
    "contact": ("formatted_name",),
    "account": ("name",),
}


@dataclass(slots=True)
class Directory:
    """Every record that the manifests may refer to, by kind.

    Attributes:
        fields: Fields of each declared kind by api name: those of the service, and those of the space.
        base_currency: Id of the base currency; None when the service names none.
        rates: Rate in force by currency id, foreign = base * rate.
        rates_from: The day from which a currency without a rate in force has one, by currency id.
        prices: What price lists say, by product and currency, by list.
        linked: Ids of the accounts a contact is linked to, by contact id.
        incomplete: Kinds of which only what was asked for is known, not everything.
        left_out: What is declared and not there yet, and no plan of this run creates.
    """

    fields: Mapping[str, Mapping[str, CustomField]] = field(default_factory=dict)
    base_currency: str | None = None
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    rates_from: Mapping[str, str] = field(default_factory=dict)
    prices: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    linked: Mapping[str, frozenset[str]] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    left_out: set[Address] = field(default_factory=set)
    _by_id: dict[str, dict[str, Entry]] = field(default_factory=dict)
    _by_name: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    _by_email: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    _declared: dict[str, dict[str, str]] = field(default_factory=dict)
    _absent: dict[str, dict[str, Entry]] = field(default_factory=dict)
    _pending: dict[str, dict[str, list[Entry]]] = field(default_factory=dict)
    _spelt: dict[tuple[str, str | None], dict[str, str]] = field(default_factory=dict)
    _searches: int = 0

    def add(self, kind: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take in wire rows of *kind*; a row already known stays as it is."""
        spec = REFERENCES[kind]
        by_id = self._by_id.setdefault(kind, {})
        by_name = self._by_name.setdefault(kind, {})
        by_email = self._by_email.setdefault(kind, {})
        self._spelt.clear()
        for row in rows:
            if row["id"] in by_id:
                continue
            entry = _entry(spec, row)
            by_id[entry.id] = entry
            for name in entry.names:
                by_name.setdefault(name, []).append(entry)
            for email in entry.emails:
                by_email.setdefault(email, []).append(entry)

    def declare(self, kind: str, key: str, entry: Entry) -> None:
        """Take in what the manifests declare under *key*: a record that is there, or a pending one.

        A pending one is found by its names and e-mails where no record of the space has them.
        """
        self._declared.setdefault(kind, {})[key] = entry.id
        known = self._by_id.setdefault(kind, {}).setdefault(entry.id, entry)
        if is_pending(entry.id):
            self._spelt.clear()
            pending = self._pending.setdefault(kind, {})
            for name in (*entry.names, *entry.emails):
                pending.setdefault(name, []).append(known)

    def declare_absent(self, kind: str, key: str, entry: Entry) -> None:
        """Take in what the manifests declare under *key* as what shall not be there."""
        self._absent.setdefault(kind, {})[key] = self._by_id.setdefault(kind, {}).setdefault(entry.id, entry)

    def absent(self, reference: Reference) -> Entry | None:
        """Return what shall not be there and has the key that *reference* says, if any does."""
        return self._absent.get(reference.kind, {}).get(reference.ref or "")

    def declared(self, kind: str) -> Mapping[str, str]:
        """Return the ids of the declared records of *kind* by their keys, pending ones by their address."""
        return self._declared.get(kind, {})

    def fields_of(self, kind: str) -> Mapping[str, CustomField]:
        """Return the fields of a declared *kind* by api name, as far as they were read."""
        return self.fields.get(kind, _NO_FIELDS)

    def get(self, kind: str, id_: str | None) -> Entry | None:
        """Return the record with this id, if it is known."""
        return self._by_id.get(kind, {}).get(id_) if id_ else None

    def all(self, kind: str) -> Sequence[Entry]:
        """Return every known record of *kind*, by id."""
        return sorted(self._by_id.get(kind, {}).values(), key=lambda entry: entry.id)

    def steps(self, pipeline: str) -> Sequence[Entry]:
        """Return the steps of a pipeline in their order: the first is where deals begin, the last means won.

        Source: OAS Step.sort_order.
        """
        found = [step for step in self.all("step") if step.within == pipeline and not step.deleted]
        return sorted(found, key=lambda step: (step.row.get("sort_order") or 0, step.id))

    def last_steps(self, pipelines: Iterable[str]) -> dict[str, str]:
        """Return the step that means won, by pipeline."""
        found = ((pipeline, self.steps(pipeline)) for pipeline in sorted({*pipelines}))
        return {pipeline: ordered[-1].id for pipeline, ordered in found if ordered}

    def find(self, kind: str, reference: Reference) -> list[Entry]:
        """Return every record that *reference* can mean: none, one, or an ambiguous many."""
        if reference.id is not None:
            found = self.get(kind, reference.id)
            return [found] if found else []
        if reference.ref is not None:
            found = self.get(kind, self.declared(kind).get(reference.ref))
            return [found] if found else []
        if reference.code is not None:
            code = canon.text(reference.code) or ""
            known = self._by_name.get(kind, {}).get(code, ())
            return [
                entry for entry in known if canon.text(entry.row.get(REFERENCES[kind].code or "")) == code
            ]
        return self._there(kind, reference) or self._not_yet(kind, reference)

    def _not_yet(self, kind: str, reference: Reference) -> list[Entry]:
        """Return the pending records that *reference* can mean."""
        pending = self._pending.get(kind)
        if not pending:
            return []
        texts = [text for text in (reference.text, reference.email, reference.name) if text is not None]
        found = [
            [*pending.get(canon.email(text.strip()), ()), *pending.get(canon.text(text) or "", ())]
            for text in texts
        ]
        first, *rest = map(_unique, found)
        return [entry for entry in first if all(entry in others for others in rest)]

    def _there(self, kind: str, reference: Reference) -> list[Entry]:
        """Return the records of the space that *reference* can mean by a name or an e-mail."""
        if reference.text is not None:
            key = canon.text(reference.text) or ""
            return _unique(
                [
                    *self._by_email.get(kind, {}).get(canon.email(reference.text.strip()), ()),
                    *self._by_name.get(kind, {}).get(key, ()),
                ]
            )
        found_by: list[list[Entry]] = []
        if reference.email is not None:
            found_by.append(self._by_email.get(kind, {}).get(canon.email(reference.email.strip()), []))
        if reference.name is not None:
            found_by.append(self._by_name.get(kind, {}).get(canon.text(reference.name) or "", []))
        first, *rest = found_by
        return [entry for entry in first if all(entry in others for others in rest)]

    def label(self, kind: str, id_: str | None) -> str:
        """Return what people call a record: a user's or contact's name, a step's name; the id if unknown."""
        entry = self.get(kind, id_)
        if entry is None:
            return id_ or ""
        for key in _LABELS.get(kind, ()):
            if found := canon.text(entry.row.get(key)):
                return found
        return (entry.names or entry.emails or (entry.id,))[0]

    def written(self, kind: str, id_: str | None) -> str:
        """Return how a manifest would name a record, for values that were observed; the id if unknown."""
        entry = self.get(kind, id_)
        if entry is None:
            return id_ or ""
        return (entry.emails or entry.names or (entry.id,))[0]

    def near(self, kind: str, reference: Reference, within: str | None = None) -> list[str]:
        """Return the names nearest to what was written, best first.

        Searching costs a look at every name, so it ends after some hundred searches: nobody reads more.
        """
        self._searches += 1
        if self._searches > _MOST_SEARCHES:
            return []
        known = self._spelt.get((kind, within))
        if known is None:
            known = self._spelt[kind, within] = {}
            for entry in self.all(kind):
                if not entry.deleted and (within is None or entry.within == within):
                    for name in (*entry.names, *entry.emails):
                        known.setdefault(name.casefold(), name)
                    # People are named by their e-mail; who wrote a name is told it.
                    label = self.label(kind, entry.id)
                    known.setdefault(label.casefold(), self.written(kind, entry.id))
        written = str(reference).strip().casefold()
        found = get_close_matches(written, known, n=3, cutoff=_NEAR)
        alike = [SequenceMatcher(None, name, written).ratio() for name in found]
        near = [
            known[name] for name, ratio in zip(found, alike, strict=True) if ratio > alike[0] - _MUCH_LESS
        ]
        return list(dict.fromkeys(near))


def _unique(entries: list[Entry]) -> list[Entry]:
    if len(entries) < 2:
        return entries
    return list({entry.id: entry for entry in entries}.values())


def _entry(spec: ReferenceKind, row: Mapping[str, Any]) -> Entry:
    names = dict.fromkeys(name for key in spec.keys if (name := canon.text(row.get(key))))
    emails = dict.fromkeys(canon.email(email) for key in spec.emails if (email := row.get(key)))
    within = row.get(spec.within) if spec.within else None
    return Entry(row["id"], tuple(names), tuple(emails), within, row)
