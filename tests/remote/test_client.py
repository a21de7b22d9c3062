"""The API of one space over real sockets."""

import base64
import gzip
import json
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import trustme

from syncer.model.problem import ProjectError, RemoteError
from syncer.remote.client import Api, BatchAnswer, Count, Page, Refused
from syncer.remote.server_error import FieldError, ServerError, parse_error
from syncer.remote.transport import Timeouts
from tests.remote.single import delete, patch, post

BASE = "/api/v100/rest/spaces/us_Acme/entities"
ROW = {"id": "0bc376a4-c579-413a-9221-e86e4a134766", "name": "Acme ☃"}
NO_ROUTE = {
    "status": 404,
    "message": "The requested URL was not found.",
    "errorcode": None,
    "traceback": None,
}
UNKNOWN_TYPE = {
    "code": 2006,
    "name": "ERROR_UNKNOWN_TYPE",
    "message": "cannot determine entity type from Contact",
    "http_status": 404,
    "success": False,
}
REFUSAL = {
    "code": 40000,
    "name": "ERROR_ENTITY_VALIDATION",
    "message": "\nNon-null field 'note' is null or empty.\n[owner_id] Relation doesn't exist!",
    "entity_id": "0bc376a4-c579-413a-9221-e86e4a134766",
    "entity_errors": [{"code": 119, "message": "Non-null field 'note' is null or empty."}],
    "field_errors": [
        {
            "field_name": "owner_id",
            "name": "ERROR_FIELD_VALIDATION",
            "code": 40002,
            "errors": [{"code": 120, "message": "[owner_id] Relation doesn't exist!"}],
        }
    ],
    "entity_index": None,
    "http_status": 422,
    "success": False,
}
REFUSED = ServerError(
    code=40000,
    name="ERROR_ENTITY_VALIDATION",
    message=str(REFUSAL["message"]).strip(),
    entity_errors=("Non-null field 'note' is null or empty.",),
    field_errors=(FieldError("owner_id", ("[owner_id] Relation doesn't exist!",), (120,)),),
    http_status=422,
)


def answering(space: Any, status: Any = 200, body: Any = None, headers: Any = None, **options: Any) -> Any:
    service = space.replies(space.Reply(status, body, headers or {}))
    return service, space.api(service.url, **options)


def failure(call: Any) -> tuple[str, bool]:
    with pytest.raises(RemoteError) as caught:
        call()
    assert "s3cret" not in str(caught.value)
    return caught.value.problems[0].code, caught.value.sent


# What is sent


def test_a_request_names_space_and_entity_and_carries_the_credentials(space: Any) -> None:
    service, api = answering(space, body={"success": True, "data": []})
    api.list_page("Accounts", {"first": "100", "filter[name]": "A & B/ü", "load-only": "id,name"})
    (call,) = service.calls
    token = base64.b64encode(f"{space.username}:{space.password}".encode()).decode()
    assert (call.method, call.path) == ("GET", f"{BASE}/Accounts")
    assert call.query == {"first": "100", "filter[name]": "A & B/ü", "load-only": "id,name"}
    assert call.headers["authorization"] == f"Basic {token}"
    assert call.headers["accept-encoding"] == "gzip"


def test_names_in_the_path_cannot_lead_elsewhere(space: Any) -> None:
    service = space.replies(space.Reply(404, {"success": False, "http_status": 404}))
    with Api(service.url + "/", "../x", "u", "p") as api, pytest.raises(RemoteError):
        api.get_one("Accounts", "../../?a=b#c")
    assert service.calls[0].path == "/api/v100/rest/spaces/../x/entities/Accounts/../../?a=b#c"
    assert service.calls[0].query == {}


def test_writes_send_json_and_return_what_became_of_it(space: Any) -> None:
    service, api = answering(space, 201, {"success": True, "data": ROW})
    assert post(api, "Accounts", {"name": "Acme ☃"}) == ROW
    assert patch(api, "Accounts", "7", {"name": "B"}) == ROW
    delete(api, "Accounts", "7")
    kind = "application/json"
    assert [(c.method, c.path, c.body, c.headers.get("content-type")) for c in service.calls] == [
        ("POST", f"{BASE}/Accounts", {"name": "Acme ☃"}, kind),
        ("PATCH", f"{BASE}/Accounts/7", {"name": "B"}, kind),
        ("DELETE", f"{BASE}/Accounts/7", None, None),
    ]


