"""The state of a space on an orphan branch of the repository's remote.

Each step is one commit that follows the one that was read, and is pushed without force. The remote takes it
only if its branch still is where we left it, or behind: so a push is a compare-and-swap, and whoever comes
second is refused and asks again. No file of the work tree and no index is touched; the objects are made by
git's own plumbing.
"""

import os
import random
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from syncer.model.problem import Problem, SyncerError
from syncer.state import holder, runs
from syncer.state.backend import Decide, Step, Tip
from syncer.state.choice import BRANCH, REMOTE
from syncer.state.clock import Clock, elapsed
from syncer.state.faults import StateError, UnreachableError, damaged, rewritten
from syncer.state.folder import plain
from syncer.state.gitrun import TIMEOUT, Git, parts
from syncer.state.ledger import NAME as LEDGER
from syncer.state.lock import LOCK, ROOT
from syncer.state.tree import Trees, changes
from syncer.state.values import Lock, RunChange, Scope

_REMOTE_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._/-]*")
_ID: Final = re.compile(r"[0-9a-f]{40,64}")
_OUTRUN: Final = re.compile(
    r"fetch first|non-fast-forward|stale info|failed to update ref|cannot lock ref|incorrect old value"
    r"|reference already exists|failed to lock|shallow update",
    re.IGNORECASE,
)
_ATTEMPTS: Final = 12
_FILE: Final = "100644"
_FOLDER: Final = "040000"
_OURS: Final = (ROOT, LOCK, LEDGER)


