"""What hints say exactly → the manifests, offline."""

import errno
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from syncer.files import several
from syncer.manifest import fixing as yaml
from syncer.manifest.fixing import Correction, FixedText, Left
from syncer.manifest.load import MAX_BYTES
from syncer.manifest.quiet import collector_paused
from syncer.manifest.read import files, told_of, told_of_defaults
from syncer.model.fix import Fix, NameFix
from syncer.model.problem import Problem, Severity, SyncerError
from syncer.model.span import Span
from syncer.project.load import Project
from syncer.tables import fixing as tables
from syncer.verbs.editing import not_ours, read_again

# A file is read again after each round; what one round writes, the next one finds no more.
_MOST_ROUNDS: Final = 20

Told = Callable[[str], Sequence[Problem]]


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a fix writes, or wrote.

    Attributes:
        made: What is written, by file and line.
        files: The text of each manifest that changes, with what it was.
        left: What cannot be written though a hint says it, and why: warnings.
        others: How many errors are left that a person has to decide.
        renamed: New name of a file → its old one.
    """

    made: tuple[Correction, ...]
    files: Mapping[str, tuple[str, str]]
    left: tuple[Problem, ...]
    others: int
    renamed: Mapping[str, str] = field(default_factory=dict)


def looked_through(project: Project, paths: Sequence[Path] = ()) -> Fixed:
    """Return what the hints say of the manifests of *project*, or of those at *paths*; write nothing.

    Raises:
        ManifestError: A file cannot be found.
    """
    made: list[Correction] = []
    texts: dict[str, tuple[str, str]] = {}
    left: list[Problem] = []
    others = 0
    found_files, warnings = files(project, paths)
    renames = {each.fix.name: _old_name(each) for each in warnings if isinstance(each.fix, NameFix)}
    with collector_paused():
        if project.file is not None and not paths:
            found = _defaults(project, project.file)
            made += found.made
            left += map(left_alone, found.left)
            if found.made:
                texts[project.file.name] = (_read(project.file) or "", found.text)
        for name, path in [*found_files, *((new, project.root / old) for new, old in renames.items())]:
            text = _read(path)
            if text is None:
                continue
            found, problems = _fixed(project, name, text)
            if name in renames:
                span = Span(renames[name], 1, 1)
                found = found._replace(made=(Correction(span, "name", renames[name], name), *found.made))
            found = _allowed(project, renames.get(name, name), text, found)
            if not found.made:
                renames.pop(name, None)
            made += found.made
            left += (left_alone(each) for each in found.left)
            said = [fix for each in found.left for fix in each.fixes]
            others += sum(each.severity is Severity.ERROR and each.fix not in said for each in problems)
            if found.text != text or name in renames:
                texts[name] = (text, found.text)
    return Fixed(tuple(made), texts, tuple(left), others, renames)


def _defaults(project: Project, file: Path) -> FixedText:
    """Return what becomes of syncer.yaml, of which the defaults are what entries would say."""
    problems = [each for each in told_of_defaults(project) if each.fix is not None]
    text = _read(file) if problems else None
    if text is None:
        return FixedText("")
    return _allowed(project, file.name, text, yaml.fix(text, file.name, problems, lambda _text: ()))


def _allowed(project: Project, name: str, text: str, found: FixedText) -> FixedText:
    """Return *found*, of which nothing is made when the file called *name* may not be written."""
    why = not_ours(project, name) if found.made else None
    if why is None:
        return found
    return FixedText(text, left=(*found.left, *(Left(each, why, ()) for each in found.made)))


def _old_name(problem: Problem) -> str:
    assert problem.span is not None
    return problem.span.file


def write(project: Project, fixed: Fixed) -> None:
    """Write what was found, all files or none.

    Raises:
        SyncerError: A file cannot be written, or has changed since it was read.
    """
    for name, (before, _) in fixed.files.items():
        read_again(project, fixed.renamed.get(name, name), before)
    done: list[tuple[Path, Path]] = []
    try:
        for new, old in fixed.renamed.items():
            places = project.root / old, project.root / new
            _rename(*places)
            done.append(places)
        if fixed.files:
            after = {name: text for name, (_, text) in fixed.files.items()}
            several.write_all(project.root, after, mode=None, force=True)
    except SyncerError:
        for there, here in reversed(done):
            here.rename(there)
        raise


def _rename(old: Path, new: Path) -> None:
    try:
        if os.path.lexists(new) and not new.samefile(old):
            raise FileExistsError(errno.EEXIST, "the name is taken", str(new))
        old.rename(new)
    except OSError as error:
        detail = f"{old} cannot be renamed: {error.strerror or error}."
        raise SyncerError(Problem("file-unwritable", detail, hint="nothing was written")) from None


def _read(path: Path) -> str | None:
    """Return the text of a file; None when it is none, which `syncer validate` says."""
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError):
        return None


def _fixed(project: Project, name: str, text: str) -> tuple[FixedText, Sequence[Problem]]:
    """Return what becomes of a file, and what is wrong with it then."""

    def told(text: str) -> Sequence[Problem]:
        return told_of(project, name, text.encode())

    found, problems = FixedText(text), told(text)
    refused: list[Fix] = []
    for _ in range(_MOST_ROUNDS):
        waiting = [each for each in problems if each.fix is not None and each.fix not in refused]
        if not waiting:
            break
        if project.tables.reads(name):
            done = tables.fix(found.text, name, waiting, project.tables)
        else:
            done = yaml.fix(found.text, name, waiting, told)
        if not (done.made or done.left):
            break
        refused += [fix for left in done.left for fix in left.fixes]
        found = FixedText(done.text, found.made + done.made, found.left + done.left)
        problems = told(found.text)
    made = {_key(each) for each in found.made}
    left = {_key(each.correction): each for each in found.left if _key(each.correction) not in made}
    return found._replace(left=tuple(left.values())), problems


def _key(correction: Correction) -> tuple[Span, str, str]:
    return correction.span, correction.name, correction.after


def left_alone(left: Left) -> Problem:
    """Return the warning for what cannot be written."""
    correction = left.correction
    sides = (
        f": {correction.before or 'nothing'} should be {correction.after or 'nothing'}"
        if correction.before or correction.after
        else ""
    )
    hint = f"write it by hand: {correction.after}" if correction.after else "change it by hand"
    return Problem(
        "not-fixed",
        f"{correction.name}{sides}. {left.why}",
        correction.span,
        hint=hint,
        severity=Severity.WARNING,
    )


def by_place(made: Iterable[Correction]) -> list[Correction]:
    """Return *made* by file and line."""
    return sorted(made, key=lambda each: (each.span.file, each.span.line, each.span.column))
