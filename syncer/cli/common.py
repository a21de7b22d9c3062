"""What every command shares: the global options, the streams, how errors are told."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from syncer.cli.streams import LAST_LINE
from syncer.model.codes import ExitCode
from syncer.model.job import in_ci
from syncer.model.problem import SyncerError
from syncer.model.signs import Phase

if TYPE_CHECKING:
    from syncer.cli.live import Live
    from syncer.manifest import Manifests
    from syncer.model.notice import Notice
    from syncer.project.connection import Connection
    from syncer.project.load import Project
    from syncer.remote.client import Api
    from syncer.render.look import Look
    from syncer.state.store import Store
    from syncer.verbs.session import Session


@dataclass(slots=True)
class Globals:
    """The global options.

    Attributes:
        space: `--space`.
        color: What `--color` says; None leaves it to the stream and the environment.
        verbose: `-v`.
        quiet: `-q`.
        events: The command promised JSON lines on stdout, so its errors go there too.
    """

    space: str | None = None
    color: bool | None = None
    verbose: bool = False
    quiet: bool = False
    events: bool = field(default=False, init=False)
    _live: "Live | None" = field(default=None, init=False)

    @property
    def live(self) -> "Live":
        """What shows that something goes on."""
        if self._live is None:
            from syncer.cli.live import Live  # noqa: PLC0415 (light commands show nothing)

            self._live = Live(self)
        return self._live

    def close(self) -> None:
        """Show nothing any more."""
        if self._live is not None:
            self._live.close()

    def look(self, stream: TextIO | None) -> "Look":
        """Return how text for *stream* is laid out: colours only for a terminal that wants them."""
        from syncer.render.look import Look  # noqa: PLC0415 (`--version` shows nothing)

        if stream is None:
            return Look()
        terminal = stream.isatty()
        width = _columns(stream)
        color = _wants_color(os.environ, terminal=terminal) if self.color is None else self.color
        return Look(width=width, color=color, encoding=stream.encoding or "utf-8")

    def project(self) -> "Project":
        """Return the project; ProjectError when there is none."""
        from syncer.project import load as project  # noqa: PLC0415 (tests replace the environment)

        return project.load()

    def manifests(
        self, project: "Project", paths: Sequence[Path], *, planning: bool = False, only: Path | None = None
    ) -> "Manifests":
        """Return what the manifests declare; ManifestError with everything that is wrong.

        Args:
            project: Whose manifests.
            paths: Files and folders to read instead.
            planning: A plan comes next, so the rest of the project's manifests is read as well.
            only: A file of entries that count in the place of those that have their keys.
        """
        from syncer import manifest  # noqa: PLC0415 (not every command reads them)

        with self.live.during(Phase("Reading manifests")):
            return manifest.read(project, paths, with_rest=planning, only=only)

    def tell_state(self, project: "Project") -> None:
        """Say in one line when nobody remembers what is done."""
        if doubt := project.state.doubt(os.environ):
            self.say(doubt)

    def say_reading(self, project: "Project", session: "Session", manifests: "Manifests") -> None:
        """Say what is read now, and when nobody remembers what is done."""
        from syncer.kinds.count import counted  # noqa: PLC0415 (only then)

        self.tell_state(project)
        records = counted(entry.address for entry in manifests.declared)
        self.say(f"Reading space {session.connection.space_id} for {records}.")

    def store(self) -> "Store":
        """Open what is remembered of the chosen space; that needs no credentials."""
        from syncer.project.connection import place  # noqa: PLC0415 (only then)
        from syncer.state.open import open_store  # noqa: PLC0415 (only then)

        project = self.project()
        space = place(project, self.space, os.environ)
        if space.note:
            self.say(space.note)
        return open_store(project.state, project.root, space.url, space.space_id)

    @contextmanager
    def session(
        self,
        project: "Project",
        place: "Connection | None" = None,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
    ) -> "Iterator[Session]":
        """Open a session on the chosen space; tell of its requests with `-v`.

        Args:
            project: Where the space is configured.
            place: Where the space is, when that is known already.
            parallelism: Requests at once, at least the usual number.
            timeout: Seconds to wait for an answer; None leaves it to the client.
        """
        from syncer.project.connection import connection  # noqa: PLC0415 (light commands need no network)
        from syncer.verbs.session import open_session  # noqa: PLC0415

        place = place or connection(project, self.space, os.environ)
        if place.note:
            self.say(place.note)
        with open_session(
            project, place, parallelism=parallelism, timeout=timeout, signs=self.live
        ) as session:
            try:
                yield session
            finally:
                if self.verbose:
                    session.api.settle_ahead()
                    self.say(requests_text(session.api))

    @contextmanager
    def planning(
        self, project: "Project", paths: Sequence[Path], *, timeout: float | None = None
    ) -> "Iterator[tuple[Session, Manifests]]":
        """Open a session and read the manifests, at once; what is wrong with these is reported first.

        Args:
            project: Where the space is configured, and whose manifests.
            paths: Files and folders to read instead.
            timeout: Seconds to wait for an answer; None leaves it to the client.
        """
        from syncer.project.connection import connection  # noqa: PLC0415 (light commands need no network)
        from syncer.verbs.plan import begin  # noqa: PLC0415 (as above)

        try:
            place = connection(project, self.space, os.environ)
        except SyncerError:
            self.manifests(project, paths, planning=True)
            raise
        with self.session(project, place, timeout=timeout) as session:
            begin(session)
            yield session, self.manifests(project, paths, planning=True)

    @contextmanager
    def reading(self) -> "Iterator[None]":
        """End at once at a Ctrl-C: requests that only read may be dropped, nobody waits for them."""

        def stop(_number: int, _frame: Any) -> None:
            # Past the stream, which may be in the middle of a line of ours.
            with suppress(OSError):
                os.write(2, b"\n" * os.isatty(2) + b"Interrupted.\n")
            os._exit(ExitCode.INTERRUPTED)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def notify(self, project: "Project", notices: "Callable[[], Sequence[Notice]]") -> None:
        """Tell those whom syncer.yaml names; whom that does not reach is a warning, and nothing else.

        Args:
            project: Where they are named.
            notices: What there is to be heard of, made only when somebody is to hear it.
        """
        if not project.notify:
            return
        from syncer.render.problems import problems_text  # noqa: PLC0415 (only then)
        from syncer.verbs.notify import notify  # noqa: PLC0415 (as above)

        if problems := notify(project.notify, notices(), os.environ):
            self.show(problems_text(problems, self.look(sys.stderr)))

    def say(self, text: str) -> None:
        """Write lines for people to stderr, unless `-q`; no terminal or CI runner acts on them.

        A terminal gets them broken between words; a log keeps each as one line, which can be searched for.
        """
        from syncer.render.escape import inert_log, terminal_lines  # noqa: PLC0415 (only then)

        if self.quiet:
            return
        shown = inert_log(terminal_lines(text))
        if attended(sys.stderr):
            look = self.look(sys.stderr)
            shown = "\n".join(part for line in shown.split("\n") for part in look.wrap(line))
        to_stderr(shown)

    def show(self, rendered: str) -> None:
        """Write what a renderer made, colours included, to stderr, unless `-q`."""
        if not self.quiet:
            to_stderr(rendered)


def _wants_color(env: Mapping[str, str], *, terminal: bool) -> bool:
    """Tell whether to send colours where no option says so; NO_COLOR is stronger than FORCE_COLOR."""
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return env["FORCE_COLOR"] != "0"
    return terminal and env.get("TERM") != "dumb"


def _columns(stream: TextIO) -> int:
    """Return how wide *stream* is: beside a terminal, another stream of the command may be a pipe."""
    if (said := os.environ.get("COLUMNS", "")).isdecimal() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 100
    except (OSError, ValueError):
        return 100


def attended(stream: TextIO | None) -> bool:
    """Tell whether a person sits at *stream*; in CI nobody does, even where a terminal is emulated."""
    if stream is None or stream.closed or not stream.isatty():
        return False
    return not in_ci(os.environ)


def said_yes(question: str) -> bool:
    """Ask a person *question*; nothing but `yes` is one."""
    import click  # noqa: PLC0415 (only where somebody is asked)

    with LAST_LINE.away():
        click.echo(f"{question} Only `yes` does it: ", nl=False, err=True)
        return sys.stdin.readline().strip() == "yes"


def out(text: str, encoding: str = "") -> None:
    """Write the result to stdout; what it cannot encode is written as escapes.

    Args:
        text: The result.
        encoding: What it is written in; "" leaves that to stdout.

    Raises:
        OSError: It cannot be written.
    """
    encoding = encoding or sys.stdout.encoding or "utf-8"
    data = (text if text.endswith("\n") else text + "\n").encode(encoding, "backslashreplace")
    with LAST_LINE.away():
        sys.stdout.flush()
        if (raw := getattr(sys.stdout, "buffer", None)) is not None:
            raw.write(data)
        else:
            sys.stdout.write(data.decode(encoding))
        sys.stdout.flush()


def to_stderr(text: str) -> bool:
    """Write *text* for people to stderr; tell whether that worked.

    That nobody hears how it goes is no reason to fail.
    """
    try:
        with LAST_LINE.away():
            print(text, file=sys.stderr, flush=True)  # noqa: T201
    except (OSError, ValueError):
        return False
    return True


def report(error: SyncerError, settings: Globals) -> int:
    """Tell people on stderr what is wrong; and scripts on stdout, when they were promised events.

    Returns:
        The exit code.
    """
    with suppress(OSError, ValueError):
        if settings.events:
            from syncer.formats.events import error_event, event_line  # noqa: PLC0415 (only then)

            out(event_line(error_event(error.problems, error.exit_code)))
    from syncer.render.problems import problems_text  # noqa: PLC0415 (only then)

    told = to_stderr(problems_text(error.problems, settings.look(sys.stderr), verbose=settings.verbose))
    if not told and not settings.events:
        with suppress(OSError, ValueError):  # the one place left where somebody may read it
            out(problems_text(error.problems, settings.look(sys.stdout)))
    return error.exit_code


def interrupted() -> None:
    """Tell of a Ctrl-C in one line; a terminal has shown `^C` on the present one."""
    to_stderr("\n" * sys.stderr.isatty() + "Interrupted.")


def requests_text(api: "Api") -> str:
    """Return the requests made, a line for each entity: how it was read, how many, how many bytes."""
    stats, ways = api.stats, api.ways
    lines = [
        f"  {method:5} {entity:32} {'+'.join(ways.get(entity, ())) if method == 'GET' else '':10}"
        f" {count.requests:6,} requests  {count.sent:>11,} B out  {count.received:>11,} B in"
        for (entity, method), count in stats.items()
    ]
    total = sum(count.requests for count in stats.values())
    return "\n".join([f"Requests: {total:,}", *lines])
