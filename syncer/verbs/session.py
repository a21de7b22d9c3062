"""What a verb works on, and whom it talks to while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from syncer.model.outcome import Result
from syncer.model.plan import Plan
from syncer.model.signs import Signs, Unseen
from syncer.project.connection import Connection
from syncer.project.load import Project
from syncer.remote import client
from syncer.remote.transport import Timeouts
from syncer.state.clock import Clock
from syncer.state.folder import space_folder
from syncer.state.open import open_store
from syncer.state.store import Store


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One project at work on one space.

    Attributes:
        project: Its identity, defaults and policy.
        connection: Which space it is.
        api: An open connection to it.
        folder: Where journals of this space are, and what is remembered of it, unless that is elsewhere.
        clock: The service's, as its answers tell it; only where what is remembered is shared.
        now: The present, with its time zone.
        signs: Takes what goes on, so that somebody sees that it does.
    """

    project: Project
    connection: Connection
    api: client.Api
    folder: Path
    clock: Clock = field(default_factory=Clock)
    now: Callable[[], datetime] = field(default=_now)
    signs: Signs = field(default_factory=Unseen)

    def store(self) -> Store:
        """Open what is remembered of the space.

        Raises:
            SyncerError: What syncer.yaml asks for is not there.
        """
        space = self.connection
        return open_store(self.project.state, self.project.root, space.url, space.space_id, self.clock)


class Talk(Protocol):
    """What a verb asks and reports while it runs: the command line, a log, a test.

    Everything is called in the thread that called the verb.
    """

    def say(self, text: str) -> None:
        """Take a sentence for people: what is done, or awaited."""

    def planned(self, plan: Plan) -> None:
        """Show a plan that was made just now, before it is refused or approved."""

    def approve(self, plan: Plan) -> bool:
        """Tell whether *plan*, which was made just now and writes something, may be carried out."""

    def start(self, plan: Plan) -> None:
        """Take what is about to be carried out. Nothing is written yet: whatever is raised ends the run."""

    def progress(self, done: int, all_: int) -> None:
        """Take how many of all writes are settled; what became of them is known when they are read back."""

    def outcome(self, result: Result) -> None:
        """Take what became of one change, as soon as it is final."""


@contextmanager
def open_session(
    project: Project,
    connection: Connection,
    *,
    parallelism: int | None = None,
    timeout: float | None = None,
    signs: Signs | None = None,
) -> Iterator[Session]:
    """Open the connection to a space, and close it in the end; nothing is sent yet.

    Args:
        project: Whose session it is.
        connection: Where the space is, and the credentials for it.
        parallelism: Requests at once, at least the usual number.
        timeout: Seconds to wait for an answer; None leaves it to the client.
        signs: Takes what goes on; None: nobody watches.
    """
    clock = Clock()
    signs = signs or Unseen()
    with client.Api(
        connection.url,
        connection.space_id,
        connection.username,
        connection.password,
        parallelism=max(parallelism or 0, client.PARALLELISM),
        timeouts=timeouts(timeout),
        on_request=(lambda request: clock.hear(request.date)) if project.state.is_shared else None,
        signs=signs,
    ) as api:
        folder = space_folder(project.root, connection.url, connection.space_id)
        yield Session(project, connection, api, folder, clock, signs=signs)


def timeouts(seconds: float | None) -> Timeouts | None:
    """Return how long one request may take; None leaves it to the client."""
    if seconds is None:
        return None
    usual = Timeouts()
    return replace(usual, connect=min(usual.connect, seconds), read=seconds, write=seconds, whole=seconds)
