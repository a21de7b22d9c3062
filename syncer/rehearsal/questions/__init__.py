"""The questions in the order in which they are asked; each tells how some points turned out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from syncer.rehearsal.points import Finding
from syncer.rehearsal.questions import access, batches, bodies, deleting, filters, links, lists, money
from syncer.rehearsal.stage import Stage


@dataclass(frozen=True, slots=True)
class Question:
    """Some requests and what they tell.

    Attributes:
        topic: What it is about, in a few words.
        ask: Sends the requests; may give up in the middle.
        points: The points that it tells.
    """

    topic: str
    ask: Callable[[Stage], Iterator[Finding]]
    points: tuple[str, ...]


# The main record is made before the first and gone after the last; those in between leave it as it was. The
# batch comes early, since it makes the second record that some questions need.
QUESTIONS: Final = (
    Question("when a new record is listed", lists.listed, ("read-after", "listed-after", "total-after")),
    Question(
        "what a batch answers",
        batches.keeping,
        ("batch-items", "batch-order", "batch-index", "batch-unknown-id"),
    ),
    Question("what a batch undoes", batches.undoing, ("rollback-0-answer", "rollback-0-undone")),
    Question("who gets in", access.credentials, ("credentials-missing",)),
    Question(
        "media types",
        access.media_types,
        ("media-type-missing", "media-type-post", "media-type-other", "media-type-charset"),
    ),
    Question("long pages", lists.first, ("first-above-100",)),
    Question(
        "names of fields",
        lists.names,
        (
            "load-only-id",
            "unknown-load-only",
            "unknown-filter",
            "unknown-order-by",
            "unknown-expand",
            "get-load-only",
            "get-expand",
        ),
    ),
    Question("the order of lists", lists.order, ("list-order", "null-order")),
    Question(
        "what operators find",
        filters.operators,
        ("eq-case", "ieq", "starts", "starts-case", "empty-alone", "related-filter"),
    ),
    Question("several values of a filter", filters.values, ("between", "several-values")),
    Question(
        "how names are spelt",
        filters.spelling,
        ("text-blanks", "text-composition", "eq-blanks", "eq-composition"),
    ),
    Question("an id of our own", bodies.client_id, ("client-id",)),
    Question(
        "fields that need not be taken",
        bodies.fields,
        ("unknown-field", "read-only-field", "revision", "unchanged-update"),
    ),
    Question("empty texts", bodies.texts, ("empty-text",)),
    Question(
        "times and zones",
        bodies.times,
        ("timezone-dates", "created-in-body", "date-time-input", "timezone-input"),
    ),
    Question("amounts", money.money, ("money-decimals", "money-both", "money-foreign")),
    Question("links", links.links, ("nested-list", "nested-empty", "nested-primary", "primary-row")),
    Question("an id that nothing has", deleting.unknown, ("unknown-id",)),
    Question(
        "what is left of a deleted record",
        deleting.deleting,
        ("delete-twice", "deleted-get", "deleted-get-included", "include-deleted-spelling", "deleted-rows"),
    ),
)
