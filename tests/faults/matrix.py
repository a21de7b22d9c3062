"""Every fault at every request of an apply, one at a time: does one more apply end in the truth?

`python -m tests.faults` runs all of it and prints the counts; `tests/faults/test_sample.py` runs a sample.
"""
# ruff: noqa: T201 - a command that prints

import base64
import contextlib
import json
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from syncer.sandbox.database import Database
from syncer.sandbox.server import Sandbox
from syncer.sandbox.switches import Switches
from tests.faults.client import Client, Ran, Suicide, run_here
from tests.faults.world import build, compare, write_project

MAX_BATCH: Final = 12  # of the sandbox, so that fifty records take several requests, and the size is learnt
_QUICK: Final = 0.2
# Longer than an undisturbed answer takes on a busy machine, and shorter than what is delayed.
_TIMEOUT: Final = 1.0
_DELAY: Final = 1.6


@dataclass(frozen=True)
class Fault:
    """What goes wrong at one request.

    Attributes:
        effect: Fault of the sandbox; "" for a client that is killed.
        options: Of the fault; `when` of a kill.
        grace: `--grace` of both applies; longer than the server may be late.
        timeout: `--timeout` of the first apply.
        method: Of the requests that it is played at; "" for all.
        lag: Seconds until a list shows a new record, in both applies.
        fresh: The second apply begins in a fresh working copy, which remembers nothing.
        late: Seconds after which the server commits what it was sent by a client that is killed.
    """

    effect: str
    options: tuple[tuple[str, Any], ...] = ()
    grace: float = _QUICK
    timeout: float = 30.0
    method: str = ""
    lag: float = 0.0
    fresh: bool = False
    late: float = 0.0


def _fault(
    effect: str,
    grace: float = _QUICK,
    timeout: float = 30.0,
    *,
    method: str = "",
    lag: float = 0.0,
    fresh: bool = False,
    late: float = 0.0,
    **options: Any,
) -> Fault:
    return Fault(effect, tuple(options.items()), grace, timeout, method, lag, fresh, late)


_NO_URL: Final = "http://[::1"  # no URL parser takes it


FAULTS: Final[dict[str, Fault]] = {
    "killed before the request is sent": _fault("", when="unsent"),
    "killed when it is sent": _fault("", when="sent"),
    "killed when the server has committed": _fault("", when="committed"),
    "killed when the answer has arrived": _fault("", when="answered"),
    "answer lost": _fault("drop", when="after"),
    "request lost": _fault("drop", when="before"),
    "connection reset": _fault("reset", when="after"),
    "answer truncated": _fault("truncate", size=20),
    "answer after the timeout": _fault("latency", seconds=_DELAY, timeout=_TIMEOUT),
    "commit after the timeout": _fault("stall", seconds=_DELAY, timeout=_TIMEOUT, grace=1.5),
    "500 before the commit": _fault("status", status=500, when="before"),
    "500 after the commit": _fault("status", status=500, when="after"),
    "502 after the commit": _fault("status", status=502, when="after"),
    "503 with Retry-After": _fault("status", status=503, when="before", retry_after="1"),
    "429 with Retry-After": _fault("status", status=429, when="before", retry_after="1"),
    "connections refused for 5 s": _fault("refuse", seconds=5.0),
    "redirected after the commit": _fault("redirect", method="POST", when="after", url=_NO_URL),
    "headers that drip after the commit": _fault(
        "drip-head", timeout=_TIMEOUT, method="POST", size=8, seconds=0.1
    ),
    "answer lost, commit late": _fault("late", method="POST", grace=1.0, seconds=0.6),
    "lists that lag": _fault("drop", method="POST", lag=0.4, grace=1.0, when="after"),
    "lists that lag, killed when the answer has arrived": _fault(
        "", method="POST", lag=0.6, grace=1.2, when="answered"
    ),
    "killed, fresh working copy": _fault("", method="POST", fresh=True, when="answered"),
    "killed, commit late, fresh working copy": _fault(
        "", method="POST", grace=1.2, fresh=True, late=0.5, when="sent"
    ),
    "a total that is too large": _fault("wrong-total", method="GET", size=230),
    "a list that ends too early": _fault("false-end", method="GET"),
    "rows without a name": _fault("missing-key", method="GET", key="name"),
}


