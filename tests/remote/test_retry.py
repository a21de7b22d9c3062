"""The retry table, a test for every row, over real sockets."""

import contextlib
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.model.problem import RemoteError, StoppedError
from syncer.remote import retry
from syncer.remote.client import Refused
from syncer.remote.pace import Pace
from syncer.remote.query import Query, read
from syncer.remote.retry import TABLE, Decision, Effect, Ending, retry_after, rule
from syncer.remote.transport import Timeouts
from tests.remote.single import post

RECORD = {"success": True, "data": {"id": "1"}}
LIST = {"success": True, "data": [], "total": 0}
HTML = {"content-type": "text/html; charset=utf-8"}


def failing(space: Any, ending: Any) -> Any:
    """Return a way for the service to end an exchange like that."""
    reply = space.Reply
    return {
        Ending.REFUSED: reply(400, {"success": False, "http_status": 400}),
        Ending.LIMITED: reply(429, {"success": False}),
        Ending.UNAVAILABLE: reply(503, b"busy", {"content-type": "text/plain"}),
        Ending.GATEWAY: reply(502, b"<html>bad gateway", HTML),
        Ending.FAILED: reply(500, {"success": False, "message": "kaputt"}),
        Ending.REDIRECTED: reply(302, b"", {"location": "https://elsewhere.example/x"}),
        Ending.FOREIGN: reply(200, b"<html>please log in</html>", HTML),
        Ending.GARBLED: reply(200, b'{"success": true, "da'),
        Ending.TOO_LARGE: reply(200, b" " * 5000),
        Ending.DROPPED: reply(drop=True),
        Ending.TIMED_OUT: reply(200, RECORD, delay=0.4),
    }[ending]


def attempt(space: Any, effect: Any, *replies: Any) -> Any:
    """Read or write once; return the requests the service saw, and the error if any."""
    service = space.replies(*replies)
    api = space.api(service.url, max_bytes=4000, timeouts=Timeouts(connect=2, read=0.2, write=0.2))
    try:
        if effect is Effect.READ:
            api.list_page("Accounts", {})
        else:
            post(api, "Accounts", {"name": "Acme"})
    except RemoteError as error:
        return len(service.calls), error
    return len(service.calls), None


REPEATED_READS = [
    Ending.LIMITED,
    Ending.UNAVAILABLE,
    Ending.GATEWAY,
    Ending.FAILED,
    Ending.GARBLED,
    Ending.DROPPED,
]


@pytest.mark.parametrize("ending", REPEATED_READS)
def test_a_read_is_repeated_until_it_is_answered(space: Any, ending: Any) -> None:
    bad = failing(space, ending)
    requests, error = attempt(space, Effect.READ, bad, bad, space.Reply(body=LIST))
    assert (requests, error) == (3, None)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.LIMITED, "rate-limited"),
        (Ending.UNAVAILABLE, "rate-limited"),
        (Ending.GATEWAY, "server-error"),
        (Ending.FAILED, "server-error"),
        (Ending.GARBLED, "not-the-api"),
        (Ending.DROPPED, "unreachable"),
        (Ending.TIMED_OUT, "timeout"),
    ],
)
def test_a_read_is_not_repeated_for_ever(space: Any, ending: Any, code: Any) -> None:
    requests, error = attempt(space, Effect.READ, failing(space, ending))
    assert requests == (1 if ending is Ending.TIMED_OUT else rule(Effect.READ, ending).attempts)
    assert (error.problems[0].code, error.sent) == (code, False)


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (Ending.REFUSED, "refused"),
        (Ending.REDIRECTED, "redirected"),
        (Ending.FOREIGN, "not-the-api"),
        (Ending.TOO_LARGE, "answer-too-large"),
    ],
)
def test_a_read_that_would_end_the_same_way_is_not_repeated(space: Any, ending: Any, code: Any) -> None:
    requests, error = attempt(space, Effect.READ, failing(space, ending), space.Reply(body=LIST))
    assert (requests, error.problems[0].code, error.sent) == (1, code, False)


def test_a_write_that_the_service_turned_away_is_repeated(space: Any) -> None:
    """429 is the one answer that says the write was not done and may be tried again."""
    bad = failing(space, Ending.LIMITED)
    assert attempt(space, Effect.WRITE, bad, bad, space.Reply(201, RECORD)) == (3, None)


def test_a_write_that_is_turned_away_for_good_was_not_done(space: Any) -> None:
    requests, error = attempt(space, Effect.WRITE, failing(space, Ending.LIMITED))
    assert (requests, error.problems[0].code, error.sent) == (12, "rate-limited", False)


@pytest.mark.parametrize(
    "ending",
    [
        Ending.UNAVAILABLE,
        Ending.GATEWAY,
        Ending.FAILED,
        Ending.REDIRECTED,
        Ending.FOREIGN,
        Ending.GARBLED,
        Ending.TOO_LARGE,
        Ending.DROPPED,
        Ending.TIMED_OUT,
    ],
)
def test_a_write_whose_fate_is_unknown_is_sent_once_and_said_to_be_uncertain(space: Any, ending: Any) -> None:
    requests, error = attempt(space, Effect.WRITE, failing(space, ending), space.Reply(201, RECORD))
    assert (requests, error.sent) == (1, True)
    assert "may have been carried out" in str(error)


