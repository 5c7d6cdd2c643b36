"""What a symbol says of itself: signature, documentation, place."""

import pytest

from protocol.tools.code_parse import Symbol
from protocol.tools.places import Range
from support.syntax_samples import names, outline_of, symbols


def _only(code: str, language: str) -> Symbol:
    (symbol,) = symbols(code, language)
    return symbol


@pytest.mark.parametrize(
    ("language", "code", "signature"),
    [
        ("python", "def f(a,\n  b=1,  # why\n  ) -> int:\n    # in\n    pass", "def f(a, b=1,) -> int"),
        ("python", "@cache\nasync def f(): ...", "async def f()"),
        ("python", "TABLE: dict[str, int] = {\n  'a': 1,\n}", "TABLE: dict[str, int]"),
        ("go", "func (s *S) M(x int) error {\n}", "func (s *S) M(x int) error"),
        ("java", "@A(1) final class B extends C {}", "final class B extends C"),
        ("rust", "pub fn f() -> Vec<u8> { x }", "pub fn f() -> Vec<u8>"),
        ("cpp", "C::C() : x(1), y{2} {}", "C::C()"),
        ("typescript", "export const f = (a: A): P<B> => {};", "export const f = (a: A): P<B>"),
        ("kotlin", "fun f(): Int = 1", "fun f(): Int"),
        ("c", "struct s {\n  ;\n};", "struct s"),
    ],
)  # fmt: skip
def test_a_signature_is_the_declaration_on_one_line_without_its_body(
    language: str, code: str, signature: str
) -> None:
    assert _only(code, language).signature == signature


def test_a_long_signature_is_cut() -> None:
    parameters = ", ".join(f"parameter_{number}" for number in range(1_000))

    signature = _only(f"def f({parameters}): ...", "python").signature

    assert signature is not None
    assert len(signature) == 200
    assert signature.endswith("…")


@pytest.mark.parametrize(
    ("language", "code", "docstring"),
    [
        ("python", 'def f():\n    """Say.\n\n    More.\n    """', "Say.\n\nMore."),
        ("python", "def f():\n    r'Raw.'", "Raw."),
        ("python", "def f():\n    'A' 'B'", "A' 'B"),
        ("python", "def f():\n    x = 'no'", None),
        ("python", "# no\ndef f(): ...", None),
        ("javascript", "/**\n * Say.\n *\n * More.\n */\nfunction f() {}", "Say.\n\nMore."),
        ("javascript", "// Say.\n// More.\nfunction f() {}", "Say.\nMore."),
        ("javascript", "// far away\n\nfunction f() {}", None),
        ("javascript", "g(); // of g\nfunction f() {}", None),
        ("rust", "/// Say.\n#[inline]\nfn f() {}", "Say."),
        ("csharp", "/// <summary>\n/// Say.\n/// </summary>\nclass A {}", "Say."),
        ("lua", "--[[ Say. ]]\nfunction f() end", "Say."),
        ("ruby", "# Say.\ndef f; end", "Say."),
        ("bash", "# Say.\nf() { :; }", "Say."),
        ("go", "/* Say. */\nfunc f() {}", "Say."),
    ],
)
def test_documentation_is_what_the_language_makes_it(
    language: str, code: str, docstring: str | None
) -> None:
    assert _only(code, language).docstring == docstring


def test_a_comment_documents_only_what_follows_it() -> None:
    first, second = symbols("// one\nfunction a() {} function b() {}", "javascript")

    assert (first.docstring, second.docstring) == ("one", None)


def test_a_long_docstring_is_cut() -> None:
    docstring = _only(f'def f():\n    """{"word " * 1_000}"""', "python").docstring

    assert docstring is not None
    assert len(docstring) == 300


def test_a_range_includes_decorators_and_export() -> None:
    assert _only("@a\n@b\ndef f():\n    pass", "python").range == Range(1, 1, 4, 9)
    assert _only("export default class A {\n}", "javascript").range == Range(1, 1, 2, 2)


def test_a_wrapper_belongs_only_to_the_definition_directly_in_it() -> None:
    code = "module.exports = {\n  a() {},\n  b() {},\n};\n"

    assert [each.range.start_line for each in symbols(code, "javascript")] == [2, 3]


def test_names_inside_functions_are_no_symbols_but_definitions_are() -> None:
    code = "def f():\n    x = 1\n    undefined = classes\n    if x:\n        def g(): ...\n    import os\n"

    assert names(code, "python") == ["function f", "function f.g"]
    assert [each.module for each in outline_of(code, "python").imports] == ["os"]


def test_what_errors_surround_is_still_found() -> None:
    code = "class A {\n  f() {}\n  g( {}\n}\nfunction h() {}\nlet = ;"

    assert {"class A", "method A.f", "function h"} <= set(names(code, "javascript"))


def test_an_import_at_the_end_of_a_long_line_in_a_function_is_found() -> None:
    code = f"def f():\n    if 1: {'x = 1; ' * 100}import os\n"

    assert [each.module for each in outline_of(code, "python").imports] == ["os"]


def test_columns_far_along_a_line_count_code_points_too() -> None:
    code = "".join(f"ä{number} = 'ünïcödé'; " for number in range(1_000))

    for each in symbols(code, "python"):
        place = each.range
        text = code[place.start_column - 1 : place.end_column - 1]
        assert text == f"{each.name} = 'ünïcödé'"
