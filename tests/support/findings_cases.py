"""For each rule and language: code that has the finding, and a near miss that has none."""

from typing import NamedTuple


class Case(NamedTuple):
    """*bad* has exactly one finding of *rule*, *good* none at all."""

    rule: str
    language: str
    bad: str
    good: str


def _wrapped(code: str, language: str) -> str:
    """Put the statements of *code* where the language lets them stand."""
    before, behind = _AROUND[language]
    return before + "".join(f"        {line}\n" for line in code.splitlines()) + behind


def _hidden_and_not(kind: str) -> tuple[str, str]:
    loop = f"for ({kind} z = 0; z < y; z++) {{\n    g(z);\n}}\n"
    inner = f"if (a) {{\n    {kind} y = 2;\n    g(y);\n}}\n"
    return f"{kind} y = 1;\n{inner}", f"{inner}{kind} y = 1;\n{loop}{loop}"


_AROUND = {
    "javascript": ("function f(a, b, x) {\n", "}\n"),
    "typescript": ("function f(a: T, b: T, x: T) {\n", "}\n"),
    "tsx": ("function f(a: T, b: T, x: T) {\n", "}\n"),
    "java": ("class C {\n    void f(T a, T b, T x) {\n", "    }\n}\n"),
    "go": ("package p\n\nfunc f(a T, b T, x T) int {\n", "}\n"),
    "c": ("int f(T a, T b, T x) {\n", "}\n"),
    "cpp": ("int f(T a, T b, T x) {\n", "}\n"),
    "csharp": ("class C {\n    void F(T a, T b, T x) {\n", "    }\n}\n"),
    "rust": ("fn f(a: T, b: T, mut x: T) -> T {\n", "}\n"),
    "ruby": ("def f(a, b, x)\n", "end\n"),
    "php": ("<?php\nfunction f($a, $b, $x) {\n", "}\n"),
    "kotlin": ("fun f(a: T, b: T, x: T) {\n", "}\n"),
    "swift": ("func f(a: T, b: T, x: T) {\n", "}\n"),
    "scala": ("def f(a: T, b: T, x: T) = {\n", "}\n"),
    "python": ("def f(a, b, x):\n", ""),
}

