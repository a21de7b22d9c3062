"""Reading many records: the right ones, with the fewest requests, however the server turns out."""

import random
import threading
import uuid
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from syncer.model.problem import RemoteError, StoppedError
from syncer.remote.client import Refused
from syncer.remote.query import Answer, Query, read, read_all
from tests.depth import examples

BULK = 1_790_000_000_000


def spread_ids(count: Any, seed: Any = 1) -> Any:
    draw = random.Random(seed)
    return [str(uuid.UUID(int=draw.getrandbits(128))) for _ in range(count)]


def skewed_ids(count: Any, seed: Any = 1) -> Any:
    """Nearly all made within one minute, the rest over years, as after an import."""
    draw = random.Random(seed)
    days = 86_400_000
    moments = [
        BULK + draw.randrange(60_000) if number % 20 else BULK - draw.randrange(1500 * days)
        for number in range(count)
    ]
    return [str(uuid.UUID(int=moment << 80 | draw.getrandbits(80))) for moment in moments]


def clustered_ids(count: Any, seed: Any = 1) -> Any:
    draw = random.Random(seed)
    days = [draw.randrange(1500) for _ in range(7)]
    return [
        str(
            uuid.UUID(
                int=(BULK - draw.choice(days) * 86_400_000 + draw.randrange(999)) << 80 | draw.getrandbits(80)
            )
        )
        for _ in range(count)
    ]


def growing_ids(count: int, seed: int = 1) -> list[str]:
    """Ever more of them a year, as a business grows."""
    draw = random.Random(seed)
    moments = [BULK - int(1500 * 86_400_000 * draw.random() ** 3) for _ in range(count)]
    return [str(uuid.UUID(int=moment << 80 | draw.getrandbits(80))) for moment in moments]


def records(ids: Any) -> Any:
    return {id_: {"id": id_, "name": f"Deal {n}", "email": f"P{n}@x.example"} for n, id_ in enumerate(ids)}


def everything(table: Any) -> Any:
    return tuple(row for _, row in sorted(table.rows.items()))


ALL = Query("Opportunities", ("name",))


def wanting(**fields: Any) -> Any:
    values = {name: frozenset([value] if isinstance(value, str) else value) for name, value in fields.items()}
    return Query("Accounts", ("id", "name"), wanted=values, ignore_case=frozenset({"email"}))


# Scans


def test_rows_become_what_they_are_taken_for_as_they_arrive(space: Any, make_table: Any) -> None:
    """What nobody wants is not even held."""
    table = make_table(records(spread_ids(250)))
    service = space.service(table)
    query = replace(wanting(name={"Deal 7", "Deal 70"}), take=lambda row: row["name"], way="scan")
    answer = read(space.api(service.url), query)
    assert sorted(answer.rows) == ["Deal 7", "Deal 70"]
    assert (answer.method, answer.scanned, answer.requests) == ("scan", None, 3)
    probed = read(space.api(service.url), replace(query, way="probe"))
    assert (sorted(probed.rows), probed.method, probed.requests) == (["Deal 7", "Deal 70"], "probe", 2)


def test_a_list_longer_than_is_worth_reading_is_left_after_a_page(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(spread_ids(450))))
    left = read(space.api(service.url), replace(ALL, most=4))
    whole = read(space.api(service.url), replace(ALL, most=5))
    assert (left.rows, left.complete, left.method, left.requests) == ((), False, "left", 1)
    assert (len(whole.rows), whole.complete, whole.method, whole.requests) == (450, True, "scan", 5)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 250, 1000, 1050])
