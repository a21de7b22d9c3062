"""What coverage follows: the code that a test is about, in its own process.

Whatever is followed takes twice as long. So the sandbox is followed in its own tests only, and not where it
serves all others; and a process that a test starts is followed where the test asks for it, see `measured`.
"""

import os
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

_CHILDREN: Final = "COVERAGE_PROCESS_CONFIG"
_SANDBOX: Final = "sandbox"  # what its thread is called
_OF_THE_SANDBOX: Final = Path(__file__).parent / "sandbox"


class _Measuring:
    """What is to be followed now."""

    children: str | None = None
    sandbox = False


def pytest_configure(config: pytest.Config) -> None:
    """Follow no process that a test starts, and no sandbox; a worker of xdist is a process of ours."""
    if config.getoption("dist", "no") != "no":
        return
    _Measuring.children = os.environ.pop(_CHILDREN, None)
    follow = threading.gettrace()
    if follow is None:
        return

    def begin(frame: FrameType, event: Any, arg: Any) -> Any:
        if threading.current_thread().name != _SANDBOX or _Measuring.sandbox:
            return follow(frame, event, arg)
        sys.settrace(None)
        return None

    threading.settrace(begin)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Follow the sandboxes that its own tests start."""
    _Measuring.sandbox = item.path.is_relative_to(_OF_THE_SANDBOX)


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow the processes that this test starts: they run lines that nothing in this process can."""
    if _Measuring.children is not None:
        monkeypatch.setenv(_CHILDREN, _Measuring.children)
