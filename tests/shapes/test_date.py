"""Days, in manifests and on the wire."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from syncer.shapes.base import Field
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
