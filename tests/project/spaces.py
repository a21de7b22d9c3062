"""Projects with one and two spaces, and what is said of what is wrong with them."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from syncer.model.problem import ProjectError
from syncer.project.load import Project

CREDENTIALS: Final = {"PIPELINER_API_USERNAME": "me", "PIPELINER_API_PASSWORD": "hunter2"}
ONE_SPACE: Final = "spaces:\n  production: {url: 'https://h.pipelinersales.com', space_id: us_Acme}\n"
TWO_SPACES: Final = ONE_SPACE + "  test-2: {url: 'https://t.pipelinersales.com', space_id: us_Test}\n"

Load = Callable[[str], Project]


def said(run: Callable[[], Any]) -> list[tuple[str, str]]:
    with pytest.raises(ProjectError) as caught:
        run()
    return [(str(problem), problem.hint) for problem in caught.value.problems]
