"""Running: in a thread, as a process, over TLS, many at once, killed and started again."""

import concurrent.futures
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from syncer.sandbox import world
from syncer.sandbox.database import Database, UnusableDatabaseError
from syncer.sandbox.faults import Fault
from syncer.sandbox.server import Sandbox, Spawned
from syncer.sandbox.switches import Switches

BODY = {"name": "Omega", "owner_id": world.TUTORIAL_USER_ID}


@contextmanager
def client_of(sandbox: Any, **options: Any) -> Iterator[httpx.Client]:
    auth = (sandbox.username, sandbox.password)
    with httpx.Client(base_url=sandbox.api_url, auth=auth, timeout=10, trust_env=False, **options) as client:
        yield client


def test_two_sandboxes_do_not_share_their_world() -> None:
    with Sandbox.serve() as one, Sandbox.serve() as two:
        one.store.create("Account", BODY)
        assert (one.store.count("Account"), two.store.count("Account")) == (42, 41)


def test_reset_goes_back_to_the_seed(sandbox: Sandbox, api: httpx.Client) -> None:
    before = sandbox.store.rows("Account", include_deleted=True)
    field = {"name": "X", "type_id": "input", "entity_name": "Account"}
    assert api.post("/Fields", json=field).status_code == 201
    sandbox.store.create("Account", BODY)
    sandbox.faults.add("drop")
    sandbox.reset()
    assert sandbox.store.rows("Account", include_deleted=True) == before
    assert (sandbox.faults.list(), list(sandbox.requests)) == ([], [])
    assert api.get("/Accounts").status_code == 200


def test_a_file_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "space.db"
    with Sandbox.serve(path) as sandbox:
        key = sandbox.store.create("Account", BODY)
    with Sandbox.serve(path, seed="empty") as sandbox:
        assert sandbox.store.get("Account", key)["name"] == "Omega"
        sandbox.reset()
        assert sandbox.store.count("Account") == 41


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "text.db", tmp_path / "other.db"
    text.write_text("This is no database, but it is long enough to be looked at as one. " * 20)
    sqlite3.connect(other).execute("CREATE TABLE mine (x)").connection.close()
    for path, words in ((text, "not a database"), (other, "not one of the sandbox")):
        with pytest.raises(UnusableDatabaseError, match=words):
            Database(path)
    assert text.read_text().startswith("This is no database")


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "space.db"
    db = Database(path)
    db.conn.execute("PRAGMA user_version=999")
    db.close()
    with pytest.raises(UnusableDatabaseError, match="another version"):
        Database(path)


def test_a_port_in_use_is_an_error(sandbox: Sandbox) -> None:
    port = int(sandbox.url.rsplit(":", 1)[1])
    with pytest.raises(OSError, match="in use"), Sandbox.serve(port=port):
        pass


def test_ipv6_addresses_stand_in_brackets() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 here")
    with Sandbox.serve(host="::1") as sandbox, client_of(sandbox) as client:
        assert sandbox.url.startswith("http://[::1]:")
        assert client.get("/Currencies").status_code == 200


def test_https_with_a_certificate(tmp_path: Path) -> None:
    authority = trustme.CA()
    pair = authority.issue_cert("127.0.0.1")
    certfile, keyfile = tmp_path / "cert.pem", tmp_path / "key.pem"
    certfile.write_bytes(b"".join(blob.bytes() for blob in pair.cert_chain_pems))
    keyfile.write_bytes(pair.private_key_pem.bytes())
    context = ssl.create_default_context()
    authority.configure_trust(context)
    with (
        Sandbox.serve(certfile=certfile, keyfile=keyfile) as sandbox,
        client_of(sandbox, verify=context) as client,
    ):
        row = client.get("/Steps", params={"first": 1}).json()["data"][0]
        assert row["pipeline"].startswith(f"https://{sandbox.url.removeprefix('https://')}/api")
        with pytest.raises(httpx.ConnectError), client_of(sandbox) as stranger:
            stranger.get("/Steps")


