"""Where the host of the code shows the commit and the pull request of this job, as its CI tells."""

import re
from collections.abc import Mapping
from typing import Final

from syncer.render.html import Link

_PULL: Final = re.compile(r"refs/pull/(\d{1,12})/")
_WEB: Final = re.compile(r"https?://[^\s\"'<>]+")


def links(env: Mapping[str, str], commit: str | None) -> tuple[Link, ...]:
    """Return the pages of *commit* and of the pull or merge request; none outside GitHub and GitLab.

    Args:
        env: The environment.
        commit: Of the manifests.
    """
    found = []
    server, repository = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
    project = env.get("CI_PROJECT_URL", "")
    if server and repository:
        base = f"{server}/{repository}"
        found += [Link(f"commit {commit[:12]}", f"{base}/commit/{commit}")] if commit else []
        if pull := _PULL.match(env.get("GITHUB_REF", "")):
            found.append(Link(f"pull request {pull[1]}", f"{base}/pull/{pull[1]}"))
    elif project:
        found += [Link(f"commit {commit[:12]}", f"{project}/-/commit/{commit}")] if commit else []
        if (number := env.get("CI_MERGE_REQUEST_IID", "")).isdecimal():
            found.append(Link(f"merge request {number}", f"{project}/-/merge_requests/{number}"))
    return tuple(link for link in found if _WEB.fullmatch(link.url))
