"""Moments: a day with a time, in UTC."""

import re
from typing import Any, Final

from syncer.shapes import canon
from syncer.shapes.base import Field, Misfit, Names, Plain, Schema, Spellings, Value
from syncer.shapes.spelling import UNFIT, Unsayable

_FORM: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


class MomentShape(Plain):
    """A time such as 2027-03-31T14:00:00Z; without a zone it counts as UTC."""

    name = "moment"
    json: Schema = {"type": ["string", "null"], "examples": ["2027-03-31T14:00:00Z"]}  # noqa: RUF012 (read only)

    def resolve(self, written: Any, _field: Field, _names: Names) -> Value:
        """Return the moment in UTC, and the text as it was written."""
        if not _FORM.fullmatch(str(written)):
            raise Misfit
        try:
            moment = canon.date_time(str(written))
        except (ValueError, OverflowError):
            raise Misfit("does not exist") from None
        return Value(moment, str(written), moment)

    def spell(self, canonical: Any, field: Field, names: Spellings) -> str:
        """Return the moment as the service holds it."""
        del field, names
        if not isinstance(canonical, str) or not _FORM.fullmatch(canonical):
            raise Unsayable(UNFIT)
        return canonical


MOMENT: Final = MomentShape()
