"""`state` of syncer.yaml: which store a project has asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from syncer.model.job import in_ci

BACKENDS: Final = ("local", "git", "postgresql")
REMOTE: Final = "origin"
BRANCH: Final = "syncer/state/{space_id}"
SHARE: Final = "write `state: git` into syncer.yaml: it is kept on a branch of the repository then"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which store, and where it is.

    Attributes:
        backend: One of `BACKENDS`.
        remote: Of git, a name.
        branch: Of git; `{space_id}` stands for the space.
    """

    backend: str = "local"
    remote: str = REMOTE
    branch: str = BRANCH

    @property
    def is_shared(self) -> bool:
        """Whether other machines see what is kept there."""
        return self.backend != "local"

    def where(self, space: str) -> str:
        """Return in words where the state of *space* is kept."""
        if self.backend == "git":
            return f"the branch {self.branch.replace('{space_id}', space)} of {self.remote}"
        if self.backend == "postgresql":
            return "the database at SYNCER_STATE_URL"
        return "a folder below .syncer of this working copy"

    def doubt(self, environ: Mapping[str, str]) -> str:
        """Return what people have to know who plan or apply where it is kept; "" when there is nothing."""
        if self.is_shared or not in_ci(environ):
            return ""
        return (
            "What is remembered ends with this runner, and no other one sees it: nobody knows then who moved "
            f"a field of an existing record, so that edits of those are not written; {SHARE}."
        )
