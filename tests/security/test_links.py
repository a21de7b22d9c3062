"""A branch may carry links; none of them opens a file outside the project."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]
SECRET = "hunter2: [of a file that no project may read\n"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "home" / "secret.yaml"
    file.parent.mkdir()
    file.write_text(SECRET)
    return file


def refused(ran: Ran) -> bool:
    """Tell whether a run was refused because of where a link leads, without a word of what is there."""
    assert "hunter2" not in ran.out + ran.err
    assert ran.code == 1
    return "leads out of the project" in ran.out + ran.err


@pytest.mark.parametrize("arguments", [("validate",), ("plan",), ("apply", "--auto-approve"), ("import",)])
@pytest.mark.parametrize("style", [(), ("--format", "json")], ids=["text", "json"])
def test_settings_that_are_a_link_out_of_the_project(
    arguments: tuple[str, ...],
    style: tuple[str, ...],
    project: Make,
    secret: Path,
    sandbox: Sandbox,
    syncer: Run,
) -> None:
    folder = project()
    (folder / "syncer.yaml").unlink()
    (folder / "syncer.yaml").symlink_to(secret)

    assert refused(syncer(*arguments, *(style if arguments[0] != "import" else ()), cwd=folder))
    assert {request.method for request in sandbox.requests} <= {"GET"}


@pytest.mark.parametrize(
    "paths",
    [(), ("opportunities",), (".",), ("opportunities/linked.yaml",), ("opportunities/deals.yaml", ".")],
)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_manifest_that_is_a_link_out_of_the_project(
    paths: tuple[str, ...], command: str, project: Make, secret: Path, sandbox: Sandbox, syncer: Run
) -> None:
    """Also when its folder, or the link itself, is named: `syncer plan opportunities/*.yaml` names all."""
    folder = project()
    (folder / "opportunities" / "linked.yaml").symlink_to(secret)

    assert refused(syncer(command, *paths, cwd=folder))
    assert {request.method for request in sandbox.requests} <= {"GET"}


@pytest.mark.parametrize(
    "paths", [(), ("opportunities",), ("opportunities/inner",), ("opportunities/inner/",)]
)
def test_a_folder_that_is_a_link_out_of_the_project(
    paths: tuple[str, ...], project: Make, secret: Path, syncer: Run
) -> None:
    folder = project()
    (folder / "opportunities" / "inner").symlink_to(secret.parent)

    assert refused(syncer("validate", *paths, cwd=folder))


def test_a_link_in_a_folder_outside_leads_nowhere_else(
    project: Make, secret: Path, tmp_path: Path, syncer: Run
) -> None:
    drafts = tmp_path / "drafts"
    drafts.mkdir()
    (drafts / "deal.yaml").write_text(one())
    assert syncer("validate", drafts, cwd=project()).code == 0
    (drafts / "linked.yaml").symlink_to(secret)

    assert refused(syncer("validate", drafts, cwd=project()))


def test_links_within_the_project_are_followed(project: Make, syncer: Run) -> None:
    folder = project({"kept/deals.yaml": one()})
    (folder / "opportunities").mkdir()
    (folder / MANIFEST).symlink_to("../kept/deals.yaml")
    (folder / "syncer.yaml").rename(folder / "kept" / "settings.yaml")
    (folder / "syncer.yaml").symlink_to("kept/settings.yaml")

    assert syncer("validate", cwd=folder).out == "1 opportunity in 1 file: no problems.\n"
