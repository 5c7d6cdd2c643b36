"""What git knows of the sources of one run: their texts at a revision, or how often they changed.

Rule 1: git is asked only about paths below the server's roots; the repository's top may be above them.
Rule 2: files of submodules and of repositories within are not of this history, and are said to be left out.
Rule 3: everything is asked before the first file is listed; pairing asks nothing.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from coordinator.git.process import GitProcesses
from coordinator.git.repository import Repository
from coordinator.git.words import Rename
from coordinator.versions import (
    Remarks,
    Sized,
    is_source,
    located,
    matches,
    resolved,
)
from protocol.errors import CallRefused
from protocol.paths.names import is_below, relative, shown
from protocol.tools.files import Skipped, Source

_GLOB = frozenset("*?[")
_SHORT = 10


class GitLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What git may read for one call; paths are absolute and resolved."""

    directory: str
    roots: tuple[str, ...]
    max_file_bytes: int


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a call is about: *paths* as it names them, and a *revision* or a number of *days*."""

    paths: Sequence[str]
    language: str | None = None
    revision: str | None = None
    days: int | None = None


class _Past(NamedTuple):
    """What one repository said. Names are relative to its top."""

    repository: Repository
    commit: str | None
    blobs: dict[str, str]
    modules: frozenset[str]
    differing: frozenset[str]
    renamed: dict[str, Rename]
    texts: dict[str, bytes]
    commits: dict[str, int]
    asked: tuple[str, ...]


class History:
    """The past of one call's files (see `Versions`)."""

    def __init__(self, question: Question, limits: GitLimits, pasts: Sequence[_Past]) -> None:
        self._question = question
        self._named = frozenset(question.paths)
        self._limits = limits
        self._pasts = sorted(pasts, key=lambda past: -len(past.repository.top))
        self._paired: set[str] = set()
        self._foreign: dict[str, bool] = {}
        self._elsewhere = 0
        self._unchanged = 0
        names = (os.path.expanduser(name) for name in question.paths)
        self._patterns = [os.path.join(os.path.realpath(limits.directory), name) for name in names]

    # --- Versions

    def pair(self, source: Source, size: int) -> Sized | Skipped | None:
        if self._question.revision is None:
            return Sized(source, size)
        assert source.path is not None
        path = self._path_of(source.path)
        self._paired.add(path)
        past = self._past_of(path)
        if past is None or self._is_foreign(path, past):
            self._elsewhere += 1
            return None
        name = relative(path, past.repository.top)
        if (rename := past.renamed.get(name)) is not None:
            before = os.path.join(past.repository.top, rename.before)
            self._paired.add(before)
            named = replace(source, before_path=shown(before, self._limits.directory))
            return self._with(named, size, rename.blob, past)
        blob = past.blobs.get(name)
        if blob is None:
            return Sized(source, size)
        if name not in past.differing:
            self._unchanged += 1
            return None
        is_gone = not source.fingerprint and not os.path.lexists(path)
        return self._with(replace(source, is_gone=is_gone), size, blob, past)

    def gone(self) -> Iterable[Sized | Skipped]:
        for past in self._pasts:
            names = past.differing.intersection(past.blobs)
            for name in sorted(names, key=lambda each: each.split("/")):
                path = os.path.join(past.repository.top, name)
                if path not in self._paired and self._is_wanted(
                    path, past.texts.get(past.blobs[name])
                ):
                    yield self._gone(path, past.blobs[name], past)

    def commits(self, paths: Iterable[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for path in paths if self._question.days is not None else ():
            whole = self._path_of(path)
            past = self._past_of(whole)
            if past is None or self._is_foreign(whole, past):
                self._elsewhere += 1
            elif count := past.commits.get(relative(whole, past.repository.top)):
                found[path] = count
        return found

    def remarks(self) -> Remarks:
        commits = list(dict.fromkeys(past.commit for past in self._pasts if past.commit))
        notes: list[str] = []
        if self._elsewhere:
            notes.append(
                f"{self._elsewhere:,} files of submodules or other repositories have no history here."
            )
        if any(past.repository.is_shallow for past in self._pasts):
            notes.append("The clone is shallow: older commits are not there.")
        if self._question.days is not None:
            notes.append(
                f"Commits of {self._question.days} days, without merges; renames within `path` are followed."
            )
            return Remarks(", ".join(commits) or None, tuple(notes))
        short = ", ".join(commit[:_SHORT] for commit in commits)
        text = f"compared with {self._question.revision} ({short}) · {self._unchanged:,} files unchanged"
        return Remarks(", ".join(commits) or None, tuple(notes), self._unchanged, text)

    # --- one file

    def _with(self, source: Source, size: int, blob: str, past: _Past) -> Sized | Skipped:
        text = past.texts.get(blob)
        if text is None:
            most = self._limits.max_file_bytes
            message = (
                f"Its earlier version is not in the repository, or has more than {most:,} bytes."
            )
            return Skipped(source.path or "", "too_large", message)
        return Sized(replace(source, before=text, before_identity=blob), size + len(text))

    def _gone(self, path: str, blob: str, past: _Past) -> Sized | Skipped:
        name = shown(path, self._limits.directory)
        printable = name.encode(errors="replace").decode()
        if printable != name:
            return Skipped(printable, "bad_name", "Its name is not valid UTF-8.")
        source = Source(path=name, language=self._question.language, is_gone=True)
        return self._with(source, 0, blob, past)

    def _is_wanted(self, path: str, text: bytes | None) -> bool:
        """Tell whether a listing would have named a file that is gone, as far as its name tells."""
        if not _is_allowed(path, self._limits.roots) or os.path.lexists(path):
            return False  # what is there, and was not listed, was left out for a reason
        if not any(matches(path, pattern) for pattern in self._patterns):
            return False
        if is_source(path, self._question.language):
            return True
        has_extension = "." in path.rpartition("/")[2]
        is_script = text is not None and text.startswith(b"#!")
        return not has_extension and is_script and self._question.language is None

    def _path_of(self, name: str) -> str:
        """Return what *name* means: what a caller calls so may be a link, what a listing calls so is none."""
        is_named = name in self._named
        directory = self._limits.directory
        return resolved(name, directory) if is_named else located(name, directory)

    def _past_of(self, path: str) -> _Past | None:
        return next((past for past in self._pasts if is_below(path, past.repository.top)), None)

    def _is_foreign(self, path: str, past: _Past) -> bool:
        """Tell whether another repository begins between the top and the file."""
        folder = os.path.dirname(path)
        if folder == past.repository.top or not is_below(folder, past.repository.top):
            return False
        if folder not in self._foreign:
            is_module = relative(folder, past.repository.top) in past.modules
            has_own = is_module or os.path.lexists(os.path.join(folder, ".git"))
            self._foreign[folder] = has_own or self._is_foreign(folder, past)
        return self._foreign[folder]


async def history(processes: GitProcesses, question: Question, limits: GitLimits) -> History:
    """Ask git what *question* needs to know.

    Raises:
        CallRefused: a path is outside the roots or in no repository, or git cannot say.
    """
    asked: dict[str, list[str]] = {}
    repositories: dict[str, Repository] = {}
    for name in question.paths:
        path, folder = _where(name, limits)
        repository = _known(folder, repositories) or await Repository.around(processes, folder)
        if not is_below(path, repository.top):
            raise CallRefused("not_found", f"'{name}' is not below its repository's working tree.")
        repositories.setdefault(repository.top, repository)
        asked.setdefault(repository.top, []).append(relative(path, repository.top))
    pasts = [
        await _past(repositories[top], tuple(dict.fromkeys(paths)), question, limits)
        for top, paths in asked.items()
    ]
    return History(question, limits, pasts)


async def _past(
    repository: Repository, paths: tuple[str, ...], question: Question, limits: GitLimits
) -> _Past:
    if question.revision is None:
        head, counts = await repository.commits(question.days or 0, paths)
        return _Past(repository, head, {}, frozenset(), frozenset(), {}, {}, dict(counts), paths)
    commit = await repository.commit(question.revision)
    tree = await repository.tree(commit, paths)
    differing = frozenset(await repository.differing(commit, paths))
    renamed = {
        each.after: each
        for each in await repository.renames(commit)
        if _is_in(each.after, paths)
        and each.after not in tree.blobs
        and _is_allowed(os.path.join(repository.top, each.before), limits.roots)
    }
    wanted = [
        tree.blobs[name]
        for name in differing
        if name in tree.blobs and (name in paths or is_source(name, None) or "." not in _last(name))
    ]
    wanted += [each.blob for each in renamed.values()]
    texts = await repository.texts(wanted, limits.max_file_bytes)
    blobs, modules = tree
    return _Past(repository, commit, blobs, modules, differing, renamed, texts, {}, paths)


def _where(name: str, limits: GitLimits) -> tuple[str, str]:
    """Return the path that *name* means, of a glob what is before it, and the folder to ask git in."""
    if "\0" in name:
        raise CallRefused("bad_name", "A path cannot hold a NUL.")
    path = resolved(name, limits.directory)
    while _GLOB.intersection(path) and not os.path.lexists(path):
        path = os.path.dirname(path)
    if not _is_allowed(path, limits.roots):
        raise CallRefused("not_allowed", f"'{name}' is outside the allowed roots.")
    folder = path
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return path, folder


def _known(folder: str, repositories: Mapping[str, Repository]) -> Repository | None:
    """Return the repository around *folder* if git has named it before."""
    while folder not in repositories:
        if folder == os.path.dirname(folder) or os.path.lexists(os.path.join(folder, ".git")):
            return None
        folder = os.path.dirname(folder)
    return repositories[folder]


def _is_allowed(path: str, roots: Iterable[str]) -> bool:
    return any(is_below(path, root) for root in roots)


def _is_in(name: str, paths: Iterable[str]) -> bool:
    return any(path == "." or is_below(name, path) for path in paths)


def _last(name: str) -> str:
    return name.rpartition("/")[2]
