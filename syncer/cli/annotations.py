"""Problems as machines read them: JSON, annotations beside the lines of a change, code scanning."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from syncer.model.problem import Problem, blocking_first
from syncer.model.span import Span


def problems_as(style: str, problems: Iterable[Problem]) -> str:
    """Return *problems* as `json`, as `github` annotations or as `sarif`."""
    from syncer.formats.plan_json import json_text  # noqa: PLC0415 (not for text)
    from syncer.formats.problem_json import problems_json  # noqa: PLC0415
    from syncer.render.annotations import problems_github, problems_sarif  # noqa: PLC0415

    match style:
        case "github":
            return problems_github(_in_repository(problems))
        case "sarif":
            return json_text(problems_sarif(_in_repository(problems, Span("syncer.yaml", 1, 1))))
        case _:
            return json_text({"problems": problems_json(blocking_first(problems))})


def _in_repository(problems: Iterable[Problem], nowhere: Span | None = None) -> Iterator[Problem]:
    """Name files from the top of the git repository, as code hosts do; ours are named from the project.

    Args:
        problems: As found.
        nowhere: The place of what is in no file, in the project.
    """
    from syncer.project import load as project  # noqa: PLC0415 (not for text)

    here = Path.cwd()
    file = project.find(here)
    root = file.parent if file else here
    top = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)

    def moved(span: Span) -> Span:
        path = Path(os.path.normpath(root / span.file))
        return span._replace(file=path.relative_to(top).as_posix()) if path.is_relative_to(top) else span

    for problem in problems:
        span = problem.span or nowhere
        yield replace(
            problem,
            span=moved(span) if span else None,
            related=tuple(replace(related, span=moved(related.span)) for related in problem.related),
        )
