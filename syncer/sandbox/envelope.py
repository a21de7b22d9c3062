"""The bodies around data and errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Json = Any

INVALID: Final = (117, "ERROR_PARAMETER_INVALID")
MISSING: Final = (119, "ERROR_PARAMETER_MISSING")
NO_SUCH_RECORD: Final = (120, "ERROR_RELATIONS_DOESNT_EXIST")

# Texts of the error codes OAS and the recordings do not show: the HTTP status stands in for the code.
_UNDOCUMENTED: Final = {
    401: "ERROR_UNAUTHORIZED",
    403: "ERROR_FORBIDDEN",
    404: "ERROR_NOT_FOUND",
    405: "ERROR_METHOD_NOT_ALLOWED",
    413: "ERROR_REQUEST_TOO_LARGE",
    415: "ERROR_UNSUPPORTED_MEDIA_TYPE",
    429: "ERROR_TOO_MANY_REQUESTS",
    500: "ERROR_INTERNAL",
    502: "ERROR_BAD_GATEWAY",
    503: "ERROR_UNAVAILABLE",
    504: "ERROR_GATEWAY_TIMEOUT",
}

NO_SUCH_ROUTE: Final[Json] = {
    "status": 404,
    "message": (
        "The requested URL was not found on the server. "
        "If you entered the URL manually please check your spelling and try again."
    ),
    "errorcode": None,
    "traceback": None,
}


class ApiError(Exception):
    """A refusal: `body` is the whole answer, `status` its HTTP status."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body


def error(status: int, message: str, code: int | None = None, name: str | None = None) -> ApiError:
    """Make a general error. Source: OAS Error, recorded error-400 and error-404.

    Without *code* and *name* those of an undocumented refusal are used.
    """
    body = {
        "code": code if code is not None else status,
        "name": name if name is not None else _UNDOCUMENTED.get(status, "ERROR_UNKNOWN"),
        "message": message,
        "http_status": status,
        "success": False,
    }
    return ApiError(status, body)


def invalid(message: str) -> ApiError:
    """Make the 400 for a bad parameter or body. Source: recorded error-400-body-not-json."""
    return error(400, message, *INVALID)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a record; `field` is "" when no single field is to blame."""

    field: str
    message: str
    code: int = INVALID[0]
    name: str = INVALID[1]

    def item(self) -> dict[str, Json]:
        """Give the innermost error object."""
        return {"code": self.code, "name": self.name, "message": self.message}


def validation_error(
    entity: str,
    record_id: str,
    problems: Sequence[Problem],
    field_ids: dict[str, str],
    index: int | None = None,
) -> ApiError:
    """Make the 422 of a record that fails its checks. Source: both recorded error-422 files.

    Args:
        entity: Name of the entity.
        record_id: The id given, or the one drawn for the record that was not made.
        problems: In order; their texts are joined, each after a line break.
        field_ids: Ids of the Field records of *entity* by api name; problems of other fields are entity
            errors.
        index: Position in a batch with rollback-method 1.
    """
    groups: dict[str, list[Json]] = {}
    entity_errors = []
    for problem in problems:
        if problem.field in field_ids:
            ours = {"field_id": field_ids[problem.field], "field_name": problem.field}
            groups.setdefault(problem.field, []).append(problem.item() | ours)
        else:
            entity_errors.append(problem.item())
    body = {
        "code": 40000,
        "name": "ERROR_ENTITY_VALIDATION",
        "message": "".join(f"\n{problem.message}" for problem in problems),
        "entity_id": record_id,
        "entity_name": entity,
        "entity_errors": entity_errors,
        "field_errors": [
            {
                "field_id": field_ids[field],
                "field_name": field,
                "name": "ERROR_FIELD_VALIDATION",
                "code": 40002,
                "errors": errors,
            }
            for field, errors in groups.items()
        ],
        "step_checklist_errors": [],
        "entity_index": index,
        "http_status": 422,
        "success": False,
    }
    return ApiError(422, body)


def success(data: Json) -> dict[str, Json]:
    """Wrap the answer to anything but a list."""
    return {"success": True, "data": data}
