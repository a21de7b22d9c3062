"""What goes wrong with each store: two at once, kills, pauses, clocks that are off, a store that is away.

`python -m tests.faults.stores` runs all of it and prints a line for each store. The sandbox's store is asked
whether every deal is there exactly once, and the next plan whether it is empty.
"""
# ruff: noqa: T201 - a command that prints

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import which
from typing import Final

from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.state import server
from tests.state.places import GitPlace, LocalPlace, Place, PostgresPlace
from tests.state.working import APPLY, Team

TRIES: Final = 20
NAMES: Final = [f"Deal {n}" for n in range(6)]
_LEASE: Final = 10
# The first git that the command finds: it counts pushes, and kills who called it before or after one of them.
_GIT: Final = """#!/bin/sh
case " $* " in
*" push "*)
  echo x >> "$COUNT"
  if [ "$(wc -l < "$COUNT")" -eq "$NTH" ]; then
    [ "$WHEN" = after ] && "$REAL" "$@" > /dev/null 2>&1
    kill -9 $PPID
    exit 1
  fi ;;
esac
exec "$REAL" "$@"
"""


@dataclass
class Counts:
    """What the scenarios of a store ended in."""

    scenarios: int = 0
    converged: int = 0
    duplicates: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, what: str, team: Team, faults: list[str]) -> None:
        """Count one scenario, after an apply from a fresh copy: all is there, and the plan is empty."""
        plan = team.start(team.copy(NAMES), "plan", "--detailed-exitcode")
        plan.communicate(timeout=60)
        if plan.returncode:
            faults.append(f"the next plan exits with {plan.returncode}")
        self.count(what, team, faults, NAMES)

    def count(self, what: str, team: Team, faults: list[str], names: Collection[str]) -> None:
        """Count one scenario after which these deals are there, each once, and nobody holds the space."""
        found = team.deals()
        twice = len(found) - len(set(found))
        gone = len(set(names) - set(found))
        if more := set(found) - set(names):
            faults.append(f"there is {', '.join(sorted(more))}")
        if (lock := team.store(team.copy(NAMES)).read().lock) is not None:
            faults.append(f"held by {lock}")
        self.scenarios += 1
        self.duplicates += twice
        self.lost += gone
        if twice or gone or faults:
            self.wrong.append(f"{what}: {twice} twice, {gone} lost; {'; '.join(faults)}")
        else:
            self.converged += 1


