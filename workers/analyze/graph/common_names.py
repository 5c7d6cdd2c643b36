"""Names of methods that values of every program have: such a name alone says nothing.

Python's are asked of its own types; the others are those of the usual containers and texts.
"""

import io
from functools import cache
from types import MappingProxyType

_PYTHON = (str, bytes, bytearray, list, dict, set, tuple, int, float, io.TextIOWrapper, io.BytesIO)
_MORE_PYTHON_TEXT = """
    group groups span start end finditer findall match search sub fullmatch cancel result done wait put
    get set send throw run submit acquire release notify exists is_file is_dir mkdir open read_text
    write_text read_bytes write_bytes resolve glob rglob unlink stat info debug warning error exception
    log add_argument parse_args connect execute commit cursor fetchone fetchall encode decode kill
    terminate poll communicate isoformat timestamp total_seconds now accept bind listen recv sendall
    strftime fromkeys most_common appendleft popleft assertEqual assertTrue assertRaises
    assert_called_once_with
"""
_MORE_PYTHON = frozenset(_MORE_PYTHON_TEXT.split())
_OTHERS_TEXT = """
    add all any append apply at bind build call catch charAt clear clone close compareTo concat contains
    containsKey copy count delete each emit empty end endsWith entries entrySet equals error every exec
    execute exists filter finally find findIndex first flatMap flush forEach format from get
    getOrDefault getClass getName has hashCode includes indexOf info init insert into is isEmpty
    isPresent iter iterator join keySet keys last len length length log lock map match max message min
    name new next of ok on once open or orElse pop pos print println put putAll query read reduce
    release remove replace request resolve reverse run save send set shift size slice some sort split
    splice start startsWith stop stream subscribe substring sum test then throw to toArray toBe toEqual
    toList toLowerCase toString toUpperCase trim type unlock unwrap update value valueOf values wait
    warn debug write
"""
_OTHERS = frozenset(_OTHERS_TEXT.split())


@cache
def _python() -> frozenset[str]:
    return _MORE_PYTHON | {name for each in _PYTHON for name in dir(each) if name[0] != "_"}


_ASK = MappingProxyType({"python": _python})


def is_common(name: str, language: str) -> bool:
    """Tell whether *name* is as likely one of a library's."""
    if name.startswith("__"):
        return True
    ask = _ASK.get(language)
    return name in (_OTHERS if ask is None else ask())