def test_a_scan_reads_every_row_once_with_no_more_requests_than_pages(
    space: Any, make_table: Any, count: Any
) -> None:
    table = make_table(records(spread_ids(count)))
    service = space.service(table)
    answer = read(space.api(service.url), ALL)
    assert answer.rows == answer.scanned == everything(table)
    assert (answer.method, answer.complete) == ("scan", True)
    assert answer.requests == len(service.calls) == max(-(-count // 100), 1)
    assert answer.received == sum(len(table(call).content) for call in service.calls)


@pytest.mark.parametrize("ids", [spread_ids, skewed_ids, clustered_ids, growing_ids])
@pytest.mark.parametrize("count", [2000, 4321, 8000])
def test_a_big_scan_reads_from_many_places_within_a_twentieth_of_its_pages(
    space: Any, make_table: Any, ids: Any, count: Any
) -> None:
    table = make_table(records(ids(count)))
    service = space.service(table)
    answer = read(space.api(service.url), ALL)
    assert answer.rows == everything(table)
    assert len(service.calls) == answer.requests <= 1.05 * -(-count // 100)


def test_one_worker_and_eight_read_the_same(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(skewed_ids(4500))))
    one, eight = (read(space.api(service.url, parallelism=n), ALL) for n in (1, 8))
    assert one.rows == eight.rows
    assert one.requests == 45


def test_many_queries_share_the_workers_and_answer_in_their_order(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(spread_ids(700))))
    queries = [Query(f"Kind{n}", ("name",)) for n in range(12)]
    queries.append(wanting(name="Deal 7"))
    answers = read_all(space.api(service.url, parallelism=2), queries)
    assert [len(answer.rows) for answer in answers] == [700] * 12 + [1]
    assert service.connections <= 2
    assert read_all(space.api(service.url), []) == []


def test_what_is_asked_for_is_sent_and_the_id_always(space: Any, make_table: Any) -> None:
    service = space.service(make_table({}))
    query = Query(
        "Data",
        ("option_name", "id"),
        expand=("a", "b.c"),
        where={"data_set_id": "7"},
        wanted={"name": frozenset("x")},
        include_deleted=True,
        way="scan",
    )
    assert read(space.api(service.url), query) == Answer(
        (), complete=False, method="scan", requests=1, received=answer_size(service), scanned=()
    )
    assert service.calls[0].query == {
        "load-only": "id,option_name,name",
        "expand": "a,b.c",
        "filter[data_set_id]": "7",
        "include-deleted": "true",
        "first": "100",
        "order-by": "id",
    }


def answer_size(service: Any) -> Any:
    return sum(len(service.behaviour(call).content) for call in service.calls)


# However the server turns out


TURNS: dict[str, dict[str, Any]] = {
    "cuts pages to 30": {"cap": 30},
    "gives no total": {"total": False},
    "gives neither total nor an end": {"total": False, "cap": 100},
    "ignores gte": {"ignores": frozenset({"gte"})},
    "ignores lt": {"ignores": frozenset({"lt"})},
    "refuses gte": {"refuses": frozenset({"gte"})},
    "refuses lt": {"refuses": frozenset({"lt"})},
    "refuses to order": {"refuses": frozenset({"order-by"})},
    "refuses the size": {"refuses": frozenset({"first"})},
    "refuses both": {"refuses": frozenset({"first", "order-by"})},
    "orders by the end of the id": {"order": lambda id_: id_[::-1]},
}


@pytest.mark.parametrize("turn", TURNS)
def test_a_scan_is_complete_however_the_server_turns_out(space: Any, make_table: Any, turn: Any) -> None:
    count = 7000 if turn.endswith(("gte", "lt")) else 1500  # only big lists are split
    table = make_table(records(spread_ids(count)), **TURNS[turn])
    assert read(space.api(space.service(table).url), ALL).rows == everything(table)


def test_a_server_that_refuses_to_go_backward_is_read_forward(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(1050)))
    table.before = lambda call: (
        space.Reply(400, {"success": False}) if call.query.get("order-by") == "-id" else None
    )
    service = space.service(table)
    assert read(space.api(service.url), ALL).rows == everything(table)
    assert len(service.calls) == 12


def test_rows_deleted_during_a_scan_are_no_reason_to_read_it_again(space: Any, make_table: Any) -> None:
    table = make_table(records(sorted(spread_ids(1050))), changes=True)
    doomed = list(table.rows)[500:510]
    ended = []

    def meanwhile(call: Any) -> None:
        ended.append(call)
        for id_ in doomed if len(ended) == 3 else ():
            table.rows.pop(id_)

    table.before = meanwhile
    service = space.service(table)
    assert read(space.api(service.url, parallelism=2), ALL).rows == everything(table)
    assert len(service.calls) <= 12


