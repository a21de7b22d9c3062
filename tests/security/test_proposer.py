"""Whoever can only propose files in a pull request, and CI plans what he proposed."""

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, SETTINGS, Ran, manifest, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]


@dataclass
class Attacker:
    """A server of his own, and what reached it."""

    url: str = ""
    got: list[str] = field(default_factory=list)


@contextmanager
def listening(status: int = 200, location: str = "") -> Iterator[Attacker]:
    held = Attacker()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.got.append(f"{self.path} {self.headers}")
            self.send_response(status)
            if location:
                self.send_header("Location", location + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_CONNECT = do_GET  # noqa: N815 (names of the parent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name in the parent)
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "https://pipelinersales.com.evil.example",
        "https://evilpipelinersales.com",
        "https://us-east.api.pipelinersales.com@evil.example",
        "https://evil.example#.pipelinersales.com",
        "https://evil.example/?x=.pipelinersales.com",
        "http://evil.example",
    ],
)
@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--auto-approve"), ("import",), ("schema", "manifest", "--live")]
)
def test_the_password_cannot_be_sent_to_a_host_that_only_a_file_names(
    url: str, command: tuple[str, ...], project: Make, syncer: Run
) -> None:
    """No name is looked up either: the test has no network."""
    settings = f"{SETTINGS}spaces: {{production: {{url: '{url}', space_id: us_Acme}}}}\n"
    env = {"PIPELINER_API_USERNAME": "user-of-ci", "PIPELINER_API_PASSWORD": "hunter2"}

    ran = syncer(*command, cwd=project(settings=settings), env=env)

    assert ran.code == 1
    assert any(f"[{code}]" in ran.err for code in ("untrusted-host", "url-invalid", "url-insecure"))
    assert "hunter2" not in ran.out + ran.err


def test_the_password_does_not_follow_a_redirect(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    with listening() as attacker, listening(307, attacker.url) as front:
        ran = syncer("plan", cwd=project(), env={**sandbox.env(), "PIPELINER_URL": front.url})

    assert ran.code == 1
    assert front.got
    assert attacker.got == []


def test_the_credentials_are_in_nothing_that_is_written_or_shown(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    folder = project()
    said = [
        syncer("plan", "-v", "--out", "plan.json", "--html", "plan.html", cwd=folder),
        syncer("plan", "--format", "markdown", cwd=folder),
        syncer("apply", "plan.json", "-v", cwd=folder),
        syncer("doctor", cwd=folder),
        syncer("plan", cwd=folder, env={**sandbox.env(), "PIPELINER_API_USERNAME": "other"}),
        syncer("plan", cwd=folder, env={**sandbox.env(), "PIPELINER_URL": "http://127.0.0.1:9"}),
        syncer("plan", cwd=folder, env={**sandbox.env(), "PIPELINER_URL": f"http://u:{sandbox.password}@h"}),
        syncer("plan", cwd=folder, env={**sandbox.env(), "HTTPS_PROXY": f"http://u:{sandbox.password}@["}),
    ]

    files = [file.read_bytes().decode() for file in folder.rglob("*") if file.is_file()]
    for text in (*(ran.out + ran.err for ran in said), *files):
        assert sandbox.password not in text
        assert "Authorization" not in text


def test_a_credential_in_a_file_is_refused(project: Make, syncer: Run) -> None:
    settings = (
        f"{SETTINGS}spaces: {{a: {{url: 'https://x.pipelinersales.com', space_id: u, password: hunter2}}}}\n"
    )
    ran = syncer("validate", cwd=project(settings=settings))

    assert (ran.code, "[secret-in-file]" in ran.err) == (1, True)


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_no_line_hides_in_a_comment(separator: str, project: Make, syncer: Run) -> None:
    """Other readers of YAML, and reviewers, see a comment where a value is set."""
    text = one(value="100 USD # as agreed" + separator + "    description: hidden")
    ran = syncer("validate", cwd=project(text))

    assert ran.code == 1
    assert f"{MANIFEST}:9:" in ran.err


def test_letters_that_nobody_sees_are_written_out(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    del sandbox
    folder = project(one(name='"Acme \u202e\u200b renewal"'))

    for style in ("text", "markdown"):
        ran = syncer("plan", "--format", style, cwd=folder)
        assert not {"\u202e", "\u200b"} & set(ran.out + ran.err)
        assert "u202e" in ran.out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a file of eleven megabytes", "version: 1\n# " + "x" * 11 * 2**20),
        ("a nest without end", "version: 1\nopportunities: " + "[" * 100_000),
        (
            "a few bytes that grow to gigabytes",
            "version: 1\na0: &a0 [x]\n"
            + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 20)}]\n" for n in range(12)),
        ),
        ("a tag that makes an object", "version: 1\nopportunities: !!python/object/apply:os.system [id]\n"),
    ],
    ids=lambda value: value if len(value) < 60 else "",
)
def test_a_file_that_means_to_exhaust_is_refused(name: str, text: str, project: Make, syncer: Run) -> None:
    ran = syncer("validate", cwd=project(text))

    assert ran.code == 1, name
    assert f"  {MANIFEST}" in ran.err
    assert len(ran.err) < 5_000


