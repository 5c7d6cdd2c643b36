"""Private symbols that nothing refers to, language by language."""

import pytest

from support.graphs import combined, overview, unused_rows
from workers.analyze.graph import unused

SAMPLES: dict[str, tuple[dict[str, str], list[str]]] = {
    "python": (
        {
            "a.py": """\
                _USED, _x = 1, 2
                _GONE = 1
                _SAID = 2
                def _gone(): return _gone()
                def _used(): pass
                def _elsewhere(): pass
                def _by_text(): pass
                def _visit_all(): pass
                @register
                def _decorated(): pass
                def __dunder__(): pass
                def public(): _used(_USED, "_SAID")
                class _Gone:
                    def _inside(self): return _Gone()
                class Plain:
                    def _gone_too(self): pass
                    def _kept(self): return self._kept_too
                    _kept_too = 1
                class Derived(Outside):
                    def _hook(self): pass
                # _gone() is no use of it
                Plain()._kept()
                """,
            "b.py": """\
                import a
                from a import _elsewhere
                getattr(a, "_by_text")
                getattr(a, "_visit_" + x)
                def _gone(): pass
                _gone()
                """,
        },
        ["_GONE", "_gone", "_Gone", "_Gone._inside", "Plain._gone_too"],
    ),
    "typescript": (
        {
            "a.ts": """\
                import { x } from "y";
                function gone() { return gone(); }
                function used() {}
                export function given() { used(); }
                const arrow = () => x;
                interface Lost {}
                type Kept = number;
                let k: Kept;
                x({ render() {}, later: function () {} });
                class C { private dead = 1; private live = 2; private m() { return this.live; } }
                export { C };
                """,
            "script.js": "function onload() {}\n",
            "b.js": "function f() {}\nmodule.exports = { f };\n",
        },
        ["gone", "arrow", "Lost", "C.dead", "C.m"],
    ),
    "java": (
        {
            "A.java": """\
                class A {
                    private static final long serialVersionUID = 1L;
                    private int dead, live;
                    private A() {}
                    @Inject private int injected;
                    private void never() { never(); }
                    private int used() { return live; }
                    int open() { return used(); }
                }
                """
        },
        ["A.dead", "A.never"],
    ),
    "go": (
        {
            "p/a.go": "package p\nfunc used() {}\nfunc elsewhere() {}\nfunc lonely() {}\n"
            "type thing struct{}\n"
            "func init() {}\nfunc Open() { used() }\n",
            "p/b.go": "package p\nfunc B() { elsewhere() }\n",
            "q/c.go": "package q\nfunc C() { lonely() }\n",
        },
        ["lonely", "thing"],
    ),
    "rust": (
        {
            "src/a.rs": """\
                fn gone() {}
                fn used() {}
                pub fn open() { used() }
                struct S;
                impl Drop for S { fn drop(&mut self) {} }
                #[test]
                fn checks() {}
                fn elsewhere() {}
                """,
            "src/b.rs": "use crate::a::elsewhere;\nfn main() { elsewhere() }\n",
        },
        ["gone", "S"],
    ),
    "c": (
        {
            "a.c": (
                "static int gone;\nstatic int used(void) { return 1; }\n"
                "int main(void) { return used(); }\n"
            ),
            "b.h": "static int inlined(void) { return 1; }\n",
        },
        ["gone"],
    ),
    "csharp": (
        {
            "A.cs": "class A { private int dead; private void Never() {} private int Used() { return 1; }\n"
            "public int Open() { return Used(); } static void Main() {} void IB.Go() {} }\n",
            "B.cs": "partial class B { private int elsewhere; }\n",
        },
        ["A.dead", "A.Never"],
    ),
    "kotlin": (
        {
            "a.kt": "private fun gone() {}\nclass A(private val dead: Int, private val live: Int) {\n"
            "private fun used() = live\nfun open() = used()\n}\n"
        },
        ["gone", "A.dead"],
    ),
    "swift": (
        {
            "a.swift": (
                "class A {\n private var dead = 1\n private func used() {}\n"
                " func open() { used() }\n}\n"
            )
        },
        ["A.dead"],
    ),
    "php": (
        {
            "a.php": "<?php class A { private $dead; private $live;\n"
            "private function used() { return $this->live; }\n"
            "function open() { $this->used(); } private function __clone() {} }\n"
            "trait T { private function shared() {} }\n"
        },
        ["A.dead"],
    ),
    "scala": (
        {
            "a.scala": "class A {\n private val dead = 1\n private def used = 2\n def open = used\n"
            " private[pkg] def wider = 3\n}\n"
        },
        ["A.dead"],
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_private_symbols_without_any_reference_are_candidates(name: str) -> None:
    files, expected = SAMPLES[name]

    rows = unused_rows(files)

    assert sorted(row.name for row in rows if row.what == "symbol") == sorted(expected)


def test_names_that_are_put_together_at_run_time_are_no_candidates() -> None:
    assert unused_rows({"a.py": 'def _f(): pass\ngetattr(x, "_" + name)\n'}) == []


def test_one_file_alone_says_that_others_may_use_it() -> None:
    found = combined(unused, {"a.py": "def _f(): pass\n"})

    assert [item.text for item in found.rows] == [
        "a.py:1 function _f: Nothing in the given files refers to this private function."
    ]
    assert "Only one file was given" in overview(found).notes[1]
