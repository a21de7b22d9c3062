"""Days of the calendar."""

import re
from datetime import date
from typing import Any, Final

from syncer.model.fix import Write
from syncer.shapes.base import At, Field, Forms, Misfit, Names, Plain, Schema, Spellings, Unfit, Value
from syncer.shapes.spelling import Bare, Unsayable
from syncer.shapes.words import shown

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2200

# Those that only wrong input meets are compiled when it comes.
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_PLAIN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME: Final = r"(?s:([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]+[0-9]{1,2}:.*)"
_YEAR_FIRST: Final = r"([0-9]{4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})"
_YEAR_LAST: Final = r"([0-9]{1,2})([-./])([0-9]{1,2})[-./]([0-9]{4})"
_DAY_AND_NAME: Final = r"([0-9]{1,2})(?:[snrt][tdh]|\.)?[ /-]*([^\W\d_]{3,9})\.?,?[ /-]*([0-9]{4})"
_NAME_AND_DAY: Final = r"([^\W\d_]{3,9})\.? +([0-9]{1,2})(?:[snrt][tdh])?,? +([0-9]{4})"
# What a month is called, in English and German.
_MONTHS: Final = (
    *("jan january januar jänner", "feb february februar", "mar mär march märz", "apr april", "may mai"),
    *("jun june juni", "jul july juli", "aug august", "sep sept september", "oct okt october oktober"),
    *("nov november", "dec dez december dezember"),
)


class DateShape(Plain):
    """A day without a time."""

    name = "date"
    repeats = True
    json: Schema = {"type": ["string", "null"], "format": "date"}  # noqa: RUF012 (read only)

    def __init__(self, first: int = FIRST_YEAR, last: int = LAST_YEAR) -> None:
        self._years = (first, last)

    def parse(self, raw: str, _field: Field, at: At, name: str) -> date:
        """Return the day."""
        try:
            return date_of(raw, *self._years)
        except Unfit as unfit:
            raise at.note(unfit.code, (name,), unfit.detail, unfit.hint) from None

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return the day; a custom field has it as text still."""
        if not isinstance(written, date):
            if not _PLAIN.fullmatch(str(written)):
                raise Misfit
            try:
                written = date.fromisoformat(str(written))
            except ValueError:
                raise Misfit("does not exist") from None
        day = written.isoformat()
        return Value(day, day, day)

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the day; the service holds it with a time of midnight."""
        return str(wire)[:10] if wire else None

    def spell(self, canonical: Any, _field: Field, _names: Spellings) -> Bare:
        """Return the day."""
        try:
            return Bare(date_of(str(canonical), *self._years).isoformat())
        except Unfit as unfit:
            raise Unsayable(unfit.detail) from None

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of a day."""
        about = field.about.schema()
        head = {name: about.pop(name) for name in ("title", "description") if name in about}
        return head | {"type": "string", "format": "date", "minLength": 1} | about


DATE: Final = DateShape()
# A custom field may hold the day somebody was born, or founded.
ANY_DATE: Final = DateShape(date.min.year, date.max.year)


def date_of(text: str, first: int = FIRST_YEAR, last: int = LAST_YEAR) -> date:
    """Return the date written as `2027-03-31`, in a year from *first* to *last*.

    Raises:
        Unfit: `bad-date`, for anything else and for other years.
    """
    match = _DATE.fullmatch(text)
    if not match:
        raise Unfit("bad-date", f"{shown(text)} is not a date as manifests have it.", _date_hint(text))
    year, month, day = map(int, match.groups())
    if not first <= year <= last:
        raise Unfit(
            "bad-date",
            f"{shown(text)} is outside the years {first} to {last}.",
            "is the year right?",
        )
    if not 1 <= month <= 12:
        detail = f"{shown(text)} does not exist: there is no month {match[2]}."
        raise Unfit("bad-date", detail, "write year, month and day, such as 2027-03-31")
    try:
        return date(year, month, day)
    except ValueError:
        # Imported where something is wrong: it brings the locale with it.
        from calendar import month_name, monthrange  # noqa: PLC0415

        last = monthrange(year, month)[1]
        raise Unfit(
            "bad-date",
            f"{shown(text)} does not exist: {month_name[month]} {year} has {last} days.",
            f"the last day is {year:04}-{month:02}-{last:02}",
        ) from None


def _date_hint(text: str) -> str:
    form = "write year, month and day, such as 2027-03-31"
    text = text.strip()
    if re.fullmatch(_PLAIN, text):  # with blanks around it
        return _date_if_valid(*text.split("-")) or form
    if match := re.fullmatch(_TIME, text):
        day = match[1]
        return f"write only the date: {day}" if _date_if_valid(*day.split("-")) is None else _only(day)
    if match := re.fullmatch(_YEAR_FIRST, text):
        return _date_if_valid(match[1], match[2], match[3]) or form
    if match := re.fullmatch(_YEAR_LAST, text):
        first, separator, second, year = match.groups()
        day_first = _date_if_valid(year, second, first)
        # 03/04/2027 is April in Europe and March in America; only dots settle it.
        if separator == "." or int(first) > 12 or int(first) == int(second):
            return day_first or form
        return (_date_if_valid(year, first, second) if int(second) > 12 else None) or form
    return _date_of_words(text) or form


def _date_of_words(text: str) -> str | None:
    """Return the hint for a day whose month has a name."""
    if match := re.fullmatch(_DAY_AND_NAME, text):
        day, name, year = match.groups()
    elif match := re.fullmatch(_NAME_AND_DAY, text):
        name, day, year = match.groups()
    else:
        return None
    numbers = (number for number, names in enumerate(_MONTHS, 1) if name.lower() in names.split())
    month = next(numbers, None)
    return None if month is None else _date_if_valid(year, str(month), day)


def _only(day: str) -> Write:
    return Write(f"write only the date: {day}", Bare(day))


def _date_if_valid(year: str, month: str, day: str) -> str | None:
    try:
        day_meant = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None
    return Write(f"write {day_meant}", Bare(day_meant))
