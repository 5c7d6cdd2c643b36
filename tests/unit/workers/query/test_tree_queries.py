"""Tree-sitter queries: what they find, in order; what does not fit is explained; nothing runs for ever."""

import time

import pytest
import tree_sitter
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from support.syntax_samples import KNOWN, sample
from workers.query.found import MOST_CAPTURES, MOST_MATCHES, Found
from workers.query.tree_query import TreeQuery, compiled, find_query
from workers.syntax import grammars
from workers.syntax.budget import Budget
from workers.syntax.parsing import parse

CODE = b"""\
import os

def f(a):
    return g(a, b)

class C:
    def m(self):
        print(os)
"""


def find(query: str, data: bytes = CODE, language: str = "python", budget_s: float = 10) -> Found:
    known = compiled(query, language)
    assert isinstance(known, TreeQuery), known
    return find_query(known, data, language, Budget(budget_s, clock=time.process_time))


def captured(query: str, data: bytes = CODE) -> list[list[tuple[str, bytes]]]:
    return [
        [(each.name, data[each.start : each.end]) for each in match.captures]
        for match in find(query, data).matches
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("(call function: (identifier) @f)", [[("f", b"g")], [("f", b"print")]]),
        (
            "(call function: (identifier) @f) @c",
            [[("c", b"g(a, b)"), ("f", b"g")], [("c", b"print(os)"), ("f", b"print")]],
        ),
        ("(call)", [[("match", b"g(a, b)")], [("match", b"print(os)")]]),
        ('"def" @k', [[("k", b"def")], [("k", b"def")]]),
        ("[(call) (pass_statement)] @x", [[("x", b"g(a, b)")], [("x", b"print(os)")]]),
        ("(argument_list (identifier)+ @a)", [[("a", b"a")], [("a", b"b")], [("a", b"os")]]),
        (
            "(class_definition name: (_) @n) (function_definition name: (_) @f)",
            [[("f", b"f")], [("n", b"C")], [("f", b"m")]],
        ),
        ('; why\n(call function: (identifier) @_f (#eq? @_f "g")) @c', [[("c", b"g(a, b)")]]),
    ],
)  # fmt: skip
def test_a_query_finds_its_captures_in_document_order(
    query: str, expected: list[list[tuple[str, bytes]]]
) -> None:
    assert captured(query) == expected


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ('#eq? @x "os"', 2),
        ('#not-eq? @x "os"', 9),
        ('#match? @x "^[a-f]$"', 4),
        ('#not-match? @x "^[a-f]$"', 7),
        ('#any-of? @x "os" "g"', 3),
        ('#not-any-of? @x "os" "g"', 8),
        ('#match? @x "\\\\w{4}"', 2),
        ("#eq? @x @x", 11),
        ("#not-eq? @x @x", 0),
        ("#set! a b", 11),
    ],
)
def test_predicates_decide_which_matches_count(predicate: str, expected: int) -> None:
    assert find(f"((identifier) @x ({predicate}))").count == expected


