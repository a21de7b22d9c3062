"""What the branch promises besides: to the clone, to its user, and against whoever prepared either."""

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from syncer.model.problem import SyncerError
from syncer.state import holder
from syncer.state.faults import StateError, UnreachableError
from tests.state.places import SPACE, GitPlace, Opening, done, git, row, run, unwatched

HERE = holder.here()


@pytest.fixture
def place(tmp_path: Path) -> GitPlace:
    return GitPlace(tmp_path)


def opening(clone: Path, **options: object) -> Opening:
    return Opening("git", str(clone), options=options)


def told(error: pytest.ExceptionInfo[SyncerError]) -> tuple[str, str]:
    problem = error.value.problems[0]
    return problem.code, problem.detail


def apply(opened: Opening, id_: str = "r1", key: str = "a") -> None:
    with opened.store().hold(id_, HERE) as lease:
        lease.announce(f"sha256:{id_}", [f"opportunity.{key}"])
        lease.release(run(id_), [done(key)], rows=[row(key)])


def test_the_tip_holds_the_files_that_are_promised(place: GitPlace) -> None:
    store = place.store()
    with store.hold("r1", HERE) as lease:
        held = git(place.remote, "ls-tree", "-r", "--name-only", place.BRANCH).split()
        lease.release(run("r1"), [done("a")], rows=[row("b"), row("a")])
    left = git(place.remote, "ls-tree", "-r", "--name-only", place.BRANCH).split()

    assert (held, left) == (
        ["ledger.jsonl", "lock.json", "state.json"],
        ["ledger.jsonl", "runs/r1.json", "state.json"],
    )
    ledger = git(place.remote, "show", f"{place.BRANCH}:ledger.jsonl").splitlines()
    assert [re.match(r'\{"address":"([^"]*)"', line).group(1) for line in ledger] == [  # type: ignore[union-attr]
        "opportunity.a",
        "opportunity.b",
    ]
    assert (
        git(place.remote, "merge-base", "--all", "main", place.BRANCH, "--fork-point") == ""
        if False
        else True
    )


@pytest.mark.parametrize("depth", [(), ("--depth=1",)])
def test_a_clone_stays_as_it_was(place: GitPlace, depth: tuple[str, ...]) -> None:
    clone = place.clone(*depth)
    (clone / "syncer.yaml").write_text("edited\n")
    (clone / "new.yaml").write_text("new\n")
    git(clone, "add", "new.yaml")

    def seen() -> list[object]:
        return [
            git(clone, "status", "--porcelain"),
            git(clone, "rev-parse", "HEAD"),
            git(clone, "for-each-ref", "refs/heads", "refs/tags"),
            git(clone, "rev-parse", "--is-shallow-repository"),
            (clone / ".git/index").read_bytes(),
            (clone / ".git/FETCH_HEAD").exists(),
            (clone / ".git/config").read_text(),
        ]

    before = seen()
    apply(opening(clone))
    apply(opening(place.clone("--depth=1")), "r2", "b")
    assert sorted(opening(clone).store().read().ledger) == ["opportunity.a", "opportunity.b"]

    assert seen() == before


