# ruff: noqa: E501 - messages are compared whole
"""Which space is meant, who vouches for its host, and with which credentials."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.problem import ProjectError
from syncer.project import hosts
from syncer.project.connection import _SPACE_HINT, Connection, connection
from syncer.project.load import Project, Space
from syncer.project.url import service_url
from syncer.shapes.base import Unfit
from tests.project.spaces import CREDENTIALS, ONE_SPACE, TWO_SPACES, Load, said

NAMES: Final = "PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD"


def hint_for(names: str, own: str = "") -> str:
    return (
        f"set {names}{own} in the environment; Pipeliner shows both when an API application is made "
        "in the administration"
    )


@pytest.mark.parametrize(
    ("text", "space", "env", "expected"),
    [
        (ONE_SPACE, None, {}, ("production", "https://h.pipelinersales.com", "us_Acme", "me", "hunter2")),
        (TWO_SPACES, "test-2", {}, ("test-2", "https://t.pipelinersales.com", "us_Test", "me", "hunter2")),
        (
            TWO_SPACES,
            "test-2",
            {"TEST_2_PIPELINER_API_USERNAME": "you", "PRODUCTION_PIPELINER_API_PASSWORD": "other"},
            ("test-2", "https://t.pipelinersales.com", "us_Test", "you", "hunter2"),
        ),
        (
            ONE_SPACE,
            None,
            {"PIPELINER_URL": "http://127.0.0.1:8080/", "PIPELINER_SPACE_ID": "sandbox"},
            (
                *("environment", "http://127.0.0.1:8080", "sandbox", "me", "hunter2"),
                (
                    "PIPELINER_URL and PIPELINER_SPACE_ID are set: this is space sandbox on http://127.0.0.1:8080, "
                    'not "production" of syncer.yaml (which --space means).'
                ),
            ),
        ),
        (
            ONE_SPACE,
            None,
            {"PIPELINER_SPACE_ID": "other", "PRODUCTION_PIPELINER_API_USERNAME": "you"},
            (
                *("production", "https://h.pipelinersales.com", "other", "you", "hunter2"),
                (
                    "PIPELINER_SPACE_ID is set: this is space other on https://h.pipelinersales.com, "
                    'not "production" of syncer.yaml (which --space means).'
                ),
            ),
        ),
        (
            ONE_SPACE,
            "production",
            {"PIPELINER_URL": "http://127.0.0.1:8080/", "PIPELINER_SPACE_ID": "sandbox"},
            ("production", "https://h.pipelinersales.com", "us_Acme", "me", "hunter2"),
        ),
        (
            ONE_SPACE,
            "production",
            {"PIPELINER_URL": "no URL", "PIPELINER_SPACE_ID": "no id"},
            ("production", "https://h.pipelinersales.com", "us_Acme", "me", "hunter2"),
        ),
        (
            TWO_SPACES,
            None,
            {
                "PIPELINER_URL": "https://T.pipelinersales.com./",
                "PIPELINER_SPACE_ID": "us_Test",
                "TEST_2_PIPELINER_API_PASSWORD": "theirs",
            },
            ("test-2", "https://t.pipelinersales.com", "us_Test", "me", "theirs"),
        ),
        (
            ONE_SPACE,
            None,
            {"PIPELINER_SPACE_ID": ""},
            ("production", "https://h.pipelinersales.com", "us_Acme", "me", "hunter2"),
        ),
        (
            TWO_SPACES,
            None,
            {"PIPELINER_URL": "https://e.example", "PIPELINER_SPACE_ID": "e"},
            (
                *("environment", "https://e.example", "e", "me", "hunter2"),
                (
                    "PIPELINER_URL and PIPELINER_SPACE_ID are set: this is space e on https://e.example, "
                    'not "production" and "test-2" of syncer.yaml (which --space means).'
                ),
            ),
        ),
    ],
)
def test_a_space_and_its_credentials_are_chosen(
    load: Load, text: str, space: str | None, env: Mapping[str, str], expected: tuple[str, ...]
) -> None:
    assert connection(load(text), space, {**CREDENTIALS, **env}) == Connection(*expected)


@pytest.mark.parametrize(
    ("text", "space", "env", "expected"),
    [
        (
            TWO_SPACES,
            None,
            CREDENTIALS,
            [
                (
                    "Several spaces, none chosen: syncer.yaml has the spaces production, test-2.",
                    "choose one: --space production",
                )
            ],
        ),
        (
            TWO_SPACES,
            None,
            {"PIPELINER_URL": "https://e.example", **CREDENTIALS},
            [
                (
                    "Several spaces, none chosen: syncer.yaml has the spaces production, test-2.",
                    "choose one: --space production",
                )
            ],
        ),
        (
            TWO_SPACES,
            "prodution",
            CREDENTIALS,
            [('Unknown space: There is no space "prodution" in syncer.yaml.', 'did you mean "production"?')],
        ),
        (
            TWO_SPACES,
            "zzz",
            CREDENTIALS,
            [('Unknown space: There is no space "zzz" in syncer.yaml.', "spaces: production, test-2")],
        ),
        (
            ONE_SPACE,
            None,
            {},
            [
                (
                    f"Credentials missing: {NAMES} are not set.",
                    hint_for(
                        NAMES,
                        " (or PRODUCTION_PIPELINER_API_USERNAME and PRODUCTION_PIPELINER_API_PASSWORD, "
                        "only for this space)",
                    ),
                )
            ],
        ),
        (
            "",
            None,
            {"PIPELINER_API_USERNAME": "me"},
            [
                (
                    "No space configured: syncer.yaml has no spaces, and PIPELINER_URL and PIPELINER_SPACE_ID are not set.",
                    _SPACE_HINT,
                ),
                (
                    "Credentials missing: PIPELINER_API_PASSWORD is not set.",
                    hint_for("PIPELINER_API_PASSWORD"),
                ),
            ],
        ),
        (
            "",
            None,
            {"PIPELINER_URL": "https://h.pipelinersales.com", **CREDENTIALS},
            [
                (
                    "No space configured: syncer.yaml has no spaces, and PIPELINER_SPACE_ID is not set.",
                    _SPACE_HINT,
                )
            ],
        ),
        (
            "",
            "production",
            CREDENTIALS,
            [('Unknown space: There is no space "production" in syncer.yaml.', _SPACE_HINT)],
        ),
        (
            ONE_SPACE,
            None,
            {**CREDENTIALS, "PIPELINER_API_USERNAME": "me:you"},
            [
                (
                    "Credentials cannot be sent: The user name holds a colon, which Basic authentication cannot send.",
                    "is it the user name of the API application?",
                )
            ],
        ),
        (
            ONE_SPACE,
            None,
            {**CREDENTIALS, "PIPELINER_URL": "http://h.pipelinersales.com", "PIPELINER_SPACE_ID": "a-b"},
            [
                (
                    (
                        'Service URL without TLS: PIPELINER_URL is "http://h.pipelinersales.com"; without TLS, the password could be '
                        "read on the way."
                    ),
                    "write https://h.pipelinersales.com",
                ),
                (
                    'Value not allowed: PIPELINER_SPACE_ID is "a-b"; a space id has letters, digits and underscores.',
                    "such as us_Acme",
                ),
            ],
        ),
    ],
)
def test_what_is_missing_to_connect_is_said_together(
    load: Load, text: str, space: str | None, env: Mapping[str, str], expected: list[tuple[str, str]]
) -> None:
    assert said(lambda: connection(load(text), space, env)) == expected


def test_without_file_and_space_the_message_says_so(tmp_path: Path) -> None:
    (line, _hint), *_ = said(lambda: connection(Project(root=tmp_path), None, CREDENTIALS))

    assert line == (
        "No space configured: There is no syncer.yaml, and PIPELINER_URL and PIPELINER_SPACE_ID are not set."
    )


def test_credentials_are_in_no_repr(load: Load) -> None:
    assert repr(connection(load(ONE_SPACE), None, CREDENTIALS)) == (
        "Connection(name='production', url='https://h.pipelinersales.com', space_id='us_Acme')"
    )


# Who gets the credentials


VOUCHED_BY_FILE: Final = [
    "https://us-east.api.pipelinersales.com",
    "https://US-EAST.API.PIPELINERSALES.COM.",
    "https://eu.pipelinersales.com:8443",
    "https://localhost",
    "http://LocalHost.:8080",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]:1",
]

# What an attacker may write into syncer.yaml. Each is refused: as a host that nobody vouches for, or as no URL.
ATTACKS: Final = [
    "https://evil.example",
    "https://pipelinersales.com",
    "https://evilpipelinersales.com",
    "https://api-pipelinersales.com",
    "https://pipelinersales.com.evil.example",
    "https://us-east.api.pipelinersales.com.evil.example",
    "https://pipelinersales.com.",
    "https://us-east.api.pipelinersales.com..",
    "https://us-east.api.pipelinersales.com:443@evil.example",
    "https://us-east.api.pipelinersales.com@evil.example",
    "https://us-east.api.pipelinersales.com%40evil.example",
    "https://us-east.api.pipelinersales.com%2eevil.example",
    "https://evil.example%2f.pipelinersales.com",
    "https://evil.example%00.pipelinersales.com",
    "https://evil.example\\.pipelinersales.com",
    "https://evil.example\\@us-east.api.pipelinersales.com",
    "https:\\\\evil.example/.pipelinersales.com",
    "https://evil.example/.pipelinersales.com",
    "https://evil.example?.pipelinersales.com",
    "https://evil.example#.pipelinersales.com",
    "https://evil.example;.pipelinersales.com",
    "https://evil.example,.pipelinersales.com",
    "https://evil.example .pipelinersales.com",
    "https://evil.example\t.pipelinersales.com",
    "https://evil.example\n.pipelinersales.com",
    "https:///evil.example",
    "//evil.example",
    "https:evil.example",
    "HTTPS://EVIL.EXAMPLE",
    "https://us-east.api.pipelinersales\u3002com",
    "https://evil\u3002pipelinersales.com",
    "https://evil.example\uff0f.pipelinersales.com",
    "https://us-east.api.pipel\u0131nersales.com",
    "https://us-east.api.pipeliner\u017fales.com",
    "https://\uff45vil.pipelinersales.com",
    "https://evil\u200b.pipelinersales.com",
    "https://xn--pipelinersales-abc.com",
    "https://localhost.evil.example",
    "https://evil.localhost",
    "http://a.localhost",
    "https://localhost..",
    "https://127.1",
    "https://127.0.0.1.evil.example",
    "https://127.0.0.1.nip.io",
    "https://0.0.0.0",
    "https://0",
    "https://2130706433",
    "https://0x7f000001",
    "https://0x7f.1",
    "https://0177.0.0.1",
    "https://127.0.0.01",
    "https://127.0.0.1%2e",
    "https://128.0.0.1",
    "https://[::]",
    "https://[::1%25eth0]",
    "https://[::1%eth0]",
    "https://[::1].evil.example",
    "https://[::1]evil.example",
    "https://[::ffff:10.0.0.1]",
    "https://[fe80::1]",
    "https://[localhost]",
    "https://[evil.pipelinersales.com]",
    "https://169.254.169.254",
]


def space_at(url: str) -> str:
    return f"spaces: {{production: {{url: {json.dumps(url)}, space_id: us_Acme}}}}"


@pytest.mark.parametrize("url", VOUCHED_BY_FILE)
def test_the_vendor_and_this_machine_are_vouched_for(load: Load, url: str) -> None:
    found = connection(load(space_at(url)), None, CREDENTIALS)
    assert found.password == "hunter2"
    assert hosts.is_vouched(urlsplit(found.url).hostname or "", {})


@pytest.mark.parametrize("space", [None, "production"])
@pytest.mark.parametrize("url", ATTACKS)
def test_no_spelling_of_a_url_gets_the_credentials_to_another_host(
    load: Load, url: str, space: str | None
) -> None:
    with pytest.raises(ProjectError) as caught:
        connection(
            load(space_at(url)), space, {**CREDENTIALS, "PIPELINER_TRUSTED_HOSTS": " ,*,.example, ,com"}
        )
    assert {problem.code for problem in caught.value.problems} <= {
        "untrusted-host",
        "url-invalid",
        "url-insecure",
    }
    assert all(problem.span is not None for problem in caught.value.problems)


@given(
    st.from_regex(
        r"https?://[a-zA-Z0-9.:@\\/\[\]%\-_#?]{0,20}(pipelinersales\.com|localhost|127\.0\.0\.1)?[./:@a-z0-9]{0,9}"
    )
)
def test_whatever_is_written_only_a_vouched_host_is_connected_to(text: str) -> None:
    """Judged by the parser that connects, not by ours."""
    try:
        url = service_url(text, None, "url")
    except Unfit:
        return
    project = Project(Path("/"), spaces={"a": Space("a", url, "x")})
    try:
        found = connection(project, "a", CREDENTIALS)
    except ProjectError:
        return
    host = httpcore.URL(found.url).host.decode()
    assert host.endswith(".pipelinersales.com") or host in ("localhost", "::1") or host.startswith("127.")


def test_a_host_that_nobody_vouches_for_is_refused_at_its_place(load: Load) -> None:
    project = load("version: 1\n" + TWO_SPACES.replace("t.pipelinersales.com", "EVIL.example"))
    with pytest.raises(ProjectError) as caught:
        connection(project, "test-2", CREDENTIALS)

    (problem,) = caught.value.problems
    assert (problem.code, str(problem.span), problem.detail, problem.hint) == (
        "untrusted-host",
        "syncer.yaml:4:17",
        (
            'The url of space "test-2" leads to evil.example. User name and password are sent only to hosts of '
            "pipelinersales.com, to this machine, and to hosts that the environment names."
        ),
        (
            "is evil.example really the host of your space, by a page that you trust? then set "
            "PIPELINER_TRUSTED_HOSTS=evil.example where syncer runs (exact host names, separated by commas)"
        ),
    )
    assert connection(project, "production", CREDENTIALS).url == "https://h.pipelinersales.com"


@pytest.mark.parametrize(
    ("env", "vouched"),
    [
        ({"PIPELINER_TRUSTED_HOSTS": "crm.example"}, True),
        ({"PIPELINER_TRUSTED_HOSTS": "other.example , CRM.Example."}, True),
        ({"PIPELINER_TRUSTED_HOSTS": "example"}, False),
        ({"PIPELINER_TRUSTED_HOSTS": ".example"}, False),
        ({"PIPELINER_TRUSTED_HOSTS": "*.example"}, False),
        ({"PIPELINER_TRUSTED_HOSTS": "sub.crm.example"}, False),
        ({"PIPELINER_TRUSTED_HOSTS": "https://crm.example"}, False),
        ({"PIPELINER_TRUSTED_HOSTS": "crm.example.."}, False),
        ({"PIPELINER_URL": "https://CRM.example:8443/"}, True),
        ({"PIPELINER_URL": "https://crm.example.evil"}, False),
        ({"PIPELINER_URL": "http://crm.example"}, False),
        ({"PIPELINER_URL": "crm.example"}, False),
        ({}, False),
    ],
)
def test_the_environment_vouches_for_exact_hosts(load: Load, env: dict[str, str], vouched: bool) -> None:
    project = load(space_at("https://crm.example"))
    if vouched:
        assert connection(project, "production", {**CREDENTIALS, **env}).url == "https://crm.example"
    else:
        with pytest.raises(ProjectError) as caught:
            connection(project, "production", {**CREDENTIALS, **env})
        assert [problem.code for problem in caught.value.problems] == ["untrusted-host"]


def test_an_address_may_be_vouched_for(load: Load) -> None:
    env = {**CREDENTIALS, "PIPELINER_TRUSTED_HOSTS": "10.0.0.7,[FD00:0::1]"}
    urls = ["https://10.0.0.7", "https://[fd00::1]:8443"]
    assert [connection(load(space_at(url)), None, env).url for url in urls] == urls


def test_an_overriding_url_makes_the_one_of_the_file_not_matter(load: Load) -> None:
    env = {**CREDENTIALS, "PIPELINER_URL": "https://crm.example", "PIPELINER_SPACE_ID": "us_Acme"}
    assert connection(load(space_at("https://evil.example")), None, env).url == "https://crm.example"
    env.pop("PIPELINER_SPACE_ID")
    assert connection(load(space_at("https://evil.example")), None, env).url == "https://crm.example"


@pytest.mark.parametrize(
    ("env", "problem", "hint"),
    [
        (
            {"PIPELINER_API_PASSWORD": "s\udcffecret"},
            "PIPELINER_API_PASSWORD holds bytes that are not UTF-8.",
            "write it anew, in a terminal or a file that is UTF-8",
        ),
        (
            {"PIPELINER_API_PASSWORD": "secret\n"},
            "PIPELINER_API_PASSWORD has a line feed at its end, which Basic authentication cannot send.",
            "set it anew without; a secret that was pasted, or read from a file, keeps the end of its line",
        ),
        (
            {"PIPELINER_API_USERNAME": "secret\r\n"},
            "PIPELINER_API_USERNAME has a carriage return at its end, which Basic authentication cannot send.",
            "set it anew without; a secret that was pasted, or read from a file, keeps the end of its line",
        ),
        (
            {"PRODUCTION_PIPELINER_API_PASSWORD": "sec\tret"},
            "PRODUCTION_PIPELINER_API_PASSWORD has a tab in it, which Basic authentication cannot send.",
            "set it anew without; a secret that was pasted, or read from a file, keeps the end of its line",
        ),
        (
            {"PIPELINER_API_PASSWORD": "sec\x85ret"},
            "PIPELINER_API_PASSWORD has a control character in it, which Basic authentication cannot send.",
            "set it anew without; a secret that was pasted, or read from a file, keeps the end of its line",
        ),
    ],
)
def test_credentials_that_cannot_be_sent_are_refused_and_not_shown(
    load: Load, env: dict[str, str], problem: str, hint: str
) -> None:
    (told,) = said(lambda: connection(load(ONE_SPACE), None, {**CREDENTIALS, **env}))
    assert told == (f"Credentials cannot be sent: {problem}", hint)
    assert "ret" not in told[0].replace("carriage return", "")


@pytest.mark.parametrize("value", [" blank ", '"quoted"', "Paßwort", "\u00a0", "x" * 500])
def test_a_password_may_hold_any_letter(load: Load, value: str) -> None:
    """Blanks and quotes as well: only the service knows whether they belong to it."""
    env = {**CREDENTIALS, "PIPELINER_API_PASSWORD": value}
    assert connection(load(ONE_SPACE), None, env).password == value
