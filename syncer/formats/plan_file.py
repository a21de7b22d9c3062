"""Plan ↔ JSON file: saved so that what was approved is what runs, or nothing.

Two digests guard it. `digest` covers what the plan means, and which state it was made upon: it ignores the
order of the file and the time of making, so that two plans of the same world are equal, and once one of them
was applied, whatever is planned is another one. `seal` covers every byte: an edited file is noticed wherever
it was edited.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from syncer.files import one as outfile
from syncer.formats.plan_json import pieces, plan_from_json, plan_to_json, plan_to_lines
from syncer.model.plan import Plan
from syncer.model.problem import Problem, RefusedError, SyncerError

FORMAT_MAJOR: Final = 1
LIFETIME_HOURS: Final = 24
# How a plan file ends; the seal covers every byte before it.
_SEAL: Final = ',\n  "seal": "'
_SEALED: Final = '"\n}\n'
_TIMES: Final = ("created_at", "expires_at", "tool_version", "digest", "seal")


def document(plan: Plan) -> dict[str, Any]:
    """Return the JSON object of *plan* with its digest; see schemas/plan.schema.json."""
    body = plan_to_json(plan)
    return body | {"digest": digest(body)}


def digest_of(plan: Plan) -> str:
    """Return the digest that the document of *plan* has."""
    return digest(plan_to_lines(plan))


def digest(body: Mapping[str, Any]) -> str:
    """Return `sha256:<hex>` of what a plan document means."""
    meaning = _Meaning(body)
    for _ in pieces(body, meaning.note):
        pass
    return meaning.digest()


class _Meaning:
    """What a plan means, taken in line by line in any order; no line is kept."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._lines: dict[str, list[bytes]] = {}
        # Which commit the same manifests come from says nothing about what will be done.
        self._source = json.dumps({key: value for key, value in body["source"].items() if key != "commit"})

    def note(self, key: str, line: str) -> None:
        if key not in _TIMES:
            text = self._source if key == "source" else line
            self._lines.setdefault(key, []).append(hashlib.sha256(text.encode()).digest())

    def digest(self) -> str:
        running = hashlib.sha256()
        for key, lines in sorted(self._lines.items()):
            running.update(key.encode() + b"\n")
            running.update(b"".join(sorted(lines)))
        return f"sha256:{running.hexdigest()}"


def dump(plan: Plan) -> str:
    """Return the text of the plan file."""
    return "".join(chunks(plan))


def chunks(plan: Plan) -> Iterator[str]:
    """Yield the text of the plan file piece by piece: of 10,000 changes it has thirty megabytes."""
    body = plan_to_lines(plan)
    meaning = _Meaning(body)
    running = hashlib.sha256()
    for piece in pieces(body, meaning.note):
        running.update(piece.encode())
        yield piece
    digest_line = f',\n  "digest": "{meaning.digest()}"'
    running.update(digest_line.encode())
    yield digest_line
    yield f"{_SEAL}sha256:{running.hexdigest()}{_SEALED}"


def save(plan: Plan, path: Path) -> None:
    """Write the plan file, whole and readable by its owner only.

    Raises:
        SyncerError: The file cannot be written.
    """
    outfile.write(path, chunks(plan))


class Saved(NamedTuple):
    """A plan as it was saved, and its digest."""

    plan: Plan
    digest: str


def load(path: Path) -> Plan:
    """Return the plan in *path*, when nobody changed it.

    Raises:
        SyncerError: As of `read`.
    """
    return read(path).plan


def read(path: Path) -> Saved:
    """Return the plan in *path* with its digest, when nobody changed it.

    Raises:
        SyncerError: The file cannot be read, or is no plan at all.
        RefusedError: It was edited, or is of another major version.
    """
    try:
        text = path.read_bytes().decode("utf-8")
        body = json.loads(text)
    except OSError as error:
        raise _unreadable(path, f"{error.strerror or error}") from None
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise _unreadable(path, "it is not JSON") from None
    if not isinstance(body, dict) or "format_version" not in body or "changes" not in body:
        raise _unreadable(path, "it is no plan of syncer")
    major = str(body["format_version"]).partition(".")[0]
    if major != str(FORMAT_MAJOR):
        raise RefusedError(
            Problem(
                "plan-version",
                f"{path} is of the format {body['format_version']}; this syncer reads {FORMAT_MAJOR}.x.",
                hint="make the plan again with the syncer that applies it",
            )
        )
    unsealed, _, seal = text.rpartition(_SEAL)
    try:
        intact = seal == _sha256(unsealed) + _SEALED and body.get("digest") == digest(body)
        plan = plan_from_json(body)
        datetime.fromisoformat(plan.expires_at).astimezone(UTC)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        intact, plan = False, None
    if not intact or plan is None:
        raise RefusedError(
            Problem(
                "plan-edited",
                f"{path} is not as `syncer plan` wrote it.",
                hint="make the plan again; to change what it does, change the manifests",
            )
        )
    return Saved(plan, body["digest"])


def check(
    plan: Plan, path: Path, *, space: Mapping[str, str], policy: Mapping[str, Any], now: datetime
) -> None:
    """Raise unless *plan* may be applied here and now; name every item that differs.

    Args:
        plan: As loaded.
        path: Where from, for the message.
        space: `{"url", "id"}` of the connection.
        policy: Policy in force, as `syncer.project.load.policy_json` gives it.
        now: The present, with a time zone.

    Raises:
        RefusedError: Expired, for another space or under another policy.
    """
    problems = []
    if now.astimezone(UTC) > datetime.fromisoformat(plan.expires_at).astimezone(UTC):
        problems.append(
            Problem(
                "plan-expired",
                f"{path} was made {plan.created_at} and was good until {plan.expires_at}.",
                hint="make the plan again, and review it again",
            )
        )
    problems += [
        Problem(
            "plan-other-space",
            f"{path} is for the {words} {mine}; this is {theirs}.",
            hint="choose the space with --space, or make the plan again for this one",
        )
        for words, mine, theirs in (
            ("service", plan.space.url, space["url"]),
            ("space", plan.space.id, space["id"]),
        )
        if mine != theirs
    ]
    problems += [
        Problem(
            "plan-other-policy",
            f"{path} was made under {name}: {_short(was)}; syncer.yaml now says {_short(now_is)}.",
            hint="make the plan again under the policy of today, and review it again",
        )
        for name, was, now_is in _differences(plan.policy, policy)
    ]
    if problems:
        raise RefusedError(problems)


def _differences(
    was: Mapping[str, Any], now: Mapping[str, Any], prefix: str = ""
) -> list[tuple[str, Any, Any]]:
    found = []
    for key in dict.fromkeys([*was, *now]):
        one, other = was.get(key), now.get(key)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found += _differences(one, other, f"{prefix}{key}.")
        elif one != other:
            found.append((f"{prefix}{key}", one, other))
    return found


def _short(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value)


def _unreadable(path: Path, why: str) -> SyncerError:
    return SyncerError(
        Problem("plan-unreadable", f"{path} cannot be used: {why}.", hint="make one with `syncer plan --out`")
    )


def _sha256(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
