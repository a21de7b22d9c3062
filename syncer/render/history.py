"""Runs, and who set a value last, as text for a terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from syncer.kinds.custom import field_path
from syncer.planning.history import Blame, Source, Subject, Told
from syncer.render.escape import terminal
from syncer.render.look import PLAIN, Look
from syncer.render.text import literal
from syncer.state.values import LedgerRow, Run, RunChange

_SHORT: Final = 12  # digits of a commit or a digest that people compare
_KEPT_NO_LONGER: Final = (
    "no run that is kept: it was there when it was agreed, or its run is older than those that are kept"
)


def runs_text(runs: Iterable[Run], look: Look = PLAIN) -> str:
    """Return *runs* for reading, each with how its changes ended."""
    lines: list[str] = []
    for run in runs:
        lines += [*_run(run, look), ""]
    return look.finish(
        "\n".join(lines[:-1]) if lines else "Nothing was applied yet, as far as is remembered."
    )


def record_text(subject: Subject, row: LedgerRow | None, told: Sequence[Told], look: Look = PLAIN) -> str:
    """Return what runs did to a record."""
    lines = list(look.wrap(terminal(str(subject.address))))
    if row is None:
        lines += look.wrap("Nothing is agreed about it now.", "  ", "  ")
    else:
        lines += look.wrap(f"record {terminal(row.id)}, as agreed {terminal(row.at)}", "  ", "  ")
    for each in told:
        lines += ["", *_run(each.run, look, counts=False), *_changes(each, subject, look)]
    if not told:
        lines += ["", *look.wrap("No run that is kept has touched it.")]
    return look.finish("\n".join(lines))


def blame_text(blame: Blame, look: Look = PLAIN) -> str:
    """Return who set the value of a field last, then the runs that wrote it."""
    address, path = blame.subject
    lines = [*look.wrap(f"{terminal(str(address))}  {terminal(path)}"), ""]
    for name, text in _facts(blame):
        lines += look.wrap(text, f"{name:6}  ", " " * 8)
    for each in blame.told:
        lines += ["", *_run(each.run, look, counts=False), *_changes(each, blame.subject, look)]
    return look.finish("\n".join(lines))


def _facts(blame: Blame) -> Iterator[tuple[str, str]]:
    """Yield what is known, under its name."""
    row, path = blame.row, blame.subject.path
    yield "now", _now(blame)
    if row is not None and path in row.values:
        yield "agreed", f"{literal(blame.written(blame.agreed), path)}, {terminal(row.at)}"
    if by := _set_by(blame):
        yield "set by", by


def _now(blame: Blame) -> str:
    if blame.source is not Source.GONE:
        agreed = blame.source in {Source.RUN, Source.IMPORTED, Source.FOUND}
        now = literal(blame.written(blame.now), blame.subject.path)
        return f"{now}, as agreed" if agreed else now
    if blame.row is None:
        return "not known: nothing is agreed about this address"
    where = "among the deleted ones" if blame.present.deleted else "not to be seen"
    return f"nothing: the record {terminal(blame.row.id)} is {where}"


def _set_by(blame: Blame) -> str:
    record, setter = blame.present.record, blame.setter
    modified = record.modified if record is not None else ""
    changed = f"; the CRM says that the record was last changed {terminal(modified)}" if modified else ""
    match blame.source:
        case Source.IMPORTED:
            assert setter is not None
            run = f"run {terminal(setter.run.run)}, {_when(setter.run)}"
            return f"nobody who is known: it was in the CRM when it was imported, {run}"
        case Source.FOUND:
            return _KEPT_NO_LONGER
        case Source.CRM:
            assert blame.row is not None
            since = f"somebody in the CRM since {terminal(blame.row.at)}, when it was last agreed"
            return f"{since}{changed}, and not by whom or which of its fields" if changed else since
        case Source.FREE:
            return f"somebody in the CRM: no manifest has set it{changed}"
        case _:
            return "" if setter is None else f"run {terminal(setter.run.run)}, {_when(setter.run)}"


def _run(run: Run, look: Look, *, counts: bool = True) -> Iterator[str]:
    yield from (look.paint(line, "bold") for line in look.wrap(terminal(run.run)))
    yield from look.wrap(_when(run), "  ", "  ")
    if run.plan:
        yield from look.wrap(f"plan {terminal(_short(run.plan))}", "  ", "  ")
    if counts:
        yield from look.wrap(_counts(run.outcomes), "  ", "  ")
    if run.is_open:
        left = f"{len(run.uncertain):,} to be looked up by the next apply"
        yield from look.wrap(f"did not end in order: {left}", "  ", "  ")


def _when(run: Run) -> str:
    if run.is_import:  # what it wrote is in no commit yet
        return f"{terminal(run.ended or run.started)}, {terminal(run.by)}"
    commit = f"commit {terminal(run.commit[:_SHORT])}" if run.commit else "no commit"
    return f"{terminal(run.ended or run.started)}, {terminal(run.by)}, {commit}"


def _short(digest: str) -> str:
    kind, colon, digits = digest.partition(":")
    return f"{kind}{colon}{digits[:_SHORT]}" if colon else digest[:_SHORT]


def _counts(outcomes: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {terminal(name)}" for name, number in outcomes.items()) or "nothing written"


def _changes(told: Told, subject: Subject, look: Look) -> Iterator[str]:
    for change in told.changes:
        other = "" if change.address == str(subject.address) else f" as {terminal(change.address)}"
        yield from look.wrap(f"{terminal(change.outcome)}{other}{_named(change)}", "  ", "    ")
        for field in change.fields:
            path = str(field.get("path"))
            if subject.path and field_path(path) != subject.path:
                continue
            before, after = (literal(field.get(side), path) for side in ("before", "after"))
            yield from look.wrap(f"{terminal(path)}  {before} {look.glyphs.arrow} {after}", "    ", "      ")


def _named(change: RunChange) -> str:
    """Return the name of a record that was made or deleted."""
    sides = [side for side in (change.before, change.after) if side is not None]
    name = sides[0].get("name") if len(sides) == 1 else None
    return f" {literal(name)}" if isinstance(name, str) else ""
