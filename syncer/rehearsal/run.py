"""One rehearsal from its first record to its last: made, asked about, taken away."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from syncer.model.problem import Problem, RemoteError, StoppedError
from syncer.rehearsal import cleaning
from syncer.rehearsal.cast import Cast
from syncer.rehearsal.mark import Mark
from syncer.rehearsal.points import POINTS, Finding, untold
from syncer.rehearsal.questions import QUESTIONS, Question
from syncer.rehearsal.stage import Stage, UntoldError
from syncer.rehearsal.wire import NoAnswerError, Reply, Wire
from syncer.remote.client import Api

GRACE: Final = 3.0  # how late a service may commit what it did not answer
_LOOK: Final = 0.5
_NOT_ASKED: Final = "the rehearsal ended before"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal found.

    Attributes:
        findings: One for each point, in their order.
        left: Marked records that may still be there.
        failed: Why nothing was asked; None when something was.
        stopped: Somebody stopped it.
    """

    findings: tuple[Finding, ...]
    left: int
    failed: RemoteError | None = None
    stopped: bool = False


def rehearse(
    api: Api, cast: Cast, mark: Mark, *, tell: Callable[[str], None], cleaning_up: Callable[[], None]
) -> Rehearsed:
    """Make the marked records, ask every question about them, delete them; whatever happens in between.

    Args:
        api: An open connection.
        cast: Who plays.
        mark: Of this rehearsal.
        tell: Called with what is done next.
        cleaning_up: Called when only deletions are left, which nobody should interrupt.
    """
    stage = Stage(Wire(api), mark, cast)
    findings: dict[str, Finding] = {}
    stopped = False
    failed: RemoteError | None = None
    left = 0
    try:
        tell("what earlier rehearsals left")
        left += cleaning.remove_earlier(stage.wire, mark)
        tell("a first record")
        stage.main = _main(stage)
        for question in QUESTIONS:
            tell(question.topic)
            findings |= {finding.point: finding for finding in _answers(stage, question)}
    except StoppedError:
        stopped = True
    except NoAnswerError as error:
        failed = _silent(error)
    except RemoteError as error:
        failed = error
    finally:
        cleaning_up()
        tell("cleaning up")
        api.start_clock()
        left += _clean(stage)
    all_ = tuple(findings.get(name, untold(name, _NOT_ASKED)) for name in POINTS)
    return Rehearsed(all_, left, failed, stopped)


def _answers(stage: Stage, question: Question) -> list[Finding]:
    """Ask one question; what it cannot tell says why."""
    findings: list[Finding] = []
    why = "no answer was about it"
    try:
        findings.extend(question.ask(stage))
    except UntoldError as error:
        why = str(error)
    except NoAnswerError as error:
        why = f"no answer: {error.why}"
    known = {finding.point for finding in findings}
    return [*findings, *(untold(point, why) for point in question.points if point not in known)]


def _main(stage: Stage) -> str:
    """Make the record that the questions are about; return its id.

    Raises:
        RemoteError: The service does not make it.
        NoAnswerError: Nobody knows whether it did.
    """
    try:
        answer = stage.wire.ask("create", "POST", cleaning.OPPORTUNITIES, body=stage.body("main"))
    except NoAnswerError:
        if found := _made(stage):
            return found
        raise
    if not answer.ok:
        raise _refused(stage, answer)
    stage.note(answer)
    if stage.made:
        return stage.made[0]
    if (found := _made(stage)) is None:
        raise NoAnswerError("the answer to the first record has no id")
    stage.nameless -= 1
    return found


def _made(stage: Stage) -> str | None:
    """Look for the record whose creation was not answered."""
    until = time.monotonic() + GRACE
    while True:
        for left in cleaning.marked(stage.wire, stage.mark.space_id):
            if left.mark == stage.mark and left.role == "main":
                return left.id
        if time.monotonic() > until:
            return None
        stage.wire.api.pause(_LOOK)


def _refused(stage: Stage, answer: Reply) -> RemoteError:
    error = stage.wire.api.refusal("POST", cleaning.OPPORTUNITIES, answer.exchange, answer.body)
    first = error.problems[0]
    hint = first.hint or (
        "The rehearsal sends what every deal has. What this space requires beside that, say with "
        "--field NAME=VALUE, name and value as the API takes them."
    )
    return RemoteError(replace(first, hint=hint), status=error.status, sent=error.sent)


def _silent(error: NoAnswerError) -> RemoteError:
    detail = f"The rehearsal did not begin: {error.why}."
    return RemoteError(Problem("unreachable", detail, hint="try again later"), sent=True)


def _clean(stage: Stage) -> int:
    """Delete every record of this rehearsal; return how many may be left.

    Ids that were told go first. Then the space is looked through for marked records that nobody told of, and
    when an answer was lost, until the grace time has passed.
    """
    known = {each for each in [stage.main, *stage.made] if each}
    kept = {each for each in sorted(known) if not _removed(stage, each)}
    nameless = stage.nameless
    until = time.monotonic() + (max(GRACE, 2 * stage.lag) if stage.wire.uncertain else 0.0)
    while True:
        try:
            found = cleaning.marked(stage.wire, stage.mark.space_id)
        except NoAnswerError:
            return max(len(kept), 1)
        for left in found:
            if left.mark.token == stage.mark.token or left.mark.time < stage.mark.time:
                kept.discard(left.id)
                if not _removed(stage, left.id):
                    kept.add(left.id)
                elif left.id not in known and left.mark == stage.mark:
                    nameless -= 1
                known.add(left.id)
        if time.monotonic() >= until:
            return len(kept) + max(nameless, 0)
        stage.wire.api.pause(_LOOK)


def _removed(stage: Stage, record_id: str) -> bool:
    try:
        return cleaning.remove(stage.wire, stage.mark.space_id, record_id)
    except NoAnswerError:
        return False
