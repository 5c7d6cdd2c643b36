"""A pattern finds the code that looks like it, in every language that it can be written in."""

import pytest

from support.syntax_samples import KNOWN
from workers.query.found import Found
from workers.query.pattern import MOST_VARIABLES, Pattern, compiled
from workers.query.search import find_pattern
from workers.syntax.budget import Budget


def find(pattern: str, code: str | bytes, language: str) -> Found:
    known = compiled(pattern, language)
    assert isinstance(known, Pattern), known
    data = code.encode() if isinstance(code, str) else code
    return find_pattern(known, data, language, Budget(100))


def texts(pattern: str, code: str, language: str) -> list[str]:
    """Return the matches; the code has no characters beyond ASCII."""
    return [code[match.start : match.end] for match in find(pattern, code, language).matches]


def bindings(pattern: str, code: str, language: str) -> list[dict[str, str]]:
    found = find(pattern, code, language)
    return [
        {each.name: code[each.start : each.end] for each in match.captures}
        for match in found.matches
    ]


@pytest.mark.parametrize(
    ("language", "pattern", "code", "expected"),
    [
        ("bash", "echo $A", "echo 1\nls\n", ["echo 1"]),
        ("bash", "if [ $A ]; then $$$; fi", "if [ -n x ]; then a; b; fi\n", None),
        ("c", "foo($A)", "void f() { foo(a); foo(); }", ["foo(a)"]),
        ("c", "int $F($$$P) { $$$ }", "int f(int a, int b) { return 1; }", None),
        ("c", "switch ($X) { $$$ }", "void f() { switch (a) { case 1: b(); break; } }", 1),
        ("cpp", "std::move($X)", "void f() { a(std::move(b)); }", ["std::move(b)"]),
        ("cpp", "class $A { $$$ };", "class b { int x; };", None),
        ("csharp", "Log($A)", "class A { void F() { Log(1); } }", ["Log(1)"]),
        ("csharp", "void $F($$$) { $$$ }", "class A { void F(int a) { b(); c(); } }", 1),
        ("csharp", "void $F($$$) { $$$ }", "class A { void F() { void g(int a) { } } }", 2),
        ("css", "color: $V", "a { color: red; left: 0; }", ["color: red;"]),
        ("go", "fmt.Println($A)", "package a\nfunc f() { fmt.Println(a) }\n", ["fmt.Println(a)"]),
        ("go", "func $F($$$) error { $$$ }", "package a\nfunc f(a int) error { return nil }\n", 1),
        ("go", "type $T struct { $$$ }", "package a\ntype x struct { a int; b string }\n", 1),
        ("html", '<a href="$X">$$$</a>', '<a href="b">c <b>d</b></a>', None),
        ("java", "System.out.println($A)", "class A { void f() { System.out.println(a); } }", 1),
        ("java", "public void $F($$$) { $$$ }", "class A { public void f(int a) { g(); } }", 1),
        ("java", "foo($A);", "class A { void f() { foo(1); x = foo(2); } }", ["foo(1);"]),
        ("javascript", "useEffect(() => { $$$ }, [])", "useEffect(() => { a(); b() }, [])", None),
        ("javascript", "switch ($X) { $$$ }", "switch (a) { case 1: b; default: c }", None),
        ("json", '"a": $X', '{"a": 1, "b": 2}', ['"a": 1']),
        ("kotlin", "fun $F($$$) { $$$ }", "fun a(b: Int) { c() }", None),
        ("lua", "function $F($$$) $$$ end", "function f(a, b) c() d() end", None),
        ("php", "$A->query($$$)", '<?php $db->query("x" . $y);', ['$db->query("x" . $y)']),
        ("python", "print($$$)", "print()\nprint(a, b)\npprint(c)\n", ["print()", "print(a, b)"]),
        ("python", "@$D\ndef $F($$$): $$$", "@a\ndef b(c): d", None),
        ("ruby", "def $F($$$); $$$; end", "def a(b, c)\n d\n e\nend", None),
        ("ruby", "$X.each do |$Y| $$$ end", "a.each do |b|\n c\n d\nend", None),
        ("rust", "$X.unwrap()", "fn a() { b.unwrap(); c.unwrap_or(d) }", ["b.unwrap()"]),
        ("rust", "match $X { $$$ }", "fn a() { match b { 1 => 2, _ => 3 } }", 1),
        ("scala", "def $F($$$) = $B", "object a { def f(b: Int) = 1 }", ["def f(b: Int) = 1"]),
        ("sql", "SELECT $$$ FROM $T", "SELECT a, b FROM c WHERE d = 1;", 1),
        ("swift", "guard let $X = $Y else { $$$ }", "func a() { guard let c = d else { b } }", 1),
        ("toml", "a = $X", 'a = 1\n[b]\na = "c"\n', ["a = 1", 'a = "c"']),
        ("tsx", "<$T $$$>$$$</$T>", "let a = <div x={1}><b/>c</div>;", 1),
        ("typescript", "const $X: $T = $Y", 'const a: string = "b";', None),
        ("typescript", "interface $I { $$$ }", "interface A { b: string; c(): void }", None),
        ("yaml", "a: $X", "a: 1\nb: 2\n", ["a: 1"]),
    ],
)
def test_a_pattern_finds_what_looks_like_it(
    language: str, pattern: str, code: str, expected: list[str] | int | None
) -> None:
    """None stands for the whole code, a number for that many matches."""
    found = texts(pattern, code, language)

    assert (len(found) if isinstance(expected, int) else found) == (expected or [code.strip()])