@dataclass(frozen=True)
class Scenario:
    """One fault at one request of one apply."""

    fault: str
    nth: int
    keyed: bool

    def __str__(self) -> str:
        return f"{self.fault}, request {self.nth}, {'key field' if self.keyed else 'natural key'}"


@dataclass(frozen=True)
class Outcome:
    """What a scenario ended in.

    Attributes:
        scenario: Which.
        struck: The fault did happen.
        faults: Everything that is wrong in the end; empty when it converged.
        duplicates: Opportunities too many.
        lost: Opportunities missing.
        seconds: How long it took.
    """

    scenario: Scenario
    struck: bool
    faults: tuple[str, ...]
    duplicates: int
    lost: int
    seconds: float


class Bench:
    """A sandbox and a project, brought back to the start for every scenario."""

    def __init__(self, sandbox: Sandbox, folder: Path, *, keyed: bool) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.keyed = keyed
        self.world = build()
        write_project(folder, self.world.before, keyed=keyed)
        made = self.apply("--grace", "0.01")
        assert made.code == 0, made.err
        write_project(folder, self.world.declared, keyed=keyed)
        self.start = Database(None)
        self.start.load(sandbox.db)
        self.log = self._undisturbed()

    def _undisturbed(self) -> list[str]:
        """Return the methods of the requests of an undisturbed apply."""
        self.reset()
        undisturbed = self.apply()
        assert undisturbed.code == 0, undisturbed.err
        assert not compare(self.sandbox.store, self.world.declared).wrong
        return [request.method for request in self.sandbox.requests]

    def reset(self) -> None:
        """Go back to the start."""
        self.sandbox.faults.clear()
        self.sandbox.db.load(self.start)
        self.sandbox.requests.clear()
        shutil.rmtree(self.folder / ".syncer", ignore_errors=True)

    def apply(self, *options: str) -> Ran:
        """Apply in this process."""
        return run_here(
            ["apply", "--auto-approve", "--format", "json", *options], self.folder, self.sandbox.env()
        )

    def play(self, scenario: Scenario) -> Outcome:
        """Apply with the fault, apply without, and look."""
        begun = time.monotonic()
        self.reset()
        fault = FAULTS[scenario.fault]
        options = ("--grace", str(fault.grace), "--timeout", str(fault.timeout))
        if fault.effect:
            self.sandbox.faults.add(fault.effect, nth=scenario.nth, **dict(fault.options))
            self._lag(fault.lag)
            first = self.apply(*options)
            struck = self.sandbox.faults.list()[0]["struck"] == 1
        else:
            self._lag(fault.lag)
            if fault.late:
                self.sandbox.faults.add("late", nth=scenario.nth, seconds=fault.late)
            first = self._killed(scenario.nth, dict(fault.options)["when"], options)
            struck = first.code == -9
        self.sandbox.faults.clear()
        _until_up(self.sandbox.url)
        if fault.fresh:
            shutil.rmtree(self.folder / ".syncer", ignore_errors=True)
        self._lag(fault.lag)
        second = self.apply("--grace", str(fault.grace))
        self.sandbox.faults.clear()
        last = run_here(["plan", "--detailed-exitcode"], self.folder, self.sandbox.env())
        verdict = compare(self.sandbox.store, self.world.declared)
        faults = [*verdict.wrong, *_misbehaviour(first), *_misbehaviour(second)]
        if second.code != 0:
            faults.append(f"the second apply ended with {second.code}: {second.err[-2000:]}")
        if last.code != 0:
            faults.append(f"the next plan is not empty: {last.out[-2000:]}{last.err[-500:]}")
        if journals := list((self.folder / ".syncer").glob("*/*/journal/*")):
            faults.append(f"journals are left: {journals}")
        if not struck:
            faults.append(f"the fault did not strike; the first apply ended with {first.code}")
        faults += self._secrets(first, second)
        faults += ["an opportunity exists twice"] * bool(verdict.duplicates)
        faults += ["an opportunity is lost"] * bool(verdict.lost)
        return Outcome(
            scenario, struck, tuple(faults), verdict.duplicates, verdict.lost, time.monotonic() - begun
        )

    def _lag(self, seconds: float) -> None:
        if seconds:
            self.sandbox.faults.add("lag", path="(Opportunities|Relations)$", seconds=seconds)

    def _killed(self, nth: int, when: str, options: Sequence[str]) -> Ran:
        suicide = {"unsent": Suicide(nth, "before"), "answered": Suicide(nth, "after")}.get(when)
        arguments = ["apply", "--auto-approve", "--format", "json", *options]
        client = Client(arguments, self.folder, self.sandbox.env(), suicide)
        if suicide is None:
            side = "before" if when == "sent" else "after"
            self.sandbox.faults.add("hook", nth=nth, when=side, hook=lambda: _murder(client))
        client.start()
        return client.wait()

    def _secrets(self, *runs: Ran) -> list[str]:
        """Search all that was written for the credentials."""
        token = base64.b64encode(f"{self.sandbox.username}:{self.sandbox.password}".encode()).decode()
        texts = [text for ran in runs for text in (ran.out, ran.err)]
        texts += [path.read_text() for path in self.folder.rglob("*") if path.is_file()]
        return [
            "credentials were written"
            for secret in (self.sandbox.password, token)
            for text in texts
            if secret in text
        ]


