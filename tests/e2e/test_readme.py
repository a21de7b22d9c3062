"""What the README tells people to write and to type works as it stands there."""

import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import COMMAND
from tests.support import Ran

README = Path(__file__).parents[2] / "README.md"
Run = Callable[..., Ran]


def _section(title: str) -> str:
    text = README.read_text(encoding="utf-8")
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def _blocks(section: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


@pytest.fixture
def exported(environ: Callable[..., dict[str, str]]) -> Iterator[dict[str, str]]:
    """The sandbox of the README in its own terminal (on any free port), and the lines it prints to paste."""
    start = shlex.split(_blocks(_section("A first manifest"), "console")[0])
    assert start == ["syncer", "sandbox", "serve", "--port", "8080"]
    server = subprocess.Popen(
        [COMMAND, *start[1:-1], "0"], env=environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    lines = [server.stdout.readline().strip() for _ in range(5)]
    yield dict(shlex.split(line.removeprefix("export "))[0].split("=", 1) for line in lines[1:])
    server.send_signal(signal.SIGINT)
    assert server.communicate(timeout=20) == ("", "")
    assert server.returncode == 0


def test_a_first_manifest(exported: dict[str, str], syncer: Run, tmp_path: Path) -> None:
    section = _section("A first manifest")
    settings, manifest = _blocks(section, "yaml")
    for name, text in (("syncer.yaml", settings), ("opportunities/acme.yaml", manifest)):
        assert f"`{name}`" in section
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    commands = [shlex.split(line) for line in _blocks(section, "console")[-1].splitlines()]
    assert [words[0] for words in commands] == ["syncer"] * 4
    assert [words[1] for words in commands] == ["validate", "plan", "apply", "plan"]

    ran = []
    for _, *arguments in commands:
        approve = ["--auto-approve", "--no-quiet-wait"] if arguments == ["apply"] else []
        ran.append(syncer(*arguments, *approve, env=exported))

    assert [each.code for each in ran] == [0, 0, 0, 0]
    validated, planned, applied, again = (each.out for each in ran)
    assert validated == "1 opportunity in 1 file: no problems.\n"
    assert "Plan: 1 to create, 0 to update, 0 to delete." in planned
    assert applied.endswith("Apply complete: 1 created, 0 failed.\n")
    assert again.endswith("No changes. 1 opportunity is as declared.\n")


def test_the_settings_of_a_project_are_valid(syncer: Run, tmp_path: Path) -> None:
    (tmp_path / "opportunities").mkdir()
    (settings,) = _blocks(_section("A project of yours"), "yaml")
    _, manifest = _blocks(_section("A first manifest"), "yaml")
    (tmp_path / "syncer.yaml").write_text(settings, encoding="utf-8")
    (tmp_path / "opportunities" / "acme.yaml").write_text(manifest, encoding="utf-8")

    assert syncer("validate").code == 0


def test_every_command_the_readme_shows_exists(syncer: Run) -> None:
    shown = set(re.findall(r"(?:^|[`\s/])syncer ([a-z]+)\b", "\n".join(_commands()), re.MULTILINE))

    assert {"validate", "plan", "apply", "sandbox"} <= shown
    for command in shown:
        assert syncer(command, "--help").code == 0, command


def test_every_page_the_readme_links_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README.read_text(encoding="utf-8"))

    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []


def _commands() -> list[str]:
    text = README.read_text(encoding="utf-8")
    return [*_blocks(text, "console"), *re.findall(r"`(syncer [^`]+)`", text)]
