"""Failures on demand: rules that say which request goes wrong, and how."""

import random
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import Any, Final

EFFECTS: Final = {
    "latency": "handle the request at once, answer `seconds` later",
    "stall": "handle and commit only `seconds` later, whether or not the client still waits",
    "late": "close the connection without an answer at once, handle and commit `seconds` later",
    "lag": "list a record only `seconds` after it was made; by its id it is found at once",
    "status": "answer `status` with an error body, and `retry_after` if given",
    "drop": "close the connection without an answer",
    "reset": "reset the connection (ECONNRESET) without an answer",
    "truncate": "announce the whole body, send `size` bytes of it, close",
    "drip": "send the body `size` bytes at a time, `seconds` apart",
    "drip-head": "send status line and headers `size` bytes at a time, `seconds` apart, then the body",
    "interim": "send `size` answers 103 (0: without end), `seconds` apart, before the answer",
    "refuse": "stop listening and drop all connections; listen again `seconds` later",
    "kill": "end the server process with SIGKILL (only in a process of its own)",
    "html": "answer `status` (200) with an HTML page",
    "redirect": "answer `status` (307) with `url` as Location, which may be no URL at all",
    "oversize": "answer a body of `size` bytes",
    "wrong-total": "answer a list whose `total` is `size` too large",
    "false-end": "answer a list that says it has no next page",
    "no-info": "answer a list without `page_info`",
    "missing-key": "answer rows that lack `key`",
    "null-key": "answer rows in which `key` is null",
    "empty-lists": "answer rows in which the list `key` (all lists without one) is empty",
    "hook": "call `hook` before or after the request is handled (in process only)",
}
_ENDINGS: Final = frozenset(
    {"late", "status", "drop", "reset", "refuse", "kill", "html", "redirect", "oversize"}
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule.

    It matches by `method` ("" is any) and `path` (a regular expression searched in the path). Among the
    matching requests it strikes from the `nth` on (1 is the first), `count` times (None: for ever, or once
    when `nth` is given), each time with `probability`, drawn from `seed`.

    `when` is `before` or `after` the request was handled and committed, for hooks and the effects that
    replace the answer. `retry_after` is sent as it is: seconds or an HTTP date.
    """

    effect: str
    method: str = ""
    path: str = ""
    nth: int | None = None
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    when: str = "before"
    seconds: float = 0.0
    status: int = 0
    retry_after: str = ""
    size: int = 0
    url: str = ""
    key: str = ""
    hook: Callable[[], object] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse rules that mean nothing.

        Raises:
            ValueError: Unknown effect or `when`, a bad pattern, or a number out of range.
        """
        if self.effect not in EFFECTS:
            raise ValueError(f"{self.effect!r} is none of {', '.join(EFFECTS)}")
        if self.when not in ("before", "after"):
            raise ValueError(f"when: {self.when!r} is neither before nor after")
        if (self.effect == "hook") != (self.hook is not None):
            raise ValueError("a hook is a function of this process, and the effect is called hook")
        if (
            not 0 <= self.probability <= 1
            or self.seconds < 0
            or self.size < 0
            or (self.nth is not None and self.nth < 1)
        ):
            raise ValueError("a number is out of range")
        if self.effect in ("missing-key", "null-key") and not self.key:
            raise ValueError(f"{self.effect} needs a key")
        try:
            re.compile(self.path)
        except re.error as exc:
            raise ValueError(f"path: {exc}") from exc

    @property
    def is_ending(self) -> bool:
        """Whether the effect takes the place of the answer."""
        return self.effect in _ENDINGS

    def as_dict(self) -> dict[str, Any]:
        """Give the rule as JSON, without what is at its default."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name == "effect" or (f.name != "hook" and getattr(self, f.name) != f.default)
        }


def fault_from(data: Any) -> Fault:
    """Read a rule from JSON.

    Raises:
        ValueError: Unknown names, wrong types or values.
    """
    names = {f.name for f in fields(Fault)} - {"hook"}
    if not isinstance(data, dict) or not data.keys() <= names or "effect" not in data:
        raise ValueError(f"a fault is an object with effect and some of {', '.join(sorted(names))}")
    try:
        return Fault(**data)
    except TypeError as exc:
        raise ValueError(str(exc)) from exc


class _Rule:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.struck = 0
        self.chance = random.Random(fault.seed)  # noqa: S311 - repeatable on purpose
        once = 1 if fault.nth is not None else None
        self.left = fault.count if fault.count is not None else once

    def strikes(self, method: str, path: str) -> bool:
        fault = self.fault
        if (fault.method and fault.method.upper() != method) or not re.search(fault.path, path):
            return False
        self.seen += 1
        if self.seen < (fault.nth or 1) or (self.left is not None and self.struck >= self.left):
            return False
        if self.chance.random() >= fault.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """The rules of one server; may be changed while it runs, from any thread.

    A server that shares its process refuses `kill` with a ValueError.
    """

    def __init__(self, faults: Iterable[Fault] = (), *, may_kill: bool = False) -> None:
        self._lock = threading.Lock()
        self._may_kill = may_kill
        self._rules: list[_Rule] = []
        self.set(faults)

    def set(self, faults: Iterable[Fault]) -> None:
        """Replace all rules, counting from zero."""
        rules = [self._rule(fault) for fault in faults]
        with self._lock:
            self._rules = rules

    def add(self, effect: str, **options: Any) -> None:
        """Add one rule: `faults.add("status", status=503, nth=2, retry_after="1")`.

        Raises:
            ValueError: As of `Fault`.
        """
        rule = self._rule(Fault(effect, **options))
        with self._lock:
            self._rules.append(rule)

    def _rule(self, fault: Fault) -> _Rule:
        if fault.effect == "kill" and not self._may_kill:
            raise ValueError("this server shares its process; spawn one to kill it")
        return _Rule(fault)

    def clear(self) -> None:
        """Remove all rules."""
        self.set(())

    def list(self) -> list[dict[str, Any]]:
        """Give each rule as JSON, with how often it matched and struck."""
        with self._lock:
            return [{**r.fault.as_dict(), "seen": r.seen, "struck": r.struck} for r in self._rules]

    def take(self, method: str, path: str) -> tuple[Fault, ...]:
        """Count one request and give the faults that strike it."""
        if not self._rules:
            return ()
        with self._lock:
            return tuple(rule.fault for rule in self._rules if rule.strikes(method, path))
