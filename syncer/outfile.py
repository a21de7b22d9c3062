"""Write the one file that an option such as `--out` names: whole, and over nothing that is needed."""

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncer.errors import Problem, SyncerError, UsageError

if TYPE_CHECKING:
    from syncer.project import Project

STDOUT: Final = Path("-")
STATE: Final = ".syncer"
_READ_AS_MANIFESTS: Final = (".yaml", ".yml", ".csv")


def is_stdout(path: Path) -> bool:
    """Tell whether *path* stands for stdout: `-`, or another name of the pipe or file that stdout is."""
    if path == STDOUT:
        return True
    try:
        here, there = os.fstat(sys.stdout.fileno()), path.stat()
    except (AttributeError, OSError, ValueError):
        return False
    return os.path.samestat(here, there) and not stat.S_ISCHR(there.st_mode)


def check(
    outputs: Mapping[str, Path | None], project: "Project | None" = None, inputs: Iterable[Path] = ()
) -> None:
    """Raise when an output cannot be written, or would replace what is needed: before anything is asked.

    Args:
        outputs: Path by the option that names it; None was not given.
        project: Whose settings, manifests and state are not to be replaced.
        inputs: Further files that the command reads.

    Raises:
        UsageError: An output is a folder, an input, a file of the project, or the same as another one.
        SyncerError: There is no folder to write an output to, or it is not writable.
    """
    given = {option: path for option, path in outputs.items() if path is not None}
    problems = [
        problem for option, path in given.items() for problem in _misuse(option, path, project, inputs)
    ]
    named = list(given.items())
    problems += [
        _clash(option, path, f"{other} names the same file, {there}")
        for place, (option, path) in enumerate(named)
        for other, there in named[:place]
        if _same(path, there)
    ]
    if problems:
        raise UsageError(problems)
    for path in given.values():
        _check_folder(path)


def _misuse(option: str, path: Path, project: "Project | None", inputs: Iterable[Path]) -> Iterable[Problem]:
    if is_stdout(path):
        return
    if path.is_dir():
        yield Problem(
            "file-unwritable", f"{option} {path} is a folder.", hint="name a file; its folder must be there"
        )
        return
    if any(_same(path, read) for read in inputs):
        yield _clash(option, path, "this command reads it")
    elif project is not None and (role := _role(path, project)):
        yield _clash(option, path, role)


def _role(path: Path, project: "Project") -> str:
    """Return what the file *path* is to *project*, "" when nothing."""
    from syncer.manifest.find import by_pattern  # noqa: PLC0415 (only with an output)

    if project.file is not None and _same(path, project.file):
        return "it holds the settings of the project"
    root = Path(os.path.realpath(project.root))
    real = Path(os.path.realpath(path))
    inside = real.relative_to(root).parts if real.is_relative_to(root) else ()
    if inside[:1] == (STATE,):
        return "the folder .syncer is kept for applies"
    found = (file for pattern in project.manifests for _, file in by_pattern(project.root, pattern).files)
    if any(_same(path, file) for file in found):
        return "it is a manifest of the project"
    patterns = [
        [part for part in pattern.split("/") if part not in ("", ".")] for pattern in project.manifests
    ]
    if real.suffix.casefold() in _READ_AS_MANIFESTS and any(_fits(inside, parts) for parts in patterns):
        return "it would be read as a manifest from then on"
    return ""


def _fits(path: tuple[str, ...], pattern: list[str]) -> bool:
    """Tell whether *pattern* finds *path*, or a folder around it."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(_fits(path[start:], pattern[1:]) for start in range(len(path)))
    return bool(path) and fnmatchcase(path[0], pattern[0]) and _fits(path[1:], pattern[1:])


def _clash(option: str, path: Path, why: str) -> Problem:
    detail = f"{option} {path} cannot be written: {why}."
    return Problem("output-clash", detail, hint="name another file; nothing was done")


def _same(one: Path, other: Path) -> bool:
    """Tell whether both are one file, however it is spelt: through links, hard links, in another case."""
    if is_stdout(one) or is_stdout(other):
        return is_stdout(one) and is_stdout(other)
    with suppress(OSError):
        if one.samefile(other):
            return not _is_stream(one)
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold() and not _is_stream(one)


def _is_stream(path: Path) -> bool:
    """Tell whether *path* is a pipe, a device or a socket: nothing in it can be replaced."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _check_folder(path: Path) -> None:
    if is_stdout(path) or _is_stream(path):
        return
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        missing = folder if path.is_symlink() else path.parent
        hint = "make the folder, or choose another file"
        raise _unwritable(path, f'there is no folder "{missing}"', hint)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, f'nothing can be written in the folder "{path.parent}"')


def write(path: Path, text: str | Iterable[str], *, mode: int = 0o600) -> None:
    """Write *text* to *path*: whole or not at all, through links to where they lead.

    A regular file is written beside its place and renamed, so that nobody ever sees half of it. A pipe or a
    device is written to as it is, since it cannot be replaced.

    Args:
        path: Where to; not stdout.
        text: Whole, or in pieces.
        mode: Who may read and write the file.

    Raises:
        SyncerError: It cannot be written.
    """
    pieces = [text] if isinstance(text, str) else text
    try:
        if _is_stream(path):
            with path.open("w", encoding="utf-8", newline="\n") as stream:
                stream.writelines(pieces)
        else:
            _replace(Path(os.path.realpath(path)), pieces, mode)
    except OSError as error:
        raise _unwritable(path, f"{error.strerror or error}") from None


def _replace(path: Path, pieces: Iterable[str], mode: int) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".syncer-", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(mode)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _unwritable(
    path: Path, why: str, hint: str = "choose another file, or make its folder writable"
) -> SyncerError:
    return SyncerError(Problem("file-unwritable", f"{path} cannot be written: {why}.", hint=hint))
