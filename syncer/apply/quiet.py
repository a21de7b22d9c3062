"""Whether something that was sent before this apply may still come, and how long to wait for it.

A runner may have died with creates under way, which the service commits a moment later: what is judged
before that moment would be created twice. See docs/guarantees.md.
"""

import time

from syncer.kinds.registry import KINDS
from syncer.model.change import Action
from syncer.model.plan import Plan
from syncer.remote.client import Api
from syncer.remote.lookup import fields_in


def needed(grace: float, began: float) -> float:
    """Return how many seconds are left until *grace* seconds after *began*, of the monotonic clock."""
    return max(0.0, began + grace - time.monotonic())


def is_guarded(api: Api, plan: Plan) -> bool:
    """Tell whether the service itself refuses a second one of everything that *plan* creates.

    Raises:
        RemoteError: Refused, or silent.
    """
    if any(row.operation == "create" for change in plan.writes for row in change.relations):
        return False  # nothing keeps a link from being there twice
    if any(change.restores for change in plan.writes):
        return False  # nor a link that is added to what comes back
    keyed: dict[str, set[str]] = {}
    for change in plan.writes:
        if change.action is Action.CREATE:
            name = change.absent.rule.key_field if change.absent.key.key else None
            if name is None:
                return False
            keyed.setdefault(change.address.kind, set()).add(name)
    for kind, names in keyed.items():
        fields = fields_in(api, KINDS[kind])
        if not all(name in fields and fields[name].unique for name in names):
            return False
    return True
