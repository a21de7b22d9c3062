"""The tables of the rehearsal fit each other, the marks are unmistakable, the manual tells every point."""

import re
import string
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.rehearsal.mark import Mark, mark_of, new_mark, role_of
from syncer.rehearsal.points import POINTS
from syncer.rehearsal.questions import QUESTIONS
from syncer.rehearsal.report import region
from syncer.rehearsal.steps import STEPS

PACKAGE = Path(__file__).parents[2] / "syncer" / "rehearsal"
MANUAL = (Path(__file__).parents[2] / "docs" / "rehearsal.md").read_text("utf-8")


def test_every_point_is_told_by_one_question() -> None:
    assert sorted(name for question in QUESTIONS for name in question.points) == sorted(POINTS)


def test_every_request_that_has_a_name_is_sent_somewhere() -> None:
    source = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py") if path.name != "steps.py")

    assert [name for name in STEPS if f'"{name}"' not in source] == []


def test_the_manual_tells_every_point() -> None:
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", MANUAL, re.MULTILINE) == list(POINTS)
    for point in POINTS.values():
        assert f"| `{point.name}` | {point.asked} | {point.assumed} |" in MANUAL


@given(
    role=st.text(string.ascii_lowercase + "é-", min_size=1, max_size=20), blanks=st.sampled_from(["", "  "])
)
def test_a_mark_is_known_again_however_a_service_spells_it(role: str, blanks: str) -> None:
    mark = new_mark("us_Acme")
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, mark.name(role))
        row = {"name": f"{blanks}{name}{blanks}", "description": f"<p>{mark.description}</p>"}

        assert (mark_of("us_Acme", row), role_of(row)) == (mark, unicodedata.normalize("NFC", role))
        assert mark_of("us_Other", row) is None


@given(st.text(), st.text())
def test_what_people_write_is_no_mark(name: str, description: str) -> None:
    assert mark_of("us_Acme", {"name": name, "description": description}) is None


@pytest.mark.parametrize("row", [None, [], {}, {"name": None}, {"name": 1}])
def test_what_is_no_record_has_no_mark(row: object) -> None:
    assert mark_of("us_Acme", row) is None


def test_the_proof_depends_on_space_time_and_token() -> None:
    marks = [Mark("a", "t", "1"), Mark("b", "t", "1"), Mark("a", "u", "1"), Mark("a", "t", "2")]

    assert len({mark.proof for mark in marks}) == len(marks)
    assert role_of({"name": "Acme renewal"}) == ""


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://us-east.api.pipelinersales.com", "us-east"),
        ("https://eu-central.pipelinersales.com./", "eu-central"),
        ("https://acme.api.pipelinersales.com", "other"),
        ("https://us-east.acme.example", "other"),
        ("http://127.0.0.1:8080", "other"),
    ],
)
def test_only_the_vendors_regions_are_told(url: str, told: str) -> None:
    assert region(url) == told
