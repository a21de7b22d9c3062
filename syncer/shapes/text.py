"""Text, on one line or on several."""

import re
from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import At, Field, Forms, Misfit, Names, Plain, Schema, Spellings, Value
from syncer.shapes.spelling import UNFIT, Unsayable

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_CONTROL_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# What no manifest holds as it is: half of a surrogate pair is no text, U+0085 ends a line for some readers.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSAFE_IN_TEXT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def is_safe(text: str) -> bool:
    """Tell whether a manifest can hold *text* on one line."""
    return _UNSAFE.search(text) is None


def control_in(text: str, *, lines: bool) -> str | None:
    """Return the control character in *text*; with *lines*, the breaks between them are none."""
    found = (_CONTROL_IN_TEXT if lines else _CONTROL).search(text)
    return None if found is None else found.group()


class TextShape(Plain):
    """Text as a manifest has it."""

    def __init__(self, name: str, *, lines: bool) -> None:
        self.name = name
        self._lines = lines

    def parse(self, raw: str | None, _field: Field, at: At, name: str) -> str | None:
        """Return the text, as it stands there."""
        if raw is None:
            return None
        sign = control_in(raw, lines=self._lines)
        if sign is not None:
            what = "a line break" if sign in "\r\n" else f"the control character U+{ord(sign):04X}"
            hint = "delete it" if self._lines else "write it on one line, as plain text"
            raise at.note("bad-value", (name,), f"{name} holds {what}.", hint)
        if not self._lines and not raw.strip():
            raise at.note("missing-field", (name,), f"{name} is blank; it should be text.")
        return raw

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return the text as it is compared."""
        if not isinstance(written, str):
            raise Misfit
        plain = canon.text(written)
        return Value(plain, plain, plain)

    def read(self, wire: Any, _field: Field) -> str | None:
        """Return the text the service holds."""
        return canon.text(wire if wire is None else str(wire))

    def spell(self, canonical: Any, _field: Field, _names: Spellings) -> str:
        """Return the text, as it is."""
        if not isinstance(canonical, str):
            raise Unsayable(UNFIT)
        if not self._lines and not is_safe(canonical):
            raise Unsayable("it holds a line break or a control character")
        found = _UNSAFE_IN_TEXT.search(canonical)
        if found is not None:
            raise Unsayable(f"it holds the control character U+{ord(found.group()):04X}")
        return canonical

    def schema(self, field: Field, _forms: Forms) -> Schema:
        """Return the JSON schema of text."""
        about = field.about.schema()
        head = {name: about.pop(name) for name in ("title", "description") if name in about}
        if field.empty:
            return head | {"type": ["string", "null"]} | about
        return head | {"type": "string", "minLength": 1} | about


LINE: Final = TextShape("line", lines=False)
TEXT: Final = TextShape("text", lines=True)