def test_a_filter_that_loses_rows_is_noticed_by_the_total(space: Any, make_table: Any) -> None:
    """A gte that drops some of the rows gives pages in order; only their number tells."""
    table = make_table(records(spread_ids(6000)))
    kept = table._kept

    def lossy(row: Any, query: Any) -> Any:
        is_range = query.get("filter-op[id]") in {"gte", "lt"}
        return kept(row, query) and not (is_range and row["id"][-1] in "01")

    table._kept = lossy
    assert read(space.api(space.service(table).url), ALL).rows == everything(table)


@pytest.mark.parametrize("more", [50, 1, -1, -50])
@pytest.mark.parametrize("count", [60, 2100])
def test_a_list_that_has_not_as_many_rows_as_it_says_is_an_error(
    space: Any, make_table: Any, count: int, more: int
) -> None:
    table = make_table(records(spread_ids(count)))

    def miscounting(call: Any) -> Any:
        reply = table(call)
        reply.body["total"] += more
        return reply

    with pytest.raises(RemoteError) as caught:
        read(space.api(space.service(miscounting).url), ALL)
    (problem,) = caught.value.problems
    assert problem.code == "list-contradicts"
    assert problem.detail == (
        f"The list of {ALL.entity} contradicts itself: the service says that there are {count + more:,} "
        f"records, and gives {count:,}. A plan made of it could create what exists."
    )


@pytest.mark.parametrize("count", [60, 2100])
def test_a_total_that_is_wrong_once_costs_time_and_no_rows(space: Any, make_table: Any, count: int) -> None:
    table = make_table(records(spread_ids(count)))
    seen = []

    def miscounting_once(call: Any) -> Any:
        seen.append(call)
        reply = table(call)
        reply.body["total"] += 50 * (len(seen) == 1)
        return reply

    assert read(space.api(space.service(miscounting_once).url), ALL).rows == everything(table)


@pytest.mark.parametrize("struck", [1, 2, 5])
def test_a_list_that_ends_early_once_is_read_again(space: Any, make_table: Any, struck: int) -> None:
    table = make_table(records(spread_ids(330 if struck < 3 else 2100)))
    seen = []

    def ending_early(call: Any) -> Any:
        seen.append(call)
        reply = table(call)
        if len(seen) == struck:
            reply.body["page_info"]["has_next_page"] = False
        return reply

    assert read(space.api(space.service(ending_early).url), ALL).rows == everything(table)


@pytest.mark.parametrize("count", [330, 2100])
def test_a_list_that_ends_early_each_time_is_an_error(space: Any, make_table: Any, count: int) -> None:
    table = make_table(records(spread_ids(count)))

    def ending_early(call: Any) -> Any:
        reply = table(call)
        reply.body["page_info"]["has_next_page"] = False
        return reply

    with pytest.raises(RemoteError, match=f"says that there are {count:,} records, and gives 100"):
        read(space.api(space.service(ending_early).url), ALL)


def test_a_list_that_gives_one_row_twice_in_place_of_another_is_an_error(space: Any) -> None:
    rows = [{"id": "a", "name": "x"}, {"id": "a", "name": "x"}]
    body = {"data": rows, "page_info": {"has_next_page": False}, "total": 2}
    with pytest.raises(RemoteError, match="says that there are 2 records, and gives 1"):
        read(space.api(space.replies(space.Reply(body=body)).url), ALL)


def test_pages_that_repeat_themselves_with_ever_new_cursors_are_no_loop(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(330)))
    cursors = iter(range(10_000))

    def standing_still(call: Any) -> Any:
        call.query.pop("after", None)
        reply = table(call)
        reply.body["page_info"] = {"has_next_page": True, "end_cursor": f"{next(cursors)}"}
        del reply.body["total"]
        return reply

    service = space.service(standing_still)
    with pytest.raises(RemoteError, match="there is more after 100 records, and not where"):
        read(space.api(service.url), ALL)
    assert len(service.calls) < 10


def test_records_that_go_while_a_short_list_is_read_are_no_contradiction(space: Any, make_table: Any) -> None:
    """One is deleted before it is reached, one is made where the reader has been: the total stands still."""
    table = make_table(records([f"{n:04}" for n in range(150)]), changes=True)
    seen = []

    def moving(call: Any) -> Any:
        seen.append(call)
        if "after" in call.query and len(table.rows) == 150:
            number = len(seen)
            table.rows[f"0000-{number}"] = {"id": f"0000-{number}", "name": "new"}
            table.rows.pop(f"{148 - number:04}", None)
        return table(call)

    found = read(space.api(space.service(moving).url, parallelism=1), ALL).rows
    assert {row["id"] for row in found} >= {f"{n:04}" for n in range(140)}


