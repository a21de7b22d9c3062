"""What is remembered of a space, for scripts."""

import json
from typing import Any

from syncer.state.lock import lock_to_text
from syncer.state.runs import head_to_json
from syncer.state.values import State


def state_json(state: State) -> dict[str, Any]:
    """Return *state* as JSON types: as `syncer state show --format json` prints it."""
    last = state.runs[-1] if state.runs else None
    return {
        "backend": state.backend,
        "lineage": state.lineage,
        "serial": state.serial,
        "records": len(state.ledger),
        "lock": None if state.lock is None else json.loads(lock_to_text(state.lock)),
        "last_run": None if last is None else head_to_json(last),
    }
