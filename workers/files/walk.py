"""Down a folder: every wanted file, each folder's files before its folders, both by bytewise name.

A folder is read through its descriptor: it cannot be swapped for a link out of the roots meanwhile.
Links to folders are not followed, and links to files only within the roots; those go by the name of
what they lead to.
"""

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from protocol.errors import CallRefused, ErrorCode
from protocol.paths.globs import Glob
from protocol.paths.kinds import SHEBANG_BYTES, Kinds, has_extension
from protocol.paths.names import printable, quoted, shown
from protocol.tools.files import Listed, Skipped
from protocol.tools.fingerprint import fingerprint
from protocol.worker.settings import WorkerSettings
from workers.context import JobCancelled
from workers.files.ignore import Ignore, is_ignored
from workers.files.reading import require_readable
from workers.files.refusals import refusal
from workers.files.repository import (
    ignores_above,
    own_ignores,
    repository_ignores,
    top_of,
    tracked_files,
)
from workers.files.roots import opened, require_below_roots
from workers.files.vendored import is_leftover, vendored_by_content, vendored_by_name

Entry = Listed | Skipped


class Query(NamedTuple):
    """What is looked for. *named* are the resolved paths that the caller named one by one."""

    settings: WorkerSettings
    kinds: Kinds
    named: frozenset[str]
    cancelled: Callable[[], bool]

    def listed(self, path: str, status: os.stat_result, name: str = "") -> Listed:
        """Describe the file at the resolved *path*, which answers call *name* if that is known already.

        Raises:
            CallRefused: it is none, or too large, or JSON cannot carry its name.
        """
        name = name or shown(path, self.settings.working_directory)
        if printable(name) != name:
            raise CallRefused("bad_name", f"The name {quoted(name)} is not valid UTF-8.")
        require_readable(status, name, self.settings)
        return Listed(name, status.st_size, fingerprint(status), named=path in self.named)

    def skipped(self, path: str, code: ErrorCode, message: str) -> Skipped:
        """Describe what is left out."""
        return Skipped(printable(shown(path, self.settings.working_directory)), code, message)


class _Folder(NamedTuple):
    """A folder to go to; of one that is ignored, only what git tracks in it is wanted."""

    path: str
    ignores: tuple[Ignore, ...]
    top: str
    is_ignored: bool = False


def walk(start: str, glob: Glob, query: Query) -> Iterator[Entry]:
    """Yield what *glob* wants below the resolved folder *start*.

    Raises:
        JobCancelled: nobody wants to know any more.
    """
    top = top_of(start, query.settings)
    pending = [_Folder(start, ignores_above(start, top), top)]
    while pending:
        if query.cancelled():
            raise JobCancelled
        visit = _Visit(pending.pop(), start, glob, query)
        yield from visit.entries()
        pending.extend(reversed(visit.folders))


