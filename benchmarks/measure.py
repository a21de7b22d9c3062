"""Run commands, count what they cost: whole processes, the operating system's own accounting."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Bytecode as any installed program has it: compiled once, by the warm-up at the latest.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Run:
    """One finished process: seconds of wall and processor time, peak memory in MB, exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


@dataclass
class Figures:
    """The runs of one command."""

    name: str
    runs: list[Run] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Median of the wall seconds."""
        return statistics.median(run.wall for run in self.runs)

    @property
    def memory(self) -> float:
        """Highest peak memory, MB."""
        return max(run.memory for run in self.runs)

    def ratio(self, other: "Figures") -> float:
        """Median of the ratios run by run: machines drift, pairs do not."""
        return statistics.median(a.wall / b.wall for a, b in zip(self.runs, other.runs, strict=False))

    def text(self) -> str:
        """Median with the span of the runs."""
        walls = [run.wall for run in self.runs]
        return f"{self.wall:.2f} s ({min(walls):.2f} to {max(walls):.2f})"


def run_once(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    ok: Sequence[int] = (0,),
) -> Run:
    """Run one command with its output thrown away."""
    start = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**ENVIRONMENT, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = code = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if code not in ok:
        sys.exit(f"{' '.join(command)} ended with {code}:\n{said.decode(errors='replace')[-3000:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, code)


def peak_together(command: Sequence[str], *, env: Mapping[str, str]) -> float:
    """Return the most memory in MB that a command and its helpers held at one moment, shared pages once.

    Looked at a hundred times a second, in a run of its own: looking costs time.
    """
    most = 0.0
    with subprocess.Popen(
        command, env={**ENVIRONMENT, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            most = max(most, sum(map(_share, [process.pid, *_children(process.pid)])))
            time.sleep(0.01)
    return most


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _share(pid: int) -> float:
    """Return the proportional share of memory of a process, MB; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(text.partition("\nPss:")[2].split()[0]) / 1024 if "\nPss:" in text else 0.0


def paired(runs: int, *commands: tuple[str, Callable[[], Run]]) -> list[Figures]:
    """Run several commands in turn, A B A B, after one warm-up of each."""
    figures = [Figures(name) for name, _ in commands]
    for _, start in commands:
        start()
    for _ in range(runs):
        for figure, (_, start) in zip(figures, commands, strict=True):
            figure.runs.append(start())
    return figures


def machine() -> str:
    """Say what this was measured on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.partition(":")[2].strip()
            for line in cpuinfo.read_text().splitlines()
            if "model name" in line
        ]
        model = names[0] if names else ""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.system()} {platform.machine()}, {model or 'unknown processor'}, "
        f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
    )


def tool(name: str) -> str | None:
    """Return the path of a program, beside our own interpreter or on the PATH."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)
