"""The requests of a rehearsal by name, and what of each no document covers.

The name travels in the `User-Agent` of the request, so that whoever watches the wire can tell which one it
is: `syncer/1.0 rehearsal/client-id`.
"""

from typing import Final

DOCUMENTED: Final = ""

# name -> what is undocumented about it; DOCUMENTED for what any client may send.
STEPS: Final[dict[str, str]] = {
    # around the questions
    "leftovers": DOCUMENTED,
    "rows": DOCUMENTED,
    "check": DOCUMENTED,
    "remove": DOCUMENTED,
    "remove-row": DOCUMENTED,
    "create": DOCUMENTED,
    "read": DOCUMENTED,
    "listed": DOCUMENTED,
    "change": DOCUMENTED,
    "link": DOCUMENTED,
    "count": DOCUMENTED,
    "delete": DOCUMENTED,
    # access
    "credentials-missing": "no Authorization header",
    "media-type-missing": "a body without Content-Type",
    "media-type-post": "a body without Content-Type in a POST",
    "media-type-other": "a JSON body called text/plain",
    "media-type-charset": "a parameter in Content-Type",
    # lists
    "first-above-100": "first=101",
    "load-only-id": DOCUMENTED,
    "unknown-load-only": "an unknown name in load-only",
    "unknown-filter": "an unknown name in filter",
    "unknown-order-by": "an unknown name in order-by",
    "unknown-expand": "an unknown name in expand",
    "list-order": DOCUMENTED,
    "null-order": DOCUMENTED,
    "get-load-only": "load-only with one record",
    "get-expand": "expand with one record",
    # filters
    "several-values": "two values of one filter",
    "eq-case": DOCUMENTED,
    "ieq": DOCUMENTED,
    "starts": DOCUMENTED,
    "starts-case": DOCUMENTED,
    "between": "two values of one filter with between",
    "between-comma": "a comma between the values of between",
    "empty-alone": "filter-op empty without a value",
    "related-filter": "a filter on a field of a related record",
    "blanks-exact": DOCUMENTED,
    "blanks-eq": DOCUMENTED,
    "composition-eq": DOCUMENTED,
    # bodies
    "client-id": "id in the body of a POST",
    "unknown-field": "an unknown field in a body",
    "read-only-field": "a read-only field in a body",
    "revision": "revision in a body",
    "date-time": "forms of date-times in a body",
    "timezone": DOCUMENTED,
    "timezone-input": "a Timezone header with a date-time in the body",
    "empty-text": "an empty text in a body",
    "rename": DOCUMENTED,
    # money
    "money-decimals": "an amount with nine decimals",
    "money-both": "two amounts that disagree",
    "money-foreign": "value without base_value",
    # batches
    "batch": "an id that does not exist, and a create that lacks its owner",
    "rollback-0": "a create that lacks its owner",
    # links
    "nested-list": "a list of related rows in PATCH",
    "nested-empty": "an empty list of related rows in PATCH",
    "nested-primary": "a list of related rows in PATCH, none of them primary",
    "primary-row": DOCUMENTED,
    "unlink": DOCUMENTED,
    # deleting
    "deleted-get": DOCUMENTED,
    "deleted-get-included": "include-deleted with one record",
    "deleted-list": DOCUMENTED,
    "deleted-list-underscore": "the spelling include_deleted",
    "delete-twice": "deleting what is deleted",
    "unknown-id": "an id that does not exist",
}

# What a guard of the wire, which knows only what is documented, lets pass.
EXEMPT: Final = frozenset(name for name, open_ in STEPS.items() if open_)
