"""What was approved is what runs, or nothing."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncer.formats import plan_file
from syncer.model.plan import Memory, Plan
from syncer.model.problem import RefusedError, SyncerError
from tests.render.strategies import plans


def loaded(data: bytes) -> Plan:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_bytes(data)
        return plan_file.load(path)


SPACE = {"url": "https://x.example", "id": "us_X"}
NOW = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def plan() -> Plan:
    from syncer.model.plan import Origin, SpaceId

    return Plan(
        "0.1.0",
        "2027-01-31T12:00:00Z",
        "2027-02-01T12:00:00Z",
        SpaceId(SPACE["url"], SPACE["id"], "USD"),
        {"existing": "report", "guards": {"max_creates": 5}},
        Origin(None, "sha256:00"),
        (),
    )


@given(plans())
def test_any_plan_is_read_back_as_it_was(plan: Plan) -> None:
    assert plan_file.dump(loaded(plan_file.dump(plan).encode())) == plan_file.dump(plan)


@given(plan=plans(2), place=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
def test_any_byte_that_is_changed_is_noticed(plan: Plan, place: float, byte: int) -> None:
    data = bytearray(plan_file.dump(plan).encode())
    at = int(place * len(data))
    changed = data[at] != byte
    data[at] = byte

    if changed:
        with pytest.raises(SyncerError):
            loaded(bytes(data))
    else:
        assert plan_file.dump(loaded(bytes(data))) == plan_file.dump(plan)


def test_every_single_byte_is_sealed(plan: Plan) -> None:
    data = plan_file.dump(plan).encode()
    for at in range(len(data)):
        for other in (data[at] ^ 1, data[at] ^ 0x20):
            with pytest.raises(SyncerError):
                loaded(data[:at] + bytes([other]) + data[at + 1 :])
        with pytest.raises(SyncerError):
            loaded(data[:at] + data[at + 1 :])


@pytest.mark.parametrize("change", [b" ", b"\n", b"{}"])
def test_what_is_added_is_noticed(change: bytes, plan: Plan) -> None:
    data = plan_file.dump(plan).encode()

    for edited in (data + change, change + data):
        with pytest.raises(SyncerError):
            loaded(edited)


@given(plan=plans(), seed=st.integers())
def test_the_digest_ignores_order_and_time(plan: Plan, seed: int) -> None:
    def mixed(items: tuple[Any, ...]) -> tuple[Any, ...]:
        found = list(items)
        Random(seed).shuffle(found)
        return tuple(found)

    other = replace(
        plan,
        tool_version="9.9.9",
        created_at="2030-01-01T00:00:00Z",
        expires_at="2030-01-02T00:00:00Z",
        source=plan.source._replace(commit="other"),
        changes=mixed(plan.changes),
        references=mixed(plan.references),
        problems=mixed(plan.problems),
    )

    assert plan_file.document(other)["digest"] == plan_file.document(plan)["digest"]


@given(plans(2))
def test_the_same_plan_upon_another_state_is_another_plan(plan: Plan) -> None:
    """Lineage and serial count, so what is planned again after an apply is not taken for what was applied."""
    first = replace(plan, state=Memory("git", "l1", 1))
    others = [None, Memory("git", "l1", 2), Memory("git", "l2", 1)]

    digests = {plan_file.digest_of(replace(plan, state=state)) for state in (first.state, *others)}

    assert len(digests) == 4
    assert plan_file.digest_of(first) == plan_file.document(first)["digest"]


@given(one=plans(2), other=plans(2))
def test_the_digest_tells_plans_apart(one: Plan, other: Plan) -> None:
    same = plan_file.document(one)["digest"] == plan_file.document(other)["digest"]

    assert not same or sorted(c.address for c in one.changes) == sorted(c.address for c in other.changes)


def forged(plan: Plan, **changes: Any) -> bytes:
    """A file whose seal fits although its content was changed."""
    body = {**plan_file.document(plan), **changes}
    body["digest"] = plan_file.digest(body) if isinstance(body.get("changes"), list) else "x"
    from syncer.formats.plan_json import json_text

    unsealed = json_text(body).removesuffix("\n}")
    return f'{unsealed},\n  "seal": "{plan_file._sha256(unsealed)}"\n}}\n'.encode()


@pytest.mark.parametrize(
    "changes", [{"changes": 5}, {"space": None}, {"expires_at": "soon"}, {"references": [{"kind": 1}]}]
)
def test_a_forged_file_that_is_no_plan_is_refused(changes: dict[str, Any], plan: Plan) -> None:
    try:
        data = forged(plan, **changes)
    except (KeyError, TypeError):
        pytest.skip("not even a digest")
    with pytest.raises(RefusedError, match="is not as `syncer plan` wrote it"):
        loaded(data)


def test_a_digest_that_is_not_of_the_content_is_refused(plan: Plan) -> None:
    data = forged(plan).decode()
    digest = str(plan_file.document(plan)["digest"])
    head = data.rpartition(',\n  "seal"')[0].replace(digest, "sha256:" + "0" * 64)

    with pytest.raises(RefusedError, match="is not as `syncer plan` wrote it"):
        loaded(f'{head},\n  "seal": "{plan_file._sha256(head)}"\n}}\n'.encode())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[]", "it is no plan of syncer"),
        (b'{"format_version": "1.0"}', "it is no plan of syncer"),
    ],
)
def test_what_is_no_plan_is_told(data: bytes, why: str) -> None:
    with pytest.raises(SyncerError, match=why):
        loaded(data)


def test_another_major_is_refused(plan: Plan) -> None:
    with pytest.raises(RefusedError, match=r"is of the format 2\.0; this syncer reads 1\.x"):
        loaded(plan_file.dump(plan).replace('"format_version": "1.1"', '"format_version": "2.0"').encode())


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SyncerError, match="No such file"):
        plan_file.load(tmp_path / "plan.json")


def test_a_saved_plan_is_whole_and_private(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("old")

    plan_file.save(plan, path)

    assert plan_file.dump(plan_file.load(path)) == plan_file.dump(plan)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["plan.json"]
    assert json.loads(path.read_text())["digest"] == plan_file.document(plan)["digest"]


def test_a_file_that_cannot_be_written_is_told(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(SyncerError, match=r"nowhere/plan\.json cannot be written: No such file"):
        plan_file.save(plan, tmp_path / "nowhere" / "plan.json")


def test_a_failed_write_leaves_nothing_behind(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(SyncerError, match="No space left on device"):
        plan_file.save(plan, tmp_path / "plan.json")
    assert list(tmp_path.iterdir()) == []


def test_a_plan_for_here_and_now_passes(plan: Plan) -> None:
    plan_file.check(plan, Path("p.json"), space=SPACE, policy=plan.policy, now=NOW + timedelta(hours=24))


def test_everything_that_differs_is_named(plan: Plan) -> None:
    with pytest.raises(RefusedError) as refused:
        plan_file.check(
            plan,
            Path("p.json"),
            space={"url": "https://y.example", "id": "us_Y"},
            policy={"existing": "update", "guards": {"max_creates": None}, "new": 1},
            now=NOW + timedelta(hours=24, seconds=1),
        )

    assert [(problem.code, problem.detail) for problem in refused.value.problems] == [
        ("plan-expired", "p.json was made 2027-01-31T12:00:00Z and was good until 2027-02-01T12:00:00Z."),
        ("plan-other-space", "p.json is for the service https://x.example; this is https://y.example."),
        ("plan-other-space", "p.json is for the space us_X; this is us_Y."),
        ("plan-other-policy", 'p.json was made under existing: "report"; syncer.yaml now says "update".'),
        (
            "plan-other-policy",
            "p.json was made under guards.max_creates: 5; syncer.yaml now says nothing.",
        ),
        ("plan-other-policy", "p.json was made under new: nothing; syncer.yaml now says 1."),
    ]
