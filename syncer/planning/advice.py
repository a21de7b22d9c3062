"""What a reader of a plan should know, and can do, about what differs."""

from collections.abc import Iterable
from typing import Final

from syncer.kinds.count import counted
from syncer.kinds.custom import field_path
from syncer.model.address import Address
from syncer.model.change import DIFFERS, Action, Change, FieldChange, Side
from syncer.planning import shown

_MOVED: Final = {
    Side.GIT: "moved in git",
    Side.CRM: "moved in the CRM",
    Side.BOTH: "moved in git and in the CRM",
}
_NAMED: Final = 3  # fields in conflict that are named one by one


def told(field: FieldChange, action: Action) -> str:
    """Return who moved *field* of what differs, and what becomes of it; "" when there is nothing to add."""
    said = [] if field.moved is None else [_MOVED[field.moved]]
    if field.conflict:
        said.append("conflict")
    elif not field.written:
        # A drift says of all its fields that they are not written.
        said += ["not written"] * (action is not Action.DRIFT or field.moved is Side.GIT)
    elif field.moved in {Side.CRM, Side.BOTH}:
        said.append("overwritten")
    return ", ".join(said)


def in_conflict(change: Change) -> tuple[str, ...]:
    """Return the fields that both sides have moved and nothing decides, as `--take` calls them."""
    return tuple(dict.fromkeys(field_path(field.path) for field in shown.fields(change) if field.conflict))


def commands(change: Change) -> tuple[str, ...]:
    """Return what decides a conflict: taking the side of git, or that of the CRM."""
    fields = in_conflict(change)
    if not fields:
        return ()
    if change.after is None:
        # Nothing declares it any more: it goes, or it stays.
        return tuple(f"syncer apply --take {side} {change.address}" for side in ("git", "crm"))
    addresses = [f"{change.address}:{name}" for name in fields]
    if len(addresses) > _NAMED:
        addresses = [str(change.address)]
    return tuple(
        " ".join([f"syncer {verb}", *(f"--take {side} {address}" for address in addresses)])
        for verb, side in (("apply", "git"), ("pull", "crm"))
    )


def advice(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return what to do about what is not written, one sentence for each sort of it; conflicts first."""
    conflicts: list[Address] = []
    crm: list[Address] = []
    unknown: list[Address] = []
    for change in changes:
        if change.action not in DIFFERS:
            continue
        left = [field for field in shown.fields(change) if not field.written]
        conflicts += [change.address] * any(field.conflict for field in left)
        crm += [change.address] * any(field.moved is Side.CRM for field in left)
        unknown += [change.address] * any(field.moved is None for field in left)
    said = []
    if conflicts:
        said.append(
            f"{counted(conflicts)} in conflict: git and the CRM have moved the same field, differently. "
            "Nothing of them is written until one side is taken: `syncer apply --take git ADDRESS:FIELD`, or "
            "`syncer pull --take crm ADDRESS:FIELD`, which writes it into the manifest."
        )
    if crm:
        said.append(
            f"{counted(crm)} with fields that somebody has changed in the CRM: `syncer pull` takes them over "
            "into the manifests."
        )
    if unknown:
        said.append(
            f"{counted(unknown)} with fields that differ and were never agreed: `syncer apply --take git "
            "ADDRESS:FIELD` writes what the manifest says, `syncer pull --take crm ADDRESS:FIELD` takes over "
            "what the CRM has."
        )
    return tuple(said)
