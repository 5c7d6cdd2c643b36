"""Programs inside other sources: the scripts of Vue and Svelte, parsed where they stand.

A script is parsed with blanks for all that is around it, so every place in it is one in the whole file.
"""

import re
from typing import NamedTuple

from tree_sitter import Node, Tree

from workers.syntax.budget import Budget
from workers.syntax.nodes import child, children
from workers.syntax.parsing import parse
from workers.syntax.source import Source

_HOSTS = frozenset({"svelte", "vue"})
_MOST_SCRIPTS = 10
_TEXT = re.compile(rb"[^\n]")
_TYPED = re.compile(rb"\blang\s*=\s*[\"']?(tsx?)\b")


class Embedded(NamedTuple):
    """One script: its tree, and the source that has only blanks around it."""

    language: str
    tree: Tree
    source: Source


def embedded(tree: Tree, source: Source, language: str, budget: Budget) -> list[Embedded]:
    """Parse the scripts in *tree*, if it is of a language that has such.

    Raises:
        CallRefused: the budget is spent.
        JobCancelled: nobody waits any more.
    """
    if language not in _HOSTS:
        return []
    scripts = [*children(tree.root_node, "script_element")][:_MOST_SCRIPTS]
    texts = ((each, child(each, "raw_text")) for each in scripts)
    return [_parsed(each, text, source, budget) for each, text in texts if text is not None]


def _parsed(script: Node, text: Node, source: Source, budget: Budget) -> Embedded:
    start, end = text.start_byte, text.end_byte
    typed = _TYPED.search(source.data, script.start_byte, start)
    language = {b"ts": "typescript", b"tsx": "tsx"}.get(typed[1] if typed else b"", "javascript")
    data = _TEXT.sub(b" ", source.data[:start]) + source.data[start:end]
    return Embedded(language, parse(data, language, budget), Source(data))
