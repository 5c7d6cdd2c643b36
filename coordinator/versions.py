"""What the sources of a run are compared with, as the run sees it: each source gets its earlier version.

Sources are asked for one by one as they are listed; when all are listed, what is left over is gone.
Rule: pure but for the resolving of names; no file is read.
"""

import os
import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.tools.files import Listed, Skipped, Source
from protocol.tools.languages import LANGUAGES, resolve_language


class Sized(NamedTuple):
    """A source with what it weighs in a batch, in bytes."""

    source: Source
    size: int


class Remarks(NamedTuple):
    """What is to be said of a comparison or a count: of which commit, what limits it, further totals."""

    revision: str | None = None
    notes: tuple[str, ...] = ()
    unchanged: int | None = None
    text: str = ""


class Versions(Protocol):
    """The earlier versions of what one run is about."""

    def pair(self, source: Source, size: int) -> Sized | Skipped | None:
        """Return *source* with its earlier version; None if it is as it was, `Skipped` why not."""
        ...

    def gone(self) -> Iterable[Sized | Skipped]:
        """Return what there was, and is not among the sources that were paired."""
        ...

    def commits(self, paths: Iterable[str]) -> dict[str, int]:
        """Return how many commits touched each of *paths*, where that was asked for."""
        ...

    def remarks(self) -> Remarks:
        """Return what is to be said of it, when everything is paired."""
        ...


class FolderBefore:
    """The earlier version is another folder, in which files have the same relative names."""

    def __init__(self, after: str, before: str, directory: str) -> None:
        """Compare the folder *after* with *before*, as a caller in *directory* names them.

        Raises:
            CallRefused: they are one and the same.
        """
        self._after = resolved(after, directory)
        self._before = resolved(before, directory)
        if self._after == self._before:
            raise CallRefused("invalid_arguments", "`compare_path` is the same folder as `path`.")
        self._directory = directory
        self._listed: dict[str, Listed] = {}

    def add(self, listed: Listed) -> None:
        """Take a file of the earlier folder."""
        self._listed[relative(located(listed.path, self._directory), self._before)] = listed

    def pair(self, source: Source, size: int) -> Sized | Skipped | None:
        assert source.path is not None
        path = located(source.path, self._directory)
        if below(path, self._before) and below(self._before, self._after):
            return None  # the earlier folder lies in the later one, of which it is no part
        known = self._listed.pop(relative(path, self._after), None)
        return Sized(source, size) if known is None else _with(source, size, known)

    def gone(self) -> Iterable[Sized | Skipped]:
        for name, listed in self._listed.items():
            path = shown(os.path.join(self._after, name), self._directory)
            yield _with(Source(path=path, is_gone=True), 0, listed)

    def commits(self, paths: Iterable[str]) -> dict[str, int]:
        del paths
        return {}

    def remarks(self) -> Remarks:
        return Remarks()


def _with(source: Source, size: int, listed: Listed) -> Sized:
    paired = replace(source, before_path=listed.path, before_identity=listed.fingerprint)
    return Sized(paired, size + listed.size)


def resolved(name: str, directory: str) -> str:
    """Return the absolute path, free of symbolic links, of what a caller in *directory* calls *name*."""
    return os.path.realpath(os.path.join(directory, os.path.expanduser(name)))


def located(name: str, directory: str) -> str:
    """Return the absolute path of a *name* from a listing, which is resolved already: that is not cheap."""
    return os.path.normpath(os.path.join(directory, name))


def relative(path: str, folder: str) -> str:
    """Return *path* as seen from *folder*, in which it lies; both are resolved."""
    return path[len(folder.rstrip("/")) + 1 :] or "."


def below(path: str, folder: str) -> bool:
    """Tell whether *path* is *folder* or lies in it; both are resolved."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def shown(path: str, directory: str) -> str:
    """Return how answers name the resolved *path*: as workers do, relative if it is below *directory*."""
    if path == directory or not below(path, directory):
        return "." if path == directory else path
    name = relative(path, directory)
    return f"./{name}" if name.startswith("~") else name


def is_source(name: str, language: str | None) -> bool:
    """Tell whether the name alone says that a file is in *language*, or in any if that is None."""
    file = name.rpartition("/")[2].lower()
    extension = file[file.rfind(".") :] if "." in file else ""
    wanted = None if language is None else resolve_language(language)
    known = LANGUAGES.values() if wanted is None else (LANGUAGES[wanted],)
    return any(file in each.filenames or extension in each.extensions for each in known)


def matches(path: str, pattern: str) -> bool:
    """Tell whether *path* is what *pattern* names: that, something in it, or what its wildcards admit.

    `**` stands for any number of folders. All ways through the pattern are followed at once, so that no
    pattern takes long.
    """
    if below(path, os.path.realpath(pattern)):
        return True
    if not _WILD.search(pattern):
        return False
    wanted = os.path.normpath(pattern.replace("[^", "[!")).split("/")
    if wanted[-1] == "**":
        wanted.append("*")  # the folder itself is none of what is in it
    reached = _with_skipped({0}, wanted)
    for part in path.split("/"):
        reached = _with_skipped(set(_next(part, reached, wanted)), wanted)
    return len(wanted) in reached


def _next(part: str, reached: set[int], wanted: list[str]) -> Iterator[int]:
    for at in reached:
        if at < len(wanted) and wanted[at] == "**":
            yield at
        elif at < len(wanted) and fnmatchcase(part, wanted[at]):
            yield at + 1


def _with_skipped(reached: set[int], wanted: list[str]) -> set[int]:
    """Add where one gets if `**` stands for no folder."""
    found = set(reached)
    for at in sorted(reached):
        while at < len(wanted) and wanted[at] == "**":
            at += 1  # noqa: PLW2901 - on to what comes after it
            found.add(at)
    return found


_WILD = re.compile(r"[*?\[]")
