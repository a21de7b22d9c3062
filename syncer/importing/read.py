"""Read the records somebody asks for, and every name that manifests would call their parts by."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from syncer.kinds import codec
from syncer.kinds.base import Kind
from syncer.kinds.custom import path_of
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import KINDS
from syncer.model.declared import Reference
from syncer.model.names import Entry
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem, UsageError
from syncer.model.words import listed
from syncer.planning.match import natural_key
from syncer.remote import lookup
from syncer.remote.client import Api, Row
from syncer.remote.inventory import by_option_set, by_reference, inventory, option_sets
from syncer.remote.lookup import LINKS, query_of
from syncer.remote.query import Answer, Query, read_all
from syncer.resolve.directory import Directory
from syncer.shapes.base import Field
from syncer.shapes.date import DATE
from syncer.shapes.reference import REFERENCE


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records to import; nothing said means all opportunities.

    What a kind cannot be asked for does not narrow it: accounts have no pipeline.

    Attributes:
        kinds: Their kinds, in the order of the registry.
        named: Names, e-mails or ids by the kind that is referred to: records that are one of these, or refer
            to one.
        since: First day, of what has one.
        until: Last day.
        include_lost: Archived ones too, which are the lost ones.
    """

    kinds: tuple[str, ...] = ("opportunity",)
    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None
    include_lost: bool = False

    def misfits(self) -> list[str]:
        """Return what is said and fits none of the kinds: kinds that are referred to, `days`, `archived`."""
        kinds = [KINDS[name] for name in self.kinds]
        found = [
            refers
            for refers, names in self.named.items()
            if names and not any(kind.name == refers or _referring(kind, refers) for kind in kinds)
        ]
        if (self.since or self.until) and not any(map(_day, kinds)):
            found.append("days")
        if self.include_lost and not any(kind.closing for kind in kinds):
            found.append("archived")
        return found


def _referring(kind: Kind, refers: str) -> list[Field]:
    return [spec for spec in kind.referring if spec.refers == refers]


def _day(kind: Kind) -> Field | None:
    return next((spec for spec in kind.fields if spec.shape is DATE), None)


@dataclass(slots=True)
class Observations:
    """What was read of one kind.

    Attributes:
        kind: Which one.
        directory: Every name around the records, and whoever shares one.
        rule: How they are found.
        records: The ones that were asked for, in the order they were made.
        names: Their names as the service has them, by id.
        lost: How many were left out because they are archived.
        others: Records that may be taken for one of `records`, those among them.
    """

    kind: Kind
    directory: Directory
    rule: MatchRule
    records: list[Observed]
    names: Mapping[str, str]
    lost: int
    others: Sequence[Observed]
    _twins: Counter[Any] = field(default_factory=Counter)

    @property
    def key_path(self) -> str | None:
        """`fields.<key field>` when a key field is configured."""
        return path_of(self.rule.key_field) if self.rule.key_field else None

    def count_twins(self) -> None:
        """Learn what finds several records."""
        self._twins = Counter(found for record in self.others for found in self._found_by(record))

    def twin(self, record: Observed) -> str:
        """Return what another record has like *record*, which is found by it; "" when none has."""
        shared = [found for found in self._found_by(record) if self._twins[found] > 1]
        if any(isinstance(found, tuple) for found in shared):
            return listed(self.rule.match)
        return "e-mail" if shared else ""

    def _found_by(self, record: Observed) -> Iterable[Any]:
        """Yield the natural key of *record*, if it has no key of its own, and what finds it alone."""
        if not (self.key_path and record.values.get(self.key_path)):
            yield _loose(natural_key(self.kind, self.rule.match, record.values))
        yield from self.kind.sole(record.values)

    def keys(self) -> frozenset[str]:
        """Return every value of the key field that is known."""
        if self.key_path is None:
            return frozenset()
        return frozenset(str(key) for record in self.others if (key := record.values.get(self.key_path)))