@pytest.mark.parametrize(
    ("query", "row", "lacking"),
    [
        (Query("Accounts", ("name",)), {"id": "a"}, "name"),
        (Query("Accounts", ("name", "city")), {"id": "a", "name": "x"}, "city"),
        (wanting(name="x"), {"id": "a"}, "name"),
        (Query("Opportunities", ("name",)), {"id": "a", "name": None}, "name"),
        (Query("Opportunities", ("step_id",)), {"id": "a", "step_id": None}, "step_id"),
        (Query("Opportunities", ("links.id",), ("links",)), {"id": "a"}, "links"),
        (Query("Opportunities", ("links.id",), ("links",)), {"id": "a", "links": [{}]}, "links.id"),
        (Query("Opportunities", ("links.id",), ("links",)), {"id": "a", "links": ["https://x"]}, "links.id"),
        (Query("Opportunities", ("one.a.b",), ("one.a",)), {"id": "a", "one": {"a": {"c": 1}}}, "one.a.b"),
    ],
)
def test_a_row_that_lacks_what_was_asked_for_is_an_error(
    space: Any, query: Query, row: Any, lacking: str
) -> None:
    body = {"data": [row], "page_info": {"has_next_page": False}, "total": 1}
    with pytest.raises(RemoteError) as caught:
        read(space.api(space.replies(space.Reply(body=body)).url), query)
    (problem,) = caught.value.problems
    assert problem.code == "list-contradicts"
    assert problem.detail == (
        f"The list of {query.entity} contradicts itself: the record a came without {lacking}, which was "
        "asked for. A plan made of it could create what exists."
    )


@pytest.mark.parametrize(
    "row",
    [
        {"id": "a", "one": None, "links": [], "more": 1},
        {"id": "a", "one": None, "links": [], "name": ""},
        {"id": "a", "one": {"id": "b", "x": 1}, "links": [{"id": "c"}, {"id": "d", "y": None}]},
    ],
)
def test_what_is_empty_or_beyond_what_was_asked_for_lacks_nothing(space: Any, row: Any) -> None:
    query = Query("Accounts", ("one.id", "links.id"), ("one", "links"))
    body = {"data": [row], "page_info": {"has_next_page": False}, "total": 1}
    assert read(space.api(space.replies(space.Reply(body=body)).url), query).rows == (row,)


def test_ids_of_another_form_are_read_from_both_ends(space: Any, make_table: Any) -> None:
    table = make_table(records([f"REC-{n:07d}" for n in range(5000)]))
    service = space.service(table)
    assert read(space.api(service.url), ALL).rows == everything(table)
    assert {call.query.get("order-by") for call in service.calls} == {"id", "-id"}


def test_a_short_list_needs_no_page_info(space: Any, make_table: Any) -> None:
    for total in (True, False):
        table = make_table(records(spread_ids(42)), page_info=False, total=total)
        assert read(space.api(space.service(table).url), ALL).rows == everything(table)


@pytest.mark.parametrize(
    "info",
    [
        {"has_next_page": True},
        {"has_next_page": True, "end_cursor": None},
        {"has_next_page": True, "end_cursor": "always the same"},
        {},
    ],
)
@pytest.mark.parametrize("total", [None, 777])
@pytest.mark.parametrize("count", [0, 100])
def test_a_list_that_cannot_be_read_to_its_end_is_an_error_and_no_loop(
    space: Any, info: Any, total: Any, count: Any
) -> None:
    rows = list(records(spread_ids(count)).values())
    body = {"data": rows, "page_info": info, "total": total}
    api = space.api(space.replies(space.Reply(body=body)).url)
    if not info and total is None and not count:
        assert read(api, ALL).rows == ()  # nothing there, nothing said: an empty list
        return
    with pytest.raises(RemoteError, match=f"there is more after {count} records, and not where"):
        read(api, ALL)


