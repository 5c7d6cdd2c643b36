"""Where a pattern may stand in a program of its language, and how holes are spelled there.

A call is no program in Java, and `$NAME` is no word in Go. So a pattern is parsed inside frames, one
after the other, until one makes it parse without an error; its holes are spelled with the words of
`SPELLINGS`. Both are data, in the order in which they are tried: what is usual comes first.
"""

from typing import NamedTuple


class Frame(NamedTuple):
    """What stands around a pattern while it is parsed.

    *is_besides*: what the pattern is in here counts too when it has parsed in an earlier frame.
    """

    before: bytes = b""
    after: bytes = b""
    is_besides: bool = False


_BARE = Frame()
_CLASS = Frame(b"class C {\n", b"\n}")
_C_BODY = Frame(b"void f() {\n", b"\n}")
_C_EXPRESSION = Frame(b"void f() {\n", b";\n}")

_FRAMES: dict[str, tuple[Frame, ...]] = {
    "bash": (_BARE,),
    "c": (_C_BODY, _C_EXPRESSION, _BARE, Frame(b"struct s {\n", b"\n};")),
    "cpp": (_C_BODY, _C_EXPRESSION, _BARE, Frame(b"class s {\n", b"\n};")),
    "csharp": (
        Frame(b"class C { void F() {\n", b"\n} }"),
        Frame(b"class C { void F() {\n", b";\n} }"),
        Frame(*_CLASS[:2], is_besides=True),
        _BARE,
    ),
    "css": (_BARE, Frame(b"a {\n", b"\n}"), Frame(b"a {\n", b";\n}"), Frame(b"", b" {}")),
    "go": (
        Frame(b"package p\nfunc f() {\n", b"\n}\n"),
        Frame(b"package p\n", b"\n"),
        _BARE,
        Frame(b"package p\ntype t struct {\n", b"\n}\n"),
        Frame(b"package p\ntype t interface {\n", b"\n}\n"),
    ),
    "java": (
        Frame(b"class C { void f() {\n", b"\n} }"),
        Frame(b"class C { void f() {\n", b";\n} }"),
        _CLASS,
        _BARE,
    ),
    "javascript": (_BARE, _CLASS, Frame(b"({\n", b"\n})")),
    "json": (_BARE, Frame(b"{", b"}")),
    "kotlin": (Frame(b"fun f() {\n", b"\n}"), _BARE, _CLASS),
    "lua": (_BARE, Frame(b"return ", b"")),
    "php": (
        Frame(b"<?php\n", b""),
        Frame(b"<?php\n", b";"),
        Frame(b"<?php class C {\n", b"\n}"),
        _BARE,
    ),
    "python": (_BARE, Frame(b"", b"\ndef f(): pass"), Frame(b"class C:\n ", b"")),
    "ruby": (_BARE,),
    "rust": (
        Frame(b"fn f() {\n", b"\n}"),
        Frame(b"fn f() {\n", b";\n}"),
        _BARE,
        Frame(b"impl T {\n", b"\n}"),
        Frame(b"struct T {\n", b"\n}"),
    ),
    "scala": (_BARE, Frame(b"object C {\n", b"\n}"), Frame(b"object C { def f = {\n", b"\n} }")),
    "sql": (
        _BARE,
        Frame(b"", b";"),
        Frame(b"SELECT ", b";"),
        Frame(b"SELECT a FROM t WHERE ", b";"),
    ),
    "swift": (_BARE, Frame(b"func f() {\n", b"\n}"), _CLASS),
    "tsx": (_BARE, _CLASS, Frame(b"({\n", b"\n})"), Frame(b"let x: ", b";")),
    "typescript": (_BARE, _CLASS, Frame(b"({\n", b"\n})"), Frame(b"let x: ", b";")),
}

_WORD = "mvqz"
_CURLY_STATEMENT = f"{_WORD};"
_CASE = "case 0:"

_ONE: dict[str, tuple[str, ...]] = {
    "json": ("null", '"mvqz"'),
    "toml": (_WORD, "0"),
    "php": (_WORD, "$mvqz"),
    "css": (_WORD, "1px", "#mvqz"),
}
"""How one node is spelled, where a plain word will not always do."""

_MANY: dict[str, tuple[str, ...]] = {
    "c": (_CURLY_STATEMENT, "int mvqz;", _CASE),
    "cpp": (_CURLY_STATEMENT, "int mvqz;", _CASE),
    "csharp": (_CURLY_STATEMENT, "int mvqz", "int mvqz;", "case 0: break;"),
    "css": ("a:b;", "a{}"),
    "go": ("mvqz int", "case 0:", "mvqz()"),
    "java": (_CURLY_STATEMENT, "int mvqz", "int mvqz;", "case 0: ;"),
    "javascript": (_CURLY_STATEMENT, _CASE),
    "json": ('"mvqz": 0',),
    "lua": ("mvqz()",),
    "kotlin": ("mvqz: T", "val mvqz: T", "0 -> 0"),
    "php": ("$mvqz", "mvqz;", "var $mvqz;", "case 0:"),
    "rust": ("mvqz: T", "mvqz => 0,", "mvqz => 0", "const A: T;"),
    "scala": ("mvqz: T", "val mvqz: T", "case 0 => 0"),
    "swift": ("mvqz: T", "var mvqz: T", "case 0: 0"),
    "tsx": (_CURLY_STATEMENT, _CASE),
    "typescript": (_CURLY_STATEMENT, _CASE),
}
"""How a run of nodes may be spelled besides: as statements, parameters, members, cases."""

_STATEMENT_END = frozenset({"c", "cpp", "csharp", "java", "php"})
"""Where a statement needs its semicolon even in front of a closing brace."""


def frames(language: str) -> tuple[Frame, ...]:
    """Return the frames of the language with the canonical name *language*, the usual one first."""
    return _FRAMES.get(language, (_BARE,))


def spellings(language: str, *, is_many: bool) -> tuple[str, ...]:
    """Return the words that can stand for a hole, the usual one first."""
    words = _ONE.get(language, (_WORD,))
    if is_many:
        return (*words, _WORD.title(), *_MANY.get(language, ()))
    end = (_CURLY_STATEMENT,) if language in _STATEMENT_END else ()
    return (*words, _WORD.title(), *end)
