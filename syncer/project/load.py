"""syncer.yaml → a Project."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from syncer.kinds.registry import sections
from syncer.manifest.load import load_file
from syncer.manifest.source import Source
from syncer.manifest.validate import check_project
from syncer.model.declared import Closed, Existing, Money, Reference
from syncer.model.notice import Event
from syncer.model.policy import Gone, Guards, MatchRule, PastDate, Policy, Removed
from syncer.model.problem import Problem, ProjectError
from syncer.model.span import Span, ValuePath
from syncer.project import days
from syncer.project.url import service_url
from syncer.shapes.amounts import money_of
from syncer.shapes.base import Unfit
from syncer.shapes.words import nearest, shown
from syncer.state.choice import Choice
from syncer.tables.load import Tables
from syncer.tables.rules import build as table_rules

FILE_NAME: Final = "syncer.yaml"
# Below the folder of each kind.
DEFAULT_MANIFESTS: Final = tuple(f"{section}/" for section in sections())

_PRIVATE_KEYS: Final = r"(?i)(\w*(?:password|passwd|secret|token)|api_?key|user_?name|credentials?)"


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
        state: Where who applies, what was agreed and what was done is kept.
        notify: Who hears of what, by a name whose address is in the environment.
        tables: How tables are read and written.
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
    state: Choice = field(default_factory=Choice)
    notify: Mapping[str, frozenset[Event]] = field(default_factory=lambda: MappingProxyType({}))
    tables: Tables = field(default_factory=Tables)
    source: Source | None = field(default=None, compare=False, repr=False)
    warnings: tuple[Problem, ...] = field(default=(), compare=False, repr=False)


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
        "gone": str(project.policy.gone),
        "removed": str(project.policy.removed),
        "closed": str(project.policy.closed),
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
            Existing(policy.get("existing", "merge")),
            _guards(source, policy.get("guards") or {}, problems),
            Gone(policy.get("gone", "report")),
            Removed(policy.get("removed", "keep")),
            Closed(policy.get("closed", "keep")),
        ),
        timezone=_timezone(source, value["timezone"], problems) if "timezone" in value else None,
        notify=MappingProxyType(
            {name: frozenset(map(Event, events)) for name, events in (value.get("notify") or {}).items()}
        ),
        state=_state(source, value.get("state"), problems),
        tables=Tables(table_rules(source, value.get("tables"), problems)),
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


def _state(source: Source, written: Any, problems: list[Problem]) -> Choice:
    if not isinstance(written, dict):
        return Choice(written) if written else Choice()
    choice = Choice(**written)
    for name in ("remote", "branch"):
        if name in written and choice.backend != "git":
            detail = f"{name} belongs to git; the state is kept in {choice.backend}."
            span = source.span(("state", name), key=True)
            problems.append(source.problem("bad-value", detail, span, f"delete {name}, or say backend: git"))
    return choice


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
