"""The files of one call as their paths tell: looked up by name, by folder and by how they end.

Paths are texts with slashes, as the answer names them; nothing here looks at a disk.
"""

import posixpath
from collections.abc import Iterable, Iterator

_MOST_ALIKE = 200


class Paths:
    """The paths of all files; where several fit, the one nearest to who asks is meant."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._by_name: dict[str, list[str]] = {}
        self._folders: dict[str, list[str]] = {}
        self.all = frozenset(paths)
        for path in sorted(self.all):
            self._by_name.setdefault(posixpath.basename(path), []).append(path)
        for folder in sorted({each for path in self.all for each in above(path)}):
            self._folders.setdefault(posixpath.basename(folder), []).append(folder)
        self._known_folders = {each for found in self._folders.values() for each in found}

    def has_folder(self, folder: str) -> bool:
        """Tell whether a file is below *folder*."""
        return folder in self._known_folders

    def first(self, *candidates: str) -> str | None:
        """Return the first of *candidates* that is a file."""
        return next((each for each in candidates if each in self.all), None)

    def ending(self, end: str, near: str) -> str | None:
        """Return the file whose last parts are *end*."""
        return self._nearest(self._by_name, end, near)

    def folder_ending(self, end: str, near: str) -> str | None:
        """Return the folder whose last parts are *end*."""
        return self._nearest(self._folders, end, near)

    @staticmethod
    def _nearest(names: dict[str, list[str]], end: str, near: str) -> str | None:
        alike = names.get(posixpath.basename(end), [])
        fit = [each for each in alike if each == end or each.endswith("/" + end)]
        return nearest(fit[:_MOST_ALIKE], near)


def nearest(paths: list[str], near: str) -> str | None:
    """Return the path that shares most folders with *near*; of several the shortest, then the first."""
    if len(paths) < 2:  # noqa: PLR2004 - nothing to compare
        return paths[0] if paths else None
    around = near.split("/")[:-1]

    def distance(path: str) -> tuple[int, int, str]:
        parts = path.split("/")
        return (-_shared(parts, around), len(parts), path)

    return min(paths, key=distance)


def _shared(first: list[str], second: list[str]) -> int:
    for at, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return at
    return min(len(first), len(second))


def above(path: str) -> Iterator[str]:
    """Yield the folders that *path* is in, innermost first; the last is the empty text, or a slash."""
    while path not in ("", "/"):
        path = posixpath.dirname(path)
        yield path


def join(folder: str, relative: str) -> str:
    """Return where *relative* leads from *folder*."""
    path = posixpath.normpath(posixpath.join(folder, relative))
    return "" if path == "." else path


def files_said(count: int) -> str:
    """Return how many files there are, in words."""
    return "1 file" if count == 1 else f"{count:,} files"
