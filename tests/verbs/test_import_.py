"""The order of an import, without a command line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from syncer.importing.read import Selection
from syncer.model.problem import SyncerError
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.sandbox.server import Sandbox
from syncer.verbs.import_ import ImportOptions, import_
from syncer.verbs.session import open_session

Make = Callable[..., Path]


def test_what_is_there_is_written_once(sandbox: Sandbox, project: Make) -> None:
    """The second time, manifests declare all of it; nothing is replaced, and nothing written twice."""
    folder = project({})
    settings = projects.load_project(folder / "syncer.yaml")
    said: list[str] = []
    with open_session(settings, connection(settings, None, sandbox.env())) as session:
        options = ImportOptions(Path("opportunities"), "none")
        first = import_(session, Selection(), options=options, say=said.append)
        again = import_(session, Selection(), options=options, say=said.append)

    assert said == [f"Reading the opportunities of space {sandbox.space_id}."] * 2
    assert (first.files, first.folders, first.found) == (
        ("opportunities/opportunities.yaml",),
        ("opportunities",),
        True,
    )
    assert (folder / first.files[0]).is_file()
    assert (again.files, again.imported.declared) == ((), len(first.imported.described))


def test_where_the_patterns_do_not_look_is_known(sandbox: Sandbox, project: Make) -> None:
    """Somebody imports to look at it first."""
    settings = projects.load_project(project({}) / "syncer.yaml")
    with open_session(settings, connection(settings, None, sandbox.env())) as session:
        brought = import_(
            session, Selection(), options=ImportOptions(Path("elsewhere"), "none"), say=lambda _text: None
        )

    assert (brought.folders, brought.found) == (("elsewhere",), False)


def test_nothing_is_written_outside_the_project(sandbox: Sandbox, project: Make, tmp_path: Path) -> None:
    """Nothing is read either: it is said at once."""
    settings = projects.load_project(project({}) / "syncer.yaml")
    place = replace(connection(settings, None, sandbox.env()), url="http://127.0.0.1:9")
    with open_session(settings, place) as session, pytest.raises(SyncerError, match="is not in the project"):
        import_(session, Selection(), options=ImportOptions(tmp_path), say=lambda _text: None)