class _Visit:
    """One folder, read once: its entries, and the folders to go to after it."""

    def __init__(self, folder: _Folder, start: str, glob: Glob, query: Query) -> None:
        self.folders: list[_Folder] = []
        self._path, self._ignores, self._top, self._is_ignored = folder
        self._is_named = folder.path == start or folder.path in query.named
        self._prefix = folder.path.rstrip("/") + "/"
        self._relative = self._prefix[len(start.rstrip("/")) + 1 :]
        # What the names of all files in here begin with; at the top of all, each is a case of its own.
        here = shown(folder.path, query.settings.working_directory)
        self._shown = "" if here in {".", "/"} else here + "/"
        self._glob = glob
        self._query = query

    def entries(self) -> list[Entry]:
        name = shown(self._path, self._query.settings.working_directory)
        try:
            with opened(self._path, name, self._query.settings) as descriptor:
                return self._read(descriptor)
        except (CallRefused, OSError) as error:
            return [self._refused(self._path, error)]

    def _read(self, descriptor: int) -> list[Entry]:
        with os.scandir(descriptor) as scan:
            found = sorted(scan, key=lambda entry: entry.name)
        names = {entry.name for entry in found}
        why = None if self._is_named else vendored_by_content(names)
        if why is not None:
            return [self._vendored(self._path, why)]
        self._learn_rules(names, descriptor)
        folders = {entry.name for entry in found if entry.is_dir(follow_symlinks=False)}
        files = (self._file(entry, descriptor) for entry in found if entry.name not in folders)
        skipped = (self._folder(name, names) for name in sorted(folders))
        return [entry for entries in (files, skipped) for entry in entries if entry is not None]

    def _learn_rules(self, names: set[str], descriptor: int) -> None:
        if ".git" in names:  # another repository begins here: the rules around it end
            self._ignores = repository_ignores(self._path)
            self._top, self._is_ignored = self._path, False
        if ".gitignore" in names:
            self._ignores = own_ignores(self._path, descriptor) + self._ignores

    def _folder(self, name: str, beside: set[str]) -> Skipped | None:
        """Note the folder for later, or say why not."""
        path = self._prefix + name
        if is_leftover(name) or not self._glob.may_hold(self._relative + name):
            return None
        ignored = self._is_ignored or is_ignored(path + "/", self._ignores)
        if ignored and not self._is_tracked(path + "/"):
            return None
        if printable(name) != name:
            return self._query.skipped(path, "bad_name", "The folder's name is not valid UTF-8.")
        why = None if path in self._query.named else vendored_by_name(name, beside)
        if why is not None:
            return self._vendored(path, why)
        self.folders.append(_Folder(path, self._ignores, self._top, ignored))
        return None

    def _is_tracked(self, path: str) -> bool:
        return tracked_files(self._top).holds(os.fsencode(path[len(self._top.rstrip("/")) + 1 :]))

    def _vendored(self, path: str, why: str) -> Skipped:
        name = quoted(shown(path, self._query.settings.working_directory))
        return self._query.skipped(path, "vendored", f"{name} {why}; name it to work on it.")

    def _file(self, entry: os.DirEntry[str], descriptor: int) -> Entry | None:
        path = self._prefix + entry.name
        if not self._is_wanted(entry.name):
            return None
        ignored = self._is_ignored or (bool(self._ignores) and is_ignored(path, self._ignores))
        if ignored and not self._is_tracked(path):
            return None
        try:
            if entry.is_symlink():
                return self._link(path)
            if entry.is_file() and self._is_source(entry.name, descriptor):
                name = self._shown and self._shown + entry.name
                return self._query.listed(path, entry.stat(follow_symlinks=False), name)
        except (CallRefused, OSError) as error:
            return self._refused(path, error)
        return None

    def _is_wanted(self, name: str) -> bool:
        by_name = self._query.kinds.admit(name) or not has_extension(name)
        return by_name and self._glob.matches(self._relative + name) is not None

    def _is_source(self, name: str, folder: int) -> bool:
        """Ask the first line of a file whose name says nothing."""
        if has_extension(name) or self._query.kinds.admit(name):
            return True
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW
        descriptor = os.open(name, flags, dir_fd=folder)
        try:
            return self._query.kinds.admit_shebang(os.read(descriptor, SHEBANG_BYTES))
        finally:
            os.close(descriptor)

    def _link(self, path: str) -> Listed | None:
        resolved = os.path.realpath(path)
        name = shown(path, self._query.settings.working_directory)
        if os.path.isdir(resolved) or not self._query.kinds.admit(os.path.basename(resolved)):
            return None
        require_below_roots(resolved, name, self._query.settings)
        return self._query.listed(resolved, os.stat(resolved))

    def _refused(self, path: str, error: CallRefused | OSError) -> Skipped:
        name = shown(path, self._query.settings.working_directory)
        refused = refusal(error, name) if isinstance(error, OSError) else error
        return self._query.skipped(path, refused.code, refused.message)
