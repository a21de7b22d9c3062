"""Whose day is today: that of a time zone, or that of this machine."""

from datetime import datetime, tzinfo


def zone(name: str) -> tzinfo | None:
    """Return the time zone *name* of the IANA database; None when there is none of that name."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 (few projects name one)

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder such as "Europe"
        return None


def names() -> set[str]:
    """Return the names of all time zones that this machine knows."""
    from zoneinfo import available_timezones  # noqa: PLC0415 (reads hundreds of files)

    return available_timezones()


def today(moment: datetime, timezone: str | None) -> str:
    """Return the day, such as `2027-01-31`, that *moment* falls on.

    Args:
        moment: With a time zone.
        timezone: Name of the zone whose day is meant; None for that of the machine.
    """
    return moment.astimezone(zone(timezone) if timezone else None).date().isoformat()
