"""The order of a plan, without a command line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncer import manifest as manifests
from syncer.manifest import Manifests
from syncer.model.change import Action
from syncer.model.declared import Existing
from syncer.model.problem import Severity, UsageError
from syncer.project import load as projects
from syncer.project.connection import connection
from syncer.sandbox.server import Sandbox
from syncer.verbs.apply import ApplyOptions, apply
from syncer.verbs.plan import EVERYTHING, errors, plan
from syncer.verbs.session import Session, open_session
from tests.support import manifest, one, writes
from tests.verbs.talk import Listener

Make = Callable[..., Path]
TWO = manifest({"deal-a": {"name": "Deal A"}, "deal-b": {"name": "Deal B"}})


@contextmanager
def at_work(folder: Path, sandbox: Sandbox) -> Iterator[tuple[Session, Manifests]]:
    project = projects.load_project(folder / "syncer.yaml")
    with open_session(project, connection(project, None, sandbox.env())) as session:
        yield session, manifests.read(project)


def test_a_plan_knows_its_declarations_and_changes_nothing(sandbox: Sandbox, project: Make) -> None:
    """Whoever shows it can place what there is to say about it."""
    with at_work(project(TWO), sandbox) as (session, declared):
        planned = plan(session, declared)

    assert [(str(change.address), change.action) for change in planned.plan.changes] == [
        ("opportunity.deal-a", Action.CREATE),
        ("opportunity.deal-b", Action.CREATE),
    ]
    assert planned.declared == declared.declared
    assert planned.plan.source.digest == declared.digest
    assert writes(sandbox) == []


def test_the_clock_of_the_session_dates_a_plan(sandbox: Sandbox, project: Make) -> None:
    """No verb looks at a clock of its own."""
    with at_work(project(TWO), sandbox) as (session, declared):
        then = replace(session, now=lambda: datetime(2026, 12, 31, 23, 30, tzinfo=UTC))
        made = plan(then, declared).plan

    assert made.created_at == "2026-12-31T23:30:00Z"
    assert made.expires_at > made.created_at


def test_targets_narrow_what_is_planned_by_address_or_key(sandbox: Sandbox, project: Make) -> None:
    """The rest is read for its identities alone; a target that nobody declares is a wrong usage."""
    with at_work(project(TWO), sandbox) as (session, declared):
        by_key = plan(session, declared, targets=["deal-b"])
        by_address = plan(session, declared, targets=["opportunity.deal-b"])
        with pytest.raises(UsageError) as caught:
            plan(session, declared, targets=["deal-c"])

    assert [str(change.address) for change in by_key.plan.changes] == ["opportunity.deal-b"]
    assert by_address.plan.changes == by_key.plan.changes
    assert [entry.key for entry in by_key.declared] == ["deal-b"]
    assert [problem.code for problem in caught.value.problems] == ["target-unknown"]


def test_existing_records_follow_the_option_before_the_policy(sandbox: Sandbox, project: Make) -> None:
    """What differs is reported where that is asked for, even what git alone has moved."""
    with at_work(project(one("deal-a", name="Deal A")), sandbox) as (session, declared):
        apply(session, declared, options=ApplyOptions(), talk=Listener())
    with at_work(project(one("deal-a", name="Deal A", value="7 USD")), sandbox) as (session, declared):
        reported = plan(session, declared, existing=Existing.REPORT).plan
        updated = plan(session, declared, existing=Existing.UPDATE).plan

    assert [change.action for change in reported.changes] == [Action.DRIFT]
    assert [change.action for change in updated.changes] == [Action.UPDATE]


def test_warnings_that_are_errors_stay_in_the_plan(sandbox: Sandbox, project: Make) -> None:
    """A plan is a value: whether it may be saved or applied is for who asked for it."""
    folder = project(one("deal-a", closing_date="2020-01-31"), "version: 1\n")
    with at_work(folder, sandbox) as (session, declared):
        loose = plan(session, declared).plan
        strict = plan(session, declared, strict=[EVERYTHING]).plan

    assert errors(loose) == ()
    assert {problem.severity for problem in strict.problems} == {Severity.ERROR}
    assert [problem.code for problem in errors(strict)] == ["closing-date-in-past"]
