# ruff: noqa: E501 - messages are compared whole
"""syncer.yaml and the environment."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.manifest.scalars import Unfit
from syncer.model.declared import Existing, Money, Reference
from syncer.model.policy import Guards, MatchRule, PastDate, Policy
from syncer.model.problem import ProjectError
from syncer.project import hosts
from syncer.project import load as projects
from syncer.project.load import Connection, Project, Space, policy_json, service_url

CREDENTIALS: Final = {"PIPELINER_API_USERNAME": "me", "PIPELINER_API_PASSWORD": "hunter2"}
ONE_SPACE: Final = "spaces:\n  production: {url: 'https://h.pipelinersales.com', space_id: us_Acme}\n"
TWO_SPACES: Final = ONE_SPACE + "  test-2: {url: 'https://t.pipelinersales.com', space_id: us_Test}\n"

Load = Callable[[str], Project]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def read(text: str) -> Project:
        (tmp_path / "syncer.yaml").write_text(text)
        return projects.load(tmp_path, {})

    return read


def said(run: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(ProjectError) as caught:
        run()
    return [(str(problem), problem.hint) for problem in caught.value.problems]


# The file


def test_an_empty_file_is_a_project_of_defaults(load: Load, tmp_path: Path) -> None:
    project = load("")

    assert project == Project(root=tmp_path, file=tmp_path / "syncer.yaml")
    assert project.manifests == ("opportunities/",)
    assert project.identity == MatchRule(None, ("name", "account", "pipeline"))
    assert project.policy == Policy(
        Existing.REPORT,
        Guards(500, 100, 0, (Money(Decimal(1000000), Reference("currency", text="USD")),), PastDate.WARN),
    )


def test_every_setting_is_read(load: Load, tmp_path: Path) -> None:
    project = load("""\
version: 1
spaces:
  production: {url: "https://h.pipelinersales.com/", space_id: us_Acme}
