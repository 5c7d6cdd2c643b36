"""A glob: the folder it starts from, what matches below, and which folders to stay out of. Pure."""

import re

from protocol.paths.wildmatch import has_wildcards, translate


class Glob:
    """What is wanted below a folder; all paths are relative to it. `**` wants everything."""

    def __init__(self, pattern: str) -> None:
        self.matches = re.compile(translate(pattern), re.DOTALL).fullmatch
        segments = pattern.split("/")
        deep = next((n for n, segment in enumerate(segments) if _is_deep(segment)), None)
        self._unbounded = deep is not None
        self._folders = [
            re.compile(translate(segment), re.DOTALL).fullmatch
            for segment in segments[: -1 if deep is None else deep]
        ]

    def may_hold(self, folder: str) -> bool:
        """Tell whether matches can lie below *folder*, given that they can below the one above."""
        depth = folder.count("/")
        if depth >= len(self._folders):
            return self._unbounded
        return self._folders[depth](folder.rpartition("/")[2]) is not None


def split_glob(glob: str) -> tuple[str, str]:
    """Cut *glob* into the folder that it names literally and the pattern below that folder.

    >>> split_glob("src/**/*.py")
    ('src', '**/*.py')
    """
    segments = (glob + "**" if glob.endswith("/") else glob).split("/")
    first = next(n for n, segment in enumerate(segments) if has_wildcards(segment))
    prefix = "/".join(segments[:first]) or ("/" if glob.startswith("/") else ".")
    return prefix, "/".join(segments[first:])


def _is_deep(segment: str) -> bool:
    return len(segment) > 1 and not segment.strip("*")
