"""Write several files, all of them or none."""

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from syncer.model.problem import Problem, SyncerError


def write_all(
    root: Path, files: Mapping[str, str | bytes], *, mode: int | None = 0o644, force: bool = False
) -> None:
    """Write *files* below *root*, each whole, and all of them or none.

    Every file is first written beside its place, under another name. Folders that are missing are made.

    Args:
        root: Folder that nothing is written outside of.
        files: Text, or bytes, by path relative to *root*, with forward slashes.
        mode: Of the files, before the umask takes its part; None leaves each the one it has.
        force: Replace files that exist.

    Raises:
        SyncerError: A file exists already, a path leads out of *root*, or something cannot be written;
            everything is then as it was.
    """
    _refuse(root, files, force=force)
    places = {root / name: text for name, text in files.items()}
    done: list[tuple[Path, Path | None]] = []
    parts: dict[Path, Path] = {}
    made: list[Path] = []
    place = root
    try:
        for place, text in places.items():
            made += _folders(place.parent)
            parts[place] = _part(place, text, mode)
        for place, part in parts.items():
            kept = _kept(place)
            done.append((place, kept))
            part.replace(place)
    except BaseException as error:
        for written, kept in reversed(done):
            if kept is not None:
                kept.replace(written)
            elif not parts[written].exists():
                written.unlink(missing_ok=True)
        for part in parts.values():
            part.unlink(missing_ok=True)
        for folder in reversed(made):
            _remove_if_empty(folder)
        if isinstance(error, OSError):
            shown = f"{place} cannot be written: {error.strerror or error}."
            raise SyncerError(Problem("file-unwritable", shown, hint="nothing was written")) from None
        raise
    for _, kept in done:
        if kept is not None:
            kept.unlink(missing_ok=True)


def _refuse(root: Path, files: Mapping[str, str | bytes], *, force: bool) -> None:
    real = os.path.realpath(root)
    problems = []
    for name in files:
        place = root / name
        if not Path(os.path.realpath(place.parent)).is_relative_to(real):
            detail = f"{name} leads out of {root}, to {os.path.realpath(place.parent)}."
            problems.append(Problem("file-outside", detail, hint="nothing was written"))
        elif place.is_dir() and not place.is_symlink():
            problems.append(Problem("exists", f"{name} is a folder.", hint="nothing was written"))
        elif os.path.lexists(place) and not force:
            problems.append(
                Problem("exists", f"{name} exists already.", hint="nothing was written; --force replaces it")
            )
    if problems:
        raise SyncerError(problems)


def _folders(folder: Path) -> list[Path]:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return list(reversed(missing))


def _part(place: Path, text: str | bytes, mode: int | None) -> Path:
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(stat.S_IMODE(place.stat().st_mode) if mode is None else mode & ~_umask())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _kept(place: Path) -> Path | None:
    """Put what is at *place* aside, under another name; return it."""
    if not os.path.lexists(place):
        return None
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name}.", suffix=".kept")
    os.close(handle)
    place.replace(name)
    return Path(name)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
