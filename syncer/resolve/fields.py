"""Single fields: what was written → the value in its forms."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from syncer.kinds.base import Kind
from syncer.kinds.custom import SECTION, api_name
from syncer.kinds.registry import KINDS
from syncer.model.declared import Declared, Lost, Reference, Sum
from syncer.model.names import Entry
from syncer.model.span import ValuePath
from syncer.resolve.custom import custom_value
from syncer.resolve.directory import Directory
from syncer.resolve.draft import Draft
from syncer.resolve.faults import Faults, UnresolvedError
from syncer.resolve.lines import Lines
from syncer.resolve.references import References, listed
from syncer.shapes import canon
from syncer.shapes.base import Field, Rate
from syncer.shapes.lost import LOST

Resolver = Callable[[Draft], None]


class Space:
    """What the shapes may ask of the space, for one declaration after the other. It is their `Names`.

    Attributes:
        entry: The declaration that is being resolved.
    """

    entry: Declared

    def __init__(self, directory: Directory, references: References, faults: Faults) -> None:
        self._directory = directory
        self._references = references
        self._faults = faults
        self._rates: dict[Reference | None, Rate] = {}

    def one(self, reference: Reference, path: ValuePath) -> Entry:
        """Return the one record that *reference*, written at *path*, means."""
        return self._references.one(self.entry, path, reference)

    def said(self, reference: Reference, found: Entry) -> str:
        """Return how people call what was found."""
        return self._references.written(reference, found)

    def refused(self, path: ValuePath, code: str, detail: str, hint: str) -> Exception:
        """Note a problem; return what to raise."""
        return self._faults.note(self.entry, path, code, detail, hint)

    def option(self, text: str, options: str, index: int | None) -> Entry:
        """Refuse: options are those of custom fields, see `Fields.custom`."""
        raise NotImplementedError(text, options, index)

    def rate(self, currency: Reference | None, path: ValuePath) -> Rate:
        """Return the currency that is meant, with its rate; None means the base currency."""
        known = self._rates.get(currency)
        if known is None:
            known = self._rates[currency] = self._rate(currency, path)
        return known

    def _rate(self, written: Reference | None, path: ValuePath) -> Rate:
        base = self._directory.base_currency
        if written is not None:
            currency = self._references.one(self.entry, path, written).id
        elif base is not None:
            currency = base
        else:
            raise self._faults.note(
                self.entry,
                path[:1],
                "reference-unknown",
                "The space names no base currency, so an amount alone does not say what it is in.",
                "write the currency too, such as 100 USD",
                "base currency",
            )
        code = self._directory.written("currency", currency)
        if currency == base:
            return Rate(currency, code, None, None)
        rate = self._directory.rates.get(currency)
        if rate is None:
            later = self._directory.rates_from.get(currency)
            starts = f"; its next one starts on {later}" if later else ""
            raise self._faults.note(
                self.entry,
                path,
                "currency-without-rate",
                f"{code} has no exchange rate in force{starts}.",
                "an administrator can add a rate in Pipeliner, or write the value in another currency",
                ("rate", currency),
            )
        return Rate(currency, code, rate, canon.number(rate))


class Fields:
    """Resolves every field but the links.

    What resolves a field takes a draft and raises UnresolvedError when it has a problem, which is noted.
    """

    def __init__(self, directory: Directory, references: References, faults: Faults) -> None:
        self.directory = directory
        self.references = references
        self.faults = faults
        self.lines = Lines(directory, references, faults)
        self.space = Space(directory, references, faults)
        self._steps = {found.id: directory.steps(found.id) for found in directory.all("pipeline")}
        self._types = _grouped(directory, "type", lambda entry: (not _published(entry), entry.id))

    def resolvers(self, kind: Kind) -> dict[str, Resolver]:
        """Return what resolves each field of *kind* into a draft, by its name."""
        return {spec.name: self._resolver(spec) for spec in kind.fields if spec.link is None}

    def _resolver(self, spec: Field) -> Resolver:
        if spec.within is not None and spec.refers in _WITHIN:
            return partial(_WITHIN[spec.refers], self, spec=spec, around=spec.within)
        if spec.shape is LOST:
            return partial(self._loss, spec=spec)
        if spec.refers == "option":
            return partial(self._option, spec=spec)
        return partial(self._plain, spec=spec)

    def _plain(self, draft: Draft, spec: Field) -> None:
        """Set what needs no other field."""
        written = draft.written.get(spec.name)
        if written is Sum.LINES:
            written = self.lines.sum(draft, spec, KINDS[draft.entry.address.kind].field(spec.adds or ""))
        if written is not None:
            self.space.entry = draft.entry
            value = spec.shape.resolve(written, spec, self.space)
            draft.set(spec.name, value.canon, value.human)
        elif not spec.via:  # else another field may say it
            draft.set(spec.name, None, None)

    def step(self, draft: Draft, spec: Field, around: str) -> None:
        """Resolve the step within the pipeline; left out, it is the first, and only for a create."""
        written = draft.written.get(spec.name)
        pipeline = draft.values.get(around)
        if around in draft.failed:
            # Its own problem is noted already; of the step it can only be said whether there is such a one.
            if written is not None and not self.directory.find("step", written):
                self.references.one(draft.entry, (spec.name,), written)
            raise UnresolvedError
        if written is None:
            if pipeline is None:
                return
            steps = self._steps.get(pipeline)
            if not steps:
                raise self._empty(draft.entry, around, pipeline, "step")
            found = steps[0]
            draft.defaulted.add(spec.name)
        else:
            found = self._step_of(draft.entry, (spec.name,), written, pipeline)
            if found.within is not None and pipeline is None:
                draft.set(around, found.within, self.directory.written("pipeline", found.within))
        draft.set(spec.name, found.id, self.directory.label("step", found.id))
        steps = self._steps.get(found.within or "", ())
        draft.won = bool(steps) and steps[-1].id == found.id

    def _step_of(self, entry: Declared, path: ValuePath, written: Reference, pipeline: str | None) -> Entry:
        if pipeline is None:
            return self.references.one(entry, path, written)
        if known := self.references.found(written, pipeline):
            return known
        candidates = [found for found in self.directory.find("step", written) if not found.deleted]
        here = self.directory.label("pipeline", pipeline)
        if candidates and all(found.within != pipeline for found in candidates):
            raise self.faults.note(
                entry,
                path,
                "step-of-other-pipeline",
                f'The step "{self.references.written(written, candidates[0])}" belongs to '
                f'{self._homes(candidates)}, not to "{here}".',
                f'steps of "{here}": {self._names("step", self._steps.get(pipeline, ()))}',
                (written, pipeline),
            )
        return self.references.one(
            entry, path, written, within=pipeline, noun=f'step of the pipeline "{here}"'
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

    def _empty(self, entry: Declared, around: str, pipeline: str, what: str) -> UnresolvedError:
        return self.faults.note(
            entry,
            (around,),
            "pipeline-empty",
            f'The pipeline "{self.directory.label("pipeline", pipeline)}" has no {what}.',
            f"an administrator can add a {what} in Pipeliner, or name another pipeline",
            (what, pipeline),
        )

    def type(self, draft: Draft, spec: Field, around: str) -> None:
        """Resolve the type within the pipeline; left out, it is the first published one, for a create."""
        pipeline = draft.values.get(around)
        written = draft.written.get(spec.name)
        if pipeline is None:
            if written is None:
                return
            if around in draft.failed and self.directory.find("type", written):
                raise UnresolvedError  # which of them is meant depends on the pipeline
            self._plain(draft, spec)
            return
        types = self._types.get(pipeline, ())
        if written is None:
            if not types or not _published(types[0]):
                raise self._empty(draft.entry, around, pipeline, "published type")
            draft.defaulted.add(spec.name)
            draft.set(spec.name, types[0].id, self.directory.label("type", types[0].id))
            return
        here = self.directory.label("pipeline", pipeline)
        candidates = [found for found in self.directory.find("type", written) if not found.deleted]
        if candidates and all(found.within != pipeline for found in candidates):
            raise self.faults.note(
                draft.entry,
                (spec.name,),
                "type-of-other-pipeline",
                f'The type "{self.references.written(written, candidates[0])}" belongs to '
                f'{self._homes(candidates)}, not to "{here}".',
                f'types of "{here}": {self._names("type", types)}',
                (written, pipeline),
            )
        found = self.references.one(
            draft.entry, (spec.name,), written, within=pipeline, noun=f'type of the pipeline "{here}"'
        )
        if not _published(found):
            raise self.faults.note(
                draft.entry,
                (spec.name,),
                "type-unpublished",
                f'The type "{self.references.written(written, found)}" of "{here}" is still a draft.',
                "have it published in Pipeliner's administration, or name another type",
                (written, pipeline),
            )
        draft.set(spec.name, found.id, self.directory.label("type", found.id))

    def _option(self, draft: Draft, spec: Field) -> None:
        """Resolve an option among those of its field."""
        value: Reference | None = draft.written[spec.name]
        if value is None:
            draft.set(spec.name, None, None)
            return
        found = self._one_of(draft, spec, (spec.name,), value, spec.about.title.lower())
        draft.set(spec.name, found.id, self.references.written(value, found))

    def _one_of(self, draft: Draft, spec: Field, path: ValuePath, value: Reference, noun: str) -> Entry:
        """Return the option that is meant, among those of the field."""
        known = (self.directory.fields_of(draft.entry.address.kind).get(name) for name in spec.listed_as)
        data_set = next((row.data_set for row in known if row and row.data_set), None)
        within = data_set if value.id is None else None
        return self.references.one(draft.entry, path, value, within=within, noun=noun)

    def _loss(self, draft: Draft, spec: Field) -> None:
        """Resolve that a deal is lost, with the reason among those of its field; or that it is open."""
        written: Lost | None = draft.written[spec.name]
        if written is None:
            draft.set(spec.name, None, False)
            return
        if draft.won:
            raise self.faults.note(
                draft.entry,
                (spec.name,),
                "won-and-lost",
                "It is declared lost, and in the last step of its pipeline, which means won.",
                "name the step in which it was lost, or take the line out",
            )
        canonical: dict[str, Any] = {"lost": True}
        human: dict[str, Any] = {}
        if written.reason is not None:
            found = self._one_of(draft, spec, (spec.name, "reason"), written.reason, "reason")
            canonical["reason"], human["reason"] = found.id, self.references.written(written.reason, found)
        if written.comment is not None:
            canonical["comment"] = human["comment"] = canon.text(written.comment)
        draft.set(spec.name, canonical, human or True)

    def custom(self, draft: Draft, path: str) -> None:
        """Resolve a custom field, `fields.<api name>`."""
        name, kind = api_name(path) or "", draft.entry.address.kind
        if path in draft.entry.inherited and self._is_of_others(name, kind):
            return
        place: ValuePath = (SECTION, name)

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
            KINDS[kind], self.directory.fields_of(kind), name, draft.written[path], fault, option
        )

    def _is_of_others(self, name: str, kind: str) -> bool:
        """Tell whether a custom field that *kind* does not have is one of another kind."""
        fields = self.directory.fields
        return name not in self.directory.fields_of(kind) and any(name in known for known in fields.values())


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


# Records that are looked for within another one: those of a pipeline.
_WITHIN: Final[Mapping[str | None, Callable[..., None]]] = {"step": Fields.step, "type": Fields.type}
