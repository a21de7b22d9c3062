"""`syncer sandbox serve | seed | reset`."""

import importlib.util
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from syncer import installation
from syncer.sandbox import world
from syncer.sandbox.command import sandbox as group
from syncer.sandbox.database import Database
from syncer.sandbox.faults import EFFECTS
from syncer.sandbox.store import Store
from syncer.sandbox.switches import Switches, table

COMMAND = [sys.executable, "-m", "syncer.sandbox"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, arguments)


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    quiet = "--quiet" in arguments
    process = subprocess.Popen(
        [*COMMAND, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield process, [process.stdout.readline().strip() for _ in range(1 if quiet else 5)]
    finally:
        process.kill()
        process.communicate()


def test_serve_prints_the_address_then_the_environment() -> None:
    with serving("--password", "it's") as (_, lines):
        assert lines[1:] == [
            f"export PIPELINER_URL={lines[0]}",
            f"export PIPELINER_SPACE_ID={world.SPACE_ID}",
            f"export PIPELINER_API_USERNAME={world.USERNAME}",
            "export PIPELINER_API_PASSWORD='it'\"'\"'s'",
        ]
        url = f"{lines[0]}/api/v100/rest/spaces/{world.SPACE_ID}/entities/Currencies"
        answer = httpx.get(url, auth=(world.USERNAME, "it's"), trust_env=False)
        assert (answer.status_code, answer.json()["total"]) == (200, 3)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_quietly(name: signal.Signals) -> None:
    with serving("--quiet", "--seed", "empty") as (process, lines):
        assert lines[0].startswith("http://127.0.0.1:")
        process.send_signal(name)
        out, err = process.communicate(timeout=5)
        assert (process.returncode, out, err) == (0, "", "")


def test_every_switch_is_an_option_with_its_default() -> None:
    text = run("serve", "--help").output
    for switch in table():
        assert f"--{switch.name.replace('_', '-')}" in text


def test_options_reach_the_server(tmp_path: Path) -> None:
    options = ["--require", "cf_seats", "--max-batch", "2", "--forbid", "Tag", "--latency", "0.001"]
    with serving(*options, "--db", str(tmp_path / "s.db"), "--space-id", "s", "--seed", "12") as (_, lines):
        url = f"{lines[0]}/api/v100/rest/spaces/s/entities"
        auth = (world.USERNAME, world.PASSWORD)
        with httpx.Client(base_url=url, auth=auth, trust_env=False) as client:
            assert client.get("/Tags").status_code == 403
            assert client.get("/Opportunities").json()["total"] == 15
            assert client.post("/Opportunities/batch-modify", json=[{}] * 3).status_code == 413
            assert "'cf_seats' is null" in client.post("/Opportunities", json={}).text


def failed(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()


def test_a_port_in_use_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert (
            failed(run("serve", "--port", str(port))) == f"error: 127.0.0.1:{port}: Address already in use."
        )


def test_a_foreign_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).execute("CREATE TABLE mine (x)").connection.close()
    text = f"error: {path}: This is a database, but not one of the sandbox."
    assert failed(run("serve", "--db", str(path))) == text
    assert failed(run("seed", "--db", str(path))) == text
    assert failed(run("reset", "--db", str(path))) == text


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "x.db"
    assert failed(run("serve", "--db", str(path))) == f"error: {path}: unable to open database file."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--seed", "x"], "error: 'x' is no seed: say empty, demo or a number of opportunities."),
        (["--forbid", "Foo"], "error: 'Foo': there is no entity 'Foo'."),
        (
            ["--control", "--host", "0.0.0.0"],
            "error: --control needs a loopback --host; anyone who reaches it can break the server.",
        ),
        (["--certfile", "/nowhere/cert.pem"], "error: /nowhere/cert.pem: No such file."),
        (["--host", "not a host"], "error: not a host:0: Name or service not known."),
    ],
)
def test_what_cannot_be_served_is_one_line(arguments: list[str], text: str) -> None:
    assert failed(run("serve", *arguments)) == text


def test_a_bad_certificate_is_one_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    text = failed(run("serve", "--certfile", str(bad), "--keyfile", str(bad)))
    assert text.startswith(f"error: {bad}: no certificate and key to serve with (")


@pytest.mark.parametrize("arguments", [["--nested-lists", "both"], ["--max-batch", "-1"], ["--port", "x"]])
def test_a_bad_option_is_a_usage_error(arguments: list[str]) -> None:
    assert run("serve", *arguments).exit_code == 2


@pytest.mark.parametrize("command", [["serve"], ["seed", "--db", "x.db"]])
def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "uvicorn" else real(name))
    monkeypatch.chdir(tmp_path)
    assert failed(run(*command)) == (
        "error: the sandbox needs a web server; install it with: " + installation.get("sandbox")
    )
    assert list(tmp_path.iterdir()) == []


def store_of(path: Path) -> Store:
    return Store(Database(path), Switches())


def test_seed_fills_a_file_anew(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    counts: list[Any] = []
    for arguments in (["--seed", "40", "--accounts", "5"], ["--seed", "empty"], []):
        result = run("seed", "--db", str(path), *arguments)
        assert (result.exit_code, result.stderr) == (0, "")
        store = store_of(path)
        counts.append((store.count("Opportunity"), store.count("Account")))
        store.db.close()
    assert counts == [(43, 46), (0, 0), (3, 41)]
    assert result.output == f"{path} seeded with demo.\n"


def test_reset_brings_back_the_seed_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    run("seed", "--db", str(path), "--seed", "5", "--accounts", "3")
    store = store_of(path)
    store.delete("Opportunity", store.find("Opportunity", name="Deal 00001")["id"])
    result = run("reset", "--db", str(path))
    assert (result.exit_code, result.output) == (0, f"{path} is as seeded.\n")
    assert (store.count("Opportunity"), store.count("Account")) == (8, 44)
    store.db.close()


def test_reset_needs_a_file_that_exists(tmp_path: Path) -> None:
    assert run("reset", "--db", str(tmp_path / "no.db")).exit_code == 2


def test_the_group_starts_without_a_web_framework() -> None:
    heavy = "{'starlette', 'uvicorn', 'sqlite3', 'asyncio', 'ssl'}"
    code = "import sys; old = {*sys.modules}; import syncer.sandbox.command"
    code += f"; print({heavy} & sys.modules.keys() - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_page_on_the_sandbox_names_every_switch_and_fault() -> None:
    """Options with their defaults, and effects with what they do, as the tables say."""
    page = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
    for switch in table():
        default = switch.metadata["choices"][0] if "choices" in switch.metadata else "oas"
        name = switch.name.replace("_", "-")
        assert f"| `--{name}` | {switch.metadata['point']} | `{default}` |" in page
    for effect, meaning in EFFECTS.items():
        assert f"| `{effect}` | {meaning} |" in page


def test_requiring_a_field_nobody_has_is_one_line() -> None:
    assert failed(run("serve", "--require", "cf_nothing")) == (
        "error: require: 'cf_nothing' is neither oas, doc, microsoft nor a field of Opportunity."
    )
