"""Days, in manifests and on the wire."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.fix import Write
from syncer.shapes.base import Field, Unfit
from syncer.shapes.date import DATE, date_of

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


@given(DAYS)
def test_every_date_of_the_calendar_is_read(day: date) -> None:
    assert date_of(day.isoformat()) == day


@given(DAYS)
def test_the_midnight_of_the_service_is_the_day(day: date) -> None:
    field = Field("day", DATE, "day")

    assert DATE.read(f"{day.isoformat()} 00:00:00.000000+00:00", field) == day.isoformat()
    assert DATE.read(None, field) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("31 March 2027", "2027-03-31"),
        ("31-Mar-2027", "2027-03-31"),
        ("31. März 2027", "2027-03-31"),
        ("1st Oct. 2027", "2027-10-01"),
        ("March 31, 2027", "2027-03-31"),
        ("Sept 3rd 2027", "2027-09-03"),
        (" 2027-03-31\u00a0", "2027-03-31"),
        ("04/04/2027", "2027-04-04"),
        ("31 February 2027", None),
        ("31 Mars 2027", None),
        ("March 2027", None),
        ("31 Mar 27", None),
        ("04/05/2027", None),
    ],
)
def test_a_day_that_can_be_one_day_alone_is_named_in_the_hint(written: str, meant: str | None) -> None:
    """So that it can be written; every other hint says how days are written."""
    with pytest.raises(Unfit) as caught:
        date_of(written)

    hint = caught.value.hint
    assert (hint.value if isinstance(hint, Write) else None) == meant
    assert hint == (f"write {meant}" if meant else "write year, month and day, such as 2027-03-31")
