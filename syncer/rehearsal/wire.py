"""The requests of a rehearsal: each by its name, each answer as it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from syncer import __version__
from syncer.rehearsal.steps import STEPS
from syncer.remote.client import Api
from syncer.remote.retry import Decision, Effect, Ending, backoff, retry_after, rule

if TYPE_CHECKING:
    from syncer.remote.transport import Exchange

# A hook whose `options.skip_keys` has this key is not called by a rehearsal. Source: DOC webhooks.
SKIP_KEY: Final = "syncer-rehearsal"
_ATTEMPTS: Final = 5


class NoAnswerError(Exception):
    """A request of a rehearsal got no answer that says anything.

    Attributes:
        why: In our own words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service said.

    Attributes:
        status: Of HTTP, or of the envelope where that says otherwise.
        body: The JSON; None when there is none.
        repeated: The request was sent more than once.
        exchange: Where it comes from.
    """

    status: int
    body: Any
    repeated: bool
    exchange: "Exchange"

    @property
    def ok(self) -> bool:
        """Whether the service did what was asked."""
        return self.exchange.ending is Ending.ANSWERED

    @property
    def data(self) -> Any:
        """What the envelope holds."""
        return self.body.get("data") if isinstance(self.body, dict) else None

    @property
    def row(self) -> dict[str, Any]:
        """The one record that the envelope holds."""
        return self.data if isinstance(self.data, dict) else {}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records of a list."""
        return [row for row in self.data if isinstance(row, dict)] if isinstance(self.data, list) else []

    def header(self, name: str) -> str:
        """Return a header of the answer, `""` when it lacks."""
        return self.exchange.headers.get(name, "")


class Wire:
    """Asks the service; what may have been done without an answer is remembered.

    Args:
        api: An open connection.

    Attributes:
        uncertain: A write got no answer, so records may be there that nobody told of.
    """

    def __init__(self, api: Api) -> None:
        self.api = api
        self.uncertain = False

    def ask(
        self,
        step: str,
        method: str,
        path: str,
        *,
        params: Sequence[tuple[str, str]] = (),
        body: Any = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """Send one request of `STEPS`.

        A read is repeated, and so is a deletion, since what is deleted twice is deleted; another write only
        when it was certainly not taken.

        Raises:
            NoAnswerError: There was none.
            StoppedError: Somebody stopped the run.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
        assert step in STEPS, step
        sent = {
            "User-Agent": f"syncer/{__version__} rehearsal/{step}",
            "Webhook-Skip-Key": SKIP_KEY,
            **(headers or {}),
        }
        effect = Effect.READ if method in {"GET", "DELETE"} else Effect.WRITE
        attempt = 0
        while True:
            attempt += 1
            # From here until the answer is read, a write may be done that nobody tells of.
            before, self.uncertain = self.uncertain, self.uncertain or effect is Effect.WRITE
            exchange, document = self.api.ask(method, path, params=params, content=content, headers=sent)
            decided = rule(effect, exchange.ending)
            if decided.verdict is not Decision.UNCERTAIN:
                self.uncertain = before
            if decided.verdict is Decision.ANSWER:
                return Reply(exchange.status or 0, document, attempt > 1, exchange)
            if decided.verdict is Decision.RETRY and attempt < min(decided.attempts, _ATTEMPTS):
                asked = retry_after(exchange.headers.get("retry-after", ""), exchange.headers.get("date", ""))
                self.api.pause(backoff(attempt) if asked is None else asked, exchange.ending.value)
                continue
            if exchange.ending is Ending.FAILED and exchange.status:
                # That the service fails at such a request is worth knowing, too.
                return Reply(exchange.status, document, attempt > 1, exchange)
            raise NoAnswerError(exchange.ending.value)
