"""`syncer sandbox`: the local server."""

import gc
import importlib.util
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from syncer import installation
from syncer.sandbox import world
from syncer.sandbox.switches import Switches, table

if TYPE_CHECKING:
    from syncer.sandbox.server import Sandbox

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _fail(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(1)


def _need_server() -> None:
    if any(importlib.util.find_spec(name) is None for name in ("starlette", "uvicorn")):
        _fail(f"the sandbox needs a web server; install it with: {installation.get('sandbox')}")


def _switch_options(command: _Command) -> _Command:
    """Give a command one option for each switch."""
    for switch in reversed(table()):
        choices = switch.metadata.get("choices", ())
        kind: Any = click.IntRange(0) if choices and isinstance(choices[0], int) else None
        if kind is None and choices:
            kind = click.Choice([str(choice) for choice in choices])
        command = click.option(
            f"--{switch.name.replace('_', '-')}",
            switch.name,
            type=kind or str,
            default=None if kind is None else switch.default,
            multiple=kind is None,
            show_default=kind is not None,
            help=_sentence(switch.metadata["point"]),
        )(command)
    return command


def _sentence(point: str) -> str:
    """Return what a switch is about as a sentence; a name of the API at its beginning stays as it is."""
    first = point.partition(" ")[0].strip(",")
    return (point if re.search(r"[_\[-]", first) else point[0].upper() + point[1:]) + "."


def _switches(options: dict[str, Any]) -> Switches:
    names = {switch.name for switch in table()}
    chosen = {name: options.pop(name) for name in names & options.keys()}
    chosen["require"] = chosen["require"] or ("oas",)
    return Switches(**chosen)


_db_option = click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file of the records."
)
_seed_option = click.option(
    "--seed", default="demo", show_default=True, help="World to begin with: empty, demo or a number of deals."
)
_accounts_option = click.option(
    "--accounts", type=click.IntRange(0), help="Bulk accounts to add to the demo world."
)


@click.group()
def sandbox() -> None:
    """Run the local server that speaks the same API."""


@sandbox.command(short_help="Serve until interrupted.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@_db_option
@_seed_option
@_accounts_option
@click.option(
    "--username", default=world.USERNAME, show_default=True, help="User name of the API application."
)
@click.option(
    "--password", default=world.PASSWORD, show_default=True, help="Password of the API application."
)
@click.option("--space-id", default=world.SPACE_ID, show_default=True, help="Id of the one space.")
@click.option("--latency", type=click.FloatRange(0), default=0.0, help="Seconds to hold every answer back.")
@click.option(
    "--forbid", multiple=True, metavar="ENTITY[:OPERATION]", help="Answer 403 to these requests; repeatable."
)
@click.option(
    "--certfile", type=click.Path(path_type=Path, dir_okay=False), help="Serve HTTPS with this certificate."
)
@click.option("--keyfile", type=click.Path(path_type=Path, dir_okay=False), help="Key of the certificate.")
@click.option("--control", is_flag=True, help="Open the control routes below /_sandbox (loopback only).")
@click.option("--quiet", is_flag=True, help="Print the address only.")
@_switch_options
def serve(
    host: str,
    port: int,
    db: Path | None,
    seed: str,
    accounts: int | None,
    forbid: tuple[str, ...],
    control: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Serve until interrupted; print the address, then the environment of a client."""
    gc.enable()  # `main` turns it off for commands that end soon
    _need_server()
    for file in (options["certfile"], options["keyfile"]):
        if file is not None and not file.is_file():
            _fail(f"{file}: No such file.")
    if control and host not in ("127.0.0.1", "::1", "localhost"):
        _fail("--control needs a loopback --host; anyone who reaches it can break the server.")
    from syncer.sandbox.database import UnusableDatabaseError  # noqa: PLC0415
    from syncer.sandbox.server import Sandbox, open_database  # noqa: PLC0415

    switches = _switches(options)
    try:
        database = open_database(db, seed, accounts)
        running = Sandbox(
            database,
            switches=switches,
            host=host,
            port=port,
            forbidden=forbid,
            control=control,
            may_kill=True,
            **options,
        )
    except (OSError, ValueError, UnusableDatabaseError) as exc:
        _fail(_reason(exc, f"{host}:{port}"))
    running.run(lambda: _announce(running, quiet=quiet))


def _reason(exc: Exception, address: str) -> str:
    return f"{address}: {exc.strerror}." if isinstance(exc, OSError) else str(exc)


def _announce(running: "Sandbox", *, quiet: bool) -> None:
    click.echo(running.url)
    if not quiet:
        for name, value in running.env().items():
            click.echo(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _prepare(do: Callable[[], None]) -> None:
    _need_server()
    from syncer.sandbox.database import UnusableDatabaseError  # noqa: PLC0415

    try:
        do()
    except (ValueError, UnusableDatabaseError) as exc:
        _fail(str(exc))


@sandbox.command("seed", short_help="Fill a file with a world.")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False), required=True, help="SQLite file to make."
)
@_seed_option
@_accounts_option
def seed_command(db: Path, seed: str, accounts: int | None) -> None:
    """Fill a file with a world; what it held before is gone."""

    def do() -> None:
        from syncer.sandbox.database import Database  # noqa: PLC0415
        from syncer.sandbox.seed import template  # noqa: PLC0415

        filled = template(seed, accounts)
        database = Database(db)
        database.load(filled)
        database.close()

    _prepare(do)
    click.echo(f"{db} seeded with {seed}.")


@sandbox.command(short_help="Bring a file back to its seed.")
@click.option(
    "--db", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=True, help="SQLite file."
)
def reset(db: Path) -> None:
    """Bring a file back to what it was seeded with."""

    def do() -> None:
        from syncer.sandbox.database import Database  # noqa: PLC0415
        from syncer.sandbox.server import reset_database  # noqa: PLC0415

        database = Database(db)
        reset_database(database)
        database.close()

    _prepare(do)
    click.echo(f"{db} is as seeded.")
