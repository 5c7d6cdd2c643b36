"""Git's ignore rules: what one .gitignore says about a path, and which one has the last word. Pure.

A path is only judged on its own here: whoever walks must not enter an ignored folder, which is what
makes it impossible to re-include a file from there, as in git.
"""

import os
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from protocol.paths.wildmatch import NEVER, translate

_BOM = b"\xef\xbb\xbf"


class Pattern(NamedTuple):
    """One line of an ignore file. *regex* is for the base name if *on_name*, else for the path."""

    regex: str
    negated: bool
    on_name: bool

    def matches(self, name: bytes, path: bytes) -> bool:
        """Tell whether this line is about a path."""
        return _compiled(self.regex).fullmatch(name if self.on_name else path) is not None


class Patterns:
    """All lines of one ignore file. Like git, it judges bytes, not characters."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._latest_first = patterns[::-1]
        self._only_ignores = not any(pattern.negated for pattern in patterns)
        # Most paths match no line: one expression for all lines says so in one call.
        self._some_name = _some(pattern.regex for pattern in patterns if pattern.on_name)
        self._some_path = _some(pattern.regex for pattern in patterns if not pattern.on_name)

    def verdict(self, name: bytes, path: bytes) -> bool | None:
        """Tell whether a path is ignored; None when no line is about it. Folders end with `/`."""
        if not (self._some_name.fullmatch(name) or self._some_path.fullmatch(path)):
            return None
        if self._only_ignores:
            return True
        return next(not line.negated for line in self._latest_first if line.matches(name, path))


def _some(regexes: Iterable[str]) -> re.Pattern[bytes]:
    # Without capturing groups, which would make the time quadratic in the number of lines.
    alternatives = "|".join(regexes) or NEVER
    return re.compile(alternatives.encode("latin-1"), re.DOTALL)


@lru_cache(maxsize=4096)
def _compiled(regex: str) -> re.Pattern[bytes]:
    return re.compile(regex.encode("latin-1"), re.DOTALL)


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


@lru_cache(maxsize=128)
def parse(content: bytes) -> Patterns:
    """Compile one ignore file; the cache is there because most of them are seen again and again."""
    lines = content.removeprefix(_BOM).decode("latin-1").split("\n")
    return Patterns([pattern for line in lines if (pattern := parse_line(line))])


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