class Matrix:
    """All that is played with one store."""

    def __init__(self, make: Callable[[], Team]) -> None:
        """Play with the teams that *make* makes, a new one for each scenario."""
        self._make = make
        self.counts = Counts()

    def at_once(self) -> None:
        """Two apply the same at the same moment: one writes."""
        team = self._make()
        both = [team.start(folder, *APPLY) for folder in (team.copy(NAMES), team.copy(NAMES))]
        said = [process.communicate(timeout=120) for process in both]
        codes = sorted(process.returncode for process in both)
        faults = [] if codes in ([0, 0], [0, 1]) else [f"exit codes {codes}: {said}"]
        store = team.store(team.copy(NAMES))
        writers = [
            run
            for run in store.read().runs
            if any(change.outcome == "created" for change in store.changes(run.run))
        ]
        if len(writers) != 1:
            faults.append(f"{len(writers)} have written")
        self.counts.add("two at once", team, faults)

    def killed_at_request(self, nth: int, when: str) -> bool:
        """Kill the client while the server handles its request; return whether there was such a request."""
        team = self._make()
        started: list[subprocess.Popen[str]] = []

        def kill() -> None:
            while not started:
                time.sleep(0.005)
            started[0].kill()

        team.sandbox.faults.add("hook", nth=nth, when=when, hook=kill)
        started.append(team.start(team.copy(NAMES), *APPLY))
        started[0].communicate(timeout=60)
        struck = started[0].returncode == -signal.SIGKILL
        if struck:
            self._follow_up(f"killed {when} request {nth}", team)
        return struck

    def killed_at_push(self, nth: int, when: str) -> bool:
        """Kill the client before or after the remote takes a push; return whether there was such a push."""
        team = self._make()
        shims = team.place.folder / "shims"
        shims.mkdir()
        (shims / "git").write_text(_GIT)
        (shims / "git").chmod(stat.S_IRWXU)
        env = {
            "PATH": f"{shims}:{os.environ['PATH']}",
            "REAL": str(which("git")),
            "COUNT": str(shims / "count"),
            "NTH": str(nth),
            "WHEN": when,
        }
        process = team.start(team.copy(NAMES), *APPLY, **env)
        process.communicate(timeout=60)
        struck = process.returncode == -signal.SIGKILL
        if struck:
            self._follow_up(f"killed {when} push {nth}", team)
        return struck

    def paused(self, method: str, nth: int) -> None:
        """Stop the client past its lease while another one does the work; it writes nothing more."""
        team = self._make()
        started: list[subprocess.Popen[str]] = []

        def stop() -> None:
            while not started:
                time.sleep(0.005)
            started[0].send_signal(signal.SIGSTOP)

        team.sandbox.faults.add("hook", method=method, nth=nth, when="after", hook=stop)
        first = team.start(team.copy(NAMES), *APPLY, SYNCER_LEASE=str(_LEASE))
        started.append(first)
        time.sleep(_LEASE + 3)
        second = team.start(team.copy(NAMES), *APPLY, "--lock-timeout", "60")
        said = second.communicate(timeout=120)
        before = team.sandbox.store.count("Opportunity")
        first.send_signal(signal.SIGCONT)
        first.communicate(timeout=120)
        faults = []
        if second.returncode:
            faults.append(f"the second one exits with {second.returncode}: {said}")
        if first.returncode not in ({0, 1, 3} if method == "GET" else {1, 3}):
            faults.append(f"the first one exits with {first.returncode}")
        if team.sandbox.store.count("Opportunity") != before:
            faults.append("it wrote after its lease")
        self.counts.add(f"paused at {method} {nth}", team, faults)

    def killed_when_deals_went(self, nth: int, when: str, removed: str) -> bool:
        """Kill an apply that finds a deal deleted in the CRM and an entry taken out, and writes others.

        What was deleted stays deleted, what was taken out is kept or deleted as the project says.
        """
        team = self._make()
        policy, options = f"removed: {removed}, ", ("--allow", "max_deletes")
        team.start(team.copy(NAMES), *APPLY).communicate(timeout=60)
        ids = {row["name"]: row["id"] for row in team.sandbox.store.rows("Opportunity")}
        team.sandbox.store.delete("Opportunity", ids["Deal 1"])
        entries: dict[str, dict[str, str | None]] = {
            f"deal-{n}": {"name": name} for n, name in enumerate([*NAMES, "Deal 6", "Deal 7", "Deal 8"])
        }
        del entries["deal-2"]
        entries["deal-3"]["value"] = "7 USD"
        started: list[subprocess.Popen[str]] = []

        def kill() -> None:
            while not started:
                time.sleep(0.005)
            started[0].kill()

        team.sandbox.faults.add("hook", nth=nth, when=when, hook=kill)
        started.append(team.start(team.declaring(entries, policy), *APPLY, *options))
        started[0].communicate(timeout=60)
        if started[0].returncode != -signal.SIGKILL:
            return False
        folder = team.declaring(entries, policy)
        ran = team.start(folder, *APPLY, *options, "--lock-timeout", "60")
        said = ran.communicate(timeout=120)
        faults = [] if ran.returncode == 0 else [f"the next apply exits with {ran.returncode}: {said}"]
        out, _ = team.start(team.declaring(entries, policy), "plan", "--format", "json").communicate(
            timeout=60
        )
        actions = {change["address"]: change["action"] for change in json.loads(out)["changes"]}
        if actions.pop("opportunity.deal-1", None) != "gone" or set(actions.values()) != {"no-op"}:
            faults.append(f"the next plan says {actions}")
        if "opportunity.deal-2" in team.store(folder).read().ledger:
            faults.append("what was taken out is in the ledger")
        left = {"Deal 1"} | ({"Deal 2"} if removed == "delete" else set())
        names = {*NAMES, "Deal 6", "Deal 7", "Deal 8"} - left
        self.counts.count(f"{removed}, killed {when} request {nth}", team, faults, names)
        return True

    def clock_off(self, hours: int) -> None:
        """Apply on a machine whose clock is off: where others see the state, it holds and writes nothing."""
        team = self._make()
        prelude = (
            "import time_machine; from datetime import UTC, datetime, timedelta; "
            f"time_machine.travel(datetime.now(UTC) + timedelta(hours={hours}), tick=True).start(); "
        )
        process = team.start(team.copy(NAMES), *APPLY, prelude=prelude)
        said = process.communicate(timeout=60)
        wanted = (0, NAMES) if team.kind == "local" else (1, [])
        faults = []
        if (process.returncode, team.deals()) != wanted:
            faults.append(f"it exits with {process.returncode}: {said}")
        self._follow_up(f"clock off by {hours} h", team, faults)

    def unreachable(self, when: str) -> None:
        """Lose the store before an apply, in the middle of it, or at its end."""
        team = self._make()
        folder = team.copy(NAMES)
        team.store(folder).init()
        if when == "before":
            team.place.break_()
        else:
            nth = 1 if when == "during" else len(NAMES) // 2
            team.sandbox.faults.add("hook", method="POST", nth=nth, when="after", hook=team.place.break_)
        process = team.start(folder, *APPLY, SYNCER_LEASE=str(_LEASE))
        said = process.communicate(timeout=120)
        team.place.mend()
        faults = []
        if (process.returncode, team.deals()) != ((1, []) if when == "before" else (3, NAMES)):
            faults.append(f"it exits with {process.returncode}: {said}")
        self._follow_up(f"unreachable {when}", team, faults)

    def undo_killed_at(self, nth: int, when: str) -> bool:
        """Kill the apply of a saved undo at a write, and repeat it; return whether there was such a write."""
        team = self._make()
        team.start(team.copy(NAMES), *APPLY).communicate(timeout=60)
        half = len(NAMES) // 2
        entries = {
            f"deal-{n}": {"name": f"{name} changed"} if n < half else {"name": name, "state": "absent"}
            for n, name in enumerate(NAMES)
        }
        folder = team.declaring(entries, "existing: update, ")
        team.start(folder, *APPLY, "--allow", "max_deletes").communicate(timeout=60)
        folder = team.declaring({f"deal-{n}": {"name": name} for n, name in enumerate(NAMES)})
        team.start(folder, "undo", "--out", "undo.json").communicate(timeout=60)
        started: list[subprocess.Popen[str]] = []

        def kill() -> None:
            while not started:
                time.sleep(0.005)
            started[0].kill()

        team.sandbox.faults.add("hook", method="POST", nth=nth, when=when, hook=kill)
        again = ("apply", "undo.json", "--no-quiet-wait", "--grace", "0.5", "--lock-timeout", "60")
        started.append(team.start(folder, *again, SYNCER_LEASE=str(_LEASE)))
        started[0].communicate(timeout=60)
        if started[0].returncode != -signal.SIGKILL:
            return False
        repeated = team.start(folder, *again)
        said = repeated.communicate(timeout=120)
        faults = (
            [] if repeated.returncode == 0 else [f"repeated, it exits with {repeated.returncode}: {said}"]
        )
        self.counts.add(f"undo killed {when} write {nth}", team, faults)
        return True

    def _follow_up(self, what: str, team: Team, before: Collection[str] = ()) -> None:
        ran = team.start(team.copy(NAMES), *APPLY, "--lock-timeout", "60")
        said = ran.communicate(timeout=120)
        faults = [] if ran.returncode == 0 else [f"the next apply exits with {ran.returncode}: {said}"]
        self.counts.add(what, team, [*before, *faults])


