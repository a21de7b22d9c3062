"""Read the opportunities somebody asks for, and every name that manifests would call their parts by."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from syncer.kinds import codec as convert
from syncer.kinds.custom import path_of
from syncer.kinds.references import REFERENCES
from syncer.kinds.registry import MAIN
from syncer.model.declared import Reference
from syncer.model.names import Entry
from syncer.model.observed import Observed
from syncer.model.policy import MatchRule
from syncer.model.problem import Problem, UsageError
from syncer.planning.match import natural_key
from syncer.remote import lookup, observe
from syncer.remote.client import Api, Row
from syncer.remote.inventory import by_option_set, by_reference, inventory, option_sets
from syncer.remote.query import Answer, Query, read_all
from syncer.resolve.directory import Directory


@dataclass(frozen=True, slots=True)
class Selection:
    """Which opportunities to import; nothing said means all.

    Attributes:
        pipelines: By name or id.
        owners: By e-mail or id.
        steps: By name or id.
        accounts: By e-mail, name or id.
        since: First closing date.
        until: Last closing date.
        include_lost: Archived ones too, which are the lost ones.
    """

    pipelines: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    include_lost: bool = False


@dataclass(slots=True)
class Observations:
    """What was read.

    Attributes:
        directory: Every name around the opportunities, and whoever shares one.
        records: The opportunities that were asked for, in the order they were made.
        names: Their names as the service has them, by id.
        lost: How many were left out because they are archived.
        others: Opportunities that may be taken for one of `records`, those among them.
        key_path: `fields.<key field>` when a key field is configured.
    """

    directory: Directory
    records: list[Observed]
    names: Mapping[str, str]
    lost: int
    others: Sequence[Observed]
    key_path: str | None
    _twins: dict[tuple[str | None, ...], int] = field(default_factory=dict)

    def count_twins(self, match: Sequence[str]) -> None:
        """Learn which natural keys several opportunities have."""
        self._twins.clear()
        for record in self.others:
            if not (self.key_path and record.values.get(self.key_path)):
                key = _loose(natural_key(MAIN, match, record.values))
                self._twins[key] = self._twins.get(key, 0) + 1

    def has_twin(self, record: Observed, match: Sequence[str]) -> bool:
        """Tell whether another opportunity has the natural key of *record*."""
        return self._twins.get(_loose(natural_key(MAIN, match, record.values)), 0) > 1

    def keys(self) -> frozenset[str]:
        """Return every value of the key field that is known."""
        if self.key_path is None:
            return frozenset()
        return frozenset(str(key) for record in self.others if (key := record.values.get(self.key_path)))


def _loose(key: tuple[str | None, ...]) -> tuple[str | None, ...]:
    return tuple(part.strip() if part else part for part in key)


def read(api: Api, wish: Selection, identity: MatchRule) -> Observations:
    """Read what *wish* asks for.

    Raises:
        UsageError: It names something that is not there.
        RemoteError: Refused, or silent.
    """
    directory = inventory(api, [MAIN])
    owners = _ids(directory, "owner", wish.owners)
    pipelines = _ids(directory, "pipeline", wish.pipelines)
    steps = _ids(directory, "step", wish.steps, within=pipelines or None)
    if pipelines and not steps:
        steps = {step.id for step in directory.all("step") if step.within in pipelines}
    key_path = path_of(identity.key_field) if identity.key_field else None
    answer = _opportunities(api, directory, owners, steps if wish.pipelines or wish.steps else None)
    pipeline_of = lookup.pipelines_of(directory)
    rows = {row["id"]: row for row in answer.rows}
    observed = [convert.observed(row, pipeline_of) for row in answer.rows]
    chosen = [record for record in observed if _wanted(record, wish, owners, steps)]
    records = [record for record in chosen if wish.include_lost or not record.archived]
    people(api, directory, [record.values for record in records])
    if wish.accounts:
        accounts = _ids(directory, "account", wish.accounts)
        records = [record for record in records if accounts & (record.values.get("accounts") or {}).keys()]
    records.sort(key=lambda record: (record.created, record.id))
    space = Observations(
        directory,
        records,
        {record.id: _name(rows[record.id]) for record in records},
        len(chosen) - len(records) if not wish.accounts else 0,
        observed,
        key_path,
    )
    if answer.scanned is None or len(answer.scanned) != len(rows):
        space.others = _possible_twins(api, space, identity, pipeline_of, ())
    space.count_twins(identity.match)
    return space


def keys_of_others(
    api: Api, space: Observations, identity: MatchRule, keys: Collection[str]
) -> frozenset[str]:
    """Return which of *keys* the key field of an opportunity holds that was not read."""
    if identity.key_field is None:
        return frozenset()
    known = space.keys()
    sought = observe.Sought(
        frozenset(), frozenset(), frozenset(keys) - known, identity.key_field, frozenset()
    )
    if not sought.keys:
        return frozenset()
    return frozenset(
        str(key)
        for record in observe.read(api, sought)
        if (key := record.values.get(path_of(identity.key_field)))
    )


def _opportunities(api: Api, directory: Directory, owners: set[str], steps: set[str] | None) -> Answer:
    custom = [name for name, spec in directory.fields_of(MAIN.name).items() if not spec.system]
    names = [spec.name for spec in MAIN.fields] + [path_of(name) for name in custom]
    wanted = None
    if owners:
        wanted = {"owner_id": frozenset(owners)}
    elif steps is not None:
        wanted = {"step_id": frozenset(steps)}
    query = Query("Opportunities", convert.load_only(names), convert.expand(names), wanted=wanted)
    (answer,) = read_all(api, [query])
    return answer


def _possible_twins(
    api: Api, space: Observations, identity: MatchRule, pipeline_of: Mapping[str, str], keys: Iterable[str]
) -> Sequence[Observed]:
    """Read what a plan would read to find the opportunities again."""
    names = frozenset(filter(None, space.names.values()))
    fields = frozenset({space.key_path} if space.key_path else ())
    sought = observe.Sought(names, frozenset(), frozenset(keys), identity.key_field, fields)
    found = observe.observe(api, sought, pipeline_of) if names else ()
    return list({record.id: record for record in (*found, *space.records)}.values())


def _wanted(record: Observed, wish: Selection, owners: set[str], steps: set[str]) -> bool:
    values = record.values
    if owners and values.get("owner") not in owners:
        return False
    if (wish.pipelines or wish.steps) and values.get("step") not in steps:
        return False
    day = values.get("closing_date") or ""
    if wish.since and (not day or day < wish.since.isoformat()):
        return False
    return not (wish.until and (not day or day > wish.until.isoformat()))


def _name(row: Row) -> str:
    name = row.get("name")
    return name if isinstance(name, str) else ""


def people(api: Api, directory: Directory, records: Iterable[Mapping[str, Any]]) -> None:
    """Read accounts, contacts, their links, the options; and whoever has the same names and e-mails.

    Args:
        api: An open connection.
        directory: Gets them all.
        records: Canonical values of each opportunity that is to be described.
    """
    linked: dict[str, set[str]] = {"accounts": set(), "contacts": set()}
    for values in records:
        for name, ids in linked.items():
            ids.update(values.get(name) or ())
    queries: dict[str, Query] = {}
    if linked["accounts"]:
        queries["account"] = by_reference("account", id=linked["accounts"])
    if linked["contacts"]:
        queries["contact"] = by_reference("contact", id=linked["contacts"])
        queries["links"] = Query(
            "ContactAccountRelations",
            ("id", "account_id", "contact_id"),
            wanted={"account_id": frozenset(linked["accounts"])},
        )
    if sets := option_sets(directory):
        queries["option"] = by_option_set(sets)
    answers = dict(zip(queries, read_all(api, list(queries.values())), strict=True))
    for kind in ("account", "contact", "option"):
        if kind in answers:
            directory.add(kind, answers[kind].scanned or answers[kind].rows)
    pairs: dict[str, set[str]] = {}
    for row in answers["links"].rows if "links" in answers else ():
        if row.get("contact_id") and row.get("account_id"):
            pairs.setdefault(row["contact_id"], set()).add(row["account_id"])
    directory.linked = {contact: frozenset(accounts) for contact, accounts in pairs.items()}
    namesakes(
        api,
        directory,
        [kind for kind in ("account", "contact") if kind in answers and answers[kind].scanned is None],
    )


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


def _ids(directory: Directory, kind: str, names: Sequence[str], within: set[str] | None = None) -> set[str]:
    """Return the ids of everything that *names* may mean; a filter may well mean several.

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
            problems.append(_unknown(directory, kind, name, fits))
        found.update(entry.id for entry in matches)
    if problems:
        raise UsageError(problems)
    return found


def _unknown(directory: Directory, kind: str, name: str, fits: Callable[[Entry], bool]) -> Problem:
    noun = REFERENCES[kind].noun
    if kind == "account":
        detail = f'None of the opportunities is linked to an account "{name}".'
    else:
        detail = f'This space has no {noun} "{name}".'
    near = directory.near(kind, Reference(kind, text=name))
    hint = "did you mean " + " or ".join(f'"{found}"' for found in near) + "?" if near else ""
    if not near and kind != "account":
        known = [directory.written(kind, entry.id) for entry in directory.all(kind) if fits(entry)]
        hint = "there are: " + ", ".join(f'"{other}"' for other in dict.fromkeys(known[:10])) if known else ""
    return Problem("reference-unknown", detail, hint=hint)