def test_a_bad_certificate_gives_the_port_back(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    with pytest.raises(ValueError, match="no certificate and key"), Sandbox.serve(certfile=bad, keyfile=bad):
        pass


def test_every_answer_carries_the_date(api: httpx.Client) -> None:
    assert api.get("/Currencies").headers["date"].endswith("GMT")


def test_latency_holds_every_answer_back() -> None:
    with Sandbox.serve(latency=0.05) as sandbox, client_of(sandbox) as client:
        assert sandbox.latency == 0.05
        started = time.perf_counter()
        client.get("/Currencies")
        assert time.perf_counter() - started > 0.05
        sandbox.latency = 0.0
        client.get("/Currencies")
        assert [round(entry.seconds, 2) >= 0.05 for entry in sandbox.requests] == [True, False]


def test_an_error_of_ours_is_a_500_in_the_error_shape(serve: Any) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError

    with serve() as (sandbox, client):
        sandbox._app.api.handle = broken
        answer = client.get("/Currencies")
        assert (answer.status_code, answer.json()["name"]) == (500, "ERROR_INTERNAL")


def test_concurrent_writes_all_arrive_once(sandbox: Sandbox, api: httpx.Client) -> None:
    """Eight at a time, each a batch with nested rows, while the store is read from outside."""
    hooli = sandbox.store.find("Account", name="Hooli")["id"]

    def batch(n: int) -> list[Any]:
        items = [
            {
                "name": f"D{n}-{i}",
                "owner_id": world.TUTORIAL_USER_ID,
                "closing_date": "2027-01-01",
                "step_id": world.FIRST_STEP_ID,
                "value": {"base_value": 1, "currency_id": world.BASE_CURRENCY_ID},
                "account_relations": [{"account_id": hooli, "is_primary": True}],
                "cf_syncer_key": f"k{n}-{i}",
            }
            for i in range(20)
        ]
        sandbox.store.count("Opportunity")
        data: list[Any] = api.post("/Opportunities/batch-modify?rollback-method=1", json=items).json()["data"]
        return data

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = [key for data in pool.map(batch, range(16)) for key in data]
    assert len(set(ids)) == 320
    rows = sandbox.store.rows("Opportunity")
    assert (len(rows), len({row["revision"] for row in rows})) == (323, 323)
    assert sum(r["account_id"] == hooli for r in sandbox.store.rows("LeadOpptyAccountRelation")) == 321


def test_requests_may_share_a_connection_without_waiting(sandbox: Sandbox) -> None:
    """Two requests are written before the first answer is read."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    request = b"GET /_sandbox/health HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection((host, int(port)), timeout=5) as sock:
        sock.sendall(request * 2)
        text = b""
        while text.count(b'"status":"ok"') < 2:
            text += sock.recv(4096)
    assert text.count(b"HTTP/1.1 200 OK") == 2


@pytest.fixture(scope="module")
def spawned() -> Iterator[Spawned]:
    with Sandbox.spawn(switches=Switches(max_batch=3), options=["--forbid", "Tag"]) as running:
        yield running


def test_a_process_serves_with_its_switches(spawned: Spawned) -> None:
    with client_of(spawned) as client:
        assert client.post("/Accounts/batch-modify", json=[BODY] * 4).status_code == 413
        assert client.get("/Tags").status_code == 403


def test_a_store_looks_into_the_process_and_changes_it(spawned: Spawned) -> None:
    with client_of(spawned) as client:
        key = client.post("/Accounts", json=BODY).json()["data"]["id"]
        assert spawned.store.get("Account", key)["name"] == "Omega"
        spawned.store.edit("Account", key, name="Psi")
        changed = client.patch(f"/Accounts/{key}", json={"city": "x"}).json()["data"]
        assert changed["name"] == "Psi"
        assert spawned.store.get("Account", key)["revision"] == changed["revision"]
        field = {"name": "Other", "type_id": "input", "entity_name": "Account"}
        spawned.store.create("Field", field)
        assert client.get(f"/Accounts/{key}").json()["data"]["cf_other"] == ""


def test_faults_and_requests_of_a_process(spawned: Spawned) -> None:
    spawned.set_faults(Fault("status", status=503, nth=1))
    with client_of(spawned) as client:
        assert [client.get("/Currencies").status_code for _ in range(2)] == [503, 200]
    spawned.set_faults()
    assert [r.status for r in spawned.requests[-2:]] == [503, 200]


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_what_was_committed_survives_kill_9(tmp_path: Path, when: str, count: int) -> None:
    path = tmp_path / "space.db"
    with Sandbox.spawn(path) as first, client_of(first) as client:
        port = int(first.url.rsplit(":", 1)[1])
        first.set_faults(Fault("kill", method="POST", nth=2, when=when))
        assert client.post("/Accounts", json=BODY | {"name": "Alpha"}).status_code == 201
        with pytest.raises(httpx.TransportError):
            client.post("/Accounts", json=BODY)
        assert first.wait() == -9
    with Sandbox.spawn(path, port=port) as second:
        names = [row["name"] for row in second.store.rows("Account")]
        assert (names.count("Alpha"), names.count("Omega")) == (1, count)
        assert second.url == first.url
        second.kill()
        assert second.wait() == -9


def test_a_process_that_cannot_start_says_so() -> None:
    with pytest.raises(RuntimeError, match="exit code 1"), Sandbox.spawn(seed="nonsense"):
        pass


def test_a_process_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox.spawn(seed="empty") as running:
        real, calls = running.process.wait, []

        def wait(timeout: float | None = None) -> int:
            calls.append(timeout)
            if timeout is not None:
                raise subprocess.TimeoutExpired("sandbox", timeout)
            return real()

        monkeypatch.setattr(running.process, "wait", wait)
    assert calls == [5, None]
