"""One exchange with servers that do their worst: when it ends, and whether anything may have been done."""

import base64
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Any

import httpcore
import pytest
import trustme

from syncer import installation
from syncer.model.problem import ProjectError, RemoteError
from syncer.remote.client import Api
from syncer.remote.deadline import Deadline
from syncer.remote.proxy import Proxy, proxy_for
from syncer.remote.retry import Ending, ending_of_status
from syncer.remote.transport import Timeouts
from tests.remote import raw
from tests.remote.single import post

GARBLED_ANSWERS = {
    "nothing": b"",
    "not HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP 0.9": b'{"success": true, "data": {"id": "1"}}',
    "half a status line": b"HTTP/1.1 2",
    "half the headers": b"HTTP/1.1 200 OK\r\nContent-Type: appli",
    "an illegal header": b"HTTP/1.1 200 OK\r\n\xff\x00: 1\r\n\r\n",
    "a header without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "a body that breaks off": b"HTTP/1.1 201 Created\r\nContent-Length: 50\r\n\r\n{}",
    "a chunk that is none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "status 099": b"HTTP/1.1 099 ?\r\nContent-Length: 2\r\n\r\n{}",
    "status 999": b"HTTP/1.1 999 ?\r\nContent-Length: 2\r\n\r\n{}",
    "no content": b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "interim answers only": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 3,
} | {
    f"a redirect to {where.decode('latin-1')!r}": b"HTTP/1.1 307 Away\r\nContent-Length: 0\r\nLocation: "
    + where
    + b"\r\n\r\n"
    for where in (
        b"http://[",
        b"http://\xff\xfe:99999999/",
        b"::",
        b"//",
        b"https://[::1",
        b"http://a b/",
        b"",
    )
}


def api_on(port: int, *, scheme: str = "http", host: str = "127.0.0.1", **limits: float) -> Api:
    timeouts = Timeouts(**{"connect": 5.0, "read": 5.0, "write": 5.0, "whole": 5.0, **limits})
    return Api(f"{scheme}://{host}:{port}", "us_Acme", "user", "s3cret", timeouts=timeouts)


def rows(api: Api) -> Any:
    """Read a list once."""
    with api:
        return api.list_page("Accounts", {}).rows


def written(api: Api, payload: Any = None) -> tuple[str, bool]:
    """Write once; return code, and whether it may have been done."""
    with api, pytest.raises(RemoteError) as caught:
        post(api, "Accounts", payload or {"name": "Acme"})
    return caught.value.problems[0].code, caught.value.sent


@pytest.mark.parametrize("answer", GARBLED_ANSWERS.values(), ids=GARBLED_ANSWERS)
def test_after_the_connection_stood_a_write_is_uncertain_whatever_the_answer_looks_like(
    answer: bytes,
) -> None:
    requests = []

    def talk(conn: socket.socket) -> None:
        requests.append(raw.head_of(conn))
        conn.sendall(answer)

    with raw.listening(talk) as port:
        code, sent = written(api_on(port))
    assert (sent, len(requests)) == (True, 1)
    assert code in {"unreachable", "not-the-api", "redirected", "server-error"}


def test_a_connection_that_ends_as_soon_as_it_stands_may_have_taken_the_write() -> None:
    with raw.listening(lambda conn: conn.close()) as port:
        assert written(api_on(port)) == ("unreachable", True)


def test_only_a_refusal_says_that_a_write_was_not_done() -> None:
    refusals = {s for s in range(1000) if ending_of_status(s) in {Ending.REFUSED, Ending.LIMITED}}
    by_somebody_on_the_way = {408, 460, 499}
    assert refusals == set(range(400, 500)) - by_somebody_on_the_way


# Nothing goes on after the deadline. Each of these servers goes on for as long as it is listened to.

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ENDLESS = {
    "no answer": raw.silent,
    "headers that drip": raw.endless(HEAD + b"X: ", b"x"),
    "headers one by one": raw.endless(HEAD, b"A: b\r\n"),
    "interim answers": raw.endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "interim answers as fast as they go": raw.endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.0),
    "a body that drips": raw.endless(HEAD + b"Content-Length: 1000000\r\n\r\n", b" "),
    "chunks that drip": raw.endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers that drip": raw.endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "gzip of nothing": raw.endless(
        HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n\0\0\0\xff\xff\r\n"
    ),
}


@pytest.mark.parametrize("talk", ENDLESS.values(), ids=ENDLESS)
def test_an_exchange_that_does_not_end_by_itself_is_ended(talk: raw.Talk) -> None:
    with raw.listening(talk) as port:
        code, sent = written(api_on(port, whole=0.3))
    assert (code, sent) == ("timeout", True)


def test_a_body_that_nobody_reads_is_given_up() -> None:
    with raw.listening(raw.silent) as port:
        assert written(api_on(port, whole=0.3, send=60.0), {"name": "x" * 30_000_000}) == ("timeout", True)


