"""What moved in the CRM → the manifests that declare it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from syncer.files import several
from syncer.importing.pulled import Left, Taken, gone, taken, values_after
from syncer.importing.read import people
from syncer.kinds.registry import KINDS
from syncer.manifest import Manifests
from syncer.manifest.edit import apply
from syncer.manifest.emit import inline
from syncer.manifest.load import load_bytes
from syncer.manifest.locate import EntryLocator
from syncer.manifest.read import problems_of
from syncer.manifest.source import Source
from syncer.model.address import Address
from syncer.model.change import Action, Change
from syncer.model.declared import Declared, Existing
from syncer.model.problem import Problem, Severity
from syncer.project.load import Project
from syncer.remote.inventory import inventory
from syncer.resolve.directory import Directory
from syncer.shapes.spelling import plain
from syncer.verbs.editing import not_ours, read_again
from syncer.verbs.plan import Planned, plan
from syncer.verbs.session import Session
from syncer.verbs.takes import Written

_LONGEST: Final = 80  # characters of a value; the file has all of it
_NOTHING: Final[Mapping[str, Any]] = {}


class Line(NamedTuple):
    """A value that is pulled, as a reviewer reads it.

    Attributes:
        file: The manifest.
        line: Where the value stands once it is written; of an entry that is taken out, where it stood.
        address: Of the record.
        path: Of the field; "" for an entry that is taken out.
        old: As the manifest wrote it.
        new: As it does now.
    """

    file: str
    line: int
    address: Address
    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull writes, or wrote.

    Attributes:
        lines: Values and entries, by file and line.
        files: The text of each manifest that changes.
        left: What is left alone, and why: warnings.
        failed: Whether something that should be written could not be.
        unknown: How many fields differ of which nothing was ever agreed.
        example: One of them, as `--take crm` names it.
        remembers: Whether anything is remembered of the space.
    """

    lines: tuple[Line, ...]
    files: Mapping[str, str]
    left: tuple[Problem, ...]
    failed: bool
    unknown: int
    example: str
    remembers: bool


def compared(
    session: Session, manifests: Manifests, *, targets: Sequence[str] = (), takes: Written = ()
) -> Pulled:
    """Return what the CRM alone has moved, as the manifests would say it; write nothing.

    Args:
        session: The project and the space.
        manifests: What is declared.
        targets: Addresses or keys; none means everything.
        takes: What is taken from the CRM whoever moved it, see `syncer.verbs.takes`.

    Raises:
        SyncerError: As `plan` does; or a file has changed since it was read.
    """
    planned = plan(session, manifests, existing=Existing.MERGE, targets=targets, takes=takes)
    project = session.project
    entries = {entry.address: entry for entry in planned.declared}
    found, left = _found(session, planned, entries)
    lines: list[Line] = []
    texts: dict[str, str] = {}
    failed = False
    for name, each in sorted(_by_file(found, entries).items()):
        edited = _edited(project, name, each, entries)
        lines += edited.lines
        left += edited.left
        failed = failed or bool(edited.left)
        if edited.lines:
            texts[name] = edited.text
    unknown = [
        (change, path)
        for change in planned.plan.changes
        for path, side in change.sides.items()
        if side is None and path not in change.pulls and change.action in {Action.DRIFT, Action.CONFLICT}
    ]
    return Pulled(
        tuple(lines),
        texts,
        tuple(left),
        failed,
        len(unknown),
        f"{unknown[0][0].address}:{unknown[0][1]}" if unknown else "",
        planned.plan.state is not None,
    )


def write(project: Project, found: Pulled) -> None:
    """Write what was found, all files or none.

    Raises:
        SyncerError: A file cannot be written.
    """
    if found.files:
        several.write_all(project.root, found.files, mode=None, force=True)


# What is to be pulled


def _found(
    session: Session, planned: Planned, entries: Mapping[Address, Declared]
) -> tuple[list[Taken], list[Problem]]:
    """Return what is to be written, and what is left alone."""
    found: list[Taken] = []
    left: list[Problem] = []
    pulls: list[Change] = []
    for change in planned.plan.changes:
        if change.after is None:
            continue  # no manifest declares it any more
        if change.action is Action.GONE and change.address in planned.deleted:
            found.append(gone(change.address))
        elif change.action is Action.GONE:
            why = "It cannot be seen in the CRM any more: deleted for good, or not for this user to see."
            left.append(_left(entries[change.address], why, hint="take its entry out by hand"))
        elif change.pulls:
            pulls.append(change)
        if change.conflicts:
            left.append(_conflict(change, entries[change.address]))
    if not pulls:
        return found, left
    values = [(KINDS[change.address.kind], values_after(change)) for change in pulls]
    directory = inventory(session.api, dict.fromkeys(kind for kind, _ in values))
    people(session.api, directory, values)
    raw = _Raw(session.project)
    for change in pulls:
        entry = entries[change.address]
        for each in _taken(change, entry, raw, directory):
            if isinstance(each, Left):
                left.append(_left(entry, f"{each.path}: {each.why}", each.path))
            else:
                found.append(each)
    return found, left


