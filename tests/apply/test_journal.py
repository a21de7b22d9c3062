"""The journal: on disk before a request leaves, read back after a crash at any byte."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from syncer.apply import journal
from syncer.apply.journal import Journal, Unfinished
from syncer.kinds.registry import KINDS
from syncer.model.plan import SpaceId
from syncer.model.problem import SyncerError
from tests.toys import COMPANY

SPACE = SpaceId("https://x.example", "us_Acme")


def _only(folder: Path) -> Unfinished:
    (found,) = journal.unfinished(folder)
    return found


def _told(folder: Path) -> tuple[tuple[str, ...], dict[str, str | None]]:
    found = _only(folder)
    return found.uncertain, dict(found.done)


def test_a_journal_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")

    (path,) = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert _only(tmp_path).plan == "sha256:1"
    opened.close(complete=True)
    assert list(tmp_path.iterdir()) == []


def test_a_request_without_an_outcome_leaves_its_addresses_uncertain(tmp_path: Path) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    opened.intent("Opportunities", "batch-modify", ["opportunity.a", "opportunity.b"])

    found = _only(tmp_path)
    assert (found.uncertain, found.done, found.path) == (
        ("opportunity.a", "opportunity.b"),
        {},
        opened.path,
    )
    assert found.addresses == {"opportunity.a", "opportunity.b"}
    opened.close(complete=False)


def test_an_outcome_settles_its_own_request_and_no_other(tmp_path: Path) -> None:
    """Rows of one opportunity may travel in two requests at once."""
    opened = Journal(tmp_path, SPACE, "sha256:1")
    first = opened.intent("LeadOpptyContactRelations", "batch-modify", ["opportunity.a"])
    opened.intent("LeadOpptyContactRelations", "batch-modify", ["opportunity.a", "opportunity.b"])
    opened.outcome(first, done={"opportunity.a": "row-1"})

    assert _told(tmp_path) == (("opportunity.a", "opportunity.b"), {"opportunity.a": None}), "a row's id"
    opened.close(complete=False)


def test_ids_of_records_of_any_kind_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another kind's record is found again by the id that was answered, just as an opportunity is."""
    monkeypatch.setitem(KINDS, COMPANY.name, COMPANY)
    opened = Journal(tmp_path, SPACE, "sha256:1")
    opened.outcome(opened.intent("Accounts", "batch-modify", ["company.a"]), done={"company.a": "ac-1"})
    opened.outcome(
        opened.intent("Opportunities", "batch-modify", ["opportunity.a"]), done={"opportunity.a": "op-1"}
    )

    assert _told(tmp_path) == ((), {"company.a": "ac-1", "opportunity.a": "op-1"})
    opened.close(complete=False)


def test_what_was_looked_up_is_certain_again(tmp_path: Path) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    number = opened.intent(
        "Opportunities", "batch-modify", ["opportunity.a", "opportunity.b", "opportunity.c"]
    )
    opened.outcome(number, uncertain=["opportunity.a", "opportunity.b", "opportunity.c"])
    opened.settled({"opportunity.a": "op-1", "opportunity.b": None})

    assert _told(tmp_path) == (("opportunity.c",), {"opportunity.a": "op-1"})
    opened.close(complete=False)


def test_a_journal_cut_off_at_any_byte_can_be_read_and_never_claims_more_than_was_flushed(
    tmp_path: Path,
) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    number = opened.intent("Opportunities", "batch-modify", ["opportunity.a"])
    opened.outcome(number, done={"opportunity.a": "op-1"})
    opened.close(complete=False)
    whole = opened.path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]

    for size in range(len(whole) + 1):
        opened.path.write_bytes(whole[:size])
        # The last byte of a line is only its end.
        lines = sum(size >= end - 1 for end in ends)
        expected = {
            0: ((), {}),
            1: ((), {}),
            2: (("opportunity.a",), {}),
            3: ((), {"opportunity.a": "op-1"}),
        }[lines]
        assert _told(tmp_path) == expected, size


