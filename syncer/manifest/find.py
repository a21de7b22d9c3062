"""Which files are manifests."""

import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final, NamedTuple

from syncer.errors import Problem

_WILD: Final = frozenset("*?[")
SUFFIXES: Final = (".yaml", ".yml")


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


def by_pattern(root: Path, pattern: str) -> Found:
    """Return the files that *pattern* matches below *root*.

    `*`, `?`, `[…]` match within a name, `**` any number of folders; a folder stands for every YAML file
    below it. Hidden folders are passed over unless the pattern names them. Links may lead to files and
    folders of the project, not out of it.

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
    walk = _Walk(Path(os.path.realpath(root)))
    for path in walk.expand(root, parts):
        if path.is_dir():
            for inner in walk.expand(path, ["**"]):
                if inner.suffix in SUFFIXES and not inner.is_dir():
                    walk.take(inner, root)
        else:
            walk.take(path, root)
    return Found(tuple(walk.files), tuple(walk.problems))


def by_path(root: Path, path: Path) -> Found:
    """Return the file *path*, or every YAML file below the folder *path*; it may lie outside the project.

    Where somebody says to look is his choice; where a link leads that he finds there is not. So a link of the
    project, or one below a folder, is followed only within it.
    """
    name = shown_name(path, root)
    if not path.exists() and not path.is_symlink():
        return Found(problems=(Problem("file-missing", f'There is no file or folder "{path}".'),))
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    around = root if absolute.is_relative_to(root) else path if path.is_dir() else None
    walk = _Walk(None if around is None else Path(os.path.realpath(around)))
    if not path.is_dir() or walk.leads_out(path):
        walk.take(path, root)
        return Found(tuple((name, file) for _, file in walk.files), tuple(walk.problems))
    for inner in walk.expand(path, ["**"]):
        if inner.suffix in SUFFIXES and not inner.is_dir():
            walk.take(inner, root)
    return Found(tuple(walk.files), tuple(walk.problems))


class _Walk:
    def __init__(self, inside: Path | None) -> None:
        self.inside = inside
        self.files: list[tuple[str, Path]] = []
        self.problems: list[Problem] = []
        self._refused: set[str] = set()

    def take(self, path: Path, root: Path) -> None:
        if self.leads_out(path):
            self._refuse(path, root)
        else:
            self.files.append((shown_name(path, root), path))

    def expand(self, base: Path, parts: Sequence[str], seen: frozenset[str] = frozenset()) -> Iterator[Path]:
        """Yield what *parts* match below *base*, sorted folder by folder."""
        if not parts:
            yield base
            return
        part, rest = parts[0], parts[1:]
        if part == "**":
            if rest:
                yield from self.expand(base, rest)
            yield from self._below(base, rest, seen)
        elif not _WILD & set(part):
            inner = base / part
            if inner.exists() or inner.is_symlink():
                yield from self.expand(inner, rest)
        else:
            for entry in self._entries(base):
                hidden = entry.name.startswith(".") and not part.startswith(".")
                if not hidden and fnmatchcase(entry.name, part) and (not rest or entry.is_dir()):
                    yield from self.expand(Path(entry.path), rest)

    def _below(self, base: Path, rest: Sequence[str], seen: frozenset[str]) -> Iterator[Path]:
        for entry in self._entries(base):
            path = Path(entry.path)
            if entry.is_dir():
                if entry.name.startswith("."):
                    continue
                real = os.path.realpath(path)
                if real in seen:  # a link to a folder around it
                    continue
                if entry.is_symlink() and self.leads_out(path):
                    self._refuse(path, None)
                    continue
                yield from self.expand(path, ["**", *rest], seen | {real, os.path.realpath(base)})
            elif not rest:
                yield path

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
        if self.inside is None:
            return False
        return not Path(os.path.realpath(path)).is_relative_to(self.inside)

    def _refuse(self, path: Path, root: Path | None) -> None:
        name = shown_name(path, root or self.inside or path.parent)
        if name not in self._refused:
            self._refused.add(name)
            detail = f'"{name}" is a link that leads out of the project, to "{os.path.realpath(path)}".'
            hint = "put the file itself there, or name the place it leads to on the command line"
            self.problems.append(Problem("file-outside", detail, hint=hint))
