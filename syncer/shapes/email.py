"""E-mail addresses, compared without regard to case."""

from collections.abc import Mapping
from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import Field, Names, Spellings, Value
from syncer.shapes.text import TextShape


class EmailShape(TextShape):
    """Text that is an e-mail address."""

    def resolve(self, written: Any, field: Field, names: Names) -> Value:
        """Return it with the mark that says how it is compared."""
        return super().resolve(written, field, names)._replace(canon=canon.email_field(written))

    def spell(self, canonical: Any, field: Field, names: Spellings) -> str:
        """Return the address alone."""
        return super().spell(self.write(canonical, field), field, names)

    def write(self, canonical: Any, _field: Field) -> Any:
        """Return the address alone."""
        return canonical["email"] if isinstance(canonical, Mapping) else canonical


EMAIL: Final = EmailShape("email", lines=False)
