"""A Service URL → scheme, host and port, in the one form that is judged and connected to."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from syncer.project import hosts
from syncer.shapes.base import Unfit

_NETLOC: Final = r"(?:\[[^\[\]]*:[^\[\]]*\]|[^\[\]:]+)(?::\d*)?"
_API_PATH: Final = r"/api(?:/v100(?:/rest(?:/spaces(?:/(?P<space>[A-Za-z0-9_]+)(?:/entities(?:/.*)?)?)?)?)?)?"
_CREDENTIALS_HINT: Final = (
    "write only scheme and host; credentials come from PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD"
)


def service_url(text: str, space_id: str | None, name: str) -> str:
    """Return scheme, host and port of a Service URL.

    Raises:
        Unfit: `url-invalid` or `url-insecure`. The detail never shows credentials.
    """
    example = "such as https://us-east.api.pipelinersales.com"
    if "@" in text:
        raise Unfit(
            "url-invalid",
            f"{name} holds a user name or a password (or an @ that looks like it).",
            _CREDENTIALS_HINT,
        )
    try:
        parts = urlsplit(text.strip())
        written, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unfit("url-invalid", f'{name} is "{text}", which is no URL: {error}.', example) from None
    plain = re.fullmatch(_NETLOC, parts.netloc) and not re.search(r"[\s\x00-\x20\x7f\\]", text.strip())
    if parts.scheme not in ("https", "http") or not written or not plain:
        hint = (
            f"write https://{text.strip()}"
            if re.fullmatch(r"[\w.-]+\.\w+(?::\d+)?", text.strip())
            else example
        )
        raise Unfit("url-invalid", f'{name} is "{text}"; a URL begins with https:// and a host.', hint)
    try:
        host = hosts.normal(written)
    except ValueError as error:
        raise Unfit("url-invalid", f'{name} is "{text}"; the host {error}.', example) from None
    if port == 0:
        raise Unfit("url-invalid", f'{name} is "{text}"; there is no port 0.', example)
    # What was judged is what is connected to, so the URL is put together from its parts.
    netloc = hosts.in_url(host) + ("" if port is None else f":{port}")
    if parts.scheme == "http" and not hosts.is_loopback(host):
        raise Unfit(
            "url-insecure",
            f'{name} is "{text}"; without TLS, the password could be read on the way.',
            f"write https://{netloc}",
        )
    _check_path(text, parts._replace(netloc=netloc), space_id, name)
    return f"{parts.scheme}://{netloc}"


def _check_path(text: str, parts: SplitResult, space_id: str | None, name: str) -> None:
    path = parts.path.rstrip("/")
    match = re.fullmatch(_API_PATH, path)
    if (path and not match) or parts.query or parts.fragment:
        raise Unfit(
            "url-invalid",
            f'{name} is "{text}"; the Service URL ends after the host.',
            f"write {parts.scheme}://{parts.netloc}",
        )
    pasted = match["space"] if match else None
    if pasted and space_id and pasted != space_id:
        raise Unfit(
            "url-invalid",
            f'{name} leads to the space "{pasted}", space_id is "{space_id}".',
            f"write {parts.scheme}://{parts.netloc}, and the right space_id",
        )
