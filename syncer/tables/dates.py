"""How the days of a table are written: `DD.MM.YYYY`."""

import re
from typing import Final

from syncer.shapes.base import Unfit
from syncer.shapes.words import shown

PLAIN: Final = "YYYY-MM-DD"
# Sign of the pattern -> what it matches. Times are read, and left out.
_SIGNS: Final = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{1,2})",
    "DD": r"(?P<day>[0-9]{1,2})",
    "hh": r"[0-9]{1,2}",
    "mm": r"[0-9]{2}",
    "ss": r"[0-9]{2}(?:\.[0-9]+)?",
    "AM": r"[AaPp]\.?[Mm]\.?",
}
_SIGN: Final = re.compile("|".join(_SIGNS))
_SHORT_YEAR: Final = re.compile(r"[0-9]{1,2}([-./ ])[0-9]{1,2}\1[0-9]{2}")


class Unreadable(ValueError):  # noqa: N818 - the settings turn it into a problem
    """The pattern does not say a day."""


class DatePattern:
    """A pattern of days."""

    def __init__(self, text: str = PLAIN) -> None:
        self.text = text
        found = _SIGN.findall(text)
        for sign, what in (("DD", "day"), ("MM", "month"), ("YYYY", "year of four digits")):
            if found.count(sign) != 1:
                raise Unreadable(f"{shown(text)} has not one {sign} for the {what}.")
        if odd := re.search(r"[A-Za-z]", _SIGN.sub("", text).replace("T", "")):
            raise Unreadable(f"{shown(text)} holds {odd.group()}, which stands for nothing.")
        parts = re.split(f"({_SIGN.pattern})", text)
        self._regex = re.compile(
            "".join(_SIGNS[part] if part in _SIGNS else re.escape(part) for part in parts)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatePattern) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def written(self, day: str) -> str:
        """Return a day as manifests have it, `2027-03-31`, as the pattern says; its time is midnight."""
        year, month, day_ = day.split("-")
        noon = "12" if "AM" in _SIGN.findall(self.text) else "00"
        said = {"YYYY": year, "MM": month, "DD": day_, "hh": noon, "mm": "00", "ss": "00", "AM": "AM"}
        return _SIGN.sub(lambda sign: said[sign.group()], self.text)

    def read(self, text: str) -> str:
        """Return the day as manifests write it; a text that is none unchanged.

        Raises:
            Unfit: `bad-date`, for what another pattern alone can mean.
        """
        if self.text == PLAIN:
            return text
        if match := self._regex.fullmatch(text):
            year, month, day = (int(match[part]) for part in ("year", "month", "day"))
            if not 1 <= month <= 12:
                detail = f"{shown(text)} has no month {month}: by tables, dates are {self.text}."
                raise Unfit("bad-date", detail, "is the order of day and month right?")
            return f"{year:04}-{month:02}-{day:02}"
        if _SHORT_YEAR.fullmatch(text):
            detail = f"{shown(text)} has a year of two digits."
            raise Unfit("bad-date", detail, "write the year with four digits")
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return text
        raise Unfit("bad-date", f"{shown(text)} is not a date like {self.text}, as tables says.", "")
