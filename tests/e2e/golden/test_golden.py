"""What people, scripts and the service get is kept byte by byte, so that no change of the inside shows."""

import difflib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.golden.record import HERE, record
from tests.e2e.golden.worlds import WORLDS


@pytest.mark.parametrize("name", WORLDS)
def test_output_exit_codes_and_requests_are_as_they_were(name: str, tmp_path: Path) -> None:
    made = record(name, tmp_path)
    kept = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / name).iterdir())}

    assert sorted(made) == sorted(kept)
    changed = [line for file, text in kept.items() for line in _diff(f"{name}/{file}", text, made[file])]
    assert changed == [], "\n".join(changed[:60])


def _diff(file: str, kept: str, made: str) -> Iterator[str]:
    if kept != made:
        yield from difflib.unified_diff(
            kept.splitlines(), made.splitlines(), f"kept/{file}", f"made/{file}", n=1, lineterm=""
        )
