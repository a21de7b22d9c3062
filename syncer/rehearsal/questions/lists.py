"""When a record is in lists, and what lists make of their parameters."""

from collections.abc import Iterator

from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import LISTED_LIMIT, Stage, UntoldError, must, told

# Kinds of which a space is likely to have more than a page.
_MANY = ("Data", "Fields", "Contacts", "Accounts", "Opportunities")
_NOBODY = "syncer_rehearsal_unknown"


def listed(stage: Stage) -> Iterator[Finding]:
    """Measure how long the new record takes to be read and listed."""
    answer = stage.wire.ask("read", "GET", f"Opportunities/{stage.main}")
    yield found("read-after", "yes" if answer.ok else f"no, {told(answer)}", assumed=answer.ok)
    seen = []

    def there() -> bool:
        seen.append(
            must(
                stage.listing(
                    "listed",
                    ("first", "10"),
                    ("load-only", "id,name"),
                    ("filter[name]", stage.record("main")),
                ),
                "the list",
            )
        )
        return bool(stage.ours(seen[-1]))

    seconds = stage.until(there)
    if seconds is None:
        stage.lag = LISTED_LIMIT
        yield found("listed-after", f"not within {LISTED_LIMIT:g} s", assumed=False, seconds=LISTED_LIMIT)
        yield untold("total-after", "no list showed the record")
        return
    stage.lag = seconds
    at_once = seconds == 0
    yield found(
        "listed-after",
        "at once" if at_once else f"after {seconds:.1f} s",
        assumed=at_once,
        seconds=round(seconds, 2),
    )
    body = seen[-1].body
    total = body.get("total")
    agrees = total == len(seen[-1].rows)
    words = "yes" if agrees else "total is missing" if total is None else "no"
    yield found("total-after", words, assumed=agrees)


def first(stage: Stage) -> Iterator[Finding]:
    """Ask for 101 rows of a kind that has more than 100."""
    for entity in _MANY:
        answer = stage.wire.ask("count", "GET", entity, params=[("first", "1"), ("load-only", "id")])
        total = answer.body.get("total") if answer.ok else None
        if isinstance(total, int) and total > 100:
            break
    else:
        raise UntoldError("no kind with more than 100 records was found")
    answer = stage.wire.ask("first-above-100", "GET", entity, params=[("first", "101"), ("load-only", "id")])
    seen = f"{len(answer.rows)} rows" if answer.ok else f"refused, {told(answer)}"
    yield found("first-above-100", seen, assumed=answer.ok and len(answer.rows) == 100)


def names(stage: Stage) -> Iterator[Finding]:
    """Ask for fields, with and without names that nobody knows."""
    only_ours = ("filter[name]", stage.record("main"))
    answer = stage.listing("load-only-id", only_ours, ("load-only", "name"))
    if answer.ok and answer.rows:
        given = "id" in answer.rows[0]
        yield found("load-only-id", "yes" if given else "no", assumed=not given)
    else:
        yield untold("load-only-id", f"the list got {told(answer)} and {len(answer.rows)} rows")
    for point, parameter in (
        ("unknown-load-only", ("load-only", f"id,{_NOBODY}")),
        ("unknown-filter", (f"filter[{_NOBODY}]", "x")),
        ("unknown-order-by", ("order-by", _NOBODY)),
        ("unknown-expand", ("expand", _NOBODY)),
    ):
        answer = stage.listing(point, ("first", "1"), only_ours, parameter)
        if answer.ok and point == "unknown-filter" and not answer.rows:
            seen = "nothing is found"
        else:
            seen = "ignored" if answer.ok else f"refused, {told(answer)}"
        yield found(point, seen, assumed=not answer.ok)
    path = f"Opportunities/{stage.main}"
    answer = stage.wire.ask("get-load-only", "GET", path, params=[("load-only", "id")])
    works = answer.ok and set(answer.row) == {"id"}
    yield found("get-load-only", "yes" if works else _not(answer.ok, told(answer)), assumed=works)
    answer = stage.wire.ask("get-expand", "GET", path, params=[("expand", "step")])
    works = answer.ok and isinstance(answer.row.get("step"), dict)
    yield found("get-expand", "yes" if works else _not(answer.ok, told(answer)), assumed=works)


def _not(ok: bool, refusal: str) -> str:
    return "no, ignored" if ok else f"no, refused with {refusal}"


def order(stage: Stage) -> Iterator[Finding]:
    """Look at the order of lists; other people's records are looked at by id only, and not told."""
    answer = must(stage.listing("list-order", ("first", "30"), ("load-only", "id")), "the list")
    ids = [str(row.get("id")) for row in answer.rows]
    if len(ids) < 3:
        yield untold("list-order", "the space has too few records")
    else:
        by_id = ids == sorted(ids)
        yield found("list-order", "by id, ascending" if by_id else "another order", assumed=by_id)
    if not stage.other:
        raise UntoldError("there is only one record of ours")
    must(stage.change("change", ranking=5), "the change")
    stage.settle()
    answer = stage.listing(
        "null-order",
        ("load-only", "id,ranking"),
        ("filter[name]", stage.mark.token),
        ("filter-op[name]", "contains"),
        ("order-by", "ranking"),
    )
    shown = stage.ours(answer)
    if sorted(shown) != ["main", "other"]:
        raise UntoldError(f"the list got {told(answer)} and shows {len(shown)} of our two records")
    yield found("null-order", "last" if shown[0] == "main" else "first", assumed=shown[0] == "main")
