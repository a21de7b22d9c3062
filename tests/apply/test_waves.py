"""Records that refer to records of the same plan: made in waves, bound to what was made, and never twice."""

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from syncer.sandbox.api import reply
from syncer.sandbox.server import Sandbox
from tests.apply.several import Bench

Make = Callable[..., Any]
KEYS = (("account", "a"), ("contact", "c"), ("opportunity", "d"))  # in the order they are made


@pytest.fixture
def bench(serve: Make, tmp_path: Path) -> Make:
    """Make a bench of a sandbox with switches."""
    return lambda **switches: Bench(serve(**switches), tmp_path)


def declared(count: int = 3, **more: str) -> str:
    """Return as many accounts, each with a contact and a deal that refer to it; *more* goes to the deals."""
    numbers = range(count)
    lines = ["accounts:"]
    lines += [
        f"  a{n}: {{name: Neu {n}, owner: dana@example.com, email: info@neu-{n}.example}}" for n in numbers
    ]
    lines += ["contacts:"]
    lines += [
        f"  c{n}: {{first_name: Ann, last_name: Neu {n}, owner: dana@example.com, "
        f"email: ann@neu-{n}.example, account: {{ref: a{n}}}}}"
        for n in numbers
    ]
    lines += ["opportunities:"]
    given = "".join(f", {name}: {value}" for name, value in more.items())
    lines += [
        f"  d{n}: {{name: Deal, owner: dana@example.com, pipeline: Renewals, closing_date: 2031-01-31, "
        f"value: 100 USD, account: {{ref: a{n}}}, contacts: [{{ref: c{n}}}]{given}}}"
        for n in numbers
    ]
    return "\n".join(lines) + "\n"


def absent(count: int = 3) -> str:
    """Return the same, which shall not be there any more."""
    text = re.sub(r"ref: a(\d)", r"email: info@neu-\1.example", declared(count))
    text = re.sub(r"ref: c(\d)", r"email: ann@neu-\1.example", text)
    return re.sub(r"(?m)\}$", ", state: absent}", text)


