"""What a source says outright of the types of its values: by annotations, and by calls of constructors."""

import re

_PATH = rb"((?:\w++(?:\.|::))*[A-Z]\w*+)"
_ANNOTATED = rb":(?!:)(?<!::)[ \t]*[\"'&*]*(?:mut[ \t]++)?" + _PATH
_CONSTRUCTED = rb"=[ \t]*(?:await[ \t]++)?" + _PATH + rb"\("
_NEW = rb"=[ \t]*(?:await[ \t]++)?new[ \t\\]++" + _PATH
_RUST = rb"=[ \t]*" + _PATH + rb"(?=::new|[ \t]*\{)"
_RUBY = rb"=[ \t]*" + _PATH + rb"\.new\b"
_GO = rb"=[ \t]*&?((?:\w++\.)?[A-Za-z]\w*+)\{"

_AFTER_NAME: dict[str, tuple[bytes, ...]] = {
    "python": (_CONSTRUCTED, _ANNOTATED),
    "javascript": (_NEW,),
    "typescript": (_NEW, _ANNOTATED),
    "tsx": (_NEW, _ANNOTATED),
    "go": (_GO,),
    "rust": (_ANNOTATED, _RUST),
    "kotlin": (_CONSTRUCTED, _ANNOTATED),
    "scala": (_NEW, _CONSTRUCTED, _ANNOTATED),
    "swift": (_CONSTRUCTED, _ANNOTATED),
    "php": (_NEW,),
    "csharp": (_NEW,),
    "java": (_NEW,),
    "ruby": (_RUBY,),
    "cpp": (_NEW,),
}
"""What stands behind a name, with its type. Each begins with a letter that is searched fast."""

_DECLARED = re.compile(
    rb"(?<![\w.:])(?P<type>(?:\w++(?:\.|::))*+[A-Z]\w*+)(?:<[^;(){}<>]*+(?:<[^;(){}<>]*+>[^;(){}<>]*+)*+>)?"
    rb"[ \t]*+[*&]?[ \t]*+\$?(?<=[ \t*&$>])(?P<name>\w++)[ \t]*(?=[=;,):])"
)
_GO_PARAMETER = (
    rb"[(,][ \t]*(?P<name>\w++)[ \t]++\*?(?P<type>(?:\w++\.)?[A-Za-z]\w*+)(?=[ \t]*[,)])"
)
_TYPE_FIRST = {
    **dict.fromkeys(("java", "csharp", "cpp", "php"), _DECLARED),
    "go": re.compile(_GO_PARAMETER),
}
_compiled = {
    language: [re.compile(each) for each in patterns] for language, patterns in _AFTER_NAME.items()
}
_NAME_BACKWARDS = re.compile(rb"[ \t]*\??:?[ \t]*(\w++)(?![.>])")
_WITH = re.compile(
    rb"with[ \t]++(?P<type>(?:\w++\.)*+[A-Z]\w*+)\([^()\n]*+\)[ \t]++as[ \t]++(?P<name>\w++)"
)
_ATTRIBUTE = re.compile(
    rb"\b(?:self|this|\$this)(?:\.|->)(\w++)[ \t]*(?::[ \t]*((?:\w++\.)*+[A-Z]\w*+)[^=\n]*+)?=[ \t]*"
    rb"(?:await[ \t]++)?(?:new[ \t\\]++)?((?:\w++\.)*+\$?\w++)[ \t]*([(\n;,)]|$|if\b|or\b)",
    re.MULTILINE,
)
_PYTHON_BASES = re.compile(r"\((.*)\)")
_WORDS_OF_BASES = re.compile(r"\b(?:extends|implements|with)\b|(?<!:):(?!:)|<(?!.*\bclass\b)")
_BASE = re.compile(r"(?:[\w\\]+(?:\.|::))*[\w\\]+")
_NO_BASES = frozenset(
    {
        "public",
        "private",
        "protected",
        "internal",
        "virtual",
        "extends",
        "implements",
        "with",
        "object",
        "class",
        "where",
    }
)
_MOST_BASES = 8


def typed_names(code: bytes, language: str) -> list[tuple[int, str, str]]:
    """Return where names stand whose types *code* states, in order, with these types."""
    found: list[tuple[int, str, str]] = []
    backwards, size = code[::-1], len(code)
    for pattern in _compiled.get(language, ()):
        for match in pattern.finditer(code):
            name = _NAME_BACKWARDS.match(backwards, size - match.start())
            if name is not None:
                at = size - name.end(1)
                found.append((at, _text(name[1][::-1]), dotted(_text(match[1]))))
    declared = _TYPE_FIRST.get(language)
    if declared is not None:
        found += [_found(match) for match in declared.finditer(code)]
    if language == "python" and b" as " in code:
        found += [_found(match) for match in _WITH.finditer(code)]
    found.sort()
    return found


def _found(match: re.Match[bytes]) -> tuple[int, str, str]:
    return match.start("name"), _text(match["name"]), dotted(_text(match["type"]))


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