def every(play: Callable[[int, str], bool]) -> None:
    """Play it at each request or push there is, before and after."""
    for when in ("before", "after"):
        nth = 1
        while play(nth, when):
            nth += 1


def teams(kind: str, sandbox: Sandbox, root: Path, socket: Path) -> Iterator[Team]:
    """Yield a new team each time; the space is as at the beginning."""
    number = 0
    while True:
        number += 1
        folder = root / f"{kind}{number}"
        folder.mkdir()
        sandbox.reset()
        place: Place
        match kind:
            case "local":
                place = LocalPlace(folder)
            case "git":
                place = GitPlace(folder)
            case _:
                place = PostgresPlace(folder, socket, partial(server.ask, socket))
        yield Team(kind, place, sandbox)


def main(kinds: list[str]) -> int:
    """Play everything; print a line for each store."""
    wrong = 0
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        socket = stack.enter_context(server.running())
        # Batches of two, so that one is still to come when something happens.
        sandbox = stack.enter_context(Sandbox.serve(switches=Switches(max_batch=2)))
        for kind in kinds:
            making = teams(kind, sandbox, root, socket)
            matrix = Matrix(partial(next, making))
            start = time.monotonic()
            for _ in range(TRIES):
                matrix.at_once()
            every(matrix.killed_at_request)
            if kind == "git":
                every(matrix.killed_at_push)
            for method, nth in (("GET", 12), ("POST", 1), ("POST", 2)):
                matrix.paused(method, nth)
            for hours in (-1, 1):
                matrix.clock_off(hours)
            for when in ("before", "during", "after"):
                matrix.unreachable(when)
            every(matrix.undo_killed_at)
            for removed in ("keep", "delete"):
                every(partial(matrix.killed_when_deals_went, removed=removed))
            counts = matrix.counts
            print(
                f"{kind:10}  {counts.scenarios} scenarios, {counts.converged} converged, "
                f"{counts.duplicates} duplicates, {counts.lost} lost, {time.monotonic() - start:.0f} s",
                *counts.wrong,
                sep="\n  ",
                flush=True,
            )
            wrong += len(counts.wrong)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["local", "git", "postgresql"]))
