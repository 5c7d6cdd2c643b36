"""What can be wrong with the parameters, the names and the assertions of Python."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene

BUILTINS = frozenset(
    b"abs all any ascii bin bool bytearray bytes callable chr classmethod compile complex delattr dict "
    b"dir divmod enumerate eval exec filter float format frozenset getattr globals hasattr hash hex id "
    b"input int isinstance issubclass iter len list locals map max memoryview min next object oct open "
    b"ord pow print property range repr reversed round set setattr slice sorted staticmethod str sum "
    b"super tuple type vars zip".split()
)
"""Those that code may want to call; `exit`, `help` and the like are for the prompt."""

_DEF = re.compile(rb"def[ \t]+\w")
_IS_SPECIAL = re.compile(rb"def[ \t]+__\w+__\b")
_NAMES = b"|".join(sorted(BUILTINS))
_HIDDEN = re.compile(rb"[(,]\s*\**(?:%b)\b" % _NAMES)
_MUTABLE = re.compile(rb"=\s*(?:[\[{]|(?:\w+\.)?(?:list|dict|set|bytearray|deque|defaultdict)\()")
_MADE = frozenset({b"list", b"dict", b"set", b"bytearray", b"deque", b"defaultdict"})
_LITERALS = (
    "list",
    "dictionary",
    "set",
    "list_comprehension",
    "dictionary_comprehension",
    "set_comprehension",
)
_BOUND = re.compile(rb"\n[ \t]+(?:for )?([a-z]{2,12}+)(?:[ \t]*=(?!=)|: ?[\w\[\], .|]+=| in\b)")
_ASSERT = re.compile(rb"assert\s*\(")
_MEMO = re.compile(rb"cache|memo", re.IGNORECASE)
"""What is shared by all calls on purpose is called so."""

_MOST_HEADER = 4_000
_TARGETS = ("assignment", "for_statement")


def python_parameters(scene: Scene) -> Iterator[Hit]:
    """Yield defaults that all calls share, and parameters that hide a builtin."""
    if scene.language != "python":
        return
    data = scene.data
    for match in _DEF.finditer(data):
        if not _is_worth_a_look(data, match.start()):
            continue
        function = _function(scene, match.start())
        parameters = function and function.child_by_field_name("parameters")
        if not parameters:
            continue
        start, end = parameters.start_byte, parameters.end_byte
        has_mutable = _MUTABLE.search(data, start, end) is not None
        is_given = _IS_SPECIAL.match(data, match.start()) is not None
        if not has_mutable and (is_given or not _HIDDEN.search(data, start, end)):
            continue
        for each in parameters.named_children:
            yield from _parameter(scene, each, is_given=is_given)


def _is_worth_a_look(data: bytes, start: int) -> bool:
    """Tell whether what is in front of the body, or a little more, has a sign of either finding."""
    end = data.find(b":\n", start, start + _MOST_HEADER)
    end = start + _MOST_HEADER if end < 0 else end
    return bool(_MUTABLE.search(data, start, end) or _HIDDEN.search(data, start, end))


def asserted_tuples(scene: Scene) -> Iterator[Hit]:
    """Yield assertions about a tuple, as those with the message inside the brackets."""
    for statement in scene.nodes(_ASSERT, ("assert_statement",)):
        said = statement.named_children[:1]
        if said and said[0].type == "tuple" and said[0].named_child_count:
            yield hit("assert-tuple", scene.place(statement))


def hidden_builtins(scene: Scene) -> Iterator[Hit]:
    """Yield local variables that hide a builtin, each once in a function."""
    seen: set[tuple[int, bytes]] = set()
    for match in _BOUND.finditer(scene.data):
        start, name = match.start(1), match[1]
        if name not in BUILTINS:
            continue
        node = scene.node_at(start, ("identifier",))
        if node is None or node.parent is None or node.parent.type not in _TARGETS:
            continue
        function = _around(node)
        if function is not None and (function.start_byte, name) not in seen:
            seen.add((function.start_byte, name))
            yield _hides(scene, node)


def _function(scene: Scene, start: int) -> Node | None:
    """Return the function whose `def` stands at *start*; an `async` may stand in front."""
    path = scene.path(start)
    function = path[-2] if len(path) > 1 else None
    return function if function and function.type == "function_definition" else None


def _parameter(scene: Scene, parameter: Node, *, is_given: bool) -> Iterator[Hit]:
    """The names of special methods' parameters are given by the language, more or less."""
    default = parameter.child_by_field_name("value")
    name = parameter.child_by_field_name("name") or parameter
    while name.type != "identifier" and name.named_child_count:
        name = name.named_children[0]
    if (
        default is not None
        and _is_mutable(scene, default)
        and not _MEMO.search(scene.bytes_of(name))
    ):
        yield hit("mutable-default", scene.place(parameter), name=scene.text(name))
    if not is_given and name.type == "identifier" and scene.bytes_of(name) in BUILTINS:
        yield _hides(scene, name)


def _is_mutable(scene: Scene, value: Node) -> bool:
    if value.type in _LITERALS:
        return True
    called = value.child_by_field_name("function") if value.type == "call" else None
    return called is not None and scene.bytes_of(called).rpartition(b".")[2] in _MADE


def _hides(scene: Scene, name: Node) -> Hit:
    return hit("shadowing", scene.place(name), name=scene.text(name), what="a builtin")


def _around(node: Node) -> Node | None:
    """Return the function in which *node* is local, if it is; in a class it is an attribute."""
    around = node.parent
    while around is not None and around.type not in ("function_definition", "class_definition"):
        around = around.parent
    return around if around is not None and around.type == "function_definition" else None
