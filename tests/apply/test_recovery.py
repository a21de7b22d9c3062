"""What apply does about answers that are lost, refused, misplaced or not true, on a real server."""

import itertools
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from syncer.apply.journal import Journal
from syncer.formats import events as rendered
from syncer.model.codes import ExitCode
from syncer.model.problem import Problem, SyncerError
from syncer.remote.pace import Pace
from syncer.sandbox.api import reply
from syncer.sandbox.server import Sandbox
from tests.support import MANIFEST, manifest, writes

Make = Callable[..., Any]
UPDATE = "version: 1\npolicy: {existing: update, guards: {closing_date_in_past: allow, max_deletes: 9}}\n"
APPLY = ("apply", "--auto-approve", "--grace", "0.05", "--format", "json", "--parallelism", "2")


class Bench:
    """A project, its sandbox, and applies of it."""

    def __init__(self, sandbox: Sandbox, folder: Path, syncer: Make, events: Make) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.code = 0
        self._syncer = syncer
        self._events = events

    def declare(self, text: str) -> None:
        (self.folder / MANIFEST).write_text(text)

    def apply(self, *options: str) -> dict[str, int]:
        """Apply; return how many changes had which outcome."""
        self.sandbox.requests.clear()
        ran = self._syncer(*APPLY, *options, cwd=self.folder, env=self.sandbox.env())
        self.code, self.err = ran.code, ran.err
        self.events = self._events(ran.out)
        return dict(Counter(event["outcome"] for event in self.events if event["event"] == "outcome"))

    def told(self) -> list[str]:
        """Return what was said of the changes, errors and warnings."""
        return [
            problem["detail"]
            for event in self.events
            if event["event"] == "outcome"
            for problem in [*(event["error"] or []), *event["warnings"]]
        ]

    def names(self) -> list[str]:
        rows = self.sandbox.store.rows("Opportunity")
        return sorted(row["name"] for row in rows if row["name"].startswith("Deal"))

    def deal(self, name: str = "Deal 00") -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.store.find("Opportunity", name=name)
        return found

    def sent(self) -> list[str]:
        """Return the writes as `Entity operation status`."""
        return [
            f"{r.path.split('/')[-2]} {r.path.split('/')[-1]} {r.status}"
            for r in self.sandbox.requests
            if r.method != "GET"
        ]


@pytest.fixture
def bench(serve: Make, project: Make, syncer: Make, events: Make) -> Callable[..., Bench]:
    """Make a bench: `text` is the manifest, the rest are switches of the sandbox."""

    def make(text: str, **switches: Any) -> Bench:
        return Bench(serve(**switches), project(text, settings=UPDATE), syncer, events)

    return make


def _deals(count: int, **changes: str | None) -> str:
    return manifest({f"deal-{n:02}": {"name": f"Deal {n:02}", **changes} for n in range(count)})


def _named(count: int) -> list[str]:
    return [f"Deal {n:02}" for n in range(count)]


# --- batches ---


@pytest.mark.parametrize("status", ["413", "400", "422"])
def test_the_largest_batch_is_learnt_from_refusals(bench: Make, status: str) -> None:
    found = bench(_deals(40), max_batch=10, too_large_status=status)

    assert found.apply() == {"created": 40}
    assert found.names() == _named(40)
    refused = sum(not line.endswith("200") for line in found.sent())
    assert refused <= 5, "once it is learnt, no batch is too large any more"


def test_a_proxy_that_finds_a_batch_too_large_speaks_html(bench: Make) -> None:
    found = bench(_deals(4))
    found.sandbox.faults.add("html", method="POST", nth=1, status=413)

    assert (found.apply(), found.code) == ({"created": 4}, 0)
    assert found.sent() == ["Opportunities batch-modify 413"] + ["Opportunities batch-modify 200"] * 2


def test_a_batch_refused_whole_is_halved_until_the_bad_item_is_alone(bench: Make) -> None:
    """As a server does that knows no rollback-method=1."""
    found = bench(_deals(8))
    _Poison(found, "Deal 02", status=422)

    assert found.apply() == {"created": 7, "failed": 1}
    assert [line[-3:] for line in found.sent()] == ["422", "422", "200", "422", "422", "200", "200"]


