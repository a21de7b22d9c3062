"""Cells ↔ values of a manifest."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from syncer.shapes.base import Unfit
from syncer.shapes.words import shown
from syncer.tables.columns import SEPARATOR, Column, Sort, folded
from syncer.tables.dates import PLAIN
from syncer.tables.rules import Rules

BLANKS: Final = " \t\r\n"
# A cell that begins with one of these may be taken for a formula; a full-width sign is one to some programs.
# Blanks are taken off when a cell is read, and by some programs before they look for a formula.
_GUARDED: Final = frozenset("=+-@\t\r\n '\uff1d\uff0b\uff0d\uff20")
_NUMBER: Final = re.compile(r"-[0-9]+(?:[.,][0-9]+)?")
_FLAGS: Final = {"true": True, "TRUE": True, "True": True, "false": False, "FALSE": False, "False": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,30})")
_CODE: Final = r"[A-Za-z]{3}"


def unguarded(text: str) -> str:
    """Return a cell without the apostrophe that keeps it from being taken for a formula."""
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in _GUARDED else text


def guarded(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula, and that `unguarded` gives back."""
    return f"'{text}" if text[:1] in _GUARDED and text and not _NUMBER.fullmatch(text) else text


class Exact(str):
    """The text of a cell that a spreadsheet holds as a day or a number: no rules say how it is written."""

    __slots__ = ()


class Broken(str):
    """The error that a spreadsheet holds in place of a value: `#N/A`."""

    __slots__ = ()


Read = Callable[[str], Any]


def of_sheet(column: Column, read: Read | None) -> Read:
    """Return what reads a cell of a spreadsheet, which may be a day, a number or an error."""

    def of_cell(text: str) -> Any:
        if text.__class__ is Broken:
            raise Unfit("bad-value", f"The cell holds the error {text}.", "mend its formula, or empty it")
        if column.sort is Sort.DATE and text.__class__ is Exact:
            return str(text).partition("T")[0]
        value = text if read is None else read(text)
        return str(value) if isinstance(value, str) else value

    return of_cell


def reader(column: Column, rules: Rules) -> Read | None:
    """Return what turns the text of a cell into a value; None when the text is the value.

    What it returns raises Unfit for what cannot be meant.
    """
    said = said_for(column, rules)
    by_sort = _BY_SORT[column.sort](column, rules)
    if not said:
        return by_sort
    if column.sort in (Sort.SEVERAL, Sort.CUSTOM_SEVERAL):
        several = by_sort or _same
        return lambda text: _renamed_items(several(text), said)
    if by_sort is None:
        return lambda text: said.get(text, text)
    return lambda text: by_sort(said.get(text, text))


def said_for(column: Column, rules: Rules) -> Mapping[str, str]:
    """Return what cells of a column say → what manifests say."""
    return rules.values.get(folded(column.header)) or rules.values.get(folded(".".join(column.path))) or {}


def _same(text: str) -> Any:
    return text


def _renamed_items(value: Any, said: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [said.get(item, item) for item in value]
    return said.get(value, value)


def _text(_column: Column, _rules: Rules) -> Read | None:
    return None


def _date(_column: Column, rules: Rules) -> Read | None:
    if rules.dates.text == PLAIN:
        return None
    return lambda text: text if text.__class__ is Exact else rules.dates.read(text)


def _money(_column: Column, rules: Rules) -> Read | None:
    """Return what takes an amount as the rules say; by the default ones it is as manifests have it."""
    if rules.decimal == "." and not rules.thousands:
        return None
    decimal, thousands = re.escape(rules.decimal), re.escape(rules.thousands)
    grouped = rf"[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|" if thousands else ""
    amount = re.compile(
        rf"(?P<before>{_CODE})?\s*(?P<number>-?(?:{grouped}[0-9]+)(?:{decimal}[0-9]+)?)\s*(?P<after>{_CODE})?"
    )
    is_like = f"1{rules.thousands}234{rules.decimal}50"

    def read(text: str) -> str:
        if text.__class__ is Exact:
            return text
        match = amount.fullmatch(text.replace("\u00a0", " ").replace("\u202f", " "))
        if match is None or (match["before"] and match["after"]):
            raise Unfit("bad-amount", f"{shown(text)} is not an amount like {is_like}, as tables says.")
        number = match["number"]
        if rules.thousands:
            number = number.replace(rules.thousands, "")
        code = match["before"] or match["after"]
        return f"{number.replace(rules.decimal, '.')}{f' {code}' if code else ''}"

    return read


def _several(column: Column, _rules: Rules) -> Read | None:
    word = column.field.link.word if column.field is not None and column.field.link is not None else ""

    def read(text: str) -> Any:
        items = [item for part in text.split(SEPARATOR) if (item := part.strip(BLANKS))]
        return word if items == [word] else items

    return read


def _flag(_column: Column, _rules: Rules) -> Read | None:
    return lambda text: _FLAGS.get(text, text)


def _number(_column: Column, rules: Rules) -> Read | None:
    money = _money(_column, rules)

    def read(text: str) -> Any:
        number = money(text) if money is not None else text
        if _INTEGER.fullmatch(number):
            return int(number)
        return Decimal(number) if re.fullmatch(r"-?[0-9]{1,30}\.[0-9]{1,30}", number) else number

    return read


_BY_SORT: Final[Mapping[Sort, Callable[[Column, Rules], Read | None]]] = {
    Sort.TEXT: _text,
    Sort.DATE: _date,
    Sort.MONEY: _money,
    Sort.CURRENCY: _text,
    Sort.SEVERAL: _several,
    Sort.FLAG: _flag,
    Sort.NUMBER: _number,
    Sort.CUSTOM: _flag,
    Sort.CUSTOM_SEVERAL: _several,
}