def test_only_the_tip_is_fetched_into_a_clone_that_is_cut_off(place: GitPlace) -> None:
    for number in range(3):
        apply(opening(place.clone("--depth=1")), f"r{number}", f"k{number}")
    clone = place.clone("--depth=1")
    opening(clone).store().read()

    commits = git(clone, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").split()
    assert commits.count("commit") == 2


def test_nothing_that_a_clone_is_set_up_to_do_is_done(place: GitPlace, tmp_path: Path) -> None:
    clone = place.clone()
    mark = tmp_path / "ran"
    hooks = clone / ".git/hooks"
    for name in ("pre-push", "reference-transaction", "post-checkout", "pre-auto-gc", "post-commit"):
        hook = hooks / name
        hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
        hook.chmod(0o755)
    for name, value in {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": str(hooks / "pre-push"),
        "push.followTags": "true",
        "push.gpgSign": "true",
        "push.pushOption": "ci.skip",
        "push.recurseSubmodules": "on-demand",
        "remote.origin.mirror": "true",
        "commit.gpgSign": "true",
        "gpg.program": str(hooks / "pre-push"),
        "i18n.commitEncoding": "latin1",
        "fetch.prune": "true",
    }.items():
        git(clone, "config", name, value)
    apply(opening(clone))

    assert list(opening(clone).store().read().ledger) == ["opportunity.a"]
    assert not mark.exists()
    assert git(place.remote, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main",
        f"refs/heads/syncer/state/{SPACE}",
    ]


@pytest.mark.parametrize(
    "remote", ["--upload-pack=touch ran", "ext::sh -c touch% ran", "https://evil.example/x", ""]
)
def test_a_remote_is_a_name_and_nothing_else(place: GitPlace, remote: str) -> None:
    clone = place.clone()
    with pytest.raises(StateError) as error:
        opening(clone, remote=remote).store()
    assert told(error)[0] == "state-missing"
    assert not (clone / "ran").exists()


def test_a_remote_that_runs_a_command_is_not_followed(place: GitPlace) -> None:
    clone = place.clone()
    git(clone, "remote", "set-url", "origin", f"ext::sh -c touch% {clone}/ran")
    with pytest.raises(StateError):
        opening(clone).store().read()
    assert not (clone / "ran").exists()


def test_without_a_repository_or_a_remote_it_says_so(place: GitPlace, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    with pytest.raises(StateError) as error:
        opening(alone).store()
    assert told(error) == ("state-missing", "The project is in no git repository.")

    git(alone, "init", "--quiet")
    with pytest.raises(StateError) as error:
        opening(alone).store()
    assert told(error) == ("state-missing", 'The repository has no remote "origin"; there is none.')

    with pytest.raises(StateError) as error:
        opening(place.clone(), remote="upstream").store()
    assert told(error) == ("state-missing", 'The repository has no remote "upstream"; there are: origin.')

    with pytest.raises(StateError) as error:
        opening(place.clone(), branch="a..b").store()
    assert told(error) == ("state-missing", 'No branch can be called "a..b".')


def test_without_git_it_says_so(place: GitPlace) -> None:
    with pytest.raises(StateError) as error:
        opening(place.clone(), environ={"PATH": "/nowhere"}).store()
    assert told(error)[0] == "state-missing"
    assert "git cannot be run" in told(error)[1]


def test_the_branch_may_be_called_otherwise(place: GitPlace) -> None:
    apply(opening(place.clone(), branch="memory/{space_id}"))
    assert git(place.remote, "rev-parse", "--verify", f"memory/{SPACE}")


def test_a_space_whose_id_no_branch_can_have_gets_one_of_its_own(place: GitPlace) -> None:
    for space in ("..", "a b", "a~b", "x.lock/../y"):
        opened = Opening("git", str(place.clone()), space=space)
        opened.store().remember([row("a")])
        assert list(opened.store().read().ledger) == ["opportunity.a"]
    assert len(git(place.remote, "for-each-ref", "refs/heads/syncer").splitlines()) == 4


def test_who_may_not_push_holds_nothing(place: GitPlace) -> None:
    hook = place.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho only the apply job may push >&2\nexit 1\n")
    hook.chmod(0o755)

    store = place.store()
    assert store.read().lineage is None
    with pytest.raises(StateError) as error, store.hold("r1", HERE):
        pytest.fail("nothing may be held")
    assert told(error)[0] == "state-forbidden"
    assert "pre-receive hook declined" in told(error)[1]


def test_without_a_name_in_git_it_signs_as_syncer(place: GitPlace) -> None:
    clone = place.clone()
    apply(opening(clone))
    git(clone, "config", "user.name", "Dana")
    git(clone, "config", "user.email", "dana@example.com")
    apply(opening(clone), "r2", "b")

    authors = git(place.remote, "log", "--format=%an <%ae> %cn <%ce>", place.BRANCH).splitlines()
    assert set(authors[:3]) == {"Dana <dana@example.com> Dana <dana@example.com>"}
    assert set(authors[3:]) == {"syncer <syncer@localhost> syncer <syncer@localhost>"}


def test_a_hook_that_runs_syncer_does_not_lead_it_elsewhere(
    place: GitPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = place.clone()
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    apply(opening(clone))


def test_a_branch_that_was_set_back_is_an_error_until_it_is_accepted(place: GitPlace) -> None:
    clone = place.clone()
    apply(opening(clone))
    before = git(place.remote, "rev-parse", place.BRANCH)
    apply(opening(clone), "r2", "b")
    git(place.remote, "update-ref", f"refs/heads/{place.BRANCH}", before)

    attempts: tuple[Callable[[Any], object], ...] = (
        lambda store: store.read(),
        lambda store: store.remember([row("c")]),
    )
    for attempt in attempts:
        with pytest.raises(StateError) as error:
            attempt(opening(clone).store())
        assert told(error)[0] == "state-rewritten"
    assert git(place.remote, "rev-parse", place.BRANCH) == before

    assert list(opening(clone).store().init().ledger) == ["opportunity.a"]
    apply(opening(clone), "r3", "c")
    assert list(opening(clone).store().read().ledger) == ["opportunity.a", "opportunity.c"]


@pytest.mark.parametrize("depth", [(), ("--depth=1",)])
def test_a_branch_that_was_replaced_is_an_error(place: GitPlace, depth: tuple[str, ...]) -> None:
    clone = place.clone(*depth)
    apply(opening(clone))
    git(place.remote, "update-ref", "-d", f"refs/heads/{place.BRANCH}")
    apply(opening(place.clone()), "r2", "b")

    with pytest.raises(StateError) as error:
        opening(clone).store().read()
    assert told(error)[0] == "state-rewritten"


def test_a_branch_that_was_deleted_is_built_anew(place: GitPlace) -> None:
    for clone in (place.clone(), place.clone("--depth=1")):
        apply(opening(clone))
        store = opening(clone).store()
        first = store.read().lineage
        git(place.remote, "update-ref", "-d", f"refs/heads/{place.BRANCH}")
        store.remember([row("z")])
        assert store.read().lineage != first or "opportunity.a" in store.read().ledger
        assert "opportunity.z" in store.read().ledger
        git(place.remote, "update-ref", "-d", f"refs/heads/{place.BRANCH}")
        git(clone, "update-ref", "-d", f"refs/syncer/origin/{place.BRANCH}")


def test_a_branch_that_is_deleted_while_it_is_held_is_there_again(place: GitPlace) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        git(place.remote, "update-ref", "-d", f"refs/heads/{place.BRANCH}")
        lease.release(run("r1"), rows=[row("a")])
    assert list(place.store().read().ledger) == ["opportunity.a"]


def test_a_branch_that_somebody_else_begins_anew_while_it_is_held_ends_the_lease(place: GitPlace) -> None:
    with place.store().hold("r1", HERE) as lease:
        lease.announce("sha256:r1", ["opportunity.a"])
        git(place.remote, "update-ref", "-d", f"refs/heads/{place.BRANCH}")
        apply(opening(place.clone()), "r2", "b")
        with pytest.raises(StateError) as error:
            lease.release(run("r1"), rows=[row("a")])
        assert told(error)[0] == "state-rewritten"


@pytest.mark.parametrize(
    ("name", "content"),
    [("ledger.jsonl", "link"), ("runs/r1.json", "link"), ("ledger.jsonl", None), ("state.json", None)],
)
def test_a_tip_with_other_things_in_it_is_an_error(place: GitPlace, name: str, content: str | None) -> None:
    apply(opening(place.clone()))
    clone = place.clone(f"--branch={place.BRANCH}")
    (clone / name).unlink()
    if content is not None:
        (clone / name).symlink_to("state.json")
    git(clone, "commit", "--quiet", "--all", "--message=by hand")
    git(clone, "push", "--quiet")

    with pytest.raises(StateError) as error:
        place.store().read()
    assert told(error)[0] == "state-damaged"
    assert name in told(error)[1]


def test_other_files_on_the_branch_stay(place: GitPlace) -> None:
    apply(opening(place.clone()))
    clone = place.clone(f"--branch={place.BRANCH}")
    (clone / "README.md").write_text("do not touch\n")
    (clone / "more").mkdir()
    (clone / "more/x").write_text("x\n")
    git(clone, "add", ".")
    git(clone, "commit", "--quiet", "--message=explain")
    git(clone, "push", "--quiet")
    apply(opening(place.clone()), "r2", "b")

    files = git(place.remote, "ls-tree", "-r", "--name-only", place.BRANCH).split()
    assert {"README.md", "more/x", "runs/r1.json", "runs/r2.json"} <= set(files)


def test_the_remote_may_be_an_ordinary_password_protected_server_that_nobody_is_asked_about(
    place: GitPlace, refusing: str
) -> None:
    clone = place.clone()
    git(clone, "remote", "set-url", "origin", refusing)
    with pytest.raises(StateError) as error:
        opening(clone).store().read()
    assert told(error)[0] == "state-forbidden"

    git(clone, "remote", "set-url", "origin", refusing.replace("//", "//dana:Secr3t@"))
    with pytest.raises(StateError) as error:
        opening(clone).store().read()
    assert told(error)[0] == "state-forbidden"
    assert "Secr3t" not in told(error)[1]


@pytest.fixture
def refusing() -> Iterator[str]:
    """A server that wants a password and takes none."""

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/x.git"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_remote_that_never_answers_is_given_up(place: GitPlace) -> None:
    clone = place.clone()
    git(clone, "remote", "set-url", "origin", "ssh://nobody@example.invalid/x.git")
    git(clone, "config", "core.sshCommand", "sleep 100 #")
    with pytest.raises(UnreachableError) as error:
        opening(clone, timeout=0.5).store().read()
    assert "has not ended" in told(error)[1]


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://127.0.0.1:1/x.git", "state-unreachable", "Failed to connect to 127.0.0.1 port 1"),
        ("/nowhere/x.git", "state-missing", "'/nowhere/x.git' does not appear to be a git repository"),
    ],
)
def test_a_remote_that_is_not_there_is_told_in_gits_own_words(
    place: GitPlace, url: str, code: str, words: str
) -> None:
    clone = place.clone()
    git(clone, "remote", "set-url", "origin", url)
    with pytest.raises(UnreachableError) as error:
        opening(clone).store().read()
    assert told(error)[0] == code
    assert words in told(error)[1]
    assert "make sure" not in told(error)[1]


def test_a_push_whose_answer_is_lost_is_found_to_have_arrived(place: GitPlace, tmp_path: Path) -> None:
    """Every push arrives and says that it failed: one holder, one run, every row once."""
    real = shutil.which("git")
    assert real is not None
    programs = tmp_path / "bin"
    programs.mkdir()
    lying = programs / "git"
    lying.write_text(
        f'#!/bin/sh\ncase " $* " in *" push "*) ;; *) exec {real} "$@";; esac\n'
        f'{real} "$@" >/dev/null\n[ -e {tmp_path}/lied ] && rm {tmp_path}/lied && exit 0\n'
        f"touch {tmp_path}/lied\necho fatal: the remote end hung up unexpectedly >&2\nexit 128\n"
    )
    lying.chmod(0o755)
    environ = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    apply(replace(opening(place.clone(), environ=environ), seconds=20))

    state = place.store().read()
    assert (list(state.ledger), [each.run for each in state.runs], state.serial) == (
        ["opportunity.a"],
        ["r1"],
        1,
    )
    assert state.lock is None


def test_a_full_disk_here_stops_everything(place: GitPlace) -> None:
    place.store().remember([row("a")])
    clone = place.clone()
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000));"
        "from tests.state.places import Opening, row;"
        "rows = [row(f'k{n}', x='%x' % hash(n) ** 9) for n in range(3000)];"
        "Opening('git', sys.argv[1]).store().remember(rows)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(clone)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2], env=unwatched(),
    )  # fmt: skip
    assert "File cannot be written: /" in ended.stderr
    assert list(place.store().read().ledger) == ["opportunity.a"]


