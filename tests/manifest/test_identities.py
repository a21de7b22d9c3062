"""What the manifests alone tell about which deal is whose."""

from collections.abc import Callable
from typing import Any

import pytest

from syncer import manifest
from syncer.model.problem import ManifestError
from tests.support import one


def codes(make: Callable[..., Any], text: str, settings: str = "version: 1\n") -> list[tuple[str, str]]:
    """Read one manifest; return the code and the place of each problem."""
    try:
        manifest.read(make({"deals.yaml": text}, settings))
    except ManifestError as error:
        return [(problem.code, str(problem.span)) for problem in error.problems]
    return []


KEYED = "version: 1\nidentity: {key_field: cf_key}\n"
BY_NAME = "version: 1\nidentity: {match: [name]}\n"


@pytest.mark.parametrize(
    ("ignored", "more", "settings", "refused"),
    [
        ("[pipeline, step]", {}, "version: 1\n", True),
        ("[name]", {}, "version: 1\n", True),
        ("[account]", {}, "version: 1\n", True),
        ("[accounts]", {}, "version: 1\n", True),
        ("[step, value]", {}, "version: 1\n", False),
        ("[pipeline]", {"id": "3fa85f64-5717-4562-b3fc-2c963f66afa6"}, "version: 1\n", False),
        ("[pipeline]", {"state": "absent"}, "version: 1\n", False),
        ("[pipeline, name]", {}, KEYED, False),
        ("[pipeline]", {}, BY_NAME, False),
        ("[name]", {}, BY_NAME, True),
    ],
)
def test_what_alone_finds_a_deal_again_may_not_be_ignored(
    make_project: Callable[..., Any], ignored: str, more: dict[str, str], settings: str, refused: bool
) -> None:
    found = codes(make_project, one(lifecycle=f"{{ignore: {ignored}}}", **more), settings)

    assert [code for code, _ in found] == ["identity-ignored"] * refused


SHARED = "version: 1\nstate: git\n"


@pytest.mark.parametrize(
    ("own", "settings", "refused"),
    [
        ("{name: crm}", "version: 1\n", True),
        ("{pipeline: once, step: once}", "version: 1\n", True),
        ("{name: git}", "version: 1\n", False),
        ("{name: crm}", KEYED, False),
        ("{name: crm, account: once}", SHARED, False),
    ],
)
def test_what_alone_finds_a_deal_again_may_not_be_left_to_the_crm(
    make_project: Callable[..., Any], own: str, settings: str, refused: bool
) -> None:
    """Unless every machine remembers which record it was."""
    found = codes(make_project, one(lifecycle=f"{{own: {own}}}"), settings)

    assert [code for code, _ in found] == ["identity-ignored"] * refused


def test_what_the_defaults_ignore_is_told_once(make_project: Callable[..., Any]) -> None:
    text = "version: 1\ndefaults: {lifecycle: {ignore: [pipeline]}}\nopportunities:\n"
    text += "".join(one(key).partition("opportunities:\n")[2].replace("2027\n", f"{key}\n") for key in "abc")

    ((code, place),) = codes(make_project, text)

    assert (code, place.partition(":")[2][:1]) == ("identity-ignored", "2")


def test_the_rest_of_the_project_is_read_with_a_part_of_it(make_project: Callable[..., Any]) -> None:
    """It counts where it is about what was asked for, and its own faults do not."""
    broken = one("b", owner="null")
    project = make_project(
        {"a.yaml": one("a", name="A"), "b.yaml": broken, "c.yaml": one("c", name="C", colour="red")}
    )

    read = manifest.read(project, [project.root / "opportunities/a.yaml"], with_rest=True)

    assert [entry.key for entry in read.declared] == ["a"]
    assert [entry.key for entry in read.rest] == ["b", "c"]
    assert manifest.read(project, [project.root / "opportunities/a.yaml"]).rest == ()


@pytest.fixture
def clashing(make_project: Callable[..., Any]) -> Callable[[str], list[tuple[str, str]]]:
    def clash(other: str) -> list[tuple[str, str]]:
        project = make_project(
            {"a.yaml": one("a"), "b.yaml": other, "c.yaml": one("x", name="Z"), "d.yaml": one("y", name="Z")}
        )
        try:
            manifest.read(project, [project.root / "opportunities/a.yaml"], with_rest=True)
        except ManifestError as error:
            return [(problem.code, str(problem.address)) for problem in error.problems]
        return []

    return clash


def test_what_clashes_with_the_rest_is_an_error_and_clashes_within_the_rest_are_none(
    clashing: Callable[[str], list[tuple[str, str]]],
) -> None:
    assert clashing(one("a", name="Other")) == [("duplicate-address", "opportunity.a")]
    assert clashing(one("b")) == [("same-identity", "opportunity.b")]
    assert clashing(one("b", name="Other")) == []


def test_a_file_of_the_rest_that_cannot_be_read_is_a_warning(make_project: Callable[..., Any]) -> None:
    project = make_project({"a.yaml": one("a"), "b.yaml": "version: 1\nopportunities: [\n"})

    read = manifest.read(project, [project.root / "opportunities/a.yaml"], with_rest=True)

    assert [(problem.code, problem.severity) for problem in read.warnings] == [
        ("identity-unjudged", "warning")
    ]


def test_a_former_key_is_another_one(make_project: Callable[..., Any]) -> None:
    same = codes(make_project, one("a", formerly="{key: a}"), KEYED)

    assert [code for code, _ in same] == ["bad-value"]


def test_two_accounts_of_one_name_are_told_nothing_of_key_fields(make_project: Callable[..., Any]) -> None:
    """Those are for opportunities alone."""
    both = "  a: {name: Acme, owner: d@x.example}\n  b: {name: Acme, owner: d@x.example}\n"
    project = make_project({"a.yaml": f"version: 1\naccounts:\n{both}"})

    with pytest.raises(ManifestError) as raised:
        manifest.read(project)

    assert [(problem.code, problem.hint) for problem in raised.value.problems] == [
        ("same-identity", "delete one of them, or tell them apart by name or by id")
    ]
