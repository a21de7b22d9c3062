"""Every fault does exactly what it says, to exactly the request it names."""

import base64
import concurrent.futures
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

import httpx
import pytest

from syncer.sandbox import world
from syncer.sandbox.faults import EFFECTS, Fault, Faults, fault_from
from syncer.sandbox.server import Sandbox

BODY = {"name": "Omega", "owner_id": world.TUTORIAL_USER_ID}


def made(sandbox: Sandbox) -> int:
    return sum(row["name"] == "Omega" for row in sandbox.store.rows("Account"))


def test_a_rule_matches_method_and_path(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("status", method="post", path="/Accounts$", status=500)
    got = [
        api.get("/Accounts").status_code,
        api.post("/Notes", json={}).status_code,
        api.post("/Accounts", json=BODY).status_code,
    ]
    assert got == [200, 422, 500]
    assert sandbox.faults.list() == [
        {"effect": "status", "method": "post", "path": "/Accounts$", "status": 500, "seen": 1, "struck": 1}
    ]


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"nth": 2}, [2]),
        ({"count": 2}, [1, 2]),
        ({"nth": 3, "count": 2}, [3, 4]),
        ({"probability": 0.0}, []),
        ({"probability": 0.5, "seed": 1}, [1, 4, 5]),
        ({"probability": 0.5, "seed": 2}, [3, 4]),
    ],
)
def test_a_rule_strikes_the_requests_it_counts(
    sandbox: Sandbox, api: httpx.Client, rule: dict[str, Any], struck: list[int]
) -> None:
    sandbox.faults.add("status", status=418, **rule)
    codes = [api.get("/Currencies").status_code for _ in range(5)]
    assert [n for n, code in enumerate(codes, 1) if code == 418] == struck


@pytest.mark.parametrize("retry_after", ["2", "Wed, 21 Oct 2026 07:28:00 GMT", ""])
@pytest.mark.parametrize("status", [429, 503])
def test_throttling_says_when_to_come_back(
    sandbox: Sandbox, api: httpx.Client, status: int, retry_after: str
) -> None:
    sandbox.faults.add("status", status=status, retry_after=retry_after)
    answer = api.post("/Accounts", json=BODY)
    assert (answer.status_code, answer.headers.get("retry-after", "")) == (status, retry_after)
    assert (answer.json()["http_status"], answer.json()["success"]) == (status, False)
    assert made(sandbox) == 0


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_server_error_comes_before_or_after_the_commit(
    sandbox: Sandbox, api: httpx.Client, when: str, count: int
) -> None:
    sandbox.faults.add("status", status=502, when=when)
    assert api.post("/Accounts", json=BODY).status_code == 502
    assert made(sandbox) == count


@pytest.mark.parametrize(("when", "count"), [("before", 0), ("after", 1)])
def test_a_dropped_connection_loses_the_request_or_the_answer(
    sandbox: Sandbox, api: httpx.Client, when: str, count: int
) -> None:
    sandbox.faults.add("drop", method="POST", when=when)
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/Accounts", json=BODY)
    assert made(sandbox) == count
    assert [(r.method, r.status, r.bytes_out) for r in sandbox.requests] == [("POST", 0, 0)]