def test_an_item_that_is_refused_alone_costs_no_other(bench: Make) -> None:
    found = bench(_deals(1))
    found.sandbox.faults.add("status", method="POST", status=409)

    assert (found.apply(), found.code) == ({"failed": 1}, ExitCode.FAILED)


def test_answers_in_another_order_end_in_the_truth(bench: Make) -> None:
    found = bench(_deals(30), batch_order="shuffled", batch_index="null", require=("oas", "description"))
    entries = {
        f"deal-{n:02}": {"name": f"Deal {n:02}", "description": None if n == 3 else "x"} for n in range(30)
    }
    found.declare(manifest(entries))

    assert found.apply() == {"created": 29, "failed": 1}
    by_address = {event["address"]: event for event in found.events[1:-1]}
    assert by_address["opportunity.deal-03"]["outcome"] == "failed"
    assert (
        "Non-null field 'description' is null or empty."
        in by_address["opportunity.deal-03"]["error"][0]["detail"]
    )
    ids = {row["name"]: row["id"] for row in found.sandbox.store.rows("Opportunity")}
    assert all(event["id"] == ids.get(f"Deal {address[-2:]}") for address, event in by_address.items()), (
        "each has the id of its own record"
    )


# --- lost answers ---


@pytest.mark.parametrize("effect", ["drop", "truncate", "html"])
def test_a_create_whose_answer_is_lost_is_adopted(bench: Make, effect: str) -> None:
    found = bench(_deals(3))
    found.sandbox.faults.add(effect, method="POST", nth=1, when="after")

    assert (found.apply(), found.code) == ({"created": 3}, 0)
    assert [event["adopted"] for event in found.events[1:-1]] == [True] * 3
    assert (found.names(), len(found.sent())) == (_named(3), 1)


def test_a_create_that_did_not_arrive_is_sent_again_after_a_look(bench: Make) -> None:
    found = bench(_deals(3))
    found.sandbox.faults.add("status", method="POST", nth=1, status=500)

    assert (found.apply(), found.code) == ({"created": 3}, 0)
    assert [event["adopted"] for event in found.events[1:-1]] == [False] * 3
    posts = [r.method for r in found.sandbox.requests][-5:]
    assert posts == ["POST", "GET", "POST", "POST", "GET"], "failed, looked up, sent in halves, read back"


def test_a_timeout_teaches_smaller_batches(bench: Make) -> None:
    found = bench(_deals(8))
    found.sandbox.faults.add("stall", method="POST", nth=1, seconds=0.7)

    assert found.apply("--timeout", "0.5", "--grace", "0.6") == {"created": 8}
    assert (found.names(), len(found.sent())) == (_named(8), 1), "committed late, and waited for"


class _Poison:
    """A server that answers so to every batch that holds a certain deal."""

    def __init__(self, found: Bench, name: str, status: int = 500) -> None:
        api = found.sandbox._app.api
        handle = api.handle

        def tripping(request: Any) -> Any:
            if request.method == "POST" and name.encode() in request.body:
                return reply(status, {"success": False, "http_status": status})
            return handle(request)

        api.handle = tripping  # type: ignore[method-assign]


def test_what_a_server_trips_over_ends_alone(bench: Make) -> None:
    found = bench(_deals(16))
    _Poison(found, "Deal 05")

    assert (found.apply(), found.code) == ({"created": 15, "failed": 1}, ExitCode.FAILED)
    assert found.names() == [name for name in _named(16) if name != "Deal 05"]
    assert found.told() == [
        "The service did not take it in 3 tries; each time it was looked up and was not there."
    ]


def test_a_server_that_only_fails_is_given_up(bench: Make) -> None:
    found = bench(_deals(16))
    found.sandbox.faults.add("status", method="POST", status=500)

    assert (found.apply(), found.code) == ({"failed": 16}, ExitCode.FAILED)
    assert len(found.sent()) == 1 + 2 + 4