@pytest.mark.parametrize(
    "talk",
    [raw.silent, raw.endless(b"\x16\x03\x03\x40\x00", b"\0", wait=False)],
    ids=["silence", "a record that drips"],
)
def test_a_handshake_that_does_not_end_is_ended_and_nothing_was_sent(talk: raw.Talk) -> None:
    with raw.listening(talk) as port:
        assert written(api_on(port, scheme="https", whole=0.3, connect=60.0)) == ("timeout", False)


def test_a_handshake_that_breaks_off_is_tried_again_and_nothing_was_sent() -> None:
    connections = []

    def talk(conn: socket.socket) -> None:
        connections.append(conn.recv(100))

    with raw.listening(talk) as port:
        assert written(api_on(port, scheme="https")) == ("unreachable", False)
    assert len(connections) == 3


def test_the_next_exchange_on_a_kept_connection_has_a_deadline_of_its_own() -> None:
    answer = HEAD + b'Content-Length: 20\r\n\r\n{"data": {"id":"1"}}'

    def talk(conn: socket.socket) -> None:
        while raw.head_of(conn):
            conn.sendall(answer)

    with raw.listening(talk) as port, api_on(port, whole=2.0) as api:
        assert [post(api, "Accounts", {}) for _ in range(3)] == [{"id": "1"}] * 3


