"""A question in one language: which of the two kinds it is, whether it fits, and how it is answered."""

import re
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.tools.languages import LANGUAGES
from protocol.tools.tree_query import is_tree_query, may_be_tree_query
from workers.query import pattern, tree_query
from workers.query.found import Found
from workers.query.pattern import Pattern
from workers.query.search import find_pattern
from workers.query.tree_query import TreeQuery, find_query
from workers.syntax.budget import Budget

_MAY_BE_MEANT = re.compile(r"\s*[(\[][^$]*@\w")
_MEANT = " If a tree-sitter query is meant: captures stand behind brackets, as in `(call) @c`."


class Question(NamedTuple):
    """A query or a pattern, compiled for *language*. *mark* is what its names begin with."""

    compiled: TreeQuery | Pattern
    language: str
    mark: str

    def find(self, data: bytes, budget: Budget) -> Found:
        """Find all matches in a source.

        Raises:
            CallRefused: the budget is spent.
            JobCancelled: nobody waits any more.
        """
        if isinstance(self.compiled, Pattern):
            return find_pattern(self.compiled, data, self.language, budget)
        return find_query(self.compiled, data, self.language, budget)


def question(text: str, language: str) -> Question:
    """Compile *text* for *language*; both kinds are kept compiled.

    Raises:
        CallRefused: it does not fit, and why.
    """
    compiled: TreeQuery | Pattern | str
    if is_tree_query(text) or _is_node(text, language):
        compiled, mark = tree_query.compiled(text, language), "@"
    else:
        compiled, mark = pattern.compiled(text, language), "$"
    if isinstance(compiled, str):
        title = LANGUAGES[language].title
        hint = _MEANT if mark == "$" and _MAY_BE_MEANT.match(text) else ""
        raise CallRefused("invalid_arguments", f"`query` does not fit {title}: {compiled}.{hint}")
    return Question(compiled, language, mark)


def _is_node(text: str, language: str) -> bool:
    """Tell whether what looks like a pattern is the name of a node, as in `(call)`."""
    return may_be_tree_query(text) and isinstance(tree_query.compiled(text, language), TreeQuery)