manifests: [deals/*.yaml]
defaults: {currency: USD}
identity: {key_field: cf_key, match: [pipeline, name]}
policy:
  existing: update
  guards: {max_creates: 1, max_updates: null, max_deletes: 2, max_value: [5.50 USD, 6 EUR], closing_date_in_past: deny}
""")

    assert project == Project(
        root=tmp_path,
        file=tmp_path / "syncer.yaml",
        spaces={"production": Space("production", "https://h.pipelinersales.com", "us_Acme")},
        manifests=("deals/*.yaml",),
        defaults={"currency": "USD"},
        identity=MatchRule("cf_key", ("pipeline", "name")),
        policy=Policy(
            Existing.UPDATE,
            Guards(
                1,
                None,
                2,
                (
                    Money(Decimal("5.50"), Reference("currency", text="USD")),
                    Money(Decimal(6), Reference("currency", text="EUR")),
                ),
                PastDate.DENY,
            ),
        ),
    )
    assert policy_json(project) == {
        "identity": {"key_field": "cf_key", "match": ["pipeline", "name"]},
        "existing": "update",
        "guards": {
            "max_creates": 1,
            "max_updates": None,
            "max_deletes": 2,
            "max_value": ["5.50 USD", "6 EUR"],
            "closing_date_in_past": "deny",
        },
    }


def test_a_limit_is_taken_away_with_null(load: Load) -> None:
    assert load("policy: {guards: {max_value: null}}").policy.guards.max_value == ()


BAD: Final = (
    (
        "another version",
        "version: 2\n",
        [
            (
                "1:10: Version not supported: Version 2 is not known; this syncer reads version 1.",
                "write version: 1",
            )
        ],
    ),
    (
        "a list",
        "- 1\n",
        [
            (
                "1:1: Wrong type: The syncer project is a list; it should be settings such as version, spaces and manifests.",
                "",
            )
        ],
    ),
    (
        "broken YAML",
        "spaces: [\n",
        [("1:10: Broken YAML: A value is missing here.", "write the value, or put it in quotes")],
    ),
    (
        "a misspelt setting",
        "polici: {}\n",
        [('1:1: Unknown field: There is no field "polici".', 'did you mean "policy"?')],
    ),
    (
        "a space without url",
        "spaces: {a: {space_id: us_A}}\n",
        [
            (
                "1:10: Missing field: a of spaces has no `url`.",
                "it is a URL such as https://us-east.api.pipelinersales.com",
            )
        ],
    ),
    (
        "a space id with a dash",
        "spaces: {a: {url: 'https://h.pipelinersales.com', space_id: a-b}}\n",
        [
            (
                '1:61: Value not allowed: space_id of a of spaces is "a-b"; it should be the id of the space, such as us_Acme.',
                "",
            )
        ],
    ),
    (
        "a bad name of a space",
        "spaces: {'a b': {url: 'https://h.pipelinersales.com', space_id: a}}\n",
        [
            (
                '1:10: Key not allowed: "a b" is not allowed in spaces.',
                "use letters, digits, dashes and underscores",
            )
        ],
    ),
    (
        "one pattern without a list",
        "manifests: a.yaml\n",
        [
            (
                '1:12: Wrong type: manifests is text; it should be a list of patterns such as ["opportunities/"].',
                "write it in brackets: manifests: [a.yaml]",
            )
        ],
    ),
    (
        "no patterns",
        "manifests: []\n",
        [
            (
                '1:12: Missing field: manifests is empty; it should be a list of patterns such as ["opportunities/"].',
                "",
            )
        ],
    ),
    (
        "identity without name",
        "identity: {match: [account]}\n",
        [
            (
                "1:19: Value not allowed: match of identity leaves out name; without it, unlike opportunities would be taken for one.",
                "add name to the list",
            )
        ],
    ),
    (
        "identity with name twice",
        "identity: {match: [name, name]}\n",
        [("1:19: Value not allowed: match of identity names something twice.", "")],
    ),
    (
        "identity by owner",
        "identity: {match: [name, owner]}\n",
        [
            (
                '1:26: Value not allowed: item 2 of match of identity is "owner"; allowed: name, account, pipeline.',
                "",
            )
        ],
    ),
    (
        "a bad key field",
        "identity: {key_field: 1x}\n",
        [
            (
                '1:23: Value not allowed: key_field of identity is "1x"; it should be the API name of a custom field, such as cf_syncer_key.',
                "",
            )
        ],
    ),
    (
        "a negative limit",
        "policy: {guards: {max_creates: -1}}\n",
        [("1:32: Value not allowed: max_creates of guards of policy is -1; it cannot be negative.", "")],
    ),
    (
        "a limit in quotes",
        "policy: {guards: {max_creates: '5'}}\n",
        [
            (
                "1:32: Wrong type: max_creates of guards of policy is text; it should be a whole number, or nothing for no limit.",
                "write it without quotes: max_creates: 5",
            )
        ],
    ),
    (
        "a misspelt guard",
        "policy: {guards: {max_delets: 1}}\n",
        [
            (
                '1:19: Unknown field: There is no field "max_delets" of guards of policy.',
                'did you mean "max_deletes"?',
            )
        ],
    ),
    (
        "a limit that is no amount",
        "policy: {guards: {max_value: 1x}}\n",
        [('1:30: Impossible amount: "1x" is not an amount.', "write it like 100 USD")],
    ),
    (
        "a limit without currency",
        "policy: {guards: {max_value: ['5']}}\n",
        [('1:31: Impossible amount: "5" has no currency.', "write 5 USD, or another currency")],
    ),
    (
        "two limits for a currency",
        "policy: {guards: {max_value: [1 USD, 2 USD]}}\n",
        [("1:38: Value not allowed: max_value has two limits for USD.", "delete one of them")],
    ),
    (
        "a time zone in small letters",
        "timezone: europe/vienna\n",
        [
            (
                '1:11: Value not allowed: "europe/vienna" is no time zone of the IANA database.',
                'did you mean "Europe/Vienna"?',
            )
        ],
    ),
    (
        "a city for a time zone",
        "timezone: New York\n",
        [
            (
                '1:11: Value not allowed: "New York" is no time zone of the IANA database.',
                'did you mean "America/New_York"?',
            )
        ],
    ),
    (
        "an offset for a time zone",
        "timezone: +02:00\n",
        [
            (
                '1:11: Value not allowed: "+02:00" is no time zone of the IANA database.',
                "such as Europe/Vienna or America/New_York",
            )
        ],
    ),
    (
        "a number for a time zone",
        "timezone: 2\n",
        [
            (
                "1:11: Wrong type: timezone is a number; it should be a time zone such as Europe/Vienna.",
                'put it in quotes: timezone: "2"',
            )
        ],
    ),
    (
        "a default that is no field",
        "defaults: {value: 5}\n",
        [
            (
                '1:12: Unknown field: There is no field "value" of defaults.',
                "known fields: owner, pipeline, step, closing_date, currency, account, accounts, contacts, unit, type, lead_source, description, fields, lifecycle",
            )
        ],
    ),
)


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_setting_is_said_in_words(load: Load, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(line.removeprefix("syncer.yaml:"), hint) for line, hint in said(lambda: load(text))] == expected


@pytest.mark.parametrize(
    "key", ["password", "API_PASSWORD", "username", "user_name", "token", "api_key", "client_secret"]
)
@pytest.mark.parametrize(
    "form",
    [
        "{key}: hunter2\n",
        "spaces:\n  a: {{url: 'https://h.pipelinersales.com', space_id: a, {key}: hunter2}}\n",
        "policy: [{{{key}: hunter2}}]\n",
    ],
)
def test_a_credential_in_the_file_is_refused_and_never_shown(load: Load, key: str, form: str) -> None:
    with pytest.raises(ProjectError) as caught:
        load(form.format(key=key))

    assert f'"{key}" looks like a credential; credentials come only from the environment.' in [
        problem.detail for problem in caught.value.problems
    ]
    assert "hunter2" not in repr(caught.value.problems)


def test_a_space_may_be_called_like_a_credential(load: Load) -> None:
    assert list(load("spaces: {token: {url: 'https://h.pipelinersales.com', space_id: a}}").spaces) == [
        "token"
    ]


# Finding it


def test_the_nearest_project_above_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "syncer.yaml").write_text("")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)

    assert projects.load(env={}).root == tmp_path


def test_a_project_above_the_repository_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "syncer.yaml").write_text("")
    inner = tmp_path / "repository" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()

    assert said(lambda: projects.load(inner, {})) == [
        (
            f'File not found: There is no syncer.yaml in "{inner}", nor in a folder above it.',
            "run `syncer init`, name the folder with -C, or set PIPELINER_URL and PIPELINER_SPACE_ID",
        )
    ]


def test_the_end_of_the_folders_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda _: False)
    monkeypatch.setattr(Path, "is_symlink", lambda _: False)
    monkeypatch.setattr(Path, "exists", lambda _: False)

    assert projects.find(Path("/a/b")) is None


def test_without_a_file_the_environment_is_the_project(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    env = {"PIPELINER_URL": "https://h.pipelinersales.com", "PIPELINER_SPACE_ID": "us_A", **CREDENTIALS}
    project = projects.load(tmp_path, env)

    assert project == Project(root=tmp_path)
    assert project.connection(None, env) == Connection(
        "environment", "https://h.pipelinersales.com", "us_A", "me", "hunter2"
    )


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert said(lambda: projects.load(tmp_path / "nowhere", {})) == [
        (f'File not found: There is no folder "{tmp_path / "nowhere"}".', "")
    ]


def test_a_broken_link_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "syncer.yaml").symlink_to("nowhere")

    assert said(lambda: projects.load(tmp_path, {})) == [
        ('syncer.yaml:1:1: File not found: The link leads to "nowhere", which does not exist.', "")
    ]


# Spaces and credentials

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
    assert load(text).connection(space, {**CREDENTIALS, **env}) == Connection(*expected)


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
                    projects._SPACE_HINT,
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
                    projects._SPACE_HINT,
                )
            ],
        ),
        (
            "",
            "production",
            CREDENTIALS,
            [('Unknown space: There is no space "production" in syncer.yaml.', projects._SPACE_HINT)],
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
    assert said(lambda: load(text).connection(space, env)) == expected


def test_without_file_and_space_the_message_says_so(tmp_path: Path) -> None:
    (line, _hint), *_ = said(lambda: Project(root=tmp_path).connection(None, CREDENTIALS))

    assert line == (
        "No space configured: There is no syncer.yaml, and PIPELINER_URL and PIPELINER_SPACE_ID are not set."
    )


def test_credentials_are_in_no_repr(load: Load) -> None:
    assert repr(load(ONE_SPACE).connection(None, CREDENTIALS)) == (
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
    connection = load(space_at(url)).connection(None, CREDENTIALS)
    assert connection.password == "hunter2"
    assert hosts.is_vouched(urlsplit(connection.url).hostname or "", {})


@pytest.mark.parametrize("space", [None, "production"])
@pytest.mark.parametrize("url", ATTACKS)
def test_no_spelling_of_a_url_gets_the_credentials_to_another_host(
    load: Load, url: str, space: str | None
) -> None:
    with pytest.raises(ProjectError) as caught:
        load(space_at(url)).connection(
            space, {**CREDENTIALS, "PIPELINER_TRUSTED_HOSTS": " ,*,.example, ,com"}
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
        connection = project.connection("a", CREDENTIALS)
    except ProjectError:
        return
    host = httpcore.URL(connection.url).host.decode()
    assert host.endswith(".pipelinersales.com") or host in ("localhost", "::1") or host.startswith("127.")


def test_a_host_that_nobody_vouches_for_is_refused_at_its_place(load: Load) -> None:
    project = load("version: 1\n" + TWO_SPACES.replace("t.pipelinersales.com", "EVIL.example"))
    with pytest.raises(ProjectError) as caught:
        project.connection("test-2", CREDENTIALS)

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
    assert project.connection("production", CREDENTIALS).url == "https://h.pipelinersales.com"


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
        assert project.connection("production", {**CREDENTIALS, **env}).url == "https://crm.example"
    else:
        with pytest.raises(ProjectError) as caught:
            project.connection("production", {**CREDENTIALS, **env})
        assert [problem.code for problem in caught.value.problems] == ["untrusted-host"]


def test_an_address_may_be_vouched_for(load: Load) -> None:
    env = {**CREDENTIALS, "PIPELINER_TRUSTED_HOSTS": "10.0.0.7,[FD00:0::1]"}
    urls = ["https://10.0.0.7", "https://[fd00::1]:8443"]
    assert [load(space_at(url)).connection(None, env).url for url in urls] == urls


def test_an_overriding_url_makes_the_one_of_the_file_not_matter(load: Load) -> None:
    env = {**CREDENTIALS, "PIPELINER_URL": "https://crm.example", "PIPELINER_SPACE_ID": "us_Acme"}
    assert load(space_at("https://evil.example")).connection(None, env).url == "https://crm.example"
    env.pop("PIPELINER_SPACE_ID")
    assert load(space_at("https://evil.example")).connection(None, env).url == "https://crm.example"


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
    (told,) = said(lambda: load(ONE_SPACE).connection(None, {**CREDENTIALS, **env}))
    assert told == (f"Credentials cannot be sent: {problem}", hint)
    assert "ret" not in told[0].replace("carriage return", "")


@pytest.mark.parametrize("value", [" blank ", '"quoted"', "Paßwort", "\u00a0", "x" * 500])
def test_a_password_may_hold_any_letter(load: Load, value: str) -> None:
    """Blanks and quotes as well: only the service knows whether they belong to it."""
    env = {**CREDENTIALS, "PIPELINER_API_PASSWORD": value}
    assert load(ONE_SPACE).connection(None, env).password == value


# URLs


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://us-east.api.pipelinersales.com", "https://us-east.api.pipelinersales.com"),
        (" https://h.pipelinersales.com/ ", "https://h.pipelinersales.com"),
        ("https://h.pipelinersales.com:8443", "https://h.pipelinersales.com:8443"),
        ("https://h.pipelinersales.com/api/v100/rest/spaces/us_Acme/", "https://h.pipelinersales.com"),
        (
            "https://h.pipelinersales.com/api/v100/rest/spaces/us_Acme/entities/Accounts",
            "https://h.pipelinersales.com",
        ),
        ("https://h.pipelinersales.com/api/v100", "https://h.pipelinersales.com"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://127.1.2.3:80/", "http://127.1.2.3:80"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_service_url_is_cut_to_its_host(load: Load, url: str, expected: str) -> None:
    env = {**CREDENTIALS, "PIPELINER_URL": url}

    assert load(ONE_SPACE).connection(None, env).url == expected
    assert load(f"spaces: {{a: {{url: '{url}', space_id: us_Acme}}}}").spaces["a"].url == expected


EXAMPLE: Final = "such as https://us-east.api.pipelinersales.com"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "h.pipelinersales.com",
            (
                'url is "h.pipelinersales.com"; a URL begins with https:// and a host.',
                "write https://h.pipelinersales.com",
            ),
        ),
        (
            "ftp://h.pipelinersales.com",
            ('url is "ftp://h.pipelinersales.com"; a URL begins with https:// and a host.', EXAMPLE),
        ),
        ("https://", ('url is "https://"; a URL begins with https:// and a host.', EXAMPLE)),
        (
            "https://h example",
            ('url is "https://h example"; a URL begins with https:// and a host.', EXAMPLE),
        ),
        (
            "https://h:99999",
            ('url is "https://h:99999", which is no URL: Port out of range 0-65535.', EXAMPLE),
        ),
        ("https://h:0", ('url is "https://h:0"; there is no port 0.', EXAMPLE)),
        ("https://[h", ('url is "https://[h", which is no URL: Invalid IPv6 URL.', EXAMPLE)),
        (
            "https://h/crm",
            ('url is "https://h/crm"; the Service URL ends after the host.', "write https://h"),
        ),
        (
            "https://h/?a=1",
            ('url is "https://h/?a=1"; the Service URL ends after the host.', "write https://h"),
        ),
        ("https://h/#a", ('url is "https://h/#a"; the Service URL ends after the host.', "write https://h")),
        (
            "https://h/api/v100/rest/spaces/other",
            (
                'url leads to the space "other", space_id is "us_Acme".',
                "write https://h, and the right space_id",
            ),
        ),
        (
            "http://10.0.0.1",
            (
                'url is "http://10.0.0.1"; without TLS, the password could be read on the way.',
                "write https://10.0.0.1",
            ),
        ),
        (
            "https://127.1",
            (
                'url is "https://127.1"; the host is no address; write four decimal numbers, such as 127.0.0.1.',
                EXAMPLE,
            ),
        ),
        (
            "https://me:hunter2@h",
            (
                "url holds a user name or a password (or an @ that looks like it).",
                "write only scheme and host; credentials come from PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD",
            ),
        ),
    ],
)
def test_a_url_that_cannot_be_used_is_explained(load: Load, url: str, expected: tuple[str, str]) -> None:
    with pytest.raises(ProjectError) as caught:
        load(f"spaces: {{a: {{url: '{url}', space_id: us_Acme}}}}")

    (problem,) = caught.value.problems
    assert (problem.detail, problem.hint) == expected
    assert "hunter2" not in repr(problem)


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    env = {**CREDENTIALS, "PIPELINER_URL": text, "PIPELINER_SPACE_ID": "a"}
    try:
        url = Project(root=Path("/")).connection(None, env).url
    except ProjectError as error:
        url = "https://" if error.problems else ""

    assert url.startswith(("https://", "http://"))


def test_a_machine_without_time_zones_is_told_what_to_install(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncer.project.days.zone", lambda _name: None)
    monkeypatch.setattr("syncer.project.days.names", set)

    assert said(lambda: load("timezone: Europe/Vienna\n")) == [
        (
            'syncer.yaml:1:11: Value not allowed: "Europe/Vienna" is no time zone of the IANA database.',
            "this machine has no time zone database; `pip install tzdata` brings one",
        )
    ]


def test_a_saved_plan_is_bound_to_the_time_zone(load: Load) -> None:
    """Whether a date has passed is part of what was reviewed."""
    assert policy_json(load("timezone: Europe/Vienna\n"))["timezone"] == "Europe/Vienna"
    assert "timezone" not in policy_json(load("version: 1\n"))
