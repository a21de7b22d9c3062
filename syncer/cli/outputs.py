"""Where a command may write: over nothing that is needed."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncer.model.problem import Problem, UsageError

if TYPE_CHECKING:
    from syncer.project.load import Project
from syncer.files.one import _is_stream, _unwritable, is_stdout

STATE: Final = ".syncer"


_READ_AS_MANIFESTS: Final = (".yaml", ".yml", ".csv")


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
    from syncer.manifest.find import by_pattern, pattern_finds  # noqa: PLC0415 (only with an output)

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
    if real.suffix.casefold() in _READ_AS_MANIFESTS and any(
        pattern_finds(pattern, inside) for pattern in project.manifests
    ):
        return "it would be read as a manifest from then on"
    return ""


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
