# ruff: noqa: E501 - messages are compared whole
"""Service URLs, as people paste them."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.problem import ProjectError
from syncer.project.connection import connection
from syncer.project.load import Project
from tests.project.spaces import CREDENTIALS, ONE_SPACE, Load


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

    assert connection(load(ONE_SPACE), None, env).url == expected
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
        url = connection(Project(root=Path("/")), None, env).url
    except ProjectError as error:
        url = "https://" if error.problems else ""

    assert url.startswith(("https://", "http://"))