def test_empty_pages_with_ever_new_cursors_are_no_loop(space: Any) -> None:
    cursors = iter(range(10_000))
    service = space.service(
        lambda _: space.Reply(
            body={"data": [], "page_info": {"has_next_page": True, "end_cursor": str(next(cursors))}}
        )
    )
    with pytest.raises(RemoteError, match="there is more after 0 records, and not where"):
        read(space.api(service.url), ALL)
    assert len(service.calls) < 10


def test_a_false_promise_of_more_is_no_error_when_all_rows_are_there(space: Any) -> None:
    rows = list(records(sorted(spread_ids(3))).values())
    body = {"data": rows, "page_info": {"has_next_page": True, "end_cursor": None}, "total": 3}
    assert read(space.api(space.replies(space.Reply(body=body)).url), ALL).rows == tuple(rows)


@pytest.mark.parametrize("row", [{"name": "x"}, {"id": None, "name": "x"}, {"id": 7, "name": "x"}])
@pytest.mark.parametrize("query", [ALL, wanting(name="x")])
def test_a_row_without_an_id_is_an_error(space: Any, row: Any, query: Query) -> None:
    service = space.replies(space.Reply(body={"data": [row]}))
    with pytest.raises(RemoteError, match=r"came without (its )?id"):
        read(space.api(service.url), query)


def test_a_walk_from_elsewhere_that_cannot_go_on_is_no_loss(space: Any, make_table: Any) -> None:
    """Only the walk from the start must be whole; the others are given up for it."""
    table = make_table(records(spread_ids(1050)))

    def backward_ends_nowhere(call: Any) -> Any:
        reply = table(call)
        if call.query.get("order-by") == "-id":
            reply.body["page_info"]["end_cursor"] = None
        return reply

    assert read(space.api(space.service(backward_ends_nowhere).url), ALL).rows == everything(table)


def test_a_failure_in_the_middle_of_a_scan_is_told(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(1050)))
    table.before = lambda call: (
        space.Reply(402, {"success": False}) if call.query.get("order-by") == "-id" else None
    )
    with pytest.raises(Refused):
        read(space.api(space.service(table).url), ALL)


def test_a_service_without_small_pages_is_read_again_when_rows_are_short(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(460)))
    seen = []

    def counting_more_at_first(call: Any) -> Any:
        if call.query["first"] == "1":
            seen.append(call)
            return space.Reply(400, {"success": False})
        reply = table(call)
        reply.body["total"] += 50 * (not seen)
        return reply

    assert read(space.api(space.service(counting_more_at_first).url), ALL).rows == everything(table)


@pytest.mark.parametrize("step", [1, 3])
def test_ids_that_differ_little_are_read_whole(space: Any, make_table: Any, step: int) -> None:
    """Records numbered one after another leave no room, or hardly any, to guess an id between two."""
    ids = [f"00000000-0000-0001-0000-{n * step:012x}" for n in range(6500)]
    table = make_table(records(ids))
    service = space.service(table)
    assert read(space.api(service.url), ALL).rows == everything(table)
    assert len(service.calls) <= 68


# Probes


def test_one_value_is_asked_for_at_once(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(5000)))
    service = space.service(table)
    answer = read(space.api(service.url), wanting(email="p7@X.example"))
    assert [row["name"] for row in answer.rows] == ["Deal 7"]
    assert (answer.method, answer.complete, answer.requests, answer.scanned) == ("probe", False, 1, None)
    assert service.calls[0].query == {
        "load-only": "id,name,email",
        "first": "100",
        "filter[email]": "p7@x.example",
        "filter-op[email]": "ieq",
    }


def test_few_values_of_a_big_kind_are_probed_one_a_request(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(spread_ids(5000))))
    names = [f"Deal {n}" for n in range(20)]
    answer = read(space.api(service.url), wanting(name=names))
    assert sorted(row["name"] for row in answer.rows) == sorted(names)
    assert answer.method == "probe"
    assert len(service.calls) <= 1.05 * 20


def people(ids: Collection[str], every: int) -> dict[str, Any]:
    """Records with a first e-mail each; some have a second one as well."""
    return {
        id_: {
            "id": id_,
            "email1": f"p{n}@x.example",
            "email2": f"q{n}@x.example" if n % every == 0 else None,
            "email3": None,
        }
        for n, id_ in enumerate(sorted(ids))
    }


