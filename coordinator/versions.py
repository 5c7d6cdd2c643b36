"""What the sources of a run are compared with, as the run sees it: each source gets its earlier version.

Sources are asked for one by one as they are listed; when all are listed, what is left over is gone.
Rule: pure but for the resolving of names; no file is read.
"""

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.paths.globs import Glob, split_glob
from protocol.paths.kinds import kinds_of
from protocol.paths.names import is_below, relative, shown
from protocol.paths.wildmatch import has_wildcards
from protocol.tools.files import Listed, Skipped, Source


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
        if is_below(path, self._before) and is_below(self._before, self._after):
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


def is_source(path: str, language: str | None) -> bool:
    """Tell whether the name alone says that a file is in *language*, or in any if that is None."""
    return kinds_of(language).admit(path.rpartition("/")[2])


def matches(path: str, pattern: str) -> bool:
    """Tell whether *path* is what *pattern* names: that, something in it, or what its wildcards admit.

    They mean what they mean in a listing.
    """
    if is_below(path, os.path.realpath(pattern)):
        return True
    if not has_wildcards(pattern):
        return False
    folder, glob = split_glob(pattern)
    start = os.path.realpath(folder)
    is_inside = path != start and is_below(path, start)
    return is_inside and _glob(glob).matches(relative(path, start)) is not None


_glob = lru_cache(Glob)
"""A run asks for each of its files about the same few."""
