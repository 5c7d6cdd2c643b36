"""Variables that are assigned to themselves.

Only what stands on a line of its own inside a function: in the body of a class `name = name` takes over
a name from outside, and is meant. To assign an attribute of something else may have effects.
"""

import re
from collections.abc import Iterator

from tree_sitter import Node

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene

_LINE = re.compile(rb"\n[ \t]+([\w.$@>-]++)[ \t]*+=[ \t]*+\1[ \t]*+;?[ \t]*+\r?(?=\n)")
_NAME = re.compile(rb"(?:(?:self|this)\.|\$this->|@|\$)?[A-Za-z_]\w*")
_REMARKS = (b"#", b"//", b"*")
_MOST_LINE = 400
_KINDS = ("assignment", "assignment_expression", "assignment_statement")
_FUNCTIONS = re.compile(r"function|method|lambda|arrow|closure|constructor")
_TYPES = re.compile(r"class|struct|interface|enum|object|module")


def assignments_to_itself(scene: Scene) -> Iterator[Hit]:
    """Yield assignments of a name to the same name."""
    for match in _LINE.finditer(scene.data):
        if _NAME.fullmatch(match[1]) is None:
            continue
        node = scene.node_at(match.start(1), _KINDS)
        if node is not None and node.end_byte <= match.end() and _is_in_function(node):
            if _has_remark(scene.data, match.start()):
                continue
            name = match[1].decode("utf-8", "replace")
            yield hit("self-assignment", scene.place(node), name=name)


def _has_remark(data: bytes, end: int) -> bool:
    """Tell whether the line that ends here is a comment, which says why."""
    least = max(0, end - _MOST_LINE)
    line = data[max(data.rfind(b"\n", least, end), least) : end]
    return line.lstrip().startswith(_REMARKS)


def _is_in_function(node: Node) -> bool:
    around = node.parent
    while around is not None:
        if _FUNCTIONS.search(around.type):
            return True
        if _TYPES.search(around.type):
            return False
        around = around.parent
    return False
