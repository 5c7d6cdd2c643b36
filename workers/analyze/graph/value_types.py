"""What a source says outright of the types of its values: by annotations, and by calls of constructors."""

import re

_ANNOTATED = rb"\b(\w++)\??[ \t]*:[ \t]*[\"'&*]*(?:mut[ \t]++)?((?:\w++(?:\.|::))*+[A-Z]\w*+)"
_CONSTRUCTED = rb"(?<![\w.])(\w++)[ \t]*=[ \t]*(?:await[ \t]++)?((?:\w++\.)*+[A-Z]\w*+)\("
_NEW = rb"\b(\w++)[ \t]*=[ \t]*(?:await[ \t]++)?new[ \t\\]++((?:\w++\.)*+[A-Z]\w*+)"
_DECLARED = rb"\b((?:\w++(?:\.|::))*+[A-Z]\w*+)(?:<[^;(){}]*?>)?[ \t]*[*&]?[ \t]++[*&]?\$?(\w++)[ \t]*(?=[=;,):])"
_GO = (
    rb"\b(\w++)[ \t]*:?=[ \t]*&?((?:\w++\.)?[A-Za-z]\w*+)\{",
    rb"[(,][ \t]*(\w++)[ \t]++\*?((?:\w++\.)?[A-Za-z]\w*+)(?=[ \t]*[,)])",
)
_AS = rb"((?:\w++\.)*+[A-Z]\w*+)\([^()\n]*+\)[ \t]++as[ \t]++(\w++)"

_NAME_FIRST: dict[str, tuple[bytes, ...]] = {
    "python": (_CONSTRUCTED, _ANNOTATED),
    "javascript": (_NEW,),
    "typescript": (_NEW, _ANNOTATED),
    "tsx": (_NEW, _ANNOTATED),
    "go": _GO,
    "rust": (_ANNOTATED, rb"\b(\w++)[ \t]*=[ \t]*((?:\w++::)*+[A-Z]\w*+)(?=::new|[ \t]*\{)"),
    "kotlin": (_CONSTRUCTED, _ANNOTATED),
    "scala": (_NEW, _CONSTRUCTED, _ANNOTATED),
    "swift": (_CONSTRUCTED, _ANNOTATED),
    "php": (_NEW,),
    "csharp": (_NEW,),
    "java": (_NEW,),
    "ruby": (rb"\b(\w++)[ \t]*=[ \t]*((?:\w++::)*+[A-Z]\w*+)\.new\b",),
    "cpp": (_NEW,),
}
_TYPE_FIRST: dict[str, tuple[bytes, ...]] = {
    "python": (_AS,),
    "java": (_DECLARED,),
    "csharp": (_DECLARED,),
    "cpp": (_DECLARED,),
    "php": (_DECLARED,),
}
_compiled = {
    language: [
        *((re.compile(each), 1, 2) for each in _NAME_FIRST.get(language, ())),
        *((re.compile(each), 2, 1) for each in _TYPE_FIRST.get(language, ())),
    ]
    for language in _NAME_FIRST.keys() | _TYPE_FIRST.keys()
}
_ATTRIBUTE = re.compile(
    rb"\b(?:self|this|\$this)(?:\.|->)(\w++)[ \t]*(?::[ \t]*((?:\w++\.)*+[A-Z]\w*+)[^=\n]*+)?=[ \t]*"
    rb"(?:await[ \t]++)?(?:new[ \t\\]++)?((?:\w++\.)*+\$?\w++)[ \t]*([(\n;,)]|$|if\b|or\b)",
    re.MULTILINE,
)
_PYTHON_BASES = re.compile(r"\((.*)\)")
_WORDS_OF_BASES = re.compile(r"\b(?:extends|implements|with)\b|(?<!:):(?!:)|<(?!.*\bclass\b)")
_BASE = re.compile(r"(?:[\w\\]+(?:\.|::))*[\w\\]+")
_NO_BASES = frozenset(
    "public private protected internal virtual extends implements with object class where".split()
)
_MOST_BASES = 8


def types_in(code: bytes, language: str) -> dict[str, str]:
    """Return the types of the names in *code*; a name of several types has none."""
    types: dict[str, str] = {}
    for pattern, name, of_type in _compiled.get(language, ()):
        for match in pattern.finditer(code):
            key, value = _text(match[name]), dotted(_text(match[of_type]))
            types[key] = value if types.get(key, value) == value else ""
    return types


def attributes_in(code: bytes, known: dict[str, str]) -> dict[str, str]:
    """Return the types of the attributes that *code* sets; those of names are *known*."""
    types: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(code):
        value = dotted(_text(match[3]).lstrip("$"))
        if match[2]:
            found = dotted(_text(match[2]))
        elif match[4] == b"(":
            found = value if value.rpartition(".")[2][:1].isupper() else ""
        else:
            found = known.get(value, "")
        key = _text(match[1])
        types[key] = found if types.get(key, found) == found else ""
    return types


def base_names(signature: str, language: str) -> list[str]:
    """Return what the head of a type says that it is made from."""
    if language == "python":
        match = _PYTHON_BASES.search(signature)
        said = match[1] if match else ""
        names = [each.strip() for each in re.split(r",(?![^\[]*\])", said) if "=" not in each]
        found = [_BASE.match(each) for each in names if each]
    else:
        parts = _WORDS_OF_BASES.split(signature, maxsplit=1)
        said = re.sub(r"<[^<>]*>|\([^()]*\)", "", parts[1]) if len(parts) > 1 else ""
        found = list(_BASE.finditer(said))
    names = [dotted(each[0]) for each in found if each is not None]
    return [each for each in names if each not in _NO_BASES][:_MOST_BASES]


def dotted(path: str) -> str:
    """Return *path* with dots between its parts."""
    return path.replace("::", ".").replace("\\", ".").replace("->", ".").strip(".")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
