"""How this syncer was installed, and so how what it lacks is added."""

import json
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

DISTRIBUTION: Final = "syncer-crm"
_ROOT: Final = Path(__file__).parent.parent


def get(extra: str) -> str:
    """Return the command that adds *extra* to this very installation."""
    return _get(extra, Path(sys.prefix), _ROOT, _origin())


def hint(extra: str) -> str:
    """Return the same as something to do; the command has a line of its own, so that it is copied whole."""
    return f"install it with:\n{get(extra)}"


def _get(extra: str, prefix: Path, root: Path, origin: Mapping[str, Any]) -> str:
    if (root / "pyproject.toml").is_file():
        return f'"{sys.executable}" -m pip install -e "{root}[{extra}]"'
    wanted = f'"{DISTRIBUTION}[{extra}]{_from(origin)}"'
    if (prefix / "uv-receipt.toml").is_file():
        return f"uv tool install {wanted}"
    if "archive-v0" in prefix.parts or any(part.startswith("environments-v") for part in prefix.parts):
        return f"uvx --from {wanted} syncer"  # an environment of a single run
    if (prefix / "pipx_metadata.json").is_file():
        return f"pipx install --force {wanted}"
    if find_spec("pip") is None:  # as uv makes environments
        return f'uv pip install --python "{sys.executable}" {wanted}'
    return f'"{sys.executable}" -m pip install {wanted}'


def _origin() -> Mapping[str, Any]:
    """Return where it came from, if from no package index (PEP 610)."""
    from importlib import metadata  # noqa: PLC0415 (15 ms, and mostly nothing is missing)

    try:
        text = metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
        found: Mapping[str, Any] = json.loads(text) if text else {}
    except (metadata.PackageNotFoundError, OSError, ValueError):
        return {}
    return found


def _from(origin: Mapping[str, Any]) -> str:
    url, vcs = origin.get("url"), origin.get("vcs_info")
    if not url:
        return ""
    return f" @ {vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else f" @ {url}"