def test_an_update_whose_answer_is_lost_never_overwrites_what_somebody_wrote_since(bench: Make) -> None:
    found = bench(_deals(2))
    found.apply()
    found.declare(_deals(2, value="200 USD"))
    currency = found.deal()["value"]["currency_id"]
    deal = found.deal()["id"]

    def somebody() -> None:
        found.sandbox.edit("Opportunity", deal, value={"base_value": 150.0, "currency_id": currency})

    found.sandbox.faults.add("status", method="POST", nth=1, status=500)
    found.sandbox.faults.add("hook", method="GET", path="Opportunities", nth=3, hook=somebody)

    assert (found.apply(), found.code) == ({"conflict": 1, "updated": 1}, ExitCode.REFUSED)
    assert [found.deal(name)["value"]["base_value"] for name in _named(2)] == [150.0, 200.0]


def test_an_update_that_was_written_is_not_sent_twice(bench: Make) -> None:
    """Its links are still to come when it is looked up."""
    found = bench(_deals(2))
    found.apply()
    found.declare(_deals(2, value="200 USD", contacts="[bob@acme.example, eve@acme.example]"))
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    assert (found.apply(), found.code) == ({"updated": 2}, 0)
    assert found.sent() == ["Opportunities batch-modify 0", "LeadOpptyContactRelations batch-modify 200"]


def test_deletes_whose_answer_is_lost_are_looked_up(bench: Make) -> None:
    found = bench(_deals(2))
    found.apply()
    found.declare(_deals(2, state="absent"))
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    assert (found.apply(), len(found.sent()), found.names()) == ({"deleted": 2}, 1, [])

    found.declare(_deals(2))
    found.apply()
    found.declare(_deals(2, state="absent"))
    found.sandbox.faults.add("drop", method="POST", nth=1, when="before")
    assert (found.apply(), found.names()) == ({"deleted": 2}, [])


def test_a_delete_is_not_repeated_on_a_record_that_moved(bench: Make) -> None:
    found = bench(_deals(1))
    found.apply()
    deal = found.deal()["id"]
    found.declare(_deals(1, state="absent"))
    found.sandbox.faults.add("status", method="POST", nth=1, status=502)
    found.sandbox.faults.add(
        "hook",
        method="GET",
        path="Opportunities",
        nth=3,
        hook=lambda: found.sandbox.edit("Opportunity", deal, closing_date="2031-01-01"),
    )

    assert (found.apply(), found.names()) == ({"conflict": 1}, ["Deal 00"])


# --- links ---

LINKED = "[bob@acme.example, eve@acme.example]"
OTHER = "[otto@acme.example, eve@acme.example]"


def _contacts(found: Bench) -> dict[str, bool]:
    emails = {row["id"]: row["email1"].partition("@")[0] for row in found.sandbox.store.rows("Contact")}
    rows = found.sandbox.store.rows("LeadOpptyContactRelation")
    mine = [row for row in rows if row["lead_oppty_id"] == found.deal()["id"]]
    assert len({row["contact_id"] for row in mine}) == len(mine), "nobody is linked twice"
    return {emails[row["contact_id"]]: row["is_primary"] for row in mine}


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("when", ["before", "after"])
def test_links_whose_answer_is_lost_end_as_declared(bench: Make, nth: int, when: str) -> None:
    found = bench(_deals(1, contacts=LINKED))
    found.apply()
    found.declare(_deals(1, contacts=OTHER))
    found.sandbox.faults.add("drop", method="POST", nth=nth, when=when)

    assert (found.apply(), found.code) == ({"updated": 1}, 0)
    assert _contacts(found) == {"otto": True, "eve": False}


def test_no_link_is_taken_away_when_the_new_one_is_refused(bench: Make) -> None:
    found = bench(_deals(1, contacts=LINKED))
    found.apply()
    found.declare(_deals(1, contacts=OTHER))
    found.sandbox.faults.add("status", method="POST", path="LeadOpptyContactRelations", nth=1, status=409)

    assert (found.apply(), found.code) == ({"failed": 1}, ExitCode.FAILED)
    assert _contacts(found) == {"bob": True, "eve": False}