def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path) -> None:
    """Whoever wrote them: no depth of nesting, no wrong type, and no text that would reach a terminal."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(
        b'{"intent": "one"}\n[1]\n\xff\xfe\n{"outcome": 9, "done": {}}\n' + b"[" * 100_000 + b"\n"
        b'{"journal": 1, "plan": 7, "started": "\\u001b]0;now"}\n'
        b'{"intent": 1, "entity": "Opportunities", "addresses": ["opportunity.a", 3, null]}\n'
        b'{"outcome": 1, "done": {"opportunity.b": ["op-1"]}, "uncertain": [{}, "opportunity.a"]}\n'
    )
    path.chmod(0o600)

    assert _only(tmp_path) == Unfinished(
        path, "at an unknown time", "", ("opportunity.a",), {"opportunity.b": None}
    )


def test_unfinished_applies_are_listed_oldest_first(tmp_path: Path) -> None:
    opened = [Journal(tmp_path, SPACE, "sha256:1") for _ in range(3)]
    for each in opened:
        each.close(complete=False)

    assert [found.path for found in journal.unfinished(tmp_path)] == [each.path for each in opened]
    assert journal.unfinished(tmp_path / "nothing") == []


def test_an_intent_is_flushed_to_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    synced: list[bytes] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        fsync(handle)
        synced.append(opened.path.read_bytes())

    monkeypatch.setattr("syncer.apply.journal.os.fsync", watched)
    opened.intent("Opportunities", "batch-modify", ["opportunity.a"])

    assert json.loads(synced[-1].splitlines()[-1])["addresses"] == ["opportunity.a"]
    opened.close(complete=True)


def test_workers_that_wait_at_the_same_time_share_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    flushed: list[int] = []
    may_go = threading.Event()

    def slow(_: int) -> None:
        may_go.wait(5)
        flushed.append(opened.path.read_text().count("intent"))

    monkeypatch.setattr("syncer.apply.journal.os.fsync", slow)
    returned: list[int] = []

    def work(name: str) -> None:
        opened.intent("Opportunities", "batch-modify", [name])
        returned.append(len(flushed))

    workers = [threading.Thread(target=work, args=(f"opportunity.{n}",)) for n in range(8)]
    for worker in workers:
        worker.start()
    while opened.path.read_text().count("intent") < 8:
        pass
    may_go.set()
    for worker in workers:
        worker.join()

    assert len(flushed) <= 2, "one that had begun, one for all the others"
    assert flushed[-1] == 8
    assert min(returned) >= 1
    opened.close(complete=True)


class _Full:
    """A file on a full disk."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def flush(self) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        self._inner.close()
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_told_and_nothing_is_sent_without_a_journal(tmp_path: Path) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")
    opened._file = _Full(opened._file)  # type: ignore[assignment]

    with pytest.raises(SyncerError) as caught:
        opened.intent("Opportunities", "batch-modify", ["opportunity.a"])

    assert [(p.code, p.detail) for p in caught.value.problems] == [
        ("file-unreadable", f"The journal {opened.path} cannot be written: No space left on device.")
    ]
    opened.close(complete=False)


def test_a_flush_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal(tmp_path, SPACE, "sha256:1")

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("syncer.apply.journal.os.fsync", broken)
    with pytest.raises(SyncerError, match="Input/output error"):
        opened.intent("Opportunities", "batch-modify", ["opportunity.a"])
    opened.close(complete=True)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:

    with pytest.raises(SyncerError, match="cannot be written"):
        Journal(tmp_path / "journal", SPACE, "sha256:1")


def test_a_journal_that_cannot_be_read_stops_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would tell could be an opportunity that is there already."""

    def refuse(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    Journal(tmp_path, SPACE, "sha256:1").close(complete=False)
    monkeypatch.setattr(journal, "opened", refuse)
    with pytest.raises(SyncerError, match=r"The journal .*\.jsonl cannot be read: Permission denied"):
        journal.unfinished(tmp_path)
