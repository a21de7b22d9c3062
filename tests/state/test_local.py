"""What the folder promises besides."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from syncer.state import holder
from syncer.state.faults import StateError
from syncer.state.folder import space_folder
from syncer.state.values import Lock
from tests.state.places import SPACE, URL, LocalPlace, done, row, run, unwatched

HERE = holder.here()
ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> LocalPlace:
    return LocalPlace(tmp_path)


@pytest.fixture
def folder(place: LocalPlace) -> Path:
    return space_folder(place.folder, URL, SPACE)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_reading_makes_nothing(place: LocalPlace) -> None:
    place.store().read()
    assert list(place.folder.iterdir()) == []


def test_everything_is_its_owners_alone(place: LocalPlace) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        lease.release(run("r1"), [done("a")], rows=[row("a")])
    for path in (place.folder / ".syncer").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_only_what_counts_is_left(place: LocalPlace, folder: Path) -> None:
    for number in range(3):
        with place.store().hold(f"r{number}", HERE) as lease:
            lease.announce("sha256:r1", ["opportunity.a"])
            lease.release(run(f"r{number}"), rows=[row(f"k{number}")])
    (folder / ".0123456789ab.part").write_text("")
    (folder / "held-gone").touch(mode=0o600)
    (folder / "mine.txt").write_text("")
    place.store().remember([row("z")])

    named = json.loads((folder / "tip.json").read_text())["files"]
    assert sorted(named) == ["ledger.jsonl", "runs/r0.json", "runs/r1.json", "runs/r2.json", "state.json"]
    assert files(folder) == sorted([*named.values(), "mine.txt", "mutex", "tip.json"])


def test_a_step_that_was_cut_short_counts_for_nothing(place: LocalPlace, folder: Path) -> None:
    """What lies there was written; `tip.json` was not replaced."""
    place.store().remember([row("a")])
    before = place.store().read()
    (folder / "ledger.0123456789ab.jsonl").write_text("half a l")
    (folder / "lock.0123456789ab.json").write_text("{")
    assert place.store().read() == before
    place.store().remember([row("b")])
    assert "ledger.0123456789ab.jsonl" not in files(folder)


def test_a_file_that_is_named_and_missing_is_an_error(place: LocalPlace, folder: Path) -> None:
    place.store().remember([row("a")])
    (folder / json.loads((folder / "tip.json").read_text())["files"]["ledger.jsonl"]).unlink()
    with pytest.raises(StateError) as error:
        place.store().read()
    assert error.value.problems[0].code == "state-damaged"


@pytest.mark.parametrize(
    "table",
    [
        {"ledger.jsonl": "../../x"},
        {"ledger.jsonl": "/etc/passwd"},
        {"ledger.jsonl": 7},
        {"runs/../x.json": "x"},
        {"runs/.json": "x"},
    ],
)
def test_names_that_lead_elsewhere_are_refused(place: LocalPlace, folder: Path, table: object) -> None:
    place.store().remember([row("a")])
    (folder / "tip.json").write_text(json.dumps({"format_version": "1.0", "files": table}))
    with pytest.raises(StateError) as error:
        place.store().read()
    assert error.value.problems[0].code == "state-damaged"


def test_a_later_format_of_the_folder_is_refused(place: LocalPlace, folder: Path) -> None:
    place.store().remember([row("a")])
    (folder / "tip.json").write_text(json.dumps({"format_version": "2.0", "new": 1}))
    with pytest.raises(StateError) as error:
        place.store().remember([row("b")])
    assert error.value.problems[0].code == "state-version"


@pytest.mark.parametrize("what", ["link", "hard link", "others", "fifo"])
def test_nothing_that_is_not_ours_alone_is_touched(
    place: LocalPlace, folder: Path, tmp_path: Path, what: str
) -> None:
    place.store().remember([row("a")])
    victim = tmp_path / "victim"
    victim.write_text("precious")
    mutex = folder / "mutex"
    mutex.unlink()
    match what:
        case "link":
            mutex.symlink_to(victim)
        case "hard link":
            mutex.hardlink_to(victim)
        case "fifo":
            os.mkfifo(mutex)
        case _:
            mutex.touch()
            mutex.chmod(0o666)
    with pytest.raises(StateError) as error:
        place.store().remember([row("b")])
    assert error.value.problems[0].code == "state-unsafe"
    assert victim.read_text() == "precious"


def test_a_folder_that_is_a_link_is_not_followed(place: LocalPlace, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (place.folder / ".syncer").symlink_to(elsewhere)
    for attempt in (place.store().read, place.store().init):
        with pytest.raises(StateError):
            attempt()
    assert list(elsewhere.iterdir()) == []


def test_a_full_disk_leaves_what_was(place: LocalPlace) -> None:
    place.store().remember([row("a")])
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "from tests.state.places import Opening, row;"
        "Opening('local', sys.argv[1]).store().remember([row(f'k{n}') for n in range(100)])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(place.folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=unwatched(),
    )
    assert "File too large" in ended.stderr
    assert list(place.store().read().ledger) == ["opportunity.a"]
    place.store().remember([row("b")])


def test_a_lease_copied_from_another_machine_is_judged_by_time(place: LocalPlace, folder: Path) -> None:
    with place.store().hold("r1", HERE):
        (folder / "held-r1").unlink()
        lock = place.store().read().lock
        assert isinstance(lock, Lock)
        assert place.opening().backend().is_dead(lock) is False


def test_who_is_stuck_in_the_middle_of_a_step_is_not_waited_for_for_ever(
    place: LocalPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncer.state import local

    monkeypatch.setattr(local, "_PATIENCE", 0.1)
    store = place.store()
    store.init()
    backend = place.opening().backend()
    assert isinstance(backend, local.Local)
    with backend._alone(), pytest.raises(StateError) as error:
        store.remember([row("a")])
    assert error.value.problems[0].code == "state-unreachable"


def test_spaces_have_folders_of_their_own(tmp_path: Path) -> None:
    names = ["eu_Demo", "eu demo", "..", "", "a/b", "a\\b", "CON" * 40]
    found = {space_folder(tmp_path, URL, name) for name in names}
    assert len(found) == len(names)
    assert {path.parent.parent for path in found} == {tmp_path / ".syncer"}
    assert space_folder(tmp_path, "http://127.0.0.1:8080", "x") == tmp_path / ".syncer/127.0.0.1_8080/x"
