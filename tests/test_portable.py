"""The client runs on Linux, macOS and Windows: it uses nothing that one of them lacks."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parents[1] / "syncer"
FILES: Final = sorted(path for path in PACKAGE.rglob("*.py") if "sandbox" not in path.parts)
# The documentation of the standard library says of each on which systems it is.
MODULES: Final = """
    _winapi crypt curses fcntl grp msvcrt multiprocessing.shared_memory nis nt ntpath ossaudiodev posix
    pty pwd readline resource spwd syslog termios tty winreg winsound
"""
NAMES: Final = {
    "os": """
        O_BINARY O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_NONBLOCK O_SYNC chown chroot confstr ctermid fchdir
        fchmod fchown fdatasync fork forkpty fpathconf fstatvfs getegid geteuid getgid getgroups
        getloadavg getpgid getpgrp getpriority getsid getuid killpg lchown lockf major memfd_create mkfifo
        mknod nice openpty pathconf pipe2 posix_fadvise posix_spawn pread preadv pwrite readv
        sched_getaffinity sched_yield sendfile setegid seteuid setgid setpgid setpriority setsid setuid
        startfile statvfs sync sysconf tcgetpgrp ttyname uname wait wait4 waitid
    """,
    "select": "epoll kqueue poll",
    "signal": """
        CTRL_BREAK_EVENT CTRL_C_EVENT SIGALRM SIGBREAK SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT
        SIGSTOP SIGTSTP SIGUSR1 SIGUSR2 SIGWINCH alarm pause pthread_kill pthread_sigmask setitimer
        siginterrupt sigpending sigwait
    """,
    "socket": "AF_PACKET AF_UNIX SO_REUSEPORT TCP_KEEPIDLE TCP_USER_TIMEOUT",
    "subprocess": "CREATE_NEW_PROCESS_GROUP STARTUPINFO",
    "time": "pthread_getcpuclockid tzset",
}
TEXT: Final = frozenset({"fdopen", "open", "read_text", "write_text"})
NO_TEXT: Final = frozenset(
    {"os.open", "metadata.distribution(DISTRIBUTION).read_text"}
)  # file numbers, metadata


def modules(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported, anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names(node: ast.AST) -> Iterator[str]:
    """Yield `module.name` of what is used, but for what only one system comes to."""
    if isinstance(node, ast.If | ast.IfExp | ast.BoolOp) and "sys.platform" in ast.unparse(node):
        return
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        yield f"{node.value.id}.{node.attr}"
    # What stands behind `if sys.platform == "win32": return …` is for the others.
    for field in ast.iter_child_nodes(node):
        yield from names(field)
        if isinstance(field, ast.If) and "sys.platform" in ast.unparse(field.test) and _leaves(field):
            return


def _leaves(branch: ast.If) -> bool:
    return isinstance(branch.body[-1], ast.Return | ast.Raise)


def silent(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where a text is read or written in whatever the machine takes for its encoding."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) in NO_TEXT:
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        words = [word.value for word in node.args if isinstance(word, ast.Constant)]
        binary = any(isinstance(word, str) and "b" in word and len(word) <= 3 for word in words)
        told = any(key.arg == "encoding" for key in node.keywords) or "utf-8" in words
        method = isinstance(node.func, ast.Attribute) and called == "open" and not (words or node.keywords)
        if called in TEXT and not (binary or told or method):  # `store.open()` opens no file
            yield node.lineno


def uses(path: Path) -> list[str]:
    """Return what in a file is not there on every system."""
    tree = ast.parse(path.read_text("utf-8"))
    lacking = [name for name in modules(tree) if name in MODULES.split()]
    found = [name.partition(".")[::2] for name in names(tree)]
    return lacking + [f"{module}.{name}" for module, name in found if name in NAMES.get(module, "").split()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_client_uses_nothing_that_linux_macos_or_windows_lacks(path: Path) -> None:
    assert uses(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_texts_are_read_and_written_in_an_encoding_that_is_told(path: Path) -> None:
    """Windows would take cp1252."""
    assert list(silent(ast.parse(path.read_text("utf-8")))) == []


def test_what_is_missing_somewhere_is_found(tmp_path: Path) -> None:
    """Else the tests above would pass whatever the client does."""
    file = tmp_path / "a.py"
    file.write_text(
        "import os, sys\nimport fcntl\nfrom multiprocessing import shared_memory\n\n"
        "def f():\n    import pwd\n    if sys.platform == 'win32':\n        return\n    os.geteuid()\n\n"
        "def g():\n    os.fork()\n    if sys.platform != 'win32':\n        os.killpg(1, 9)\n"
        "    open('x').read()\n"
        "    open('x', 'rb')\n    open('x', encoding='utf-8')\n",
        encoding="utf-8",
    )

    assert uses(file) == ["fcntl", "multiprocessing.shared_memory", "pwd", "os.fork"]
    assert list(silent(ast.parse(file.read_text("utf-8")))) == [15]
