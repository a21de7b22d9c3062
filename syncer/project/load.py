"""syncer.yaml → a Project."""

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from syncer.manifest.load import load_file
from syncer.manifest.scalars import Unfit, money_of
from syncer.manifest.source import Source
from syncer.manifest.validate import check_project
from syncer.manifest.words import nearest, shown
from syncer.model.declared import Existing, Money, Reference
from syncer.model.policy import Guards, MatchRule, PastDate, Policy
from syncer.model.problem import Problem, ProjectError
from syncer.model.span import Span, ValuePath
from syncer.project import days, hosts

FILE_NAME: Final = "syncer.yaml"


ENVIRONMENT_SPACE: Final = "environment"


DEFAULT_MANIFESTS: Final = ("opportunities/",)


_URL: Final = "PIPELINER_URL"


_ID: Final = "PIPELINER_SPACE_ID"


_PRIVATE_KEYS: Final = r"(?i)(\w*(?:password|passwd|secret|token)|api_?key|user_?name|credentials?)"


_SPACE_ID: Final = r"[A-Za-z0-9_]+"


_NETLOC: Final = r"(?:\[[^\[\]]*:[^\[\]]*\]|[^\[\]:]+)(?::\d*)?"


_API_PATH: Final = r"/api(?:/v100(?:/rest(?:/spaces(?:/(?P<space>[A-Za-z0-9_]+)(?:/entities(?:/.*)?)?)?)?)?)?"


@dataclass(frozen=True, slots=True)
class Space:
    """One space of syncer.yaml.

    Attributes:
        name: Chosen by the author of the file.
        url: Service URL: scheme, host and port, without a path.
        space_id: Letters, digits, underscores.
    """

    name: str
    url: str
    space_id: str