def of_email(*values: str) -> Query:
    """What is asked for people by their e-mails, wherever they have them."""
    fields = ("email1", "email2", "email3")
    wanted = {name: frozenset(values) for name in fields}
    return Query(
        "Contacts", ("id",), wanted=wanted, ignore_case=frozenset(fields), rarely=frozenset(fields[1:])
    )


@pytest.mark.parametrize(
    ("every", "turn", "requests"),
    [
        (40, {}, 1 + 3 + 2 + 1),  # 125 have a second e-mail, on two pages
        (1, {}, 1 + 3 + (1 + 3) + 1),  # everybody has one, so that each value is asked for
        (40, {"ignores": frozenset({"not-empty"})}, 1 + 3 + (1 + 3) * 2),
        (40, {"refuses": frozenset({"not-empty"})}, 1 + 3 + (1 + 3) * 2),
    ],
)
def test_who_fills_a_rare_field_is_listed_where_that_is_cheaper(
    space: Any, make_table: Any, every: int, turn: Any, requests: int
) -> None:
    service = space.service(make_table(people(spread_ids(5000), every), **turn))
    answer = read(space.api(service.url), of_email("P1@x.example", "p40@x.example", "q80@x.example"))
    assert sorted(row["email1"] for row in answer.rows) == ["p1@x.example", "p40@x.example", "p80@x.example"]
    assert (answer.method, len(service.calls)) == ("probe", requests)


def test_one_value_of_a_rare_field_is_asked_for(space: Any, make_table: Any) -> None:
    service = space.service(make_table(people(spread_ids(5000), 40)))
    answer = read(space.api(service.url), of_email("q40@x.example"))
    assert [row["email1"] for row in answer.rows] == ["p40@x.example"]
    assert len(service.calls) == 1 + 3


def test_a_rare_field_that_is_filled_everywhere_makes_a_scan_the_cheaper_way(
    space: Any, make_table: Any
) -> None:
    service = space.service(make_table(people(spread_ids(2000), 1)))
    values = [f"q{n}@x.example" for n in range(14)]
    answer = read(space.api(service.url), of_email(*values))
    assert (answer.method, sorted(row["email2"] for row in answer.rows)) == ("scan", sorted(values))
    assert len(service.calls) <= 20 * 1.05 + 2


def test_a_list_of_a_rare_field_that_is_forbidden_is_an_error(space: Any, make_table: Any) -> None:
    table = make_table(people(spread_ids(5000), 40))

    def broken(call: Any) -> Any:
        rare = call.query.get("filter-op[email2]") == "not-empty"
        return space.Reply(403, {"success": False, "name": "NO", "http_status": 403}) if rare else None

    table.before = broken
    with pytest.raises(RemoteError):
        read(space.api(space.service(table).url), of_email("p1@x.example", "p2@x.example"))


def test_many_values_of_a_small_kind_are_scanned(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(spread_ids(450))))
    names = [f"Deal {n}" for n in range(0, 1000, 100)]
    answer = read(space.api(service.url), wanting(name=names))
    assert answer.scanned is not None
    assert sorted(row["name"] for row in answer.rows) == [f"Deal {n}" for n in range(0, 450, 100)]
    assert (answer.method, answer.complete, len(answer.scanned), len(service.calls)) == (
        "scan",
        False,
        450,
        5,
    )


def test_any_of_several_fields_makes_a_row_wanted_once(space: Any, make_table: Any) -> None:
    ids = sorted(spread_ids(5000))
    service = space.service(make_table(records(ids)))
    answer = read(space.api(service.url), wanting(name=["Deal 1", "Deal 2"], email="p2@x.example", id=ids[9]))
    assert [row["name"] for row in answer.rows] == ["Deal 1", "Deal 2", "Deal 9"]
    assert len(service.calls) == 5


def test_nothing_wanted_is_nothing_asked(space: Any, make_table: Any) -> None:
    service = space.service(make_table({}))
    assert read(space.api(service.url), wanting(name=[])).rows == ()
    assert service.calls == []


def test_a_probe_with_many_hits_is_read_to_its_end(space: Any, make_table: Any) -> None:
    table = make_table({id_: {"id": id_, "name": "Renewal"} for id_ in spread_ids(350)})
    answer = read(space.api(space.service(table).url), wanting(name="Renewal"))
    assert (answer.rows, answer.method, answer.requests) == (everything(table), "probe", 4)


