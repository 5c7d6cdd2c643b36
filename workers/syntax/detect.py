"""Which language a source is in: by its name, shebang and content; None when that is a guess."""

import re

from protocol.tools.languages import LANGUAGES
from workers.syntax.clues import CPP_HEADER, MATLAB, OBJECTIVE_C, clues

_LOOK_AT_BYTES = 4096
_SURE_IN_FILES = frozenset({"html", "php"})
"""Files without a telling name are mostly prose; only these begin like nothing else."""

_BY_FILENAME = {name: each.name for each in LANGUAGES.values() for name in each.filenames}
_BY_EXTENSION = {end: each.name for each in LANGUAGES.values() for end in each.extensions}
_BY_INTERPRETER = {name: each.name for each in LANGUAGES.values() for name in each.interpreters}
_SHEBANG = re.compile(
    rb"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(?:\S*/)?)?([\w+-]+)"
)


def detect_language(path: str | None, data: bytes) -> str | None:
    """Return the name of the language of *data*, read from *path* unless it is a snippet."""
    if path is None:
        return _by_shebang(data) or _by_content(data)
    by_name = language_of_path(path)
    if by_name == "c" and path.lower().endswith(".h"):
        return "cpp" if CPP_HEADER.search(data, 0, _LOOK_AT_BYTES * 4) else "c"
    if by_name == "objc" and MATLAB.search(data, 0, _LOOK_AT_BYTES):
        return "objc" if OBJECTIVE_C.search(data, 0, _LOOK_AT_BYTES) else "matlab"
    if by_name is not None:
        return by_name
    by_content = _by_shebang(data) or _by_content(data)
    is_script = data.startswith(b"#!")
    return by_content if is_script or by_content in _SURE_IN_FILES else None


def language_of_path(path: str) -> str | None:
    """Return the language that the name of a file promises."""
    name = path.rpartition("/")[2].lower()
    stem, dot, extension = name.rpartition(".")
    if name in _BY_FILENAME:
        return _BY_FILENAME[name]
    return _BY_EXTENSION.get(dot + extension) if stem else None


def _by_shebang(data: bytes) -> str | None:
    match = _SHEBANG.match(data, 0, 200)
    if match is None:
        return None
    interpreter = match[1].decode()
    return _BY_INTERPRETER.get(interpreter) or _BY_INTERPRETER.get(
        interpreter.rstrip("0123456789.-")
    )


def _by_content(data: bytes) -> str | None:
    head = data[:_LOOK_AT_BYTES]
    return next((language for language, clue in clues() if clue.search(head)), None)