@pytest.mark.parametrize(
    ("pattern", "code", "expected"),
    [
        ("f($$$A, x, $$$B)", "f(a, x, b, c)", {"A": "a", "B": "b, c"}),
        ("f($$$A, x)", "f(x, x)", {"A": "x"}),
        ("f($$$A)", "f()", {"A": ""}),
        ("f($A, $$$)", "f(a)", {"A": "a"}),
        ("f($A, $$$B)", "f(a, # why\n b, c)", {"A": "a", "B": "b, c"}),
        ("$X = $X + $Y", "a.b = a.b + 1", {"X": "a.b", "Y": "1"}),
        ("f($_, $_)", "f(a, b)", {}),
        ("f($_A, $_A)", "f(a, b)", {}),
        ("'$A'", "'b'", {"A": "b"}),
        ("class $A:\n  $$$B\n  x = 1", "class C:\n  y = 2\n  x = 1\n", {"A": "C", "B": "y = 2"}),
    ],
)
def test_metavariables_are_bound(pattern: str, code: str, expected: dict[str, str]) -> None:
    assert bindings(pattern, code, "python") == [expected]


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("$A == $A", "a == b"),
        ("f($A)", "f()"),
        ("f($A)", "f(a, b)"),
        ("f(a)", "f(b)"),
        ("f(a)", "g(a)"),
        ("f($$$, x)", "f(x, y)"),
        ("'f(a)'", "f(a)"),
        ("f($$$A) == g($$$A)", "f(a, b) == g(a)"),
    ],
)
def test_what_is_different_does_not_match(pattern: str, code: str) -> None:
    assert texts(pattern, code, "python") == []


def test_layout_and_comments_are_not_part_of_the_code() -> None:
    code = "f( g(a,\n b) ) == f(g(a, b))\nf(\n  # why\n  c, ) == f(c)\n"

    assert len(texts("f($A) == f($A)", code, "python")) == 2


def test_matches_come_in_document_order_with_outer_ones_first() -> None:
    found = texts("$A($$$)", "a(b(c()), d())\ne()\n", "python")

    assert found == ["a(b(c()), d())", "b(c())", "c()", "d()", "e()"]


@pytest.mark.parametrize(
    ("language", "pattern", "why"),
    [
        ("python", "def (", "does not parse as one expression, statement or definition in Python"),
        ("python", "a = 1\nb = 2", "does not parse as one"),
        ("javascript", "$A", "a lone $A would match every node"),
        ("javascript", "$$$", r"a lone \$\$\$ would match"),
        ("json", "def f(): pass", "in JSON"),
        ("python", "x$A", "does not parse"),
        ("python", "f(" + "$A, " * MOST_VARIABLES + "$A)", "may have 20 metavariables"),
        ("python", "f(" + "1" * 5_000 + ")", "4000 characters"),
        ("python", "(" * 500 + "1" + ")" * 500, "does not parse"),
        ("python", "", "does not parse"),
    ],
)
def test_what_is_no_pattern_is_said_in_a_sentence(language: str, pattern: str, why: str) -> None:
    refused = compiled(pattern, language)

    assert isinstance(refused, str)
    assert why.replace("\\", "") in refused


@pytest.mark.parametrize("language", KNOWN)
def test_every_language_takes_a_pattern_or_says_why_not(language: str) -> None:
    for pattern in ("f($A)", "$A = $B", "{ $$$ }", "a", "$A $B $C", "\x00", "é($X)", ";", "'"):
        known = compiled(pattern, language)

        assert isinstance(known, Pattern | str)