def test_trailing_blanks_of_the_service_do_not_hide_a_row(space: Any, make_table: Any) -> None:
    rows = {"a": {"id": "a", "name": "Acme  "}, "b": {"id": "b", "name": "Acme renewal"}}
    query = Query("Accounts", ("name",), wanted={"name": frozenset({"Acme"})}, as_text=frozenset({"name"}))
    service = space.service(make_table(rows))
    answer = read(space.api(service.url), query)
    assert (answer.rows, answer.method) == ((rows["a"],), "probe")
    assert service.calls[0].query["filter-op[name]"] == "starts"


@pytest.mark.parametrize("turn", [{"ignores": frozenset({"ieq"})}, {"refuses": frozenset({"ieq"})}])
def test_a_probe_the_service_does_not_understand_becomes_a_scan(
    space: Any, make_table: Any, turn: Any
) -> None:
    table = make_table(records(spread_ids(150)), **turn)
    answer = read(space.api(space.service(table).url), wanting(email="P7@X.EXAMPLE"))
    assert ([row["name"] for row in answer.rows], answer.method) == (["Deal 7"], "scan")


def test_a_service_that_is_lax_about_case_does_not_bring_unwanted_rows(space: Any) -> None:
    rows = [{"id": "a", "name": "ACME "}, {"id": "b", "name": "Acme"}]
    service = space.replies(space.Reply(body={"data": rows, "page_info": {"has_next_page": False}}))
    answer = read(space.api(service.url), wanting(name="Acme"))
    assert (answer.rows, answer.method) == ((rows[1],), "probe")


def test_rows_that_do_not_fulfil_where_are_dropped(space: Any, make_table: Any) -> None:
    rows = {id_: {"id": id_, "kind": id_, "on": id_ == "a"} for id_ in "ab"}
    table = make_table(rows, ignores=frozenset({"eq"}))
    api = space.api(space.service(table).url)
    assert read(api, Query("Data", ("kind",), where={"kind": "b"})).rows == (rows["b"],)
    assert read(api, Query("Data", ("on",), where={"on": "true"})).rows == (rows["a"],)


# Failures


def test_a_refusal_of_every_form_of_the_question_is_the_first_refusal(space: Any) -> None:
    service = space.replies(space.Reply(400, {"success": False, "code": 117, "message": "no field x"}))
    for query in (ALL, wanting(name="x")):
        with pytest.raises(Refused, match="no field x"):
            read(space.api(service.url), query)


@pytest.mark.parametrize("query", [ALL, wanting(name="x")])
def test_another_refusal_is_not_taken_for_a_missing_feature(space: Any, query: Any) -> None:
    service = space.replies(space.Reply(402, {"success": False}))
    with pytest.raises(Refused):
        read(space.api(service.url), query)
    assert len(service.calls) == 1


def test_a_query_that_fails_ends_the_others(space: Any, make_table: Any) -> None:
    table = make_table(records(spread_ids(3000)))
    table.before = lambda call: (
        space.Reply(403, {"success": False}) if "Secret" in call.path and "after" in call.query else None
    )
    service = space.service(table)
    queries = [ALL, Query("Secret", ("name",)), ALL, ALL]
    with pytest.raises(RemoteError, match="read Secret"):
        read_all(space.api(service.url, parallelism=2), queries)
    assert len(service.calls) < 60


def test_stopping_ends_a_scan(space: Any, make_table: Any) -> None:
    service = space.service(make_table(records(spread_ids(3000))))
    api = space.api(service.url)
    api.on_request = lambda _: api.stop()
    with pytest.raises(StoppedError):
        read(api, ALL)


# Whatever the rows, the pages, the faults and the others do


