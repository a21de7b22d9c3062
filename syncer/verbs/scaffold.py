"""A project out of nothing: settings, a first manifest of things that exist, a CI workflow."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from syncer import manifest
from syncer.files import several
from syncer.importing.describe import Describer
from syncer.importing.keys import slug
from syncer.importing.read import namesakes
from syncer.kinds.opportunity import OPPORTUNITY
from syncer.manifest.emit import block
from syncer.model.names import Entry
from syncer.model.observed import Observed
from syncer.model.plan import Plan
from syncer.model.problem import Problem, SyncerError
from syncer.model.words import listed
from syncer.project.connection import prefix
from syncer.project.load import Project, Space, load_project
from syncer.remote.client import Api, Row
from syncer.remote.inventory import by_reference, inventory
from syncer.remote.query import Query, read_all
from syncer.resolve.directory import Directory
from syncer.resources import schema, schema_text
from syncer.shapes.quoting import quoted
from syncer.shapes.spelling import Bare
from syncer.state.choice import REMOTE, Choice
from syncer.state.open import open_store
from syncer.verbs import workflow
from syncer.verbs.live_schema import live_schema, live_text
from syncer.verbs.plan import plan
from syncer.verbs.repository import Repository
from syncer.verbs.session import Session

SETTINGS: Final = "syncer.yaml"
MANIFEST: Final = "opportunities/first.yaml"
IGNORE: Final = ".gitignore"
_SCHEMA: Final = "schemas/{}.schema.json"
_SCHEMAS: Final = ("manifest", "project")
_LOOK: Final = 100  # accounts to look at for one that makes a good example
_FEW: Final = 2
_IGNORED: Final = (".syncer/", "plan.json", "*.plan.json")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a project needs to know of its space.

    Attributes:
        name: How syncer.yaml calls the space.
        url: Service URL: scheme, host and port.
        space_id: As shown with the credentials.
        own_credentials: They are read from `<NAME>_PIPELINER_API_…`, not from the plain names.
    """

    name: str
    url: str
    space_id: str
    own_credentials: bool = False

    @property
    def variables(self) -> tuple[str, str]:
        """The environment variables of user name and password."""
        own = prefix(self.name) if self.own_credentials else ""
        return f"{own}PIPELINER_API_USERNAME", f"{own}PIPELINER_API_PASSWORD"

    def project(self, folder: Path) -> Project:
        """Return what the project in *folder* will be, as far as a connection needs it."""
        return Project(folder, spaces={self.name: Space(self.name, self.url, self.space_id)})


@dataclass(frozen=True, slots=True)
class Choices:
    """How a project is to be kept.

    Attributes:
        state: Where what is remembered is kept.
        service: Whose CI plans and applies, one of `workflow.SERVICES`; None for no CI.
        live: Whether the schema for editors holds the names of the space.
        repository: What the project lies in.
    """

    state: Choice = field(default_factory=Choice)
    service: str | None = workflow.SERVICES[0]
    live: bool = False
    repository: Repository | None = None

    def pipeline(self, answers: Answers) -> workflow.Pipeline | None:
        """Return what the CI has to know; None for no CI.

        A pipeline of GitLab that is there already is not ours to replace: it includes the one of the project.
        """
        if self.service is None:
            return None
        at = self.repository
        made = workflow.Pipeline(self.service, self.state.backend, variables=answers.variables)
        if at is None:
            return made
        taken = (at.root / made.path).exists() or bool(at.folder)
        return replace(made, folder=at.folder, branch=at.branch, included=self.service == "gitlab" and taken)


def shared(repository: Repository | None) -> Choice:
    """Return the state that a project in *repository* best has: on its remote, if there is one."""
    if repository is None or repository.remote is None:
        return Choice()
    return Choice("git", remote=repository.remote)


def check_state(choice: Choice, folder: Path, answers: Answers) -> None:
    """See that what is to be remembered can be kept as *choice* says; make the tables of a database.

    Raises:
        SyncerError: It cannot.
    """
    there = next(each for each in (folder, *Path(os.path.abspath(folder)).parents) if each.is_dir())  # noqa: PTH100
    store = open_store(choice, there, answers.url, answers.space_id)
    if choice.backend == "postgresql":
        store.init()
    store.read()