def test_links_that_somebody_changed_meanwhile_are_a_conflict(bench: Make) -> None:
    found = bench(_deals(1, contacts=LINKED))
    found.apply()
    deal = found.deal()["id"]
    ruth = found.sandbox.store.find("Contact", email1="ruth@acme.example")["id"]
    found.declare(_deals(1, contacts=OTHER))
    found.sandbox.faults.add("status", method="POST", nth=1, status=502)
    found.sandbox.faults.add(
        "hook",
        method="GET",
        path="Opportunities",
        nth=3,
        hook=lambda: found.sandbox.store.create(
            "LeadOpptyContactRelation", {"lead_oppty_id": deal, "contact_id": ruth, "is_primary": False}
        ),
    )

    assert (found.apply(), found.code) == ({"conflict": 1}, ExitCode.REFUSED)
    assert _contacts(found) == {"bob": True, "eve": False, "ruth": False}


def test_a_change_left_half_way_is_no_skipped_one(bench: Make) -> None:
    """The body is written, then the service lets nobody write links."""
    found = bench(_deals(4, contacts=LINKED), max_batch=2)
    found.apply()
    found.declare(_deals(4, contacts=OTHER, value="200 USD"))
    found.sandbox.faults.add("status", method="POST", path="LeadOpptyContactRelations", status=403)

    assert (found.apply("--parallelism", "1"), found.code) == ({"failed": 4}, ExitCode.FAILED)
    assert "It was left half way: not all of it is written." in found.told()
    found.sandbox.faults.clear()
    assert (found.apply(), found.code) == ({"updated": 4}, 0)
    assert _contacts(found) == {"otto": True, "eve": False}


# --- what the service makes of it ---


def test_decimals_the_service_drops_are_told(bench: Make) -> None:
    found = bench(_deals(1, value="100.41 USD"), money_decimals=1)

    assert (found.apply(), found.code) == ({"created": 1}, 0)
    assert len(found.told()) == 1
    assert found.told()[0].startswith("value: sent 100.41, stored 100.4")
    assert found.apply() == {"updated": 1}, "it differs still"


def _renamed(found: Bench, change: Callable[[dict[str, Any]], None]) -> None:
    """Let the service store every new opportunity differently."""
    writer = found.sandbox.store.db
    insert = writer.insert

    def changed(entity: Any, records: Any) -> None:
        if entity.name == "Opportunity":
            for record in records:
                change(record)
        insert(entity, records)

    writer.insert = changed  # type: ignore[method-assign]


def test_a_record_that_cannot_be_recognised_is_told_before_it_is_made_twice(bench: Make) -> None:
    found = bench(_deals(1))
    _renamed(found, lambda record: record.update(name="Cut off"))

    assert (found.apply(), found.code) == ({"failed": 1}, ExitCode.FAILED)
    assert found.events[1]["id"] == found.deal("Cut off")["id"]
    assert 'name: sent "Deal 00", stored "Cut off".' in found.told()[0]


def test_an_uncertain_create_is_not_repeated_beside_a_stranger_of_its_name(bench: Make) -> None:
    """The service lost the accounts, so the record is there, but not under its identity."""
    found = bench(_deals(2))
    links = found.sandbox.store.db.insert

    def without_links(entity: Any, records: Any) -> None:
        if entity.name != "LeadOpptyAccountRelation":
            links(entity, records)

    found.sandbox.store.db.insert = without_links
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    assert (found.apply(), found.code) == ({"unknown": 2}, ExitCode.FAILED)
    assert (found.names(), len(found.sent())) == (_named(2), 1)
    assert "with the same name but another account or pipeline" in found.told()[0]


def test_deals_of_one_name_do_not_stand_in_for_each_other(bench: Make) -> None:
    accounts = ("info@acme.example", "deals@hooli.example", "info@tulip.example")
    entries = {f"deal-{n}": {"name": "Deal", "account": a, "contacts": None} for n, a in enumerate(accounts)}
    found = bench(manifest(entries))
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    assert (found.apply(), found.names()) == ({"created": 3}, ["Deal"] * 3)


