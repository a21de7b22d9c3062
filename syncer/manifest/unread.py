"""Files of a project that look like manifests, and that its patterns do not match."""

import os
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final

from syncer.kinds.registry import sections
from syncer.manifest.find import SUFFIXES, pattern_finds, shown_name
from syncer.manifest.load import Notation
from syncer.model.fix import NameFix, Write
from syncer.model.problem import Problem, Severity
from syncer.model.span import Span

# Enough for every project of deals; a repository of other things is not read through for a warning.
_MOST_ENTRIES: Final = 2_000
_MOST_READ: Final = 100
_MOST_TOLD: Final = 10
_HEAD: Final = 64 * 1024
# The names of other sections are words of many programs: there it takes a manifest's first line, too.
_DECLARES: Final = re.compile(rb"""(?:^|[\n\r{,])[ \t]*["']?(opportunities)["']?[ \t]*:""")
_OURS: Final = re.compile(rb"(?:^|\n)(?:version[ \t]*:[ \t]*1[ \t]*\r?\n|#.*manifest\.schema\.json)")
# How a file begins that an apply has written for what it did not write; it waits to be corrected.
REJECTED: Final = "# Not written by syncer apply"
_NOT_OURS: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


def unread(
    root: Path, read: Collection[str], tables: Notation, patterns: Collection[str] = ()
) -> list[Problem]:
    """Return a warning for each file below *root* that declares opportunities and is not among those *read*.

    Args:
        root: Folder of the project.
        read: Real paths of the manifests and of syncer.yaml.
        tables: What tells whether a table is a manifest.
        patterns: Of the manifests.
    """
    found: list[Problem] = []
    looked_at = 0
    for path in _candidates(root):
        if os.path.realpath(path) in read:
            continue
        looked_at += 1
        name = shown_name(path, root)
        section = _declares(path, name, tables)
        if section is not None:
            hint = f"move it below {section}/, or add a pattern for it to manifests in syncer.yaml"
            other = _ending_otherwise(path, root, patterns)
            detail = f'"{name}" declares {section}, but no pattern under manifests matches it.'
            found.append(
                _warning(name, detail, hint if other is None else Write(f"rename it to {other}", other))
            )
        if looked_at >= _MOST_READ or len(found) >= _MOST_TOLD:
            break
    return found


def only_named(named: Iterable[tuple[str, Path]], root: Path, matched: Collection[str]) -> list[Problem]:
    """Return a warning for each file that is read because it was *named*, and would not be otherwise."""
    inside = os.path.realpath(root) + os.sep
    return [
        _warning(
            name,
            f'"{name}" is read because it, or its folder, was named; no pattern under manifests matches it.',
            "move it below opportunities/, or add a pattern for it to manifests in syncer.yaml",
        )
        for name, path in named
        if (real := os.path.realpath(path)).startswith(inside) and real not in matched
    ]


def _warning(name: str, detail: str, hint: str) -> Problem:
    fix = NameFix(hint.value) if isinstance(hint, Write) else None
    return Problem("manifest-unread", detail, Span(name, 1, 1), hint=hint, severity=Severity.WARNING, fix=fix)


def _ending_otherwise(path: Path, root: Path, patterns: Collection[str]) -> str | None:
    """Return the name by which a pattern would match a file, when its ending alone is in the way."""
    ending = path.suffix.lower()
    for suffix in dict.fromkeys((ending, ".yaml" if ending == ".yml" else ending)):
        other = path.with_suffix(suffix)
        is_free = not os.path.lexists(other) or other.samefile(path)
        parts = other.relative_to(root).parts
        if other.name != path.name and is_free and any(pattern_finds(each, parts) for each in patterns):
            return shown_name(other, root)
    return None


def _candidates(root: Path) -> Iterator[Path]:
    """Yield files named like manifests, those near *root* first; hidden ones and other projects' never."""
    folders = deque([root])
    entries = 0
    while folders and entries < _MOST_ENTRIES:
        folder = folders.popleft()
        try:
            with os.scandir(folder) as scanned:
                inside = sorted(scanned, key=lambda entry: entry.name)
        except OSError:
            continue
        names = {entry.name for entry in inside}
        if folder != root and not names.isdisjoint({"syncer.yaml", ".git"}):
            continue
        for entry in inside[: _MOST_ENTRIES - entries]:
            entries += 1
            if entry.name.startswith(".") or entry.name in _NOT_OURS:
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(Path(entry.path))
            elif entry.name.lower().endswith(SUFFIXES) and entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def _declares(path: Path, name: str, tables: Notation) -> str | None:
    """Return the section of the first record that a file declares; None when it declares none."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return None
    if head.startswith(REJECTED.encode()):
        return None
    if tables.reads(name):
        return "opportunities" if tables.declares(head, name) else None
    if _DECLARES.search(head):
        return "opportunities"
    if not _OURS.search(head):
        return None
    named = (section for section in sections() if re.search(rb"(?:^|\n)%s[ \t]*:" % section.encode(), head))
    return next(named, None)
