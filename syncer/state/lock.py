"""The lease and the name of a state, as text."""

import json
from typing import Any, Final

from syncer.model.problem import Problem
from syncer.state.faults import StateError, other_version
from syncer.state.fields import Fields, line
from syncer.state.values import FORMAT, FORMAT_MAJOR, RUN_ID, Holder, Lock, Scope

LOCK: Final = "lock.json"
ROOT: Final = "state.json"


def lock_to_text(lock: Lock) -> str:
    """Return *lock* as JSON."""
    holder = lock.holder
    return line(
        {
            "run": lock.run,
            "project": lock.project,
            "holder": {
                "user": holder.user,
                "host": holder.host,
                "pid": holder.pid,
                "boot": holder.boot,
                "namespace": holder.namespace,
                "started": holder.started,
            },
            "plan": lock.plan,
            "since": lock.since,
            "until": lock.until,
            "addresses": list(lock.addresses),
        }
    )


def lock_from_text(text: str, where: str = LOCK) -> Lock:
    """Return the lease in *text*.

    Raises:
        StateError: It is not as we write it.
    """
    fields = Fields(text, where)
    run = fields.text("run")
    if not RUN_ID.fullmatch(run):
        fields.refuse('"run" is no id of a run')
    return Lock(
        run=run,
        holder=_holder(fields.get("holder"), where),
        since=fields.time("since"),
        until=fields.time("until"),
        project=fields.text("project"),
        plan=fields.maybe("plan"),
        addresses=fields.texts("addresses"),
    )


def _holder(body: Any, where: str) -> Holder:
    fields = Fields.of(body, where)
    marks = {}
    for name in ("boot", "namespace", "started"):
        mark = fields.get(name)
        if type(mark) is not str:
            fields.refuse(f'"{name}" is no text')
        marks[name] = mark
    return Holder(user=fields.text("user"), host=fields.text("host"), pid=fields.number("pid"), **marks)


def root_to_text(scope: Scope, lineage: str, serial: int, before: str = "{}") -> str:
    """Return what a state says of itself, as JSON; what a later syncer has added *before* stays."""
    first = {"format_version": FORMAT, "lineage": "", "serial": 0}
    space = {"space": {"host": scope.host, "id": scope.space}}
    return line((json.loads(before) or first | space) | {"lineage": lineage, "serial": serial})


def root_from_text(text: str, scope: Scope, where: str = ROOT) -> tuple[str, int]:
    """Return lineage and serial of a state, when it is for this space and of a format we read.

    Raises:
        StateError: It is not as we write it, for another space, or of another major version.
    """
    fields = Fields(text, where)
    check_version(fields.text("format_version"), where)
    space = Fields.of(fields.get("space"), where)
    host, id_ = space.text("host"), space.text("id")
    if (host, id_) != (scope.host, scope.space):
        raise StateError(
            Problem(
                "state-other-space",
                f"{where} is of the space {id_} at {host}; this is {scope.space} at {scope.host}.",
                hint="give each space a state of its own; it was left as it is",
            )
        )
    return fields.text("lineage"), fields.number("serial")


def check_version(version: str, where: str) -> None:
    """Raise unless a state of this format is read.

    Raises:
        StateError: It is of another major version.
    """
    if version.partition(".")[0] != str(FORMAT_MAJOR):
        raise other_version(where, version[:20], FORMAT_MAJOR)