@dataclass(frozen=True, slots=True)
class Connection:
    """Where to send requests, and the credentials for it, which are in no repr and no file.

    Attributes:
        name: Name of the space in syncer.yaml, `environment` when only the environment names it.
        url: Service URL: scheme, host and port, without a path.
        space_id: Letters, digits, underscores.
        username: For Basic authentication.
        password: As above.
        note: What people have to know when it is not the space that syncer.yaml names, one line.
    """

    name: str
    url: str
    space_id: str
    username: str = field(repr=False)
    password: str = field(repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as its syncer.yaml describes it.

    Attributes:
        root: Folder that manifests, journal and lock are relative to; absolute.
        file: syncer.yaml; None when the environment alone describes the project.
        spaces: By name, in the order of the file.
        manifests: Patterns relative to the root.
        defaults: As written, checked by the schema; see `syncer.manifest`.
        identity: How declared opportunities find existing ones.
        policy: What apply may do.
        timezone: Name of the time zone whose day is today; None for that of the machine.
        source: Text of syncer.yaml, to place problems in it.
        warnings: What in it is probably not what was meant.
    """

    root: Path
    file: Path | None = None
    spaces: Mapping[str, Space] = field(default_factory=lambda: MappingProxyType({}))
    manifests: tuple[str, ...] = DEFAULT_MANIFESTS
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    identity: MatchRule = field(default_factory=MatchRule)
    policy: Policy = field(default_factory=Policy)
    timezone: str | None = None
    source: Source | None = field(default=None, compare=False, repr=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False, repr=False)

    def connection(self, space: str | None, env: Mapping[str, str]) -> Connection:
        """Return where to send requests and with which credentials; the one gate to a service.

        Args:
            space: Name of a space, which always means the one of the file; None when there is only one.
            env: Environment; without *space*, `PIPELINER_URL` and `PIPELINER_SPACE_ID` win over the file.
                `<SPACE>_PIPELINER_API_USERNAME` wins over `PIPELINER_API_USERNAME`, and so for the password.

        Raises:
            ProjectError: No space, several and none chosen, an unknown one, a URL that cannot be used or a
                host that nobody vouches for, or credentials missing; all that is missing together.
        """
        problems: list[Problem] = []
        place = self._place(space, env, problems)
        own = place.name if place and place.name in self.spaces else None
        username, password = self._credentials(own, env, problems)
        if problems or place is None:
            raise ProjectError(problems)
        return Connection(place.name, place.url, place.space_id, username, password, place.note)

    def _place(self, space: str | None, env: Mapping[str, str], problems: list[Problem]) -> "_Place | None":
        """Return which space is meant, and on which host."""
        if space is not None:
            chosen = self._named(space, problems)
            return self._vouched(chosen, env, problems) if chosen else None
        set_ = {name: env[name] for name in (_URL, _ID) if env.get(name)}
        url, space_id = set_.get(_URL), set_.get(_ID)
        if url is not None:
            url = _checked(problems, service_url, url, space_id, _URL)
        if space_id is not None:
            space_id = _checked(problems, _space_id, space_id)
        if len(set_) == 2:
            if url is None or space_id is None:
                return None
            return self._differing(_Place(ENVIRONMENT_SPACE, url, space_id), set_)
        if not self.spaces:
            missing = [name for name in (_URL, _ID) if name not in set_]
            problems.append(
                Problem(
                    "no-space",
                    f"{_file_shown(self.file)}, and {_and(missing)} {_be(missing)} not set.",
                    hint=_SPACE_HINT,
                )
            )
            return None
        if len(self.spaces) > 1:
            problems.append(
                Problem(
                    "space-ambiguous",
                    f"{FILE_NAME} has the spaces {', '.join(self.spaces)}.",
                    hint=f"choose one: --space {next(iter(self.spaces))}",
                )
            )
            return None
        (only,) = self.spaces.values()
        place = _Place(only.name, url or only.url, space_id or only.space_id)
        if url is None and not self._vouched(only, env, problems):
            return None
        return self._differing(place, set_)

    def _differing(self, place: "_Place", set_: Mapping[str, str]) -> "_Place":
        """Return the place with the name it has in the file, or with a word that it is none of the file."""
        for space in self.spaces.values():
            if (space.url, space.space_id) == (place.url, place.space_id):
                return replace(place, name=space.name)
        if not self.spaces:
            return place
        names = _and([f'"{name}"' for name in self.spaces])
        note = (
            f"{_and(list(set_))} {_be(list(set_))} set: this is space {place.space_id} on {place.url}, "
            f"not {names} of {FILE_NAME} (which --space means)."
        )
        return replace(place, note=note)

    def _vouched(self, space: Space, env: Mapping[str, str], problems: list[Problem]) -> "_Place | None":
        """Return the place of a space of the file, unless nobody vouches for its host."""
        host = urlsplit(space.url).hostname or ""
        if hosts.is_vouched(host, env) or host == _host_of(env.get(_URL, "")):
            return _Place(space.name, space.url, space.space_id)
        detail = (
            f'The url of space "{space.name}" leads to {host}. User name and password are sent only to hosts '
            f"of {hosts.VENDOR}, to this machine, and to hosts that the environment names."
        )
        hint = (
            f"is {host} really the host of your space, by a page that you trust? then set "
            f"{hosts.TRUSTED}={host} where syncer runs (exact host names, separated by commas)"
        )
        path: ValuePath = ("spaces", space.name, "url")
        problems.append(
            self.source.problem("untrusted-host", detail, self.source.span(path), hint)
            if self.source is not None
            else Problem("untrusted-host", detail, hint=hint)
        )
        return None

    def _named(self, space: str, problems: list[Problem]) -> Space | None:
        if space in self.spaces:
            return self.spaces[space]
        names = ", ".join(self.spaces)
        meant = nearest(space, self.spaces)
        hint = f'did you mean "{meant}"?' if meant else (f"spaces: {names}" if names else _SPACE_HINT)
        problems.append(Problem("space-unknown", f'There is no space "{space}" in {FILE_NAME}.', hint=hint))
        return None

    @staticmethod
    def _credentials(space: str | None, env: Mapping[str, str], problems: list[Problem]) -> tuple[str, str]:
        prefix = re.sub(r"[^A-Z0-9]", "_", space.upper()) + "_" if space else ""
        found: list[str] = []
        missing: list[str] = []
        for name in ("PIPELINER_API_USERNAME", "PIPELINER_API_PASSWORD"):
            given = next((n for n in (prefix + name, name) if env.get(n)), name)
            value = env.get(given, "")
            found.append(value)
            if not value:
                missing.append(name)
            elif unfit := _unsendable(given, value):
                problems.append(unfit)
        if missing:
            own = f" (or {_and([prefix + name for name in missing])}, only for this space)" if prefix else ""
            problems.append(
                Problem(
                    "credentials-missing",
                    f"{_and(missing)} {_be(missing)} not set.",
                    hint=f"set {_and(missing)}{own} in the environment; Pipeliner shows both when an API "
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


@dataclass(frozen=True, slots=True)
class _Place:
    """A connection without its credentials."""

    name: str
    url: str
    space_id: str
    note: str = ""


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


_SPACE_HINT: Final = (
    f"write the space into {FILE_NAME}:\nspaces:\n  production:\n"
    "    url: https://us-east.api.pipelinersales.com\n    space_id: us_Acme\n"
    "or set PIPELINER_URL and PIPELINER_SPACE_ID"
)


def load(directory: Path | str | None = None, env: Mapping[str, str] | None = None) -> Project:
    """Read the project of a folder.

    Args:
        directory: Where to look for syncer.yaml, then in the folders above it up to the one that holds
            `.git`; the current folder when None.
        env: Environment; `os.environ` when None. A project without a syncer.yaml needs `PIPELINER_URL` and
            `PIPELINER_SPACE_ID` in it.

    Raises:
        ProjectError: There is no project, or syncer.yaml is wrong; all problems at once.
    """
    env = os.environ if env is None else env
    start = Path(os.path.abspath(directory or "."))  # noqa: PTH100 - resolve() would follow links
    if not start.is_dir():
        raise ProjectError(Problem("file-missing", f'There is no folder "{start}".'))
    file = find(start)
    if file is not None:
        return load_project(file)
    if env.get("PIPELINER_URL") and env.get("PIPELINER_SPACE_ID"):
        return Project(root=start)
    raise ProjectError(
        Problem(
            "file-missing",
            f'There is no {FILE_NAME} in "{start}", nor in a folder above it.',
            hint="run `syncer init`, name the folder with -C, or set PIPELINER_URL and PIPELINER_SPACE_ID",
        )
    )


def find(start: Path) -> Path | None:
    """Return the syncer.yaml of *start* or of the nearest folder above it, within the same git repository."""
    for folder in (start, *start.parents):
        file = folder / FILE_NAME
        if file.is_file() or file.is_symlink():
            return file
        if (folder / ".git").exists():
            return None
    return None


def load_project(file: Path) -> Project:
    """Read one syncer.yaml.

    Raises:
        ProjectError: It is wrong; all problems at once. Or it is a link that leads out of its folder: nothing
            of what is there may be shown.
    """
    real = os.path.realpath(file)
    if not Path(real).is_relative_to(os.path.realpath(file.parent)):
        detail = f'"{file}" is a link that leads out of the project, to "{real}".'
        raise ProjectError(Problem("file-outside", detail, hint="put the file itself there"))
    loaded = load_file(file, file.name)
    if not loaded.ok or loaded.source is None:
        raise ProjectError(loaded.problems)
    source, value = loaded.source, loaded.value
    problems = [*loaded.problems, *_secrets(source, value)]
    secret = {problem.span for problem in problems}
    problems += [problem for problem in check_project(source, value) if problem.span not in secret]
    if problems:
        raise ProjectError(problems)
    project = _build(file, source, value or {}, problems)
    if problems:
        raise ProjectError(problems)
    return replace(project, warnings=loaded.warnings)


def policy_json(project: Project) -> dict[str, Any]:
    """Return what a saved plan is bound to, besides its space: identity and policy as JSON types."""
    guards = project.policy.guards
    return {
        "identity": {"key_field": project.identity.key_field, "match": list(project.identity.match)},
        "existing": str(project.policy.existing),
        "guards": {
            "max_creates": guards.max_creates,
            "max_updates": guards.max_updates,
            "max_deletes": guards.max_deletes,
            "max_value": [f"{money.amount:f} {money.currency}" for money in guards.max_value],
            "closing_date_in_past": str(guards.closing_date_in_past),
        },
        **({"timezone": project.timezone} if project.timezone else {}),
    }


def _build(file: Path, source: Source, value: Mapping[str, Any], problems: list[Problem]) -> Project:
    identity = value.get("identity") or {}
    policy = value.get("policy") or {}
    return Project(
        root=file.parent,
        file=file,
        spaces=MappingProxyType(
            {
                name: Space(name, _space_url(source, name, written, problems), written["space_id"])
                for name, written in (value.get("spaces") or {}).items()
            }
        ),
        manifests=tuple(value.get("manifests") or DEFAULT_MANIFESTS),
        defaults=MappingProxyType(value.get("defaults") or {}),
        identity=MatchRule(identity.get("key_field"), tuple(identity.get("match") or MatchRule().match)),
        policy=Policy(
            Existing(policy.get("existing", "report")), _guards(source, policy.get("guards") or {}, problems)
        ),
        timezone=_timezone(source, value["timezone"], problems) if "timezone" in value else None,
        source=source,
    )


def _timezone(source: Source, name: str, problems: list[Problem]) -> str:
    if days.zone(name) is None:
        known = days.names()
        last = name.rpartition("/")[2].replace(" ", "_").casefold()
        meant = next((other for other in sorted(known) if other.rpartition("/")[2].casefold() == last), None)
        meant = meant or nearest(name, known)
        if not known:
            hint = "this machine has no time zone database; `pip install tzdata` brings one"
        else:
            hint = f'did you mean "{meant}"?' if meant else "such as Europe/Vienna or America/New_York"
        span = source.span(("timezone",))
        problems.append(
            source.problem("bad-value", f"{shown(name)} is no time zone of the IANA database.", span, hint)
        )
    return name


def _guards(source: Source, written: Mapping[str, Any], problems: list[Problem]) -> Guards:
    base = Guards()

    def limit(name: str, default: int | None) -> int | None:
        value = written.get(name, default)
        return None if value is None else int(value)

    max_value = base.max_value
    if "max_value" in written:
        raw = written["max_value"]
        items = raw if isinstance(raw, list) else [] if raw is None else [raw]
        found: dict[str, Money] = {}
        for index, item in enumerate(items):
            path: ValuePath = ("policy", "guards", "max_value", *((index,) if isinstance(raw, list) else ()))
            span = source.span(path)
            try:
                amount, code = money_of(item)
            except Unfit as unfit:
                problems.append(source.problem(unfit.code, unfit.detail, span, unfit.hint))
                continue
            if code is None:
                detail = f'"{item}" has no currency.'
                problems.append(
                    source.problem("bad-amount", detail, span, f"write {item} USD, or another currency")
                )
            elif code in found:
                detail = f"max_value has two limits for {code}."
                problems.append(source.problem("bad-value", detail, span, "delete one of them"))
            else:
                found[code] = Money(amount, Reference("currency", text=code))
        max_value = tuple(found.values())
    return Guards(
        max_creates=limit("max_creates", base.max_creates),
        max_updates=limit("max_updates", base.max_updates),
        max_deletes=limit("max_deletes", base.max_deletes),
        max_value=max_value,
        closing_date_in_past=PastDate(written.get("closing_date_in_past", base.closing_date_in_past)),
    )


def _space_url(source: Source, name: str, written: Mapping[str, Any], problems: list[Problem]) -> str:
    try:
        return service_url(written["url"], written["space_id"], "url")
    except Unfit as unfit:
        span = source.span(("spaces", name, "url"))
        problems.append(source.problem(unfit.code, unfit.detail, span, unfit.hint))
        return ""


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


def _host_of(url: str) -> str | None:
    """Return the host that PIPELINER_URL vouches for."""
    try:
        return urlsplit(service_url(url, None, _URL)).hostname
    except Unfit:
        return None


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


def _secrets(source: Source, value: Any) -> list[Problem]:
    """Return a problem for each key that looks like a credential, without what stands behind it."""
    found: list[Problem] = []

    def walk(inner: Any, path: ValuePath) -> None:
        if isinstance(inner, list):
            for index, item in enumerate(inner):
                walk(item, (*path, index))
        if isinstance(inner, dict):
            for key, item in inner.items():
                if re.fullmatch(_PRIVATE_KEYS, key) and path != ("spaces",):
                    span: Span = source.span((*path, key), key=True)
                    found.append(
                        Problem(
                            "secret-in-file",
                            f'"{key}" looks like a credential; credentials come only from the environment.',
                            span,
                            hint="delete it here, set PIPELINER_API_USERNAME and PIPELINER_API_PASSWORD, "
                            "and change the password if the file was shared",
                        )
                    )
                else:
                    walk(item, (*path, key))

    walk(
        {name: inner for name, inner in value.items() if name != "defaults"}
        if isinstance(value, dict)
        else None,
        (),
    )
    return found


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _be(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _file_shown(file: Path | None) -> str:
    return f"{FILE_NAME} has no spaces" if file else f"There is no {FILE_NAME}"