def linked(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Return the names behind each deal: its account, its contact, and the account of that contact.

    Raises:
        ValueError: Something is there twice, or not at all.
    """
    store = sandbox.store
    accounts = {row["id"]: row["name"] for row in store.rows("Account")}
    contacts = {row["id"]: row["last_name"] for row in store.rows("Contact")}

    def of(entity: str, field: str, id_: str, target: str) -> str:
        (found,) = (row[target] for row in store.rows(entity) if row[field] == id_)
        return str(found)

    found = []
    for row in store.rows("Opportunity"):
        if row["name"] == "Deal":
            account = of("LeadOpptyAccountRelation", "lead_oppty_id", row["id"], "account_id")
            contact = of("LeadOpptyContactRelation", "lead_oppty_id", row["id"], "contact_id")
            company = of("ContactAccountRelation", "contact_id", contact, "account_id")
            found.append((accounts[account], contacts[contact], accounts[company]))
    return sorted(found)


def right(count: int = 3) -> list[tuple[str, str, str]]:
    """Return what `linked` finds when every record is there once, linked as declared."""
    return [(f"Neu {n}", f"Neu {n}", f"Neu {n}") for n in range(count)]


def refuse(sandbox: Sandbox, text: str, operation: str = "POST") -> Callable[[], None]:
    """Let the server refuse each batch that holds *text*; return what ends that."""
    api = sandbox._app.api
    handle = api.handle

    def refusing(request: Any) -> Any:
        if request.method == operation and text.encode() in request.body:
            return reply(422, {"success": False, "http_status": 422})
        return handle(request)

    api.handle = refusing  # type: ignore[method-assign]

    def end() -> None:
        api.handle = handle  # type: ignore[method-assign]

    return end


def cut_off(sandbox: Sandbox, when: str) -> Callable[[], None]:
    """Let the server know nobody any more once a fault has struck; return what ends that."""
    api = sandbox._app.api
    handle = api.handle
    struck = [when] * (when == "after")  # the request that it struck is still done

    def forgetful(request: Any) -> Any:
        if any(fault["struck"] for fault in sandbox.faults.list()) and not (struck and struck.pop()):
            return reply(401, {"success": False, "http_status": 401})
        return handle(request)

    api.handle = forgetful  # type: ignore[method-assign]

    def end() -> None:
        api.handle = handle  # type: ignore[method-assign]

    return end


def test_a_clean_space_is_filled_by_one_apply(bench: Make) -> None:
    """Accounts, then contacts, then deals; each linked to the one that is declared; then nothing is left."""
    found = bench()
    found.declare(declared())

    assert found.plan() == {"create": 9}
    assert found.apply("plan.json") == 0

    assert set(found.outcomes.values()) == {"created"}
    assert found.writes() == [
        "Accounts batch-modify",
        "Contacts batch-modify",
        "Opportunities batch-modify",
    ]
    assert linked(found.sandbox) == right()
    assert found.plan() == {"no-op": 9}


def test_an_id_that_was_answered_for_another_record_links_nothing_wrong(bench: Make) -> None:
    """That answers come in the order of what was asked is nowhere promised: records say who they are."""
    found = bench(batch_order="shuffled")
    found.declare(declared(8))

    assert found.apply() == 0

    assert linked(found.sandbox) == right(8)


def test_what_waits_for_something_that_was_refused_is_skipped_and_made_later(bench: Make) -> None:
    """The account is told to be refused, what needs it to have waited; corrected, all of it is there once."""
    found = bench()
    found.declare(declared())
    end = refuse(found.sandbox, "info@neu-1.example")

    assert found.apply() == 3

    assert found.outcomes == {
        **{f"{kind}.{key}{n}": "created" for kind, key in KEYS for n in (0, 2)},
        "account.a1": "failed",
        "contact.c1": "skipped",
        "opportunity.d1": "skipped",
    }
    assert found.waited == {"contact.c1": ["account.a1"], "opportunity.d1": ["account.a1", "contact.c1"]}
    assert not list(found.folder.glob(".syncer/*/*/journal/*")), "nothing is uncertain"
    assert linked(found.sandbox) == [right()[0], right()[2]]

    end()
    assert found.apply() == 0
    assert set(found.outcomes.values()) == {"unchanged", "created"}
    assert linked(found.sandbox) == right()


@pytest.mark.parametrize("nth", range(1, 4))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_saved_plan_that_was_cut_off_goes_on_where_it_was(bench: Make, nth: int, when: str) -> None:
    """Whichever wave was under way, and whether it was committed: everything is there once, and linked."""
    found = bench()
    found.declare(declared())
    found.plan()
    found.sandbox.faults.add("drop", method="POST", nth=nth, when=when)
    end = cut_off(found.sandbox, when)

    assert found.apply("plan.json") == 3
    assert {"unknown", "skipped"} & set(found.outcomes.values())
    end()
    found.sandbox.faults.clear()
    assert found.apply("plan.json") == 0

    there = nth if when == "after" else nth - 1
    assert found.outcomes == {
        f"{kind}.{key}{n}": "unchanged" if place < there else "created"
        for place, (kind, key) in enumerate(KEYS)
        for n in range(3)
    }
    assert linked(found.sandbox) == right()
    assert found.plan() == {"no-op": 9}


def reading_later(sandbox: Sandbox, list_: str, writes: int, do: Callable[[], Any]) -> None:
    """Do something at the first reading of a *list_* behind so many writes; what it returns is the answer."""
    api = sandbox._app.api
    handle, posts, done = api.handle, [0], [0]

    def watching(request: Any) -> Any:
        posts[0] += request.method == "POST"
        if request.method == "GET" and request.path.endswith(list_) and posts[0] == writes and not done[0]:
            done[0] = 1
            return do() or handle(request)
        return handle(request)

    api.handle = watching  # type: ignore[method-assign]


@pytest.mark.parametrize("list_", ["/Accounts", "/Contacts"])
@pytest.mark.parametrize("why", ["refused", "stopped"])
def test_what_cannot_be_read_between_two_waves_keeps_the_next_from_being_sent(
    bench: Make, list_: str, why: str
) -> None:
    """Nothing is linked to what was not recognised, nor made upon what nobody looked at; then it goes on."""
    found = bench()
    found.declare(declared(1))

    def strike() -> Any:
        if why == "refused":
            return reply(401, {"success": False, "http_status": 401})
        return os.kill(os.getpid(), signal.SIGINT)

    reading_later(found.sandbox, list_, 1, strike)

    assert found.apply() == (3 if why == "refused" else 130)
    assert found.outcomes == {
        "account.a0": "created",
        "contact.c0": "skipped",
        "opportunity.d0": "skipped",
    }
    assert found.apply() == 0
    assert linked(found.sandbox) == right(1)


def test_lists_that_lag_behind_keep_nothing_from_being_linked(bench: Make) -> None:
    """What was made and is not listed yet is waited for, and then what waits for it is made."""
    found = bench()
    found.declare(declared())
    found.sandbox.faults.add("lag", path="(Accounts|Contacts|Opportunities)$", seconds=0.3)

    assert found.apply(grace="0.6") == 0

    assert linked(found.sandbox) == right()


def test_what_is_deleted_goes_before_what_it_refers_to(bench: Make) -> None:
    """Deals, contacts, accounts; and who changes a deal after the plan keeps its account as well."""
    found = bench()
    found.declare(declared())
    found.apply()
    found.declare(absent())
    found.plan()
    deal = next(row for row in found.sandbox.store.rows("Opportunity") if row["name"] == "Deal")
    found.sandbox.edit("Opportunity", deal["id"], closing_date="2031-05-05")
    found.sandbox.requests.clear()

    assert found.apply("plan.json") == 3

    assert found.writes() == ["Opportunities batch-delete", "Contacts batch-delete", "Accounts batch-delete"]
    (kept,) = linked(found.sandbox)
    number = kept[0].removeprefix("Neu ")
    assert {address: outcome for address, outcome in found.outcomes.items() if outcome != "deleted"} == {
        f"account.a{number}": "skipped",
        f"contact.c{number}": "skipped",
        f"opportunity.d{number}": "conflict",
    }
    assert found.waited == {
        f"account.a{number}": [f"contact.c{number}", f"opportunity.d{number}"],
        f"contact.c{number}": [f"opportunity.d{number}"],
    }


@pytest.mark.parametrize("by_key", [True, False])
def test_a_whole_deal_is_taken_away_where_it_is_declared(bench: Make, *, by_key: bool) -> None:
    """Its entries refer to each other as they did; once all of it is gone, there is nothing to do."""
    found = bench()
    found.declare(declared(1))
    found.apply()
    found.declare(re.sub(r"(?m)\}$", ", state: absent}", declared(1)) if by_key else absent(1))

    assert found.plan() == {"delete": 3}
    assert found.apply() == 0
    assert linked(found.sandbox) == []
    assert found.plan() == {"no-op": 3}


UNDO = ("undo", "--auto-approve", "--no-quiet-wait", "--grace", "0.05")


def test_a_run_over_several_kinds_is_taken_back_the_other_way_round(bench: Make) -> None:
    """What it made is deleted, deals first; and what that deleted comes back, accounts first."""
    found = bench()
    found.declare(declared())
    found.apply()
    found.sandbox.requests.clear()

    assert found.run(*UNDO).code == 0
    assert found.writes() == ["Opportunities batch-delete", "Contacts batch-delete", "Accounts batch-delete"]
    assert linked(found.sandbox) == []

    found.sandbox.requests.clear()
    again = found.run(*UNDO)
    assert again.code == 4
    assert "The API cannot bring back records of its kind." in again.out.partition("error:")[2]
    assert found.writes() == ["Accounts batch-restore", "Opportunities batch-restore"]
