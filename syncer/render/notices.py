"""Plans and applies in a few lines, for a chat or a mail.

Only numbers, words of ours, codes of currencies and the id of the space are in them. No name of a record is:
such a text goes where each kind of markup is read otherwise, and to people who may not see the records.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from syncer.kinds.count import counted
from syncer.model.address import Address
from syncer.model.change import WRITES, Action
from syncer.model.codes import CODES
from syncer.model.notice import Event, Notice
from syncer.model.outcome import Outcome, Result
from syncer.model.plan import Plan
from syncer.planning.summary import summarize

_ODD: Final = re.compile(r"[^A-Za-z0-9.-]+")
_LINK: Final = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~/-]*)?")
_PLANNED: Final = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.DELETE: "to delete",
    Action.DRIFT: "differ",
    Action.CONFLICT: "in conflict",
    Action.GONE: "gone",
}
_ALWAYS: Final = frozenset({Action.CREATE, Action.UPDATE, Action.DELETE})


def of_plan(plan: Plan) -> tuple[Notice, ...]:
    """Return what is to be heard of a plan: what it would do, and what is in conflict."""
    space, summary = plan.space.id, summarize(plan)
    counts = [
        f"{summary.counts[action]:,} {words}"
        for action, words in _PLANNED.items()
        if action in _ALWAYS or summary.counts[action]
    ]
    totals: dict[str, list[str]] = {}
    for value in summary.value:
        for verb, amount in (("created", value.create), ("deleted", value.delete)):
            if amount:
                totals.setdefault(f"To be {verb}", []).append(f"{amount:,.2f} {_ODD.sub('', value.currency)}")
    lines = [f"Planned for {space}: {', '.join(counts)}."]
    lines += [f"{title}: {', '.join(amounts)}." for title, amounts in totals.items()]
    notices = [Notice(Event.PLANNED, "\n".join(lines))] if plan.departs else []
    return (*notices, *_conflicts(space, [c.address for c in plan.changes if c.action is Action.CONFLICT]))


def of_apply(space: str, results: Sequence[Result]) -> tuple[Notice, ...]:
    """Return what is to be heard of an apply: what it wrote, or tried to, and what is in conflict."""
    outcomes = Counter(
        result.outcome
        for result in results
        if result.outcome is not Outcome.SKIPPED or result.change.action in WRITES
    )
    conflicts = [
        result.change.address
        for result in results
        if result.outcome is Outcome.CONFLICT or result.change.action is Action.CONFLICT
    ]
    always = (Outcome.CREATED, Outcome.UPDATED, Outcome.DELETED, Outcome.FAILED)
    told = (*always, Outcome.UNKNOWN, Outcome.SKIPPED)
    counts = [f"{outcomes[each]:,} {each}" for each in told if each in always or outcomes[each]]
    tried = any(outcomes[each] for each in told)
    notices = [Notice(Event.APPLIED, f"Applied to {space}: {', '.join(counts)}.")] if tried else []
    return (*notices, *_conflicts(space, conflicts))


def of_refusal(space: str, codes: Sequence[str]) -> tuple[Notice, ...]:
    """Return what is to be heard of an apply that stopped before its first write, and why."""
    why = "; ".join(dict.fromkeys(CODES[code] for code in codes if code in CODES))
    return (Notice(Event.REFUSED, f"Nothing was applied to {space}: {why or 'it failed'}."),)


def message(notices: Iterable[Notice], link: str = "") -> tuple[str, str]:
    """Return title and text of one message about *notices*; *link* leads to the job, if it is a plain one."""
    lines = [notice.text for notice in notices]
    title = lines[0].partition("\n")[0].rstrip(".")
    if _LINK.fullmatch(link):
        lines.append(f"The job: {link}")
    return f"syncer: {title}", "\n".join(lines)


def _conflicts(space: str, found: Sequence[Address]) -> tuple[Notice, ...]:
    if not found:
        return ()
    text = f"{counted(found)} {'was' if len(found) == 1 else 'were'} changed in git and in {space}, each "
    text += "otherwise. Nothing is written there until somebody decides."
    return (Notice(Event.CONFLICTS, text),)