_BAD_AND_GOOD: dict[str, dict[str, tuple[str, str]]] = {
    "empty-catch": {
        "python": (
            "try:\n    a()\nexcept OSError:\n    pass",
            "try:\n    a()\nexcept OSError:\n    pass  # there may be none",
        ),
        "javascript": (
            "try { a(); } catch (e) {}",
            "try { a(); } catch (e) { /* gone already */ }",
        ),
        "typescript": ("try { a(); } catch {\n}", "try { a(); } catch {\n    // gone already\n}"),
        "tsx": ("try { a(); } catch {}", "try { a(); } catch { b(); }"),
        "java": (
            "try { a(); } catch (E e) { }",
            "try { a(); fail(); } catch (E e) { }\ntry { a(); } catch (E expected) { }",
        ),
        "go": ("if err != nil {\n}", "if err != nil {\n    // cannot be\n}\nif a != nil { b() }"),
        "cpp": ("try { a(); } catch (const E& e) {}", "try { a(); } catch (const E& e) { b(e); }"),
        "csharp": ("try { A(); } catch (E e) { }", 'var s = "catch (E e) { }";'),
        "rust": (
            "match a() {\n    Ok(_) => b(),\n    Err(_) => {}\n}",
            "match a() {\n    Ok(_) => b(),\n    Err(e) => c(e),\n}",
        ),
        "ruby": (
            "begin\n  a\nrescue ArgumentError\nend",
            "begin\n  a\nrescue LoadError\nend\nb rescue nil",
        ),
        "php": ("try { a(); } catch (E $e) {}", "try { a(); } catch (E $e) { b($e); }"),
        "kotlin": ("try { a() } catch (e: E) { }", "try { a() } catch (e: E) { b(e) }"),
        "swift": ("do { try a() } catch { }", "do { try a() } catch { b(error) }"),
        "scala": (
            "try { a() } catch { case e: E => }",
            "try { a() } catch { case e: E => b(e) }",
        ),
    },
    "catch-all": {
        "python": (
            "try:\n    a()\nexcept:\n    b()",
            "try:\n    a()\nexcept BaseException:\n    b()\n    raise",
        ),
        "java": (
            "try { a(); } catch (Throwable t) { b(); }",
            "try { a(); } catch (Throwable t) { log(t); }",
        ),
        "cpp": ("try { a(); } catch (...) { b(); }", "try { a(); } catch (...) { b(); throw; }"),
        "csharp": ("try { A(); } catch { B(); }", "try { A(); } catch { B(); throw; }"),
        "ruby": (
            "begin\n  a\nrescue Exception\n  b\nend",
            "begin\n  a\nrescue Exception => e\n  b(e)\nend",
        ),
        "php": (
            "try { a(); } catch (\\Throwable $e) { b(); }",
            "try { a(); } catch (\\Throwable $e) { b($e); }",
        ),
        "kotlin": (
            "try { a() } catch (e: Throwable) { b() }",
            "try { a() } catch (e: Throwable) { b(e) }",
        ),
        "scala": (
            "try { a() } catch { case _: Throwable => b() }",
            "try { a() } catch { case e: Throwable => b(e) }",
        ),
    },
    "unreachable": {
        "python": ("return 1\na()", "if a:\n    return 1\nb()\nreturn (\n    2\n)"),
        "javascript": ("return 1;\na();", "return g();\nfunction g() { return 1; }"),
        "typescript": ("while (true) {\n    a();\n}\nb();", "while (true) {\n    break;\n}\nb();"),
        "tsx": ("throw a;\nb();", "return a;\ntype T = string;"),
        "java": ("throw a;\nb();", "if (a) {\n    throw a;\n}\nb();"),
        "go": ("return 1\na()", "for {\n    if a {\n        goto x\n    }\n}\nx:\nb()\nreturn 1"),
        "c": ("return 1;\na();", "switch (a) {\ncase 1:\n    return 1;\n    break;\n}\nb();"),
        "cpp": ("throw a;\nb();", "#ifdef X\nreturn 1;\n#else\nreturn 2;\n#endif"),
        "csharp": ("return 1;\nA();", "#if X\nreturn 1;\n#else\nreturn 2;\n#endif"),
        "rust": ("return a;\nb();", "#[cfg(x)]\nreturn a;\nb()"),
        "ruby": ("return 1\na", "return 1 if a\nb"),
        "php": ("return 1;\na();", "return g();\nfunction g() { return 1; }"),
        "kotlin": ("throw a\nb()", "if (a) {\n    throw a\n}\nb()"),
        "swift": ("return a\nb()", "#if X\nreturn a\n#else\nreturn b\n#endif"),
        "scala": ("throw a\nb()", "if (a) {\n    throw a\n}\nb()"),
    },
    "commented-out": {
        "python": ("# self.x = g(a)\n# if a:\n#     b()\na()", "# return value of the call\na()"),
        "javascript": (
            "// const y = g(a);\n// b(y);\na();",
            "// For example:\n// const y = g(a);\na();",
        ),
        "typescript": ("// console.log(a);\nb();", "// eslint-disable-next-line no-console\nb();"),
        "tsx": ("// if (a) {\n//     b();\n// }\na();", "// https://a.example/f(x);\na();"),
        "java": ("// System.out.println(a);\nb();", "// see a(); and b();\nb();"),
        "go": ("// if a {\n//     b(a)\n// }\na()", "// a(b) is called first.\na()"),
        "c": ('// printf("%d", a);\n// x = g(a);\na();', "// the value: a;\na();"),
        "cpp": ("// auto y = g(a);\n// b(y);\na();", "/// auto y = g(a);\n/// b(y);\na();"),
        "csharp": ("// var y = G(a);\n// B(y);\nA();", "// uses G(a) and then B(y)\nA();"),
        "rust": (
            "// let y = g(a);\n// b(y);\na();",
            "// Such as\n//   let y = g(a);\n//   b(y);\na();",
        ),
        "ruby": ("# y = g(a)\n# b(y)\na", "# @return [String] the name (or nil)\na"),
        "php": ("// $y = g($a);\n// b($y);\na();", "// The value (if any);\na();"),
        "kotlin": ("// val y = g(a)\n// b(y)\na()", "// the value (if any)\na()"),
        "swift": ("// let y = g(a)\n// b(y)\na()", "// swiftlint:disable x(y)\na()"),
        "scala": ("// val y = g(a)\n// b(y)\na()", "// value (if any)\na()"),
    },
    "shadowing": {
        **dict.fromkeys(("javascript", "typescript", "tsx"), _hidden_and_not("let")),
        **dict.fromkeys(("c", "cpp"), _hidden_and_not("int")),
    },
    "todo": {
        "python": ("# TODO: more\na()", "# Nothing TODO here\na('# TODO: more')"),
        "javascript": ("// FIXME a\na();", 'a("// FIXME a");'),
        "typescript": ("/* TODO(x) a */\na();", "// TODOS\na();"),
        "tsx": ("// HACK: a\na();", "a(`TODO: b`);"),
        "java": ("// XXX a\na();", "// an XXX value\na();"),
        "go": ("// TODO a\na()", 'a("TODO: b")'),
        "c": ("/* TODO a */\na();", "int TODO = 1;"),
        "cpp": ("// TODO a\na();", "// MYTODO: a\na();"),
        "csharp": ("// TODO a\nA();", '// a "TODO"\nA();'),
        "rust": ("// FIXME a\na();", "// the FIXME tag\na();"),
        "ruby": ("# TODO a\na", "a '# TODO a'"),
        "php": ("// TODO a\na();", "a('// TODO a');"),
        "kotlin": ("// TODO a\na()", 'a("TODO: b")'),
        "swift": ("// TODO: a\na()", 'a("// TODO: b")'),
        "scala": ("// TODO a\na()", 'a("TODO: b")'),
    },
    "self-assignment": {
        "python": ("x = x", "x = a\ng(\n    x=x\n)"),
        "javascript": ("x = x;", "x = a.x;"),
        "typescript": ("this.x = this.x;", "this.x = x;"),
        "tsx": ("x = x;", "x = x || a;"),
        "java": ("x = x;", "this.x = x;"),
        "go": ("x = x", "x := x\na(x)"),
        "c": ("x = x;", "x = x + 1;"),
        "cpp": ("x = x;", "o.x = o.x;"),
        "csharp": ("x = x;", "x = X;"),
        "rust": ("x = x;", "let x = x;"),
        "ruby": ("x = x", "x ||= x"),
        "php": ("$x = $x;", "$this->x = $x;"),
        "kotlin": ("x = x", "val x = x"),
        "swift": ("x = x", "let x = x"),
        "scala": ("x = x", "val x = x"),
    },
    "same-branches": {
        "python": (
            "if a:\n    b(1)\n    b(2)\nelse:\n    b(1)\n    b(2)",
            "if a:\n    b(1)\n    b(2)\nelif b:\n    b(3)\nelse:\n    b(1)\n    b(2)",
        ),
        "ruby": (
            "if a\n  b(1, 22)\nelse\n  b(1, 22)\nend",
            "if a\n  b(1, 22)\nelse\n  b(2, 1)\nend",
        ),
        **{
            language: (
                f"if ({name}) {{ g(1, 22){end} }} else {{ g(1, 22){end} }}",
                f"if ({name}) {{ g(1, 22){end} }} else {{ g(2, 1){end} }}",
            )
            for language, name, end in (
                ("javascript", "a", ";"),
                ("typescript", "a", ";"),
                ("tsx", "a", ";"),
                ("java", "a", ";"),
                ("go", "a", ""),
                ("c", "a", ";"),
                ("cpp", "a", ";"),
                ("csharp", "a", ";"),
                ("rust", "a", ";"),
                ("php", "$a", ";"),
                ("kotlin", "a", ""),
                ("swift", "a", ""),
                ("scala", "a", ""),
            )
        },
    },
}

