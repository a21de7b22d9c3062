"""The manifests of a project, read as a whole."""

import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from syncer import manifest
from syncer.model.problem import ManifestError, Severity
from syncer.project.load import Project
from tests.depth import examples

Make = Callable[..., Project]
ENTRY: Final = (
    "{name: N%s, owner: a@x.example, pipeline: P, closing_date: 2027-01-01, value: 1, account: none}"
)


def one(key: str) -> str:
    return f"opportunities:\n  {key}: {ENTRY % key}\n"


def test_opportunities_are_sorted_by_address_whatever_the_file(make_project: Make) -> None:
    found = manifest.read(make_project({"a.yaml": one("z"), "b.yaml": one("a"), "sub/c.yaml": one("m")}))

    assert [str(declared.address) for declared in found.declared] == [
        "opportunity.a",
        "opportunity.m",
        "opportunity.z",
    ]
    assert found.files == ("opportunities/a.yaml", "opportunities/b.yaml", "opportunities/sub/c.yaml")
    assert found.warnings == ()


@settings(
    max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_files_never_matters(make_project: Make, order: list[str]) -> None:
    project = make_project({f"{name}.yaml": one(key) for name, key in zip("abcd", "abcd", strict=True)})
    paths = [project.root / "opportunities" / f"{name}.yaml" for name in order]

    assert manifest.read(project, paths) == manifest.read(project)


def test_the_digest_follows_names_and_bytes(make_project: Make) -> None:
    first = manifest.read(make_project({"a.yaml": one("a")})).digest
    same = manifest.read(make_project({"a.yaml": one("a")})).digest
    commented = manifest.read(make_project({"a.yaml": one("a") + "# x\n"})).digest
    more = manifest.read(make_project({"a.yaml": one("a"), "b.yaml": ""})).digest

    assert first == same
    assert first.startswith("sha256:")
    assert len({first, commented, more}) == 3


def test_paths_are_read_instead_of_the_patterns(make_project: Make, tmp_path: Path) -> None:
    project = make_project({"a.yaml": one("a")})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.yml").write_text(one("b"))

    found = manifest.read(project, [tmp_path / "elsewhere"])

    assert [declared.key for declared in found.declared] == ["b"]


def test_a_file_that_two_patterns_match_is_read_once(make_project: Make, tmp_path: Path) -> None:
    settings = 'manifests: ["opportunities/*.yaml", "**/a.yaml", "syncer.yaml", "link.yaml"]\n'
    (tmp_path / "link.yaml").symlink_to("opportunities/a.yaml")

    assert len(manifest.read(make_project({"a.yaml": one("a")}, settings)).declared) == 1


def test_a_pattern_that_matches_nothing_beside_others_is_a_warning(make_project: Make) -> None:
    settings = 'manifests:\n  - "opportunities/*.yaml"\n  - "deals/*.yaml"\n'
    (warning,) = manifest.read(make_project({"a.yaml": one("a")}, settings)).warnings

    assert str(warning) == 'syncer.yaml:3:5: No manifests found: Nothing matches "deals/*.yaml".'
    assert warning.severity is Severity.WARNING


def said(project: Project, paths: list[Path] | None = None) -> list[tuple[str, str]]:
    with pytest.raises(ManifestError) as caught:
        manifest.read(project, paths or ())
    return [(str(problem), problem.hint) for problem in caught.value.problems]


def test_no_manifest_at_all_is_an_error(make_project: Make, tmp_path: Path) -> None:
    assert said(make_project({})) == [
        (
            f'No manifests found: Nothing matches "accounts/", "contacts/", "opportunities/" in {tmp_path}.',
            "write one, or run `syncer init`",
        )
    ]


def test_an_empty_folder_of_the_command_line_is_an_error(make_project: Make, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert said(make_project({"a.yaml": one("a")}), [tmp_path / "empty"]) == [
        (f'No manifests found: Nothing matches "{tmp_path / "empty"}".', "")
    ]


@pytest.mark.parametrize(
    "text", ["", "# nothing yet\n", "version: 1\n", "opportunities:\n", "opportunities: {}\n"]
)
def test_manifests_without_an_opportunity_are_an_error(make_project: Make, text: str) -> None:
    detail = (
        'opportunities/a.yaml matches "accounts/", "contacts/", "opportunities/", and nothing is declared.'
    )

    assert said(make_project({"a.yaml": text})) == [
        (f"Nothing declared: {detail}", "declare records under accounts:, contacts: or opportunities:")
    ]


def test_several_manifests_without_an_opportunity_are_counted(make_project: Make) -> None:
    assert said(make_project({"a.yaml": "", "b.yaml": ""}))[0][0] == (
        'Nothing declared: 2 files match "accounts/", "contacts/", "opportunities/", and nothing is declared.'
    )


def test_a_pattern_out_of_the_project_is_placed_in_syncer_yaml(make_project: Make) -> None:
    detail = 'The pattern "../*.yaml" leads out of the project; patterns are relative to syncer.yaml.'

    assert said(make_project({"a.yaml": one("a")}, 'manifests: ["../*.yaml"]\n')) == [
        (f"syncer.yaml:1:13: Path leads out of the project: {detail}", "name such files on the command line")
    ]


def test_a_project_of_the_environment_has_no_place_for_problems(tmp_path: Path) -> None:
    project = Project(root=tmp_path, manifests=("../x.yaml",))

    assert said(project)[0][0].startswith("Path leads out of the project")


def test_an_empty_file_beside_others_is_fine(make_project: Make) -> None:
    assert len(manifest.read(make_project({"a.yaml": one("a"), "b.yaml": "# later\n"})).declared) == 1


@settings(max_examples=examples(), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=80)
    | st.text(max_size=80).map(str.encode)
    | st.text(alphabet="abc:-{}[]&*<!|'\"\n #0", max_size=60).map(
        lambda text: b"opportunities:\n  a:\n    " + text.encode()
    )
)
def test_whatever_a_file_holds_only_problems_come_out(make_project: Make, data: bytes) -> None:
    project = make_project({"a.yaml": data})
    try:
        manifest.read(project)
    except ManifestError as error:
        found = [problem.code for problem in error.problems]
    else:
        found = ["fine"]

    assert found


@pytest.mark.parametrize("enabled", [True, False])
def test_the_collector_is_left_as_it_was(make_project: Make, enabled: bool) -> None:
    project = make_project({"a.yaml": one("a")})
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        manifest.read(project)
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_reading_imports_nothing_heavy(make_project: Make, tmp_path: Path) -> None:
    make_project({"a.yaml": one("a")})
    script = (
        "import sys; from syncer import manifest; from syncer.project import load; "
        f"manifest.read(load.load({str(tmp_path)!r}, {{}})); "
        "print({'httpcore', 'rich', 'jsonschema', 'deepdiff', 'jinja2'} & set(sys.modules))"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert result.stdout == "set()\n"
