"""Points the service's documents leave open, each with our assumption as default."""

from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

REQUIRED_SETS: Final = ("oas", "doc", "microsoft")
"""Names `require` understands besides fields of Opportunity."""


def _open(default: str | int, point: str, *others: str) -> Any:
    """Describe one open point: what is open, and what else the service might do."""
    return field(default=default, metadata={"point": point, "choices": (default, *others)})


@dataclass(frozen=True, slots=True)
class Switches:
    """How the sandbox behaves where no document says; every default is the documented assumption.

    `require` holds the sets of required fields to enforce on top of `oas`: `doc` (the tutorials: a name on
    contacts, allowed_pipelines and unit_symbol on products), `microsoft` (the vendor's connector: type,
    accounts
    and base_value of an opportunity) and api names of Opportunity fields an administrator made required.
    """

    require: tuple[str, ...] = field(
        default=("oas",),
        metadata={
            "point": "what a create needs beyond OAS: doc, microsoft, fields made required",
        },
    )
    max_batch: int = _open(100, "most items of one batch")
    too_large_status: str = _open("413", "answer to a batch above the limit", "400", "422")
    batch_order: str = _open("request", "order of a batch's answers", "shuffled")
    batch_index: str = _open("position", "entity_index of errors with rollback-method=1", "null")
    nested_lists: str = _open("merge", "a list of related rows in PATCH", "replace")
    money_decimals: int = _open(6, "decimals amounts are rounded to")
    both_amounts: str = _open(
        "base-wins", "base_value and value_foreign that disagree", "foreign-wins", "refused"
    )
    ieq: str = _open("supported", "operators that ignore case", "unsupported")
    eq_case: str = _open("sensitive", "case in operators without leading i", "ignored")
    several_values: str = _open("any", "filter[x] given twice", "first", "refused")
    unknown_names: str = _open("refused", "unknown names in filter, order-by, expand, load-only", "ignored")
    unknown_parameters: str = _open("refused", "parameters that an operation does not have", "ignored")
    unknown_fields: str = _open("refused", "unknown fields in a body", "ignored")
    first_above_max: str = _open("cut", "first above 100", "refused")
    null_order: str = _open("last", "null values when sorting", "first")
    list_order: str = _open("id", "order of a list without order-by", "modified")
    load_only_id: str = _open("asked", "id with load-only", "always")
    empty_text: str = _open("text", 'empty text on the wire: "" or null', "null")
    text: str = _open("kept", "blanks around text that is written", "stripped")
    post_id: str = _open("ignored", "id in the body of POST", "used", "refused")
    created: str = _open("settable", "created in bodies of records whose schema lists it", "ignored")
    media_type: str = _open("400", "answer to a body that is not sent as application/json", "415")
    bad_credentials: str = _open("401", "missing or wrong credentials", "403")
    wrong_space: str = _open("404", "a space id that is not this space", "401", "403")
    delete_twice: str = _open("404", "deleting what is deleted", "200")
    include_deleted: str = _open("works", "include-deleted, spelt as in the schema", "ignored")
    deleted_by_id: str = _open("404", "a deleted record that is asked for by its id", "shown")
    dependents: str = _open("deleted", "link rows of a deleted record", "kept")

    def __post_init__(self) -> None:
        """Refuse values that are no alternative.

        Raises:
            ValueError: Names the switch, the value and the alternatives.
        """
        for switch in table():
            value, choices = getattr(self, switch.name), switch.metadata.get("choices")
            if choices and isinstance(choices[0], str) and value not in choices:
                raise ValueError(f"{switch.name}: {value!r} is none of {', '.join(choices)}")

    def requires(self, name: str) -> bool:
        """Whether *name* is one of the sets or fields to require."""
        return name in self.require


def table() -> tuple[Field[Any], ...]:
    """List the switches in order; `metadata` has the open `point` and the `choices`."""
    return fields(Switches)
