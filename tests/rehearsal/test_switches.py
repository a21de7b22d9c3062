"""Each open point that the sandbox can turn is told as it turned out, and nothing is left either way."""

from typing import Any

import pytest

from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.rehearsal.support import everything, run, surprises

_NO_CREATED = "created cannot be set, and no other date-time was tried"
_NO_LIST = "the batch got status 413 and no list"
_ALONE = "there is only one record of ours"


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ({"require": ("microsoft",)}, {}),
        (
            {"max_batch": 2},
            {
                "null-order": _ALONE,
                "several-values": _ALONE,
                "batch-items": _NO_LIST,
                "batch-order": _NO_LIST,
                "batch-index": _NO_LIST,
                "batch-unknown-id": _NO_LIST,
            },
        ),
        ({"batch_order": "shuffled"}, {"batch-order": "another"}),
        ({"batch_index": "null"}, {"batch-index": "null"}),
        (
            {"nested_lists": "replace"},
            {"nested-list": "replaces", "nested-empty": "takes all rows away"},
        ),
        ({"money_decimals": 2}, {"money-decimals": "2"}),
        ({"both_amounts": "foreign-wins"}, {"money-both": "value_foreign"}),
        ({"both_amounts": "refused"}, {"money-both": "refused, status 422"}),
        ({"ieq": "unsupported"}, {"ieq": "refused, status 400"}),
        ({"eq_case": "ignored"}, {"eq-case": "no", "starts-case": "no"}),
        ({"several_values": "first"}, {"several-values": "the first"}),
        ({"several_values": "refused"}, {"several-values": "refused, status 400"}),
        (
            {"unknown_names": "ignored"},
            {
                "unknown-load-only": "ignored",
                "unknown-filter": "ignored",
                "unknown-order-by": "ignored",
                "unknown-expand": "ignored",
                "related-filter": "ignored",
            },
        ),
        ({"unknown_fields": "ignored"}, {"unknown-field": "ignored"}),
        ({"first_above_max": "refused"}, {"first-above-100": "refused, status 400"}),
        ({"null_order": "first"}, {"null-order": "first"}),
        ({"list_order": "modified"}, {"list-order": "another order"}),
        ({"load_only_id": "always"}, {"load-only-id": "yes"}),
        ({"empty_text": "null"}, {"empty-text": "as null"}),
        ({"text": "stripped"}, {"text-blanks": "taken away"}),
        ({"post_id": "used"}, {"client-id": "used"}),
        ({"post_id": "refused"}, {"client-id": "refused, status 400"}),
        (
            {"created": "ignored"},
            {"created-in-body": "no", "date-time-input": _NO_CREATED, "timezone-input": _NO_CREATED},
        ),
        ({"media_type": "415"}, {}),
        (
            {"bad_credentials": "403"},
            {"credentials-missing": "status 403, no WWW-Authenticate for Basic"},
        ),
        ({"delete_twice": "200"}, {"delete-twice": "success"}),
        ({"deleted_by_id": "shown"}, {"deleted-get": "yes"}),
        ({"dependents": "kept"}, {"deleted-rows": "kept"}),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) or "as-assumed",
)
def test_a_point_is_told_as_it_turned_out(switches: dict[str, Any], told: dict[str, str]) -> None:
    with Sandbox.serve(switches=Switches(**switches)) as sandbox:
        before = everything(sandbox)
        report = run(sandbox)

        assert (surprises(report), report.left, report.failed) == (told, 0, None)
        assert everything(sandbox) == before
