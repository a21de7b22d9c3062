"""The state of a space in a PostgreSQL database.

A step is one transaction that begins by locking the row of the space (`FOR UPDATE`) and judges leases by
the database's clock. Nothing outlives a transaction, no lock and no prepared statement, so that a pooler may
stand in between.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from syncer import installation
from syncer.model.problem import Problem, SyncerError
from syncer.state import holder, ledger, runs
from syncer.state.backend import Decide, Step, Tip
from syncer.state.clock import elapsed
from syncer.state.faults import StateError, UnreachableError, damaged, other_version
from syncer.state.ledger import Ledger
from syncer.state.lock import lock_from_text, lock_to_text
from syncer.state.values import FORMAT, FORMAT_MAJOR, Lock, Run, RunChange, Scope

if TYPE_CHECKING:
    from psycopg import Connection

URL: Final = "SYNCER_STATE_URL"
_CONNECT_SECONDS: Final = 10
_WAIT: Final = "20s"
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS syncer_format (version text NOT NULL);
CREATE TABLE IF NOT EXISTS syncer_space (
    host text NOT NULL, space text NOT NULL, lineage text NOT NULL, serial bigint NOT NULL, lock text,
    PRIMARY KEY (host, space)
);
CREATE TABLE IF NOT EXISTS syncer_ledger (
    host text NOT NULL, space text NOT NULL, project text NOT NULL, address text NOT NULL, line text NOT NULL,
    PRIMARY KEY (host, space, project, address)
);
CREATE TABLE IF NOT EXISTS syncer_run (
    host text NOT NULL, space text NOT NULL, run text NOT NULL, head text NOT NULL, changes text NOT NULL,
    PRIMARY KEY (host, space, run)
);
INSERT INTO syncer_format SELECT %(format)s WHERE NOT EXISTS (SELECT FROM syncer_format);
"""
# What a failed connection says holds the address; only what it is about may be told.
_WORDS: Final = (
    ("authentication failed", "the user or the password was refused"),
    ("no password supplied", "it asks for a password, and the address has none"),
    ("pg_hba.conf", "it takes no connections of this user from here"),
    ("refused", "nobody listens there"),
    ("translate host name", "its host is not known"),
    ("resolve host", "its host is not known"),
    ("name or service", "its host is not known"),
    ("timeout", "it did not answer in time"),
    ("no such file", "nobody listens there"),
    ("does not exist", "it knows no such database or user"),
    ("certificate", "TLS failed"),
    ("ssl", "TLS failed"),
    ("too many", "it takes no more connections now"),
    ("starting up", "it is starting up"),
    ("shutting down", "it is shutting down"),
)


# Lineage and serial, the lines of the ledger, id and head of the runs.
_Remembered = tuple[tuple[str, int], list[str], list[tuple[str, str]]]