def test_a_write_that_was_refused_was_not_done(space: Any) -> None:
    requests, error = attempt(space, Effect.WRITE, failing(space, Ending.REFUSED))
    assert (requests, type(error), error.sent) == (1, Refused, False)


@pytest.mark.parametrize("effect", Effect)
def test_without_a_connection_nothing_was_sent_so_anything_is_tried_again(space: Any, effect: Any) -> None:
    service = space.service(lambda _: space.Reply(201, RECORD if effect is Effect.WRITE else LIST))
    service.close()
    seen: list[Any] = []
    api = space.api(service.url, on_request=seen.append)
    with pytest.raises(RemoteError) as caught:
        post(api, "Accounts", {}) if effect is Effect.WRITE else api.list_page("Accounts", {})
    assert [request.ending for request in seen] == [Ending.NOT_SENT] * 3
    assert (caught.value.problems[0].code, caught.value.sent) == ("unreachable", False)


def test_a_service_that_answered_before_gets_more_patience(space: Any) -> None:
    """Before the first answer a wrong URL is likelier than an outage."""
    service = space.service(lambda _: space.Reply(body=LIST, headers={"connection": "close"}))
    seen: list[Any] = []
    api = space.api(service.url, on_request=seen.append)
    api.list_page("Accounts", {})
    service.close()
    with pytest.raises(RemoteError):
        post(api, "Accounts", {})
    assert [request.ending for request in seen] == [Ending.ANSWERED] + [Ending.NOT_SENT] * 6


def test_a_service_that_is_silent_from_the_start_is_asked_once_and_one_that_answered_again(
    space: Any,
) -> None:
    """So `--timeout 3` ends a run on a dead service after 3 s, and not after six times as long."""
    silent = failing(space, Ending.TIMED_OUT)
    first, error = attempt(space, Effect.READ, silent, space.Reply(body=LIST))
    answer = space.Reply(body=LIST)
    service = space.replies(answer, silent, silent, answer)
    api = space.api(service.url, timeouts=Timeouts(connect=2, read=0.2, write=0.2))
    api.list_page("Accounts", {})
    api.list_page("Accounts", {})
    assert (first, error.problems[0].code, len(service.calls)) == (1, "timeout", 4)


def test_every_ending_has_a_row_and_no_write_is_repeated_after_it_may_have_been_done() -> None:
    repeated = {ending for ending, (_, write) in TABLE.items() if write.verdict is Decision.RETRY}
    assert set(TABLE) == set(Ending)
    assert repeated == {Ending.LIMITED, Ending.NOT_SENT, Ending.NOT_REACHED}


@pytest.mark.parametrize(
    ("status", "ending"),
    [
        (200, "ANSWERED"),
        (201, "ANSWERED"),
        (307, "REDIRECTED"),
        (404, "REFUSED"),
        (408, "GATEWAY"),
        (460, "GATEWAY"),
        (499, "GATEWAY"),
        (429, "LIMITED"),
        (500, "FAILED"),
        (501, "FAILED"),
        (503, "UNAVAILABLE"),
        (504, "GATEWAY"),
    ],
)
def test_the_status_decides_how_an_exchange_ended(status: Any, ending: Any) -> None:
    assert retry.ending_of_status(status) is Ending[ending]


# Retry-After and the shared pace


def test_retry_after_counts_seconds_or_until_a_date() -> None:
    now = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
    date, later = format_datetime(now, usegmt=True), format_datetime(now + timedelta(seconds=7), usegmt=True)
    assert [retry_after("3"), retry_after(" 0 "), retry_after(later, date)] == [3.0, 0.0, 7.0]
    assert retry_after(date, later) == 0.0


def test_retry_after_is_bounded_and_garbage_is_ignored() -> None:
    assert retry_after("999999999999999999999") == 120.0
    assert retry_after("Fri, 31 Dec 9999 23:59:59 GMT") == 120.0
    assert retry_after("Fri, 31 Dec 9999 23:59:59 -0000") == 120.0
    garbage = ["", "soon", "-3", "1e9", "³", "Fri, 99 Foo 2026", "Fri, 31 Dec 99999 23:59:59 GMT"]
    assert [retry_after(text) for text in garbage] == [None] * len(garbage)


@given(st.text(), st.text())
def test_no_header_breaks_retry_after(value: Any, date: Any) -> None:
    seconds = retry_after(value, date)
    assert seconds is None or 0 <= seconds <= 120


@given(st.integers(1, 900))
def test_back_off_doubles_within_bounds_and_is_jittered(number: Any) -> None:
    longest = min(retry.BACKOFF_LIMIT, retry.BACKOFF_FIRST * 2 ** (number - 1))
    assert longest / 2 <= retry.backoff(number) <= longest


