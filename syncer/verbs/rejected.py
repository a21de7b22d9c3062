"""Entries that an apply did not write → a file in which they are corrected, each with its reason."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from syncer.files import one
from syncer.kinds.registry import KINDS, sections
from syncer.manifest import Manifests
from syncer.manifest.document import documents
from syncer.manifest.find import shown_name
from syncer.manifest.load import load_bytes
from syncer.manifest.locate import EntryLocator
from syncer.manifest.source import Source
from syncer.manifest.unread import REJECTED
from syncer.manifest.whole import Entries, whole
from syncer.model.address import Address
from syncer.model.change import WRITES
from syncer.model.outcome import Outcome, Result
from syncer.model.problem import Problem, Severity, UsageError
from syncer.project.load import Project
from syncer.tables.cells import guarded
from syncer.tables.columns import REASON
from syncer.tables.rules import Rules, default_kind, kind_of, rules_for
from syncer.tables.write import Table, csv_text, tabulate

_ENDINGS: Final = (".yaml", ".yml", ".csv")
_ANY_SIZE: Final = 1 << 60
_MARK: Final = "\ufeff"


class Rejected(NamedTuple):
    """What was kept of an apply.

    Attributes:
        number: How many entries were written into the file.
        left: Those that the file cannot say: warnings.
    """

    number: int
    left: tuple[Problem, ...] = ()


def check(option: str, path: Path, project: Project) -> None:
    """Raise when *path* cannot hold entries: before anything is asked.

    Raises:
        UsageError: Its ending says no form, or a table of this name has another column `reason`.
    """
    if path.suffix.lower() not in _ENDINGS:
        detail = f"{option} {path} ends with none of {', '.join(_ENDINGS)}, which says the form."
        raise UsageError(Problem("usage", detail, hint=f"such as {option} {path.stem or 'rejected'}.yaml"))
    rules = rules_for(project.tables.rules, shown_name(path, project.root))
    if path.suffix.lower() == ".csv" and rules.columns.get(REASON) is not None:
        detail = f"By tables of syncer.yaml, a column {REASON} of {path} says {rules.columns[REASON]}."
        raise UsageError(Problem("usage", detail, hint="name a file that ends with .yaml"))


def write(project: Project, manifests: Manifests | None, results: Iterable[Result], path: Path) -> Rejected:
    """Write into *path* the entries that were not written though they should be; nothing when there is none.

    Args:
        project: The project.
        manifests: What was declared; None when that is not known any more.
        results: What became of each change.
        path: The file; its ending says the form.

    Raises:
        SyncerError: It cannot be written.
    """
    wanted = [each for each in results if _is_rejected(each)]
    entries = _Written(project, manifests)
    found = [(each, entry) for each in wanted if (entry := entries.entry(each.change.address)) is not None]
    known = {each.change.address for each, _ in found}
    left = [_unknown(each) for each in wanted if each.change.address not in known]
    if path.suffix.lower() == ".csv":
        text, unsaid = _table(project, found, path)
        left += unsaid
        found = [(each, entry) for each, entry in found if each.change.address not in _addresses(unsaid)]
    else:
        text = _manifest(found)
    if found:
        one.write(path, text)
    return Rejected(len(found), tuple(left))


def _is_rejected(result: Result) -> bool:
    return result.outcome in (Outcome.FAILED, Outcome.SKIPPED) and result.change.action in WRITES


def _addresses(problems: Iterable[Problem]) -> frozenset[Address | None]:
    return frozenset(problem.address for problem in problems)


def _unknown(result: Result) -> Problem:
    address = result.change.address
    what = "no manifest declares it" if result.change.span is None else "the manifests have changed since"
    detail = f"{address} was not written, and is in no file to be corrected: {what}."
    return Problem("not-rejected", detail, result.change.span, address=address, severity=Severity.WARNING)


class _Written:
    """What manifests say, each file read once."""

    def __init__(self, project: Project, manifests: Manifests | None) -> None:
        self._tables = project.tables
        self._locators: dict[Address, EntryLocator] = {
            entry.address: entry.locator
            for entry in (manifests.declared if manifests else ())
            if isinstance(entry.locator, EntryLocator)
        }
        self._files: dict[str, dict[str, Entries]] = {}

    def entry(self, address: Address) -> Mapping[str, Any] | None:
        """Return an entry with what the defaults of its file say; None when no file has it."""
        locator = self._locators.get(address)
        if locator is None:
            return None
        return self._of(locator.source).get(locator.kind.section, {}).get(address.key)

    def _of(self, source: Source) -> dict[str, Entries]:
        if source.name not in self._files:
            data = source.text.encode()
            reads = self._tables.load if self._tables.reads(source.name) else _load
            self._files[source.name] = whole(reads(data, source.name).value)
        return self._files[source.name]


def _load(data: bytes, name: str) -> Any:
    return load_bytes(data, name, keys_of=sections())


# Reasons


def _reasons(result: Result) -> list[str]:
    """Return why an entry was not written, a sentence each, the first with its place."""
    found: list[str] = []
    for problem in result.problems:
        found.append(f"{problem.summary}: {problem.detail}")
        found += [f"hint: {problem.hint}"] if problem.hint else []
    if result.waited_for:
        found.append(f"It waits for {', '.join(map(str, result.waited_for))}, not written either.")
    found = found or ["It was not sent: the apply ended before."]
    place = result.change.place
    return [_on_one_line(f"{place}: {found[0]}" if place else found[0]), *map(_on_one_line, found[1:])]


def _on_one_line(text: str) -> str:
    """Return *text* as plain words: it may be the service's, with anything in it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


