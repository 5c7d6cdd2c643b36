"""Sources without comments and texts: against Python's own tokens, and by example."""

import io
import keyword
import sysconfig
import tokenize
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.analyze.graph.lexical import languages, plain

_FILES = sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py"))[::9][:25]
_NO_CODE = {tokenize.COMMENT, tokenize.STRING}
_pieces = st.lists(
    st.sampled_from(
        [
            "'",
            '"',
            "`",
            '"""',
            "//",
            "/*",
            "*/",
            "#",
            "\\",
            "\n",
            "${",
            "{",
            "}",
            "a(",
            "r#",
            "=begin",
            "/",
        ]
    ),
    max_size=60,
)

TEXTS = {
    "javascript": "a('x') || /'\"[/]/.test(b) // c(\n/* d( */ e(`f( ${g(1)} h(`)",
    "python": 'a("x(", f"{b(1)} c(", r\'d(\') # e(\n"""f(""" + g()',
    "go": "a(`b(`, \"c(\", 'd') // e(\nf()",
    "rust": 'a(r#"b("c("#, "d(", \'e\') + f::<\'x>() // g(\n',
    "java": 'a("b(", \'c\') /* d( */ + """e(""" + f()',
    "csharp": 'a(@"b("" c(", $"d(", \'e\') // f(\ng()',
    "php": "a('b(', \"c(\") # d(\n// e(\nf()",
    "ruby": "a 'b(', \"c(\" # d(\nf()",
    "c": "a(\"b(\", '\\'') /* d( */ + f() // g(",
}
KEPT = {
    "javascript": ["a", "test", "e", "g"],
    "python": ["a", "b", "g"],
    "go": ["a", "f"],
    "rust": ["a", "f"],
    "java": ["a", "f"],
    "csharp": ["a", "g"],
    "php": ["a", "f"],
    "ruby": ["f"],
    "c": ["a", "f"],
}


@pytest.mark.parametrize("language", TEXTS)
def test_comments_and_texts_are_blank_and_code_is_not(language: str) -> None:
    code = plain(TEXTS[language].encode(), language).decode()

    calls = [
        word for word in ("a", "b", "c", "d", "e", "f", "g", "h", "test") if f"{word}(" in code
    ]

    assert sorted(calls + (["f"] if language == "rust" else [])) == sorted(KEPT[language])


@given(_pieces, st.sampled_from(sorted(languages())))
def test_nothing_moves_and_nothing_is_added(pieces: list[str], language: str) -> None:
    data = "".join(pieces).encode()

    code = plain(data, language)

    assert len(code) == len(data)
    assert all(new in (old, ord(" ")) for old, new in zip(data, code, strict=True))


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_names_of_python_stay_where_its_tokens_are(path: Path) -> None:
    data = path.read_bytes()
    code = plain(data, "python").decode("latin-1")
    starts = [0, *(at + 1 for at, byte in enumerate(data) if byte == ord("\n"))]

    for token in tokenize.tokenize(io.BytesIO(data).readline):
        if not token.line.isascii() or token.start[0] == 0:
            continue
        (row, column), (last_row, last_column) = token.start, token.end
        found = code[starts[row - 1] + column : starts[last_row - 1] + last_column]
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            assert found == token.string
        elif (
            token.type in _NO_CODE
            and token.string[:1] not in "fF"
            and token.string[1:2] not in "fF"
        ):
            assert not found.lstrip("bBrRuU").strip()