class Postgres:
    """A state in tables."""

    name = "postgresql"

    def __init__(self, scope: Scope, environ: Mapping[str, str] = os.environ) -> None:
        """Keep the state of *scope* in the database whose address is `SYNCER_STATE_URL`.

        Raises:
            StateError: There is no address, or it is none of a PostgreSQL.
            SyncerError: The driver is not installed.
        """
        self._key = {"host": scope.host, "space": scope.space}
        self._url = environ.get(URL, "")
        if not self._url.startswith(("postgresql://", "postgres://")):
            told = "does not begin with postgresql://" if self._url else "is not set"
            hint = "the address is read from the environment only: postgresql://user:password@host/database"
            raise StateError(Problem("state-missing", f"{URL} {told}.", hint=hint))
        self._psycopg = _driver()
        # Lines and heads as read last: they only change with lineage or serial.
        self._last: _Remembered = (("", -1), [], [])

    def look(self) -> Tip:
        """Return what is kept."""
        with self._transaction(still=True) as connection:
            return self._tip(connection, for_update=False)

    def change(self, decide: Decide) -> Tip:
        """Carry out what *decide* makes of what is kept."""
        with self._transaction() as connection:
            self._run(
                connection,
                "INSERT INTO syncer_space VALUES (%(host)s, %(space)s, '', 0, NULL) ON CONFLICT DO NOTHING",
            )
            tip = self._tip(connection, for_update=True)
            step = decide(tip)
            if step is None:
                connection.rollback()  # a space that was never written to leaves no row
                return tip
            self._store(connection, tip, step)
            after = self._tip(connection, for_update=False)
            return replace(after, now=tip.now, asked=tip.asked)

    def changes(self, run: str) -> tuple[RunChange, ...] | None:
        """Return what a run did."""
        with self._transaction() as connection:
            found = self._run(
                connection,
                "SELECT changes FROM syncer_run"
                " WHERE host = %(host)s AND space = %(space)s AND run = %(run)s",
                run=run,
            )
        if not found:
            return None
        where = f"syncer_run {run}"
        lines = found[0][0].split("\n") if found[0][0] else []
        return tuple(runs.change_from_text(text, where, number) for number, text in enumerate(lines, 1))

    def init(self) -> None:
        """Make the tables, and an empty state; what is there is kept."""
        with self._transaction(tables=False) as connection:
            # Two that make them at once would clash: this lock ends with the transaction.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('syncer_format'))")
            for statement in _TABLES.split(";\n"):
                if statement.strip():
                    connection.execute(statement.encode(), {"format": FORMAT})
        self.change(lambda tip: Step("init", None) if tip.lineage is None else None)

    def pledge(self, run: str) -> AbstractContextManager[None]:  # noqa: ARG002 (others need it)
        """Do nothing: processes are told by what the lease says of them."""
        return nullcontext()

    def is_dead(self, lock: Lock) -> bool:
        """Tell whether the process lives no more, as far as this machine can know."""
        return holder.is_dead(lock.holder)

    def _tip(self, connection: "Connection[Any]", *, for_update: bool) -> Tip:
        asked = elapsed()
        wanted = "SELECT lineage, serial, lock FROM syncer_space WHERE host = %(host)s AND space = %(space)s"
        found = self._run(connection, wanted + (" FOR UPDATE" if for_update else ""))
        # After the row is ours: waiting for it may have taken long.
        now = self._run(connection, "SELECT clock_timestamp()")[0][0]
        lineage, serial, held = found[0] if found else ("", 0, None)
        lines, heads = self._remembered(connection, lineage, serial)
        return Tip(
            lineage=lineage or None,
            serial=serial,
            lock=None if held is None else lock_from_text(held, "syncer_space.lock"),
            now=now,
            asked=asked,
            ledger=cache(lambda: Ledger.of_lines(lines, "syncer_ledger")),
            runs=cache(lambda: _in_order(heads)),
        )

    def _remembered(
        self, connection: "Connection[Any]", lineage: str, serial: int
    ) -> tuple[list[str], list[tuple[str, str]]]:
        last = self._last
        if last[0] != (lineage, serial):
            where = "WHERE host = %(host)s AND space = %(space)s"
            lines = self._run(connection, f"SELECT line FROM syncer_ledger {where}")  # noqa: S608 (our own)
            found = self._run(connection, f"SELECT run, head FROM syncer_run {where}")  # noqa: S608 (our own)
            heads = [(run, head) for run, head in found]
            self._last = last = ((lineage, serial), [line for (line,) in lines], heads)
        return last[1], last[2]

    def _store(self, connection: "Connection[Any]", tip: Tip, step: Step) -> None:
        self._run(
            connection,
            "UPDATE syncer_space SET lineage = %(lineage)s, serial = %(serial)s, lock = %(lock)s"
            " WHERE host = %(host)s AND space = %(space)s",
            lineage=tip.lineage or secrets.token_hex(16),
            serial=tip.serial + step.remembers,
            lock=None if step.lock is None else lock_to_text(step.lock),
        )
        if step.gone:
            self._run(
                connection,
                "DELETE FROM syncer_ledger WHERE host = %(host)s AND space = %(space)s"
                " AND project = %(project)s AND address = ANY(%(gone)s)",
                project=step.project,
                gone=list(step.gone),
            )
        if step.rows:
            rows = {row.address: ledger.row_to_line(row) for row in step.rows}
            # Two long texts: the driver takes its time for arrays of thousands.
            self._run(
                connection,
                "INSERT INTO syncer_ledger SELECT %(host)s, %(space)s, %(project)s, *"
                " FROM unnest(string_to_array(%(addresses)s, E'\\n'), string_to_array(%(lines)s, E'\\n'))"
                " ON CONFLICT (host, space, project, address) DO UPDATE SET line = excluded.line",
                project=step.project,
                addresses="\n".join(rows),
                lines="\n".join(rows.values()),
            )
        if step.add or step.settled:
            self._store_runs(connection, tip, step)

    def _store_runs(self, connection: "Connection[Any]", tip: Tip, step: Step) -> None:
        kept = {run.run: run for run in tip.runs()}
        before = dict(self._remembered(connection, tip.lineage or "", tip.serial)[1])
        for id_ in step.settled:
            if id_ in kept:
                run = kept[id_]
                kept[id_] = replace(run, ended=run.ended or step.at, uncertain=())
                self._run(
                    connection,
                    "UPDATE syncer_run SET head = %(head)s"
                    " WHERE host = %(host)s AND space = %(space)s AND run = %(run)s",
                    run=id_,
                    head=runs.head_to_line(kept[id_], before[id_]),
                )
        for run, changes in step.add:
            kept[run.run] = run
            self._run(
                connection,
                "INSERT INTO syncer_run VALUES (%(host)s, %(space)s, %(run)s, %(head)s, %(changes)s)"
                " ON CONFLICT (host, space, run) DO UPDATE"
                " SET head = excluded.head, changes = excluded.changes",
                run=run.run,
                head=runs.head_to_line(run),
                changes="\n".join(map(runs.change_to_line, changes)),
            )
        self._run(
            connection,
            "DELETE FROM syncer_run WHERE host = %(host)s AND space = %(space)s AND run = ANY(%(runs)s)",
            runs=list(runs.outdated(kept.values())),
        )

    def _run(self, connection: "Connection[Any]", statement: str, **values: Any) -> list[tuple[Any, ...]]:
        cursor = connection.execute(statement.encode(), {**self._key, **values})
        return cursor.fetchall() if cursor.description else []

    @contextmanager
    def _transaction(self, *, tables: bool = True, still: bool = False) -> "Iterator[Connection[Any]]":
        """Yield a connection in a transaction, which is committed at the end.

        Args:
            tables: Whether there have to be tables.
            still: Whether everything is read as it was at one moment.
        """
        psycopg = self._psycopg
        try:
            connection = psycopg.connect(
                self._url, connect_timeout=_CONNECT_SECONDS, prepare_threshold=None, client_encoding="utf8"
            )
        except psycopg.Error as error:
            raise _unreached(str(error)) from None
        try:
            if still:
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with connection:
                connection.execute(f"SET LOCAL lock_timeout = '{_WAIT}'".encode())
                connection.execute(b"SET LOCAL statement_timeout = '60s'")
                # A process that is stopped in the middle of a step must not stop everybody.
                connection.execute(b"SET LOCAL idle_in_transaction_session_timeout = '60s'")
                if tables:
                    _check_tables(connection)
                yield connection
        except SyncerError:
            raise
        except psycopg.Error as error:
            raise _failed(error) from None


