"""One repository, asked: which commit, which files, what they were. Every question is one run of git."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from coordinator.git import words
from coordinator.git.command import filters_off, require_path, require_revision
from coordinator.git.process import GitProcesses
from protocol.errors import CallRefused

_MOST_WORDS = 64 * 1024
_MOST_NAMES = 64 * 1024 * 1024
"""In bytes: the tree of a repository with half a million files."""

MOST_TEXT = 64 * 1024 * 1024
"""How large the earlier texts of one call may be together, in bytes."""

_MOST_RENAMES = 400
"""More files that came or went are not compared by likeness, only by identity."""

_BLIND = ("--ignore-submodules=all", "--no-ext-diff", "--no-textconv", "-O/dev/null")
_NO_SUCH_KEY = 1
_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Repository:
    """A repository with a working tree at *top*, which is free of symbolic links."""

    def __init__(self, processes: GitProcesses, top: str, *, is_shallow: bool) -> None:
        self.top = top
        self.is_shallow = is_shallow
        self._processes = processes
        self._filters: list[str] = []

    @classmethod
    async def around(cls, processes: GitProcesses, folder: str) -> "Repository":
        """Find the repository that *folder* is in.

        Raises:
            CallRefused: there is none, or git will not have it.
        """
        question = ("rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
        ended = await processes.run(folder, [*question, "--show-toplevel"], most_bytes=_MOST_WORDS)
        if ended.code or not ended.output.startswith(b"true\n"):
            raise words.complaint(ended.errors or "must be run in a work tree", folder)
        _, shallow, top = ended.output.split(b"\n", 2)
        found = cls(processes, _resolved(top), is_shallow=shallow == b"true")
        await found._learn_filters()
        return found

    async def commit(self, revision: str) -> str:
        """Return the id of the commit that *revision* names.

        Raises:
            CallRefused: it names none.
        """
        require_revision(revision)
        question = [
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            revision if revision.startswith(":/") else f"{revision}^{{commit}}",
        ]
        ended = await self._processes.run(self.top, question, most_bytes=_MOST_WORDS)
        # Git before 2.30 repeats the option; a range would be answered with a sign in front.
        found = ended.output.decode("ascii", "replace").split()
        if ended.code or not found or not _ID.fullmatch(found[-1]):
            why = " The clone is shallow: it lacks older commits." if self.is_shallow else ""
            message = f"`{revision}` is no commit of the repository at '{self.top}'.{why}"
            raise CallRefused("not_found", message)
        return found[-1]

    async def tree(self, commit: str, paths: Sequence[str]) -> words.Tree:
        """Return the files below *paths* (none: all) as they were."""
        asked = ["ls-tree", "-r", "-z", "--full-tree", commit, *_below(paths)]
        return words.tree(await self._ask(asked, _MOST_NAMES))

    async def differing(self, commit: str, paths: Sequence[str]) -> set[str]:
        """Return which of the files that git knows are, or may be, not as they were."""
        asked = ["diff-index", "--name-only", "-z", "--no-renames", *_BLIND, commit, *_below(paths)]
        return set(words.names(await self._ask(asked, _MOST_NAMES)))

    async def renames(self, commit: str) -> list[words.Rename]:
        """Return which files have other names in the index; of contents only stored ones are looked at."""
        asked = ["diff-index", "--cached", "--raw", "-z", "--no-abbrev", "-M", "--diff-filter=R"]
        asked += [f"-l{_MOST_RENAMES}", *_BLIND, commit]
        return words.renames(await self._ask(asked, _MOST_NAMES))

    async def texts(self, ids: Iterable[str], most_each: int) -> dict[str, bytes]:
        """Return the texts with these *ids*, but for those of more than *most_each* bytes.

        Raises:
            CallRefused: together they are too large.
        """
        given = "".join(f"{each}\n" for each in sorted(set(ids))).encode()
        if not given:
            return {}
        checked = await self._ask(["cat-file", "--batch-check"], _MOST_NAMES, given)
        sizes = {each: size for each, size in words.sizes(checked).items() if size <= most_each}
        if sum(sizes.values()) > MOST_TEXT:
            message = (
                f"The earlier versions of {len(sizes):,} files have more than {MOST_TEXT:,} bytes "
                "together: narrow with paths."
            )
            raise CallRefused("too_large", message)
        given = "".join(f"{each}\n" for each in sizes).encode()
        room = sum(sizes.values()) + 200 * len(sizes)
        return words.blobs(await self._ask(["cat-file", "--batch"], room, given)) if given else {}

    async def commits(self, days: int, paths: Sequence[str]) -> tuple[str | None, Counter[str]]:
        """Return the newest commit, and how many of the last *days* touched each file below *paths*.

        Merges are not counted: what they bring in was counted already.
        """
        try:
            head = await self.commit("HEAD")
        except CallRefused:
            return None, Counter()  # nothing was committed yet
        asked = ["log", "--format=", "--name-status", "-z", "-M", f"-l{_MOST_RENAMES}"]
        asked += [f"--since={days}.days.ago", "--no-merges", "--no-relative", "--no-color"]
        asked += ["--no-show-signature", "--no-notes", "--no-mailmap", "--root", *_BLIND]
        asked += [head, *_below(paths)]
        return head, words.commits(await self._ask(asked, _MOST_NAMES))

    async def _learn_filters(self) -> None:
        """Learn which programs the configuration would run on the files, so as to switch them off."""
        asked = ["config", "--null", "--name-only", "--get-regexp", r"^filter\."]
        ended = await self._processes.run(self.top, asked, most_bytes=_MOST_WORDS)
        if ended.code not in (0, _NO_SUCH_KEY):
            raise words.complaint(ended.errors, self.top)
        self._filters = filters_off(words.names(ended.output))

    async def _ask(self, arguments: Sequence[str], most_bytes: int, given: bytes = b"") -> bytes:
        ended = await self._processes.run(
            self.top, arguments, most_bytes=most_bytes, config=self._filters, given=given
        )
        if ended.code:
            raise words.complaint(ended.errors, self.top)
        return ended.output


def _resolved(top: bytes) -> str:
    return os.path.realpath(os.fsdecode(top.removesuffix(b"\n")))


def _below(paths: Sequence[str]) -> list[str]:
    """Return the end of a command line that limits it to *paths*; the top itself means everything."""
    if "." in paths or not paths:
        return ["--"]
    for path in paths:
        require_path(path)
    return ["--", *paths]
