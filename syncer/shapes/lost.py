"""Whether a deal is lost, with the reason and a comment.

Lost is what is archived (`is_archived`), which nobody can edit until it is opened again. `reason_of_close_id`
is an option, `reason_of_close_description` is free text, and `lost_date` moves the loss.
Source: OAS Opportunity.
"""

from collections.abc import Mapping
from typing import Any, Final

from syncer.model.declared import Lost
from syncer.model.names import Labels
from syncer.shapes import canon
from syncer.shapes.base import At, Field, Forms, Names, Plain, Schema, Spellings, Value, ref
from syncer.shapes.reference import named, spelled
from syncer.shapes.spelling import Commented, Unsayable, plain
from syncer.shapes.text import TEXT, control_in

LOST_DATE: Final = "lost_date"
_ARCHIVED: Final = "is_archived"
_REASON: Final = "reason_of_close_id"
_COMMENT: Final = "reason_of_close_description"


class LostShape(Plain):
    """None for what is open, else `{"lost": True, "reason": id, "comment": text, "date": moment}`.

    What a declaration does not say of it (a reason, a comment) is left out, and not compared.
    """

    name = "lost"
    json: Schema = {"type": ["boolean", "object"]}  # noqa: RUF012 (read only)

    def parse(self, raw: Any, field: Field, at: At, name: str) -> Lost | None:
        """Return what is said of the loss; None for a deal that is open."""
        if isinstance(raw, bool):
            return Lost() if raw else None
        comment = raw.get("comment")
        if comment is not None and (sign := control_in(comment, lines=True)) is not None:
            detail = f"comment of {name} holds the control character U+{ord(sign):04X}."
            raise at.note("bad-value", (name, "comment"), detail, "delete it")
        reason = raw.get("reason")
        written = None if reason is None else named(field.refers or "", reason, (name, "reason"), at)
        return Lost(written, comment)

    def resolve(self, _written: Any, field: Field, _names: Names) -> Value:
        """Refuse: a reason is one of the options of its field, see `syncer.resolve.fields`."""
        raise NotImplementedError(field.name)

    def load(self, _field: Field) -> tuple[str, ...]:
        """Return all that says it."""
        return (_ARCHIVED, _REASON, _COMMENT, LOST_DATE)

    def read(self, wire: Any, _field: Field) -> dict[str, Any] | None:
        """Return what the columns of a row, or of a body, say."""
        if not wire.get(_ARCHIVED):
            return None
        found: dict[str, Any] = {"lost": True}
        for part, column in (("reason", _REASON), ("comment", _COMMENT), ("date", LOST_DATE)):
            if column in wire:
                found[part] = canon.text(wire[column])
        return found

    def write(self, canonical: Any, _field: Field) -> dict[str, Any]:
        """Return the columns of a body."""
        if canonical is None:
            return {_ARCHIVED: False}
        body: dict[str, Any] = {_ARCHIVED: True}
        for part, column in (("reason", _REASON), ("comment", _COMMENT), ("date", LOST_DATE)):
            if canonical.get(part) is not None or (part in canonical and part != "date"):
                body[column] = canonical[part]
        return body

    def ids(self, canonical: Any, field: Field) -> list[tuple[str, str]]:
        """Return the reason."""
        reason = canonical and canonical.get("reason")
        return [(field.refers or "", reason)] if reason else []

    def holds(self, value: Any) -> bool:
        """Tell whether *value* is canonical."""
        return value is None or (isinstance(value, Mapping) and value.get("lost") is True)

    def show(self, canonical: Any, field: Field, labels: Labels) -> Any:
        """Return whether it is lost, with the reason and the comment where there are any."""
        if canonical is None:
            return False
        reason, comment = canonical.get("reason"), canonical.get("comment")
        said = {"reason": labels.written(field.refers or "", reason)} if reason else {}
        said |= {"comment": comment} if comment else {}
        return said or True

    def spell(self, canonical: Any, field: Field, names: Spellings) -> Any:
        """Return the same as a manifest writes it."""
        said: dict[str, Any] = {}
        words: list[str] = []
        # What cannot be said is left to the CRM: that it is lost can be said in any case.
        if reason := canonical.get("reason"):
            try:
                written = names.listed_option(reason, field.listed_as)
            except Unsayable as why:
                words.append(str(why))
            else:
                said["reason"] = plain(written)
                words += [written.comment] if isinstance(written, Commented) else []
        if comment := canonical.get("comment"):
            try:
                said["comment"] = TEXT.spell(comment, field, names)
            except Unsayable as why:
                words.append(f"its comment: {why}")
        return Commented(said or True, "; ".join(words)) if words else said or True

    def nothing(self, _field: Field) -> Any:
        """Return false: it is open."""
        return False

    def schema(self, field: Field, forms: Forms) -> Schema:
        """Return the JSON schema of true, false, and of what is said of a loss."""
        reason = field.about._replace(
            title="Reason",
            description="Why it was lost, by the name of the option.",
            expects="a reason",
            examples=(),
        )
        said: Schema = {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "reason": spelled(reason, field.refers or "", forms[field.refers or ""]),
                "comment": ref("text") | {"description": "A note on why it was lost."},
            },
        }
        return field.about.schema() | {"anyOf": [{"type": "boolean"}, said]}

    def defaults(self, _field: Field) -> tuple[str, ...]:
        """Return nothing: to be lost is nobody's default."""
        return ()


LOST: Final = LostShape()
