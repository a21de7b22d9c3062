"""Which files are manifests."""

import os
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from syncer.model.problem import Problem

_WILD: Final = frozenset("*?[")
SUFFIXES: Final = (".yaml", ".yml", ".csv")


class Found(NamedTuple):
    """Files of one pattern or path.

    Attributes:
        files: Name as shown and place of each file.
        problems: `file-missing`, `file-outside` or `file-unreadable`.
    """

    files: tuple[tuple[str, Path], ...] = ()
    problems: tuple[Problem, ...] = ()


def shown_name(path: Path, root: Path) -> str:
    """Return how messages call *path*: relative to *root* when it lies inside, with forward slashes."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    try:
        return absolute.relative_to(root).as_posix()
    except ValueError:
        return absolute.as_posix()


def is_manifest_name(name: str) -> bool:
    """Tell whether a file of this name is a manifest: YAML or CSV, and not hidden."""
    return name.endswith(SUFFIXES) and not name.startswith(".")


def by_pattern(root: Path, pattern: str) -> Found:
    """Return the files that *pattern* matches below *root*.

    `*`, `?`, `[…]` match within a name, `**` any number of folders; a folder stands for every manifest
    below it, and so does `*` or `**` at the end. Hidden files are never matched, hidden folders only by a
    part that begins with a dot itself. Links may lead to files and folders of the project, not out of it.

    Args:
        root: Folder of the project.
        pattern: Relative, with forward slashes.
    """
    if "\0" in pattern:
        return Found(problems=(Problem("bad-value", "A pattern holds a NUL character."),))
    parts = [part for part in pattern.replace("\\", "/").split("/") if part not in ("", ".")]
    if pattern.startswith(("/", "~")) or Path(pattern).is_absolute() or ".." in parts:
        detail = f'The pattern "{pattern}" leads out of the project; patterns are relative to syncer.yaml.'
        return Found(problems=(Problem("file-outside", detail, hint="name such files on the command line"),))
    walk = _Walk(root, Path(os.path.realpath(root)), parts)
    walk.match(root, walk.states(0))
    return Found(tuple(sorted(walk.files)), tuple(walk.problems))


def pattern_finds(pattern: str, path: Sequence[str]) -> bool:
    """Tell whether *pattern* finds a file at *path*, in parts below the root, or a folder around it."""
    return _finds([part for part in pattern.split("/") if part not in ("", ".")], path)


def _finds(parts: Sequence[str], path: Sequence[str]) -> bool:
    if not parts:
        return True
    if parts[0] == "**":
        return any(_finds(parts[1:], path[start:]) for start in range(len(path)))
    return bool(path) and fnmatchcase(path[0], parts[0]) and _finds(parts[1:], path[1:])


def by_path(root: Path, path: Path) -> Found:
    """Return the file *path*, or every manifest below the folder *path*; it may lie outside the project.

    Where somebody says to look is his choice; where a link leads that he finds there is not. So a link of the
    project, or one below a folder, is followed only within it.
    """
    if not path.exists() and not path.is_symlink():
        return Found(problems=(Problem("file-missing", f'There is no file or folder "{path}".'),))
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    around = root if absolute.is_relative_to(root) else path if path.is_dir() else None
    walk = _Walk(root, None if around is None else Path(os.path.realpath(around)), [])
    if not path.is_dir() or walk.leads_out(path):
        walk.take(path)
    else:
        walk.match(path, walk.states(0))
    return Found(tuple(sorted(walk.files)), tuple(walk.problems))


class _Walk:
    """Goes through folders once, whatever the pattern: with every place in it that may come next.

    Args:
        root: Folder of the project.
        inside: Where links may lead; None for anywhere.
        parts: Of the pattern. Behind the last one stands every manifest below a folder.
    """

    def __init__(self, root: Path, inside: Path | None, parts: Sequence[str]) -> None:
        self.files: list[tuple[str, Path]] = []
        self.problems: list[Problem] = []
        self._root = root
        self._inside = inside
        self._parts = parts
        self._refused: set[str] = set()

    def states(self, *numbers: int) -> frozenset[int]:
        """Return the parts of the pattern that may come next: those, and what `**` lets be skipped."""
        found: set[int] = set()
        for number in numbers:
            place = number
            found.add(place)
            while place < len(self._parts) and self._parts[place] == "**":
                place += 1
                found.add(place)
        return frozenset(found)

    def match(self, folder: Path, states: frozenset[int], seen: frozenset[str] = frozenset()) -> None:
        """Take the files in *folder*, and below it, that the rest of the pattern matches."""
        if self._literal(folder, states, seen):
            return
        for entry in self._entries(folder):
            self._entry(Path(entry.path), entry.name, states, seen, is_folder=entry.is_dir())

    def _literal(self, folder: Path, states: frozenset[int], seen: frozenset[str]) -> bool:
        """Go on with the one name that may come next, if it is one, without reading the folder."""
        if len(states) > 1:
            return False
        (place,) = states
        if place == len(self._parts) or _WILD & set(self._parts[place]):
            return False
        path = folder / self._parts[place]
        if path.exists() or path.is_symlink():
            self._entry(path, self._parts[place], states, seen, is_folder=path.is_dir())
        return True

    def _entry(
        self, path: Path, name: str, states: frozenset[int], seen: frozenset[str], *, is_folder: bool
    ) -> None:
        after = [
            place + 1
            for place in states
            if place < len(self._parts) and self._parts[place] != "**" and _fits(name, self._parts[place])
        ]
        below = [place for place in states if place == len(self._parts) or self._parts[place] == "**"]
        if not is_folder:
            end = len(self._parts)
            ours = is_manifest_name(name) or (end in after and self._said(name))
            if ours and (end in after or end in states):
                self.take(path)
            return
        if not name.startswith("."):
            after += below
        if not after:
            return
        real = os.path.realpath(path)
        if real in seen:  # a link to a folder around it
            return
        if path.is_symlink() and self.leads_out(path):
            self._refuse(path)
            return
        self.match(path, self.states(*after), seen | {real, os.path.realpath(path.parent)})

    def _said(self, name: str) -> bool:
        """Tell whether the last part of the pattern says the ending of files, and *name* is not hidden."""
        return not name.startswith(".") and bool(re.search(r"\.[^*?\[\]]+$", self._parts[-1]))

    def take(self, path: Path) -> None:
        """Take a file, unless a link leads out with it."""
        if self.leads_out(path):
            self._refuse(path)
        else:
            self.files.append((shown_name(path, self._root), path))

    def _entries(self, folder: Path) -> Iterable["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except NotADirectoryError:
            return ()
        except OSError as error:
            if str(folder) not in self._refused:
                self._refused.add(str(folder))
                detail = f'The folder "{folder}" cannot be read: {error.strerror}.'
                self.problems.append(Problem("file-unreadable", detail))
            return ()

    def leads_out(self, path: Path) -> bool:
        """Tell whether *path* is, through links, somewhere that may not be read."""
        if self._inside is None:
            return False
        return not Path(os.path.realpath(path)).is_relative_to(self._inside)

    def _refuse(self, path: Path) -> None:
        name = shown_name(path, self._root)
        if name not in self._refused:
            self._refused.add(name)
            detail = f'"{name}" is a link that leads out of the project, to "{os.path.realpath(path)}".'
            self.problems.append(
                Problem(
                    "file-outside",
                    detail,
                    hint="put the file itself there, or name the place it leads to on the command line",
                )
            )


def _fits(name: str, part: str) -> bool:
    if name.startswith(".") and not part.startswith("."):
        return False
    return fnmatchcase(name, part)
