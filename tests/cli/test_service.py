"""Settings and services that are wrong: every command says what, and what to do; nothing is written."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from syncer.remote import retry
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.support import Ran, one, writes

Make = Callable[..., Path]
Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try as often as ever, but do not wait long in between."""
    monkeypatch.setattr(retry, "BACKOFF_FIRST", 0.001)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


# --- before anything is sent ---

OFFLINE = [
    pytest.param(
        {"PIPELINER_API_USERNAME": "", "PIPELINER_API_PASSWORD": ""},
        """\
error: Credentials missing [credentials-missing]
PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD are not set.
hint: set PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD in the environment; Pipeliner shows both
      when an API application is made in the administration
""",
        id="no credentials",
    ),
    pytest.param(
        {"PIPELINER_API_PASSWORD": ""},
        """\
error: Credentials missing [credentials-missing]
PIPELINER_API_PASSWORD is not set.
hint: set PIPELINER_API_PASSWORD in the environment; Pipeliner shows both when an API application is
      made in the administration
""",
        id="no password",
    ),
    pytest.param(
        {"PIPELINER_URL": "http://crm.example.com"},
        """\
error: Service URL without TLS [url-insecure]
PIPELINER_URL is "http://crm.example.com"; without TLS, the password could be read on the way.
hint: write https://crm.example.com
""",
        id="http to another machine",
    ),
    pytest.param(
        {"PIPELINER_URL": "crm.example.com"},
        """\
error: Service URL not usable [url-invalid]
PIPELINER_URL is "crm.example.com"; a URL begins with https:// and a host.
hint: write https://crm.example.com
""",
        id="no scheme",
    ),
    pytest.param(
        {"PIPELINER_SPACE_ID": "us Acme"},
        """\
error: Value not allowed [bad-value]
PIPELINER_SPACE_ID is "us Acme"; a space id has letters, digits and underscores.
hint: such as us_Acme
""",
        id="a space id with a blank",
    ),
    pytest.param(
        {"PIPELINER_SPACE_ID": ""},
        """\
error: No space configured [no-space]
syncer.yaml has no spaces, and PIPELINER_SPACE_ID is not set.
hint: write the space into syncer.yaml:
  spaces:
    production:
      url: https://us-east.api.pipelinersales.com
      space_id: us_Acme
  or set PIPELINER_URL and PIPELINER_SPACE_ID
""",
        id="a url without a space",
    ),
]


