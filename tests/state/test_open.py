"""What syncer.yaml asks for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from syncer.model.problem import ProjectError
from syncer.state.choice import BACKENDS, Choice
from syncer.state.faults import StateError
from syncer.state.open import open_store, project_name
from tests.state.places import SPACE, URL, GitPlace, Place, PostgresPlace, git, row


@pytest.mark.parametrize("backend", BACKENDS)
def test_each_store_is_opened_by_its_name(backend: str, make_place: Callable[[str], Place]) -> None:
    place = make_place(backend)
    root = place.clone() if isinstance(place, GitPlace) else place.folder
    environ = {"PATH": "/usr/bin:/bin", "SYNCER_LEASE": "60"}
    if isinstance(place, PostgresPlace):
        environ["SYNCER_STATE_URL"] = place.url
    store = open_store(Choice(backend), root, URL, SPACE, environ=environ)
    store.remember([row("a")])
    assert store.read().backend == backend
    assert list(place.store().read().ledger) == ["opportunity.a"]


def test_a_lease_of_no_sensible_length_stops_everything(tmp_path: Path) -> None:
    environ = {"PATH": "/usr/bin:/bin", "SYNCER_LEASE": "forever"}
    with pytest.raises(ProjectError):
        open_store(Choice(), tmp_path, URL, SPACE, environ=environ)


def test_a_project_is_called_by_its_folder_in_the_repository(tmp_path: Path) -> None:
    assert project_name(tmp_path) == "."
    git(tmp_path, "init", "--quiet")
    inside = tmp_path / "deals" / "emea über"
    inside.mkdir(parents=True)
    assert (project_name(tmp_path), project_name(inside)) == (".", "deals/emea über")
    with pytest.raises(StateError):
        project_name(tmp_path, {"PATH": "/nowhere"})
