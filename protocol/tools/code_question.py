"""What may be asked of `code_parse` together, and what excludes what."""

from typing import Literal

from protocol.errors import CallRefused
from protocol.tools.tree_query import checked_tree_query, is_tree_query

Detail = Literal["summary", "symbols", "outline", "tree"]

MOST_NAME = 500
"""No symbol's name has more characters."""


def is_question(query: str | None, symbol: str | None) -> bool:
    """Tell whether something is asked for, rather than all that there is."""
    return query is not None or symbol is not None


def check_question(query: str | None, symbol: str | None, detail: Detail, around: int) -> None:
    """Refuse arguments that make no sense together, and a query that is none in any language.

    Raises:
        CallRefused: saying which, and what to do.
    """
    if query is not None and symbol is not None:
        raise _refused("give `query` or `symbol`, not both")
    asked = "query" if query is not None else "symbol"
    if not is_question(query, symbol):
        if around:
            raise _refused("`around` needs `query` or `symbol`")
        return
    if detail in ("outline", "tree"):
        raise _refused(f"`{asked}` and detail={detail} exclude each other; leave one of them out")
    if detail == "summary" and around:
        raise _refused("`around` and detail=summary exclude each other; leave one of them out")
    if not (query if query is not None else symbol or "").strip():
        raise _refused(f"`{asked}` is empty")
    if query is not None and is_tree_query(query):
        checked_tree_query(query)


def _refused(what: str) -> CallRefused:
    return CallRefused("invalid_arguments", f"{what}.")