@settings(
    max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_nothing_that_was_there_before_and_after_is_missed_or_doubled(
    space: Any, make_table: Any, data: Any
) -> None:
    draw = data.draw
    ids = draw(st.sampled_from([spread_ids, skewed_ids, clustered_ids, growing_ids]))
    count = draw(st.sampled_from([0, 7, 60, 61, 240, 700]) | st.integers(0, 900))
    table = make_table(records(ids(count)), cap=draw(st.sampled_from([3, 10, 17, 100])))
    if count > table.cap * 150:
        table.cap = 10
    before = set(table.rows)
    others = random.Random(f"others {draw(st.integers(0, 99))}")
    busy = draw(st.sampled_from([0.0, 0.3]))
    faults = draw(st.sampled_from([0.0, 0.1]))
    turn = draw(
        st.sampled_from([{}, {}, {}, *({k: TURNS[t][k] for k in TURNS[t] if k != "cap"} for t in TURNS)])
    )
    for name, value in turn.items():
        setattr(table, name, value)
    lock = threading.Lock()

    def meanwhile(_: Any) -> Any:
        with lock:
            if others.random() < busy:
                new = str(uuid.UUID(int=others.getrandbits(128)))
                with table.lock:
                    assert new not in before
                    table.rows[new] = {"id": new, "name": "new"}
                    if table.rows:
                        table.rows.pop(others.choice(list(table.rows)))
            if others.random() < faults:
                return others.choice([space.Reply(drop=True), space.Reply(503, {}, {"retry-after": "0"})])
        return None

    table.before = meanwhile
    table.changes = busy > 0
    service = space.service(table)
    api = space.api(service.url, parallelism=draw(st.sampled_from([1, 2, 8])))
    try:
        rows = read(api, ALL).rows
    finally:
        api.close()
        service.close()
    found = [row["id"] for row in rows]
    assert found == sorted(set(found))
    assert before & set(table.rows) <= set(found)
    if not busy:
        assert rows == everything(table)


@settings(
    max_examples=examples(50), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    count=st.integers(0, 300),
    numbers=st.frozensets(st.integers(0, 400), max_size=12),
    cap=st.sampled_from([5, 30, 100]),
    ignores=st.sampled_from([frozenset(), frozenset({"eq"})]),
)
@example(count=300, numbers=frozenset(range(3)), cap=5, ignores=frozenset())
def test_probe_and_scan_find_the_same(
    space: Any, make_table: Any, count: Any, numbers: Any, cap: Any, ignores: Any
) -> None:
    service = space.service(make_table(records(spread_ids(count)), cap=cap, ignores=ignores))
    api = space.api(service.url)
    query = wanting(name=[f"Deal {number}" for number in numbers])
    try:
        rows = read(api, query).rows
    finally:
        api.close()
        service.close()
    assert sorted(row["name"] for row in rows) == sorted(f"Deal {n}" for n in numbers if n < count)


@pytest.mark.parametrize("total", [3, 0])
def test_a_probe_that_contradicts_itself_proves_nothing(space: Any, make_table: Any, total: int) -> None:
    """The whole list is read then, and found to be right or wrong."""
    table = make_table(records(spread_ids(250)))
    wanted = next(iter(table.rows.values()))

    def miscounting_probes(call: Any) -> Any:
        reply = table(call)
        if "filter[name]" in call.query:
            reply.body["total"] = total
        return reply

    answer = read(space.api(space.service(miscounting_probes).url), wanting(name=wanted["name"]))
    assert (answer.method, wanted in answer.rows) == ("scan", True)


@pytest.mark.parametrize(
    ("email", "others"),
    [
        ("info@strasse.example", ["info@straße.example", "info@STRASSE.example"]),
        ("info@straße.example", ["INFO@straße.example", "info@strasse.example"]),
        ("k@x.example", ["\u212a@x.example", "K@x.example"]),
        ("\u0131@x.example", ["i@x.example", "I@x.example"]),
    ],
)
@pytest.mark.parametrize("way", ["scan", "probe"])
def test_an_email_is_equal_in_another_case_of_ascii_and_in_nothing_else(
    space: Any, make_table: Any, way: str, email: str, others: list[str]
) -> None:
    rows = {f"{n}": {"id": f"{n}", "email1": text} for n, text in enumerate([email, *others])}
    query = Query(
        "Accounts",
        ("email1",),
        wanted={"email1": frozenset({email})},
        ignore_case=frozenset({"email1"}),
        way=way,
    )
    found = read(space.api(space.service(make_table(rows)).url), query).rows
    same = {email, *(text for text in others if text.isascii() and text.lower() == email)}
    same |= {"INFO@straße.example"} & set(others)
    assert {row["email1"] for row in found} == same