@pytest.mark.parametrize("operation", ["batch-modify", "batch-delete", "batch-restore"])
def test_a_batch_says_that_it_is_json(space: Any, operation: str) -> None:
    service, api = answering(space, body={"success": True, "data": ["7"]})
    api.batch("Accounts", operation, ["7"])
    assert [call.headers.get("content-type") for call in service.calls] == ["application/json"]


def test_an_empty_answer_to_a_delete_is_enough(space: Any) -> None:
    _, api = answering(space, 204, b"", {"content-type": ""})
    delete(api, "Accounts", "7")


# Lists and records


def test_a_page_is_what_the_service_said(space: Any) -> None:
    info = {"end_cursor": "WyJ4Il0=", "has_next_page": True}
    service, api = answering(space, body={"success": True, "total": 42, "data": [ROW], "page_info": info})
    page = api.list_page("Accounts", {})
    size = len(service.behaviour(None).content)
    assert page == Page([ROW], 42, "WyJ4Il0=", has_next=True, received=size)


@pytest.mark.parametrize("total", [None, "42", True, -1, 4.5])
def test_a_page_may_lack_total_and_page_info(space: Any, total: Any) -> None:
    _, api = answering(space, body={"data": [], "total": total, "page_info": None, "end_cursor": "x"})
    page = api.list_page("Accounts", {})
    assert (page.total, page.end_cursor, page.has_next) == (None, "x", None)


@pytest.mark.parametrize("data", [None, {}, "x", [1], ["id"]])
def test_a_list_without_records_is_not_the_api(space: Any, data: Any) -> None:
    _, api = answering(space, body={"success": True, "data": data})
    assert failure(lambda: api.list_page("Accounts", {})) == ("not-the-api", False)


def test_a_page_that_was_sent_for_ahead_is_given_once(space: Any) -> None:
    rows = [{"success": True, "data": [{"id": f"{n}"}]} for n in range(2)]
    service = space.replies(*(space.Reply(body=body) for body in rows))
    with space.api(service.url) as api:
        api.ask_ahead("Accounts", {"first": "100", "order-by": "id"})
        assert api.is_ahead("Accounts", {"order-by": "id", "first": "100"})
        assert not api.is_ahead("Accounts", {"first": "100"})

        pages = [api.list_page("Accounts", {"first": "100", "order-by": "id"}).rows for _ in range(2)]

    assert pages == [[{"id": "0"}], [{"id": "1"}]]
    assert len(service.calls) == 2


def test_what_was_sent_for_in_vain_is_forgotten(space: Any) -> None:
    rows = [{"success": True, "data": [{"id": f"{n}"}]} for n in range(2)]
    service = space.replies(*(space.Reply(body=body) for body in rows))
    with space.api(service.url) as api:
        api.ask_ahead("Accounts", {})
        while not service.calls:
            time.sleep(0.01)
        api.forget_ahead()
        assert not api.is_ahead("Accounts", {})
        assert api.list_page("Accounts", {}).rows in ([{"id": "0"}], [{"id": "1"}])

    assert len(service.calls) == 2


def test_a_page_that_was_refused_ahead_is_refused_where_it_is_asked_for(space: Any) -> None:
    _, api = answering(space, 403, {"success": False, "http_status": 403})
    api.ask_ahead("Accounts", {})
    assert failure(lambda: api.list_page("Accounts", {})) == ("forbidden", False)
    assert failure(lambda: api.list_page("Accounts", {})) == ("forbidden", False)


def test_one_record_by_id(space: Any) -> None:
    _, api = answering(space, body={"success": True, "data": ROW})
    assert api.get_one("Accounts", ROW["id"], {"load-only": "id"}) == ROW


def test_an_unknown_id_is_none_in_a_space_that_exists(space: Any) -> None:
    unknown = space.Reply(404, {"success": False, "http_status": 404})
    listed = space.Reply(body={"success": True, "data": []})
    service = space.replies(unknown, listed, unknown)
    api = space.api(service.url)
    assert api.get_one("Accounts", "x") is None
    assert api.get_one("Accounts", "x") is None
    assert len(service.calls) == 3  # the space is proved once


def test_an_unknown_id_in_an_unknown_space_is_about_the_space(space: Any) -> None:
    _, api = answering(space, 404, {"success": False, "http_status": 404})
    assert failure(lambda: api.get_one("Accounts", "x")) == ("space-not-found", False)


