"""Why a tree-sitter query does not fit a grammar, in one sentence with the nearest name that does."""

import functools
import re

import tree_sitter

from protocol.tools.languages import LANGUAGES
from protocol.tools.suggest import nearest
from workers.syntax import grammars

_ERROR = re.compile(
    r"(?P<what>.*?) at row (?P<row>\d+), column (?P<column>\d+)(?:: (?P<name>.*))?", re.DOTALL
)
_MOST_NAME = 80
_MOST_NEAR = 3
_LEAST_WORD = 4


def why_not(error: tree_sitter.QueryError, language: str) -> str:
    """Return what is wrong, without a full stop; *error* is what the grammar said of the query."""
    title = LANGUAGES[language].title
    match = _ERROR.match(str(error))
    if match is None:
        return f"it is no query for {title}: {str(error)[:200]}"
    where = f"line {int(match['row']) + 1}, column {int(match['column']) + 1}"
    name = (match["name"] or "")[:_MOST_NAME]
    what = match["what"]
    if "node type" in what:
        return f"{where}: {title} has no node {name!r}{_nearest(name, node_kinds(language))}"
    if "field name" in what:
        return f"{where}: {title} has no field {name!r}{_nearest(name, _fields(language))}"
    if "capture name" in what:
        return f"{where}: nothing in the pattern is captured as @{name}"
    if "Impossible" in what:
        return f"{where}: in {title} nothing like this can stand there, so it would never match"
    return f"{where}: {what.lower()}"


@functools.cache
def node_kinds(language: str) -> tuple[str, ...]:
    """Return the names that a query may use for nodes: named ones, supertypes, and tokens."""
    grammar = grammars.grammar(language)
    kinds = range(grammar.node_kind_count)
    names = {
        grammar.node_kind_for_id(kind)
        for kind in kinds
        if grammar.node_kind_is_visible(kind) or grammar.node_kind_is_supertype(kind)
    }
    return tuple(sorted(name for name in names if name))


@functools.cache
def _fields(language: str) -> tuple[str, ...]:
    grammar = grammars.grammar(language)
    names = (grammar.field_name_for_id(number) for number in range(1, grammar.field_count + 1))
    return tuple(sorted(name for name in names if name))


def _nearest(name: str, known: tuple[str, ...]) -> str:
    """Return a hint: what begins like *name*, what is spelled nearly so, what shares a word with it."""
    close = [each for each in known if len(name) >= _LEAST_WORD and each.startswith(name)]
    close += nearest(name, known, _MOST_NEAR)
    words = [word for word in name.lower().split("_") if len(word) >= _LEAST_WORD]
    close += [each for each in known if any(word in each for word in words)]
    near = list(dict.fromkeys(close))[:_MOST_NEAR]
    return f"; nearest: {', '.join(near)}" if near else ""