def test_a_reset_connection_is_econnreset(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("reset")
    with pytest.raises(httpx.ReadError, match="reset"):
        api.post("/Accounts", json=BODY)
    assert made(sandbox) == 0


def test_a_truncated_body_is_shorter_than_announced(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("truncate", size=20)
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 20 bytes, expected \d{3,}"):
        api.post("/Accounts", json=BODY)
    assert made(sandbox) == 1


def test_a_slow_drip_gets_there_in_the_end(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("drip", size=400, seconds=0.02, nth=1)
    started = time.perf_counter()
    answer = api.get("/Currencies")
    assert answer.json()["total"] == 3
    assert time.perf_counter() - started > 0.02 * (len(answer.content) // 400)


def test_latency_answers_late_but_commits_at_once(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("latency", seconds=0.3, nth=1)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/Accounts", json=BODY, timeout=0.1)
    assert made(sandbox) == 1


def test_a_stall_commits_late_though_the_client_has_gone(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("stall", seconds=0.3, nth=1)
    with pytest.raises(httpx.ReadTimeout):
        api.post("/Accounts", json=BODY, timeout=0.1)
    assert made(sandbox) == 0
    deadline = time.monotonic() + 5
    while not made(sandbox) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert made(sandbox) == 1


def test_a_late_commit_loses_its_answer_at_once(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("late", method="POST", seconds=0.2, nth=1)
    with pytest.raises(httpx.RemoteProtocolError):
        api.post("/Accounts", json=BODY)
    assert made(sandbox) == 0
    deadline = time.monotonic() + 5
    while not made(sandbox) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert made(sandbox) == 1


def test_a_lagging_list_lacks_what_was_just_made_in_rows_and_total(
    sandbox: Sandbox, api: httpx.Client
) -> None:
    before = api.get("/Accounts").json()["total"]
    sandbox.faults.add("lag", method="GET", seconds=60)
    made_id = api.post("/Accounts", json=BODY).json()["data"]["id"]
    found = api.get("/Accounts", params={"filter[name]": "Omega", "load-only": "id"}).json()
    assert (found["total"], found["data"]) == (0, [])
    assert api.get("/Accounts").json()["total"] == before
    assert api.get(f"/Accounts/{made_id}").json()["data"]["name"] == "Omega"
    sandbox.faults.clear()
    assert api.get("/Accounts").json()["total"] == before + 1


def raw(sandbox: Sandbox, path: str = "/Currencies") -> Generator[bytes]:
    """Send a request by hand, and give what arrives until the other side ends it."""
    host, port = sandbox.url.removeprefix("http://").split(":")
    token = base64.b64encode(f"{sandbox.username}:{sandbox.password}".encode()).decode()
    with socket.create_connection((host, int(port)), timeout=10) as sock:
        sock.sendall(
            f"GET {sandbox.api_url.removeprefix(sandbox.url)}{path} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Basic {token}\r\nConnection: close\r\n\r\n".encode()
        )
        while piece := sock.recv(65536):
            yield piece


def test_headers_drip_and_the_body_follows(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("drip-head", size=10, seconds=0.001, nth=1)
    assert api.get("/Currencies").json()["total"] == 3
    # The next letter comes so late that the first ones arrive alone, however busy the machine is.
    sandbox.faults.add("drip-head", size=1, seconds=0.5, nth=1)
    assert b"HTTP/1.1 200 OK".startswith(next(raw(sandbox)))
    assert api.get("/Currencies").json()["total"] == 3


def test_interim_answers_come_before_the_answer(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("interim", size=3, nth=1)
    whole = b"".join(raw(sandbox))
    assert whole.count(b"HTTP/1.1 103 Early Hints\r\n") == 3
    assert whole.count(b"HTTP/1.1 200 OK\r\n") == 1
    sandbox.faults.add("interim", size=3, nth=1)
    assert api.get("/Currencies").json()["total"] == 3


def test_interim_answers_without_end_end_with_the_client(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("interim", seconds=0.001, nth=1)
    pieces = raw(sandbox)
    assert [next(pieces)[:12] for _ in range(3)] == [b"HTTP/1.1 103"] * 3
    pieces.close()
    assert api.get("/Currencies").json()["total"] == 3


@pytest.mark.parametrize("url", ["http://[", "//", "http://\xff:99999/", "::::"])
def test_a_redirect_after_the_commit_may_point_nowhere(sandbox: Sandbox, api: httpx.Client, url: str) -> None:
    sandbox.faults.add("redirect", method="POST", when="after", url=url, nth=1)
    with contextlib.suppress(httpx.RemoteProtocolError):  # httpx parses the Location without being asked to
        api.post("/Accounts", json=BODY)
    assert made(sandbox) == 1
    assert [(r.method, r.status) for r in sandbox.requests] == [("POST", 307)]


PAGE: dict[str, str | int] = {"first": 2, "order-by": "name", "expand": "account_relations"}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ({"effect": "wrong-total", "size": 230}, lambda d: d.update(total=d["total"] + 230)),
        ({"effect": "false-end"}, lambda d: d["page_info"].update(has_next_page=False)),
        ({"effect": "no-info"}, lambda d: d.pop("page_info")),
        ({"effect": "missing-key", "key": "name"}, lambda d: [row.pop("name") for row in d["data"]]),
        ({"effect": "null-key", "key": "name"}, lambda d: [row.update(name=None) for row in d["data"]]),
        (
            {"effect": "empty-lists", "key": "account_relations"},
            lambda d: [row.update(account_relations=[]) for row in d["data"]],
        ),
        (
            {"effect": "empty-lists"},
            lambda d: [
                row.update({k: []}) for row in d["data"] for k, v in row.items() if isinstance(v, list)
            ],
        ),
        ({"effect": "missing-key", "key": "no_such"}, lambda _: None),
        ({"effect": "null-key", "key": "no_such"}, lambda _: None),
    ],
)
def test_a_list_contradicts_itself_in_one_point(
    sandbox: Sandbox, api: httpx.Client, rule: dict[str, Any], change: Callable[[Any], object]
) -> None:
    expected = api.get("/Opportunities", params=PAGE).json()
    assert expected["page_info"]["has_next_page"] is True
    change(expected)
    sandbox.faults.add(**rule)
    assert api.get("/Opportunities", params=PAGE).json() == expected


@pytest.mark.parametrize("effect", ["wrong-total", "false-end", "no-info", "missing-key"])
def test_what_is_no_list_has_nothing_of_a_list_to_contradict(
    sandbox: Sandbox, api: httpx.Client, effect: str
) -> None:
    account = sandbox.store.find("Account", name="Hooli")["id"]
    answers = [api.get(path).json() for path in (f"/Accounts/{account}", "/Accounts/none")]
    sandbox.faults.add(effect, size=1, key="no_such")
    assert [api.get(path).json() for path in (f"/Accounts/{account}", "/Accounts/none")] == answers


def test_a_refusing_server_listens_again_on_the_same_port(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("refuse", seconds=0.3, nth=1)
    with pytest.raises(httpx.TransportError):
        api.get("/Currencies")
    with pytest.raises(httpx.ConnectError):
        api.get("/Currencies")
    host, port = sandbox.url.removeprefix("http://").split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=1)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            assert api.get("/Currencies").json()["total"] == 3
            break
        except httpx.ConnectError:
            time.sleep(0.02)
    assert sandbox.requests[-1].status == 200


def test_refusing_while_refusing_changes_nothing(serve: Any) -> None:
    with serve() as (sandbox, client):
        sandbox.faults.add("stall", seconds=0.05)
        sandbox.faults.add("refuse", seconds=0.2, count=2)

        def ask() -> str:
            try:
                return str(client.get("/Currencies").status_code)
            except httpx.TransportError:
                return "gone"

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            assert {f.result() for f in [pool.submit(ask), pool.submit(ask)]} == {"gone"}
        time.sleep(0.4)
        assert ask() == "200"


def test_stopping_while_refusing_leaves_the_port_alone(serve: Any) -> None:
    with serve() as (sandbox, client):
        sandbox.faults.add("refuse", seconds=0.05)
        with pytest.raises(httpx.TransportError):
            client.get("/Currencies")
    time.sleep(0.1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(
            (sandbox.url.split("/")[2].split(":")[0], int(sandbox.url.rsplit(":", 1)[1])), 1
        )


def test_stopping_ends_requests_that_still_wait(serve: Any) -> None:
    """One that waited for its stall to pass would hang here for a day."""
    with serve() as (sandbox, client):
        sandbox.faults.add("stall", seconds=86_400)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/Currencies", timeout=0.05)


def test_an_html_page_instead_of_json(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("html", nth=1)
    sandbox.faults.add("html", nth=2, status=502)
    first, second = api.get("/Currencies"), api.get("/Currencies")
    assert [first.status_code, second.status_code] == [200, 502]
    assert first.headers["content-type"].startswith("text/html")
    assert first.text.startswith("<html>")


def test_a_redirect_points_elsewhere(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("redirect", url="http://elsewhere.example/x", nth=1)
    answer = api.get("/Currencies")
    assert (answer.status_code, answer.headers["location"]) == (307, "http://elsewhere.example/x")


def test_an_oversized_body_is_as_long_as_asked(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("oversize", size=300_000, nth=1)
    answer = api.get("/Currencies")
    assert (answer.status_code, len(answer.content)) == (200, 300_000)


def test_an_oversized_body_ends_when_the_client_leaves(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("oversize", size=10**9, nth=1)
    with api.stream("GET", "/Currencies") as answer:
        assert len(next(answer.iter_raw())) > 0
    assert api.get("/Currencies").json()["total"] == 3


def test_a_hook_runs_before_the_request_is_handled(sandbox: Sandbox, api: httpx.Client) -> None:
    """As when somebody edits a record between our plan and our write."""
    key = sandbox.store.find("Account", name="Hooli")["id"]
    sandbox.faults.add(
        "hook", method="GET", nth=1, hook=lambda: sandbox.edit("Account", key, city="Elsewhere")
    )
    assert api.get(f"/Accounts/{key}").json()["data"]["city"] == "Elsewhere"


def test_a_hook_may_run_after_the_commit(sandbox: Sandbox, api: httpx.Client) -> None:
    seen: list[int] = []
    sandbox.faults.add("hook", method="POST", when="after", hook=lambda: seen.append(made(sandbox)))
    assert api.post("/Accounts", json=BODY).status_code == 201
    assert seen == [1]


def test_a_hook_may_hold_one_request_while_others_go_on(sandbox: Sandbox, api: httpx.Client) -> None:
    gate = threading.Event()
    sandbox.faults.add("hook", method="POST", hook=lambda: gate.wait(5))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        held = pool.submit(api.post, "/Accounts", json=BODY)
        while not sandbox.faults.list()[0]["struck"]:
            time.sleep(0.001)
        assert (api.get("/Currencies").status_code, made(sandbox)) == (200, 0)
        gate.set()
        assert held.result().status_code == 201


def test_waiting_and_ending_combine(sandbox: Sandbox, api: httpx.Client) -> None:
    sandbox.faults.add("latency", seconds=0.05)
    sandbox.faults.add("status", status=504, when="after")
    started = time.perf_counter()
    assert api.post("/Accounts", json=BODY).status_code == 504
    assert time.perf_counter() - started > 0.05
    assert made(sandbox) == 1


def test_a_shared_process_cannot_be_killed(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="shares its process"):
        sandbox.faults.add("kill")
    with pytest.raises(ValueError, match="shares its process"):
        sandbox.faults.set([Fault("kill")])


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"effect": "explode"}, "'explode' is none of"),
        ({"effect": "drop", "when": "later"}, "neither before nor after"),
        ({"effect": "drop", "path": "("}, "path:"),
        ({"effect": "drop", "probability": 2}, "out of range"),
        ({"effect": "drop", "nth": 0}, "out of range"),
        ({"effect": "drop", "seconds": -1}, "out of range"),
        ({"effect": "drop", "size": -1}, "out of range"),
        ({"effect": "missing-key"}, "needs a key"),
        ({"effect": "null-key"}, "needs a key"),
        ({"effect": "drop", "colour": 1}, "a fault is an object"),
        ({"effect": "hook"}, "a hook is a function"),
        ({"effect": "drop", "seconds": "x"}, "not supported"),
        ({}, "a fault is an object"),
        ([], "a fault is an object"),
    ],
)
def test_a_rule_that_means_nothing_is_refused(rule: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        fault_from(rule)


def test_a_rule_survives_the_way_through_json() -> None:
    rule = Fault("status", "GET", "/Accounts", 2, 3, 0.5, 7, "after", 1.5, 503, "1", 10, "http://x", "name")
    assert fault_from(rule.as_dict()) == rule
    assert Fault("drop").as_dict() == {"effect": "drop"}
    assert set(EFFECTS) >= {"drop", "hook"}


def test_faults_count_requests_exactly_under_load() -> None:
    faults = Faults([Fault("drop", nth=500)])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        struck = list(pool.map(lambda _: len(faults.take("GET", "/")), range(1000)))
    assert sum(struck) == 1
    assert faults.list()[0]["seen"] == 1000


def test_control_routes_set_list_and_clear_faults(sandbox: Sandbox, api: httpx.Client) -> None:
    url = f"{sandbox.url}/_sandbox/faults"
    assert api.put(url, json=[{"effect": "status", "status": 500, "nth": 1}]).json() == [
        {"effect": "status", "status": 500, "nth": 1, "seen": 0, "struck": 0}
    ]
    assert api.get("/Currencies").status_code == 500
    assert api.get(url).json()[0]["struck"] == 1
    assert api.delete(url).json() == []
    assert api.get("/Currencies").status_code == 200


@pytest.mark.parametrize("body", ['{"effect": "drop"}', "[1]", "nonsense", '[{"effect": "kill"}]'])
def test_control_routes_refuse_nonsense(sandbox: Sandbox, api: httpx.Client, body: str) -> None:
    answer = api.put(f"{sandbox.url}/_sandbox/faults", content=body)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert sandbox.faults.list() == []


def test_the_log_tells_each_request(sandbox: Sandbox, api: httpx.Client) -> None:
    api.get("/Currencies", params={"first": 1})
    refused = api.post("/Accounts", json={})
    url = f"{sandbox.url}/_sandbox/requests"
    first, second = api.get(url).json()
    path = "/api/v100/rest/spaces/nv3_Sandbox/entities"
    assert (first["method"], first["path"], first["query"]) == ("GET", f"{path}/Currencies", "first=1")
    assert (second["status"], second["bytes_in"], second["bytes_out"]) == (422, 2, len(refused.content))
    assert second["seconds"] > 0
    assert sandbox.requests.count("POST") == sandbox.requests.count(path="/Currencies") == 1
    assert sandbox.requests.count() == 2
    assert api.delete(url).json() == []


def test_health_names_the_space(sandbox: Sandbox, api: httpx.Client) -> None:
    assert api.get(f"{sandbox.url}/_sandbox/health").json() == {"status": "ok", "space_id": "nv3_Sandbox"}


def test_control_routes_are_closed_unless_asked_for(serve: Any) -> None:
    with serve() as (sandbox, client):
        assert client.get(f"{sandbox.url}/_sandbox/health").status_code == 404
