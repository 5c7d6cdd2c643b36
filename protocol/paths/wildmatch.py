"""Git's pattern language, as regular expressions. Pure.

Both .gitignore files and the globs of callers are written in it. All wildcards but the last of
their kind become atomic groups: where there is a match at all there is one that takes the leftmost
way through, so that no pattern, however hostile, makes the regular expression try all the ways.
"""

import re

NEVER = r"(?!)"
"""Matches nothing, as patterns do that git discards."""

_WILDCARDS = re.compile(r"[*?\[\\]")
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t-\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


_FOLDERS = "**/"
_STAR = "*"


def has_wildcards(pattern: str) -> bool:
    """Tell whether *pattern* can mean anything but itself."""
    return _WILDCARDS.search(pattern) is not None


def translate(pattern: str) -> str:
    """Return a regular expression, without capturing groups, that whole paths must match.

    Use it with DOTALL. `*`, `?` and `[...]` stay in a segment, `**` as a whole segment does not.
    """
    wildcard = _WILDCARDS.search(pattern)
    if wildcard is None:
        return re.escape(pattern)
    # Git compares the part before the first wildcard on its own, so `a**/b` can match `axx/b` too.
    literal, rest = pattern[: wildcard.start()], pattern[wildcard.start() :]
    try:
        return re.escape(literal) + _assemble(_tokens(rest))
    except (LookupError, ValueError):  # it ends inside of [...] or names no class: git discards it
        return NEVER


def _tokens(pattern: str) -> list[str]:
    """Cut *pattern* into `_FOLDERS`, `_STAR` and regular expressions for the rest."""
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        token, position = _token(pattern, position)
        tokens.append(token)
    return tokens


def _token(pattern: str, position: int) -> tuple[str, int]:
    """Return the token at *position* and the position after it, as all functions below do."""
    character = pattern[position]
    if character == "*":
        return _stars(pattern, position)
    if character == "?":
        return "[^/]", position + 1
    if character == "[":
        return _character_class(pattern, position + 1)
    if character == "\\":
        position += 1
    return re.escape(pattern[position]), position + 1


def _stars(pattern: str, position: int) -> tuple[str, int]:
    rest = pattern[position:].lstrip("*")
    end = len(pattern) - len(rest)
    if end - position > 1 and (position == 0 or pattern[position - 1] == "/"):
        if not rest:
            return ".*", end
        if rest[0] == "/":
            return _FOLDERS, end + 1
    return _STAR, end


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    negated = pattern[position] in "!^"
    members, end = _members(pattern, position + negated)
    if negated:
        return f"[^/{members}]", end
    return (f"(?!/)[{members}]" if members else NEVER), end


def _members(pattern: str, position: int) -> tuple[str, int]:
    member, previous, position = _member(pattern, position, "")  # a `]` in first place is a member
    members = [member]
    while pattern[position] != "]":
        member, previous, position = _member(pattern, position, previous)
        members.append(member)
    return "".join(members), position + 1


def _member(pattern: str, position: int, previous: str) -> tuple[str, str, int]:
    """Return one member, the character that a range could start from, and the position after it."""
    character = pattern[position]
    if character == "-" and previous and pattern[position + 1] != "]":
        high, position = _plain(pattern, position + 1)
        in_order = previous <= high
        return (f"{re.escape(previous)}-{re.escape(high)}" if in_order else ""), "", position
    if character == "[" and pattern[position + 1] == ":":
        end = pattern.index("]", position + 2)
        if pattern[position + 2 : end].endswith(":"):
            return _CLASSES[pattern[position + 2 : end - 1]], "", end + 1
    character, position = _plain(pattern, position)
    return re.escape(character), character, position


def _plain(pattern: str, position: int) -> tuple[str, int]:
    if pattern[position] == "\\":
        position += 1
    return pattern[position], position + 1


def _assemble(tokens: list[str]) -> str:
    first, *others = _split(tokens, _FOLDERS)
    regex = _segments(first)
    for tokens_between in others[:-1]:
        regex += f"(?>(?:.*?/)??{_segments(tokens_between)})"
    return regex + f"(?:.*/)?{_segments(others[-1])}" if others else regex


def _segments(tokens: list[str]) -> str:
    return "/".join(_segment(segment) for segment in _split(tokens, "/"))


def _segment(tokens: list[str]) -> str:
    first, *others = ("".join(part) for part in _split(tokens, _STAR))
    regex = first + "".join(f"(?>[^/]*?{part})" for part in others[:-1])
    return regex + f"[^/]*{others[-1]}" if others else regex


def _split(tokens: list[str], separator: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
