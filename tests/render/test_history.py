"""Runs and who set a value, as people read them: narrow, and harmless."""

from typing import Any

import pytest

from syncer.model.address import Address
from syncer.model.observed import Observed
from syncer.planning.history import Blame, Present, Subject, Told
from syncer.render.history import blame_text, record_text, runs_text
from syncer.render.look import Look
from syncer.resolve.directory import Directory
from syncer.state.values import RunChange
from tests.state.places import row, run

ACME = Subject(Address("opportunity", "acme-renewal-2027"))
NARROW = Look(width=60)
EVIL = "\x1b[2Jevil\u202e"
UPDATE = RunChange(
    "opportunity.acme-renewal-2027",
    "update",
    "updated",
    "id-acme",
    {"owner": "o1", "name": "a"},
    {"owner": "o2", "name": "b"},
    (
        {"path": "owner", "before": "dana@example.com", "after": "carl@example.com"},
        {"path": "name", "before": "a", "after": "b"},
    ),
)
DELETE = RunChange("opportunity.acme-renewal-2027", "delete", "deleted", "id-acme", {"name": EVIL}, None)
RUNS = (
    run(
        "20270201T100000.000Z-aaaaaaaa",
        outcomes={"updated": 2, "failed": 1},
        commit="0123456789abcdef",
        plan="sha256:0123456789abcdef",
    ),
    run(
        "20270131T120000.000Z-bbbbbbbb",
        ended=None,
        plan=None,
        commit=None,
        uncertain=("opportunity.a",),
        by=EVIL,
    ),
)


def test_runs_say_who_when_from_what_and_how_they_ended() -> None:
    assert runs_text(RUNS, NARROW) == (
        "20270201T100000.000Z-aaaaaaaa\n"
        "  2027-01-31T12:00:00Z, dana, commit 0123456789ab\n"
        "  plan sha256:0123456789ab\n"
        "  2 updated, 1 failed\n"
        "\n"
        "20270131T120000.000Z-bbbbbbbb\n"
        "  2027-01-31T12:00:00Z, \\x1b[2Jevil\\u202e, no commit\n"
        "  nothing written\n"
        "  did not end in order: 1 to be looked up by the next apply"
    )


def test_no_runs_are_said_to_be_none() -> None:
    assert runs_text((), NARROW) == "Nothing was applied yet, as far as is remembered."


def test_a_record_shows_what_each_run_did_to_it() -> None:
    told = (
        Told(RUNS[1], (DELETE,)),
        Told(RUNS[0], (UPDATE,)),
        Told(RUNS[0], (RunChange("opportunity.old", "create", "created", "id-acme", None, {"name": "a"}),)),
    )

    text = record_text(ACME, row("acme"), told, NARROW)

    assert text.splitlines()[:2] == [
        "opportunity.acme-renewal-2027",
        "  record id-acme, as agreed 2027-01-31T12:00:00Z",
    ]
    assert '  deleted "\\x1b[2Jevil\\u202e"' in text.splitlines()
    assert '    owner  "dana@example.com" → "carl@example.com"' in text.splitlines()
    assert '  created as opportunity.old "a"' in text.splitlines()
    assert max(map(len, text.splitlines())) <= 60


def test_a_record_that_nothing_is_known_of_says_so() -> None:
    assert record_text(ACME, None, (), NARROW).splitlines()[1:] == [
        "  Nothing is agreed about it now.",
        "",
        "No run that is kept has touched it.",
    ]


def blame(now: str | None, *told: Told, deleted: bool = False, **agreed: Any) -> str:
    modified = "2027-02-03 10:00:00"
    record = None if now is None else Observed("id-acme", {"name": now}, {}, False, "", modified)
    known = row("acme", **agreed) if agreed else None
    present = Present(record, deleted, Directory())
    text = blame_text(Blame(ACME._replace(path="name"), known, told, present), NARROW)
    assert max(map(len, text.splitlines())) <= 60
    return "\n".join(text.splitlines()[2:])


@pytest.mark.parametrize("color", [False, True])
def test_a_value_that_a_run_wrote_names_the_run_and_of_the_run_only_that_field(color: bool) -> None:
    told = (Told(RUNS[0], (UPDATE,)),)
    present = Present(Observed("id-acme", {"name": "b"}, {}, False, "", ""), False, Directory())
    text = blame_text(
        Blame(ACME._replace(path="name"), row("acme", name="b"), told, present), Look(60, color)
    )

    assert ("\x1b[1m20270201T100000.000Z-aaaaaaaa\x1b[0m" in text) is color
    assert text.replace("\x1b[1m", "").replace("\x1b[0m", "") == (
        "opportunity.acme-renewal-2027  name\n"
        "\n"
        'now     "b", as agreed\n'
        'agreed  "b", 2027-01-31T12:00:00Z\n'
        "set by  run 20270201T100000.000Z-aaaaaaaa,\n"
        "        2027-01-31T12:00:00Z, dana, commit 0123456789ab\n"
        "\n"
        "20270201T100000.000Z-aaaaaaaa\n"
        "  2027-01-31T12:00:00Z, dana, commit 0123456789ab\n"
        "  plan sha256:0123456789ab\n"
        "  updated\n"
        '    name  "a" → "b"'
    )


def test_a_value_of_the_crm_says_since_when_and_what_is_not_known() -> None:
    assert blame(EVIL, name="a") == (
        'now     "\\x1b[2Jevil\\u202e"\n'
        'agreed  "a", 2027-01-31T12:00:00Z\n'
        "set by  somebody in the CRM since 2027-01-31T12:00:00Z, when\n"
        "        it was last agreed; the CRM says that the record was\n"
        "        last changed 2027-02-03 10:00:00, and not by whom or\n"
        "        which of its fields"
    )


def test_a_value_that_no_run_wrote_is_not_put_down_to_one() -> None:
    assert blame("a", name="a").splitlines()[2:] == [
        "set by  no run that is kept: it was there when it was",
        "        agreed, or its run is older than those that are kept",
    ]
    assert blame("a", value="1") == (
        'now     "a"\n'
        "set by  somebody in the CRM: no manifest has set it; the CRM\n"
        "        says that the record was last changed 2027-02-03\n"
        "        10:00:00"
    )


def test_a_record_that_is_gone_says_what_is_left_of_it() -> None:
    told = Told(RUNS[0], (UPDATE,))

    assert blame(None, told, deleted=True, name="b").splitlines()[:4] == [
        "now     nothing: the record id-acme is among the deleted",
        "        ones",
        'agreed  "b", 2027-01-31T12:00:00Z',
        "set by  run 20270201T100000.000Z-aaaaaaaa,",
    ]
    assert blame(None, name="b").splitlines()[0] == "now     nothing: the record id-acme is not to be seen"
    assert blame(None) == "now     not known: nothing is agreed about this address"


def test_options_of_a_custom_field_are_parts_of_it() -> None:
    """Asked about the field, a reader is shown each option that came or went."""
    fields = (
        {"path": "fields.cf_tags[New]", "before": None, "after": True},
        {"path": "fields.cf_region", "before": "EMEA", "after": "APAC"},
    )
    change = RunChange("opportunity.acme", "update", "updated", "id-acme", {}, {}, fields)
    subject = Subject(ACME.address, "fields.cf_tags")

    text = record_text(subject, row("acme"), (Told(RUNS[0], (change,)),), NARROW)

    assert [line.strip() for line in text.splitlines() if "cf_" in line] == [
        f"fields.cf_tags[New]  none {NARROW.glyphs.arrow} true"
    ]
