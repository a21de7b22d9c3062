"""What the service says when it refuses, as a value."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_LONGEST: Final = 1000  # characters of one message
_MOST: Final = 100  # messages of one kind


@dataclass(frozen=True, slots=True)
class FieldError:
    """What the service has against one field."""

    field_name: str
    messages: tuple[str, ...]
    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerError:
    """A refusal in the service's own words, which are not escaped.

    Attributes:
        code: The service's number, such as 40000.
        name: The service's name for it, such as `ERROR_ENTITY_VALIDATION`.
        message: All single messages, one a line.
        entity_index: Position in the batch, when the service names one.
        entity_errors: Messages about the record as a whole.
        field_errors: Messages by field.
        http_status: As the body says, else as the answer came.
    """

    code: int | None = None
    name: str = ""
    message: str = ""
    entity_index: int | None = None
    entity_errors: tuple[str, ...] = ()
    field_errors: tuple[FieldError, ...] = ()
    http_status: int | None = None

    @property
    def messages(self) -> tuple[str, ...]:
        """Every single message once, those of fields first; the outer message when there is no other."""
        single = [message for error in self.field_errors for message in error.messages]
        single += self.entity_errors
        return tuple(dict.fromkeys(single)) or ((self.message,) if self.message else ())


def parse_error(body: Any, http_status: int | None = None) -> ServerError:
    """Return what *body* says; the schema requires only `success` and `http_status`, so any key may lack."""
    if not isinstance(body, dict):
        return ServerError(http_status=http_status)
    return ServerError(
        code=_number(body.get("code")),
        name=_text(body.get("name")),
        message=_text(body.get("message")),
        entity_index=_number(body.get("entity_index")),
        entity_errors=_messages(_objects(body, "entity_errors")),
        field_errors=tuple(_field_error(error) for error in _objects(body, "field_errors")),
        http_status=_number(body.get("http_status")) or _number(body.get("status")) or http_status,
    )


def _field_error(error: dict[str, Any]) -> FieldError:
    inner = list(_objects(error, "errors"))
    messages = _messages(inner)
    codes = tuple(code for item in inner if (code := _number(item.get("code"))) is not None)
    outer = _text(error.get("message")) or _text(error.get("name"))
    return FieldError(_text(error.get("field_name")), messages or ((outer,) if outer else ()), codes)


def _messages(errors: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(filter(None, (_text(error.get("message")) for error in errors)))


def _objects(body: dict[str, Any], key: str) -> Iterable[dict[str, Any]]:
    value = body.get(key)
    return [item for item in value[:_MOST] if isinstance(item, dict)] if isinstance(value, list) else ()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
