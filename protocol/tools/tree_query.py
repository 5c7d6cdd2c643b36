"""The text of a tree-sitter query: what can be said of it without any grammar.

Which names of nodes and fields there are only a grammar knows; that brackets close, that strings end
and that predicates are known and have what they need can be told before anybody is asked to search.
The syntax is that of https://tree-sitter.github.io/tree-sitter/using-parsers/queries/1-syntax.html.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.tools.suggest import did_you_mean

MOST_CHARACTERS = 10_000

_TOKEN = re.compile(
    r'(?P<blank>\s+|;[^\n]*)|(?P<string>"(?:[^"\\\n]|\\.)*")|(?P<open>[(\[])|(?P<close>[)\]])'
    r"|(?P<capture>@[\w.-]+)|(?P<predicate>#[\w.-]+[?!]?)|(?P<field>!?[A-Za-z_][\w-]*:?)"
    r"|(?P<mark>[*+?.:/!])"
)
_CLOSING = {"(": ")", "[": "]"}
_CAPTURED = re.compile(r'[)\]"_*+?]\s*@[\w.-]')

_TEXT = ("eq?", "not-eq?", "any-eq?", "any-not-eq?")
_REGEX = ("match?", "not-match?", "any-match?", "any-not-match?")
_CHOICE = ("any-of?", "not-any-of?")
_IGNORED = ("set!",)
PREDICATES = (*_TEXT, *_REGEX, *_CHOICE)
"""Those that decide whether a match counts; `#set!` is taken and has no effect."""


class Token(NamedTuple):
    """One word of a query; *at* is where it begins."""

    kind: str
    text: str
    at: int


class Predicate(NamedTuple):
    """One `(#name? ...)` with its arguments: captures with their `@`, strings without quotes."""

    name: str
    arguments: tuple[str, ...]
    at: int


def is_tree_query(text: str) -> bool:
    """Tell whether *text* can only be meant as a tree-sitter query.

    Those begin with a bracket or a string, and capture something with `@` behind one.
    """
    start = text.lstrip()
    while start.startswith(";") and "\n" in start:
        start = start.partition("\n")[2].lstrip()
    return start.startswith(("(", "[", '"')) and bool(_CAPTURED.search(start))


def may_be_tree_query(text: str) -> bool:
    """Tell whether *text* is a query if its first word is the name of a node, as in `(call)`."""
    return text.lstrip().startswith("(") and "$" not in text


def checked_tree_query(text: str) -> tuple[Predicate, ...]:
    """Check what can be checked without a grammar, and return the predicates.

    Raises:
        CallRefused: saying what is wrong and where.
    """
    open_at: list[Token] = []
    predicates: list[Predicate] = []
    tokens = [token for token in _tokens(text) if token.kind != "blank"]
    for number, token in enumerate(tokens):
        if token.kind == "open":
            open_at.append(token)
        elif token.kind == "close":
            if not open_at or _CLOSING[open_at.pop().text] != token.text:
                raise refused(text, token.at, f"nothing is open that '{token.text}' could close")
        elif token.kind == "predicate":
            predicates.append(_predicate(text, tokens, number))
    if open_at:
        raise refused(text, open_at[-1].at, f"'{open_at[-1].text}' is never closed")
    if not tokens:
        raise CallRefused("invalid_arguments", "`query`: there is nothing in it.")
    return tuple(predicates)


def with_own_predicates(text: str, prefix: str) -> str:
    """Return *text* with *prefix* in front of every predicate's name, so that no engine knows them."""
    kept = [
        f"#{prefix}{token.text[1:]}"
        if token.kind == "predicate" and token.text[1:] in PREDICATES
        else token.text
        for token in _tokens(text)
    ]
    return "".join(kept)


def refused(text: str, at: int, what: str) -> CallRefused:
    """Return the error for what is wrong in *text* at the offset *at*."""
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return CallRefused("invalid_arguments", f"`query` line {line}, column {column}: {what}.")


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            what = "a string that does not end" if text[at] == '"' else f"unexpected {text[at]!r}"
            raise refused(text, at, what)
        yield Token(match.lastgroup, match[0], at)
        at = match.end()


def _predicate(text: str, tokens: list[Token], number: int) -> Predicate:
    """Read the predicate whose name is the token *number*."""
    token, arguments = tokens[number], list[str]()
    name = token.text[1:]
    if name not in PREDICATES and name not in _IGNORED:
        near = did_you_mean(name, PREDICATES)
        raise refused(text, token.at, f"there is no predicate #{name[:40]}{near}")
    for each in tokens[number + 1 :]:
        if each.kind == "close":
            break
        is_string = each.kind == "string"
        arguments.append(_unquoted(each.text) if is_string else each.text)
    predicate = Predicate(name, tuple(arguments), token.at)
    if name in PREDICATES:
        _check(text, predicate)
    return predicate


def _check(text: str, predicate: Predicate) -> None:
    name, arguments = predicate.name, predicate.arguments
    is_enough = len(arguments) >= 2 if name in _CHOICE else len(arguments) == 2  # noqa: PLR2004
    if not is_enough or not arguments[0].startswith("@"):
        kind = "strings" if name in _CHOICE else "a string"
        raise refused(text, predicate.at, f"#{name} wants a capture and {kind}")
    if name in _REGEX:
        try:
            re.compile(arguments[1])
        except (re.error, RecursionError, OverflowError) as error:
            message = f"#{name} has a bad regular expression: {str(error)[:100]}"
            raise refused(text, predicate.at, message) from None


def _unquoted(string: str) -> str:
    escapes = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[1]), string[1:-1])
