"""The order of an apply, without a terminal, a stream or a command line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from syncer import manifest as manifests
from syncer.apply.journal import Journal
from syncer.formats import plan_file
from syncer.model.declared import Existing
from syncer.model.outcome import Outcome
from syncer.model.plan import SpaceId
from syncer.model.problem import GuardError, LockedError, RefusedError, ResolveError, SyncerError
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.sandbox.server import Sandbox
from syncer.state.folder import JOURNALS, prepare
from syncer.state.holder import here
from syncer.state.open import open_store
from syncer.state.store import Store
from syncer.verbs.apply import ApplyOptions, apply
from syncer.verbs.plan import plan
from syncer.verbs.session import Session, open_session
from tests.support import manifest, one, writes
from tests.verbs.talk import Listener

Make = Callable[..., Path]
TWO = manifest({"deal-a": {"name": "Deal A"}, "deal-b": {"name": "Deal B"}})
A, B = "opportunity.deal-a", "opportunity.deal-b"


@contextmanager
def at_work(folder: Path, sandbox: Sandbox) -> Iterator[Session]:
    project = projects.load_project(folder / "syncer.yaml")
    with open_session(project, connection(project, None, sandbox.env())) as session:
        yield session


def store_of(session: Session) -> Store:
    project, space = session.project, session.connection
    return open_store(project.state, project.root, space.url, space.space_id)


def named(sandbox: Sandbox) -> list[str]:
    return sorted(row["name"] for row in sandbox.store.rows("Opportunity") if row["name"].startswith("Deal"))


def left_open(session: Session, *addresses: str) -> Path:
    """Leave the journal of an apply that was cut off while it wrote to *addresses*."""
    prepare(session.folder, JOURNALS)
    space = SpaceId(session.connection.url, session.connection.space_id, "USD")
    journal = Journal(session.folder / JOURNALS, space, "sha256:1")
    journal.intent("Opportunities", "update", addresses)
    journal.close(complete=False)
    return journal.path


def test_manifests_are_planned_shown_approved_and_carried_out(sandbox: Sandbox, project: Make) -> None:
    """Whoever calls the verb is asked once, and is told everything as it happens."""
    talk = Listener()
    with at_work(project(TWO), sandbox) as session:
        report = apply(session, manifests.read(session.project), options=ApplyOptions(), talk=talk)
        owner = store_of(session).read().lock

    assert report is not None
    assert [(str(result.change.address), result.outcome) for result in report.results] == [
        (A, Outcome.CREATED),
        (B, Outcome.CREATED),
    ]
    assert named(sandbox) == ["Deal A", "Deal B"]
    assert talk.heard == [
        ("planned", 2),
        ("approve", 2),
        ("start", 2),
        ("progress", (1, 2)),
        ("progress", (2, 2)),
        ("outcome", (A, "created")),
        ("outcome", (B, "created")),
    ]
    assert owner is None


def test_what_is_not_approved_is_not_written(sandbox: Sandbox, project: Make) -> None:
    """A refusal is an answer, not an error."""
    talk = Listener(approves=False)
    with at_work(project(TWO), sandbox) as session:
        report = apply(session, manifests.read(session.project), options=ApplyOptions(), talk=talk)

    assert (report, talk.heard) == (None, [("planned", 2), ("approve", 2)])
    assert writes(sandbox) == []


def test_a_plan_without_writes_needs_no_approval(sandbox: Sandbox, project: Make) -> None:
    """Running twice is boring."""
    talk = Listener()
    with at_work(project(TWO), sandbox) as session:
        declared = manifests.read(session.project)
        apply(session, declared, options=ApplyOptions(), talk=Listener())
        report = apply(session, declared, options=ApplyOptions(), talk=talk)

    assert report is not None
    assert report.count(Outcome.UNCHANGED) == 2
    assert [name for name, _ in talk.heard] == ["planned", "start", "outcome", "outcome"]


def test_a_saved_plan_was_approved_when_it_was_reviewed(
    sandbox: Sandbox, project: Make, tmp_path: Path
) -> None:
    """It is carried out once, neither shown nor asked about again; the second time it is refused."""
    talk, saved = Listener(approves=False), tmp_path / "plan.json"
    with at_work(project(TWO), sandbox) as session:
        plan_file.save(plan(session, manifests.read(session.project)).plan, saved)
        apply(session, saved, options=ApplyOptions(), talk=talk)

        assert [name for name, _ in talk.heard] == ["start", "progress", "progress", "outcome", "outcome"]
        with pytest.raises(RefusedError, match="was applied already"):
            apply(session, saved, options=ApplyOptions(), talk=talk)
    assert named(sandbox) == ["Deal A", "Deal B"]


def test_the_clock_of_the_session_decides_when_a_plan_has_expired(
    sandbox: Sandbox, project: Make, tmp_path: Path
) -> None:
    """No verb looks at a clock of its own."""
    saved = tmp_path / "plan.json"
    with at_work(project(TWO), sandbox) as session:
        plan_file.save(plan(session, manifests.read(session.project)).plan, saved)
        later = replace(session, now=lambda: session.now() + timedelta(days=30))
        with pytest.raises(RefusedError, match="expired"):
            apply(later, saved, options=ApplyOptions(), talk=Listener())
    assert writes(sandbox) == []


def test_only_the_targets_are_written(sandbox: Sandbox, project: Make) -> None:
    """What another apply has left open about the rest stays open."""
    talk = Listener()
    with at_work(project(TWO), sandbox) as session:
        mine, other = left_open(session, A), left_open(session, A, B)
        options = ApplyOptions(targets=("deal-a",))
        options.writing.grace = 0.01
        apply(session, manifests.read(session.project), options=options, talk=talk)

    assert named(sandbox) == ["Deal A"]
    assert [event for event in talk.heard if event[0] == "outcome"] == [("outcome", (A, "created"))]
    assert (mine.exists(), other.exists()) == (False, True)


def test_existing_records_follow_the_option_before_the_policy(sandbox: Sandbox, project: Make) -> None:
    """What git alone has moved is written by default; this once it is only reported."""
    folder = project(one("deal-a", name="Deal A"))
    with at_work(folder, sandbox) as session:
        apply(session, manifests.read(session.project), options=ApplyOptions(), talk=Listener())
    project(one("deal-a", name="Deal A", value="250 USD"))
    with at_work(folder, sandbox) as session:
        changed = manifests.read(session.project)
        reported = apply(session, changed, options=ApplyOptions(existing=Existing.REPORT), talk=Listener())
        updated = apply(session, changed, options=ApplyOptions(existing=Existing.UPDATE), talk=Listener())

    assert reported is not None
    assert updated is not None
    assert (reported.count(Outcome.UPDATED), updated.count(Outcome.UPDATED)) == (0, 1)


def test_a_guard_is_checked_before_anybody_is_asked(sandbox: Sandbox, project: Make) -> None:
    """Nobody has to read a plan that would be refused all the same; who lifts the guard is asked."""
    settings = "version: 1\npolicy: {guards: {max_creates: 1, closing_date_in_past: allow}}\n"
    talk = Listener(approves=False)
    with at_work(project(TWO, settings), sandbox) as session:
        declared = manifests.read(session.project)
        with pytest.raises(GuardError):
            apply(session, declared, options=ApplyOptions(), talk=talk)
        assert [name for name, _ in talk.heard] == ["planned"]

        apply(session, declared, options=ApplyOptions(allow=["max_creates"]), talk=talk)
    assert talk.heard[-1] == ("approve", 2)
    assert writes(sandbox) == []


def test_a_warning_that_counts_as_an_error_ends_the_apply(sandbox: Sandbox, project: Make) -> None:
    """`strict` holds for the plan that was made now."""
    text = one("deal-a", name="Deal A", value="1.000")
    options = ApplyOptions(strict=["amount-ambiguous"])
    with at_work(project(text), sandbox) as session:
        declared = manifests.read(session.project)
        with pytest.raises(ResolveError):
            apply(session, declared, options=options, talk=Listener())
    assert writes(sandbox) == []


def test_one_apply_at_a_time(sandbox: Sandbox, project: Make) -> None:
    """The second one does not wait."""
    with at_work(project(TWO), sandbox) as session:
        declared = manifests.read(session.project)
        with store_of(session).hold("r1", here()), pytest.raises(LockedError):
            apply(session, declared, options=ApplyOptions(), talk=Listener())


def test_there_must_be_something_to_resume(sandbox: Sandbox, project: Make) -> None:
    """Else the option is a mistake."""
    with at_work(project(TWO), sandbox) as session:
        declared = manifests.read(session.project)
        with pytest.raises(SyncerError, match="no unfinished apply"):
            apply(session, declared, options=ApplyOptions(resume=True), talk=Listener())


def test_options_that_are_part_of_a_saved_plan_do_not_stand_beside_it(
    project: Make, syncer: Callable[..., Any]
) -> None:
    """What was decided when the plan was made cannot be decided again."""
    folder = project(TWO)

    both = syncer("apply", "plan.json", "--target", "deal-a", "--existing", "update", cwd=folder)

    assert both.code == 64
    assert both.err == (
        "error: Wrong usage [usage]\n--target and --existing are part of a saved plan.\n"
        "hint: make the plan with --target and --existing; or leave PLAN out\n"
    )
    assert (
        "--target is part of a saved plan."
        in syncer("apply", "plan.json", "--target", "deal-a", cwd=folder).err
    )
