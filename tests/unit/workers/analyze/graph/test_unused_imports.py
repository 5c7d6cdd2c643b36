"""Imports that nothing uses: candidates by example, and Python's own parser as the witness."""

import ast
import sysconfig
import warnings
from pathlib import Path

import pytest

from support.graphs import combined, overview, unused_rows
from workers.analyze.graph import unused

_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_FILES = [path for path in sorted(_LIBRARY.glob("*.py"))[::4] if path.name != "__init__.py"][:40]

UNUSED: dict[str, tuple[str, list[str]]] = {
    "a.py": (
        """\
        import os, sys
        import a.b, c.d as e
        from m import used, unused as other, written, named
        import json  # json
        \"\"\"json is spoken of\"\"\"
        written = 1
        def f(json=None): pass
        def h(named): pass
        def g(): a.c(x.json, json=sys)
        used()
        """,
        ["os", "e", "other", "written", "json", "named"],
    ),
    "b.py": (
        """\
        from __future__ import annotations
        import x as x
        import kept  # noqa: F401
        from m import T, U, V, W, Doc, Given
        from n import *
        a: "list[T]" = []  # type: U
        b = cast("Optional[V.x]", f"{W!r}")
        __all__ = ["Given"]
        def f():
            '''>>> Doc()'''
        try:
            import maybe
        except ImportError:
            pass
        class C:
            from m import member
        """,
        [],
    ),
    "pkg/__init__.py": ("from .a import b\nimport os\n", []),
    "c.js": (
        """\
        import React, { used, gone as left, Shown } from "m";
        import * as all from "n";
        import whole from "o";
        import "effect";
        export { passed } from "p";
        const { taken, lost } = require("q");
        const r = require("r");
        used(`${taken} lost`, x.left, { all: 1 });
        const y = <Shown.Part />;
        """,
        ["left", "all", "whole", "lost", "r"],
    ),
    "d.ts": (
        """\
        import type { A, B } from "m";
        import { type Kind } from "o";
        import c from "n";
        /** @see {@link c} */
        let x: A<string>;
        """,
        ["B", "Kind"],
    ),
    "E.java": (
        """\
        import a.b.Used;
        import a.b.Gone;
        import a.b.Linked;
        import a.c.*;
        import static a.D.help;
        import static a.D.lost;
        /** {@link Linked} */
        class E extends Used { int x = help(1); String s = "Gone"; }
        """,
        ["Gone", "lost"],
    ),
    "f.go": (
        """\
        package f
        import (
            "fmt"
            "os"
            _ "embed"
            . "math"
            n "net/http"
            "example.org/go-thing"
        )
        func f() { fmt.Println() }
        """,
        ["os", "n"],
    ),
    "g.rs": (
        """\
        use a::{used, gone, Trait};
        use std::collections::HashMap;
        pub use b::again;
        use c as _;
        fn f() { used() }
        """,
        ["gone", "HashMap"],
    ),
    "h.kt": (
        "import a.Used\nimport a.Gone as Left\nimport a.getValue\nimport b.*\nclass H : Used()\n",
        ["Left"],
    ),
    "i.cs": ("using System;\nusing A = B.C;\nusing D = B.E;\nclass I : D {}\n", ["A"]),
    "j.php": (
        """\
        <?php
        use A\\Used;
        use A\\Gone as Left;
        use A\\Said;
        class J extends Used {
            /** @var Said */
            public $x;
        }
        """,
        ["Left"],
    ),
    "k.scala": ("import a.{Used, Gone}\nimport a.implicits\nclass K extends Used\n", ["Gone"]),
}


@pytest.mark.parametrize("path", UNUSED)
def test_only_what_nothing_uses_is_a_candidate(path: str) -> None:
    code, expected = UNUSED[path]

    rows = unused_rows({path: code})

    assert sorted(row.name for row in rows if row.what == "import") == sorted(expected)


def test_a_candidate_says_what_and_why() -> None:
    found = combined(unused, {"a.py": "from m import a as b\n"})

    assert [item.text for item in found.rows] == [
        "a.py:1 import b: Nothing in this file uses b (m.a)."
    ]
    assert found.text == "1 unused imports and 0 unused private symbols in 1 file (candidates)."
    assert "Candidates" in overview(found).notes[0]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_no_name_that_python_reads_is_a_candidate(path: Path) -> None:
    """And of the names that occur but once in all of its file, each is one."""
    code = path.read_bytes().decode("utf-8", "replace")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(code)
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    bound = {
        alias.asname or alias.name.partition(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.name not in (alias.asname, "*") and getattr(node, "module", "") != "__future__"
    }
    once = {name for name in bound if code.count(name) == 1}

    found = {row.name for row in unused_rows({path.name: code}) if row.what == "import"}

    assert not found & read
    assert once <= found | {"_"}
