"""`syncer apply` as people and scripts meet it: exit codes, events, refusals, signals."""

import base64
import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncer.cli import run
from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from syncer.state.folder import space_folder
from tests.apply.held import held
from tests.support import MANIFEST, Ran, environment, manifest, one, writes

Make = Callable[..., Any]
UPDATE = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow}}\n"
APPLY = ("apply", "--auto-approve", "--grace", "0.01")
EVENTS = (*APPLY, "--format", "json")


def _deals(count: int, **changes: str | None) -> str:
    return manifest({f"deal-{n}": {"name": f"Deal {n}", **changes} for n in range(count)})


def _outcomes(events: list[dict[str, Any]]) -> dict[str, int]:
    return dict(Counter(event["outcome"] for event in events if event["event"] == "outcome"))


def _names(sandbox: Sandbox) -> list[str]:
    return sorted(row["name"] for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal"))


def _state(folder: Path, sandbox: Sandbox) -> Path:
    return space_folder(folder, sandbox.url, sandbox.space_id)


def _journals(folder: Path) -> list[Path]:
    return sorted((folder / ".syncer").glob("*/*/journal/*"))


def test_an_apply_tells_what_it_did_and_leaves_nothing_behind(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    folder = project(_deals(3))

    ran = syncer(*EVENTS, cwd=folder)

    found = events(ran.out)
    assert (ran.code, [event["event"] for event in found]) == (0, ["start", *["outcome"] * 3, "summary"])
    assert found[0]["writes"] == 3
    assert {event["id"] for event in found[1:-1]} == {
        row["id"] for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal")
    }
    assert (found[-1]["created"], found[-1]["exit_code"]) == (3, 0)
    assert _names(sandbox) == ["Deal 0", "Deal 1", "Deal 2"]
    assert _journals(folder) == []

    again = syncer(*EVENTS, cwd=folder)
    assert (again.code, _outcomes(events(again.out))) == (0, {"unchanged": 3})


def test_the_last_line_of_the_text_is_the_truth(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    ran = syncer(*APPLY, "-v", cwd=project(_deals(2)))

    assert ran.out.splitlines()[-1] == "Apply complete: 2 created, 0 failed."
    assert re.search(r"^  POST +Opportunities +1 requests ", ran.err, re.MULTILINE)
    assert len(writes(sandbox)) == 1


@pytest.mark.parametrize("style", ["text", "json"])
def test_without_a_terminal_somebody_must_have_approved(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, style: str
) -> None:
    ran = syncer("apply", "--format", style, cwd=project())

    assert ran.code == ExitCode.USAGE
    assert "There is no terminal to ask on." in ran.err
    assert writes(sandbox) == []
    if style == "json":
        assert events(ran.out)[-1]["exit_code"] == ExitCode.USAGE


@contextlib.contextmanager
def _terminal(typed: str) -> Iterator[None]:
    """A terminal on which somebody has typed something."""
    ours, theirs = os.openpty()
    os.write(ours, typed.encode())
    before = sys.stdin
    try:
        with os.fdopen(theirs) as sys.stdin:
            yield
    finally:
        sys.stdin = before
        os.close(ours)


def _at_terminal(folder: Path, sandbox: Sandbox, typed: str, monkeypatch: pytest.MonkeyPatch) -> Ran:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    out, err = io.StringIO(), io.StringIO()
    with _terminal(typed), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["-C", str(folder), "apply"])
    return Ran(code, out.getvalue(), err.getvalue())


def test_only_yes_is_yes(sandbox: Sandbox, project: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project(_deals(1))

    refused = _at_terminal(folder, sandbox, "y\n", monkeypatch)
    assert (refused.code, _names(sandbox)) == (1, [])
    assert refused.err.endswith("Nothing was written.\n")

    assert _at_terminal(folder, sandbox, "yes\n", monkeypatch).code == 0
    assert _names(sandbox) == ["Deal 0"]


def test_ctrl_c_at_the_question_ends_at_once(
    sandbox: Sandbox, project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(_deals(1))
    here = os.getpid()

    def press() -> None:
        while not sandbox.requests.count("GET", "Opportunities"):
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(here, signal.SIGINT)

    hand = threading.Thread(target=press)
    hand.start()
    ran = _at_terminal(folder, sandbox, "", monkeypatch)
    hand.join()

    assert (ran.code, _names(sandbox)) == (ExitCode.INTERRUPTED, [])
    assert "Stopped before anything was written." in ran.err


# --- guards ---


@pytest.mark.parametrize(
    ("guards", "text", "name"),
    [
        ("max_creates: 1", _deals(2), "max_creates"),
        ('max_value: "150 USD"', _deals(2), "max_value"),
        ("closing_date_in_past: deny", _deals(1, closing_date="2019-01-01"), "closing_date_in_past"),
    ],
)
def test_a_breached_guard_stops_before_the_first_write_and_can_be_lifted(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, guards: str, text: str, name: str
) -> None:
    folder = project(text, settings=f"version: 1\npolicy: {{guards: {{{guards}}}}}\n")

    ran = syncer(*EVENTS, cwd=folder)

    (event,) = events(ran.out)
    assert (ran.code, event["event"], event["exit_code"]) == (ExitCode.GUARD, "error", ExitCode.GUARD)
    assert f"--allow {name}" in event["problems"][0]["hint"]
    assert writes(sandbox) == []

    assert syncer(*APPLY, "--allow", name, cwd=folder).code == 0


def test_nothing_is_deleted_without_a_word_in_the_policy(
    sandbox: Sandbox, project: Make, syncer: Make
) -> None:
    folder = project(_deals(2), settings=UPDATE)
    assert syncer(*APPLY, cwd=folder).code == 0
    (folder / MANIFEST).write_text(_deals(2, state="absent"))

    assert syncer(*APPLY, cwd=folder).code == ExitCode.GUARD
    assert _names(sandbox) == ["Deal 0", "Deal 1"]
    ran = syncer(*APPLY, "--allow", "max_deletes", cwd=folder)
    assert ran.out.splitlines()[-1] == "Apply complete: 2 deleted, 0 failed."
    assert _names(sandbox) == []


# --- saved plans ---


@pytest.fixture
def saved(sandbox: Sandbox, project: Make, syncer: Make) -> Path:
    """A project with a saved plan that creates one opportunity."""
    folder: Path = project(_deals(1))
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    sandbox.requests.clear()
    return folder


def test_a_saved_plan_is_applied_without_asking(sandbox: Sandbox, saved: Path, syncer: Make) -> None:
    ran = syncer("apply", "plan.json", cwd=saved)

    assert (ran.code, _names(sandbox)) == (0, ["Deal 0"])


def test_a_saved_plan_is_applied_even_when_the_manifests_no_longer_read(
    sandbox: Sandbox, saved: Path, syncer: Make
) -> None:
    (saved / MANIFEST).write_text("][")

    assert (syncer("apply", "plan.json", cwd=saved).code, _names(sandbox)) == (0, ["Deal 0"])


def _refused(sandbox: Sandbox, ran: Ran, events: Make) -> dict[str, str]:
    (event,) = events(ran.out)
    assert (ran.code, event["event"], event["exit_code"]) == (ExitCode.REFUSED, "error", ExitCode.REFUSED)
    assert writes(sandbox) == []
    return {problem["code"]: problem["detail"] for problem in event["problems"]}


def test_an_edited_plan_is_refused(sandbox: Sandbox, saved: Path, syncer: Make, events: Make) -> None:
    path = saved / "plan.json"
    path.write_text(path.read_text().replace('"base_value": 100', '"base_value": 1000000', 1))

    told = _refused(sandbox, syncer("apply", "plan.json", "--format", "json", cwd=saved), events)
    assert told == {"plan-edited": "plan.json is not as `syncer plan` wrote it."}


def test_a_plan_of_another_major_is_refused(
    sandbox: Sandbox, saved: Path, syncer: Make, events: Make
) -> None:
    path = saved / "plan.json"
    path.write_text(path.read_text().replace('"format_version": "1.1"', '"format_version": "2.0"'))

    told = _refused(sandbox, syncer("apply", "plan.json", "--format", "json", cwd=saved), events)
    assert told == {"plan-version": "plan.json is of the format 2.0; this syncer reads 1.x."}


def test_a_plan_for_another_space_and_service_is_refused(
    sandbox: Sandbox, saved: Path, syncer: Make, events: Make
) -> None:
    env = sandbox.env() | {"PIPELINER_SPACE_ID": "us_Other"}
    ran = syncer("apply", "plan.json", "--format", "json", cwd=saved, env=env)

    assert _refused(sandbox, ran, events) == {
        "plan-other-space": f"plan.json is for the space {sandbox.space_id}; this is us_Other."
    }
    assert list(sandbox.requests) == []


def test_a_plan_under_another_policy_is_refused_and_every_difference_named(
    sandbox: Sandbox, saved: Path, syncer: Make
) -> None:
    policy = "policy: {existing: update, guards: {closing_date_in_past: allow, max_creates: 9}}"
    (saved / "syncer.yaml").write_text(f"version: 1\n{policy}\n")

    ran = syncer("apply", "plan.json", cwd=saved)

    assert (ran.code, writes(sandbox)) == (ExitCode.REFUSED, [])
    assert re.findall(r"made under (\S+): (\S+); syncer.yaml now says\s(\S+)\.", ran.err) == [
        ("existing", '"merge"', '"update"'),
        ("guards.max_creates", "500", "9"),
    ]


def test_an_expired_plan_is_refused(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project(_deals(1))
    with monkeypatch.context() as patch:
        patch.setattr("syncer.formats.plan_file.LIFETIME_HOURS", -1)
        assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    sandbox.requests.clear()

    told = _refused(sandbox, syncer("apply", "plan.json", "--format", "json", cwd=folder), events)
    assert list(told) == ["plan-expired"]


def test_a_file_that_is_no_plan_is_an_error(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    assert syncer("apply", "opportunities/deals.yaml", cwd=project()).code == ExitCode.ERROR
    assert writes(sandbox) == []


# --- what moved between plan and apply ---


@pytest.fixture
def moved(project: Make, syncer: Make) -> Path:
    """A project whose saved plan updates the value of three deals that are there."""
    folder: Path = project(_deals(3), settings=UPDATE)
    assert syncer(*APPLY, cwd=folder).code == 0
    (folder / MANIFEST).write_text(_deals(3, value="200 USD"))
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    return folder


def _edit(sandbox: Sandbox, name: str, **fields: Any) -> None:
    sandbox.edit("Opportunity", sandbox.store.find("Opportunity", name=name)["id"], **fields)


def _values(sandbox: Sandbox) -> dict[str, float]:
    return {
        row["name"]: row["value"]["base_value"]
        for row in sandbox.store.rows("Opportunity")
        if row["name"].startswith("Deal")
    }


def test_each_record_is_judged_alone(sandbox: Sandbox, moved: Path, syncer: Make, events: Make) -> None:
    """One record that moved refuses itself, and no other."""
    value = sandbox.store.find("Opportunity", name="Deal 0")["value"]
    _edit(sandbox, "Deal 0", value={"base_value": 150.0, "currency_id": value["currency_id"]})
    _edit(sandbox, "Deal 1", description="Somebody's note")

    ran = syncer("apply", "plan.json", "--format", "json", cwd=moved)

    found = events(ran.out)
    assert (ran.code, _outcomes(found)) == (ExitCode.REFUSED, {"conflict": 1, "updated": 2})
    assert _values(sandbox) == {"Deal 0": 150.0, "Deal 1": 200.0, "Deal 2": 200.0}
    assert sandbox.store.find("Opportunity", name="Deal 1")["description"] == "Somebody's note"
    (error,) = found[1]["error"]
    assert "Somebody changed value after the plan was made" in error["detail"]


def test_what_is_already_as_desired_or_gone_is_not_written(
    sandbox: Sandbox, moved: Path, syncer: Make
) -> None:
    value = sandbox.store.find("Opportunity", name="Deal 0")["value"]
    for name in ("Deal 0", "Deal 1"):
        _edit(sandbox, name, value={"base_value": 200.0, "currency_id": value["currency_id"]})
    sandbox.store.delete("Opportunity", sandbox.store.find("Opportunity", name="Deal 2")["id"])
    sandbox.requests.clear()

    ran = syncer("apply", "plan.json", cwd=moved)

    assert (ran.code, writes(sandbox)) == (ExitCode.REFUSED, [])
    assert ran.out.splitlines()[-1] == "Apply incomplete: 2 unchanged, 1 conflict."


def test_what_appeared_meanwhile_with_another_value_is_left_and_told(
    sandbox: Sandbox, saved: Path, project: Make, syncer: Make
) -> None:
    other = project(_deals(1, value="300 USD"))
    assert syncer(*APPLY, cwd=other).code == 0

    ran = syncer("apply", "plan.json", cwd=saved)

    assert (ran.code, _values(sandbox)) == (0, {"Deal 0": 300.0})
    assert "The opportunity is there now, with another value; it was left as it is." in ran.out


# --- refusals and failures ---


def test_a_refused_record_is_told_at_its_line_and_costs_no_other(
    serve: Make, project: Make, syncer: Make, events: Make
) -> None:
    sandbox = serve(require=("oas", "description"))
    entries = {f"deal-{n}": {"name": f"Deal {n}", "description": "x" if n else None} for n in range(5)}
    folder = project(manifest(entries))

    ran = syncer(*EVENTS, cwd=folder, env=sandbox.env())

    found = events(ran.out)
    assert (ran.code, _outcomes(found)) == (ExitCode.FAILED, {"failed": 1, "created": 4})
    (error,) = found[1]["error"]
    assert error["detail"] == "description: Non-null field 'description' is null or empty."
    assert error["span"]["file"] == MANIFEST
    assert _journals(folder) == [], "what was refused is known"


def test_wrong_credentials_are_an_error_before_any_write(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    env = sandbox.env() | {"PIPELINER_API_PASSWORD": "wr0ng-Secret"}
    ran = syncer(*EVENTS, cwd=project(), env=env)

    (event,) = events(ran.out)
    assert (ran.code, event["exit_code"], event["problems"][0]["code"]) == (1, 1, "unauthorized")
    assert "wr0ng-Secret" not in ran.out + ran.err


def test_an_apply_that_may_not_write_at_all_is_an_error(
    serve: Make, project: Make, syncer: Make, events: Make
) -> None:
    sandbox = serve({"forbidden": ["Opportunity:write"]})
    folder = project(_deals(3))

    ran = syncer(*EVENTS, cwd=folder, env=sandbox.env())

    last = events(ran.out)[-1]
    assert (ran.code, last["event"], last["problems"][0]["code"]) == (1, "error", "forbidden")
    assert _journals(folder) == []


def test_wrong_usage_is_64(saved: Path, syncer: Make, events: Make) -> None:
    assert syncer("apply", "--grace", "soon", cwd=saved).code == ExitCode.USAGE
    ran = syncer("apply", "plan.json", "--resume", "--format", "json", cwd=saved)
    assert (ran.code, events(ran.out)[-1]["exit_code"]) == (ExitCode.USAGE, ExitCode.USAGE)


def test_a_second_apply_is_refused_while_one_runs(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    folder = project()
    with held(folder, sandbox):
        ran = syncer(*APPLY, cwd=folder)

    assert (ran.code, list(sandbox.requests)) == (ExitCode.ERROR, [])
    assert f"process {os.getpid()} of " in ran.err


# --- unfinished applies ---


@pytest.fixture
def broken(sandbox: Sandbox, project: Make, syncer: Make) -> Path:
    """A project whose apply lost its answer and could not look up what became of it."""
    folder: Path = project(_deals(3))
    sandbox.faults.add("drop", method="POST", when="after")
    sandbox.faults.add("status", status=403, method="GET", path="Opportunities", nth=3, count=9)
    ran = syncer(*APPLY, cwd=folder)
    assert ran.code == ExitCode.FAILED
    assert ran.out.splitlines()[-1] == "Apply incomplete: 3 unknown."
    assert "To go on: `syncer apply`, or `syncer apply --resume`" in ran.err
    assert len(_journals(folder)) == 1
    sandbox.faults.clear()
    sandbox.requests.clear()
    return folder


@pytest.mark.parametrize("options", [(), ("--resume",)])
def test_an_unfinished_apply_is_gone_on_with(
    sandbox: Sandbox, broken: Path, syncer: Make, options: tuple[str, ...]
) -> None:
    ran = syncer(*APPLY, *options, cwd=broken)

    assert (ran.code, writes(sandbox), _names(sandbox)) == (0, [], ["Deal 0", "Deal 1", "Deal 2"])
    assert "did not finish: 0 written, 3 uncertain." in ran.err
    assert _journals(broken) == []


def test_an_unfinished_apply_is_not_forgotten_over_another_plan(
    sandbox: Sandbox, broken: Path, syncer: Make
) -> None:
    (broken / MANIFEST).write_text(one("other", name="Deal other"))
    assert syncer("plan", "--out", "other.json", cwd=broken).code == 0

    assert syncer("apply", "other.json", "--grace", "0.01", cwd=broken).code == 0
    assert len(_journals(broken)) == 1
    assert "Deal other" in _names(sandbox)


def test_there_must_be_something_to_resume(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    ran = syncer("apply", "--resume", cwd=project())

    assert (ran.code, writes(sandbox)) == (ExitCode.ERROR, [])
    assert "There is no unfinished apply to resume." in ran.err


# --- signals ---


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_finishes_what_is_in_flight_and_tells_all(
    serve: Make, project: Make, syncer: Make, events: Make, number: signal.Signals
) -> None:
    def interrupt() -> None:
        os.kill(os.getpid(), number)
        time.sleep(0.2)

    sandbox = serve(max_batch=2)
    folder = project(_deals(12))
    sandbox.faults.add("hook", method="POST", nth=9, hook=interrupt)

    ran = syncer(*EVENTS, "--parallelism", "2", cwd=folder, env=sandbox.env())

    found = events(ran.out)
    outcomes = _outcomes(found)
    assert (ran.code, found[-1]["exit_code"]) == (ExitCode.INTERRUPTED, ExitCode.INTERRUPTED)
    assert outcomes["created"] == len(_names(sandbox)) >= 1
    assert outcomes == {"created": outcomes["created"], "skipped": 12 - outcomes["created"]}
    assert "finishing what is in flight; once more stops at once." in ran.err
    assert "Interrupted: what was in flight was finished, nothing more was sent." in ran.err
    assert len(_journals(folder)) == 1

    again = syncer(*APPLY, "--resume", cwd=folder, env=sandbox.env())
    assert (again.code, len(_names(sandbox)), _journals(folder)) == (0, 12, [])


def test_a_signal_during_the_read_back_still_tells_what_was_done(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    folder = project(_deals(2))
    sandbox.faults.add("hook", method="POST", when="after", hook=lambda: os.kill(os.getpid(), signal.SIGTERM))

    ran = syncer(*EVENTS, cwd=folder)

    assert (ran.code, _outcomes(events(ran.out))) == (ExitCode.INTERRUPTED, {"created": 2})


def test_a_signal_before_any_write_is_told_as_such(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    sandbox.faults.add("hook", path="Pipelines", nth=1, hook=lambda: os.kill(os.getpid(), signal.SIGINT))

    ran = syncer(*EVENTS, cwd=project())

    (event,) = events(ran.out)
    assert (ran.code, event["exit_code"]) == (ExitCode.INTERRUPTED, ExitCode.INTERRUPTED)
    assert event["problems"][0]["detail"] == "Stopped before anything was written."
    assert writes(sandbox) == []


def _spawn(folder: Path, sandbox: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from syncer.cli import main; main()", *arguments],
        cwd=folder,
        env=environment(sandbox.env()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_second_signal_stops_at_once_and_stays_recoverable(
    sandbox: Sandbox, project: Make, syncer: Make, events: Make
) -> None:
    folder = project(_deals(2))
    reached = threading.Event()
    sandbox.faults.add("stall", method="POST", nth=1, seconds=1.0)
    sandbox.faults.add("hook", method="GET", path="Steps", nth=2, hook=reached.set)
    process = _spawn(folder, sandbox, *EVENTS)
    assert reached.wait(20)
    while not _journals(folder):
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)

    assert process.returncode == ExitCode.INTERRUPTED
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["start"]
    assert "SIGTERM: finishing what is in flight" in err
    again = syncer("apply", "--auto-approve", "--grace", "1.5", "--format", "json", cwd=folder)
    assert (again.code, _names(sandbox)) == (0, ["Deal 0", "Deal 1"])
    assert events(again.out)[-1]["exit_code"] == 0


def _kill(processes: list[subprocess.Popen[str]]) -> None:
    processes[0].kill()


def test_a_killed_apply_is_continued_by_the_next(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    folder = project(_deals(3))
    processes: list[subprocess.Popen[str]] = []
    sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=lambda: _kill(processes))
    processes.append(_spawn(folder, sandbox, *APPLY))
    processes[0].communicate(timeout=20)
    assert processes[0].returncode == -signal.SIGKILL

    ran = syncer(*APPLY, cwd=folder)

    assert (ran.code, _names(sandbox)) == (0, ["Deal 0", "Deal 1", "Deal 2"])
    assert "did not finish: 0 written, 3 uncertain." in ran.err


# --- progress ---


def test_a_quick_apply_says_nothing_of_its_progress(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    folder = project(_deals(1))
    loud = syncer(*EVENTS, cwd=folder)
    sandbox.reset()
    quiet = syncer(*EVENTS, "-q", cwd=folder)
    assert (loud.code, quiet.code, quiet.err) == (0, 0, "")
    assert " written" not in loud.err


def test_on_a_terminal_progress_is_one_line(
    sandbox: Sandbox, project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("syncer.cli.activity.SILENT", 0.0)
    monkeypatch.setattr("syncer.cli.live._DRAWN", 0.001)
    err = Terminal()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(err):
        assert run(["-C", str(project(_deals(1))), *APPLY]) == 0
    assert "\rApplying" in err.getvalue()


def test_a_terminal_that_is_gone_stops_no_apply(
    sandbox: Sandbox, project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone(io.StringIO):
        def isatty(self) -> bool:
            return True

        def write(self, _text: str) -> int:
            raise OSError(5, "Input/output error")

    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TERM", "xterm")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(Gone()):
        assert run(["-C", str(project(_deals(1))), *APPLY]) == 0
    assert _names(sandbox) == ["Deal 0"]


# --- secrets ---


def test_credentials_are_in_nothing_a_run_wrote(serve: Make, project: Make, syncer: Make) -> None:
    """Stdout, stderr, plans, journals and the lock, of runs that succeed and of runs that fail."""
    password = "p4ss-Wörd/secret"
    sandbox = serve({"password": password})
    folder = project(_deals(3))
    told = []

    def ran(*arguments: str, env: dict[str, str] | None = None) -> None:
        result = syncer("-v", *arguments, cwd=folder, env=env or sandbox.env())
        told.extend([result.out, result.err])

    ran("plan", "--out", "plan.json")
    ran(*EVENTS, env=sandbox.env() | {"PIPELINER_API_USERNAME": "somebody"})
    ran(*EVENTS, env=sandbox.env() | {"PIPELINER_URL": "http://127.0.0.1:9"})
    for effect, options in (
        ("status", {"status": 500, "when": "after"}),
        ("html", {"status": 200}),
        ("redirect", {"url": f"http://{sandbox.username}:leak@127.0.0.1:9/"}),
        ("drop", {}),
    ):
        sandbox.faults.add(effect, path="Opportunities", **options)
        ran(*EVENTS)
        ran("apply", "plan.json")
        sandbox.faults.clear()
    sandbox.faults.add("drop", method="POST", when="after")
    sandbox.faults.add("status", status=403, method="GET", path="Opportunities", nth=3, count=9)
    ran(*EVENTS)
    assert len(_journals(folder)) >= 1
    files = {path.name: path.read_text() for path in folder.rglob("*") if path.is_file()}

    token = base64.b64encode(f"{sandbox.username}:{password}".encode()).decode()
    for secret in (password, json.dumps(password)[1:-1], token):
        assert [text for text in told if secret in text] == []
        assert [name for name, text in files.items() if secret in text] == []
