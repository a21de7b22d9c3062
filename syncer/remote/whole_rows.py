"""Whether the rows of an answer hold what was asked for."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from syncer.kinds.registry import KINDS
from syncer.model.problem import Problem, RemoteError

Names = dict[str, "Names"]
"""Names asked for, with what is asked of each: {"steps": {"name": {}}}."""

# Always there and required on create (API reference, entities), and without them a deal that exists is not
# recognised. An empty name may be an old record's.
_NEVER_NULL: Final[Mapping[str, frozenset[str]]] = {"Opportunities": frozenset({"name", "step_id"})}
# The computed field that is filled when a list of links is not empty. Whether `load-only` gives it is
# undocumented, so a row without it proves nothing.
_PROOFS: Final[Mapping[str, Mapping[str, str]]] = {
    kind.entity: {
        field.wire: field.link.proof
        for field in kind.fields
        if field.wire and field.link is not None and field.link.proof is not None
    }
    for kind in KINDS.values()
}


def names(load_only: str) -> Names:
    """Read `a,b.c` as {"a": {}, "b": {"c": {}}}."""
    result: Names = {}
    for path in filter(None, load_only.split(",")):
        node = result
        for name in path.split("."):
            node = node.setdefault(name, {})
    return result


def check(entity: str, rows: Iterable[Mapping[str, Any]], asked: Names) -> None:
    """Refuse rows that lack something: a plan would be made as if there were nothing.

    Raises:
        RemoteError: Names the first thing that lacks, and the record.
    """
    filled = _NEVER_NULL.get(entity, frozenset()) & asked.keys()
    proofs = {links: proof for links, proof in _PROOFS.get(entity, {}).items() if links in asked}
    asked = {name: inner for name, inner in asked.items() if name not in proofs.values()}
    for row in rows:
        lacking = _lacking(row, asked) or next((name for name in sorted(filled) if row[name] is None), None)
        if lacking:
            raise contradicts(
                entity,
                f"the record {row.get('id', 'without an id')} came without {lacking}, which was asked for",
            )
        for links, proof in proofs.items():
            if row[links] == [] and row.get(proof) is not None:
                raise contradicts(entity, f"the record {row['id']} has a {proof}, and nothing in its {links}")


def contradicts(entity: str, how: str) -> RemoteError:
    """Return the error of a list that cannot be relied upon."""
    return RemoteError(
        Problem(
            "list-contradicts",
            f"The list of {entity} contradicts itself: {how}. A plan made of it could create what exists.",
            hint="Try again; if it stays so, report it with the output of `syncer doctor`.",
        ),
        sent=False,
    )


def _lacking(row: Mapping[str, Any], asked: Names) -> str | None:
    """Return the first name of *asked* that *row* lacks, with its path."""
    if not asked.keys() <= row.keys():
        return min(asked.keys() - row.keys())
    for name, inner in asked.items():
        if not inner or row[name] is None:
            continue
        for item in row[name] if isinstance(row[name], list) else [row[name]]:
            lacking = _lacking(item, inner) if isinstance(item, dict) else min(inner)
            if lacking:
                return f"{name}.{lacking}"
    return None