def test_any_asks_for_one_of_many_nodes_and_all_is_what_is_meant_otherwise() -> None:
    data = b"# a\n# b\nx\n# a\n# a\ny\n# b\n"

    counts = {
        name: find(f'((comment)+ @c (#{name} @c "# a"))', data).count
        for name in ("eq?", "any-eq?", "not-eq?", "any-not-eq?")
    }

    assert counts == {"eq?": 1, "any-eq?": 2, "not-eq?": 1, "any-not-eq?": 2}


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("(functon_definition) @x", "no node 'functon_definition'; nearest: function_definition"),
        ("(call\n  funcion: (_) @x)", "line 2, column 3: Python has no field 'funcion'; nearest: function"),
        ("(identifier (call) @x)", "line 1, column 13: in Python nothing like this can stand there"),
        ('((identifier) @x (#eq? @y "a"))', "line 1, column 25: nothing in the pattern is captured as @y"),
        ("(binary) @x", "nearest: binary_operator"),
        ("(call @x", "'(' is never closed"),
        ('"nonsense" @x', "Python has no node 'nonsense'"),
        ("(call) @x (#foo? @x)", "there is no predicate #foo?"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_grammar_is_explained(query: str, why: str) -> None:
    known = compiled(query, "python")

    assert isinstance(known, str)
    assert why in known


def test_more_matches_than_anyone_reads_are_counted_but_not_kept() -> None:
    found = find("(identifier) @x", b"a\n" * 5_000)

    assert (found.count, len(found.matches)) == (5_000, MOST_MATCHES)


def test_one_match_has_only_so_many_captures() -> None:
    (match,) = find("(comment)+ @c", b"# a\n" * 500).matches

    assert len(match.captures) == MOST_CAPTURES


@pytest.mark.parametrize(
    "query",
    [
        "((_) @a (_) @b (_) @c (_) @d (_) @e)",
        "((_)* @a (_)* @b (_)* @c)",
        "(_ (_ (_ (_) @a)))",
    ],
)
@pytest.mark.parametrize("data", [b"a\n" * 20_000, b"x = " + b"(" * 20_000 + b"1" + b")" * 20_000])
def test_no_query_runs_much_longer_than_its_budget(query: str, data: bytes) -> None:
    started = time.process_time()
    try:
        find(query, data, budget_s=0.3)
    except CallRefused as refusal:
        assert refusal.code == "parse_budget"  # noqa: PT017 - or it was quick enough
    assert time.process_time() - started < 5


def test_a_query_that_the_engine_could_not_follow_is_said_to_be_partial() -> None:
    found = find("(module (expression_statement) @a (expression_statement) @b)", b"a\n" * 540)

    assert found.is_partial
    assert not find("(call) @c").is_partial


def test_a_regular_expression_that_never_ends_is_stopped() -> None:
    started = time.process_time()

    with pytest.raises(CallRefused, match=r"The regular expression '\(a\+\)\+\$' takes too long"):
        find('((string) @s (#match? @s "(a+)+$"))', b'x = "' + b"a" * 60 + b'b"\n')

    assert time.process_time() - started < 3


@pytest.mark.parametrize(
    ("language", "data"), [("python", b"(" * 20_000), ("javascript", b"{" * 20_000)]
)
def test_brackets_that_are_never_closed_are_searched_within_the_budget(
    language: str, data: bytes
) -> None:
    found = find("(ERROR) @e", data, language)

    assert found.has_errors
    assert found.count >= 1


def test_whatever_is_raised_behind_the_engine_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_found: Found, _match: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Found, "add", interrupt)
    with pytest.raises(KeyboardInterrupt):
        find("(identifier) @x", b"a\n" * 50_000)


@pytest.mark.parametrize("language", KNOWN)
def test_what_is_streamed_is_what_the_library_would_have_listed(language: str) -> None:
    """Every named node, and every parent with its first child, in each language's own sample."""
    grammar, data = grammars.grammar(language), sample(language)
    root = parse(data, language, Budget(100)).root_node
    for query in ("(_) @x", "(_ . (_) @x) @y", "((_) @a . (_) @b)"):
        listed = tree_sitter.QueryCursor(tree_sitter.Query(grammar, query)).matches(root)

        expected = sorted(
            sorted((name, node.start_byte, node.end_byte) for name in each for node in each[name])
            for _, each in listed
        )
        found = find(query, data, language)
        assert found.count == len(expected)
        if found.count <= MOST_MATCHES:
            assert expected == sorted(
                sorted((part.name, part.start, part.end) for part in match.captures)
                for match in found.matches
            )


@given(st.text(alphabet='()[]@#"_ab c?!*+.:;\\\n', max_size=40))
def test_no_text_is_more_than_a_query_or_a_sentence(text: str) -> None:
    known = compiled(text, "python")

    assert isinstance(known, TreeQuery | str)