def test_a_refusal_of_a_record_is_not_an_unknown_id(space: Any) -> None:
    _, api = answering(space, 422, REFUSAL)
    api.start_clock()
    with pytest.raises(Refused):
        api.get_one("Accounts", "x")


def test_a_record_that_is_none_is_not_the_api(space: Any) -> None:
    _, api = answering(space, body={"success": True, "data": []})
    assert failure(lambda: api.get_one("Accounts", "x")) == ("not-the-api", False)
    assert failure(lambda: post(api, "Accounts", {})) == ("not-the-api", True)


# Refusals


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, {"success": False, "http_status": 401}, "unauthorized"),
        (401, b"<html>no</html>", "unauthorized"),
        (403, {"success": False, "http_status": 403, "message": "no rights"}, "forbidden"),
        (404, NO_ROUTE, "space-not-found"),
        (404, UNKNOWN_TYPE, "refused"),
        (404, b"<html>nginx</html>", "not-the-api"),
        (400, b"", "not-the-api"),
    ],
)
def test_a_refusal_says_what_is_to_be_mended(space: Any, status: Any, body: Any, code: Any) -> None:
    _, api = answering(space, status, body)
    assert failure(lambda: api.list_page("Contact", {})) == (code, False)
    assert failure(lambda: api.batch("Contact", "batch-modify", [{}])) == (code, False)


def test_what_is_forbidden_is_named(space: Any) -> None:
    _, api = answering(space, 403, {"success": False, "message": "no rights"})
    with pytest.raises(RemoteError, match=r"write Steps.*no rights"):
        post(api, "Steps", {})


def test_a_validation_error_is_parsed(space: Any) -> None:
    _, api = answering(space, 422, REFUSAL)
    with pytest.raises(Refused) as caught:
        post(api, "Notes", {})
    assert (caught.value.errors, caught.value.status, caught.value.sent) == ((REFUSED,), 422, False)
    assert REFUSED.messages == (
        "[owner_id] Relation doesn't exist!",
        "Non-null field 'note' is null or empty.",
    )


@pytest.mark.parametrize(
    "body", [None, [], "x", {}, {"field_errors": 7, "entity_errors": [1, {}], "code": True}]
)
def test_any_key_of_an_error_may_lack(body: Any) -> None:
    assert parse_error(body, 500) == ServerError(http_status=500)


def test_a_field_error_without_inner_errors_keeps_its_own_words() -> None:
    body = {
        "field_errors": [{"field_name": "value", "message": "x" * 5000}, {"name": "BAD"}, {}],
        "message": "m",
    }
    error = parse_error(body)
    assert [field.field_name for field in error.field_errors] == ["value", "", ""]
    assert [[len(text) for text in field.messages] for field in error.field_errors] == [[1001], [3], []]
    assert parse_error({"message": "m"}).messages == ("m",)


def test_an_error_in_an_envelope_that_says_200_is_an_error(space: Any) -> None:
    _, api = answering(space, 200, REFUSAL)
    with pytest.raises(Refused):
        post(api, "Notes", {})
    _, api = answering(space, 200, {"success": False, "message": "oops"})
    assert failure(lambda: post(api, "Notes", {})) == ("server-error", True)


# Batches


def test_a_batch_tells_of_each_item(space: Any) -> None:
    answers = ["id-1", REFUSAL, {"id": "id-3", "name": "a record"}, {"success": False, "id": "x"}]
    service, api = answering(space, body={"success": True, "data": answers})
    answer = api.batch("Opportunities", "batch-modify", [1, 2, 3, 4], params={"validation-level": "0"})
    assert answer == BatchAnswer(("id-1", REFUSED, "id-3", ServerError()))
    assert service.calls[0].query == {"validation-level": "0", "rollback-method": "1"}
    assert service.calls[0].path == f"{BASE}/Opportunities/batch-modify"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_batch_may_be_refused_whole(space: Any, status: Any) -> None:
    _, api = answering(space, status, {**REFUSAL, "http_status": status})
    answer = api.batch("Opportunities", "batch-modify", [{}], rollback_method=0)
    assert (answer.items, answer.refusal.code, answer.refusal.http_status) == ((), 40000, status)


