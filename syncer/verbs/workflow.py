"""The CI of a project as text: a workflow of GitHub, a pipeline of GitLab."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from syncer.importing.keys import slug
from syncer.shapes.quoting import quoted

SERVICES: Final = ("github", "gitlab")
GITLAB: Final = ".gitlab-ci.yml"  # all that GitLab reads by itself
ACTION: Final = f"example-org/syncer@{'0' * 40}"
REPOSITORY: Final = "https://gitlab.example.com/tools/syncer.git"
_KEPT: Final = ("plan.json", "plan.html", "plan-report.json")
# Of the component of GitLab: what each means, and its default where it has one.
_INPUTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "commit": ("The commit of syncer that is installed, the one of this component at best.", {}),
    "repository": ("Where your copy of syncer lives.", {"default": REPOSITORY}),
    "folder": ("The folder with syncer.yaml.", {"default": "."}),
    "prefix": ("What the names of the jobs begin with.", {"default": "syncer-"}),
    "stage_of_validate": ("Where files are validated.", {"default": "test"}),
    "stage_of_plan": ("Where the plan is made.", {"default": "test"}),
    "stage_of_apply": ("Where it is applied.", {"default": "deploy"}),
}
_OF_A_PROJECT: Final = ("syncer.yaml", "opportunities/**", "accounts/**", "contacts/**")
_GLOB: Final = re.compile(r"([\\*?\[\]{}!+@()])")


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a CI has to know of a project.

    Attributes:
        service: One of `SERVICES`.
        state: The backend of the state, which decides on the rights of the jobs.
        folder: Of the project in its repository, with forward slashes; "" at its root.
        branch: What is merged into, and applied.
        variables: The secrets that hold user name and password.
        included: Another pipeline of GitLab includes this one, and has stages of its own.
    """

    service: str
    state: str = "git"
    folder: str = ""
    branch: str = "main"
    variables: tuple[str, str] = ("PIPELINER_API_USERNAME", "PIPELINER_API_PASSWORD")
    included: bool = False

    @property
    def path(self) -> str:
        """Where it stands in the repository."""
        of = f"-{self._slug}" if self.folder else ""
        if self.service == "github":
            return f".github/workflows/syncer{of}.yml"
        return f".gitlab/syncer{of}.yml" if self.included else GITLAB

    @property
    def _slug(self) -> str:
        return slug(self.folder) or "project"


def component() -> str:
    """Return the component of GitLab: the pipeline, with what a project chooses as its inputs."""
    chosen = {name: f"$[[ inputs.{name} ]]" for name in _INPUTS}
    known = _known(Pipeline("gitlab", "", included=True)) | {
        "prefix": chosen["prefix"],
        "repository": f'"{chosen["repository"]}"',
        "commit": f'"{chosen["commit"]}"',
        "stages": [chosen[f"stage_of_{job}"] for job in ("validate", "plan", "apply")],
        "folder": chosen["folder"],
        "enter": f'cd "{chosen["folder"]}"',
        "group": f"{chosen['prefix']}deals",
        "artifacts": [f'"{chosen["folder"]}/{name}"' for name in _KEPT],
    }
    inputs = {name: {"description": words, **more} for name, (words, more) in _INPUTS.items()}
    head = "spec:\n  inputs:\n" + "\n".join(
        f"    {name}:\n" + "\n".join(f"      {key}: {quoted(value)}" for key, value in told.items())
        for name, told in inputs.items()
    )
    return f"{head}\n---\n{_template('gitlab').render(known)}"


def text(pipeline: Pipeline) -> str:
    """Return the file that stands at the path of *pipeline*."""
    return str(_template(pipeline.service).render(_known(pipeline)))


def _known(pipeline: Pipeline) -> dict[str, Any]:
    """Return what a template may say."""
    user, password = pipeline.variables
    folder = pipeline.folder
    of = f"-{pipeline._slug}" if folder else ""  # noqa: SLF001 (its own module)
    under = _GLOB.sub(r"\\\1", folder)
    paths = [f"{under}/**"] if folder else _OF_A_PROJECT
    kept = [f"{folder}/{name}" if folder else name for name in _KEPT]
    return {
        "name": _plain(f"deals ({folder})" if folder else "deals"),
        "paths": f"[{', '.join(map(_plain, paths))}]",
        "glob": quoted(f"{under}/**/*") if folder else "",
        "branch": quoted(pipeline.branch),
        "action": ACTION,
        "repository": REPOSITORY,
        "commit": quoted("0" * 40),
        "stages": ("test", "test", "deploy") if pipeline.included else ("validate", "plan", "apply"),
        "state": pipeline.state,
        "folder": _plain(folder) if folder else "",
        "folder_inline": f", working-directory: {_plain(folder)}" if folder else "",
        "enter": quoted(f"cd {shlex.quote(folder)}"),
        "group": f"deals{of}",
        "prefix": f"syncer{of}-" if pipeline.included else "",
        "included": pipeline.included,
        "artifacts": [quoted(name) for name in kept],
        "user": user,
        "password": password,
    }


def _plain(value: str) -> str:
    """Return a value of a workflow of GitHub, in which no expression begins."""
    return quoted(value.replace("${{", "${{ '${{' }}"))


@cache
def _template(service: str) -> Any:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 (only where a file is written)

    # GitHub's own expressions stand in double braces.
    environment = Environment(
        autoescape=False,  # noqa: S701 (YAML; what is not ours is quoted)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        block_start_string="[%",
        block_end_string="%]",
        variable_start_string="[[",
        variable_end_string="]]",
        comment_start_string="[#",
        comment_end_string="#]",
    )
    source = files("syncer.verbs").joinpath("templates", f"{service}.yml.j2").read_text("utf-8")
    return environment.from_string(source)
