"""Who plays in a rehearsal: the owner, account and contact that were named, and the place of the deal."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.declared import Reference
from syncer.model.names import Entry
from syncer.model.problem import Problem, ResolveError
from syncer.rehearsal.mark import Mark
from syncer.remote.client import Api
from syncer.remote.inventory import inventory
from syncer.remote.lookup import query_of
from syncer.remote.query import read_all
from syncer.resolve.directory import Directory

_DAYS: Final = 365  # so that nobody's forecast of this quarter counts the deal
_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """Who shall play, as written.

    Attributes:
        owner: E-mail or id.
        account: E-mail, name or id.
        contact: E-mail or id.
        pipeline: Name or id; None leaves the choice to the rehearsal.
        fields: What the space requires beside the usual, by api name, as the API takes it.
    """

    owner: str
    account: str
    contact: str
    pipeline: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays.

    Attributes:
        owner: Id, as all below.
        account: Of the deal.
        contact: Linked and unlinked.
        step: Where the deal is; never the last one, which would make it won.
        type: Of the deal, None where the pipeline has none.
        currency: The base currency.
        fields: Further fields of each record.
        foreign: A currency with a rate in force, and the rate; None where there is none.
        labels: How people call owner, account, contact, pipeline and step.
    """

    owner: str
    account: str
    contact: str
    step: str
    type: str | None
    currency: str
    fields: Mapping[str, Any]
    foreign: tuple[str, Decimal] | None
    labels: dict[str, str]

    @property
    def closing_date(self) -> str:
        """A year from now."""
        return (datetime.now(UTC).date() + timedelta(days=_DAYS)).isoformat()

    def body(self, mark: Mark, role: str) -> dict[str, Any]:
        """Return the body that makes the record of *role*."""
        body = {
            **self.fields,
            "name": mark.name(role),
            "description": mark.description,
            "owner_id": self.owner,
            "closing_date": self.closing_date,
            "step_id": self.step,
            "value": {"base_value": 1, "currency_id": self.currency},
            "account_relations": [{"account_id": self.account, "is_primary": True}],
        }
        if self.type is not None:
            body["oppty_type_id"] = self.type
        return body


def find(api: Api, asked: Asked) -> Cast:
    """Look everybody up.

    Raises:
        ResolveError: Somebody is not there, or more than one is; all at once.
        RemoteError: Refused, or silent.
    """
    directory = inventory(api, [KINDS["opportunity"]])
    references = {
        "owner": _reference("owner", asked.owner),
        "account": _reference("account", asked.account),
        "contact": _reference("contact", asked.contact),
    }
    kinds = ("account", "contact")
    answers = read_all(api, [query_of(REFERENCES[kind], [references[kind]]) for kind in kinds])
    for kind, answer in zip(kinds, answers, strict=True):
        directory.add(kind, answer.rows)
    problems: list[Problem] = []
    people = {
        kind: _the_one(directory, kind, reference, f"--{kind}", problems)
        for kind, reference in references.items()
    }
    pipeline, step = _place(directory, asked.pipeline, problems)
    base = directory.base_currency
    if base is None:
        problems.append(
            Problem(
                "missing-field",
                "The space names no base currency, so no value can be written.",
                hint="an administrator sets one in Pipeliner",
            )
        )
    owner, account, contact = people["owner"], people["account"], people["contact"]
    if problems or not (owner and account and contact and pipeline and step and base):
        raise ResolveError(problems)
    return Cast(
        owner.id,
        account.id,
        contact.id,
        step.id,
        _type(directory, pipeline.id),
        base,
        asked.fields,
        _foreign(directory),
        {
            **{kind: directory.label(kind, entry.id) for kind, entry in people.items() if entry},
            "pipeline": directory.label("pipeline", pipeline.id),
            "step": directory.label("step", step.id),
            "currency": directory.label("currency", base),
        },
    )


def _reference(kind: str, text: str) -> Reference:
    return Reference(kind, id=text.lower()) if _ID.fullmatch(text) else Reference(kind, text=text)


def _the_one(
    directory: Directory, kind: str, reference: Reference, option: str, problems: list[Problem]
) -> Entry | None:
    found = [entry for entry in directory.find(kind, reference) if not entry.deleted]
    noun = REFERENCES[kind].noun
    if len(found) == 1:
        return found[0]
    if not found:
        near = directory.near(kind, reference) if kind in {"owner", "pipeline"} else []
        hint = (
            f"did you mean {' or '.join(near)}?" if near else f"{option} takes one that is there, or its id"
        )
        problems.append(Problem("reference-unknown", f'The space has no {noun} "{reference}".', hint=hint))
    else:
        ids = ", ".join(entry.id for entry in found[:_SHOWN])
        problems.append(
            Problem(
                "reference-ambiguous",
                f'{len(found)} records are the {noun} "{reference}".',
                hint=f"{option} takes an id, too: {ids}",
            )
        )
    return None


def _place(
    directory: Directory, named: str | None, problems: list[Problem]
) -> tuple[Entry | None, Entry | None]:
    """Return pipeline and step: the first step of a pipeline that has another one behind it."""
    if named is not None:
        pipeline = _the_one(directory, "pipeline", _reference("pipeline", named), "--pipeline", problems)
        chosen = [pipeline] if pipeline else []
    else:
        alive = [entry for entry in directory.all("pipeline") if not entry.deleted]
        # One with a type first: a deal without a type is rare, and some services refuse it.
        chosen = sorted(alive, key=lambda entry: (_type(directory, entry.id) is None, entry.names, entry.id))
    for entry in chosen:
        if len(steps := directory.steps(entry.id)) > 1:
            return entry, steps[0]
    if chosen or named is None:
        problems.append(
            Problem(
                "pipeline-empty",
                "There is no pipeline with two steps: in the last step of one the deal would be won.",
                hint="name another one with --pipeline",
            )
        )
    return None, None


def _type(directory: Directory, pipeline: str) -> str | None:
    types = [
        entry.id
        for entry in directory.all("type")
        if entry.within == pipeline and not entry.deleted and entry.row.get("is_published") is not False
    ]
    return types[0] if types else None


def _foreign(directory: Directory) -> tuple[str, Decimal] | None:
    def rates() -> Iterator[tuple[str, Decimal]]:
        for entry in directory.all("currency"):
            rate = directory.rates.get(entry.id)
            if entry.id != directory.base_currency and not entry.deleted and rate and rate != 1:
                yield entry.id, rate

    return next(rates(), None)
