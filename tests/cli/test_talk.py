"""What an apply asks and reports on the command line where nobody sits at a terminal."""

import json

import pytest

from syncer.apply.run import Report
from syncer.cli.common import Globals
from syncer.cli.stopping import Stopping
from syncer.cli.talk import CommandTalk
from syncer.model.problem import UsageError
from tests.render.samples import MIXED, RESULTS

Capture = pytest.CaptureFixture[str]


def talk(*, events: bool = False, auto_approve: bool = False, quiet: bool = False) -> CommandTalk:
    settings = Globals(quiet=quiet)
    return CommandTalk(settings, Stopping(settings), events=events, auto_approve=auto_approve)


def carry_out(said: CommandTalk) -> int:
    """Report everything of an apply to *said*, as the verb does."""
    with said:
        said.planned(MIXED)
        said.start(MIXED)
        said.progress(3, 3)
        for result in RESULTS:
            said.outcome(result)
    return said.ended(Report(RESULTS, wrote=True), 3)


def test_text_is_the_plan_and_in_the_end_what_became_of_it(capsys: Capture) -> None:
    """Stdout holds what was asked for; how it goes is on stderr."""
    assert carry_out(talk()) == 3

    shown = capsys.readouterr()
    assert "Plan: 1 to create, 1 to update, 1 to delete" in shown.out
    assert shown.out.splitlines()[-1] == "Apply incomplete: 2 created, 1 updated, 1 unchanged, 1 failed."
    assert shown.err.splitlines() == [
        "To go on: fix what is reported, then `syncer apply` again; what is written stays.",
    ]


@pytest.mark.parametrize("quiet", [False, True], ids=["", "-q"])
def test_events_leave_stdout_to_scripts(quiet: bool, capsys: Capture) -> None:
    """A line for each outcome between the first and the last word; people read the plan on stderr, or not."""
    carry_out(talk(events=True, quiet=quiet))

    shown = capsys.readouterr()
    events = [json.loads(line) for line in shown.out.splitlines()]
    assert [event["event"] for event in events] == ["start", *["outcome"] * len(RESULTS), "summary"]
    assert events[-1]["exit_code"] == 3
    assert ("Plan: 1 to create" in shown.err) is not quiet


def test_without_a_terminal_somebody_must_have_approved(capsys: Capture) -> None:
    """The option is the approval; else it is said how to give one."""
    assert talk(auto_approve=True).approve(MIXED)
    with pytest.raises(UsageError, match="There is no terminal to ask on"):
        talk().approve(MIXED)

    assert talk().ended(None, 1) == 1
    assert capsys.readouterr().err == "Nothing was written.\n"


def test_nobody_who_reads_is_no_failure_of_the_apply(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """What was written is written: the code is that of the outcomes, and stderr says what is missing."""
    said = talk(events=True, quiet=False)
    said.start(MIXED)

    def full(_text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("syncer.cli.talk.out", full)
    for result in RESULTS:
        said.outcome(result)

    assert said.ended(Report(RESULTS, wrote=True), 3) == 3
    assert capsys.readouterr().err.splitlines()[-1] == (
        "The result cannot be written to stdout: No space left on device. The exit code 3 says the rest."
    )