def test_an_opportunity_somebody_makes_in_the_same_moment_is_a_conflict(bench: Make) -> None:
    found = bench(_deals(1))

    def somebody() -> None:
        with found.sandbox.db.transaction():
            pass
        mine = found.deal()
        body = {
            name: mine[name]
            for name in ("name", "owner_id", "closing_date", "step_id", "value", "oppty_type_id")
        }
        (link,) = [
            row
            for row in found.sandbox.store.rows("LeadOpptyAccountRelation")
            if row["lead_oppty_id"] == mine["id"]
        ]
        body["account_relations"] = [{"account_id": link["account_id"], "is_primary": True}]
        found.sandbox.store.create("Opportunity", body)

    found.sandbox.faults.add("hook", method="POST", nth=1, when="after", hook=somebody)

    assert (found.apply(), found.code) == ({"conflict": 1}, ExitCode.REFUSED)
    assert "2 such opportunities are there now" in found.told()[0]


def test_a_list_that_lags_behind_the_writes_is_asked_again(bench: Make) -> None:
    found = bench(_deals(2))
    hidden = threading.Event()
    api = found.sandbox._app.api
    handle = api.handle
    reads = itertools.count(1)

    def lagging(request: Any) -> Any:
        if request.method == "GET" and request.path.endswith("Opportunities") and next(reads) == 3:
            hidden.set()
            return reply(
                200, {"success": True, "data": [], "total": 0, "page_info": {"has_next_page": False}}
            )
        return handle(request)

    api.handle = lagging

    assert (found.apply(), found.code, hidden.is_set()) == ({"created": 2}, 0, True)


# --- when nothing more can be done ---


def test_what_cannot_be_read_back_is_unknown(bench: Make) -> None:
    found = bench(_deals(2))
    found.sandbox.faults.add("status", method="GET", path="Opportunities", nth=3, count=99, status=403)

    assert (found.apply(), found.code) == ({"unknown": 2}, ExitCode.FAILED)
    assert all(detail.startswith("What was sent could not be read back.") for detail in found.told())
    found.sandbox.faults.clear()
    assert (found.apply(), found.code, found.names()) == ({"unchanged": 2}, 0, _named(2))


def test_rights_that_end_in_the_middle_stop_the_rest(bench: Make) -> None:
    found = bench(_deals(8), max_batch=2)
    found.sandbox.faults.add("status", method="POST", nth=5, count=99, status=401)

    outcomes = found.apply("--parallelism", "1")
    assert found.code == ExitCode.FAILED
    assert outcomes.keys() == {"created", "failed", "skipped"}
    assert outcomes["created"] == len(found.names())
    assert list((found.folder / ".syncer").glob("*/*/journal/*.jsonl")) != []

    found.sandbox.faults.clear()
    found.apply()
    assert (found.code, found.names()) == (0, _named(8))
    assert list((found.folder / ".syncer").glob("*/*/journal/*")) == []


def _full(*_: object, **__: object) -> NoReturn:
    raise SyncerError(Problem("file-unreadable", "The journal cannot be written: No space left on device."))


