"""Git's ignore rules: what one .gitignore says about a path, and which one has the last word. Pure.

A path is only judged on its own here: whoever walks must not enter an ignored folder, which is what
makes it impossible to re-include a file from there, as in git.
"""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from workers.files.wildmatch import translate

_BOM = b"\xef\xbb\xbf"


class Pattern(NamedTuple):
    """One line of an ignore file. *regex* is for the base name if *on_name*, else for the path."""

    regex: str
    negated: bool
    on_name: bool


class Patterns:
    """All lines of one ignore file. Like git, it judges bytes, not characters."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        numbered = list(enumerate(patterns))
        self._negated = [pattern.negated for _, pattern in numbered]
        self._names = _Alternatives((n, p.regex) for n, p in numbered if p.on_name)
        self._paths = _Alternatives((n, p.regex) for n, p in numbered if not p.on_name)

    def verdict(self, name: bytes, path: bytes) -> bool | None:
        """Tell whether a path is ignored; None when no line is about it. Folders end with `/`."""
        last = max(self._names.last_match(name), self._paths.last_match(path))
        return None if last < 0 else not self._negated[last]


class _Alternatives:
    """Numbered regular expressions in one, so that a match costs one call and not one a line."""

    def __init__(self, numbered: Iterable[tuple[int, str]]) -> None:
        # The first alternative wins, but in an ignore file it is the last line.
        latest_first = sorted(numbered, reverse=True)
        self._numbers = [-1, *(number for number, _ in latest_first)]
        regex = "|".join(f"({regex})" for _, regex in latest_first)
        self._match = re.compile(regex.encode("latin-1"), re.DOTALL).fullmatch

    def last_match(self, subject: bytes) -> int:
        if len(self._numbers) == 1:
            return -1
        match = self._match(subject)
        return -1 if match is None else self._numbers[match.lastindex or 0]


class Ignore(NamedTuple):
    """One file's rules; *skip* is the length of the path, with `/`, of the folder they rule."""

    patterns: Patterns
    skip: int


def is_ignored(path: str, ignores: Iterable[Ignore]) -> bool:
    """Judge an absolute *path*, a folder's ending in `/`; the first of *ignores* to know wins."""
    encoded = os.fsencode(path)
    name = encoded[encoded.rfind(b"/", 0, -1) + 1 :]
    for patterns, skip in ignores:
        verdict = patterns.verdict(name, encoded[skip:])
        if verdict is not None:
            return verdict
    return False


@lru_cache(maxsize=512)
def parse(content: bytes) -> Patterns:
    """Compile one ignore file; the cache is there because most of them are seen again and again."""
    lines = content.removeprefix(_BOM).decode("latin-1").split("\n")
    return Patterns(pattern for line in lines if (pattern := parse_line(line)))


def parse_line(line: str) -> Pattern | None:
    """Return the pattern of one line, None for a comment or a blank."""
    line = _without_trailing_spaces(line.removesuffix("\r"))
    if not line or line.startswith("#"):
        return None
    glob = line.removeprefix("!")
    only_folders = glob.endswith("/")
    glob = glob.removesuffix("/")
    # A `*` could match the nothing after a folder's own slash; the look back makes it not do so.
    regex = translate(glob.removeprefix("/")) + "(?<!/)"
    return Pattern(
        regex=regex + ("/" if only_folders else "/?"),
        negated=line.startswith("!"),
        on_name="/" not in glob,
    )


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    escaped = backslashes % 2 == 1 and stripped != line
    return stripped + " " if escaped else stripped