def test_without_a_deadline_each_operation_has_its_own_limit() -> None:
    assert Deadline().bound(3.0, httpcore.ReadTimeout) == 3.0
    assert Deadline().bound(None, httpcore.ReadTimeout) is None


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    found = socket.getaddrinfo

    def two(host: str, *options: Any, **named: Any) -> Any:
        hosts = ["127.0.0.9", "127.0.0.1"] if host == "localhost" else [host]
        return [address for host in hosts for address in found(host, *options, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with raw.listening(raw.answering(HEAD + b'Content-Length: 12\r\n\r\n{"data": []}')) as port:
        assert rows(api_on(port, host="localhost")) == []


# What reaches whom


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return authority


@pytest.fixture
def remote(space: Any, authority: trustme.CA) -> Any:
    """A service that calls itself pipeliner.example."""
    return space.service(
        lambda _: space.Reply(body={"data": []}),
        raw.server_context(authority.issue_cert("pipeliner.example")),
    )


TOKEN = base64.b64encode(b"user:s3cret")


def test_a_proxy_gets_its_own_credentials_and_none_of_ours(
    remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = raw.Tunneller(remote.port)
    with raw.listening(proxy) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{port}")
        assert rows(api_on(443, scheme="https", host="pipeliner.example")) == []
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT pipeliner.example:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:p@ss") in head
    assert TOKEN not in head
    assert [call.headers["authorization"].encode() for call in remote.calls] == [b"Basic " + TOKEN]
    assert "proxy-authorization" not in remote.calls[0].headers


def test_a_socks_proxy_leads_to_the_service(remote: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("socksio")
    proxy = raw.Socks(remote.port)
    with raw.listening(proxy) as port:
        monkeypatch.setenv("ALL_PROXY", f"socks5h://me:pass@127.0.0.1:{port}")
        assert rows(api_on(443, scheme="https", host="pipeliner.example")) == []
    assert proxy.told[1:] == [
        b"\x01\x02me\x04pass",
        b"\x05\x01\x00\x03\x11pipeliner.example\x01\xbb",
    ]
    assert len(remote.calls) == 1


def test_without_its_library_a_socks_proxy_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:hidden@proxy.example:1080")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(ProjectError) as caught:
        proxy_for("pipeliner.example")
    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == ("extra-missing", installation.hint("socks"))
    assert "hidden" not in str(problem)


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 No\r\n\r\n", b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n", b""]
)
def test_what_a_proxy_turns_away_was_not_sent(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    with raw.listening(raw.answering(answer)) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        assert written(api_on(443, scheme="https", host="pipeliner.example")) == ("unreachable", False)


@pytest.mark.usefixtures("authority")
def test_a_proxy_that_does_not_end_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw.listening(raw.endless(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n")) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        api = api_on(443, scheme="https", host="pipeliner.example", whole=0.3)
        assert written(api) == ("timeout", False)


def test_a_netrc_is_not_read(space: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login other password words\nmachine 127.0.0.1 login other password words\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    service = space.replies(space.Reply(body={"data": []}))
    assert rows(api_on(service.port)) == []
    assert service.calls[0].headers["authorization"].encode() == b"Basic " + TOKEN


# The settings of the environment


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example:3128"}, Proxy("http://proxy.example:3128")),
        ({"https_proxy": "proxy.example:3128"}, Proxy("http://proxy.example:3128")),
        ({"ALL_PROXY": "https://proxy.example/"}, Proxy("https://proxy.example")),
        ({"HTTPS_PROXY": "http://u:p%2F%20w@[fd00::1]:80"}, Proxy("http://[fd00::1]:80", (b"u", b"p/ w"))),
        ({"HTTPS_PROXY": "http://u@proxy.example"}, Proxy("http://proxy.example", (b"u", b""))),
        (
            {"HTTPS_PROXY": "http://u\udcff:%ff@proxy.example"},
            Proxy("http://proxy.example", (b"u\xff", b"\xff")),
        ),
        ({"HTTP_PROXY": "http://proxy.example"}, None),
        ({"HTTPS_PROXY": "http://a.example", "https_proxy": ""}, None),
        ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": "service.example"}, None),
        ({"HTTPS_PROXY": "http://a.example", "NO_PROXY": " .example "}, None),
        ({"HTTPS_PROXY": "nonsense://", "NO_PROXY": "*"}, None),
        (
            {"HTTPS_PROXY": "http://a.example", "NO_PROXY": "fd00::/8,10.0.0.0/8,[::1]"},
            Proxy("http://a.example"),
        ),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], proxy: Proxy | None
) -> None:
    monkeypatch.setattr("os.environ", dict(environment))
    assert proxy_for("service.example") == proxy


@pytest.mark.parametrize("host", ["10.1.2.3", "fd00::7", "192.168.7.7"])
def test_no_proxy_may_name_a_network(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setattr(
        "os.environ", {"HTTPS_PROXY": "http://a.example", "NO_PROXY": "x, fd00::/8,10.0.0.0/8 ,192.168.7.7"}
    )
    assert proxy_for(host) is None
    assert proxy_for("11.1.2.3") == Proxy("http://a.example")


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("ftp://u:hidden@proxy.example", "begins with neither http://, https://, socks5:// nor socks5h://"),
        ("socks4://u:hidden@proxy.example", "begins with neither"),
        ("http://u:hid/den@proxy.example", "is no URL"),
        ("http://u:hidden@proxy.example:port", "is no URL"),
        ("http://u:hidden@[proxy", "is no URL"),
        ("http://u:hidden@", "names no host"),
        ("http://u:hidden@pro xy.example", "names no host"),
        ("http://u:hidden@prox\u00fc.example", "names no host"),
        ("http://u:hidden@proxy.example/pac", "is more than scheme, host and port"),
        ("http://u:hidden@proxy.example:0", "is more than scheme, host and port"),
    ],
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_setting_that_cannot_be_used_is_one_error_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setattr("os.environ", {name: value})
    with pytest.raises(ProjectError) as caught:
        proxy_for("service.example")
    (problem,) = caught.value.problems
    assert problem.code == "proxy-invalid"
    assert problem.detail.startswith(f"{name.upper()} {why}")
    assert "hid" not in problem.detail.replace("is not shown", "")


@pytest.mark.parametrize(
    ("name", "make", "why"),
    [
        ("SSL_CERT_FILE", lambda _: None, "which cannot be read (No such file or directory)"),
        ("SSL_CERT_FILE", lambda path: path.mkdir(), "which "),
        (
            "SSL_CERT_FILE",
            lambda path: path.write_text("no certificate"),
            "which holds no certificate in PEM form",
        ),
        ("SSL_CERT_FILE", lambda path: path.touch(), "which holds no certificate in PEM form"),
        ("SSL_CERT_DIR", lambda _: None, "which is no folder with certificates in it"),
        ("SSL_CERT_DIR", lambda path: path.touch(), "which is no folder with certificates in it"),
        ("SSL_CERT_DIR", lambda path: path.mkdir(), "which is no folder with certificates in it"),
    ],
)
def test_certificates_that_cannot_be_used_are_one_error_that_names_variable_and_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Any, why: str
) -> None:
    path = tmp_path / "certificates"
    make(path)
    monkeypatch.setenv(name, str(path))
    with pytest.raises(ProjectError) as caught:
        rows(api_on(1, scheme="https", host="localhost"))
    (problem,) = caught.value.problems
    assert problem.code == "certificates-unusable"
    assert problem.detail.startswith(f'{name} is "{path}", {why}')


def test_a_folder_of_certificates_counts(space: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL finds a certificate there by a name made of its subject; so this folder trusts nobody."""
    (tmp_path / "ca.pem").write_text("")
    monkeypatch.setenv("SSL_CERT_DIR", os.pathsep.join([str(tmp_path), str(tmp_path)]))
    service = space.service(
        lambda _: space.Reply(body={"data": []}),
        raw.server_context(trustme.CA().issue_cert("localhost")),
    )
    assert written(api_on(service.port, scheme="https", host="localhost")) == ("tls", False)


def test_an_address_in_brackets_is_reached_by_its_name() -> None:
    heads = []

    def talk(conn: socket.socket) -> None:
        heads.append(raw.head_of(conn))
        conn.sendall(HEAD + b'Content-Length: 12\r\n\r\n{"data": []}')

    with contextlib.ExitStack() as stack:
        try:
            port = stack.enter_context(raw.listening(talk, "::1"))
        except OSError:
            pytest.skip("no IPv6 here")
        assert rows(api_on(port, host="[::1]")) == []
    assert f"Host: [::1]:{port}\r\n".encode() in heads[0]