def set_up(
    session: Session,
    answers: Answers,
    choices: Choices,
    first: tuple[str, Mapping[str, Any]],
    *,
    may_replace: Callable[[Sequence[str]], bool],
) -> tuple[Path, ...]:
    """Write a new project; return the files.

    Args:
        session: On the project as the answers make it, which is not there yet.
        answers: The space.
        choices: How it is kept.
        first: Key and values of the first opportunity, see `example`.
        may_replace: Tells whether the files of these names, which exist, may be replaced.

    Raises:
        SyncerError: Files exist.
        RemoteError: Refused, or silent; nothing was written.
    """
    root, under = session.project.root, ""
    if choices.repository is not None:
        root, folder = choices.repository.root, choices.repository.folder
        under = f"{folder}/" if folder else ""
    ignore = root / under / IGNORE
    present = ignore.read_text(encoding="utf-8", errors="replace") if ignore.is_file() else ""
    texts = files(answers, choices, first, present)
    if choices.live:
        texts[_SCHEMA.format("manifest")] = live_text(live_schema(session))
    if texts[IGNORE] == present:
        del texts[IGNORE]
    texts = {f"{under}{name}": text for name, text in texts.items()}
    if (pipeline := choices.pipeline(answers)) is not None:
        texts[pipeline.path] = workflow.text(pipeline)
        if pipeline.included and not (root / workflow.GITLAB).exists():
            texts[workflow.GITLAB] = f"include:\n  - local: {quoted(pipeline.path)}\n"
    clash = [
        name
        for name in texts
        if name != f"{under}{IGNORE}" and ((root / name).exists() or (root / name).is_symlink())
    ]
    if clash and not may_replace(clash):
        raise SyncerError(
            Problem(
                "exists",
                f"{_near(root / name)} exists already.",
                hint="nothing was written; --force replaces it",
            )
            for name in clash
        )
    several.write_all(root, texts, force=True)
    return tuple(_near(root / name) for name in texts)


def _near(path: Path) -> Path:
    """Return *path* as seen from the current folder, where that is possible."""
    try:
        return Path(os.path.relpath(path))
    except ValueError:  # on another drive
        return path


def first_plan(session: Session) -> Plan:
    """Return what the first manifest of the new project would do, to prove that it works."""
    file = Path(os.path.abspath(session.project.root)) / SETTINGS  # noqa: PTH100 - keep links
    made = replace(session, project=load_project(file))
    return plan(made, manifest.read(made.project)).plan


def files(
    answers: Answers, choices: Choices, first: tuple[str, Mapping[str, Any]], ignored: str = ""
) -> dict[str, str]:
    """Return the text of every file in the folder of a new project, by path.

    Args:
        answers: The space.
        choices: How it is kept.
        first: Key and values of an opportunity as manifests write it, see `example`.
        ignored: What .gitignore holds already.
    """
    key, values = first
    return {
        SETTINGS: _settings(answers, choices.state),
        MANIFEST: _manifest(values, key),
        IGNORE: _ignore(ignored),
        **{_SCHEMA.format(name): schema_text(name) for name in _SCHEMAS},
    }


def example(api: Api, today: date) -> tuple[str, dict[str, Any]]:
    """Return key and values of an opportunity that could be made in this space right now.

    Everything it names exists: an account, best one with an e-mail and contacts, its owner, a pipeline with a
    step and a type. What the space lacks is left out.

    Raises:
        RemoteError: Refused, or silent.
    """
    directory = inventory(api, [OPPORTUNITY])
    account, contacts = _account(api, directory)
    pipeline, step = _pipeline(directory)
    values: dict[str, Any] = {
        "name": f"First deal with {directory.label('account', account.id)}" if account else "First deal",
        "owner": _owner(directory, account),
        "pipeline": pipeline,
        "step": step,
        "closing_date": (today + timedelta(days=90)).isoformat(),
        "value": {"amount": "100", "currency": directory.base_currency},
        "accounts": {account.id: {"primary": True}} if account else {},
        "contacts": {id_: {"primary": place == 0, "roles": []} for place, id_ in enumerate(contacts[:_FEW])},
    }
    record = Observed("", values, {}, archived=False, created="", modified="")
    described = Describer(OPPORTUNITY, directory, None).describe(record, values["name"])
    missing = [name for name in described.left_out if name not in {"value", "contacts"}]
    if missing:
        raise SyncerError(
            Problem(
                "pipeline-empty" if {"pipeline", "step"} & set(missing) else "reference-unknown",
                f"This space has nothing yet that an opportunity could call its {listed(missing)}.",
                hint="it needs a pipeline with steps and a published type, and a user with an e-mail",
            )
        )
    described.values.setdefault("value", Bare("100"))
    return slug(values["name"]) or "first-deal", described.values


def _owner(directory: Directory, account: Entry | None) -> str | None:
    owner = directory.get("owner", account.row.get("owner_id")) if account else None
    if owner is not None and not owner.deleted and owner.emails:
        return owner.id
    living = [entry for entry in directory.all("owner") if entry.emails and not entry.deleted]
    return min(living, key=lambda entry: entry.emails[0]).id if living else None


