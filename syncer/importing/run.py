"""The whole way from a space to the text of manifests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncer.importing import check, read
from syncer.importing.describe import Described, Describer
from syncer.importing.files import file_names, texts
from syncer.importing.keys import KEY, Keys, slug
from syncer.importing.read import Observations, Selection
from syncer.kinds.custom import path_of
from syncer.kinds.registry import MAIN
from syncer.manifest.quiet import collector_paused
from syncer.model.observed import Observed
from syncer.model.words import listed
from syncer.project.load import Project
from syncer.remote.client import Api

_MOST_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import made.

    Attributes:
        texts: Files by name.
        described: The opportunities in them.
        unsayable: Opportunities that could not be written at all.
        lost: How many archived ones were left out.
        declared: How many were left out because a manifest declares them.
        keyless: How many of `described` have no key in the key field yet.
    """

    texts: Mapping[str, str]
    described: Sequence[Described]
    unsayable: Sequence[Described]
    lost: int
    declared: int
    keyless: int


def make(
    api: Api,
    project: Project,
    wish: Selection,
    *,
    split: str = "owner",
    head: Sequence[str] = (),
    declared: Mapping[str, str] | None = None,
    taken: Mapping[str, str] | None = None,
    replace: bool = False,
) -> Imported:
    """Read what *wish* asks for, and say it in manifests that plan to nothing.

    Args:
        api: An open connection.
        project: Its identity, key field and defaults.
        wish: Which opportunities.
        split: One of `SPLITS`.
        head: Lines at the top of each file.
        declared: Ids of opportunities that manifests declare already, each with its file, which is as in
            the texts made here, or anything else when it lies elsewhere.
        taken: Keys that manifests use already, with their files.
        replace: Files of the same name are replaced, so that what they declare does not count.

    Raises:
        UsageError: The wish names something that is not there.
        RemoteError: Refused, or silent.
    """
    space = read.read(api, wish, project.identity)
    with collector_paused():
        return _made(space, api, project, split, head, declared or {}, taken or {}, replace)


def _made(  # noqa: PLR0917 (the second half of `run`)
    space: Observations,
    api: Api,
    project: Project,
    split: str,
    head: Sequence[str],
    declared: Mapping[str, str],
    taken: Mapping[str, str],
    replace: bool,
) -> Imported:
    describer = Describer(MAIN, space.directory, project.identity.key_field)
    described = [describer.describe(record, space.names[record.id]) for record in space.records]
    replaced = file_names(described, space.directory, split) if replace else {}
    known = {id_ for id_, name in declared.items() if _whole(name) not in replaced}
    declared_already = sum(entry.record.id in known for entry in described)
    described = [entry for entry in described if entry.record.id not in known]
    for entry in described:
        if space.has_twin(entry.record, project.identity.match):
            entry.pinned = entry.pinned or f"another one has the same {listed(project.identity.match)}"
    reserved = frozenset(key for key, name in taken.items() if _whole(name) not in replaced)
    _give_keys(api, space, project, described, reserved)
    files = file_names(described, space.directory, split)
    made = texts(files, project.defaults, head) if described else {}
    unsayable: list[Described] = []
    for left in reversed(range(_MOST_ROUNDS)):
        faults = check.faults(made, space.directory, space.others, project) if described else {}
        if not faults:
            break
        for entry in [entry for entry in described if entry.key in faults]:
            if left > 1:
                _mend(entry, faults[entry.key])
            else:
                described.remove(entry)
                unsayable.append(entry)
        files = {name: kept for name, entries in files.items() if (kept := _without(entries, unsayable))}
        made = texts(files, project.defaults, head)
    keyless = sum(_key_of(entry.record, space) is None for entry in described) if space.key_path else 0
    return Imported(made, described, unsayable, space.lost, declared_already, keyless)


def _without(entries: Sequence[Described], others: Sequence[Described]) -> list[Described]:
    return [entry for entry in entries if all(entry is not other for other in others)]


def _whole(name: str) -> str:
    """Return the name of the file that a numbered part belongs to."""
    return re.sub(r"\.[0-9]+\.yaml$", ".yaml", name)


def _mend(entry: Described, paths: Sequence[str]) -> None:
    """Take out of *entry* what does not plan to nothing, and let its id find it."""
    entry.pinned = entry.pinned or "it is not found by what is written here"
    for path in paths or [*entry.values, *(path_of(name) for name in entry.values.get("fields", {}))]:
        if path not in {"id", "fields"}:
            name = MAIN.spelled(path)
            entry.leave_out(name, "what Pipeliner holds cannot be written")


def _give_keys(
    api: Api, space: Observations, project: Project, described: Sequence[Described], taken: frozenset[str]
) -> None:
    """Give each opportunity its key: the one in the key field, else one made from its names."""
    own = {
        entry.record.id: key
        for entry in described
        if (key := _key_of(entry.record, space)) is not None and KEY.fullmatch(key)
    }
    reserved = taken | space.keys()
    while True:
        keys = Keys(reserved)
        used: set[str] = set()
        for entry in described:
            key = own.get(entry.record.id)
            if key is not None and key not in used and key not in taken:
                used.add(key)
                entry.key = key
            else:
                entry.key = keys.take(*_candidates(space, entry.record))
        clash = read.keys_of_others(
            api, space, project.identity, [entry.key for entry in described if entry.record.id not in own]
        )
        if not clash - reserved:
            break
        reserved |= clash
    if space.key_path is None:
        return
    seen: dict[str, int] = {}
    for record in space.others:
        if key := _key_of(record, space):
            seen[key] = seen.get(key, 0) + 1
    for entry in described:
        held = _key_of(entry.record, space)
        if held is not None and (held != entry.key or seen[held] > 1):
            entry.pinned = entry.pinned or "its key in Pipeliner is another one, or not its own"
            if held != entry.key:
                entry.ignore.add(space.key_path)


def _key_of(record: Observed, space: Observations) -> str | None:
    value = record.values.get(space.key_path) if space.key_path else None
    return str(value) if value else None


def _candidates(space: Observations, record: Observed) -> list[str]:
    """Return keys for *record*, best first: its name, its name with its account, the start of its id."""
    name = slug(space.names[record.id])
    accounts = record.values.get("accounts") or {}
    primary = next((id_ for id_, link in accounts.items() if link.get("primary")), None)
    account = slug(space.directory.label("account", primary)) if primary else ""
    if not name:
        return [f"{account or 'opportunity'}-{record.id[:8]}"]
    both = f"{name}-{account}"
    return [name, both, name] if account and account not in name and KEY.fullmatch(both) else [name]
