# ruff: noqa: E501 - messages are compared whole
"""syncer.yaml and the environment."""

from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest

from syncer.model.declared import Closed, Existing, Money, Reference
from syncer.model.policy import Gone, Guards, MatchRule, PastDate, Policy, Removed
from syncer.model.problem import ProjectError
from syncer.project import load as projects
from syncer.project.connection import Connection, connection
from syncer.project.load import Project, Space, policy_json
from tests.project.spaces import CREDENTIALS, Load, said

# The file


def test_an_empty_file_is_a_project_of_defaults(load: Load, tmp_path: Path) -> None:
    project = load("")

    assert project == Project(root=tmp_path, file=tmp_path / "syncer.yaml")
    assert project.manifests == ("accounts/", "contacts/", "opportunities/")
    assert project.identity == MatchRule(None, ("name", "account", "pipeline"))
    assert project.policy == Policy(
        Existing.MERGE,
        Guards(500, 100, 0, (Money(Decimal(1000000), Reference("currency", text="USD")),), PastDate.WARN),
        Gone.REPORT,
        Removed.KEEP,
        Closed.KEEP,
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
  gone: recreate
  removed: delete
  closed: reopen
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
            Gone.RECREATE,
            Removed.DELETE,
            Closed.REOPEN,
        ),
    )
    assert policy_json(project) == {
        "identity": {"key_field": "cf_key", "match": ["pipeline", "name"]},
        "existing": "update",
        "gone": "recreate",
        "removed": "delete",
        "closed": "reopen",
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
                "known fields: owner, address, zip_code, city, state_province, country, account_type, account_class, industry, customer_type, unit, parent_account_relation_type, comments, share_mode, fields, lifecycle, account, accounts, contact_type, pipeline, step, closing_date, currency, contacts, type, lead_source, description, product_currency, price_list",
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
    assert connection(project, None, env) == Connection(
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
