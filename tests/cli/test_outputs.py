"""Files that options name: written whole, through links, and over nothing that is needed."""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.cli import outputs as outfile_outputs
from syncer.files import one as outfile_one
from syncer.model.problem import SyncerError, UsageError
from syncer.project import load as project
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, Ran, one

Make = Callable[..., Path]
Run = Callable[..., Ran]


def refused(*paths: Path | str, root: Path | None = None, inputs: tuple[Path, ...] = ()) -> list[str]:
    """Check outputs `--0`, `--1` and so on; return what is said against them."""
    try:
        outfile_outputs.check(
            {f"--{number}": Path(path) for number, path in enumerate(paths)},
            project.load(root, {}) if root else None,
            inputs,
        )
    except SyncerError as error:
        return [problem.detail for problem in error.problems]
    return []


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)  # as long as a name may be
    path.write_text("old")

    outfile_one.write(path, iter(["a", "ä"]))

    assert path.read_text("utf-8") == "aä"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    target, link, dangling = tmp_path / "kept" / "plan", tmp_path / "link", tmp_path / "dangling"
    target.write_text("old")
    link.symlink_to("kept/plan")
    dangling.symlink_to("kept/new")

    outfile_one.write(link, "new")
    outfile_one.write(dangling, "made")

    assert (link.is_symlink(), dangling.is_symlink()) == (True, True)
    assert (target.read_text(), (tmp_path / "kept" / "new").read_text()) == ("new", "made")
    assert sorted(file.name for file in (tmp_path / "kept").iterdir()) == ["new", "plan"]


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_text("utf-8")))
    reader.start()

    assert refused(pipe) == []
    outfile_one.write(pipe, "all of it")

    reader.join()
    assert got == ["all of it"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_device_is_written_to_as_it_is() -> None:
    """A terminal of our own: where nothing could be put in its place, whatever the code did."""
    ours, theirs = os.openpty()
    device = Path(os.ttyname(theirs))

    outfile_outputs.check({"--out": device, "--html": device})
    outfile_one.write(device, "all of it")

    assert os.read(ours, 100) == b"all of it"
    assert stat.S_ISCHR(device.stat().st_mode)
    os.close(ours)
    os.close(theirs)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "plan"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        outfile_one.write(path, ["new", "\ud800"])

    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("plan", "old")]


def test_a_folder_that_is_missing_or_closed_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere/plan")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)

    assert refused(tmp_path / "nowhere" / "plan") == [
        f'{tmp_path}/nowhere/plan cannot be written: there is no folder "{tmp_path}/nowhere".'
    ]
    assert refused(tmp_path / "link") == [
        f'{tmp_path}/link cannot be written: there is no folder "{tmp_path}/nowhere".'
    ]
    assert refused(tmp_path) == [f"--0 {tmp_path} is a folder."]
    if not os.access(closed, os.W_OK):  # root may write anywhere
        assert refused(closed / "plan") == [
            f'{closed}/plan cannot be written: nothing can be written in the folder "{closed}".'
        ]


@pytest.fixture
def root(project: Make, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = project({MANIFEST: one(), "opportunities/b.yaml": one("b", name="B")})
    (folder / ".syncer").mkdir()
    (folder / "reports").mkdir()
    (folder / "linked").symlink_to("opportunities")
    (folder / "same.json").hardlink_to(folder / MANIFEST)
    (folder / "settings.json").symlink_to("syncer.yaml")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("spelt", "why"),
    [
        (MANIFEST, "it is a manifest of the project"),
        ("./opportunities/../opportunities/b.yaml", "it is a manifest of the project"),
        ("linked/deals.yaml", "it is a manifest of the project"),
        ("same.json", "it is a manifest of the project"),
        ("opportunities/DEALS.yaml", "it is a manifest of the project"),
        ("opportunities/new.yaml", "it would be read as a manifest from then on"),
        ("linked/new.yaml", "it would be read as a manifest from then on"),
        ("syncer.yaml", "it holds the settings of the project"),
        ("Syncer.yaml", "it holds the settings of the project"),
        ("settings.json", "it holds the settings of the project"),
        (".syncer/lock", "the folder .syncer is kept for applies"),
    ],
)
def test_a_file_of_the_project_is_refused_however_it_is_spelt(spelt: str, why: str, root: Path) -> None:
    before = {file: file.read_bytes() for file in root.rglob("*.yaml")}
    for path in (spelt, root / spelt):
        assert refused(path, root=root) == [f"--0 {Path(path)} cannot be written: {why}."]
    assert {file: file.read_bytes() for file in root.rglob("*.yaml")} == before


