"""Single fields: what was written → the value in its forms."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, NamedTuple

from syncer.kinds.registry import MAIN
from syncer.model.declared import Declared, Money, Reference
from syncer.model.names import Entry
from syncer.model.span import ValuePath
from syncer.resolve.custom import custom_value
from syncer.resolve.directory import Directory
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.references import References, listed
from syncer.resolve.values import LEAD_SOURCE_FIELDS
from syncer.shapes import canon
from syncer.shapes.base import Shape
from syncer.shapes.currencies import too_fine
from syncer.shapes.date import DATE
from syncer.shapes.money import MONEY
from syncer.shapes.money import amount as amount_shown
from syncer.shapes.reference import REFERENCE
from syncer.shapes.text import LINE, TEXT


class _Currency(NamedTuple):
    """A currency amounts are in: its id and code, and its rate unless it is the base currency."""

    id: str
    code: str
    rate: Decimal | None
    written_rate: str | None


class Fields:
    """Resolves every field but the links.

    Attributes:
        resolvers: By field name what resolves it into a draft; each raises UnresolvedError when it has a
            problem, which is noted.
    """

    def __init__(self, directory: Directory, references: References, faults: Faults) -> None:
        self.directory = directory
        self.references = references
        self.faults = faults
        self._steps = {found.id: directory.steps(found.id) for found in directory.all("pipeline")}
        self._types = _grouped(directory, "type", lambda entry: (not _published(entry), entry.id))
        own = {
            "pipeline": self.pipeline,
            "step": self.step,
            "type": self.type,
            "lead_source": self.lead_source,
        }
        self.resolvers: dict[str, Callable[[Draft], None]] = {
            spec.name: own.get(spec.name) or partial(_BY_SHAPE[spec.shape], self, name=spec.name)
            for spec in MAIN.fields
            if spec.link is None
        }
        self._currencies: dict[Reference | None, _Currency] = {}

    def text(self, draft: Draft, name: str) -> None:
        """Set what stays as it was written."""
        plain = canon.text(draft.written[name])
        draft.values[name] = draft.human[name] = plain

    def date(self, draft: Draft, name: str) -> None:
        """Set a date."""
        value = draft.written[name]
        draft.values[name] = draft.human[name] = value and value.isoformat()

    def reference(self, draft: Draft, name: str) -> None:
        """Resolve a name of one record, or None."""
        self._reference(draft, name, draft.written[name])

    def value(self, draft: Draft, name: str) -> None:
        """Resolve an amount with its currency."""
        draft.values[name], draft.human[name] = self.money(draft.entry, draft.written[name])

    def _reference(self, draft: Draft, name: str, value: Reference | None) -> None:
        if value is None:
            draft.set(name, None, None)
            return
        found = self.references.one(draft.entry, (name,), value)
        draft.set(name, found.id, self.references.written(value, found))

    def pipeline(self, draft: Draft) -> None:
        """Resolve the pipeline, when one is written; otherwise the step may say it."""
        if (value := draft.written.get("pipeline")) is not None:
            self._reference(draft, "pipeline", value)

    def step(self, draft: Draft) -> None:
        """Resolve the step within the pipeline; left out, it is the first, and only for a create."""
        written = draft.written.get("step")
        pipeline = draft.values.get("pipeline")
        if "pipeline" in draft.failed:
            # Its own problem is noted already; of the step it can only be said whether there is such a one.
            if written is not None and not self.directory.find("step", written):
                self.references.one(draft.entry, ("step",), written)
            raise UnresolvedError
        if written is None:
            if pipeline is None:
                return
            steps = self._steps.get(pipeline)
            if not steps:
                raise self._empty(draft.entry, pipeline, "step")
            found = steps[0]
            draft.defaulted.add("step")
        else:
            found = self._step_of(draft.entry, written, pipeline)
            if found.within is not None and pipeline is None:
                draft.set("pipeline", found.within, self.directory.written("pipeline", found.within))
        draft.set("step", found.id, self.directory.label("step", found.id))
        around = self._steps.get(found.within or "", ())
        draft.won = bool(around) and around[-1].id == found.id

    def _step_of(self, entry: Declared, written: Reference, pipeline: str | None) -> Entry:
        if pipeline is None:
            return self.references.one(entry, ("step",), written)
        if known := self.references.found(written, pipeline):
            return known
        candidates = [found for found in self.directory.find("step", written) if not found.deleted]
        here = self.directory.label("pipeline", pipeline)
        if candidates and all(found.within != pipeline for found in candidates):
            raise self.faults.note(
                entry,
                ("step",),
                "step-of-other-pipeline",
                f'The step "{self.references.written(written, candidates[0])}" belongs to '
                f'{self._homes(candidates)}, not to "{here}".',
                f'steps of "{here}": {self._names("step", self._steps.get(pipeline, ()))}',
                (written, pipeline),
            )
        return self.references.one(
            entry, ("step",), written, within=pipeline, noun=f'step of the pipeline "{here}"'
        )

    def _homes(self, entries: Sequence[Entry]) -> str:
        return " and ".join(
            sorted(
                {f'"{self.directory.label("pipeline", entry.within)}"' for entry in entries if entry.within}
            )
            or ["no pipeline"]
        )

    def _names(self, kind: str, entries: Sequence[Entry]) -> str:
        return listed(self.directory.label(kind, entry.id) for entry in entries) or "none"

    def _empty(self, entry: Declared, pipeline: str, what: str) -> UnresolvedError:
        return self.faults.note(
            entry,
            ("pipeline",),
            "pipeline-empty",
            f'The pipeline "{self.directory.label("pipeline", pipeline)}" has no {what}.',
            f"an administrator can add a {what} in Pipeliner, or name another pipeline",
            (what, pipeline),
        )

    def type(self, draft: Draft) -> None:
        """Resolve the type within the pipeline; left out, it is the first published one, for a create."""
        pipeline = draft.values.get("pipeline")
        written = draft.written.get("type")
        if pipeline is None:
            if written is None:
                return
            if "pipeline" in draft.failed and self.directory.find("type", written):
                raise UnresolvedError  # which of them is meant depends on the pipeline
            self._reference(draft, "type", written)
            return
        types = self._types.get(pipeline, ())
        if written is None:
            if not types or not _published(types[0]):
                raise self._empty(draft.entry, pipeline, "published type")
            draft.defaulted.add("type")
            draft.set("type", types[0].id, self.directory.label("type", types[0].id))
            return
        here = self.directory.label("pipeline", pipeline)
        candidates = [found for found in self.directory.find("type", written) if not found.deleted]
        if candidates and all(found.within != pipeline for found in candidates):
            raise self.faults.note(
                draft.entry,
                ("type",),
                "type-of-other-pipeline",
                f'The type "{self.references.written(written, candidates[0])}" belongs to '
                f'{self._homes(candidates)}, not to "{here}".',
                f'types of "{here}": {self._names("type", types)}',
                (written, pipeline),
            )
        found = self.references.one(
            draft.entry, ("type",), written, within=pipeline, noun=f'type of the pipeline "{here}"'
        )
        if not _published(found):
            raise self.faults.note(
                draft.entry,
                ("type",),
                "type-unpublished",
                f'The type "{self.references.written(written, found)}" of "{here}" is still a draft.',
                "have it published in Pipeliner's administration, or name another type",
                (written, pipeline),
            )
        draft.set("type", found.id, self.directory.label("type", found.id))

    def money(self, entry: Declared, value: Money | None) -> tuple[Any, Any]:
        """Return a value in both forms; in a foreign currency its base amount is at the rate in force."""
        if value is None:
            return None, None
        known = self._currencies.get(value.currency)
        if known is None:
            known = self._currencies[value.currency] = self._currency(entry, value.currency)
        if (found := too_fine(value.amount, known.code)) is not None:
            # In the base currency, or in one that is written by its id.
            raise self.faults.note(entry, ("value", "amount"), "bad-amount", *found)
        amount = canon.number(value.amount)
        human = {"amount": amount_shown(amount, known.code), "currency": known.code}
        base = amount if known.rate is None else canon.number(canon.in_base(value.amount, known.rate))
        return {"amount": amount, "currency": known.id, "base": base, "rate": known.written_rate}, human

    def _currency(self, entry: Declared, written: Reference | None) -> _Currency:
        base = self.directory.base_currency
        if written is not None:
            currency = self.references.one(entry, ("value", "currency"), written).id
        elif base is not None:
            currency = base
        else:
            raise self.faults.note(
                entry,
                ("value",),
                "reference-unknown",
                "The space names no base currency, so an amount alone does not say what it is in.",
                "write the currency too, such as 100 USD",
                "base currency",
            )
        code = self.directory.written("currency", currency)
        if currency == base:
            return _Currency(currency, code, None, None)
        rate = self.directory.rates.get(currency)
        if rate is None:
            later = self.directory.rates_from.get(currency)
            starts = f"; its next one starts on {later}" if later else ""
            raise self.faults.note(
                entry,
                ("value", "currency"),
                "currency-without-rate",
                f"{code} has no exchange rate in force{starts}.",
                "an administrator can add a rate in Pipeliner, or write the value in another currency",
                ("rate", currency),
            )
        return _Currency(currency, code, rate, canon.number(rate))

    def lead_source(self, draft: Draft) -> None:
        """Resolve the lead source among the options of its field."""
        value: Reference | None = draft.written["lead_source"]
        if value is None:
            draft.set("lead_source", None, None)
            return
        known = (self.directory.fields.get(name) for name in LEAD_SOURCE_FIELDS)
        data_set = next((spec.data_set for spec in known if spec and spec.data_set), None)
        found = self.references.one(
            draft.entry,
            ("lead_source",),
            value,
            within=data_set if value.id is None else None,
            noun="lead source",
        )
        draft.set("lead_source", found.id, self.references.written(value, found))

    def custom(self, draft: Draft, path: str) -> None:
        """Resolve a custom field, `fields.<api name>`."""
        name = path.removeprefix("fields.")
        place: ValuePath = ("fields", name)

        def fault(code: str, detail: str, hint: str = "", same_as: object = None) -> Exception:
            return self.faults.note(draft.entry, place, code, detail, hint, same_as)

        def option(text: str, data_set: str, index: int | None) -> Entry:
            return self.references.one(
                draft.entry,
                place if index is None else (*place, index),
                Reference("option", text=text),
                within=data_set,
                noun=f"option of {name}",
            )

        draft.values[path], draft.human[path], draft.wire[name] = custom_value(
            self.directory.fields, name, draft.written[path], fault, option
        )


def _published(entry: Entry) -> bool:
    return entry.row.get("is_published") is not False


def _grouped(directory: Directory, kind: str, order: Callable[[Entry], Any]) -> dict[str, list[Entry]]:
    """Return the records of *kind* by the record they belong to, in *order*."""
    groups: dict[str, list[Entry]] = {}
    for entry in directory.all(kind):
        if entry.within and not entry.deleted:
            groups.setdefault(entry.within, []).append(entry)
    for entries in groups.values():
        entries.sort(key=order)
    return groups


_BY_SHAPE: Final[dict[Shape, Callable[..., None]]] = {
    LINE: Fields.text,
    TEXT: Fields.text,
    DATE: Fields.date,
    MONEY: Fields.value,
    REFERENCE: Fields.reference,
}
