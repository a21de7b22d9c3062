"""Sales opportunities of a Pipeliner CRM space, declared in YAML."""

from typing import Final

try:
    from syncer._version import __version__ as _version
except ImportError:  # pragma: no cover - a checkout that was never installed
    _version = "0.0"

__version__: Final[str] = _version
