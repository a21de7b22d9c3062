"""Run the user's own git, whatever is configured where it runs.

A clone belongs to its user, and so does its configuration; what it may do to us is turned off nevertheless:
hooks, watchers, signatures that ask for a passphrase, options of pushes, transports that run commands.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from syncer.model.problem import Problem
from syncer.state.faults import StateError, UnreachableError

TIMEOUT: Final = 60.0
_SAFE: Final = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.filesRefLockTimeout": "5000",
    "commit.gpgSign": "false",
    "fetch.fsckObjects": "true",
    "fetch.prune": "false",
    "fetch.pruneTags": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.auto": "0",
    "i18n.commitEncoding": "UTF-8",
    "pack.compression": "1",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.negotiate": "false",
    "push.pushOption": "",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
}
# What a hook that runs syncer leaves in the environment would lead git elsewhere.
_LEADS_AWAY: Final = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
_OURS: Final = {
    "GCM_INTERACTIVE": "never",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "",
    "LC_ALL": "C",
}
_SECRET_IN_URL: Final = re.compile(r"(\w://)[^/@\s']+@")
_NO_RIGHT: Final = re.compile(
    r"authentication failed|could not read (?:username|password)|terminal prompts disabled|permission denied"
    r"|host key verification failed|returned error: 40[13]|access denied|denied to|not allowed|unauthorized"
    r"|hook declined|protected branch|read-only",
    re.IGNORECASE,
)
_NO_REPOSITORY: Final = re.compile(
    r"does not appear to be a git repository|repository '?.*'? ?not found|returned error: 404", re.IGNORECASE
)
# Lines that git adds whatever has happened.
_NO_NEWS: Final = ("hint:", "to ", "done", "please make sure", "and the repository exists")
_NOT_TRUSTED: Final = "dubious ownership"
_NO_ROOM: Final = re.compile(
    r"no space left|disk quota|file too large|insufficient permission|read-only file system"
    r"|unable to (?:create|write)|sigxfsz",
    re.IGNORECASE,
)


class Git:
    """The git of a clone."""

    def __init__(self, folder: Path, environ: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        """Run git in *folder*.

        Args:
            folder: In a clone.
            environ: What git is to find.
            timeout: Seconds after which it is ended.
        """
        self._folder, self._timeout = folder, timeout
        self._options = [part for name, value in _SAFE.items() for part in ("-c", f"{name}={value}")]
        self._environ = {name: value for name, value in environ.items() if name not in _LEADS_AWAY} | _OURS

    def run(
        self,
        *arguments: str,
        given: bytes = b"",
        environ: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> tuple[int, bytes, str]:
        """Run git; return its exit code, what it printed, and what it said.

        It gets a session of its own: it cannot ask at the terminal, and Ctrl-C there does not reach it.

        Raises:
            StateError: There is no git.
            UnreachableError: It did not end in time.
        """
        with _as_file(given) as stdin:
            process = self._start([*options, *arguments], environ or {}, stdin)
        with process:
            try:
                out, err = process.communicate(timeout=self._timeout)
            except subprocess.TimeoutExpired:
                self._end(process)
                raise UnreachableError(
                    Problem(
                        "state-unreachable",
                        f"git {arguments[0]} has not ended after {self._timeout:.0f} s.",
                        hint="see whether the remote answers: git ls-remote",
                    )
                ) from None
            except BaseException:
                self._end(process)
                raise
        said = err.decode("utf-8", "replace")
        if process.returncode < 0:
            said += f"\nended by {signal.Signals(-process.returncode).name}"
        return process.returncode, out, said

    def _start(
        self, arguments: Sequence[str], environ: Mapping[str, str], stdin: IO[bytes]
    ) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(  # noqa: S603 (a list, no shell)
                ["git", *self._options, *arguments],  # noqa: S607 (the user's own git)
                cwd=self._folder,
                env={**self._environ, **environ},
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        except OSError as error:
            raise StateError(
                Problem(
                    "state-missing",
                    f"git cannot be run in {self._folder}: {error.strerror or error}.",
                    hint="`state: git` needs git 2.30 or later",
                )
            ) from None

    def must(self, *arguments: str, given: bytes = b"", environ: Mapping[str, str] | None = None) -> str:
        """Run git on the clone itself; return what it printed, without the line end.

        Raises:
            StateError: It failed.
        """
        return self.output(*arguments, given=given, environ=environ).decode("utf-8", "replace").rstrip("\n")

    def output(self, *arguments: str, given: bytes = b"", environ: Mapping[str, str] | None = None) -> bytes:
        """Like `must`, byte for byte."""
        code, out, said = self.run(*arguments, given=given, environ=environ)
        if code:
            raise self.failed(arguments[0], said)
        return out

    def failed(self, command: str, said: str) -> StateError:
        """Return what to say of a git that failed."""
        words = _shown(said)
        detail = f"git {command} failed in {self._folder}: {words}"
        if _NO_ROOM.search(said):
            hint = "make room, or make the folder .git writable"
            return StateError(Problem("file-unwritable", detail, hint=hint))
        if _NO_REPOSITORY.search(said):
            hint = "see `git remote -v`; or name another one: state: {backend: git, remote: …}"
            return UnreachableError(Problem("state-missing", detail, hint=hint))
        if _NO_RIGHT.search(said):
            hint = (
                "syncer uses your own git: `git push --dry-run` has to work without being asked for a "
                "password; in CI, the job needs the right to write contents"
            )
            return StateError(Problem("state-forbidden", detail, hint=hint))
        if _NOT_TRUSTED in said:
            hint = "git config --global --add safe.directory, with the folder that git names"
            return StateError(Problem("state-missing", detail, hint=hint))
        hint = "see whether the remote answers: git ls-remote"
        return UnreachableError(Problem("state-unreachable", detail, hint=hint))

    @staticmethod
    def _end(process: "subprocess.Popen[bytes]") -> None:
        if sys.platform == "win32":
            process.kill()
        else:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _as_file(given: bytes) -> IO[bytes]:
    """Return a file of *given*: through a pipe, a ledger of megabytes would go in pieces of a page."""
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
        file.write(given)
        file.flush()
        file.seek(0)
    except OSError as error:
        detail = f"{tempfile.gettempdir()} cannot be written: {error.strerror or error}."
        hint = "make room, or name another folder in TMPDIR"
        raise StateError(Problem("file-unwritable", detail, hint=hint)) from None
    return file


def parts(text: bytes) -> Sequence[str]:
    """Return the parts of an output that ends each with a zero byte."""
    return [part.decode("utf-8", "surrogateescape") for part in text.split(b"\0") if part]


def _shown(said: str) -> str:
    lines = [line.strip() for line in _SECRET_IN_URL.sub(r"\1***@", said).splitlines()]
    told = [line for line in lines if line and not line.lower().startswith(_NO_NEWS)]
    text = " / ".join(told[-4:])[:400] or "it said nothing"
    return text if text.endswith(".") else f"{text}."
