"""The whole way from a space to the text of manifests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncer.importing import check, read
from syncer.importing.describe import Described, Describer
from syncer.importing.files import file_names, texts
from syncer.importing.keys import KEY, Keys, slug
from syncer.importing.read import Observations, Selection
from syncer.kinds.custom import SECTION, path_of
from syncer.manifest.quiet import collector_paused
from syncer.model.address import Address
from syncer.model.observed import Observed
from syncer.project.load import Project
from syncer.remote.client import Api
from syncer.resolve.directory import Directory

_MOST_ROUNDS = 5


@dataclass(slots=True)
class Imported:
    """What an import made.

    Attributes:
        texts: Files by name.
        described: The records in them.
        unsayable: Records that could not be written at all.
        lost: How many archived ones were left out.
        declared: How many were left out because a manifest declares them.
        keyless: How many of `described` have no key in the key field yet.
    """

    texts: dict[str, str] = field(default_factory=dict)
    described: list[Described] = field(default_factory=list)
    unsayable: list[Described] = field(default_factory=list)
    lost: int = 0
    declared: int = 0
    keyless: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where the manifests of an import go, and what lies there.

    Attributes:
        folders: Where the files of a kind go, by its name; relative to the project, "" for its root.
        heads: Lines at the top of each file, by kind.
        declared: What declares records already, with its file, by the id of the record.
        taken: And the addresses that manifests use.
        replace: Files of the same name are replaced, so that what they declare does not count.
    """

    folders: Mapping[str, str]
    heads: Mapping[str, Sequence[str]] = field(default_factory=dict)
    declared: Mapping[str, tuple[Address, str]] = field(default_factory=dict)
    taken: Mapping[Address, str] = field(default_factory=dict)
    replace: bool = False


def make(api: Api, project: Project, wish: Selection, place: Place, *, split: str = "owner") -> Imported:
    """Read what *wish* asks for, and say it in manifests that plan to nothing.

    Args:
        api: An open connection.
        project: Its identity, key field and defaults.
        wish: Which records.
        place: Where they go.
        split: One of `splits`.

    Raises:
        UsageError: The wish names something that is not there.
        RemoteError: Refused, or silent.
    """
    made = Imported()
    spaces = read.read(api, wish, project.identity)
    with collector_paused():
        for space in spaces:
            for id_, (address, _) in () if place.replace else place.declared.items():
                _declare(space.directory, address, id_)
            for entry in _Making(space, api, project, place, split).into(made):
                _declare(space.directory, Address(entry.kind.name, entry.key), entry.record.id)
    return made


def _declare(directory: Directory, address: Address, id_: str) -> None:
    """Let others refer to a record by the key that it is declared under, where no name tells it apart."""
    known = directory.get(address.kind, id_)
    if known is not None:
        directory.declare(address.kind, address.key, known)


class _Making:
    """Makes the manifests of one kind; those of the kinds it refers to are made."""

    def __init__(self, space: Observations, api: Api, project: Project, place: Place, split: str) -> None:
        self.space, self.api, self.project, self.place, self.split = space, api, project, place, split
        self.kind, self.directory = space.kind, space.directory
        folder = place.folders[self.kind.name]
        self.under = f"{folder}/" if folder not in ("", ".") else ""

    def into(self, made: Imported) -> list[Described]:
        """Add what is made to *made*; return the records that are declared now."""
        described = self.described(made)
        files = self.files(described)
        proved = self.texts(files) if described else {}
        unsayable: list[Described] = []
        for left in reversed(range(_MOST_ROUNDS)):
            faults = self.faults(proved) if described else {}
            if not faults:
                break
            for entry in [entry for entry in described if entry.key in faults]:
                if left > 1:
                    _mend(entry, faults[entry.key])
                else:
                    described.remove(entry)
                    unsayable.append(entry)
            files = {name: kept for name, entries in files.items() if (kept := _without(entries, unsayable))}
            proved = self.texts(files)
        if self.space.key_path:
            made.keyless += sum(_key_of(entry.record, self.space) is None for entry in described)
        made.texts |= proved
        made.described += described
        made.unsayable += unsayable
        made.lost += self.space.lost
        return described

    def described(self, made: Imported) -> list[Described]:
        """Return the records in the words of a manifest, each with its key."""
        space, directory = self.space, self.directory
        describer = Describer(self.kind, directory, space.rule.key_field)
        found = [describer.describe(record, space.names[record.id]) for record in space.records]
        replaced = self.files(found) if self.place.replace else {}
        known = {id_ for id_, (_, name) in self.place.declared.items() if _whole(name) not in replaced}
        described = [entry for entry in found if entry.record.id not in known]
        made.declared += len(found) - len(described)
        for entry in described:
            if twin := space.twin(entry.record):
                entry.pinned = entry.pinned or f"another one has the same {twin}"
        taken = (address for address, name in self.place.taken.items() if _whole(name) not in replaced)
        reserved = frozenset(address.key for address in taken if address.kind == self.kind.name)
        _give_keys(self.api, space, described, reserved)
        return described

    def files(self, described: Sequence[Described]) -> dict[str, list[Described]]:
        """Return which records go into which file."""
        names = file_names(self.kind, described, self.directory, self.split)
        return {f"{self.under}{name}": entries for name, entries in names.items()}

    def texts(self, files: Mapping[str, Sequence[Described]]) -> dict[str, str]:
        """Return the text of each file."""
        return texts(self.kind, files, self.project.defaults, self.place.heads.get(self.kind.name, ()))

    def faults(self, made: Mapping[str, str]) -> check.Faults:
        """Return what keeps the texts from planning to nothing."""
        return check.faults(self.kind, made, self.directory, self.space.others, self.project)


def _without(entries: Sequence[Described], others: Sequence[Described]) -> list[Described]:
    return [entry for entry in entries if all(entry is not other for other in others)]


def _whole(name: str) -> str:
    """Return the name of the file that a numbered part belongs to."""
    return re.sub(r"\.[0-9]+\.yaml$", ".yaml", name)


def _mend(entry: Described, paths: Sequence[str]) -> None:
    """Take out of *entry* what does not plan to nothing, and let its id find it."""
    entry.pinned = entry.pinned or "it is not found by what is written here"
    for path in paths or [*entry.values, *(path_of(name) for name in entry.values.get(SECTION, {}))]:
        if path not in {"id", SECTION}:
            entry.leave_out(entry.kind.spelled(path), "what Pipeliner holds cannot be written")


def _give_keys(api: Api, space: Observations, described: Sequence[Described], taken: frozenset[str]) -> None:
    """Give each record its key: the one in the key field, else one made from its names."""
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
            api, space, [entry.key for entry in described if entry.record.id not in own]
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
    account = slug(_primary(space, record))
    if not name:
        return [f"{account or space.kind.name}-{record.id[:8]}"]
    both = f"{name}-{account}"
    return [name, both, name] if account and account not in name and KEY.fullmatch(both) else [name]


def _primary(space: Observations, record: Observed) -> str:
    """Return what people call the primary one of the records that belong to the natural key of *record*."""
    for part in space.kind.natural.values():
        spec, links = space.kind.field(part), record.values.get(part) or {}
        if spec.link is not None:
            primary = next((id_ for id_, link in links.items() if link.get("primary")), None)
            return space.directory.label(spec.refers or "", primary)
    return ""
