"""Local names that hide others: builtins in Python, outer variables and parameters elsewhere.

Only where it is rarely meant: not in Rust and Go, where a name is taken over on purpose, and not where
the compiler refuses it. What is declared outside of functions is left alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec
from tree_sitter import Node

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.python import hidden_builtins
from workers.analyze.findings.scene import Scene


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """One language: *declared* matches local declarations, the name being its group.

    A name is declared by a node of *declarators*, and known in the innermost of *scopes*.
    """

    declared: re.Pattern[bytes]
    declarators: frozenset[str]
    scopes: frozenset[str]


_ECMASCRIPT = Names(
    declared=re.compile(
        rb"\n[ \t]+(?:for \()?(?:let|const) ([A-Za-z_$][\w$]*+) ?(?:[=;:]|of\b|in\b)"
    ),
    declarators=frozenset({"variable_declarator", "for_in_statement"}),
    scopes=frozenset({"statement_block", "for_statement", "for_in_statement", "switch_body"}),
)

_C = Names(
    declared=re.compile(
        rb"\n[ \t]+(?:for \()?(?:(?:const|unsigned|struct|enum) )*+[A-Za-z_][\w:]*+(?:<[\w:, *&]*>)?[ *&]+"
        rb"([A-Za-z_]\w*+) ?(?:=(?!=)|;|,|:(?!:))"
    ),
    declarators=frozenset({"declaration", "for_range_loop"}),
    scopes=frozenset({"compound_statement", "for_statement", "for_range_loop"}),
)

_NAMES = {
    "javascript": _ECMASCRIPT,
    "typescript": _ECMASCRIPT,
    "tsx": _ECMASCRIPT,
    "c": _C,
    "cpp": _C,
}

_MOST_BEFORE: Final = 8
"""So many earlier declarations of the same name are looked at."""

_INNER = frozenset({"init_declarator", "pointer_declarator", "reference_declarator"})


class _Known(msgspec.Struct, frozen=True, gc=False):
    """A declaration that has been seen, and the scope in which it is known."""

    line: int
    scope: int


def hidden_names(scene: Scene) -> Iterator[Hit]:
    """Yield variables that hide a builtin, or one of a block around."""
    if scene.language == "python":
        yield from hidden_builtins(scene)
        return
    names = _NAMES.get(scene.language)
    if names is None:
        return
    seen: dict[bytes, list[_Known]] = {}
    for start, name in _repeated(names.declared, scene.data):
        path = scene.path(start)
        if not _is_declared(path, start, names):
            continue
        scopes = [node for node in path[:-1] if node.type in names.scopes]
        if not scopes:
            continue
        outer = {node.id for node in scopes[:-1]}
        before = seen.setdefault(name, [])
        hidden = next((one for one in before[-_MOST_BEFORE:] if one.scope in outer), None)
        if hidden is not None:
            text = name.decode("utf-8", "replace")
            what = f"the variable of line {hidden.line}"
            yield hit("shadowing", scene.place(path[-1]), name=text, what=what)
        before.append(_Known(scene.line(start), scopes[-1].id))


def _repeated(declared: re.Pattern[bytes], data: bytes) -> list[tuple[int, bytes]]:
    """Return where names are declared that are declared more than once."""
    found = [(match.start(1), match[1]) for match in declared.finditer(data)]
    times = Counter(name for _, name in found)
    return [(start, name) for start, name in found if times[name] > 1]


def _is_declared(path: list[Node], start: int, names: Names) -> bool:
    """Tell whether the path ends in a name that is declared there."""
    if path[-1].type != "identifier" or path[-1].start_byte != start:
        return False
    around = next((node for node in reversed(path[:-1]) if node.type not in _INNER), None)
    return around is not None and around.type in names.declarators
