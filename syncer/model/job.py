"""The job of a CI, as its environment tells: who set it off, for which commit, where people look at it."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

_PEOPLE: Final = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
_COMMITS: Final = ("GITHUB_SHA", "CI_COMMIT_SHA")
_PULL: Final = re.compile(r"refs/pull/(\d{1,12})/")
_WEB: Final = re.compile(r"https?://[^\s\"'<>]+")


class Link(NamedTuple):
    """A page that people may look at.

    Attributes:
        text: What it is.
        url: Where it is.
    """

    text: str
    url: str


def in_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a job of a CI."""
    return environ.get("CI", "").casefold() not in {"", "0", "false"}


def person(environ: Mapping[str, str]) -> str:
    """Return who set the job off; "" outside a CI."""
    return _first(environ, _PEOPLE) if in_ci(environ) else ""


def commit(environ: Mapping[str, str]) -> str:
    """Return the commit that the job is about; "" where the CI does not say."""
    return _first(environ, _COMMITS)


def page(environ: Mapping[str, str]) -> str:
    """Return the address of the page of the job; "" where there is none."""
    if url := environ.get("CI_JOB_URL"):
        return url
    base, run = _github(environ), environ.get("GITHUB_RUN_ID", "")
    return f"{base}/actions/runs/{run}" if base and run else ""


def links(environ: Mapping[str, str], sha: str | None) -> tuple[Link, ...]:
    """Return the pages of the commit *sha* and of the pull or merge request; none outside GitHub and GitLab.

    Args:
        environ: The environment.
        sha: Of the manifests.
    """
    found = []
    if base := _github(environ):
        found += [Link(f"commit {sha[:12]}", f"{base}/commit/{sha}")] if sha else []
        if pull := _PULL.match(environ.get("GITHUB_REF", "")):
            found.append(Link(f"pull request {pull[1]}", f"{base}/pull/{pull[1]}"))
    elif project := environ.get("CI_PROJECT_URL", ""):
        found += [Link(f"commit {sha[:12]}", f"{project}/-/commit/{sha}")] if sha else []
        if (number := environ.get("CI_MERGE_REQUEST_IID", "")).isdecimal():
            found.append(Link(f"merge request {number}", f"{project}/-/merge_requests/{number}"))
    return tuple(link for link in found if _WEB.fullmatch(link.url))


def _github(environ: Mapping[str, str]) -> str:
    """Return the page of the repository; "" outside GitHub."""
    server, repository = environ.get("GITHUB_SERVER_URL", ""), environ.get("GITHUB_REPOSITORY", "")
    return f"{server}/{repository}" if server and repository else ""


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next(filter(None, map(environ.get, names)), "") or ""