class GitBranch:
    """A state on a branch."""

    name = "git"

    def __init__(
        self,
        folder: Path,
        scope: Scope,
        clock: Clock | None = None,
        *,
        remote: str = REMOTE,
        branch: str = BRANCH,
        environ: Mapping[str, str] = os.environ,
        timeout: float = TIMEOUT,
    ) -> None:
        """Keep the state of *scope* on *branch* of *remote*.

        Args:
            folder: In a clone, such as that of syncer.yaml.
            scope: What is kept.
            clock: The service's.
            remote: Name of a remote of the clone; never an address.
            branch: Its name; `{space_id}` stands for the space.
            environ: What git is to find.
            timeout: Seconds after which a git is ended.

        Raises:
            StateError: There is no such remote, or no branch can be called so.
        """
        self._remote, self._branch = remote, branch.replace("{space_id}", plain(scope.space))
        self._ref = f"refs/heads/{self._branch}"
        # The tip that this clone has seen last: what is there later has to follow from it.
        self._seen = f"refs/syncer/{remote}/{self._branch}"
        self._clock = clock or Clock()
        self._environ = environ
        self._git = Git(folder, environ, timeout)
        self._trees = Trees(scope)
        # What was seen or pushed last; a lease is renewed in a thread of its own, so it is read once a step.
        self._last: _Commit | None = None
        self._check()

    def look(self) -> Tip:
        """Return what is at the tip of the branch."""
        asked = elapsed()
        self._last = last = self._fetched()
        return self._tip(last, asked)

    def change(self, decide: Decide) -> Tip:
        """Push what *decide* makes of the tip; ask again when somebody was quicker."""
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0.0, 0.05) * attempt)  # noqa: S311 (no secret)
            last, tip, step = self._decided(decide)
            if step is None:
                return tip
            self._last = None
            commit = self._commit(last, tip, step)
            if self._push(commit):
                self._last = made = _Commit(self._git, commit, self._where)
                self._git.run("update-ref", self._seen, commit)
                return self._tip(made, tip.asked, tip)
        raise UnreachableError(
            Problem(
                "state-unreachable",
                f"The branch {self._branch} moved {_ATTEMPTS} times while it was to be written.",
                hint="try again; see who pushes there",
            )
        )

    def changes(self, run: str) -> tuple[RunChange, ...] | None:
        """Return what a run did; what was seen last will do, since that never changes."""
        if self._last is not None and (found := changes(self._last, run)) is not None:
            return found
        return changes(self._fetched(), run)

    def init(self) -> None:
        """Make the branch; accept it as it is when it is there."""
        self._git.run("update-ref", "-d", self._seen)
        self._last = None
        self.change(lambda tip: Step("init", None) if tip.lineage is None else None)

    def pledge(self, run: str) -> AbstractContextManager[None]:  # noqa: ARG002 (others need it)
        """Do nothing: processes are told by what the lease says of them."""
        return nullcontext()

    def is_dead(self, lock: Lock) -> bool:
        """Tell whether the process lives no more, as far as this machine can know."""
        return holder.is_dead(lock.holder)

    @property
    def _where(self) -> str:
        return f"{self._remote} {self._branch}"

    def _check(self) -> None:
        if not _REMOTE_NAME.fullmatch(self._remote):
            detail = f'"{self._remote}" is no name of a remote.'
            raise StateError(Problem("state-missing", detail, hint="name one of those of `git remote`"))
        code, out, said = self._git.run("remote")
        if code:
            if "not a git repository" in said:
                hint = "`state: git` keeps it in the repository's remote; or say `state: local`"
                raise StateError(Problem("state-missing", "The project is in no git repository.", hint=hint))
            raise self._git.failed("remote", said)
        known = out.decode("utf-8", "replace").split()
        if self._remote not in known:
            there = f"there are: {', '.join(known)}" if known else "there is none"
            hint = "git remote add; or name another one in syncer.yaml: state: {backend: git, remote: …}"
            detail = f'The repository has no remote "{self._remote}"; {there}.'
            raise StateError(Problem("state-missing", detail, hint=hint))
        if self._git.run("check-ref-format", self._ref)[0]:
            detail = f'No branch can be called "{self._branch}".'
            raise StateError(Problem("state-missing", detail, hint="say another one: state: {branch: …}"))

    def _decided(self, decide: Decide) -> "tuple[_Commit, Tip, Step | None]":
        """Let *decide* judge what was seen last; what it refuses there, it judges by what is there now.

        A step on what is outdated harms nobody, since its push is refused; it saves asking the remote.
        """
        last = self._last
        if last is not None:
            tip = self._tip(last, elapsed())
            try:
                step = decide(tip)
            except SyncerError:
                step = None
            if step is not None:
                return last, tip, step
        asked = elapsed()
        self._last = last = self._fetched()
        tip = self._tip(last, asked)
        return last, tip, decide(tip)

    def _tip(self, commit: "_Commit", asked: float, before: Tip | None = None) -> Tip:
        now = self._clock.now() if before is None else before.now
        return self._trees.tip(commit, now, asked)

    def _fetched(self) -> "_Commit":
        """Return the tip of the branch, fetched."""
        suspect = ""
        for _ in range(_ATTEMPTS):
            tip = self._asked()
            seen = self._git.run("rev-parse", "--verify", "--quiet", self._seen)[1].decode().strip()
            if not tip:
                if seen:
                    self._git.run("update-ref", "-d", self._seen)
                return _Commit(self._git, None, self._where)
            if tip == seen:
                return _Commit(self._git, tip, self._where)
            if not self._have(tip) and not self._fetch(tip):
                continue
            if not seen or self._follows(tip, seen):
                self._git.run("update-ref", self._seen, tip)
                return _Commit(self._git, tip, self._where)
            if suspect == tip:  # asked twice: another process of this clone was not just quicker
                raise rewritten(f"{self._where} was at {seen[:12]}, which {tip[:12]} does not follow")
            suspect = tip
        raise UnreachableError(
            Problem("state-unreachable", f"The branch {self._branch} keeps moving.", hint="try again")
        )

    def _asked(self) -> str:
        code, out, said = self._git.run("ls-remote", "--refs", self._remote, self._ref)
        if code:
            raise self._git.failed("ls-remote", said)
        for line in out.decode("utf-8", "replace").splitlines():
            id_, _, ref = line.partition("\t")
            if ref == self._ref and _ID.fullmatch(id_):
                return id_
        return ""

    def _have(self, commit: str) -> bool:
        return self._git.run("cat-file", "-e", f"{commit}^{{tree}}")[0] == 0

    def _fetch(self, tip: str) -> bool:
        """Fetch the branch; return False when it has moved away meanwhile."""
        # A whole clone stays whole: a depth would make it shallow, which other tools stumble over.
        depth = ("--depth=1",) if self._shallow else ()
        code, _, said = self._git.run(
            "fetch", "--quiet", "--no-tags", "--no-filter", "--no-write-fetch-head", "--no-auto-maintenance",
            "--no-recurse-submodules", "--refmap=", *depth, self._remote, self._ref,
        )  # fmt: skip
        if code and "couldn't find remote ref" not in said:
            raise self._git.failed("fetch", said)
        return self._have(tip)

    @cached_property
    def _shallow(self) -> bool:
        return self._git.must("rev-parse", "--is-shallow-repository") == "true"

    def _follows(self, tip: str, seen: str) -> bool:
        """Tell whether *tip* is a later state of what was *seen*."""
        if not self._have(seen):
            return True
        if self._git.run("merge-base", "--is-ancestor", seen, tip)[0] == 0:
            return True
        if not self._shallow:
            return False
        # Where the history is cut off, what the two say of themselves has to do.
        before, after = (self._tip(_Commit(self._git, id_, self._where), 0.0) for id_ in (seen, tip))
        return before.lineage == after.lineage and before.serial <= after.serial

    def _commit(self, last: "_Commit", tip: Tip, step: Step) -> str:
        tree = last.with_files(self._trees.write(last, tip, step))
        parent = ("-p", last.id) if last.id else ()
        return self._git.must(
            "commit-tree", tree, *parent, given=f"{step.message}\n".encode(), environ=self._identity
        )

    @cached_property
    def _identity(self) -> Mapping[str, str]:
        """Who commits, where git does not know."""
        kinds = ("AUTHOR", "COMMITTER")
        if all(self._git.run("config", "--get", key)[1].strip() for key in ("user.name", "user.email")):
            return {}
        ours = {
            **{f"GIT_{kind}_NAME": "syncer" for kind in kinds},
            **{f"GIT_{kind}_EMAIL": "syncer@localhost" for kind in kinds},
        }
        return {name: self._environ.get(name) or value for name, value in ours.items()}

    def _push(self, commit: str) -> bool:
        """Push *commit*; return False when somebody was quicker."""
        code, out, said = self._git.run(
            "push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-force-if-includes",
            "--recurse-submodules=no", self._remote, f"{commit}:{self._ref}",
            # Said here alone: a remote that is spoken of counts as known.
            options=("-c", f"remote.{self._remote}.mirror=false"),
        )  # fmt: skip
        if code == 0:
            return True
        refused = [line for line in out.decode("utf-8", "replace").splitlines() if line.startswith("!")]
        if any(_OUTRUN.search(line) for line in refused):
            return False
        if refused:
            reason = refused[0].split("\t")[-1]
            raise StateError(
                Problem(
                    "state-forbidden",
                    f"{self._remote} does not take the push to {self._branch}: {reason}.",
                    hint="whoever applies needs the right to push there; in CI: contents: write",
                )
            )
        raise self._git.failed("push", said)