def _pipeline(directory: Directory) -> tuple[str | None, str | None]:
    """Return the first pipeline by name that an opportunity can begin in, and its first step."""
    usable = {entry.within for entry in directory.all("type") if entry.row.get("is_published") is not False}
    pipelines = sorted(
        (entry for entry in directory.all("pipeline") if not entry.deleted and entry.names),
        key=lambda entry: (entry.names[0], entry.id),
    )
    for pipeline in pipelines:
        steps = directory.steps(pipeline.id)
        if steps and pipeline.id in usable:
            return pipeline.id, steps[0].id
    return None, None


def _account(api: Api, directory: Directory) -> tuple[Entry | None, Sequence[str]]:
    """Return an account that makes a good example, and the contacts linked to it."""
    query = by_reference("account")
    load = ",".join(("id", *query.load_only, "owner_id"))
    rows: list[Row] = api.list_page(query.entity, {"first": str(_LOOK), "load-only": load}).rows
    if not rows:
        return None, ()
    directory.add("account", rows)
    ids = [row["id"] for row in rows]
    wanted = {"account_id": frozenset(ids[:20])}
    (links,) = read_all(
        api, [Query("ContactAccountRelations", ("id", "account_id", "contact_id"), wanted=wanted)]
    )
    of: dict[str, list[str]] = {}
    for link in links.rows:
        if link.get("contact_id") and link.get("account_id"):
            of.setdefault(link["account_id"], []).append(link["contact_id"])
    accounts = [entry for id_ in ids if (entry := directory.get("account", id_)) is not None]
    living = {entry.id for entry in directory.all("owner") if not entry.deleted}
    best = max(
        accounts,
        key=lambda entry: (
            entry.row.get("owner_id") in living,
            bool(entry.emails) + bool(of.get(entry.id)),
            min(len(of.get(entry.id, ())), _FEW),
        ),
    )
    contacts = of.get(best.id, [])
    if contacts:
        directory.add("contact", read_all(api, [by_reference("contact", id=contacts)])[0].rows)
    directory.linked = {
        contact: frozenset(account for account, linked in of.items() if contact in linked)
        for contact in contacts
    }
    namesakes(api, directory, ["account", "contact"])
    named = [id_ for id_ in contacts if (entry := directory.get("contact", id_)) is not None and entry.emails]
    return best, named


# --- texts ---


def _settings(answers: Answers, state: Choice) -> str:
    user, password = answers.variables
    existing = schema("project")["properties"]["policy"]["properties"]["existing"]
    return f"""\
# yaml-language-server: $schema=schemas/project.schema.json
version: 1
spaces:
  {quoted(answers.name)}:
    url: {quoted(answers.url)}
    space_id: {quoted(answers.space_id)}
# User name and password are read from {user} and {password}.

{_state(state)}

policy:
  existing: {existing["default"]:15} # {" | ".join(existing["enum"])}: for what exists and differs
  guards:                   # an apply that would do more stops before its first write
    max_creates: 500
    max_updates: 100
    max_deletes: 0

# A text field on opportunities, best a unique one, that holds the key: then the service itself refuses to
# make the same deal twice. Without one, a deal is known by its name, account and pipeline.
# identity: {{key_field: cf_syncer_key}}
"""


def _state(state: Choice) -> str:
    """Return where syncer.yaml says that what is remembered is kept."""
    if state.backend == "git" and state.remote != REMOTE:
        written = f"{{backend: git, remote: {quoted(state.remote)}}}"
    else:
        written = state.backend
    return (
        f"state: {written}  # local | git | postgresql: where is kept who applies, what was agreed and done"
    )


def _manifest(example: Mapping[str, Any], key: str) -> str:
    lines = "\n".join(block(example, 4))
    return f"""\
# yaml-language-server: $schema=../schemas/manifest.schema.json
# An example, made of what is in the space. Change it into a deal of yours, or delete the file.
version: 1
opportunities:
  {quoted(key)}:
{lines}
"""


def _ignore(present: str) -> str:
    missing = [line for line in _IGNORED if line not in present.splitlines()]
    if not missing:
        return present
    before = present if not present or present.endswith("\n") else present + "\n"
    return f"{before}# syncer: journals and locks of applies, saved plans\n" + "\n".join(missing) + "\n"


def exports(answers: Answers) -> str:
    """Return the lines that set the credentials in a shell, without them."""
    return "\n".join(
        f"$env:{name} = '…'" if os.name == "nt" else f"export {name}=…" for name in answers.variables
    )
