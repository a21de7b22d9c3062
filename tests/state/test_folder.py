"""The state folder: one a space, ours alone, and never reached through a link."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.codes import ExitCode
from syncer.model.problem import SyncerError
from syncer.sandbox.server import Sandbox
from syncer.state import folder as folders
from syncer.state.folder import JOURNALS, inspect, prepare, space_folder
from tests.support import writes

Make = Callable[..., Any]
URL = "https://us-east.api.pipelinersales.com"


@pytest.mark.parametrize(
    ("url", "space", "expected"),
    [
        (URL, "us_Acme", "us-east.api.pipelinersales.com/us_Acme"),
        ("http://127.0.0.1:8765", "demo", "127.0.0.1_8765/demo"),
        ("https://US-East.API.pipelinersales.com.", "us_Acme", "us-east.api.pipelinersales.com/us_Acme"),
        ("https://us-east.api.pipelinersales.com:443/", "us_Acme", "us-east.api.pipelinersales.com/us_Acme"),
    ],
)
def test_a_space_has_a_folder_that_people_recognise(url: str, space: str, expected: str) -> None:
    assert space_folder(Path("/p"), url, space) == Path("/p/.syncer") / expected


@given(one=st.text(max_size=80), other=st.text(max_size=80))
def test_no_space_leads_out_of_its_folder_or_into_that_of_another(one: str, other: str) -> None:
    """Whatever a service or a file calls it: `..`, a slash, an empty name, a thousand letters."""
    mine, theirs = (space_folder(Path("/p"), URL, name) for name in (one, other))

    assert mine.parent == Path("/p/.syncer/us-east.api.pipelinersales.com")
    assert mine.name not in {"", ".", ".."}
    assert len(mine.name) <= 64
    assert (mine == theirs) == (one == other)


def test_what_is_made_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        prepare(space_folder(tmp_path, URL, "us_Acme"), JOURNALS)
    finally:
        os.umask(before)

    made = list((tmp_path / ".syncer").rglob("*"))
    assert len(made) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / ".syncer", *made)} == {0o700}


def _as_link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def _as_second_name(path: Path, target: Path) -> None:
    path.hardlink_to(target)


def _as_fifo(path: Path, _: Path) -> None:
    os.mkfifo(path, 0o600)


def _written_by_all(path: Path, _: Path) -> None:
    path.touch()
    path.chmod(0o666)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_as_link, "is a link"),
        (_as_second_name, "has a second name, so that writing it would write another file too"),
        (_as_fifo, "is no ordinary file"),
        (_written_by_all, "may be written by others (mode 666)"),
    ],
)
@pytest.mark.parametrize("name", ["lock", "runs.jsonl", "journal/20270101-1.jsonl", "../../lock", "../x"])
def test_nothing_below_the_folder_may_be_anything_but_our_own_file(
    tmp_path: Path, make: Callable[[Path, Path], None], why: str, name: str
) -> None:
    folder = space_folder(tmp_path, URL, "us_Acme")
    prepare(folder, JOURNALS)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    place = Path(os.path.normpath(folder / name))
    make(place, victim)

    with pytest.raises(SyncerError) as caught:
        prepare(folder, JOURNALS)

    assert [(p.code, p.detail) for p in caught.value.problems] == [("state-unsafe", f"{place} {why}.")]
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_no_folder_on_the_way_may_be_a_link(tmp_path: Path, depth: int) -> None:
    folder = space_folder(tmp_path, URL, "us_Acme")
    link = (tmp_path / ".syncer", folder.parent, folder, folder / "journal")[depth]
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for parent in folder.parents[:3]:
        if parent.exists():
            parent.chmod(0o700)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link.symlink_to(elsewhere)

    with pytest.raises(SyncerError, match="is a link"):
        prepare(folder, JOURNALS)
    assert list(elsewhere.iterdir()) == []


def test_what_belongs_to_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(space_folder(tmp_path, URL, "us_Acme"), JOURNALS)
    monkeypatch.setattr("syncer.state.folder.os.geteuid", lambda: 4711)

    with pytest.raises(SyncerError, match="belongs to the user"):
        inspect(space_folder(tmp_path, URL, "us_Acme"))


def test_a_file_that_is_swapped_after_the_look_is_not_opened(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "link").symlink_to(victim)
    (tmp_path / "twin").hardlink_to(victim)

    with pytest.raises(OSError, match="symbolic link"):
        folders.opened(tmp_path / "link", os.O_RDWR | os.O_CREAT)
    with pytest.raises(SyncerError, match="has a second name"):
        folders.opened(tmp_path / "twin", os.O_RDWR | os.O_CREAT)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("command", [("apply", "--auto-approve"), ("apply", "plan.json")])
def test_an_apply_touches_no_file_that_a_branch_links_its_lock_to(
    sandbox: Sandbox, project: Make, syncer: Make, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folder = project()
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    victim = tmp_path / "victim"
    victim.write_text("precious")
    state = space_folder(folder, sandbox.url, sandbox.space_id)
    for link in (folder / ".syncer" / "lock", state / "lock"):
        link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        link.symlink_to(victim)
    sandbox.requests.clear()

    ran = syncer(*command, cwd=folder)

    assert (ran.code, list(sandbox.requests), victim.read_text()) == (ExitCode.ERROR, [], "precious")
    assert ran.err.endswith("2 errors\n")


def test_a_file_that_goes_while_it_is_looked_at_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal of an apply to another space, which has just ended."""
    folder = space_folder(tmp_path, URL, "us_Acme")
    prepare(folder, JOURNALS)
    monkeypatch.setattr(folders, "_below", lambda top: [top, top / "gone.jsonl"])

    inspect(folder)


def test_a_plan_in_the_state_folder_is_never_applied(sandbox: Sandbox, project: Make, syncer: Make) -> None:
    """A branch that brings a journal, and a plan beside it, gets what its manifests say and no more."""
    folder = project()
    assert syncer("plan", "--out", "plan.json", cwd=folder).code == 0
    state = space_folder(folder, sandbox.url, sandbox.space_id)
    prepare(state, JOURNALS)
    (folder / "plan.json").rename(state / "journal" / "20270101-1.plan.json")
    (state / "journal" / "20270101-1.jsonl").write_text(
        '{"journal": 1, "plan": "", "started": "2027-01-01T00:00:00Z"}\n'
        '{"intent": 1, "entity": "Opportunities", "addresses": ["opportunity.acme-renewal-2027"]}\n'
    )
    (state / "journal" / "20270101-1.jsonl").chmod(0o600)
    (folder / "opportunities" / "deals.yaml").write_text("version: 1\nopportunities: {}\n")

    ran = syncer("apply", "--resume", "--auto-approve", "--grace", "0.01", cwd=folder)

    assert writes(sandbox) == []
    assert ran.code == ExitCode.ERROR
