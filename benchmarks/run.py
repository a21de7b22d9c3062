"""Measure everything the project promises, side by side in one run, and write RESULTS.md.

python -m benchmarks.run [--runs 5] [--quick] [--only NAME ...]
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks import generate
from benchmarks.measure import Figures, Run, machine, paired, peak_together, run_once, tool
from syncer import __version__
from syncer.sandbox.server import Sandbox, Spawned

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
SYNCER = tool("syncer") or "syncer"
NAIVE = 500  # opportunities of the naive loop, scaled to what apply did


class Bench:
    """Shared folders, worlds and results of one run."""

    def __init__(self, folder: Path, runs: int, *, quick: bool) -> None:
        self.folder = folder
        self.runs = runs
        self.quick = quick
        self.rows: list[tuple[str, str, str, bool | None]] = []
        self.notes: list[str] = []

    def row(self, work: str, limit: str, measured: str, met: bool | None) -> None:
        self.rows.append((work, limit, measured, met))
        mark = "  " if met is None else "ok" if met else "NO"
        print(f"{mark} {work}: {measured} (limit: {limit})", flush=True)

    def project(self, count: int) -> Path:
        folder = self.folder / f"project-{count}"
        if not folder.exists():
            generate.project(folder, count)
        return folder

    def world(self, count: int, *, filled: bool = False) -> Path:
        """Return a database with the accounts for *count* opportunities, and with those when *filled*."""
        path = self.folder / f"world-{count}{'-filled' if filled else ''}.db"
        if not path.exists():
            if filled:
                shutil.copy(self.world(count), path)
                with self.serve(path) as sandbox:
                    self.syncer(sandbox, count, "apply", "--auto-approve", "--no-quiet-wait")()
            else:
                accounts = str(generate.bulk_accounts(count))
                run_once(
                    [SYNCER, "sandbox", "seed", "--db", str(path), "--seed", "demo", "--accounts", accounts]
                )
        return path

    @contextmanager
    def serve(self, path: Path, *options: str) -> Iterator[Spawned]:
        with Sandbox.spawn(path, options=options) as sandbox:
            yield sandbox

    def syncer(self, sandbox: Spawned, count: int, *arguments: str, **env: str) -> Callable[[], Run]:
        command = self.command(count, *arguments)
        whole = {**sandbox.env(), **env}
        return lambda: run_once(command, env=whole)

    def command(self, count: int, *arguments: str) -> list[str]:
        return [SYNCER, "-q", "-C", str(self.project(count)), *arguments]

    def memory(self, work: str, sandbox: Spawned, count: int, *arguments: str, largest: float) -> None:
        """Add the row for the memory of a command: all its processes together at their worst moment."""
        together = peak_together(self.command(count, *arguments), env=sandbox.env())
        self.row(
            work,
            "≤ 200 MB",
            f"{together:.0f} MB in all its processes together, {largest:.0f} MB in the largest",
            max(together, largest) <= 200,
        )


def writes(sandbox: Spawned) -> int:
    return sum(request.method != "GET" for request in sandbox.requests)


def reads(sandbox: Spawned) -> dict[str, int]:
    found: dict[str, int] = {}
    for request in sandbox.requests:
        if request.method == "GET":
            entity = request.path.rsplit("/", 1)[-1]
            found[entity] = found.get(entity, 0) + 1
    return found


def total(sandbox: Spawned, entity: str) -> int:
    """Ask how many records of *entity* a plan has to look through."""
    params = {"first": "1", "load-only": "id"}
    if entity == "Fields":
        params["filter[entity_name]"] = "Opportunity"
    url, auth = f"{sandbox.api_url}/{entity}", (sandbox.username, sandbox.password)
    return int(httpx.get(url, params=params, auth=auth).json()["total"])


# --- the others ---


def octodns(bench: Bench, count: int) -> Callable[[], Run] | None:
    sync = tool("octodns-sync")
    if sync is None:
        bench.notes.append("octodns is not installed (pip install octodns), so its rows were skipped.")
        return None
    folder = bench.folder / f"octodns-{count}"
    if not folder.exists():
        (folder / "config").mkdir(parents=True)
        (folder / "out").mkdir()
        provider = "class: octodns.provider.yaml.YamlProvider, default_ttl: 3600, enforce_order: false"
        (folder / "config.yaml").write_text(
            f"providers:\n  config: {{{provider}, directory: ./config}}\n"
            f"  target: {{{provider}, directory: ./out}}\n"
            "zones:\n  bench.test.: {sources: [config], targets: [target]}\n"
        )
        records = "".join(
            f"r{i:06d}:\n  type: A\n  ttl: {300 + i % 100}\n"
            f"  value: 10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n"
            for i in range(count)
        )
        (folder / "config" / "bench.test.yaml").write_text("---\n" + records)
    return lambda: run_once([sync, "--config-file", "config.yaml", "--force"], cwd=folder)


def terraform(bench: Bench, count: int) -> Path | None:
    binary = tool("terraform")
    if binary is None:
        bench.notes.append("terraform is not installed, so its rows were skipped.")
        return None
    folder = bench.folder / f"terraform-{count}"
    if not folder.exists():
        folder.mkdir()
        (folder / "main.tf").write_text(
            "".join(
                f'resource "terraform_data" "r{i:06d}" {{\n  input = {{ name = "Deal {i}", '
                f'owner = "dana@example.com", value = {1000 + i} }}\n}}\n'
                for i in range(count)
            )
        )
        run_once([binary, "init", "-input=false"], cwd=folder)
    return folder


# --- the rows ---


def plan_empty(bench: Bench) -> None:
    count = 10_000
    with bench.serve(bench.world(count)) as sandbox:
        # What is there is as declared, so this remembers it and writes nothing: the plans have a ledger.
        bench.syncer(sandbox, count, *_APPLY)()
        ours = ("syncer plan", bench.syncer(sandbox, count, "plan"))
        other = octodns(bench, count)
        figures = paired(bench.runs, ours, *([("octodns-sync", other)] if other else []))
        text = "; ".join(f"{figure.name} {figure.text()}" for figure in figures)
        if other:
            ratio = figures[0].ratio(figures[1])
            bench.row(
                "plan, 10,000 declared, empty space, against octodns",
                "≤ 0.5",
                f"{ratio:.2f}; {text}",
                ratio <= 0.5,
            )
        bench.memory("memory of that plan", sandbox, count, "plan", largest=figures[0].memory)
        folder = terraform(bench, count)
        if folder:
            command = [tool("terraform") or "", "plan", "-input=false", "-no-color"]
            times = 1 if bench.quick else bench.runs
            pair = paired(times, ours, ("terraform plan", lambda: run_once(command, cwd=folder)))
            ratio = pair[0].ratio(pair[1])
            bench.row(
                "the same against terraform plan of 10,000 terraform_data",
                "≤ 0.1",
                f"{ratio:.3f}; terraform {pair[1].text()}, {pair[1].memory:.0f} MB, {times} runs",
                ratio <= 0.1,
            )
            if not bench.quick:
                terraform_apply(bench)


def terraform_apply(bench: Bench) -> None:
    count = 1_000
    folder = terraform(bench, count)
    if folder is None:
        return
    command = [tool("terraform") or "", "apply", "-input=false", "-no-color", "-auto-approve"]
    done = run_once(command, cwd=folder)
    bench.row(
        "for comparison: terraform apply of 1,000 terraform_data",
        "none",
        f"{done.wall:.1f} s, {done.memory:.0f} MB",
        None,
    )


def plan_noop(bench: Bench) -> None:
    count = 10_000
    with bench.serve(bench.world(count, filled=True)) as sandbox:
        ours = ("syncer plan", bench.syncer(sandbox, count, "plan"))
        other = octodns(bench, count)
        figures = paired(bench.runs, ours, *([("octodns-sync", other)] if other else []))
        if other:
            ratio = figures[0].ratio(figures[1])
            text = "; ".join(f"{figure.name} {figure.text()}" for figure in figures)
            bench.row(
                "plan, 10,000 declared and existing (no-op), with a ledger, against octodns",
                "≤ 1.0",
                f"{ratio:.2f}; {text}",
                ratio <= 1,
            )
        bench.memory("memory of that plan", sandbox, count, "plan", largest=figures[0].memory)
        before = reads(sandbox)
        bench.syncer(sandbox, count, "plan")()
        after = reads(sandbox)
        made = {entity: after[entity] - before.get(entity, 0) for entity in after}
        worst, least = "", 0.0
        for entity, asked in made.items():
            pages = max(math.ceil(total(sandbox, entity) / 100), 1)
            if asked / pages > least:
                worst, least = f"{entity}: {asked} requests for {pages} pages", asked / pages
        bench.row(
            "requests of that plan, worst kind",
            "≤ 1.05 × pages or probes",
            f"{least:.2f}; {worst}",
            least <= 1.05,
        )


def latency(bench: Bench) -> None:
    count = 10_000
    pages = math.ceil((count + 3) / 100)
    with bench.serve(bench.world(count, filled=True), "--latency", "0.08") as sandbox:
        (figure,) = paired(bench.runs, ("syncer plan", bench.syncer(sandbox, count, "plan")))
    ratio = figure.wall / (pages * 0.08)
    bench.row(
        "plan, 10,000 existing, 80 ms latency",
        "≤ 0.25 × pages × 80 ms",
        f"{ratio:.2f}; {figure.text()}",
        ratio <= 0.25,
    )


def few_of_many(bench: Bench) -> None:
    declared, there = 100, 100_000
    path = bench.folder / f"space-{there}.db"
    if not path.exists():
        run_once([SYNCER, "sandbox", "seed", "--db", str(path), "--seed", str(there)])
    with bench.serve(path) as sandbox:
        (figure,) = paired(bench.runs, ("syncer plan", bench.syncer(sandbox, declared, "plan")))
        before = reads(sandbox)
        bench.syncer(sandbox, declared, "plan")()
        made = {entity: number - before.get(entity, 0) for entity, number in reads(sandbox).items()}
    bench.row(
        f"plan, {declared} declared in a space of {there:,}",
        "≤ 1.5 s",
        f"{figure.text()}, {sum(made.values())} requests",
        figure.wall <= 1.5,
    )


# What is measured is work: the wait for a quiet past, which a unique key field makes needless, is none.
_APPLY = ("apply", "--auto-approve", "--no-quiet-wait")


def apply(bench: Bench) -> None:
    count = 10_000
    figure, loop = Figures("syncer apply"), Figures("naive loop")
    made = 0
    for _ in range(1 if bench.quick else bench.runs):
        path = bench.folder / "apply.db"
        shutil.copy(bench.world(count), path)
        with bench.serve(path) as sandbox:
            figure.runs.append(bench.syncer(sandbox, count, *_APPLY)())
            made = writes(sandbox)
        path.unlink()
        shutil.copy(bench.world(count), path)
        with bench.serve(path) as sandbox:
            command = [sys.executable, str(HERE / "naive.py"), str(bench.project(count)), sandbox.url]
            command += [sandbox.space_id, sandbox.username, sandbox.password, str(NAIVE)]
            run = run_once(command)
            loop.runs.append(Run(run.wall * count / NAIVE, run.cpu, run.memory, run.code))
        path.unlink()
    shutil.copy(bench.world(count), path)
    with bench.serve(path) as sandbox:
        bench.memory("memory of that apply", sandbox, count, *_APPLY, largest=figure.memory)
    path.unlink()
    bench.row("apply, 10,000 creates: write requests", "≤ 101", str(made), made <= 101)
    ratio = figure.ratio(loop)
    bench.row(
        "apply, 10,000 creates, against the tutorial's loop",
        "≤ 0.05",
        f"{ratio:.3f}; {figure.text()} against {loop.wall:.0f} s (scaled from {NAIVE} opportunities)",
        ratio <= 0.05,
    )


def whole(bench: Bench) -> None:
    counts = (1_000, 2_000, 5_000)
    folder, path = bench.folder / "whole", bench.folder / "whole.db"
    generate.whole(folder, *counts)
    figure, made = Figures("syncer apply"), 0
    for _ in range(1 if bench.quick else bench.runs):
        shutil.copy(bench.world(0), path)
        with bench.serve(path) as sandbox:
            command = [SYNCER, "-q", "-C", str(folder), *_APPLY]
            figure.runs.append(run_once(command, env=sandbox.env()))
            made = writes(sandbox)
        path.unlink()
        shutil.rmtree(folder / ".syncer", ignore_errors=True)
    # A hundred a request, a hundredth more, and the first one of each kind alone.
    most = sum(counts) // 100 * 101 // 100 + len(counts)
    work = "apply, 1,000 accounts, 2,000 contacts and 5,000 deals that need them"
    bench.row(f"{work}: write requests", f"≤ {most}", str(made), made <= most)
    bench.row(work, "none", figure.text(), None)


def state(bench: Bench) -> None:
    """Measure what a state on a branch adds to an apply, and the memory of a plan with its ledger."""
    count = 1_000 if bench.quick else 10_000
    clone = _clone(bench, count)
    settings = clone / "syncer.yaml"
    plain = settings.read_text()
    path, figures = bench.folder / "state.db", (Figures("state: local"), Figures("state: git"))
    for _ in range(1 if bench.quick else bench.runs):
        for figure, kind in zip(figures, ("local", "git"), strict=True):
            settings.write_text(f"{plain}state: {kind}\n")
            shutil.copy(bench.world(count), path)
            shutil.rmtree(clone / ".syncer", ignore_errors=True)
            # Another space for each apply, so that each begins without a state.
            _git(clone, "push", "--quiet", "origin", "--delete", *_branches(clone), check=False)
            with bench.serve(path) as sandbox:
                command = [SYNCER, "-q", "-C", str(clone), *_APPLY]
                figure.runs.append(run_once(command, env=sandbox.env()))
                if kind == "git":
                    plan = [SYNCER, "-q", "-C", str(clone), "plan"]
                    planned = run_once(plan, env=sandbox.env())
                    together = peak_together(plan, env=sandbox.env())
            path.unlink()
    local, git = figures
    added = git.wall - local.wall
    bench.row(
        f"apply of {count:,}: lock, ledger and release by git over a local remote",
        "≤ 1 s more than a folder",
        f"{added:+.2f} s; {git.text()} against {local.text()}",
        added <= 1,
    )
    bench.row(
        f"no-op plan of {count:,} with a ledger on a branch, memory",
        "≤ 200 MB",
        f"{together:.0f} MB in all its processes together, {planned.wall:.1f} s",
        together <= 200,
    )


def _clone(bench: Bench, count: int) -> Path:
    """Return a clone, with a remote beside it, that holds the project of *count* opportunities."""
    remote, clone = bench.folder / "remote.git", bench.folder / "clone"
    _git(bench.folder, "init", "--quiet", "--bare", str(remote))
    shutil.copytree(bench.project(count), clone)
    _git(clone, "init", "--quiet")
    _git(clone, "remote", "add", "origin", str(remote))
    return clone


def _branches(clone: Path) -> list[str]:
    listed = _git(clone, "ls-remote", "--heads", "origin")
    return [line.partition("\t")[2] for line in listed.splitlines()]


def _git(folder: Path, *arguments: str, check: bool = True) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=check)
    return done.stdout


def growth(bench: Bench) -> None:
    small, large = 10_000, 100_000
    figures = []
    for count in (1_000, small, large):
        with bench.serve(bench.world(count)) as sandbox:
            runs = 1 if bench.quick else bench.runs
            figures += paired(runs, (f"{count:,}", bench.syncer(sandbox, count, "plan")))
    _, ten, hundred = figures
    time, memory = hundred.wall / ten.wall, hundred.memory / ten.memory
    text = ", ".join(f"{figure.name}: {figure.wall:.1f} s {figure.memory:.0f} MB" for figure in figures)
    bench.row("100,000 against 10,000 declared, time", "≤ 11 ×", f"{time:.1f} ×; {text}", time <= 11)
    bench.row("100,000 against 10,000 declared, memory", "≤ 11 ×", f"{memory:.1f} ×", memory <= 11)


def start(bench: Bench) -> None:
    project = HERE.parent / "examples" / "tutorial"
    figures = paired(
        bench.runs * 2,
        ("syncer --version", lambda: run_once([SYNCER, "--version"])),
        ("syncer validate", lambda: run_once([SYNCER, "-C", str(project), "validate"])),
        ("python -c pass", lambda: run_once([sys.executable, "-c", "pass"])),
    )
    for figure, limit in zip(figures, (80, 150, None), strict=True):
        if limit:
            bench.row(
                f"{figure.name}, one file" if limit == 150 else figure.name,
                f"≤ {limit} ms",
                f"{figure.wall * 1000:.0f} ms",
                figure.wall * 1000 <= limit,
            )
        else:
            bench.row(f"for comparison: {figure.name}", "none", f"{figure.wall * 1000:.0f} ms", None)


PARTS: dict[str, Callable[[Bench], None]] = {
    "start": start,
    "plan": plan_empty,
    "no-op": plan_noop,
    "latency": latency,
    "few of many": few_of_many,
    "apply": apply,
    "whole deals": whole,
    "state": state,
    "growth": growth,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--quick", action="store_true", help="fewer runs of what takes minutes")
    options.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    options.add_argument("--json", type=Path, help="write the rows there, too")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), chosen.runs, quick=chosen.quick)
        for name in chosen.only:
            PARTS[name](bench)
    if set(chosen.only) == set(PARTS):
        RESULTS.write_text(report(bench, chosen.runs))
    if chosen.json:
        chosen.json.write_text(json.dumps(bench.rows, indent=1))


def report(bench: Bench, runs: int) -> str:
    lines = [
        "# Results",
        "",
        f"Written by `make bench`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC. syncer {__version__}{versions()}.",
        f"Machine: {machine()}. The sandbox ran on the same machine.",
        f"Medians of {runs} runs after a warm-up unless a row says otherwise.",
        "Ratios are medians of pairs run in turn.",
        "",
        "| work | limit | measured | met |",
        "|---|---|---|---|",
    ]
    for work, limit, measured, met in bench.rows:
        mark = "" if met is None else "yes" if met else "**no**"
        lines.append(f"| {work} | {limit} | {measured} | {mark} |")
    lines += ["", *[f"- {note}" for note in bench.notes]]
    notes = HERE / "NOTES.md"
    if notes.exists():
        lines += ["", notes.read_text().rstrip()]
    return "\n".join(lines).rstrip() + "\n"


def versions() -> str:
    """Name the others' versions."""
    found = []
    for name, argument, word in (("octodns-sync", "--version", -1), ("terraform", "version", 1)):
        path = tool(name)
        if path:
            said = subprocess.run([path, argument], capture_output=True, text=True, check=False)
            found.append(f"{name} {(said.stdout or said.stderr).split()[word]}")
    return "".join(f", {name}" for name in found)


if __name__ == "__main__":
    main()
