"""What the guard sees of a client at work, and what it says of one that does wrong."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import Ran, environment, writes
from tests.wire.check import Recorded, faults
from tests.wire.exempt import EXEMPT, REHEARSAL, left
from tests.wire.guard import Record, verdict


def test_every_request_of_a_command_is_recorded(
    sandbox: Any, syncer: Callable[..., Ran], project: Callable[..., Path], wire_record: Record
) -> None:
    """Method, path, media type and body, as they came over the wire."""
    wire_record.new()
    assert syncer("apply", "--auto-approve", cwd=project()).code == 0
    sent = wire_record.new()
    assert [f"{r.method} {r.target.partition('?')[0]}" for r in sent if r.method != "GET"] == writes(sandbox)
    assert len(sent) == sandbox.requests.count()
    assert {r.headers.get("content-type") for r in sent if r.body} == {"application/json"}
    assert verdict(sent) == ""


@contextmanager
def served(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run `syncer sandbox serve` as a process; give the variables it prints."""
    command = [sys.executable, "-m", "syncer.sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment(env), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        try:
            yield dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
        finally:
            process.terminate()


def test_a_sandbox_that_is_a_process_of_its_own_records_as_well(wire_record: Record) -> None:
    wire_record.new()
    with served({}) as env:
        where = f"{env['PIPELINER_URL']}/api/v100/rest/spaces/{env['PIPELINER_SPACE_ID']}/entities/Currencies"
        httpx.get(where, params={"page": "2"}, trust_env=False)
    (request,) = wire_record.new()
    assert faults(request) == ["no Basic credentials", "list has no parameter page"]


def test_without_the_variable_nothing_is_recorded(wire_record: Record) -> None:
    wire_record.new()
    with served({"SYNCER_SANDBOX_RECORD": ""}) as env:
        httpx.get(env["PIPELINER_URL"], trust_env=False)
    assert wire_record.new() == []


def test_the_verdict_names_each_kind_of_fault_once_with_a_request() -> None:
    base = "/api/v100/rest/spaces/us_A/entities"
    headers = {"authorization": "Basic dTpw"}
    sent = [Recorded("GET", f"{base}/Accounts?page={page}", headers) for page in (1, 2)]
    assert verdict([*sent, Recorded("GET", f"{base}/Accounts?first=9%39", headers)]) == (
        "list has no parameter page\n    GET /api/v100/rest/spaces/us_A/entities/Accounts?page=1"
    )


def test_only_what_a_row_describes_is_exempt() -> None:
    base = "/api/v100/rest/spaces/us_A/entities"
    request = Recorded("GET", f"{base}/Contact?page=1", {"authorization": "Basic dTpw"})
    found = [*faults(request), "list has no parameter page"]
    assert found == ["no entity is called Contact", "list has no parameter page"]
    assert left(request, found, ("no-such-kind",)) == found[1:]
    assert left(request, found, ("bad-account",)) == found
    elsewhere = Recorded("GET", request.target.replace("Contact", "Contract"), request.headers)
    assert left(elsewhere, found, ("no-such-kind",)) == found


def test_a_question_of_a_rehearsal_may_ask_that_and_nothing_else() -> None:
    """Which question it is stands in the User-Agent; every other request asks nothing of the kind."""
    base = "/api/v100/rest/spaces/us_A/entities"
    target = f"{base}/Opportunities?filter[name]=a&filter[name]=b&page=1"
    both = ["filter[name] has 2 values, one is documented", "list has no parameter page"]
    for agent, faulty in (
        ("syncer/1.0 rehearsal/several-values", both[1:]),
        ("syncer/1.0 rehearsal/client-id", both),
        ("syncer/1.0 rehearsal/read", both),
        ("syncer/1.0", both),
    ):
        request = Recorded("GET", target, {"authorization": "Basic dTpw", "user-agent": agent})
        assert faults(request) == both
        assert left(request, both, ()) == faulty


def test_a_row_that_is_not_there_exempts_nothing() -> None:
    request = Recorded("GET", "/", {})
    with pytest.raises(KeyError):
        left(request, ["x"], ("everything",))


def test_the_judge_knows_neither_client_nor_sandbox() -> None:
    """Else they could agree with each other on what is wrong."""
    program = (
        "import sys, tests.wire.check, tests.wire.exempt, tests.wire.guard;"
        "print(sorted(name for name in sys.modules if name.startswith('syncer')))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_every_question_of_a_rehearsal_is_named() -> None:
    """The rehearsal's own table of what it asks, and ours of what that may look like, have the same rows."""
    from syncer.rehearsal import steps

    assert REHEARSAL.keys() == steps.EXEMPT


def test_every_row_says_what_is_asked() -> None:
    assert all(row.point and row.fault for row in EXEMPT.values())
