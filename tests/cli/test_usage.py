"""The command line itself: help, wrong usage, where global options may stand."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from syncer import __version__, cli
from syncer.cli.help import MORE
from syncer.cli.hoist import hoisted
from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from tests.support import Ran

Make = Callable[..., Path]
Run = Callable[..., Ran]


def _wrong(detail: str, hint: str) -> Ran:
    return Ran(64, "", f"error: Wrong usage [usage]\n{detail}\nhint: {hint}\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(
            ["plna"],
            _wrong("There is no command plna.", "did you mean plan? `syncer --help` shows how it is used"),
            id="a command with a typo",
        ),
        pytest.param(
            ["frobnicate"],
            _wrong("There is no command frobnicate.", "`syncer --help` shows how it is used"),
            id="a command of nowhere",
        ),
        pytest.param(
            ["plan", "--frmat", "json"],
            _wrong(
                "There is no option --frmat.",
                "did you mean --format? `syncer plan --help` shows how it is used",
            ),
            id="an option with a typo",
        ),
        pytest.param(
            ["plan", "-z"],
            _wrong("There is no option -z.", "`syncer plan --help` shows how it is used"),
            id="an option of nowhere",
        ),
        pytest.param(
            ["apply", "--format", "yaml"],
            _wrong(
                "Invalid value for '--format': 'yaml' is not one of 'text', 'json'.",
                "`syncer apply --help` shows how it is used",
            ),
            id="a value that is no choice",
        ),
        pytest.param(
            ["show"],
            _wrong("Missing argument 'PLAN'.", "`syncer show --help` shows how it is used"),
            id="an argument that is missing",
        ),
        pytest.param(
            ["plan", "-C"],
            _wrong("Option '-C' requires an argument.", "`syncer --help` shows how it is used"),
            id="an option without its value",
        ),
        pytest.param(
            ["-C", "nowhere", "plan"],
            Ran(
                64,
                "",
                "error: File not found [file-missing]\n-C nowhere: No such file or directory.\n"
                "hint: name a folder\n",
            ),
            id="a folder that is not there",
        ),
        pytest.param(
            ["apply", "plan.json", "--resume"],
            _wrong("Either a plan or --resume, not both.", "--resume plans from the manifests"),
            id="a plan and --resume",
        ),
    ],
)
def test_wrong_usage_ends_with_64(arguments: list[str], told: Ran, project: Make, syncer: Run) -> None:
    """Not with 2, which scripts take for changes."""
    assert syncer(*arguments, cwd=project()) == told


def test_a_target_that_nothing_declares(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    ran = syncer(
        "plan", "-q", "--target", "opportunity.acme-renewal-2026", "--target", "zebra", cwd=project()
    )

    assert ran == Ran(
        64,
        "",
        """\
error: Unknown target [target-unknown]
No manifest declares opportunity.acme-renewal-2026.
hint: did you mean opportunity.acme-renewal-2027?

error: Unknown target [target-unknown]
No manifest declares zebra.

