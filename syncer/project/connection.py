"""A project and the environment → a Connection: where requests go, and with which credentials."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from syncer.model.problem import Problem, ProjectError
from syncer.model.words import be, listed
from syncer.project import hosts
from syncer.project.load import FILE_NAME, Project, Space
from syncer.project.url import service_url
from syncer.shapes.base import Unfit
from syncer.shapes.words import nearest

ENVIRONMENT_SPACE: Final = "environment"

_URL: Final = "PIPELINER_URL"
_ID: Final = "PIPELINER_SPACE_ID"
_CREDENTIALS: Final = ("PIPELINER_API_USERNAME", "PIPELINER_API_PASSWORD")
_SPACE_ID: Final = r"[A-Za-z0-9_]+"
_SPACE_HINT: Final = (
    f"write the space into {FILE_NAME}:\nspaces:\n  production:\n"
    "    url: https://us-east.api.pipelinersales.com\n    space_id: us_Acme\n"
    "or set PIPELINER_URL and PIPELINER_SPACE_ID"
)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where to send requests, and the credentials for it, which are in no repr and no file.

    Attributes:
        name: Name of the space in syncer.yaml, `environment` when only the environment names it.
        url: Service URL: scheme, host and port, without a path.
        space_id: Letters, digits, underscores.
        username: For Basic authentication.
        password: Likewise.
        note: What people have to know when it is not the space that syncer.yaml names, one line.
    """

    name: str
    url: str
    space_id: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A connection without its credentials, see `Connection`."""

    name: str
    url: str
    space_id: str
    note: str = ""


def connection(project: Project, space: str | None, env: Mapping[str, str]) -> Connection:
    """Return where to send requests and with which credentials; the one gate to a service.

    Args:
        project: The spaces of syncer.yaml.
        space: Name of a space, which always means the one of the file; None when there is only one.
        env: Environment; without *space*, `PIPELINER_URL` and `PIPELINER_SPACE_ID` win over the file.
            `<SPACE>_PIPELINER_API_USERNAME` wins over `PIPELINER_API_USERNAME`, and so for the password.

    Raises:
        ProjectError: No space, several and none chosen, an unknown one, a URL that cannot be used or a host
            that nobody vouches for, or credentials missing; all that is missing together.
    """
    problems: list[Problem] = []
    place = _found(project, space, env, problems)
    own = place.name if place and place.name in project.spaces else None
    username, password = _credentials(own, env, problems)
    if problems or place is None:
        raise ProjectError(problems)
    return Connection(place.name, place.url, place.space_id, username, password, place.note)


def place(project: Project, space: str | None, env: Mapping[str, str]) -> Place:
    """Return which space is meant, for what sends nothing to it; see `connection`.

    Raises:
        ProjectError: As there, but for credentials.
    """
    problems: list[Problem] = []
    found = _found(project, space, env, problems)
    if problems or found is None:
        raise ProjectError(problems)
    return found


def _found(
    project: Project, space: str | None, env: Mapping[str, str], problems: list[Problem]
) -> Place | None:
    if space is None:
        return _place(project, env, problems)
    chosen = _named(project, space, problems)
    return _vouched(project, chosen, env, problems) if chosen else None


def prefix(space: str) -> str:
    """Return how the names of a space's own credentials begin."""
    return re.sub(r"[^A-Z0-9]", "_", space.upper()) + "_"


def _named(project: Project, space: str, problems: list[Problem]) -> Space | None:
    if space in project.spaces:
        return project.spaces[space]
    names = ", ".join(project.spaces)
    meant = nearest(space, project.spaces)
    hint = f'did you mean "{meant}"?' if meant else (f"spaces: {names}" if names else _SPACE_HINT)
    problems.append(Problem("space-unknown", f'There is no space "{space}" in {FILE_NAME}.', hint=hint))
    return None


def _place(project: Project, env: Mapping[str, str], problems: list[Problem]) -> Place | None:
    """Return which space is meant when none was named, and on which host."""
    set_ = {name: env[name] for name in (_URL, _ID) if env.get(name)}
    url, space_id = set_.get(_URL), set_.get(_ID)
    if url is not None:
        url = _checked(problems, service_url, url, space_id, _URL)
    if space_id is not None:
        space_id = _checked(problems, _space_id, space_id)
    if len(set_) == 2:
        if url is None or space_id is None:
            return None
        return _differing(project, Place(ENVIRONMENT_SPACE, url, space_id), set_)
    only = _only(project, [name for name in (_URL, _ID) if name not in set_], problems)
    if only is None:
        return None
    place = Place(only.name, url or only.url, space_id or only.space_id)
    if url is None and not _vouched(project, only, env, problems):
        return None
    return _differing(project, place, set_)