@pytest.mark.parametrize("dated", [False, True])
def test_retry_after_holds_all_workers_until_the_same_moment(space: Any, dated: Any) -> None:
    """One worker is told; the other, whose requests are fine, waits with it."""
    now = datetime.now(UTC)
    value = format_datetime(now + timedelta(seconds=1), usegmt=True) if dated else "1"
    told = {"retry-after": value, "date": format_datetime(now, usegmt=True)}
    service = space.replies(space.Reply(503, {}, told), space.Reply(body=LIST))
    api = space.api(service.url)
    with pytest.raises(RemoteError, match="may have been carried out"):
        post(api, "Accounts", {})
    api.list_page("Contacts", {})
    assert service.calls[1].at - service.calls[0].at >= 0.99


@pytest.mark.parametrize("value", ["0", "-5", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""])
def test_a_service_that_asks_for_no_pause_gets_one_all_the_same_and_not_without_end(
    space: Any, monkeypatch: Any, value: str
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(Pace, "slow_down", lambda _, seconds: pauses.append(seconds))
    monkeypatch.setattr("syncer.remote.client.backoff", lambda attempt: attempt / 1000)
    requests, error = attempt(
        space, Effect.READ, space.Reply(429, {"success": False}, {"retry-after": value})
    )
    assert (requests, error.problems[0].code) == (12, "rate-limited")
    assert pauses == [attempt / 1000 for attempt in range(1, 13)]


def test_a_wait_that_would_pass_the_time_limit_ends_at_once_and_says_so(space: Any) -> None:
    service = space.replies(space.Reply(429, {}, {"retry-after": "90000"}))
    api = space.api(service.url, time_limit=60)
    with pytest.raises(RemoteError) as caught:
        post(api, "Accounts", {})
    assert (caught.value.problems[0].code, caught.value.sent) == ("time-limit", False)


def test_the_clock_starts_anew_after_a_person_has_decided() -> None:
    pace = Pace(time_limit=0.05)
    time.sleep(0.06)
    with pytest.raises(RemoteError, match="Time limit reached"):
        pace.wait()
    assert pace.remaining == 0
    pace.start_clock()
    pace.wait()


def test_a_service_that_has_too_much_gets_half_as_much_at_once() -> None:
    """What was refused together counts once; with every round of answers one more is tried again."""
    pace = Pace(places=16)
    pace.slow_down(0.02)
    pace.slow_down(0.02)
    halved = pace.places
    time.sleep(0.05)
    pace.slow_down(0.0)
    quartered = pace.places
    for _ in range(5):
        with pace.place():
            pass

    assert (halved, quartered, pace.places) == (8, 4, 5)


def test_one_request_is_always_let_through_and_never_more_than_there_are_places() -> None:
    pace = Pace(places=2)
    for _ in range(5):
        pace.slow_down(0.0)
    least = pace.places
    for _ in range(50):
        with pace.place():
            pass

    assert (least, pace.places) == (1, 2)


def test_who_waits_for_a_place_gets_it_when_one_is_free_and_gives_up_when_stopped() -> None:
    pace = Pace(places=1)
    order: list[str] = []

    def second() -> None:
        with pace.place():
            order.append("second")

    with pace.place():
        worker = threading.Thread(target=second)
        worker.start()
        time.sleep(0.05)
        order.append("first")
    worker.join()
    with pace.place():
        pace.stop()
        with pytest.raises(StoppedError), pace.place():
            pass

    assert order == ["first", "second"]


def test_a_crowded_service_is_read_to_its_end_with_fewer_requests_at_once(
    space: Any, make_table: Any
) -> None:
    table = make_table({f"{number:04}": {"id": f"{number:04}", "name": "x"} for number in range(900)})
    told = []

    def crowded(call: Any) -> Any:
        told.append(call)
        return space.Reply(429, {}, {"retry-after": "0"}) if len(told) in (3, 5) else table(call)

    api = space.api(space.service(crowded).url)
    assert len(read(api, Query("Accounts", ("name",))).rows) == 900
    assert api._pace.places < api.parallelism // 2


def test_stopping_ends_a_wait_and_sends_nothing_more(space: Any) -> None:
    service = space.replies(space.Reply(429, {}, {"retry-after": "100"}))
    api = space.api(service.url)
    api.on_request = lambda _: api.stop()
    with pytest.raises(StoppedError):
        post(api, "Accounts", {})
    with pytest.raises(StoppedError):
        api.list_page("Accounts", {})
    assert len(service.calls) == 1
    assert api._pace.stopped


def test_a_kept_connection_that_the_service_closed_is_not_used_for_a_write(space: Any) -> None:
    """Only the race of both at the same moment is left, and that counts as sent."""
    service = space.replies(
        space.Reply(body=LIST, headers={"connection": "keep-alive"}), space.Reply(201, RECORD)
    )
    api = space.api(service.url)
    api.list_page("Accounts", {})
    for held in list(service._open):
        with contextlib.suppress(OSError):
            held.shutdown(2)
    time.sleep(0.05)
    assert post(api, "Accounts", {}) == {"id": "1"}
    assert service.connections == 2
