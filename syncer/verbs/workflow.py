"""The CI of a project as text: a workflow of GitHub, a pipeline of GitLab."""

import re
import shlex
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from syncer.importing.keys import slug
from syncer.shapes.quoting import quoted

SERVICES: Final = ("github", "gitlab")
ACTION: Final = f"example-org/syncer@{'0' * 40}"
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
        return f".gitlab/syncer{of}.yml" if self.included else ".gitlab-ci.yml"

    @property
    def _slug(self) -> str:
        return slug(self.folder) or "project"


def text(pipeline: Pipeline) -> str:
    """Return the file that stands at the path of *pipeline*."""
    user, password = pipeline.variables
    folder = pipeline.folder
    of = f"-{pipeline._slug}" if folder else ""  # noqa: SLF001 (its own module)
    under = _GLOB.sub(r"\\\1", folder)
    paths = [f"{under}/**"] if folder else _OF_A_PROJECT
    kept = [f"{folder}/{name}" if folder else name for name in ("plan.json", "plan.html", "plan-report.json")]
    known: dict[str, Any] = {
        "name": _plain(f"deals ({folder})" if folder else "deals"),
        "paths": f"[{', '.join(map(_plain, paths))}]",
        "glob": quoted(f"{under}/**/*"),
        "branch": quoted(pipeline.branch),
        "action": ACTION,
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
    return str(_template(pipeline.service).render(known))


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
