"""Where the host of the code shows the commit and the pull request of a job."""

import pytest

from syncer.cli.hosting import links
from syncer.render.html import Link, plan_html
from tests.render.samples import MIXED

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/sales"}
GITLAB = {"CI_PROJECT_URL": "https://gitlab.com/acme/sales"}


@pytest.mark.parametrize(
    ("env", "commit", "expected"),
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
    env: dict[str, str], commit: str | None, expected: list[Link]
) -> None:
    """As the CI says where they are; whatever is no page of the web is left out."""
    assert list(links(env, commit)) == expected


def test_the_report_holds_the_links() -> None:
    """Escaped, and nothing is loaded from there."""
    page = plan_html(MIXED, [Link("pull request 12", 'https://github.com/a"b/pull/12')])

    assert '<a href="https://github.com/a&#34;b/pull/12" rel="noreferrer">pull request 12</a>' in page