def _driver() -> ModuleType:
    try:
        import psycopg  # noqa: PLC0415 (only with this store)
    except ImportError:
        detail = "`state: postgresql` needs psycopg, which is not installed."
        raise SyncerError(Problem("extra-missing", detail, hint=installation.hint("postgresql"))) from None
    return psycopg


def _check_tables(connection: "Connection[Any]") -> None:
    found = connection.execute(b"SELECT to_regclass('syncer_format') IS NOT NULL").fetchone()
    version = found and found[0] and connection.execute(b"SELECT version FROM syncer_format").fetchone()
    if not version:
        hint = "make them once: syncer state init"
        raise StateError(Problem("state-missing", "The database has no tables of syncer.", hint=hint))
    if version[0].partition(".")[0] != str(FORMAT_MAJOR):
        raise other_version("The database", version[0][:20], FORMAT_MAJOR)


def _in_order(heads: list[tuple[str, str]]) -> tuple[Run, ...]:
    found = []
    for id_, text in heads:
        where = f"syncer_run {id_}"
        run = runs.head_from_line(text, where)
        if run.run != id_:
            raise damaged(where, None, f"it is of the run {run.run}")
        found.append(run)
    return runs.in_order(found)


def _unreached(said: str) -> UnreachableError:
    told = next((words for sign, words in _WORDS if sign in said.lower()), "it cannot be connected to")
    hint = f"see whether `psql` reaches it with the address in {URL}"
    return UnreachableError(Problem("state-unreachable", f"The database of {URL}: {told}.", hint=hint))


def _failed(error: Any) -> StateError:
    """Return what to say of a statement that failed; only the database's own words, never the address."""
    state, told = error.sqlstate or "", (error.diag.message_primary or "")[:200]
    if state.startswith("42501") or state == "25006":
        hint = "grant the user the right to read and write the tables of syncer"
        return StateError(Problem("state-forbidden", f"The database refuses: {told}.", hint=hint))
    if state.startswith("53"):
        return StateError(Problem("file-unwritable", f"The database cannot write: {told}.", hint="make room"))
    detail = f"The database failed: {told or 'the connection was lost'}."
    return UnreachableError(Problem("state-unreachable", detail, hint="try again, then see its log"))