def test_a_journal_that_cannot_be_written_any_more_ends_the_run_in_order(
    bench: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = bench(_deals(6), max_batch=2)
    intent = Journal.intent
    calls = itertools.count(1)

    def filling(*arguments: Any) -> int:
        return _full() if next(calls) > 4 else intent(*arguments)

    monkeypatch.setattr(Journal, "intent", filling)

    outcomes = found.apply("--parallelism", "1")
    assert (found.code, outcomes["created"]) == (ExitCode.FAILED, len(found.names()))
    assert outcomes["skipped"] == 6 - len(found.names())
    assert found.told()[-1] == "The journal cannot be written: No space left on device."


@pytest.mark.parametrize("line", ["outcome", "settled"])
def test_an_outcome_that_cannot_be_noted_is_the_last_one(
    bench: Make, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    found = bench(_deals(4), max_batch=2)
    if line == "settled":
        found.sandbox.faults.add("drop", method="POST", nth=2, when="before")
    monkeypatch.setattr(Journal, line, _full)

    outcomes = found.apply("--parallelism", "1")
    assert found.code in {ExitCode.FAILED, ExitCode.ERROR}
    assert outcomes.get("created", 0) == len(found.names()) < 4


def test_nothing_is_sent_without_a_journal(bench: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bench(_deals(2))
    monkeypatch.setattr(Journal, "intent", _full)

    found.apply()
    assert (found.code, writes(found.sandbox), found.events[-1]["event"]) == (ExitCode.ERROR, [], "error")


def test_a_run_out_of_time_says_so_and_can_be_gone_on_with(
    bench: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = bench(_deals(4), max_batch=2)
    found.sandbox.faults.add("latency", method="POST", nth=2, count=99, seconds=0.5)

    def hurry(pace: Pace) -> None:
        pace._deadline = time.monotonic() + 0.8

    with monkeypatch.context() as patch:
        patch.setattr(Pace, "start_clock", hurry)
        found.apply("--parallelism", "1", "--timeout", "0.3")
    assert found.code == ExitCode.FAILED
    assert "The run may take" in " ".join(found.told())
    found.sandbox.faults.clear()
    found.apply("--grace", "0.6")
    assert (found.code, found.names()) == (0, _named(4))


def test_a_bug_of_ours_crashes_and_sends_no_more(bench: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bench(_deals(8), max_batch=2)

    def broken(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setattr("syncer.apply.write.Writer._answered", broken)
    with pytest.raises(ZeroDivisionError):
        found.apply()
    assert len(found.names()) <= 4
    monkeypatch.undo()
    found.apply()
    assert (found.code, found.names()) == (0, _named(8))


# --- the rest ---


def test_a_key_field_finds_what_was_created_whatever_its_account(bench: Make) -> None:
    found = bench(_deals(3))
    (found.folder / "syncer.yaml").write_text(f"{UPDATE}identity: {{key_field: cf_syncer_key}}\n")
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    assert (found.apply(), found.code) == ({"created": 3}, 0)
    assert [found.deal(name)["cf_syncer_key"] for name in _named(3)] == ["deal-00", "deal-01", "deal-02"]
    assert found.apply() == {"unchanged": 3}


def test_an_answer_nobody_foresaw_fails_its_batch_only(bench: Make) -> None:
    found = bench(_deals(2))
    found.sandbox.faults.add("status", method="POST", nth=1, status=405)

    assert (found.apply(), found.code, found.names()) == ({"failed": 2}, ExitCode.FAILED, [])


def test_every_refused_link_is_told(bench: Make) -> None:
    found = bench(_deals(1, contacts=LINKED))
    found.apply()
    found.declare(_deals(1, contacts="[ruth@acme.example, otto@acme.example]"))
    found.sandbox.faults.add("status", method="POST", path="LeadOpptyContactRelations", status=409)

    assert (found.apply(), len(found.told())) == ({"failed": 1}, 2)


def test_a_signal_while_waiting_to_look_up_leaves_the_outcome_unknown(bench: Make) -> None:
    found = bench(_deals(2))
    found.sandbox.faults.add("drop", method="POST", nth=1, when="after")

    def press() -> None:
        while not found.sandbox.requests.count("POST"):
            time.sleep(0.01)
        time.sleep(0.2)
        os.kill(os.getpid(), signal.SIGTERM)

    hand = threading.Thread(target=press)
    hand.start()
    outcomes = found.apply("--grace", "10")
    hand.join()

    assert (outcomes, found.code) == ({"unknown": 2}, ExitCode.INTERRUPTED)
    assert found.told() == ["The request was sent and its answer is not known."] * 2
    assert (found.apply(), found.code, found.names()) == ({"unchanged": 2}, 0, _named(2))


def test_a_signal_does_not_cut_the_result_off(bench: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    found = bench(_deals(2))

    tell = rendered.summary_event

    def interrupted(*arguments: Any) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        return tell(*arguments)

    monkeypatch.setattr(rendered, "summary_event", interrupted)

    assert (found.apply(), found.code) == ({"created": 2}, 0)