def test_another_refusal_of_a_batch_is_an_error(space: Any) -> None:
    _, api = answering(space, 402, {"success": False})
    assert failure(lambda: api.batch("Opportunities", "batch-modify", [{}])) == ("refused", False)


@pytest.mark.parametrize("data", [None, "id", [], ["a"], ["a", "b", "c"], ["a", None], ["a", {}], ["a", 7]])
def test_a_batch_answer_that_fits_no_items_leaves_their_outcome_unknown(space: Any, data: Any) -> None:
    _, api = answering(space, body={"success": True, "data": data})
    assert failure(lambda: api.batch("Opportunities", "batch-modify", [1, 2])) == ("not-the-api", True)


# Answers that are none


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>login</html>", "text/html"),
        (b'{"data": []}', "text/html"),
        (b"hello", "text/plain"),
        (b"[]", "application/json"),
        (b"{}", "application/json"),
        (b"[" * 100_000, "text/plain"),
    ],
)
def test_what_is_not_the_api_is_said_to_be_so(space: Any, body: Any, kind: Any) -> None:
    service, api = answering(space, body=body, headers={"content-type": kind})
    assert failure(lambda: api.list_page("Accounts", {})) == ("not-the-api", False)
    assert len(service.calls) == 1


def test_json_without_a_content_type_is_believed(space: Any) -> None:
    _, api = answering(space, body={"data": []}, headers={"content-type": ""})
    assert api.list_page("Accounts", {}).rows == []


def test_gzip_is_understood_and_counted_as_it_came(space: Any) -> None:
    packed = gzip.compress(json.dumps({"success": True, "data": [ROW] * 100}).encode())
    _, api = answering(space, body=packed, headers={"content-encoding": "gzip"})
    page = api.list_page("Accounts", {})
    assert (page.rows, page.received) == ([ROW] * 100, len(packed))


def test_a_small_gzip_that_holds_too_much_is_not_unpacked(space: Any) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    _, api = answering(space, body=bomb, headers={"content-encoding": "gzip"}, max_bytes=2**20)
    with pytest.raises(RemoteError, match="larger than 1 MiB"):
        api.list_page("Accounts", {})


@pytest.mark.parametrize(
    "packed", [gzip.compress(b'{"data": []}', mtime=0)[:-9], b"not gzip", zlib.compress(b"x")[:3]]
)
def test_a_gzip_that_breaks_off_is_read_again(space: Any, packed: Any) -> None:
    broken = space.Reply(body=packed, headers={"content-encoding": "gzip"})
    service = space.replies(broken, space.Reply(body={"data": [ROW]}))
    assert space.api(service.url).list_page("Accounts", {}).rows == [ROW]
    assert len(service.calls) == 2


def test_a_truncated_answer_is_read_again_and_a_truncated_write_is_uncertain(space: Any) -> None:
    cut = space.Reply(body={"success": True, "data": [ROW]}, cut=20)
    service = space.replies(cut, space.Reply(body={"data": [ROW]}), cut)
    api = space.api(service.url)
    assert api.list_page("Accounts", {}).rows == [ROW]
    assert failure(lambda: post(api, "Accounts", {})) == ("unreachable", True)


def test_an_answer_that_drips_is_given_up(space: Any) -> None:
    drip = space.Reply(body={"success": True, "data": ROW}, drip=0.02)
    service = space.replies(drip)
    api = space.api(service.url, timeouts=Timeouts(connect=1, read=1, write=1, whole=0.2))
    assert failure(lambda: post(api, "Accounts", {})) == ("timeout", True)


def test_a_redirect_is_not_followed_and_carries_nothing_to_the_other_host(space: Any) -> None:
    other = space.replies(space.Reply(body={"data": []}))
    for where in (
        f"{other.url}/x",
        "http://user:pw@evil.example/\x1b[31m",
        "/relative",
        "http://[broken",
        "",
    ):
        location = {"location": where.replace("\x1b", "%1b")}
        _, api = answering(space, 307, b"", location)
        assert failure(lambda api=api: api.list_page("Accounts", {})) == ("redirected", False)
        assert failure(lambda api=api: post(api, "Accounts", {})) == ("redirected", True)
    assert other.calls == []


def test_the_other_host_of_a_redirect_is_named(space: Any) -> None:
    _, api = answering(space, 302, b"", {"location": "https://u:p@evil.example/x"})
    with pytest.raises(RemoteError, match=r"points to evil\.example;"):
        api.list_page("Accounts", {})