@pytest.mark.parametrize("command", ["plan", "apply"])
@pytest.mark.parametrize(("env", "told"), OFFLINE)
def test_settings_that_are_wrong(
    env: dict[str, str], told: str, command: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    assert syncer(command, "-q", cwd=project(), env={**sandbox.env(), **env}) == Ran(1, "", told)
    assert sandbox.requests == []


def test_of_several_spaces_one_is_chosen(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    """Each may have credentials of its own; those of the environment without a prefix are for all."""
    folder = project(
        settings="version: 1\nspaces:\n"
        "  production: {url: https://crm.example.com, space_id: us_Acme}\n"
        f"  test: {{url: '{sandbox.url}', space_id: {sandbox.space_id}}}\n"
    )
    env = {
        "TEST_PIPELINER_API_USERNAME": sandbox.username,
        "TEST_PIPELINER_API_PASSWORD": sandbox.password,
        "PIPELINER_API_USERNAME": "somebody",
        "PIPELINER_API_PASSWORD": "else",
    }

    assert syncer("plan", "--space", "test", cwd=folder, env=env).code == 0
    assert syncer("plan", "-q", cwd=folder, env=env) == Ran(
        1,
        "",
        "error: Several spaces, none chosen [space-ambiguous]\n"
        "syncer.yaml has the spaces production, test.\n"
        "hint: choose one: --space production\n",
    )
    assert syncer("plan", "-q", "--space", "tset", cwd=folder, env=env) == Ran(
        1,
        "",
        'error: Unknown space [space-unknown]\nThere is no space "tset" in syncer.yaml.\n'
        'hint: did you mean "test"?\n',
    )


# --- the service says no, or nothing ---


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve")], ids=["plan", "apply"])
@pytest.mark.parametrize(
    ("env", "told"),
    [
        pytest.param(
            {"PIPELINER_API_PASSWORD": "not-it"},
            """\
error: Credentials refused [unauthorized]
127.0.0.1 does not accept the user name and password for space 'nv3_Sandbox'. It said: Missing or
wrong credentials.
hint: Set PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD as shown with the API application, and
      see that it is active.
""",
            id="wrong password",
        ),
        pytest.param(
            {"PIPELINER_SPACE_ID": "us_Other"},
            """\
error: Space not found [space-not-found]
127.0.0.1 has no space 'us_Other'. It said: The requested URL was not found on the server. If you
entered the URL manually please check your spelling and try again.
hint: Take the space id and the Service URL from the page that showed the credentials.
""",
            id="wrong space",
        ),
    ],
)
def test_the_service_does_not_know_us(
    command: tuple[str, ...],
    env: dict[str, str],
    told: str,
    project: Make,
    sandbox: Sandbox,
    syncer: Run,
) -> None:
    assert syncer(*command, "-q", cwd=project(), env={**sandbox.env(), **env}) == Ran(1, "", told)
    assert writes(sandbox) == []


def _told(ran: Ran) -> str:
    """Which of the lists that are read at once is named first is chance."""
    assert (ran.code, ran.out) == (1, "")
    for entity in (
        *("Accounts", "Clients", "ContactAccountRelations", "Contacts", "Currencies", "Opportunities"),
        *("OpportunityTypes", "Pipelines", "Steps"),
    ):
        ran = Ran(ran.code, ran.out, ran.err.replace(f" {entity} ", " X "))
    return " ".join(ran.err.split())


def test_nobody_listens(project: Make, closed_port: int, sandbox: Sandbox, syncer: Run) -> None:
    ran = syncer(
        "plan", "-q", cwd=project(), env={**sandbox.env(), "PIPELINER_URL": f"http://127.0.0.1:{closed_port}"}
    )

    assert _told(ran) == (
        "error: Service not reached [unreachable] "
        "Reading X on 127.0.0.1: no connection (Connection refused). "
        "hint: Check the Service URL, the network and the proxy settings."
    )


def test_a_certificate_nobody_vouches_for(project: Make, tmp_path: Path, syncer: Run) -> None:
    """TLS is checked, and there is no way to turn that off."""
    certificate = trustme.CA().issue_cert("127.0.0.1")
    files = tmp_path / "server.pem", tmp_path / "server.key"
    certificate.cert_chain_pems[0].write_to_path(files[0])
    certificate.private_key_pem.write_to_path(files[1])

    with Sandbox.serve(certfile=files[0], keyfile=files[1]) as secure:
        ran = syncer("plan", "-q", cwd=project(), env=secure.env())

    assert _told(ran) == (
        "error: TLS failed [tls] "
        "Reading X on 127.0.0.1: the TLS connection was refused on our side: unable to get local issuer "
        "certificate. "
        "hint: If your network inspects TLS, point SSL_CERT_FILE at its root certificate; syncer never "
        "skips the check."
    )
    assert secure.requests == []


@pytest.mark.parametrize(
    ("fault", "told", "attempts"),
    [
        pytest.param(
            {"effect": "html"},
            "error: Answer is not from the API [not-the-api] "
            "Reading X on 127.0.0.1: status 200 with text/html; charset=utf-8, which is not an answer of the "
            "API. hint: Check the Service URL; a login page, a proxy or a firewall may answer in its place.",
            1,
            id="a login page",
        ),
        pytest.param(
            {"effect": "redirect", "url": "https://login.example/"},
            "error: Service redirects elsewhere [redirected] "
            "Reading X on 127.0.0.1: status 307 points to login.example; redirects are not followed. "
            "hint: Set the Service URL as the space shows it; credentials go to no other host.",
            1,
            id="a redirect",
        ),
        pytest.param(
            {"effect": "status", "status": 500},
            "error: Service failed [server-error] "
            "Reading X on 127.0.0.1: status 500. It said: Failed on request of the sandbox's faults. "
            "hint: Try again later.",
            6,
            id="500, every time",
        ),
        pytest.param(
            {"effect": "drop"},
            "error: Service not reached [unreachable] "
            "Reading X on 127.0.0.1: the connection was lost (Server disconnected without sending a "
            "response.). hint: Try again later.",
            6,
            id="a connection that breaks, every time",
        ),
    ],
)
def test_the_service_is_not_well(
    fault: dict[str, Any], told: str, attempts: int, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """A read may be asked again, so it is, before anybody is told."""
    sandbox.faults.add(**fault, path="/Clients$")

    ran = syncer("plan", "-q", cwd=project())

    assert _told(ran) == told
    assert sandbox.faults.list()[0]["struck"] == attempts
    assert writes(sandbox) == []


def test_one_bad_answer_is_nothing_to_tell(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    sandbox.faults.add("status", status=500, nth=2)
    sandbox.faults.add("truncate", size=20, nth=4)

    ran = syncer("plan", "-q", cwd=project())

    assert (ran.code, ran.err) == (0, "")


def test_an_application_that_may_not_read(project: Make, syncer: Run) -> None:
    with Sandbox.serve(forbidden=["Client"]) as strict:
        ran = syncer("plan", "-q", cwd=project(), env=strict.env())

    assert ran == Ran(
        1,
        "",
        "error: Not allowed [forbidden]\n"
        "127.0.0.1 does not let this API application read Clients. It said: No permission to list Clients.\n"
        "hint: Allow Clients in the permissions of the API application.\n",
    )


def test_an_application_that_may_not_read_opportunities(project: Make, syncer: Run) -> None:
    with Sandbox.serve(forbidden=["Opportunity"]) as strict:
        ran = syncer("plan", "-q", cwd=project(), env=strict.env())

    assert ran == Ran(
        1,
        "",
        "error: Not allowed [forbidden]\n"
        "127.0.0.1 does not let this API application read Opportunities. It said: No permission to list\n"
        "Opportunities.\n"
        "hint: Allow Opportunities in the permissions of the API application.\n",
    )


@pytest.mark.parametrize("wrong", [False, True], ids=["names that fit", "names that do not"])
def test_a_refusal_is_told_when_there_is_nothing_better_to_tell(
    wrong: bool, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """What does not fit the space may be why the service refuses; our words say which line it is."""
    sandbox.faults.add("status", status=400, path="/Opportunities$")

    ran = syncer("plan", "-q", cwd=project(one(unit="Sale") if wrong else one()))

    assert ran.code == 1
    if wrong:
        assert ran.err.startswith(
            "error: Unknown reference [reference-unknown]\n  opportunities/deals.yaml:12:11"
        )
    else:
        assert ran.err == (
            "error: Refused by the service [refused]\n"
            "Reading Opportunities on 127.0.0.1: status 400. It said: Failed on request of the "
            "sandbox's faults.\n"
        )


def test_an_application_that_may_not_write(project: Make, syncer: Run) -> None:
    with Sandbox.serve(forbidden=["Opportunity:write"]) as strict:
        before = strict.store.count("Opportunity")
        ran = syncer("apply", "-q", "--auto-approve", cwd=project(), env=strict.env())

        assert strict.store.count("Opportunity") == before
    assert ran.code == 1
    assert ran.err == (
        "error: Not allowed [forbidden]\n"
        "127.0.0.1 does not let this API application write Opportunities. It said: No permission to\n"
        "batch-modify Opportunities.\n"
        "hint: Allow Opportunities in the permissions of the API application.\n"
    )


def test_a_field_that_the_space_demands_is_told_at_its_line(project: Make, syncer: Run) -> None:
    """An administrator made a field required; only the service knows that."""
    with Sandbox.serve(switches=Switches(require=("oas", "cf_region"))) as strict:
        before = strict.store.count("Opportunity")
        ran = syncer(
            "apply", "-q", "--auto-approve", cwd=project(one(fields="{cf_region: null}")), env=strict.env()
        )

        assert strict.store.count("Opportunity") == before
        mended = project(one(fields="{cf_region: EMEA}"))
        assert syncer("apply", "--auto-approve", cwd=mended, env=strict.env()).code == 0
    assert ran.code == 3
    assert (
        ran.out.partition("x failed")[2]
        == """\
 opportunity.acme-renewal-2027

error: Refused by the service [refused]
  opportunities/deals.yaml:12:25 (opportunity.acme-renewal-2027)
   12 │     fields: {cf_region: null}
      │                         ^^^^
fields.cf_region: Non-null field 'cf_region' is null or empty.

Apply incomplete: 1 failed.
"""
    )


# --- the key field ---


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("cf_nothing", "opportunities of this space have no such field"),
        ("cf_seats", "it is of the type integer, not a text field"),
        ("name", "it is one of the service's own fields"),
    ],
)
def test_a_key_field_that_cannot_hold_a_key(
    name: str, why: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    ran = syncer("plan", "-q", cwd=project(settings=f"version: 1\nidentity: {{key_field: {name}}}\n"))

    assert ran.code == 1
    assert " ".join(ran.err.split()) == (
        f"error: Key field cannot be used [key-field-unusable] identity.key_field names {name}; {why}. "
        "hint: make a custom text field on opportunities in Pipeliner, best a unique one, and write its api "
        "name; or take the line out to match by name, account and pipeline"
    )
    assert writes(sandbox) == []


# --- whose host it is ---


@pytest.fixture
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hosts whose address somebody wanted to know, which comes before anything is sent to them."""
    hosts: list[str] = []
    found = socket.getaddrinfo

    def listen(host: str, *options: Any, **named: Any) -> Any:
        hosts.append(host)
        return found(host, *options, **named)

    monkeypatch.setattr(socket, "getaddrinfo", listen)
    return hosts


@pytest.mark.parametrize(
    "command",
    [
        ("plan",),
        ("apply", "--auto-approve"),
        ("apply", "--resume", "--auto-approve"),
        ("import",),
        ("doctor",),
        ("schema", "manifest", "--live"),
        ("--space", "production", "plan"),
        ("init", "--no-input", "--url", "https://evil.example", "--space-id", "us_Acme", "new"),
    ],
    ids=" ".join,
)
def test_no_command_sends_credentials_to_a_host_that_only_the_file_names(
    command: tuple[str, ...], project: Make, sandbox: Sandbox, syncer: Run, asked_for: list[str]
) -> None:
    """Whoever may propose a change of syncer.yaml must not be able to have the password sent to himself."""
    folder = project(
        settings="version: 1\nspaces: {production: {url: 'https://evil.example', space_id: us_Acme}}\n"
    )
    env = {"PIPELINER_API_USERNAME": sandbox.username, "PIPELINER_API_PASSWORD": sandbox.password}
    ran = syncer(*command, cwd=folder, env=env)

    assert ran.code == 1
    assert "leads to evil.example" in " ".join((ran.out + ran.err).split())
    assert sandbox.password not in ran.out + ran.err
    assert asked_for == []


def test_what_the_environment_left_over_does_not_win_over_a_space_that_was_named(
    project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    with Sandbox.serve(space_id="us_Staging") as staging:
        folder = project(
            settings="version: 1\nspaces:\n"
            f"  staging: {{url: '{staging.url}', space_id: us_Staging}}\n"
            "  production: {url: 'https://crm.pipelinersales.com', space_id: us_Acme}\n"
        )
        named = syncer("--space", "staging", "apply", "--auto-approve", cwd=folder, env=sandbox.env())
        assert (named.code, len(writes(staging)), len(sandbox.requests)) == (0, 1, 0)

        left_over = syncer("plan", cwd=folder, env=sandbox.env())
        assert left_over.code == 0
        assert left_over.err.splitlines()[0] == (
            f"PIPELINER_URL and PIPELINER_SPACE_ID are set: this is space {sandbox.space_id} on "
            f'{sandbox.url}, not "staging" and "production" of syncer.yaml (which --space means).'
        )
        assert len(sandbox.requests) > 0

        same = syncer("plan", "--detailed-exitcode", cwd=folder, env=staging.env())
        assert (same.code, "are set" in same.err) == (0, False)


# --- answers that cannot be relied upon ---


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("import",)], ids=" ".join)
@pytest.mark.parametrize(
    "fault",
    [
        {"effect": "wrong-total", "size": 230, "path": "/Opportunities$"},
        {"effect": "missing-key", "key": "name", "path": "/Opportunities$"},
        {"effect": "null-key", "key": "name", "path": "/Opportunities$"},
        {"effect": "missing-key", "key": "account_relations", "path": "/Opportunities$"},
        {"effect": "empty-lists", "key": "account_relations", "path": "/Opportunities$"},
        {"effect": "missing-key", "key": "id"},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
def test_of_a_list_that_contradicts_itself_no_plan_is_made(
    fault: dict[str, Any], command: tuple[str, ...], project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    """A plan made of it would create what exists."""
    folder = project()
    assert syncer("apply", "--auto-approve", cwd=folder).code == 0
    sandbox.requests.clear()
    sandbox.faults.add(method="GET", **fault)
    ran = syncer(*command, cwd=folder)

    assert ran.code == 1
    assert "[list-contradicts]" in ran.err
    assert writes(sandbox) == []


def test_a_list_that_is_wrong_once_is_asked_for_again(project: Make, sandbox: Sandbox, syncer: Run) -> None:
    sandbox.faults.add("wrong-total", method="GET", path="/Opportunities$", size=230, nth=1)
    assert syncer("plan", cwd=project()).code == 0


@pytest.mark.parametrize("url", ["http://[", "http://\u00ff:99999999/", "::", "https://evil.example/"])
def test_a_redirect_after_the_commit_makes_nothing_twice(
    url: str, project: Make, sandbox: Sandbox, syncer: Run, asked_for: list[str]
) -> None:
    """Nobody can tell from it whether the create was done, and nobody follows it."""
    before = len(sandbox.store.rows("Opportunity"))
    sandbox.faults.add("redirect", method="POST", when="after", url=url, nth=1)
    ran = syncer("apply", "--auto-approve", "--grace", "0.1", cwd=project())

    assert ran.code == 0
    assert len(sandbox.store.rows("Opportunity")) == before + 1
    assert not {host for host in asked_for if host and "127.0.0.1" not in host}


@pytest.mark.parametrize("effect", ["drip-head", "interim", "stall"])
def test_a_service_that_never_comes_to_the_end_of_an_answer_is_given_up(
    effect: str, project: Make, sandbox: Sandbox, syncer: Run
) -> None:
    sandbox.faults.add(
        effect, size=1 if effect == "drip-head" else 0, seconds=30 if effect == "stall" else 0.02
    )
    ran = syncer("apply", "-q", "--auto-approve", "--timeout", "0.3", cwd=project())

    assert ran.code == 1
    assert "error: Service did not answer in time [timeout]" in ran.err
    assert writes(sandbox) == []