class _Raw:
    """What manifests say, as it is written; each file is read once."""

    def __init__(self, project: Project) -> None:
        self._defaults = project.defaults
        self._files: dict[str, Mapping[str, Any]] = {}

    def entry(self, locator: EntryLocator) -> Mapping[str, Any]:
        """Return an entry."""
        section = self._of(locator.source).get(locator.kind.section)
        found = section.get(locator.key) if isinstance(section, Mapping) else None
        return found if isinstance(found, Mapping) else _NOTHING

    def default(self, locator: EntryLocator) -> Callable[[str], Any]:
        """Return what tells the default of a name."""
        own = self._of(locator.source).get("defaults")
        both = {**self._defaults, **(own if isinstance(own, Mapping) else {})}
        return both.get

    def _of(self, source: Source) -> Mapping[str, Any]:
        if source.name not in self._files:
            value = load_bytes(source.text.encode(), source.name).value
            self._files[source.name] = value if isinstance(value, Mapping) else _NOTHING
        return self._files[source.name]


def _taken(change: Change, entry: Declared, raw: _Raw, directory: Directory) -> list[Taken | Left]:
    locator = _locator(entry)
    return taken(change, raw.entry(locator), raw.default(locator), directory)


def _locator(entry: Declared) -> EntryLocator:
    assert isinstance(entry.locator, EntryLocator)
    return entry.locator


def _by_file(found: Iterable[Taken], entries: Mapping[Address, Declared]) -> dict[str, list[Taken]]:
    files: dict[str, list[Taken]] = {}
    for each in found:
        files.setdefault(_locator(entries[each.address]).source.name, []).append(each)
    return files


# Files


class _Edited(NamedTuple):
    """What becomes of one file; `left` is what could not be written."""

    text: str
    lines: tuple[Line, ...] = ()
    left: tuple[Problem, ...] = ()


def _edited(
    project: Project, name: str, found: Sequence[Taken], entries: Mapping[Address, Declared]
) -> _Edited:
    source = _locator(entries[found[0].address]).source
    if (why := _not_ours(project, name)) is not None:
        return _Edited("", left=tuple(_unwritten(each, entries[each.address], why) for each in found))
    text = read_again(project, name, source.text)
    done = apply(text, list({each.edit.path: each.edit for each in found}.values()), name)
    refused = {refusal.edit.path: refusal.why for refusal in done.refused}
    made = [each for each in found if each.edit.path not in refused]
    if wrong := problems_of(project, name, done.text.encode()):
        # Every value can be said, but not all of them together, or not in this file.
        refused |= {each.edit.path: f"The file would be wrong: {wrong[0].detail}" for each in made}
        made = []
    after = Source(name, done.text.removeprefix("\ufeff"))
    return _Edited(
        done.text,
        tuple(sorted(_line(each, source, after) for each in made)),
        tuple(
            _unwritten(each, entries[each.address], refused[each.edit.path])
            for each in found
            if each.edit.path in refused
        ),
    )


def _line(each: Taken, before: Source, after: Source) -> Line:
    span = (after if each.path else before).span(each.place)
    old = "" if each.old is None else _said(each.old)
    return Line(span.file, span.line, each.address, each.path, old, _said(each.new))


def _said(value: Any) -> str:
    """Return a value on one line, quotes only where one would not know that it is a text."""
    value = plain(value)
    clear = isinstance(value, str) and value.isprintable() and value.strip() == value != ""
    text = str(value) if clear else inline(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _not_ours(project: Project, name: str) -> str | None:
    """Return why a file may not be written; None when it may."""
    if project.tables.reads(name):
        return f"{name} is a table, which is not written into; change the cell by hand."
    return not_ours(project, name)


# What is left alone


def _unwritten(each: Taken, entry: Declared, why: str) -> Problem:
    if not each.path:
        return _left(entry, f"It is deleted in the CRM; its entry stays. {why}", hint="take it out by hand")
    written = f"{each.place[-1]}: {inline(each.new)}"
    return _left(entry, f"{each.path} moved in the CRM. {why}", each.path, f"write it by hand: {written}")


def _conflict(change: Change, entry: Declared) -> Problem:
    names = ", ".join(change.conflicts)
    return _left(
        entry,
        f"The manifests and the CRM have both moved {names}, differently.",
        change.conflicts[0],
        f"syncer pull --take crm {change.address} writes what the CRM has; "
        f"syncer apply --take git {change.address} what the manifests say",
    )


def _left(entry: Declared, detail: str, path: str = "", hint: str = "") -> Problem:
    span = entry.locator.span((path,) if path else ())
    return Problem(
        "not-pulled",
        detail,
        span,
        entry.locator.excerpt(span),
        hint,
        address=entry.address,
        severity=Severity.WARNING,
    )
