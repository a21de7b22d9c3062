"""Whose day is today."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncer.project import days
from tests.support import Ran, one

EVENING = datetime(2027, 4, 1, 2, 30, tzinfo=UTC)  # in New York, the last of March
FAR_WEST, FAR_EAST = "Etc/GMT+12", "Pacific/Kiritimati"  # a day or two apart at every moment


@pytest.fixture
def machine_in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("timezone", "day"),
    [("America/New_York", "2027-03-31"), ("Europe/Vienna", "2027-04-01"), ("UTC", "2027-04-01")],
)
def test_the_day_is_that_of_the_zone(timezone: str, day: str) -> None:
    assert days.today(EVENING, timezone) == day


@pytest.mark.usefixtures("machine_in_new_york")
def test_without_a_zone_the_day_is_that_of_the_machine() -> None:
    assert days.today(EVENING, None) == "2027-03-31"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "Europe", "/etc/localtime", ""])
def test_what_is_no_zone_is_none(name: str) -> None:
    assert days.zone(name) is None


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("timezone", "code"), [(FAR_WEST, 0), (FAR_EAST, 5)])
def test_a_deal_that_closes_today_is_not_refused_for_another_zone_s_day(
    timezone: str, code: int, project: Callable[..., Path], syncer: Callable[..., Ran]
) -> None:
    today = days.today(datetime.now(UTC), FAR_WEST)
    settings = f"version: 1\ntimezone: {timezone}\npolicy: {{guards: {{closing_date_in_past: deny}}}}\n"
    folder = project(one(closing_date=today), settings=settings)

    assert syncer("apply", "--auto-approve", cwd=folder).code == code


@pytest.mark.usefixtures("sandbox")
@pytest.mark.parametrize(("timezone", "warned"), [(FAR_WEST, False), (FAR_EAST, True)])
def test_the_warning_goes_by_the_zone_as_well(
    timezone: str, warned: bool, project: Callable[..., Path], syncer: Callable[..., Ran]
) -> None:
    today = days.today(datetime.now(UTC), FAR_WEST)
    folder = project(one(closing_date=today), settings=f"version: 1\ntimezone: {timezone}\n")

    assert ("has passed" in syncer("plan", cwd=folder).out) is warned
