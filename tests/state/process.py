"""A process of its own that does with a store what it is told: `python -m tests.state.process`.

The first line says how to open the store. Each answer is one line: a word, and what there is to say.
"""

import json
import sys
from contextlib import ExitStack

from syncer.model.problem import SyncerError
from syncer.state import holder
from syncer.state.lease import Lease
from tests.state.places import Opening, done, row, run


def tell(answer: str) -> None:
    sys.stdout.write(f"{answer.rstrip()}\n")
    sys.stdout.flush()


def main() -> None:
    opening = Opening(**json.loads(sys.stdin.readline()))
    store = opening.store()
    lease: Lease | None = None
    stack = ExitStack()
    tell("ready")
    for line in sys.stdin:
        word, *rest = line.split()
        try:
            match word, rest:
                case "hold", [id_]:
                    lease = stack.enter_context(store.hold(id_, holder.here()))
                    taken = "" if lease.taken is None else lease.taken.run
                    answer = " ".join(["held", taken, *(each.run for each in lease.state.open)])
                case "announce", addresses:
                    assert lease is not None
                    lease.announce("sha256:plan", addresses)
                    answer = "announced"
                case "check", _:
                    assert lease is not None
                    lease.check()
                    answer = "ours"
                case "release", [id_, *keys]:
                    assert lease is not None
                    lease.release(
                        run(id_, project=opening.project),
                        [done(key) for key in keys],
                        rows=[row(key, opening.project, id_) for key in keys],
                    )
                    answer = "released"
                case "end", _:
                    stack.close()
                    answer = "ended"
                case "remember", keys:
                    for key in keys:
                        store.remember([row(key, opening.project)])
                    answer = "remembered"
                case _:
                    answer = f"unknown {word}"
        except SyncerError as error:
            answer = f"{error.problems[0].code} {error.problems[0].detail}"
        tell(answer)
    stack.close()


if __name__ == "__main__":
    main()
