"""What people install holds everything the commands read."""

import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    importlib.util.find_spec("hatchling") is None,
    reason="hatchling builds the wheel and is not installed here",
)
def test_the_wheel_holds_schemas_examples_templates_and_the_manual(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert built.returncode == 0, built.stderr

    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "syncer").rglob("*.py")}
    here |= {path.relative_to(ROOT).as_posix() for path in (ROOT / "syncer/render/templates").iterdir()}
    here |= {f"syncer/schemas/{path.name}" for path in (ROOT / "schemas").glob("*.schema.json")}
    here |= {
        f"syncer/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / "examples").rglob("*")
        if path.suffix in {".yaml", ".md"}
    }
    here |= {f"syncer/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "docs").rglob("*.md")}
    assert len(here) > 80
    assert here - names == set()
    assert not {name for name in names if "test" in name.lower() or name.endswith((".pyc", ".db"))}
