"""Find JSON in a model's prose: where a value that begins here ends, and what it is.

Rule 1: brackets within strings do not count, so that code in an argument fools nobody.
Rule 2: nothing here recurses over the depth of what a model wrote, and all of it takes linear time.
"""

import json
import re
from typing import Any, NoReturn

import msgspec

MOST_DEPTH = 64
"""A value that is nested more deeply is no tool call."""

_TOKEN = re.compile(
    r"""
    "[^"\\]*+(?:\\.[^"\\]*+)*+"      # a string, with raw newlines too: models forget to escape them
    | (?P<unended>")
    | (?P<bracket>[{}\[\]])
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSERS = {"{": "}", "[": "]"}


class NotJson(ValueError):
    """What was to be JSON is none; the message says why, for a model to read."""


def end_of_value(text: str, start: int) -> int | None:
    """Return where the object or array that begins at *start* ends; None if it does not."""
    closers: list[str] = []
    for token in _TOKEN.finditer(text, start):
        if token["unended"]:
            return None
        bracket = token["bracket"]
        if bracket is None:
            continue
        if bracket in _CLOSERS:
            if len(closers) == MOST_DEPTH:
                return None
            closers.append(_CLOSERS[bracket])
        elif closers.pop() != bracket:
            return None
        if not closers:
            return token.end()
    return None


def decode(text: str) -> Any:
    """Return the value that *text* is; control characters in strings are taken as they are.

    Raises:
        NotJson: it is none, is nested too deeply, or holds what cannot be sent on.
    """
    if _depth(text) > MOST_DEPTH:
        raise NotJson(f"it is nested more than {MOST_DEPTH} deep")
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse_constant)
        msgspec.json.encode(value)
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos + 1}") from None
    except UnicodeEncodeError:
        raise NotJson("it holds half of a surrogate pair") from None
    except (ValueError, OverflowError) as error:
        raise NotJson(str(error)) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is no JSON")


def _depth(text: str) -> int:
    """Return how deeply brackets are nested in *text*, whether they match or not."""
    depth = deepest = 0
    for token in _TOKEN.finditer(text):
        bracket = token["bracket"]
        if bracket in _CLOSERS:
            depth += 1
            deepest = max(deepest, depth)
        elif bracket is not None:
            depth -= 1
    return deepest