2 errors
""",
    )
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_without_a_terminal_nobody_can_be_asked(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    before = sandbox.store.count("Opportunity")

    ran = syncer("apply", "-q", cwd=project(), stdin="yes\n")

    assert ran.code == 64
    assert "+ create opportunity.acme-renewal-2027" in ran.out
    assert " ".join(ran.err.split()) == (
        "error: Approval needed [needs-approval] There is no terminal to ask on. "
        "hint: review the plan, then run `syncer apply --auto-approve`; or save it with "
        "`syncer plan --out plan.json` and run `syncer apply plan.json`"
    )
    assert sandbox.store.count("Opportunity") == before


def test_no_command_is_a_question_for_help(syncer: Run) -> None:
    ran = syncer()

    assert ran.code == 64
    assert ran.out == ""
    assert ran.err.strip() == syncer("--help").out.strip()


def test_global_options_stand_before_or_behind_the_command() -> None:
    assert hoisted(["plan", "-q", "--target", "a", "-C", "x", "--space=y"]) == [
        *("-q", "-C", "x", "--space=y"),
        *("plan", "--target", "a"),
    ]
    assert hoisted(["plan", "--", "-q"]) == ["plan", "--", "-q"]
    assert hoisted(["-q", "sandbox", "serve", "--quiet"]) == ["-q", "sandbox", "serve", "--quiet"]


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.usefixtures("sandbox")
def test_another_folder_and_space_are_named_before_or_behind(
    place: str, project: Make, tmp_path: Path, syncer: Run
) -> None:
    options = ["-C", str(project()), "--no-color", "-q"]
    arguments = [*options, "plan"] if place == "before" else ["plan", *options]

    assert syncer(*arguments, cwd=tmp_path).code == 0


def test_the_version(syncer: Run) -> None:
    assert syncer("--version") == Ran(0, f"syncer {__version__}\n", "")


def test_help_lists_each_command_with_its_own_first_line() -> None:
    """The list is written down, so that `--help` imports none of them; so it is compared here."""
    own = {}
    for name in cli.COMMANDS:
        command = cli.cli.get_command(click.Context(cli.cli), name)
        assert command is not None
        assert command.name == name
        assert command.help is not None
        own[name] = command.help.splitlines()[0]

    assert own == cli.HELP
    assert list(cli.COMMANDS) == list(cli.HELP)


@pytest.mark.parametrize("command", ["", *cli.COMMANDS])
def test_help_fits_sixty_columns(command: str, syncer: Run) -> None:
    ran = syncer(*command.split(), "--help", env={"COLUMNS": "60"})

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"Usage: syncer {command}".rstrip())
    assert max(map(len, ran.out.splitlines())) <= 60
    assert "..." not in ran.out.partition("Commands:")[2], "no sentence is cut off"
    first = (cli.HELP[command] if command else "Sales opportunities as code:").split()
    assert " ".join(first) in " ".join(ran.out.split())


@pytest.mark.parametrize("name", ["manifest", "project", "plan", "events"])
def test_a_schema_is_printed_as_published(name: str, syncer: Run) -> None:
    published = Path(__file__).parents[2] / "schemas" / f"{name}.schema.json"

    assert syncer("schema", name) == Ran(0, published.read_text(encoding="utf-8"), "")


def test_a_schema_that_does_not_exist(syncer: Run) -> None:
    ran = syncer("schema", "manifests")

    assert ran.code == ExitCode.USAGE
    assert "'manifests' is not one of 'manifest', 'project', 'plan', 'events'" in " ".join(ran.err.split())


def test_each_help_ends_with_examples_and_the_page_to_read_on() -> None:
    """Every command, and only pages that are there."""
    docs = Path(__file__).parents[2]

    assert set(cli.COMMANDS) == set(MORE)
    assert {more.page for more in MORE.values() if not (docs / more.page).is_file()} == set()
    assert all(f"syncer {name}" in line for name, more in MORE.items() for line in more.examples)


@pytest.mark.parametrize("command", ["", "apply", "state unlock"])
def test_help_is_a_command_too(command: str, syncer: Run) -> None:
    """People type what they know from elsewhere."""
    assert syncer("help", *command.split()) == syncer(*command.split(), "--help")


def test_help_of_no_command(syncer: Run) -> None:
    hint = "`syncer help` lists the commands, `syncer help docs/index.md` the pages"
    for words in (("plan", "b"), ("plam",), ("docs/../README.md",), ("docs",)):
        assert syncer("help", *words) == _wrong(f"There is no command and no page {' '.join(words)}.", hint)


@pytest.mark.parametrize("name", ["docs/state.md", "state.md", "docs/decisions/0009-state.md"])
def test_a_page_of_the_manual_is_shown_where_there_is_no_clone(name: str, syncer: Run) -> None:
    """Each help ends with a page; who installed syncer has it, too."""
    file = {"state.md": "docs/state.md"}.get(name, name)

    assert syncer("help", name) == Ran(0, (Path(__file__).parents[2] / file).read_text("utf-8"), "")


@pytest.mark.parametrize("place", ["before", "behind"])
def test_colours_are_asked_for_before_or_behind_the_command(place: str, syncer: Run) -> None:
    words = ["explain", "gone"]
    option = ["--color=always"]

    ran = syncer(*option, *words) if place == "before" else syncer(*words, *option)

    assert ran.out.startswith("\x1b[1mNo longer there")
