"""Read what is kept strictly: it was written by us, so whatever is not as we write it was not."""

import json
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from syncer.state.faults import damaged
from syncer.state.values import moment


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# Made once: a ledger has many lines.
_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)
_READABLE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_PLAIN: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def line(body: Mapping[str, Any]) -> str:
    """Return *body* as one line of JSON, readable where Unicode allows it."""
    text = _READABLE.encode(body)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can say and UTF-8 cannot
        return _PLAIN.encode(body)
    return text


def text_of(raw: bytes, where: str) -> str:
    """Return *raw* as text.

    Raises:
        StateError: It is not UTF-8.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise damaged(where, raw.count(b"\n", 0, error.start) + 1, "it is not UTF-8") from None


class Fields:
    """The fields of one JSON object, each of which must be what it should be."""

    __slots__ = ("_body", "_line", "_where")

    def __init__(self, text: str, where: str, line: int | None = None) -> None:
        """Read *text*.

        Raises:
            StateError: It is no JSON object.
        """
        self._where, self._line = where, line
        try:
            body = _DECODER.decode(text)
        except (ValueError, RecursionError):
            self.refuse("it is not JSON")
        if not isinstance(body, dict):
            self.refuse("it is no JSON object")
        self._body: dict[str, Any] = body

    @classmethod
    def of(cls, body: Any, where: str, line: int | None = None) -> "Fields":
        """Read an object that is part of another one."""
        self = cls.__new__(cls)
        self._where, self._line = where, line
        if not isinstance(body, dict):
            self.refuse("it holds no object where one is expected")
        self._body = body
        return self

    def refuse(self, why: str) -> NoReturn:
        """Raise, naming the place."""
        raise damaged(self._where, self._line, why)

    def get(self, key: str) -> Any:
        """Return whatever *key* holds."""
        try:
            return self._body[key]
        except KeyError:
            self.refuse(f'"{key}" is missing')

    def text(self, key: str) -> str:
        """Return a text that is not empty."""
        value = self.get(key)
        if type(value) is not str or not value:
            self.refuse(f'"{key}" is no text')
        return value

    def maybe(self, key: str) -> str | None:
        """Return a text, or None for null."""
        return None if self.get(key) is None else self.text(key)

    def time(self, key: str) -> str:
        """Return a moment."""
        value = self.text(key)
        try:
            moment(value)
        except ValueError:
            self.refuse(f'"{key}" is no time of the form 2027-01-31T12:00:00Z')
        return value

    def number(self, key: str) -> int:
        """Return a whole number that is not negative."""
        value = self.get(key)
        if type(value) is not int or value < 0:
            self.refuse(f'"{key}" is no whole number')
        return value

    def flag(self, key: str) -> bool:
        """Return true or false."""
        value = self.get(key)
        if type(value) is not bool:
            self.refuse(f'"{key}" is neither true nor false')
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.get(key)
        if type(value) is not list or any(type(each) is not str or not each for each in value):
            self.refuse(f'"{key}" is no list of texts')
        return tuple(value)

    def numbers(self, key: str) -> dict[str, int]:
        """Return whole numbers by name."""
        value = self.object(key)
        if any(type(each) is not int or each < 0 for each in value.values()):
            self.refuse(f'"{key}" holds no whole numbers')
        return value

    def objects(self, key: str) -> tuple[dict[str, Any], ...]:
        """Return a list of objects."""
        value = self.get(key)
        if type(value) is not list or any(type(each) is not dict for each in value):
            self.refuse(f'"{key}" is no list of objects')
        return tuple(value)

    def object(self, key: str) -> dict[str, Any]:
        """Return an object."""
        value = self.get(key)
        if type(value) is not dict:
            self.refuse(f'"{key}" is no object')
        return value
