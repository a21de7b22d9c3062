"""Who set a job off, for which commit, and where the host of the code shows it."""

import pytest

from syncer.model.job import Link, commit, links, page, person
from syncer.render.html import plan_html
from tests.render.samples import MIXED

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/sales"}
GITLAB = {"CI_PROJECT_URL": "https://gitlab.com/acme/sales"}


@pytest.mark.parametrize(
    ("env", "sha", "expected"),
    [
        (
            {**GITHUB, "GITHUB_REF": "refs/pull/12/merge"},
            "0123456789abcdef",
            [
                Link("commit 0123456789ab", "https://github.com/acme/sales/commit/0123456789abcdef"),
                Link("pull request 12", "https://github.com/acme/sales/pull/12"),
            ],
        ),
        ({**GITHUB, "GITHUB_REF": "refs/heads/main"}, None, []),
        (
            {**GITLAB, "CI_MERGE_REQUEST_IID": "7"},
            "0123456789abcdef",
            [
                Link("commit 0123456789ab", "https://gitlab.com/acme/sales/-/commit/0123456789abcdef"),
                Link("merge request 7", "https://gitlab.com/acme/sales/-/merge_requests/7"),
            ],
        ),
        ({**GITLAB, "CI_MERGE_REQUEST_IID": "x"}, None, []),
        ({"CI_PROJECT_URL": "javascript:alert(1)//"}, "0123456789abcdef", []),
        ({}, "0123456789abcdef", []),
    ],
    ids=["GitHub", "GitHub without a request", "GitLab", "no number", "no page", "at home"],
)
def test_a_report_leads_to_the_commit_and_the_request(
    env: dict[str, str], sha: str | None, expected: list[Link]
) -> None:
    """As the CI says where they are; whatever is no page of the web is left out."""
    assert list(links(env, sha)) == expected


def test_the_report_holds_the_links() -> None:
    """Escaped, and nothing is loaded from there."""
    page = plan_html(MIXED, [Link("pull request 12", 'https://github.com/a"b/pull/12')])

    assert '<a href="https://github.com/a&#34;b/pull/12" rel="noreferrer">pull request 12</a>' in page


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        (
            {**GITHUB, "CI": "true", "GITHUB_RUN_ID": "42", "GITHUB_ACTOR": "dana", "GITHUB_SHA": "c0ffee"},
            ("dana", "c0ffee", "https://github.com/acme/sales/actions/runs/42"),
        ),
        (
            {
                "CI": "1",
                "CI_JOB_URL": "https://gitlab.com/acme/sales/-/jobs/7",
                "GITLAB_USER_LOGIN": "mei",
                "CI_COMMIT_SHA": "beef",
            },
            ("mei", "beef", "https://gitlab.com/acme/sales/-/jobs/7"),
        ),
        (GITHUB, ("", "", "")),
        # Nobody set it off where no CI runs: a variable was left behind.
        ({"CI": "false", "GITHUB_ACTOR": "dana"}, ("", "", "")),
    ],
    ids=["GitHub", "GitLab", "no run", "at home"],
)
def test_a_job_says_who_set_it_off_for_which_commit_and_its_page(
    env: dict[str, str], expected: tuple[str, str, str]
) -> None:
    """What the CI does not say is empty."""
    assert (person(env), commit(env), page(env)) == expected