def test_the_words_of_the_service_are_bounded_and_never_hold_our_credentials(space: Any) -> None:
    token = base64.b64encode(f"{space.username}:{space.password}".encode()).decode()
    words = f"\x1b[2J{token} {space.password}\nx" + "y" * 5000
    for status in (403, 422, 429, 500, 503):
        _, api = answering(space, status, {"success": False, "message": words}, {"retry-after": "0"})
        with pytest.raises(RemoteError) as caught:
            post(api, "Accounts", {})
        text = str(caught.value)
        assert token not in text
        assert space.password not in text
        assert "\x1b" not in text
        assert "\\x1b[2J*** *** x" in text
        assert len(text) < 700


@pytest.mark.parametrize(
    ("username", "password", "hint"),
    [
        ("user", "s3cret", ""),
        ("user", "'", ""),
        ("user", " s3cret", " The password begins or ends with a blank, which is sent along."),
        ("user", '"s3cret"', " The password stands in quotes, which are sent along."),
        (
            "'user'",
            "s3cret ",
            (
                " The user name stands in quotes, which are sent along."
                " The password begins or ends with a blank, which is sent along."
            ),
        ),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_credentials_that_are_refused_and_look_odd_are_said_to(
    space: Any, status: int, username: str, password: str, hint: str
) -> None:
    service = space.replies(space.Reply(status, {"success": False}))
    with Api(service.url, "x", username, password) as api, pytest.raises(RemoteError) as caught:
        api.list_page("Accounts", {})
    problem = caught.value.problems[0]
    assert problem.hint.partition(".")[2].removeprefix(" and see that it is active.") == hint
    assert "s3cret" not in str(problem)


def test_a_connection_does_not_show_its_credentials(space: Any) -> None:
    _, api = answering(space)
    assert repr(api) == "Api('127.0.0.1', 'us_Acme')"


# TLS, addresses, proxies


@pytest.fixture
def authority(tmp_path: Any, monkeypatch: Any) -> trustme.CA:
    """A certificate authority that SSL_CERT_FILE trusts."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def test_tls_is_verified_against_the_roots_of_the_environment(space: Any, authority: Any) -> None:
    service = space.service(
        lambda _: space.Reply(body={"data": [ROW]}), tls(authority.issue_cert("localhost"))
    )
    assert space.api(service.url).list_page("Accounts", {}).rows == [ROW]


@pytest.mark.parametrize(
    ("names", "reason"), [(["other.example"], "mismatch"), (None, "local issuer|self-signed")]
)
def test_a_certificate_that_does_not_fit_stops_before_anything_is_sent(
    space: Any, authority: Any, names: Any, reason: Any
) -> None:
    issued = authority.issue_cert(*names) if names else trustme.CA().issue_cert("localhost")
    service = space.service(lambda _: space.Reply(body={"data": []}), tls(issued))
    calls: tuple[Callable[[Api], object], ...] = (
        lambda api: api.list_page("Accounts", {}),
        lambda api: post(api, "Accounts", {}),
    )
    for call in calls:
        with pytest.raises(RemoteError, match=reason) as caught:
            call(space.api(service.url))
        assert (caught.value.problems[0].code, caught.value.sent) == ("tls", False)
    assert service.calls == []


@pytest.mark.usefixtures("authority")
def test_a_port_that_speaks_no_tls_is_a_tls_error(space: Any) -> None:
    service = space.replies(space.Reply(body={"data": []}))
    api = space.api(service.url.replace("http://127.0.0.1", "https://localhost"))
    assert failure(lambda: api.list_page("Accounts", {})) == ("tls", False)


@pytest.mark.usefixtures("authority")
def test_a_handshake_that_is_cut_off_is_tried_again(space: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = []

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                taken.append(connection.recv(1))
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        api = space.api(f"https://127.0.0.1:{listener.getsockname()[1]}")
        assert failure(lambda: post(api, "Accounts", {})) == ("unreachable", False)
        listener.shutdown(socket.SHUT_RDWR)
    assert len(taken) == 3


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host",
        "https://",
        "host.example",
        "https://u:p@host",
        "https://h?x=1",
        "http://[x",
        "http://h:x",
        "https://a..example",
        f"https://{'x' * 70}.example",
        "https://127.1",
        "https://h%2eexample",
    ],
)
def test_a_url_that_is_no_service_url_is_refused(url: Any) -> None:
    with pytest.raises(ProjectError) as caught:
        Api(url, "x", "u", "p")
    assert caught.value.problems[0].code == "url-invalid"


def test_credentials_do_not_travel_in_the_clear() -> None:
    for url in (
        "http://pipeliner.example",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://a.localhost",  # a resolver may ask the network for it
        "http://0.0.0.0",
    ):
        with pytest.raises(ProjectError, match="without TLS"):
            Api(url, "x", "u", "p")
    for url in ("http://localhost:1", "http://127.0.0.9", "http://[::1]:80", "http://localhost.:1"):
        Api(url, "x", "u", "p").close()


def test_a_proxy_serves_remote_hosts_and_never_this_machine(space: Any, monkeypatch: Any) -> None:
    proxy = space.replies(space.Reply(body={}))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("https_proxy", proxy.url)
    service, api = answering(space, body={"data": []})
    api.list_page("Accounts", {})
    assert (len(service.calls), len(proxy.calls)) == (1, 0)
    # http.server answers CONNECT with 501: the tunnel is refused, so nothing was sent.
    api = space.api("https://pipeliner.example")
    assert failure(lambda: post(api, "Accounts", {})) == ("unreachable", False)
    assert proxy.connections == 3


@pytest.mark.parametrize("host", ["xn--zzzz.invalid", "no-such-host.invalid"])
def test_a_host_that_cannot_exist_is_not_reached(space: Any, host: Any) -> None:
    assert failure(lambda: space.api(f"https://{host}").list_page("Accounts", {}))[1] is False


# Many threads, counters, imports


def test_requests_are_counted_by_entity_and_method(space: Any) -> None:
    service, api = answering(space, body={"data": []})
    size = len(service.behaviour(None).content)
    seen: list[Any] = []
    api.on_request = seen.append
    api.list_page("Steps", {})
    api.list_page("Steps", {})
    api.batch("Accounts", "batch-modify", [])
    assert api.stats == {("Accounts", "POST"): Count(1, 2, size), ("Steps", "GET"): Count(2, 0, 2 * size)}
    assert [(request.method, request.entity, request.status, request.attempt) for request in seen] == [
        ("GET", "Steps", 200, 1),
        ("GET", "Steps", 200, 1),
        ("POST", "Accounts", 200, 1),
    ]


def test_threads_share_no_more_connections_than_allowed(space: Any) -> None:
    service = space.service(lambda _: space.Reply(body={"data": []}, delay=0.01))
    api = space.api(service.url, parallelism=3)
    threads = [threading.Thread(target=lambda: api.list_page("Steps", {})) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(service.calls) == 20
    assert service.connections <= 3


def test_a_closed_connection_opens_again(space: Any) -> None:
    service, api = answering(space, body={"data": []})
    api.close()
    api.list_page("Steps", {})
    api.close()
    api.close()
    api.list_page("Steps", {})
    assert service.connections == 2


def test_commands_that_stay_offline_do_not_load_the_http_library() -> None:
    code = (
        "import sys, syncer.remote.client, syncer.remote.query; "
        "print(sorted({'httpcore', 'ssl'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


# Questions


def test_a_question_is_sent_once_and_as_it_is(space: Any) -> None:
    """Any header may be left out or be another, a parameter may come twice, and no answer is an error."""
    service, api = answering(space, 500, {"success": False})
    exchange, document = api.ask(
        "POST",
        "Accounts/batch-modify",
        params=[("filter[name]", "a b"), ("filter[name]", "c")],
        content=b"{}",
        headers={"Authorization": None, "Content-Type": None, "X-Asked": "yes"},
    )
    (call,) = service.calls
    sent = {name.lower(): value for name, value in call.headers.items()}

    assert (exchange.status, document) == (500, {"success": False})
    assert call.path.partition("?")[0] == f"{BASE}/Accounts/batch-modify"
    assert sent["x-asked"] == "yes"
    assert sent.keys().isdisjoint({"authorization", "content-type"})


def test_a_question_with_a_body_says_that_it_is_json(space: Any) -> None:
    service, api = answering(space, body={"data": {}})
    api.ask("PATCH", "Accounts/1", content=b"{}")

    assert {name.lower(): value for name, value in service.calls[0].headers.items()}["content-type"] == (
        "application/json"
    )
