"""What the documents leave open and a rehearsal can tell: the question, the assumption, what syncer does."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Conclusion(StrEnum):
    """How a point turned out."""

    AS_ASSUMED = "as assumed"
    OTHERWISE = "otherwise"
    UNTOLD = "could not be told"


@dataclass(frozen=True, slots=True)
class Point:
    """One open point.

    Attributes:
        name: Stable: reports of several spaces are compared by it.
        asked: The question.
        assumed: What the sandbox does, when nobody says otherwise.
        client: How syncer gets along either way; where it does not, what to do.
        matters: Whether syncer needs the assumption to hold.
    """

    name: str
    asked: str
    assumed: str
    client: str
    matters: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """How one point turned out.

    Attributes:
        point: Its name.
        verdict: As assumed or not.
        seen: In our own words: no names, no ids, nothing the service wrote.
        seconds: Where time was measured.
    """

    point: str
    verdict: Conclusion
    seen: str
    seconds: float | None = None


def found(point: str, seen: str, *, assumed: bool, seconds: float | None = None) -> Finding:
    """Return how *point* turned out."""
    return Finding(point, Conclusion.AS_ASSUMED if assumed else Conclusion.OTHERWISE, seen, seconds)


def untold(point: str, why: str) -> Finding:
    """Return that *point* could not be told."""
    return Finding(point, Conclusion.UNTOLD, why)


GROUPS: Final[dict[str, tuple[Point, ...]]] = {
    "Access": (
        Point(
            "credentials-missing",
            "What does a request without credentials get?",
            "401, and the header WWW-Authenticate asks for Basic",
            "takes 401 and 403 for the same mistake and says which variables to set",
        ),
        Point(
            "media-type-missing",
            "Is a PATCH without Content-Type taken?",
            "refused",
            "always sends application/json",
        ),
        Point(
            "media-type-post",
            "Is a POST without Content-Type taken?",
            "refused",
            "always sends application/json",
        ),
        Point(
            "media-type-other",
            "Is JSON taken that is called text/plain?",
            "refused",
            "always sends application/json",
        ),
        Point(
            "media-type-charset",
            "Is application/json; charset=utf-8 taken?",
            "taken",
            "sends application/json without a parameter",
        ),
    ),
    "Lists": (
        Point(
            "read-after", "Can a new record be read by its id at once?", "yes", "reads it back after a while"
        ),
        Point(
            "listed-after",
            "How long after its creation is a record in lists?",
            "at once",
            "waits the grace time (3 s) before it sends anything again; if a list is later than that, use "
            "apply --grace with more",
            matters=True,
        ),
        Point(
            "total-after",
            "Does total count the new record as soon as a list shows it?",
            "yes",
            "stops when a list contradicts itself",
        ),
        Point(
            "first-above-100",
            "What does first=101 give?",
            "100 rows",
            "never asks for more than 100",
        ),
        Point("load-only-id", "Does load-only give the id unasked?", "no", "always asks for the id"),
        Point("unknown-load-only", "What becomes of an unknown name in load-only?", "refused", "sends none"),
        Point("unknown-filter", "What becomes of an unknown name in filter?", "refused", "sends none"),
        Point("unknown-order-by", "What becomes of an unknown name in order-by?", "refused", "sends none"),
        Point("unknown-expand", "What becomes of an unknown name in expand?", "refused", "sends none"),
        Point(
            "list-order", "In which order is a list without order-by?", "by id, ascending", "depends on none"
        ),
        Point("null-order", "Where do null values sort?", "last", "sorts by no field that can be null"),
        Point("get-load-only", "Does load-only work for one record?", "yes", "reads one record whole"),
        Point("get-expand", "Does expand work for one record?", "yes", "expands in lists"),
    ),
    "Filters": (
        Point(
            "several-values",
            "What do two values of one filter find?",
            "either",
            "asks for one value at a time",
        ),
        Point("eq-case", "Does eq mind case?", "yes", "compares what it gets once more"),
        Point("ieq", "Does ieq ignore case?", "yes", "reads all records where ieq is refused"),
        Point(
            "starts", "Does starts find the beginning of a text?", "yes", "compares what it gets once more"
        ),
        Point("starts-case", "Does starts mind case?", "yes", "compares what it gets once more"),
        Point(
            "eq-blanks",
            "Does eq mind the blanks around a text?",
            "yes",
            "looks for names by their beginning and compares once more",
        ),
        Point(
            "eq-composition",
            "Does eq tell composed from decomposed letters?",
            "yes",
            "looks for both forms",
        ),
        Point(
            "between",
            "How does between take its two values?",
            "as the filter given twice",
            "does not use it",
        ),
        Point(
            "empty-alone",
            "Does the operator not-empty work without a value?",
            "yes",
            "asks for each value where what it gets is no such list",
        ),
        Point(
            "related-filter", "Can a field of a related record be filtered?", "refused", "does not ask for it"
        ),
    ),
    "Bodies": (
        Point("client-id", "What does POST do with an id?", "ignored", "sends no id"),
        Point("unknown-field", "What becomes of an unknown field?", "refused", "sends none"),
        Point("read-only-field", "What becomes of a read-only field?", "ignored", "sends none"),
        Point("revision", "What does sending revision do?", "ignored", "does not send it"),
        Point("created-in-body", "Can created be set?", "yes", "does not set it"),
        Point(
            "date-time-input",
            "Which forms of a date-time are taken?",
            "T or a blank, with or without offset, none meaning UTC",
            "sends UTC with T and Z",
        ),
        Point("timezone-dates", "Does the header Timezone move dates?", "no", "does not send the header"),
        Point(
            "timezone-input",
            "Does the header Timezone change how a date-time without offset is read?",
            "no",
            "does not send the header",
        ),
        Point("empty-text", "How does an empty text come back?", "as an empty text", "takes both for empty"),
        Point(
            "text-blanks",
            "Are blanks around a name kept?",
            "kept",
            "does not count trailing blanks as a difference",
        ),
        Point(
            "text-composition",
            "Are decomposed letters kept as sent?",
            "kept",
            "compares texts in the composed form",
        ),
        Point(
            "unchanged-update",
            "Does an update that changes nothing move modified?",
            "yes",
            "sends only what differs",
        ),
    ),
    "Money": (
        Point(
            "money-decimals",
            "To how many decimals is an amount rounded?",
            "6",
            "compares with what rounding may have done",
        ),
        Point(
            "money-both",
            "Which of two amounts that disagree is kept?",
            "base_value",
            "sends amounts that agree",
        ),
        Point("money-foreign", "Is value_foreign enough?", "yes", "always sends base_value, too"),
    ),
    "Batches": (
        Point(
            "batch-items",
            "What does a batch answer?",
            "one id or error for each item",
            "looks the records up when the answer does not fit the items",
            matters=True,
        ),
        Point("batch-order", "In which order?", "that of the items", "reads back what was written"),
        Point(
            "batch-index",
            "What is entity_index of an error?",
            "the position of the item",
            "goes by the place",
        ),
        Point(
            "batch-unknown-id",
            "What does batch-modify do with an id that does not exist?",
            "answers 404 for the item",
            "sends only ids that it has read",
        ),
        Point(
            "rollback-0-answer",
            "What does rollback-method=0 answer to a bad item?",
            "422 with one error instead of a list",
            "uses rollback-method=1",
        ),
        Point("rollback-0-undone", "Are the good items undone then?", "yes", "uses rollback-method=1"),
    ),
    "Links": (
        Point(
            "nested-list",
            "Does a list of related rows in PATCH replace or merge?",
            "merges",
            "writes links one by one",
        ),
        Point("nested-empty", "What does an empty list in PATCH do?", "nothing", "sends none"),
        Point(
            "nested-primary",
            "Is a list without a primary row refused in PATCH?",
            "refused",
            "always marks exactly one",
        ),
        Point(
            "primary-row",
            "Does marking a row primary clear the mark of the others?",
            "yes",
            "reads links back and compares",
        ),
    ),
    "Deleting": (
        Point(
            "deleted-get",
            "Can a deleted record be read by its id?",
            "no, 404",
            "takes is_deleted for deleted, too",
        ),
        Point(
            "deleted-get-included", "And with include-deleted?", "yes", "uses include-deleted in lists only"
        ),
        Point(
            "include-deleted-spelling", "Does include_deleted work as well?", "yes", "writes include-deleted"
        ),
        Point("delete-twice", "What does deleting twice get?", "404", "takes both for deleted"),
        Point(
            "deleted-rows",
            "What becomes of the links of a deleted record?",
            "deleted with it",
            "does not look at links of deleted records",
        ),
        Point(
            "unknown-id",
            "How is an unknown id answered?",
            "404 with the error envelope",
            "tells it from a missing route by the envelope",
        ),
    ),
}

POINTS: Final[dict[str, Point]] = {point.name: point for group in GROUPS.values() for point in group}