@dataclass
class _Commit:
    """The files of a commit; none when there is no branch yet."""

    git: Git
    id: str | None
    where: str

    @cached_property
    def _entries(self) -> Mapping[str, tuple[str, str]]:
        """Mode and id by name, of all in it."""
        return {} if self.id is None else self._listed(self.id)

    @cached_property
    def _runs(self) -> Mapping[str, tuple[str, str]]:
        mode, id_ = self._entries.get(runs.FOLDER.rstrip("/"), ("", ""))
        return self._listed(id_) if mode == _FOLDER else {}

    @cached_property
    def _names(self) -> Mapping[str, str]:
        ours = {name: self._entries[name] for name in _OURS if name in self._entries}
        ours |= {f"{runs.FOLDER}{name}": entry for name, entry in self._runs.items()}
        for name, (mode, _) in ours.items():
            if mode != _FILE:
                raise damaged(f"{self.where}/{name}", None, "it is no ordinary file")
        return {name: id_ for name, (_, id_) in ours.items()}

    def names(self) -> Mapping[str, str]:
        return self._names

    def read(self, names: Iterable[str]) -> Mapping[str, bytes]:
        wanted = list(names)
        asked = "".join(f"{self._names[name]}\n" for name in wanted)
        out = self.git.output("cat-file", "--batch", given=asked.encode()) if wanted else b""
        found, place = {}, 0
        for name in wanted:
            end = out.index(b"\n", place)
            words = out[place:end].split()
            if len(words) != 3 or words[1] != b"blob":
                raise damaged(f"{self.where}/{name}", None, "it is no file")
            size = int(words[2])
            found[name] = out[end + 1 : end + 1 + size]
            place = end + size + 2
        return found

    heads = read

    def with_files(self, changed: Mapping[str, bytes | None]) -> str:
        """Return the id of a tree with these contents; everything else in it stays."""
        root, inside = dict(self._entries), dict(self._runs)
        for name, content in changed.items():
            where = inside if name.startswith(runs.FOLDER) else root
            short = name.removeprefix(runs.FOLDER)
            if content is None:
                where.pop(short, None)
            else:
                id_ = self.git.must("hash-object", "-w", "--no-filters", "--stdin", given=content)
                where[short] = (_FILE, id_)
        folder = runs.FOLDER.rstrip("/")
        if inside != self._runs:
            root.pop(folder, None)
            if inside:
                root[folder] = (_FOLDER, self._tree(inside))
        return self._tree(root)

    def _tree(self, entries: Mapping[str, tuple[str, str]]) -> str:
        kinds = {_FOLDER: "tree", "160000": "commit"}
        text = "".join(
            f"{mode} {kinds.get(mode, 'blob')} {id_}\t{name}\0" for name, (mode, id_) in entries.items()
        )
        return self.git.must("mktree", "-z", given=text.encode("utf-8", "surrogateescape"))

    def _listed(self, tree: str) -> Mapping[str, tuple[str, str]]:
        found = {}
        for line in parts(self.git.output("ls-tree", "-z", "--full-tree", tree)):
            about, _, name = line.partition("\t")
            mode, _, id_ = about.split(" ")
            found[name] = (mode, id_)
        return found
