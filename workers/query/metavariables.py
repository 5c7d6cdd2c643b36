"""Metavariables: the holes of a pattern, written as ast-grep writes them, and what stands in for them.

`$NAME` is one node, `$_` is any, `$$$NAME` and `$$$` are any number of neighbours. A name that begins
with `_` binds nothing: it may stand for another node each time.

A grammar does not know such names, so for parsing each is replaced by a word that it does know. Which
words those may be depends on the place: a parameter, a statement and a member are spelled differently.
"""

import re
from typing import NamedTuple

_VARIABLE = re.compile(r"(?<![\w$])\$(?P<many>\$\$)?(?P<name>[A-Z_][A-Z0-9_]*)?(?![\w$])")


class Variable(NamedTuple):
    """One hole. *name* is empty when it binds nothing."""

    said: str
    name: str
    is_many: bool


class Template(NamedTuple):
    """A pattern cut at its variables: one more of *texts* than of *variables*."""

    texts: tuple[str, ...]
    variables: tuple[Variable, ...]


class Filled(NamedTuple):
    """A template with words in its holes: *spans* are where they stand, as byte offsets in *code*."""

    code: bytes
    spans: dict[tuple[int, int], Variable]


def template(pattern: str) -> Template:
    """Cut *pattern* at its metavariables."""
    texts, variables, at = list[str](), list[Variable](), 0
    for match in _VARIABLE.finditer(pattern):
        name, is_many = match["name"] or "", match["many"] is not None
        if not name and not is_many:
            continue
        texts.append(pattern[at : match.start()])
        variables.append(Variable(match[0], "" if name.startswith("_") else name, is_many))
        at = match.end()
    return Template((*texts, pattern[at:]), tuple(variables))


def fill(cut: Template, words: tuple[str, ...]) -> Filled:
    """Put one of *words* into each hole of *cut*."""
    code = bytearray(cut.texts[0].encode("utf-8", "replace"))
    spans: dict[tuple[int, int], Variable] = {}
    for variable, word, text in zip(cut.variables, words, cut.texts[1:], strict=True):
        start = len(code)
        code += word.encode()
        spans[start, len(code)] = variable
        code += text.encode("utf-8", "replace")
    return Filled(bytes(code), spans)