def _until_up(url: str) -> None:
    """Wait until the sandbox listens again; an apply that cannot reach it proves nothing here."""
    parts = urlsplit(url)
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection((parts.hostname, parts.port), 1):
            return
        time.sleep(0.1)


def _murder(client: Client) -> None:
    client.kill()
    wait([client.process.sentinel], 5)  # without reading it, which is for the one who waits for the exit code


def _misbehaviour(ran: Ran) -> list[str]:
    """Return what is wrong with the output of a run: its stdout holds whole JSON lines, whatever happens."""
    faults = []
    for line in ran.out.splitlines():
        try:
            json.loads(line)
        except ValueError:
            faults.append(f"no JSON: {line[:200]}")
    if "Traceback" in ran.err:
        faults.append(ran.err[-2000:])
    return faults


@contextlib.contextmanager
def benches() -> Iterator[dict[bool, Bench]]:
    """Yield a bench for each method of identity."""
    with contextlib.ExitStack() as stack:
        found = {}
        for keyed in (False, True):
            sandbox = stack.enter_context(Sandbox.serve(switches=Switches(max_batch=MAX_BATCH)))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            found[keyed] = Bench(sandbox, folder, keyed=keyed)
        yield found


_here: dict[bool, Bench] = {}
_open = contextlib.ExitStack()  # ends with the worker


def _play(scenario: Scenario) -> Outcome:
    """Play a scenario in a worker, whose benches live as long as it does."""
    if not _here:
        _here.update(_open.enter_context(benches()))
    return _here[scenario.keyed].play(scenario)


def scenarios(requests: dict[bool, list[str]]) -> list[Scenario]:
    """Return every fault at every request, or every one with its method, the slow ones first."""
    return [
        Scenario(fault, nth, keyed)
        for fault in reversed(FAULTS)
        for keyed, methods in requests.items()
        for nth, method in enumerate(methods, 1)
        if FAULTS[fault].method in {"", method}
    ]


def main(workers: int = 6) -> int:
    """Play all scenarios; print what failed and the counts."""
    begun = time.monotonic()
    with benches() as found:
        requests = {keyed: bench.log for keyed, bench in found.items()}
    natural, by_key = len(requests[False]), len(requests[True])
    print(f"An apply of 50 makes {natural} requests by natural key, {by_key} by key field.")
    counts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    duplicates = lost = converged = 0
    every = scenarios(requests)
    with ProcessPoolExecutor(workers, mp_context=get_context("forkserver")) as pool:
        for outcome in pool.map(_play, every, chunksize=1):
            duplicates += outcome.duplicates
            lost += outcome.lost
            converged += not outcome.faults
            counts[outcome.scenario.fault] += not outcome.faults
            seconds[outcome.scenario.fault] += int(outcome.seconds * 1000)
            if outcome.faults:
                print(f"FAILED {outcome.scenario}\n  " + "\n  ".join(outcome.faults[:5]), flush=True)
    played = Counter(scenario.fault for scenario in every)
    for fault in FAULTS:
        each = seconds[fault] / 1000 / played[fault]
        print(f"  {fault:50} {counts[fault]:4} of {played[fault]:4} converged, {each:.1f} s each")
    print(
        f"{len(every)} scenarios, {converged} converged, {duplicates} duplicates, {lost} lost, "
        f"in {time.monotonic() - begun:.0f} s"
    )
    return converged != len(every)
