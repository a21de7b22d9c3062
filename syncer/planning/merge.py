"""Agreed, desired, observed → who moved a field, and what becomes of it.

Per field, and of links per part: where the two sides differ, what was last agreed says who moved. Without it
nobody can tell, and nothing is overwritten unless somebody says so.
"""

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple

from syncer.model.change import Side
from syncer.model.declared import Existing
from syncer.shapes import canon
from syncer.shapes.base import Canon, Field, Piece
from syncer.shapes.links import TIMES


class Unknown(Enum):
    """What stands for a value when nothing was agreed."""

    BASE = "no base"


NO_BASE: Final = Unknown.BASE
Base = Canon | Unknown
# How differences are decided: by a policy, or for one of the sides whoever moved.
Rule = Existing | Side


class Fate(Enum):
    """What becomes of a part that differs."""

    WRITE = "write"
    LEAVE = "leave"
    CONFLICT = "conflict"


class Part(NamedTuple):
    """A part of a field that differs: who moved it, and what becomes of it."""

    side: Side | None
    fate: Fate


class Merged(NamedTuple):
    """A field that differs.

    Attributes:
        parts: What differs of it.
        goal: What the CRM shall hold.
        pulled: What the manifests say once `pull` has taken over what is the CRM's.
    """

    parts: Mapping[Piece, Part]
    goal: Canon
    pulled: Canon

    @property
    def side(self) -> Side | None:
        """Who moved it; of several parts `BOTH` when it was not one side alone."""
        sides = {part.side for part in self.parts.values()}
        return sides.pop() if len(sides) == 1 else Side.BOTH

    def has(self, fate: Fate) -> bool:
        """Tell whether *fate* is that of one of its parts."""
        return any(part.fate is fate for part in self.parts.values())


_MERGE: Final = {None: Fate.LEAVE, Side.GIT: Fate.WRITE, Side.CRM: Fate.LEAVE, Side.BOTH: Fate.CONFLICT}


def side_of(base: Base, desired: Canon, observed: Canon) -> Side | None:
    """Return who moved a part of which *desired* and *observed* differ; None without a base."""
    if base is NO_BASE:
        return None
    if canon.same(desired, base):
        return Side.CRM
    return Side.GIT if _unmoved(base, desired, observed) else Side.BOTH


def _unmoved(base: Canon, desired: Canon, observed: Canon) -> bool:
    """Tell whether the CRM holds what was agreed, as a field is compared that is written like *desired*."""
    return canon.same(canon.as_desired(base, desired), observed)


def fate_of(side: Side | None, rule: Rule) -> Fate:
    """Return what becomes of a part that *side* moved."""
    if rule in {Existing.UPDATE, Side.GIT}:
        return Fate.WRITE
    if rule in {Existing.REPORT, Side.CRM}:
        return Fate.LEAVE
    return _MERGE[side]


def merge(field: Field, base: Base, desired: Canon, observed: Canon, rule: Rule) -> Merged:
    """Decide, part by part, about a field of which *desired* and *observed* differ.

    Args:
        field: Which one.
        base: What was last agreed.
        desired: What the manifests say.
        observed: What the CRM has.
        rule: How differences are decided.
    """
    shape = field.shape
    ours, theirs = shape.pieces(desired, desired), shape.pieces(observed, desired)
    before = {} if base is NO_BASE else shape.pieces(base, desired)
    parts: dict[Piece, Part] = {}
    for piece in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(piece), theirs.get(piece)
        if not canon.same(one, other):
            side = side_of(NO_BASE if base is NO_BASE else before.get(piece), one, other)
            parts[piece] = Part(side, fate_of(side, rule))
    if rule is Existing.MERGE or any(part.fate is Fate.WRITE for part in parts.values()):
        # Nobody wants a record linked twice, and nothing is lost when it is linked once.
        twice = {piece: part for piece, part in parts.items() if piece[1] == TIMES}
        parts |= {piece: part._replace(fate=Fate.WRITE) for piece, part in twice.items()}
    goal = _joined(ours, theirs, {piece for piece, part in parts.items() if part.fate is not Fate.WRITE})
    if rule is Existing.MERGE and any(part.fate is Fate.WRITE for part in parts.values()):
        # One side has taken away what the other has given the mark or a role to.
        parts |= dict.fromkeys(shape.torn(goal), Part(Side.BOTH, Fate.CONFLICT))
    pulled = {
        piece
        for piece, part in parts.items()
        if part.fate is Fate.LEAVE and (rule is Side.CRM or part.side is Side.CRM)
    }
    return Merged(
        parts,
        goal=shape.whole(goal, desired, observed),
        pulled=shape.whole(_joined(ours, theirs, pulled), desired, observed),
    )


def _joined(
    ours: Mapping[Piece, Canon], theirs: Mapping[Piece, Canon], pieces: Collection[Piece]
) -> dict[Piece, Any]:
    """Return our parts, but for those *pieces* which are theirs."""
    return {
        piece: theirs.get(piece) if piece in pieces else ours.get(piece)
        for piece in dict.fromkeys([*ours, *theirs])
    }


def agreed(field: Field, base: Base, desired: Canon, observed: Canon) -> Base:
    """Return what is agreed of a field now: part by part what both sides hold, else what was agreed before.

    Of a field of which nothing was agreed, a few parts alone are not either: the others would count as agreed
    not to be there.
    """
    shape = field.shape
    ours, theirs = shape.pieces(desired, desired), shape.pieces(observed, desired)
    if base is NO_BASE:
        return observed if canon.same(desired, observed) else NO_BASE
    before = shape.pieces(base, desired)
    moved = {
        piece
        for piece in {*ours, *theirs, *before}
        if canon.same(ours.get(piece), theirs.get(piece))
        and not _unmoved(before.get(piece), ours.get(piece), theirs.get(piece))
    }
    return _advanced(field, base, desired, observed, moved)


def settled(field: Field, base: Base, before: Canon, after: Canon) -> Canon:
    """Return what is agreed of a field that was written and read back: of its parts those that were set.

    Args:
        field: Which one.
        base: What was agreed before it was written.
        before: What the CRM held then.
        after: What it holds now.
    """
    if base is NO_BASE:
        return after
    old, new = field.shape.pieces(before, after), field.shape.pieces(after, after)
    moved = {piece for piece in {*old, *new} if not canon.same(new.get(piece), old.get(piece))}
    return _advanced(field, base, after, after, moved)


def _advanced(field: Field, base: Canon, asked: Canon, now: Canon, moved: Collection[Piece]) -> Canon:
    """Return *base* with the parts *moved* as they are *now*; as it was where those are no value."""
    shape = field.shape
    pieces = _joined(shape.pieces(base, asked), shape.pieces(now, asked), moved)
    return shape.whole(pieces, now, base) if moved and not shape.torn(pieces) else base