@pytest.mark.parametrize("which", [".syncer", "state of the space"])
def test_state_that_is_a_link_of_the_branch_is_refused(
    which: str, project: Make, sandbox: Sandbox, tmp_path: Path, syncer: Run
) -> None:
    folder, victim = project(), tmp_path / "victim"
    victim.mkdir()
    (victim / "lock").write_text("precious")
    if which == ".syncer":
        (folder / ".syncer").symlink_to(victim)
    else:
        space = folder / ".syncer" / sandbox.url.removeprefix("http://").replace(":", "_") / sandbox.space_id
        space.mkdir(parents=True, mode=0o700)
        (space / "lock").symlink_to(victim / "lock")

    ran = syncer("apply", "--auto-approve", cwd=folder)

    assert (ran.code, "[state-unsafe]" in ran.err) == (1, True)
    assert [(file.name, file.read_text()) for file in victim.iterdir()] == [("lock", "precious")]
    assert writes(sandbox) == []


def test_a_breach_is_seen_before_thousands_of_warnings(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """Else a reviewer approves what apply then refuses, or learns not to read."""
    del sandbox
    settings = "version: 1\npolicy: {guards: {max_creates: 100, closing_date_in_past: warn}}\n"
    entries = {f"d{n:03}": {"name": f"Deal {n}", "closing_date": "2020-01-01"} for n in range(300)}
    folder = project(manifest(entries), settings=settings)
    breach = "300 opportunities would be created; max_creates is 100."

    text = syncer("plan", "--out", "plan.json", "--html", "plan.html", cwd=folder).out
    warned, last = text.index("warning: Closing date in the past"), text.index("Plan: 300 to create")
    assert text.index(breach) < warned < last
    assert text.count("warning: Closing date in the past [closing-date-in-past]\n") == 3
    assert "  300  Closing date in the past [closing-date-in-past]\n" in text
    page = (folder / "plan.html").read_text()
    assert page.index(breach) < page.index('<details class="warnings"')
    shown = syncer("show", "plan.json", "--format", "markdown", cwd=folder).out
    assert "300 opportunities would be created" in shown[:1_000]
    assert breach in syncer("show", "plan.json", "--format", "github", cwd=folder).out.splitlines()[0]
    sarif = json.loads(syncer("show", "plan.json", "--format", "sarif", cwd=folder).out)
    assert sarif["runs"][0]["results"][0]["message"]["text"].startswith(breach)
    assert json.loads((folder / "plan.json").read_text())["problems"][0]["detail"].startswith(breach)
    assert syncer("apply", "plan.json", cwd=folder).code == 5