# Forms


def _manifest(found: Sequence[tuple[Result, Mapping[str, Any]]]) -> str:
    said = {_place(each): _reasons(each) for each, _ in found}
    texts = documents(_by_section(found), said, most=_ANY_SIZE)
    head = (
        f"{REJECTED}: correct the entries, then run `syncer apply --only` with this file,\n"
        "# and `syncer fix --into-place` to write them back where they came from.\n"
    )
    return head + "".join(texts)


def _place(result: Result) -> tuple[str, str]:
    return KINDS[result.change.address.kind].section, result.change.address.key


def _by_section(found: Iterable[tuple[Result, Mapping[str, Any]]]) -> dict[str, Entries]:
    by_section: dict[str, Entries] = {}
    for result, entry in found:
        section, key = _place(result)
        by_section.setdefault(section, {})[key] = entry
    return by_section


def _table(
    project: Project, found: Sequence[tuple[Result, Mapping[str, Any]]], path: Path
) -> tuple[str, list[Problem]]:
    """Return the entries as a table, and a warning for each that no table can say."""
    name = shown_name(path, project.root)
    rules = rules_for(project.tables.rules, name)
    kinds = {result.change.address.kind for result, _ in found}
    said = kind_of(name, rules) or default_kind()
    with_kind = kinds - {said.name} != set()
    unsaid = {each.address: each for each in _tabulated(found, rules, with_kind=with_kind).unsaid}
    kept = [(result, entry) for result, entry in found if result.change.address not in unsaid]
    table = _tabulated(kept, rules, with_kind=with_kind)
    rows = [
        [*row, guarded(" ".join(_reasons(result)))] for row, (result, _) in zip(table.rows, kept, strict=True)
    ]
    text = csv_text(table._replace(headers=[*table.headers, REASON], rows=rows))
    left = [
        Problem(
            "not-rejected",
            f"{address} was not written, and a table cannot say it: {'.'.join(map(str, each.path))}, "
            f"{each.why}.",
            next(result.change.span for result, _ in found if result.change.address == address),
            hint="name a file that ends with .yaml for it",
            address=address,
            severity=Severity.WARNING,
        )
        for address, each in unsaid.items()
    ]
    return text if text.isascii() else _MARK + text, left


def _tabulated(found: Iterable[tuple[Result, Mapping[str, Any]]], rules: Rules, *, with_kind: bool) -> Table:
    rows = ((KINDS[each.change.address.kind], each.change.address.key, entry) for each, entry in found)
    return tabulate(rows, rules, with_kind=with_kind)