def _only(project: Project, missing: Sequence[str], problems: list[Problem]) -> Space | None:
    """Return the space of a file that has one; *missing* in the environment is what would name another."""
    if len(project.spaces) == 1:
        return next(iter(project.spaces.values()))
    if project.spaces:
        detail = f"{FILE_NAME} has the spaces {', '.join(project.spaces)}."
        hint = f"choose one: --space {next(iter(project.spaces))}"
        problems.append(Problem("space-ambiguous", detail, hint=hint))
    else:
        detail = f"{_file_shown(project.file)}, and {listed(missing)} {be(missing)} not set."
        problems.append(Problem("no-space", detail, hint=_SPACE_HINT))
    return None


def _differing(project: Project, place: Place, set_: Mapping[str, str]) -> Place:
    """Return the place with the name it has in the file, or with a word that it is none of the file."""
    for space in project.spaces.values():
        if (space.url, space.space_id) == (place.url, place.space_id):
            return replace(place, name=space.name)
    if not project.spaces:
        return place
    names = listed([f'"{name}"' for name in project.spaces])
    note = (
        f"{listed(list(set_))} {be(list(set_))} set: this is space {place.space_id} on {place.url}, "
        f"not {names} of {FILE_NAME} (which --space means)."
    )
    return replace(place, note=note)


def _vouched(project: Project, space: Space, env: Mapping[str, str], problems: list[Problem]) -> Place | None:
    """Return the place of a space of the file, unless nobody vouches for its host."""
    host = urlsplit(space.url).hostname or ""
    if hosts.is_vouched(host, env) or host == _host_of(env.get(_URL, "")):
        return Place(space.name, space.url, space.space_id)
    detail = (
        f'The url of space "{space.name}" leads to {host}. User name and password are sent only to hosts '
        f"of {hosts.VENDOR}, to this machine, and to hosts that the environment names."
    )
    hint = (
        f"is {host} really the host of your space, by a page that you trust? then set "
        f"{hosts.TRUSTED}={host} where syncer runs (exact host names, separated by commas)"
    )
    source = project.source
    problems.append(
        source.problem("untrusted-host", detail, source.span(("spaces", space.name, "url")), hint)
        if source is not None
        else Problem("untrusted-host", detail, hint=hint)
    )
    return None


def _host_of(url: str) -> str | None:
    """Return the host that PIPELINER_URL vouches for."""
    try:
        return urlsplit(service_url(url, None, _URL)).hostname
    except Unfit:
        return None


def _space_id(text: str) -> str:
    if not re.fullmatch(_SPACE_ID, text):
        detail = f'PIPELINER_SPACE_ID is "{text}"; a space id has letters, digits and underscores.'
        raise Unfit("bad-value", detail, "such as us_Acme")
    return text


def _checked(problems: list[Problem], check: Any, *arguments: Any) -> str | None:
    try:
        return str(check(*arguments))
    except Unfit as unfit:
        problems.append(Problem(unfit.code, unfit.detail, hint=unfit.hint))
        return None


def _credentials(space: str | None, env: Mapping[str, str], problems: list[Problem]) -> tuple[str, str]:
    own = prefix(space) if space else ""
    found: list[str] = []
    missing: list[str] = []
    for name in _CREDENTIALS:
        given = next((n for n in (own + name, name) if env.get(n)), name)
        value = env.get(given, "")
        found.append(value)
        if not value:
            missing.append(name)
        elif unfit := _unsendable(given, value):
            problems.append(unfit)
    if missing:
        or_own = f" (or {listed([own + name for name in missing])}, only for this space)" if own else ""
        problems.append(
            Problem(
                "credentials-missing",
                f"{listed(missing)} {be(missing)} not set.",
                hint=f"set {listed(missing)}{or_own} in the environment; Pipeliner shows both when an API "
                "application is made in the administration",
            )
        )
    username, password = found
    if ":" in username:
        problems.append(
            Problem(
                "credentials-unusable",
                "The user name holds a colon, which Basic authentication cannot send.",
                hint="is it the user name of the API application?",
            )
        )
    return username, password


def _unsendable(name: str, value: str) -> Problem | None:
    """Return why Basic authentication cannot send a value (RFC 7617); blanks and quotes it can."""
    if any("\ud800" <= c <= "\udfff" for c in value):
        return Problem(
            "credentials-unusable",
            f"{name} holds bytes that are not UTF-8.",
            hint="write it anew, in a terminal or a file that is UTF-8",
        )
    control = next((c for c in value if unicodedata.category(c) == "Cc"), None)
    if control is None:
        return None
    what = {"\n": "a line feed", "\r": "a carriage return", "\t": "a tab"}.get(control, "a control character")
    where = "at its end" if value.rstrip("\r\n\t").isprintable() else "in it"
    return Problem(
        "credentials-unusable",
        f"{name} has {what} {where}, which Basic authentication cannot send.",
        hint="set it anew without; a secret that was pasted, or read from a file, keeps the end of its line",
    )


def _file_shown(file: Path | None) -> str:
    return f"{FILE_NAME} has no spaces" if file else f"There is no {FILE_NAME}"