def _loose(key: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return tuple(part.strip() if part else part for part in key)


def read(api: Api, wish: Selection, identity: MatchRule) -> list[Observations]:
    """Read what *wish* asks for, kind by kind.

    Raises:
        UsageError: It names something that is not there.
        RemoteError: Refused, or silent.
    """
    kinds = [KINDS[name] for name in wish.kinds]
    directory = inventory(api, kinds)
    wanted = {kind.name: _wanted(kind, wish, directory) for kind in kinds}
    answers = read_all(api, [_query(kind, directory, wanted[kind.name]) for kind in kinds])
    found = [
        _observed(kind, wish, directory, answer, wanted[kind.name], kind.found_by(identity))
        for kind, answer in zip(kinds, answers, strict=True)
    ]
    for kind, answer in zip(kinds, answers, strict=True):
        if kind.name in REFERENCES:
            directory.add(kind.name, answer.scanned or answer.rows)
    people(api, directory, [(of.kind, record.values) for of in found for record in of.records])
    _among(wish, directory, found)
    for of, answer in zip(found, answers, strict=True):
        if answer.scanned is None or len(answer.scanned) != len(answer.rows):
            of.others = _possible_twins(api, of)
            if of.kind.name in REFERENCES:
                namesakes(api, directory, [of.kind.name])
        of.count_twins()
    return found


def _observed(
    kind: Kind,
    wish: Selection,
    directory: Directory,
    answer: Answer,
    wanted: Mapping[str, frozenset[str]],
    rule: MatchRule,
) -> Observations:
    within = lookup.pipelines_of(directory)
    rows = {row["id"]: row for row in answer.rows}
    observed = [codec.of(kind).observed(row, within) for row in answer.rows]
    chosen = [record for record in observed if _is_wanted(kind, record, wish, wanted)]
    records = [record for record in chosen if wish.include_lost or not record.archived]
    records.sort(key=lambda record: (record.created, record.id))
    names = {record.id: _name(kind, rows[record.id]) for record in records}
    return Observations(kind, directory, rule, records, names, len(chosen) - len(records), observed)


def keys_of_others(api: Api, space: Observations, keys: Collection[str]) -> frozenset[str]:
    """Return which of *keys* the key field of a record holds that was not read."""
    if space.key_path is None or space.rule.key_field is None:
        return frozenset()
    sought = frozenset(keys) - space.keys()
    if not sought:
        return frozenset()
    wire = codec.of(space.kind)
    load = wire.load_only({space.key_path})
    query = Query(space.kind.entity, load, wire.expand(()), wanted={space.rule.key_field: sought})
    (answer,) = read_all(api, [query])
    held = (wire.observed(row).values.get(space.key_path) for row in answer.rows)
    return frozenset(str(key) for key in held if key)


def _wanted(kind: Kind, wish: Selection, directory: Directory) -> dict[str, frozenset[str]]:
    """Return the ids that references of a record shall hold, by field.

    What follows from another field is asked of that: the pipeline of an opportunity of its step.

    Raises:
        UsageError: Something that is named is not there.
    """
    found: dict[str, frozenset[str]] = {}
    for spec in kind.fields:
        refers = spec.refers or ""
        names = wish.named.get(refers, ())
        if names and spec.shape is REFERENCE and not REFERENCES[refers].many:
            found[spec.name] = _ids(directory, refers, names, found.get(spec.within or ""))
    for spec in kind.fields:
        if spec.via is not None and (around := found.pop(spec.name, None)) is not None:
            inside = directory.all(kind.field(spec.via).refers or "")
            found.setdefault(spec.via, frozenset(entry.id for entry in inside if entry.within in around))
    return found


def _query(kind: Kind, directory: Directory, wanted: Mapping[str, frozenset[str]]) -> Query:
    """Return the query for the records that hold the first of *wanted*; the others are looked at later."""
    wire = codec.of(kind)
    custom = [path_of(name) for name, spec in directory.fields_of(kind.name).items() if not spec.system]
    names = [spec.name for spec in kind.fields] + custom
    load = wire.load_only(names)
    if kind.name in REFERENCES:
        load = tuple(dict.fromkeys((*load, *query_of(REFERENCES[kind.name], None).load_only)))
    first = next(((kind.field(name).wire or "", ids) for name, ids in wanted.items()), None)
    return Query(kind.entity, load, wire.expand(names), wanted=None if first is None else dict([first]))


def _possible_twins(api: Api, of: Observations) -> Sequence[Observed]:
    """Read what a plan would read to find the records again."""
    called = [spec for spec in map(of.kind.field, of.kind.called) if spec.wire]
    alone = [spec for spec in map(of.kind.field, of.kind.alone) if spec.wire]
    emails = {email for record in of.records for email in of.kind.sole(record.values)}
    wanted = {
        spec.wire or "": frozenset(name for record in of.records if (name := record.values.get(spec.name)))
        for spec in called
    }
    wanted |= {spec.wire or "": frozenset(emails) for spec in alone}
    if not any(wanted.values()):
        return of.records
    wire = codec.of(of.kind)
    fields = {*of.kind.alone, *of.kind.called, *((of.key_path,) if of.key_path else ())}
    query = Query(
        of.kind.entity,
        wire.load_only(fields),
        wire.expand(fields),
        wanted={name: values for name, values in wanted.items() if values},
        as_text=frozenset(spec.wire or "" for spec in called),
        ignore_case=frozenset(spec.wire or "" for spec in alone),
        rarely=frozenset(spec.wire or "" for spec in alone[1:]),
    )
    (answer,) = read_all(api, [query])
    within = lookup.pipelines_of(of.directory)
    found = [wire.observed(row, within) for row in answer.rows]
    return list({record.id: record for record in (*found, *of.records)}.values())


def _is_wanted(kind: Kind, record: Observed, wish: Selection, wanted: Mapping[str, frozenset[str]]) -> bool:
    if any(record.values.get(name) not in ids for name, ids in wanted.items()):
        return False
    spec = _day(kind)
    if spec is None:
        return True
    day = record.values.get(spec.name) or ""
    if wish.since and (not day or day < wish.since.isoformat()):
        return False
    return not (wish.until and (not day or day > wish.until.isoformat()))


def _among(wish: Selection, directory: Directory, found: Sequence[Observations]) -> None:
    """Leave out what is not of the records of large kinds that *wish* names, which are known by now.

    Raises:
        UsageError: One of them is not there.
    """
    for refers, names in wish.named.items():
        if not REFERENCES[refers].many or not names:
            continue
        asked = [of for of in found if of.kind.name == refers or _referring(of.kind, refers)]
        ids = _ids(directory, refers, names, None, linked=[of.kind.noun[1] for of in asked])
        for of in asked:
            of.records = [record for record in of.records if _is_of(of.kind, record, refers, ids)]
            of.lost = 0  # nobody knows whether those would have been among them


def _is_of(kind: Kind, record: Observed, refers: str, ids: frozenset[str]) -> bool:
    """Tell whether *record* is one of *ids*, or refers to one."""
    if kind.name == refers:
        return record.id in ids
    held = (
        id_
        for spec in _referring(kind, refers)
        for _, id_ in spec.shape.ids(record.values.get(spec.name), spec)
    )
    return not ids.isdisjoint(held)


def _name(kind: Kind, row: Row) -> str:
    """Return what people call a record, as the service has it."""
    held = (row.get(kind.field(name).wire or "") for name in kind.called)
    return " ".join(name for name in held if isinstance(name, str) and name)


def people(api: Api, directory: Directory, records: Sequence[tuple[Kind, Mapping[str, Any]]]) -> None:
    """Read whoever is referred to, links and options; and whoever has the same names and e-mails.

    Args:
        api: An open connection.
        directory: Gets them all; whoever is there already is not read again.
        records: Kind and canonical values of each record that is to be described.
    """
    held = _held(records)
    missing = {
        refers: {id_ for id_ in held[refers] if directory.get(refers, id_) is None}
        for refers in REFERENCES
        if refers in held
    }
    queries = {refers: by_reference(refers, id=ids) for refers, ids in missing.items() if ids}
    among = {
        (spec.refers or "", kind.field(spec.among).refers or "")
        for kind in dict.fromkeys(kind for kind, _ in records)
        for spec in kind.fields
        if spec.among is not None
    }
    for refers, around in sorted(among):
        if held.get(refers):
            wanted = {f"{around}_id": frozenset(held.get(around, ()))}
            queries["links"] = replace(LINKS, wanted=wanted)
    if sets := option_sets(directory):
        queries["option"] = by_option_set(sets)
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    for refers in REFERENCES:
        if refers in answers:
            directory.add(refers, answers[refers].scanned or answers[refers].rows)
    pairs: dict[str, set[str]] = {}
    for row in answers["links"].rows if "links" in answers else ():
        if row.get("contact_id") and row.get("account_id"):
            pairs.setdefault(row["contact_id"], set()).add(row["account_id"])
    directory.linked = {contact: frozenset(accounts) for contact, accounts in pairs.items()}
    namesakes(api, directory, [name for name in missing if name in answers and answers[name].scanned is None])


def _held(records: Iterable[tuple[Kind, Mapping[str, Any]]]) -> dict[str, set[str]]:
    """Return the ids that records hold, by kind, of kinds that are not read whole."""
    held: dict[str, set[str]] = {}
    for kind, values in records:
        for spec in kind.referring:
            refers = spec.refers or ""
            if REFERENCES[refers].many and refers != "option":
                ids = spec.shape.ids(values.get(spec.name), spec)
                held.setdefault(refers, set()).update(id_ for of, id_ in ids if of == refers)
    return held


def namesakes(api: Api, directory: Directory, kinds: Sequence[str]) -> None:
    """Read the records that share a name or an e-mail with those of *kinds* that are known."""
    queries = []
    for kind in kinds:
        spec = REFERENCES[kind]
        entries = directory.all(kind)
        emails = {email for entry in entries for email in entry.emails}
        names = {name for entry in entries for name in entry.names}
        wanted = {key: emails for key in spec.emails if emails} | {key: names for key in spec.keys if names}
        if wanted:
            queries.append((kind, by_reference(kind, **wanted)))
    answers = read_all(api, [query for _, query in queries])
    for (kind, _), answer in zip(queries, answers, strict=True):
        directory.add(kind, answer.rows)


def _ids(
    directory: Directory,
    kind: str,
    names: Sequence[str],
    within: frozenset[str] | None = None,
    linked: Sequence[str] = (),
) -> frozenset[str]:
    """Return the ids of everything that *names* may mean; a filter may well mean several.

    Args:
        directory: Whoever is known.
        kind: That is referred to.
        names: Names, e-mails or ids.
        within: What they must belong to.
        linked: Those of large kinds are known as far as records of these nouns are linked to them.

    Raises:
        UsageError: One of them is not there.
    """
    found: set[str] = set()
    problems: list[Problem] = []

    def fits(entry: Entry) -> bool:
        return within is None or entry.within in within

    for name in names:
        matches = list(filter(fits, directory.find(kind, Reference(kind, text=name))))
        if not matches and (entry := directory.get(kind, name.lower())) is not None:
            matches = [entry]
        if not matches:
            problems.append(_unknown(directory, kind, name, fits, linked))
        found.update(entry.id for entry in matches)
    if problems:
        raise UsageError(problems)
    return frozenset(found)


def _unknown(
    directory: Directory, kind: str, name: str, fits: Callable[[Entry], bool], linked: Sequence[str]
) -> Problem:
    noun = REFERENCES[kind].noun
    if linked:
        detail = f'None of the {listed(linked)} is linked to an {noun} "{name}".'
    else:
        detail = f'This space has no {noun} "{name}".'
    near = directory.near(kind, Reference(kind, text=name))
    hint = "did you mean " + " or ".join(f'"{found}"' for found in near) + "?" if near else ""
    if not near and not linked:
        known = [directory.written(kind, entry.id) for entry in directory.all(kind) if fits(entry)]
        hint = "there are: " + ", ".join(f'"{other}"' for other in dict.fromkeys(known[:10])) if known else ""
    return Problem("reference-unknown", detail, hint=hint)