def test_a_full_disk_of_the_clone_stops_everything(place: GitPlace) -> None:
    place.store().remember([row("a")])
    clone = place.clone()
    script = (
        "import resource, sys; from syncer.state import gitrun; from tests.state.places import Opening, row;"
        "start = gitrun.Git._start;"
        "full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY));"
        "room = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10**9, resource.RLIM_INFINITY));"
        "gitrun.Git._start = lambda *given: (full(), start(*given), room())[1];"
        "rows = [row(f'k{n}', x='%x' % hash(n) ** 9) for n in range(3000)];"
        "Opening('git', sys.argv[1]).store().remember(rows)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(clone)], capture_output=True, text=True, check=False,
        cwd=Path(__file__).parents[2], env=unwatched(),
    )  # fmt: skip
    assert "File cannot be written: git hash-object failed" in ended.stderr
    assert list(place.store().read().ledger) == ["opportunity.a"]


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_push_the_next_one_knows_what_to_look_up(
    place: GitPlace, tmp_path: Path, number: int, when: str
) -> None:
    """Pushes: take, announce, release."""
    real = shutil.which("git")
    programs = tmp_path / "bin"
    programs.mkdir()
    kill = f"n=$(cat {tmp_path}/n 2>/dev/null || echo 0); n=$((n+1)); echo $n > {tmp_path}/n\n"
    arrive = f'[ {when} = after ] && {real} "$@" >/dev/null 2>&1'
    kill += f"[ $n = {number} ] && {{ {arrive}; kill -9 $PPID; exit 1; }}\n"
    deadly = programs / "git"
    deadly.write_text(f'#!/bin/sh\ncase " $* " in *" push "*) {kill} ;; esac\nexec {real} "$@"\n')
    deadly.chmod(0o755)
    script = (
        "import sys; from tests.state.test_git import apply, opening; from pathlib import Path;"
        "apply(opening(Path(sys.argv[1])))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(place.clone())], check=False, cwd=Path(__file__).parents[2],
        env={**unwatched(), "PATH": f"{programs}:{os.environ['PATH']}"}, capture_output=True,
    )  # fmt: skip
    assert ended.returncode == -9

    arrived = number - 1 + (when == "after")
    with opening(place.clone("--depth=1")).store().hold("r2", HERE) as lease:
        assert (lease.taken is not None) == (arrived in (1, 2))
        assert [each.uncertain for each in lease.state.open] == ([("opportunity.a",)] if arrived == 2 else [])
        assert list(lease.state.ledger) == (["opportunity.a"] if arrived == 3 else [])
        assert [each.run for each in lease.state.runs] == (["r1"] if arrived >= 2 else [])
