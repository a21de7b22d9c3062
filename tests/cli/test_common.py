"""The streams of a command: colours, widths, what cannot be shown, what cannot be written."""

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.cli.common import Globals, interrupted, to_stderr
from syncer.model.problem import Problem, SyncerError
from syncer.render.look import Look
from syncer.sandbox.server import Sandbox
from tests.support import Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]
PROBLEM = SyncerError(Problem("usage", "This is wrong."))


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_terminal_gets_colours_and_its_own_width(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("COLUMNS", "72")

    assert Globals().look(_Terminal()) == Look(width=72, color=True, encoding="utf-8")


def test_a_file_gets_a_hundred_columns_and_no_colours(environ: pytest.MonkeyPatch) -> None:
    assert Globals().look(io.StringIO()) == Look(width=100, color=False, encoding="utf-8")

    environ.setenv("COLUMNS", "60")
    assert Globals().look(io.StringIO()) == Look(width=60, color=False, encoding="utf-8")


@pytest.mark.parametrize(
    ("settings", "env"),
    [
        (Globals(color=False), {}),
        (Globals(), {"NO_COLOR": "1"}),
        (Globals(), {"TERM": "dumb"}),
    ],
    ids=["--no-color", "NO_COLOR", "TERM=dumb"],
)
def test_colours_can_be_declined(settings: Globals, env: dict[str, str], environ: pytest.MonkeyPatch) -> None:
    for name, value in env.items():
        environ.setenv(name, value)

    assert not settings.look(_Terminal()).color


def test_an_empty_no_color_declines_nothing(environ: pytest.MonkeyPatch) -> None:
    """As https://no-color.org has it."""
    environ.setenv("NO_COLOR", "")

    assert Globals().look(_Terminal()).color


def test_progress_that_nobody_can_read_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)

    Globals().say("progress")
    assert not to_stderr("an error")


def test_progress_is_broken_between_words_at_a_terminal_and_nowhere_else(
    environ: pytest.MonkeyPatch,
) -> None:
    """A terminal alone would break it within a word; in a log somebody searches for the sentence."""
    environ.delenv("CI", raising=False)
    environ.setenv("COLUMNS", "40")
    said = "Waiting 3 s, in case another apply was cut off just now.\n  Then on."
    shown = {}
    for name, stream in (("terminal", _Terminal()), ("log", io.StringIO())):
        environ.setattr(sys, "stderr", stream)
        Globals().say(said)
        shown[name] = stream.getvalue()

    assert shown == {
        "terminal": "Waiting 3 s, in case another apply was\ncut off just now.\n  Then on.\n",
        "log": f"{said}\n",
    }


def test_a_terminal_that_shows_the_ctrl_c_gets_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, told in ((_Terminal(), "\nInterrupted.\n"), (io.StringIO(), "Interrupted.\n")):
        monkeypatch.setattr(sys, "stderr", stream)
        interrupted()
        assert stream.getvalue() == told


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (
            OSError(28, "No space left on device"),
            1,
            (
                "error: File cannot be written [file-unwritable]\n"
                "The output cannot be written: No space left on device.\n"
            ),
        ),
        (
            PermissionError(13, "Permission denied", "/srv/deals"),
            1,
            "error: File cannot be written [file-unwritable]\n/srv/deals: Permission denied.\n",
        ),
    ],
    ids=["Ctrl-C", "a full disk", "a folder that is locked"],
)
def test_what_happens_to_a_command_is_told_in_a_line(
    raised: BaseException, code: int, told: str, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Globals) -> None:
        raise raised

    monkeypatch.setattr(Globals, "project", fail)

    assert syncer("validate") == Ran(code, "", told)


