"""What the tests of the rehearsal share: who plays, what a space holds, a rehearsal that dies."""

from typing import Any, Final

from syncer.rehearsal import cast
from syncer.rehearsal.mark import mark_of, new_mark, role_of
from syncer.rehearsal.points import Conclusion
from syncer.rehearsal.run import Rehearsed, rehearse
from syncer.remote.client import Api
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.server import Sandbox

WHO: Final = (
    "--owner",
    "dana@example.com",
    "--account",
    "info@acme.example",
    "--contact",
    "bob@acme.example",
)
PEOPLE: Final = (*WHO, "--auto-approve")
ASKED: Final = cast.Asked("dana@example.com", "info@acme.example", "bob@acme.example")


class Killed(BaseException):
    """The process is gone: nothing of it runs any more, no `finally` sends anything."""


class Dying(Api):
    """A connection whose process dies at its *nth* question, before it is sent or after it was done."""

    nth = 0
    before = True
    asked = 0

    def ask(self, *arguments: Any, **options: Any) -> Any:
        """Ask, or die."""
        self.asked += 1
        if self.asked > self.nth or (self.asked == self.nth and self.before):
            raise Killed
        answer = super().ask(*arguments, **options)
        if self.asked == self.nth:
            raise Killed
        return answer


def run(sandbox: Sandbox, asked: cast.Asked = ASKED, api: type[Api] = Api) -> Rehearsed:
    """Rehearse in this process."""
    with api(sandbox.url, sandbox.space_id, sandbox.username, sandbox.password) as connection:
        return rehearse(
            connection,
            cast.find(connection, asked),
            new_mark(sandbox.space_id),
            tell=lambda _: None,
            cleaning_up=lambda: None,
        )


def surprises(report: Rehearsed) -> dict[str, str]:
    """Return what was seen, by point, where it was not as assumed."""
    return {
        finding.point: finding.seen
        for finding in report.findings
        if finding.verdict is not Conclusion.AS_ASSUMED
    }


def everything(sandbox: Sandbox) -> dict[str, list[dict[str, Any]]]:
    """Return every live record of the space."""
    return {name: rows for name in ENTITIES if (rows := sandbox.store.rows(name))}


def marks(sandbox: Sandbox) -> list[tuple[str, bool]]:
    """Return role and deletion of every marked record there ever was."""
    return [
        (role_of(row), bool(row["is_deleted"]))
        for row in sandbox.store.rows("Opportunity", include_deleted=True)
        if mark_of(sandbox.space_id, row)
    ]
