"""Somebody to talk to for a verb that runs in a test: no terminal, no stream, no command line."""

from syncer.model.outcome import Result
from syncer.model.plan import Plan


class Listener:
    """Answers as it was told to, and remembers what it was asked and what was reported to it."""

    def __init__(self, *, approves: bool = True) -> None:
        self.approves = approves
        self.heard: list[tuple[str, object]] = []

    def say(self, text: str) -> None:
        self.heard.append(("say", text))

    def planned(self, plan: Plan) -> None:
        self.heard.append(("planned", len(plan.changes)))

    def approve(self, plan: Plan) -> bool:
        self.heard.append(("approve", len(plan.writes)))
        return self.approves

    def start(self, plan: Plan) -> None:
        self.heard.append(("start", len(plan.writes)))

    def progress(self, done: int, all_: int) -> None:
        self.heard.append(("progress", (done, all_)))

    def outcome(self, result: Result) -> None:
        self.heard.append(("outcome", (str(result.change.address), str(result.outcome))))
