"""What operators find: case, blanks, composition, several values."""

import unicodedata
from collections.abc import Iterator

from syncer.rehearsal.points import Finding, found, untold
from syncer.rehearsal.stage import Stage, UntoldError, must, told
from syncer.rehearsal.wire import Reply


def operators(stage: Stage) -> Iterator[Finding]:
    """Look for the main record in ways that find it or do not."""
    must(stage.change("change", ranking=5), "the change")
    stage.settle()
    name = stage.record("main")
    for point, step, operator, value, assumed in (
        ("eq-case", "eq-case", "eq", name.upper(), False),
        ("ieq", "ieq", "ieq", name.upper(), True),
        ("starts", "starts", "starts", name[:-10], True),
        ("starts-case", "starts-case", "starts", name[:-10].upper(), False),
    ):
        answer = _named(stage, step, operator, value)
        there = bool(stage.ours(answer))
        yes = there if assumed else not there
        seen = "yes" if yes else "no"
        yield found(
            point, seen if answer.ok else f"refused, {told(answer)}", assumed=answer.ok and there is assumed
        )
    answer = stage.listing("empty-alone", ("filter[name]", name), ("filter-op[ranking]", "not-empty"))
    works = stage.ours(answer) == ["main"]
    seen = "yes" if works else "no" if answer.ok else f"refused, {told(answer)}"
    yield found("empty-alone", seen, assumed=works)
    answer = stage.listing(
        "related-filter", ("filter[name]", name), ("filter[owner.email]", "nobody@rehearsal.invalid")
    )
    words = "ignored" if stage.ours(answer) else "yes, nothing is found"
    yield found("related-filter", words if answer.ok else f"refused, {told(answer)}", assumed=not answer.ok)


def values(stage: Stage) -> Iterator[Finding]:
    """Give several values to one filter."""
    name = ("filter[name]", stage.record("main"))
    two = [("filter[ranking]", "4"), ("filter[ranking]", "6")]
    answer = stage.listing("between", name, *two, ("filter-op[ranking]", "between"))
    twice = stage.ours(answer) == ["main"]
    if twice:
        seen = "as the filter given twice"
    else:
        comma = stage.listing(
            "between-comma", name, ("filter[ranking]", "4,6"), ("filter-op[ranking]", "between")
        )
        seen = "with a comma between" if stage.ours(comma) == ["main"] else "neither twice nor with a comma"
    yield found("between", seen, assumed=twice)
    if not stage.other:
        raise UntoldError("there is only one record of ours")
    names = [stage.record("main"), stage.record("batch")]
    answer = stage.listing("several-values", *(("filter[name]", each) for each in names))
    shown = sorted(stage.ours(answer))
    seen = {
        ("main", "other"): "either",
        ("main",): "the first",
        ("other",): "the last",
    }.get(tuple(shown), "nothing")
    yield found(
        "several-values",
        seen if answer.ok else f"refused, {told(answer)}",
        assumed=answer.ok and seen == "either",
    )


def spelling(stage: Stage) -> Iterator[Finding]:
    """Put blanks around the name and a decomposed letter into it, look for it, name it as before."""
    sent = f"  {unicodedata.normalize('NFD', stage.record('Café'))}  "
    try:
        stored = must(stage.change("rename", name=sent), "the new name").row.get("name")
        if not isinstance(stored, str):
            raise UntoldError("the answer has no name")
        yield from _stored(sent, stored)
        yield from _looked_for(stage, stored)
    finally:
        stage.change("rename", name=stage.record("main"))
        stage.settle()


def _stored(sent: str, stored: str) -> Iterator[Finding]:
    before, behind = stored.startswith("  "), stored.endswith("  ")
    seen = (
        "kept"
        if before and behind
        else "taken away behind"
        if before
        else "taken away before"
        if behind
        else "taken away"
    )
    yield found("text-blanks", seen, assumed=before and behind)
    kept = sent.strip() == stored.strip()
    composed = unicodedata.normalize("NFC", sent).strip() == stored.strip()
    yield found("text-composition", "kept" if kept else "composed" if composed else "changed", assumed=kept)


def _looked_for(stage: Stage, stored: str) -> Iterator[Finding]:
    def shown() -> bool:
        answer = must(_named(stage, "listed", "contains", stage.mark.token), "the list")
        return any(row.get("id") == stage.main and row.get("name") == stored for row in answer.rows)

    if stage.until(shown) is None:
        raise UntoldError("no list showed the new name")
    exact = bool(stage.ours(_named(stage, "blanks-exact", "eq", stored)))
    if stored == stored.strip():
        padded = bool(stage.ours(_named(stage, "blanks-eq", "eq", f"  {stored}  ")))
        yield found(
            "eq-blanks",
            "no: blanks around the value do not count" if padded else "yes",
            assumed=exact and not padded,
        )
    else:
        bare = bool(stage.ours(_named(stage, "blanks-eq", "eq", stored.strip())))
        words = {
            (True, False): "yes",
            (True, True): "no: found with and without",
            (False, True): "no: found without blanks only",
            (False, False): "found neither with nor without",
        }
        yield found("eq-blanks", words[exact, bare], assumed=exact and not bare)
    decomposed = unicodedata.is_normalized("NFD", stored)
    other = unicodedata.normalize("NFC" if decomposed else "NFD", stored)
    if not exact:
        yield untold("eq-composition", "eq does not find the record by its own name")
        return
    there = bool(stage.ours(_named(stage, "composition-eq", "eq", other)))
    yield found("eq-composition", "no: found by the other form" if there else "yes", assumed=not there)


def _named(stage: Stage, step: str, operator: str, value: str) -> Reply:
    params = [("load-only", "id,name"), ("filter[name]", value)]
    if operator != "eq":
        params.append(("filter-op[name]", operator))
    return stage.listing(step, *params)