def test_an_exception_nobody_thought_of_is_our_bug_and_shows_it(
    syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Globals, "project", lambda _self: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        syncer("validate")


def test_validate_counts_what_it_read_and_shows_warnings(project: Make, syncer: Run) -> None:
    folder = project(
        {"opportunities/a.yaml": one("a"), "opportunities/b.yaml": one("b", name="B", value="1.000")}
    )

    ran = syncer("validate", cwd=folder)

    assert (ran.code, ran.out) == (0, "2 opportunities in 2 files: no problems.\n")
    assert ran.err.startswith(
        "warning: Amount may be misread [amount-ambiguous]\n  opportunities/b.yaml:9:12"
    )
    assert syncer("validate", "-q", cwd=folder).err == ""


def test_validate_for_machines(project: Make, syncer: Run) -> None:
    import json

    wrong = project(one(ownr="x"))

    github = syncer("validate", "--format", "github", cwd=wrong)
    assert github == Ran(
        1,
        "::error file=opportunities/deals.yaml,line=12,col=5,endColumn=9,title=Unknown field [unknown-field]"
        '::There is no field "ownr".%0Ahint: did you mean "owner"?\n',
        "",
    )
    sarif = json.loads(syncer("validate", "--format", "sarif", cwd=wrong).out)
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["unknown-field"]
    listed = syncer("validate", "--format", "json", cwd=wrong)
    assert listed.code == 1
    assert [problem["code"] for problem in json.loads(listed.out)["problems"]] == ["unknown-field"]

    right = project()
    assert json.loads(syncer("validate", "--format", "json", cwd=right).out) == {"problems": []}
    assert syncer("validate", "--format", "github", cwd=right).code == 0


def test_names_from_forms_reach_no_terminal_page_or_comment_as_they_are(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """Anybody can type a deal's or a contact's name into a web form."""
    evil = "\x1b[1mred\x07\r\n::set-env name=x::y <script>alert(1)</script> @everyone [a](http://b) `c`\u202e"
    person = sandbox.store.find("Contact", email1="bob@acme.example")
    sandbox.edit("Contact", person["id"], last_name=evil)
    folder = project(one(description="'<b>bold</b> @team ::warning::x'"))

    text = syncer("plan", "-q", cwd=folder)
    page = syncer("plan", "-q", "--format", "markdown", "--html", "plan.html", cwd=folder)

    assert (text.code, page.code) == (0, 0)
    for shown in (text.out, page.out, (folder / "plan.html").read_text()):
        assert "red" in shown
        assert not {"\x1b", "\x07", "\r", "\u202e"} & set(shown)
    for shown in (page.out, (folder / "plan.html").read_text()):
        assert "<script>alert" not in shown
    assert not any(line.lstrip().startswith("::") for line in text.out.splitlines())
    assert "@everyone" not in page.out
    assert "](http://b)" not in page.out


def test_long_names_are_wrapped(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    name = "Renewal " * 30 + "x" * 200
    ran = syncer("plan", "-q", cwd=project(one(name=name[:255])), env={**sandbox.env(), "COLUMNS": "60"})

    assert ran.code == 0
    assert max(map(len, ran.out.splitlines())) <= 60
    assert "".join(name[:255].split()) in "".join(ran.out.split())


@pytest.mark.usefixtures("sandbox")
def test_what_a_stream_cannot_encode_is_written_out(
    project: Make, syncer: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Globals().look(io.TextIOWrapper(io.BytesIO(), "ascii")).encoding == "ascii"
    monkeypatch.setattr(Globals, "look", lambda _self, _stream: Look(encoding="ascii"))

    ran = syncer("plan", "-q", cwd=project(one(name="Müller → 東京")))

    assert ran.code == 0
    assert ran.out.isascii()
    assert r'"M\xfcller \u2192 \u6771\u4eac"' in ran.out
    assert '"dana@example.com" -> Dana Doe' in ran.out


@pytest.mark.usefixtures("sandbox")
def test_the_environment_is_as_it_was(project: Make, syncer: Run) -> None:
    before = dict(os.environ), Path.cwd()

    syncer("plan", cwd=project())

    assert (dict(os.environ), Path.cwd()) == before


@pytest.mark.parametrize(
    ("settings", "env"),
    [
        (Globals(color=True), {"NO_COLOR": "1"}),
        (Globals(), {"FORCE_COLOR": "1"}),
        (Globals(), {"FORCE_COLOR": "1", "TERM": "dumb"}),
    ],
    ids=["--color always", "FORCE_COLOR", "FORCE_COLOR, TERM=dumb"],
)
def test_colours_can_be_forced(settings: Globals, env: dict[str, str], environ: pytest.MonkeyPatch) -> None:
    """A CI log shows them without being a terminal."""
    for name, value in env.items():
        environ.setenv(name, value)

    assert settings.look(io.StringIO()).color


@pytest.mark.parametrize(
    "env", [{"FORCE_COLOR": "0"}, {"FORCE_COLOR": "1", "NO_COLOR": "1"}], ids=["0", "NO_COLOR wins"]
)
def test_colours_that_are_forced_can_be_declined(env: dict[str, str], environ: pytest.MonkeyPatch) -> None:
    """Who wants none has the last word, short of the option."""
    for name, value in env.items():
        environ.setenv(name, value)

    assert not Globals().look(_Terminal()).color