_WHOLE = (
    Case(
        "mutable-default",
        "python",
        "def f(a, b=[]):\n    g()\n",
        "def f(a, b=(), cache={}):\n    g(c=[])\n",
    ),
    Case("mutable-default", "python", "async def f(*, b: dict = dict()):\n    g()\n", "x = []\n"),
    Case(
        "shadowing",
        "python",
        "def f(id):\n    g()\n",
        "class C:\n    id = 1\n    def type(self): g()\n",
    ),
    Case(
        "shadowing", "python", "def f():\n    list = g()\n", "list = 1\ndef f():\n    g(list=2)\n"
    ),
    Case(
        "shadowing",
        "python",
        "def f():\n    for id in g():\n        pass\n",
        "x = [id for id in y]\n",
    ),
    Case("assert-tuple", "python", "assert (a, 'b')\n", "assert (a), 'b'\nassert (a == (b, c))\n"),
    Case("todo", "bash", "# TODO: more\nls\n", "echo '# TODO: more'\n"),
    Case("todo", "html", "<p>a</p>\n<!-- TODO: more -->\n", "<p>TODO: more</p>\n"),
    Case("todo", "css", "a { b: c }\n/* FIXME d */\n", "a::after { content: 'TODO: b' }\n"),
)

CASES = _WHOLE + tuple(
    Case(rule, language, _wrapped(bad, language), _wrapped(good, language))
    for rule, cases in _BAD_AND_GOOD.items()
    for language, (bad, good) in cases.items()
)
