"""`syncer state`: set up, shown, freed, forgotten; the same for each place where it is kept."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.model.codes import ExitCode
from syncer.sandbox.server import Sandbox
from syncer.state.choice import Choice
from syncer.state.open import open_store
from syncer.state.store import Store
from syncer.state.values import new_run
from tests.state.places import AT, FAR, later, row, run
from tests.support import Ran, one, write_files

Run = Callable[..., Ran]

SETTINGS = """version: 1
spaces: {{production: {{url: "{url}", space_id: {space}}}}}
state: {state}
"""


@pytest.fixture(params=["local", "git", "postgresql"])
def project(request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Any:
    """A project whose state is kept there, and what the environment needs for it."""
    return make_project(request.param, request, tmp_path, sandbox)


def make_project(kind: str, request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox) -> Any:
    make_place = request.getfixturevalue("make_place")
    place = make_place(kind)
    folder = place.clone() if kind == "git" else tmp_path / "deals"
    settings = SETTINGS.format(url=sandbox.url, space=sandbox.space_id, state=kind)
    write_files(folder, {"syncer.yaml": settings})
    return folder, {"SYNCER_STATE_URL": place.url} if kind == "postgresql" else {}


def store_of(project: Any, sandbox: Sandbox) -> Store:
    folder, env = project
    kind = (folder / "syncer.yaml").read_text().splitlines()[2].removeprefix("state: ")
    return open_store(
        Choice(kind), folder, sandbox.url, sandbox.space_id, environ={"PATH": "/usr/bin:/bin", **env}
    )


def test_what_is_remembered_is_shown(project: Any, sandbox: Sandbox, syncer: Run) -> None:
    folder, env = project
    store = store_of(project, sandbox)
    assert syncer("state", "init", cwd=folder, env=env).code == ExitCode.OK
    empty = json.loads(syncer("state", "show", "--format", "json", cwd=folder, env=env).out)
    assert (empty["records"], empty["lock"], empty["last_run"]) == (0, None, None)

    store.remember([row("a"), row("b")], run=run("r1", outcomes={"created": 2}))
    shown = json.loads(syncer("state", "show", "--format", "json", cwd=folder, env=env).out)
    now = store.read()
    assert shown == {
        "backend": now.backend,
        "lineage": now.lineage,
        "serial": now.serial,
        "records": 2,
        "lock": None,
        "last_run": {
            "run": "r1",
            "project": ".",
            "started": AT,
            "ended": AT,
            "commit": "c0ffee",
            "plan": "sha256:r1",
            "by": "dana",
            "settled": True,
            "uncertain": [],
            "outcomes": {"created": 2},
        },
    }
    text = syncer("state", "show", cwd=folder, env=env)
    assert "{space_id}" not in text.out
    assert (text.code, text.err) == (ExitCode.OK, "")
    assert "{" not in text.out
    assert [line.split("  ")[0] for line in text.out.splitlines()] == [
        "kept in",
        "lineage",
        "serial",
        "records",
        "held by",
        "last run",
    ]


def test_a_run_that_is_dead_is_unlocked_by_name(project: Any, sandbox: Sandbox, syncer: Run) -> None:
    folder, env = project
    store = store_of(project, sandbox)
    store.init()
    id_ = new_run(later(0))
    with store.hold(id_, FAR) as lease:
        lease.announce("sha256:x", ["opportunity.a"])
        held = json.loads(syncer("state", "show", "--format", "json", cwd=folder, env=env).out)["lock"]
        assert (held["run"], held["addresses"]) == (id_, ["opportunity.a"])

        unasked = syncer("state", "unlock", "--run", id_, cwd=folder, env=env)
        assert (unasked.code, store.read().lock is None) == (ExitCode.USAGE, False)
        other = syncer("state", "unlock", "--run", "r0", "--auto-approve", cwd=folder, env=env)
        assert (other.code, store.read().lock is None) == (ExitCode.ERROR, False)
        assert f"it is held by run {id_}" in other.err

        ran = syncer("state", "unlock", "--run", id_, "--auto-approve", cwd=folder, env=env)
        assert (ran.code, store.read().lock) == (ExitCode.OK, None)
        assert "process 4711 of ci on runner-7" in ran.err
    assert [each.run for each in store.read().open] == [id_]
    assert "left open" in syncer("state", "show", cwd=folder, env=env).out


def test_addresses_are_forgotten_and_a_typing_error_forgets_nothing(
    project: Any, sandbox: Sandbox, syncer: Run
) -> None:
    folder, env = project
    store = store_of(project, sandbox)
    store.init()
    store.remember([row("a"), row("b")])

    typo = syncer("state", "forget", "opportunity.a", "opportunity.x", "--auto-approve", cwd=folder, env=env)
    assert (typo.code, len(store.read().ledger)) == (ExitCode.USAGE, 2)
    assert "Nothing is remembered of opportunity.x." in typo.err

    ran = syncer("state", "forget", "opportunity.a", "--auto-approve", cwd=folder, env=env)
    assert (ran.code, list(store.read().ledger)) == (ExitCode.OK, ["opportunity.b"])


def test_no_credentials_are_needed_to_look(project: Any, sandbox: Sandbox, syncer: Run) -> None:
    folder, env = project
    store_of(project, sandbox).init()
    bare = {"PIPELINER_TRUSTED_HOSTS": "", **env}
    assert syncer("state", "show", cwd=folder, env=bare).code == ExitCode.OK


def test_doctor_tells_where_it_is_kept_and_whether_that_is_reached(
    project: Any, sandbox: Sandbox, syncer: Run
) -> None:
    folder, env = project

    def told() -> dict[str, str]:
        ran = syncer("doctor", "--format", "json", cwd=folder, env={**sandbox.env(), **env})
        return next(check for check in json.loads(ran.out)["checks"] if check["name"] == "state")

    store_of(project, sandbox).init()
    found = told()
    kind = store_of(project, sandbox).read().backend
    assert (found["status"], found["detail"].partition(":")[0]) == ("ok", kind)
    protect = "; protect it like the main branch" if kind == "git" else ""
    assert found["detail"].endswith(f"0 records{protect}")


def test_a_branch_that_is_not_reached_is_told(
    request: pytest.FixtureRequest, tmp_path: Path, sandbox: Sandbox, syncer: Run
) -> None:
    folder, _ = make_project("git", request, tmp_path, sandbox)
    (tmp_path / "git" / "remote.git").rename(tmp_path / "away.git")

    ran = syncer("doctor", "--format", "json", cwd=folder, env=sandbox.env())
    state = next(check for check in json.loads(ran.out)["checks"] if check["name"] == "state")
    assert (ran.code, state["status"]) == (ExitCode.ERROR, "fail")
    assert syncer("state", "show", cwd=folder).code == ExitCode.ERROR


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("git", Choice("git")),
        ("{backend: git, remote: upstream}", Choice("git", remote="upstream")),
        ('{backend: git, branch: "memory/{space_id}"}', Choice("git", branch="memory/{space_id}")),
        ("{backend: postgresql}", Choice("postgresql")),
        ("local", Choice()),
    ],
)
def test_the_short_and_the_long_form_mean_the_same(written: str, expected: Choice, tmp_path: Path) -> None:
    from syncer.project.load import load

    write_files(tmp_path, {"syncer.yaml": f"version: 1\nstate: {written}\n"})
    assert load(tmp_path, {}).state == expected


@pytest.mark.parametrize(
    ("written", "place", "said"),
    [
        ("Gti", "2:8", 'did you mean "git"?'),
        ("{remote: origin}", "2:1", "state has no `backend`"),
        ("{backend: postgresql, branch: x}", "2:30", "branch belongs to git"),
        ("{backend: git, url: x}", "2:23", 'no field "url" of state'),
    ],
)
def test_what_no_state_can_be_is_told_at_its_place(
    written: str, place: str, said: str, tmp_path: Path, syncer: Run
) -> None:
    write_files(tmp_path, {"syncer.yaml": f"version: 1\nstate: {written}\n"})
    ran = syncer("validate", cwd=tmp_path)
    assert ran.code == ExitCode.ERROR
    assert f"syncer.yaml:{place}" in ran.err
    assert said in ran.err


def test_in_ci_it_is_said_in_one_line_that_nothing_outlives_the_runner(
    sandbox: Sandbox, tmp_path: Path, syncer: Run
) -> None:
    write_files(tmp_path, {"syncer.yaml": "version: 1\n", "opportunities/a.yaml": one()})
    env = {**sandbox.env(), "CI": "true"}
    line = "What is remembered ends with this runner, and no other one sees it"
    for command in (["plan"], ["apply", "--auto-approve"]):
        assert syncer(*command, cwd=tmp_path, env=env).err.count(line) == 1
        assert line not in syncer(*command, cwd=tmp_path, env=sandbox.env()).err
