"""The journal: on disk before a request leaves, read back after a crash at any byte."""

import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from syncer.apply import journal
from syncer.apply.journal import Journal, Unfinished
from syncer.errors import SyncerError
from syncer.model import Plan, Source, SpaceId

PLAN = Plan(
    tool_version="1",
    created_at="2030-01-01T00:00:00Z",
    expires_at="2030-01-02T00:00:00Z",
    space=SpaceId("https://x.example", "us_Acme"),
    policy={},
    source=Source(None, "sha256:0"),
    changes=(),
)


def _only(folder: Path) -> Unfinished:
    (found,) = journal.unfinished(folder)
    return found


def _told(folder: Path) -> tuple[tuple[str, ...], int]:
    found = _only(folder)
    return found.uncertain, found.done


def test_a_journal_and_its_plan_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    opened = Journal(folder, PLAN)

    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {".jsonl": 0o600, ".json": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    opened.close(complete=True)
    assert list(folder.iterdir()) == []


def test_a_request_without_an_outcome_leaves_its_addresses_uncertain(tmp_path: Path) -> None:
    opened = Journal(tmp_path, PLAN)
    opened.intent("Opportunities", "batch-modify", ["opportunity.a", "opportunity.b"])

    found = _only(tmp_path)
    assert (found.uncertain, found.done, found.path, found.plan) == (
        ("opportunity.a", "opportunity.b"),
        0,
        opened.path,
        opened.plan,
    )
    opened.close(complete=False)


def test_an_outcome_settles_its_own_request_and_no_other(tmp_path: Path) -> None:
    """Rows of one opportunity may travel in two requests at once."""
    opened = Journal(tmp_path, PLAN)
    first = opened.intent("LeadOpptyContactRelations", "batch-modify", ["opportunity.a"])
    opened.intent("LeadOpptyContactRelations", "batch-modify", ["opportunity.a", "opportunity.b"])
    opened.outcome(first, done={"opportunity.a": "row-1"})

    assert _told(tmp_path) == (("opportunity.a", "opportunity.b"), 1)
    opened.close(complete=False)


def test_what_was_looked_up_is_certain_again(tmp_path: Path) -> None:
    opened = Journal(tmp_path, PLAN)
    number = opened.intent(
        "Opportunities", "batch-modify", ["opportunity.a", "opportunity.b", "opportunity.c"]
    )
    opened.outcome(number, uncertain=["opportunity.a", "opportunity.b", "opportunity.c"])
    opened.settled({"opportunity.a": "op-1", "opportunity.b": None})

    assert _told(tmp_path) == (("opportunity.c",), 1)
    opened.close(complete=False)


def test_a_journal_cut_off_at_any_byte_can_be_read_and_never_claims_more_than_was_flushed(
    tmp_path: Path,
) -> None:
    opened = Journal(tmp_path, PLAN)
    number = opened.intent("Opportunities", "batch-modify", ["opportunity.a"])
    opened.outcome(number, done={"opportunity.a": "op-1"})
    opened.close(complete=False)
    whole = opened.path.read_bytes()
    ends = [index + 1 for index, byte in enumerate(whole) if byte == ord("\n")]

    for size in range(len(whole) + 1):
        opened.path.write_bytes(whole[:size])
        # The last byte of a line is only its end.
        lines = sum(size >= end - 1 for end in ends)
        expected = {0: ((), 0), 1: ((), 0), 2: (("opportunity.a",), 0), 3: ((), 1)}[lines]
        assert _told(tmp_path) == expected, size


def test_lines_that_are_no_entries_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_bytes(b'{"intent": "one"}\n[1]\n\xff\xfe\n{"outcome": 9, "done": {}}\n')

    assert _only(tmp_path) == Unfinished(
        tmp_path / "x.jsonl", tmp_path / "x.plan.json", "at an unknown time", "", (), 0
    )


def test_unfinished_applies_are_listed_oldest_first(tmp_path: Path) -> None:
    opened = [Journal(tmp_path, PLAN) for _ in range(3)]
    for each in opened:
        each.close(complete=False)

    assert [found.path for found in journal.unfinished(tmp_path)] == [each.path for each in opened]
    assert journal.unfinished(tmp_path / "nothing") == []


def test_an_intent_is_flushed_to_the_disk_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Journal(tmp_path, PLAN)
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
    opened = Journal(tmp_path, PLAN)
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
    opened = Journal(tmp_path, PLAN)
    opened._file = _Full(opened._file)  # type: ignore[assignment]

    with pytest.raises(SyncerError) as caught:
        opened.intent("Opportunities", "batch-modify", ["opportunity.a"])

    assert [(p.code, p.detail) for p in caught.value.problems] == [
        ("file-unreadable", f"The journal {opened.path} cannot be written: No space left on device.")
    ]
    opened.close(complete=False)


def test_a_flush_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal(tmp_path, PLAN)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("syncer.apply.journal.os.fsync", broken)
    with pytest.raises(SyncerError, match="Input/output error"):
        opened.intent("Opportunities", "batch-modify", ["opportunity.a"])
    opened.close(complete=True)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file where the folder should be")

    with pytest.raises(SyncerError, match="cannot be written"):
        Journal(tmp_path / "journal", PLAN)


def test_a_journal_that_cannot_be_read_stops_the_run(tmp_path: Path) -> None:
    """What it would tell could be an opportunity that is there already."""
    (tmp_path / "x.jsonl").mkdir()

    with pytest.raises(SyncerError, match=r"The journal .*x\.jsonl cannot be read: Is a directory"):
        journal.unfinished(tmp_path)


def test_plans_without_a_journal_are_swept_away(tmp_path: Path) -> None:
    """A crash between the two files must not leave deals lying about."""
    kept = Journal(tmp_path, PLAN)
    kept.close(complete=False)
    (tmp_path / "lost.plan.json").write_text("{}")
    (tmp_path / ".torn.plan.json.x7z").write_text("{")

    journal.sweep(tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted([kept.path, kept.plan])
