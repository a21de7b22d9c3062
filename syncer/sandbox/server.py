"""A sandbox that runs: in a thread of this process, or as a process of its own."""

import asyncio
import json
import logging
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from email.utils import formatdate
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from syncer.sandbox import world
from syncer.sandbox.api import Api
from syncer.sandbox.app import CLOSED, TRANSPORT, Application, Logged, RequestLog
from syncer.sandbox.database import Database, Record
from syncer.sandbox.entities import ENTITIES
from syncer.sandbox.faults import Fault, Faults
from syncer.sandbox.record import recorded
from syncer.sandbox.seed import parse_seed, template
from syncer.sandbox.store import Store
from syncer.sandbox.switches import REQUIRED_SETS, Switches, table

LOOPBACK: Final = "127.0.0.1"


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests know their connection, so that faults can end it badly."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._closed = asyncio.Event()
        closed, inner = self._closed, self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT], scope[CLOSED] = transport, closed
            await inner(scope, receive, send)

        self.app = app

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._closed.set()


class _Listener:
    """The sockets and the event loop around an application."""

    def __init__(self, host: str, port: int, certfile: str | None, keyfile: str | None) -> None:
        self.certfile = certfile
        self.keyfile = keyfile
        self.address = (host, port)
        self._socket = self._bind()
        self.address = self._socket.getsockname()[:2]
        self._state = ServerState()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.started = threading.Event()

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        sock = socket.socket(
            family, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # asyncio turns Nagle off for TCP
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(self.address)
        except OSError:
            sock.close()
            raise
        return sock

    def load(self, app: ASGIApp) -> None:
        """Prepare for *app*; reads certificate and key."""
        self._config = uvicorn.Config(
            app,
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=75,
            ssl_certfile=self.certfile,
            ssl_keyfile=self.keyfile,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._config.load()

    async def run(self) -> None:
        """Serve until `stop`."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await self._listen()
        self.started.set()
        while not self._stop.is_set():
            self._state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.0)
        self._close()
        for task in list(self._state.tasks):
            task.cancel()
        if self._state.tasks:
            await asyncio.wait(list(self._state.tasks), timeout=1.0)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            self._protocol, sock=self._socket, ssl=self._config.ssl, backlog=512
        )

    def _protocol(self) -> asyncio.Protocol:
        return _Protocol(config=self._config, server_state=self._state, app_state={})

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._socket.close()
        for connection in list(self._state.connections):
            connection.transport.abort()

    def refuse(self, seconds: float) -> None:
        """Stop listening for a while: the port stays ours, but connecting to it is refused."""
        assert self._loop is not None
        if self._server is None:
            return
        self._close()
        self._socket = self._bind()
        self._loop.call_later(seconds, self._resume)

    def _resume(self) -> None:
        assert self._loop is not None
        assert self._stop is not None
        if not self._stop.is_set():
            self._resuming = self._loop.create_task(self._listen())

    def stop(self) -> None:
        """End `run`, from any thread."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)

    def close(self) -> None:
        """Give the port back, if `run` never did."""
        self._socket.close()


def open_database(path: Path | None, seed: str, accounts: int | None = None) -> Database:
    """Open *path*, seeding it when it is new; None is a database in memory.

    Raises:
        ValueError: No such seed.
        UnusableDatabaseError: The file is something else.
    """
    parse_seed(seed)
    db = Database(path)
    if db.one("SELECT value FROM _meta WHERE key = 'seed'") is None:
        db.load(template(seed, accounts))
    return db


def reset_database(db: Database) -> None:
    """Bring a database back to what it was seeded with."""
    seed = db.one("SELECT value FROM _meta WHERE key = 'seed'")
    accounts = db.one("SELECT value FROM _meta WHERE key = 'accounts'")
    db.load(template(str(seed), accounts))


class _Access:
    """Where a running sandbox is and how to get in."""

    url: str
    space_id: str
    username: str
    password: str

    def env(self) -> dict[str, str]:
        """Give the environment a client needs."""
        return {
            "PIPELINER_URL": self.url,
            "PIPELINER_SPACE_ID": self.space_id,
            "PIPELINER_API_USERNAME": self.username,
            "PIPELINER_API_PASSWORD": self.password,
        }

    @property
    def api_url(self) -> str:
        """The address entities are below: `.../spaces/{id}/entities`."""
        return f"{self.url}/api/v100/rest/spaces/{self.space_id}/entities"


class Sandbox(_Access):
    """A running server in this process; make one with `Sandbox.serve` or `Sandbox.spawn`.

    Attributes:
        url: `http://127.0.0.1:PORT`.
        space_id: The one space it has.
        username: Of its API application.
        password: Of its API application.
        store: The records, past any client.
        faults: What goes wrong; may be changed at any time.
        requests: All requests so far.
    """

    def __init__(  # noqa: PLR0913 (by name)
        self,
        db: Database,
        *,
        switches: Switches,
        faults: Sequence[Fault] = (),
        host: str = LOOPBACK,
        port: int = 0,
        latency: float = 0.0,
        forbidden: Sequence[str] = (),
        control: bool = False,
        may_kill: bool = False,
        space_id: str = world.SPACE_ID,
        username: str = world.USERNAME,
        password: str = world.PASSWORD,
        certfile: Path | None = None,
        keyfile: Path | None = None,
    ) -> None:
        self.space_id, self.username, self.password = space_id, username, password
        self.db = db
        for name in switches.require:
            if name not in REQUIRED_SETS and name not in db.fields(ENTITIES["Opportunity"]):
                raise ValueError(
                    f"require: {name!r} is neither {', '.join(REQUIRED_SETS)} nor a field of Opportunity."
                )
        self.store = Store(db, switches)
        self.faults = Faults(faults, may_kill=may_kill)
        api = Api(db, switches, space_id, username, password, tuple(forbidden))
        self.listener = _Listener(
            host, port, str(certfile) if certfile else None, str(keyfile) if keyfile else None
        )
        self._app = Application(api, self.faults, self.listener.refuse, latency=latency, control=control)
        try:
            self.listener.load(recorded(self._app.asgi))
        except ssl.SSLError as exc:
            self.listener.close()
            raise ValueError(
                f"{certfile}: no certificate and key to serve with ({exc.reason or exc})."
            ) from exc
        address, bound = self.listener.address
        shown = f"[{address}]" if ":" in address else address
        self.url = f"{'https' if certfile else 'http'}://{shown}:{bound}"

    @property
    def requests(self) -> RequestLog:
        """The requests so far, in the order they ended."""
        return self._app.log

    @property
    def latency(self) -> float:
        """Seconds every answer is held back; may be changed at any time."""
        return self._app.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._app.latency = seconds

    def edit(self, entity: str, record_id: str, **fields: Any) -> Record:
        """Change a record as a person in the CRM would. See `Store.edit`."""
        return self.store.edit(entity, record_id, **fields)

    def reset(self) -> None:
        """Go back to the seed; faults and the request log are cleared too."""
        reset_database(self.db)
        self.faults.clear()
        self.requests.clear()

    @classmethod
    @contextmanager
    def serve(
        cls, db: Path | None = None, seed: str = "demo", *, accounts: int | None = None, **options: Any
    ) -> "Iterator[Sandbox]":
        """Run in a thread until the block ends.

        Args:
            db: A file to keep the records in (seeded only when new); None keeps them in memory.
            seed: `empty`, `demo` or a number of bulk opportunities.
            accounts: Bulk accounts; see `seed.fill`.
            options: Those of the class: switches, faults, port, latency, forbidden, control, certfile, ...
        """
        database = open_database(db, seed, accounts)
        options.setdefault("switches", Switches())
        try:
            sandbox = cls(database, **options)
        except BaseException:
            database.close()
            raise
        thread = threading.Thread(
            target=asyncio.run, args=(sandbox.listener.run(),), daemon=True, name="sandbox"
        )
        thread.start()
        sandbox.listener.started.wait(10)
        try:
            yield sandbox
        finally:
            sandbox.listener.stop()
            thread.join(10)
            database.close()

    def run(self, announce: Callable[[], None]) -> None:
        """Serve in this thread until interrupted or terminated; *announce* is called once it listens."""
        asyncio.run(self._run(announce))
        self.db.close()

    async def _run(self, announce: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            if sys.platform == "win32":  # its loop hears of no signals
                signal.signal(name, lambda *_: loop.call_soon_threadsafe(self.listener.stop))
            else:
                loop.add_signal_handler(name, self.listener.stop)
        serving = loop.create_task(self.listener.run())
        await asyncio.to_thread(self.listener.started.wait)
        announce()
        await serving

    @staticmethod
    @contextmanager
    def spawn(
        db: Path | None = None,
        seed: str = "demo",
        *,
        switches: Switches | None = None,
        options: Sequence[str] = (),
        port: int = 0,
    ) -> "Iterator[Spawned]":
        """Run as a process of its own until the block ends, or until it is killed.

        Args:
            db: As in `serve`; None is a temporary file, so that a restart finds it again.
            seed: As in `serve`.
            switches: The open points.
            options: Further options of `sandbox serve`.
            port: 0 for any.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = db or Path(folder) / "space.db"
            spawned = Spawned(path, seed, switches or Switches(), options, port)
            try:
                yield spawned
            finally:
                spawned.close()


def switch_options(switches: Switches) -> list[str]:
    """Write switches as options of `sandbox serve`."""
    options = []
    for switch in table():
        value = getattr(switches, switch.name)
        for each in value if isinstance(value, tuple) else (value,):
            options += [f"--{switch.name.replace('_', '-')}", str(each)]
    return options


class Spawned(_Access):
    """A sandbox in a process of its own; `store` looks into the same file."""

    def __init__(self, path: Path, seed: str, switches: Switches, options: Sequence[str], port: int) -> None:
        self.path = path
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-m", "syncer.sandbox", "serve", "--db", str(path), "--seed", seed),
                *("--port", str(port), "--control", *switch_options(switches), *options),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        lines = [self.process.stdout.readline().strip() for _ in range(5)]
        if not lines[0]:
            self.process.wait()
            self.process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: exit code {self.process.returncode}")
        self.url = lines[0]
        exported = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
        self.space_id = exported["PIPELINER_SPACE_ID"].strip("'")
        self.username = exported["PIPELINER_API_USERNAME"].strip("'")
        self.password = exported["PIPELINER_API_PASSWORD"].strip("'")
        self._db = Database(path)
        self.store = Store(self._db, switches)

    def _control(self, method: str, path: str, data: Any = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", body, method=method)  # noqa: S310
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def set_faults(self, *faults: Fault) -> None:
        """Replace all faults, over the control route."""
        self._control("PUT", "faults", [fault.as_dict() for fault in faults])

    @property
    def requests(self) -> RequestLog:
        """The requests so far, over the control route."""
        return RequestLog(Logged(**entry) for entry in self._control("GET", "requests"))

    def kill(self) -> None:
        """End the process with SIGKILL, as a crash would."""
        self.process.kill()
        self.process.wait()

    def wait(self, seconds: float = 10.0) -> int:
        """Wait for the process to end and give its exit code."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """End the process if it still runs."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._db.close()