@pytest.mark.parametrize("spelt", ["plan.json", "opportunities/plan.json", "reports/plan.html", "-"])
def test_anything_else_is_fine(spelt: str, root: Path) -> None:
    assert refused(spelt, root=root) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("p", "./p"),
        ("p", "reports/../p"),
        ("P.json", "p.json"),
        ("old", "hard"),
        ("old", "soft"),
        ("soft", "reports/soft"),
        ("-", "-"),
    ],
)
def test_two_outputs_are_never_one_file(one: str, other: str, root: Path) -> None:
    (root / "old").touch()
    (root / "hard").hardlink_to(root / "old")
    (root / "soft").symlink_to("old")
    (root / "reports" / "soft").symlink_to("../old")

    assert refused(one, other) == [f"--1 {Path(other)} cannot be written: --0 names the same file, {one}."]
    assert refused("p", "q", "old") == []


def test_all_that_is_wrong_is_told_at_once(root: Path) -> None:
    with pytest.raises(UsageError) as told:
        outfile_outputs.check({"--out": Path(MANIFEST), "--html": root}, project.load(root, {}))

    assert [problem.code for problem in told.value.problems] == ["output-clash", "file-unwritable"]


def test_a_command_never_replaces_what_it_reads(root: Path) -> None:
    assert refused("p.json", inputs=(root / "p.json",)) == [
        "--0 p.json cannot be written: this command reads it."
    ]


@pytest.mark.parametrize("option", ["--out", "--html"])
@pytest.mark.parametrize("name", [MANIFEST, "syncer.yaml", "draft.yaml"])
def test_a_plan_replaces_no_file_that_it_is_made_of(
    option: str, name: str, root: Path, syncer: Run, sandbox: Sandbox
) -> None:
    (root / "draft.yaml").write_text(one("draft", name="Draft"))
    before = (root / name).read_bytes()

    ran = syncer("plan", MANIFEST, "draft.yaml", option, name, cwd=root)

    assert (ran.code, ran.out) == (64, "")
    assert f"{option} {name} cannot be written: " in ran.err
    assert (root / name).read_bytes() == before
    assert {request.method for request in sandbox.requests} <= {"GET"}


def test_a_report_does_not_replace_the_plan_it_is_made_of(root: Path, syncer: Run, sandbox: Sandbox) -> None:
    del sandbox
    assert syncer("plan", "--out", "plan.json", cwd=root).code == 0
    before = (root / "plan.json").read_text()

    shown = syncer("show", "plan.json", "--html", "./plan.json", cwd=root)

    assert (shown.code, shown.out) == (64, "")
    assert (root / "plan.json").read_text() == before


def test_a_document_on_stdout_is_all_there_is(root: Path, syncer: Run, sandbox: Sandbox) -> None:
    del sandbox
    saved = syncer("plan", "--out", "plan.json", cwd=root)
    page = syncer("show", "plan.json", "--html", "-", cwd=root)

    assert syncer("plan", "--out", "-", "-q", cwd=root).out.count('"format_version"') == 1
    assert page.out.lower().startswith("<!doctype html>")
    assert page.out.rstrip().endswith("</html>")
    both = syncer("plan", "--out", "-", "--html", "plan.html", cwd=root)
    assert both.out.startswith("{\n")
    assert both.out.endswith('"\n}\n')
    assert saved.out not in both.out
    assert (root / "plan.html").is_file()
    for arguments in (("--out", "-", "--html", "-"), ("--out", "-", "--format", "markdown")):
        assert syncer("plan", *arguments, cwd=root).code == 64
    assert not (root / "-").exists()
