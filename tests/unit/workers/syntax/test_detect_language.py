"""Names first, then shebangs, then content; and no answer where there is none."""

import pytest

from protocol.tools.languages import MAIN_LANGUAGES
from support.syntax_samples import sample
from workers.syntax.detect import detect_language

_PROSE = b"Please select an item from the list, then import it.\nIf in doubt: ask. (Or not.)\n"


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/app.py", "python"),
        ("SRC/APP.PY", "python"),
        ("Gemfile", "ruby"),
        ("a/b/.bashrc", "bash"),
        ("x.test.tsx", "tsx"),
        ("main.cc", "cpp"),
        ("a.h", "c"),
        ("Cargo.lock", "toml"),
        (".py", None),
        ("py", None),
        ("notes.txt", None),
        ("Makefile", "make"),
        ("src/Dockerfile", "dockerfile"),
        ("BUILD", None),
    ],
)
def test_a_file_name_tells_its_language(path: str, language: str | None) -> None:
    assert detect_language(path, b"") == language


@pytest.mark.parametrize(
    ("first_line", "language"),
    [
        (b"#!/usr/bin/env python3", "python"),
        (b"#!/usr/bin/python3.11 -O", "python"),
        (b"#! /bin/sh", "bash"),
        (b"#!/usr/bin/env -S deno run", "typescript"),
        (b"#!/usr/bin/env NODE_ENV=x node", "javascript"),
        (b"#!/usr/bin/env /opt/bin/ruby", "ruby"),
        (b"#!/usr/bin/perl -w", "perl"),
        (b"#!/usr/bin/awk", None),
        (b"#!", None),
    ],
)
def test_a_shebang_tells_the_language_of_a_script(first_line: bytes, language: str | None) -> None:
    assert detect_language("bin/tool", first_line + b"\n") == language
    assert detect_language(None, first_line + b"\n") == language


@pytest.mark.parametrize(
    "content",
    [
        b"namespace x {}\n",
        b"class A {\n",
        b"template <class T>\n",
        b"#include <vector>\n",
        b"std::string s;",
    ],
)
def test_a_header_with_cpp_in_it_is_cpp(content: bytes) -> None:
    assert detect_language("a.h", b"#pragma once\n" + content) == "cpp"


def test_a_header_without_cpp_in_it_is_c() -> None:
    assert detect_language("a.h", sample("c")) == "c"


@pytest.mark.parametrize(
    "language",
    sorted(set(MAIN_LANGUAGES) - {"css", "tsx", "yaml"}),
)
def test_the_language_of_a_snippet_is_seen_in_its_content(language: str) -> None:
    assert detect_language(None, sample(language)) == language


@pytest.mark.parametrize(
    ("code", "language"),
    [
        (b"SELECT a FROM b WHERE c = 1", "sql"),
        (b"def f(x):\n    return x\n", "python"),
        (b"import os\n", "python"),
        (b"const x = require('y')\n", "javascript"),
        (b"interface A {\n  b: string\n}\n", "typescript"),
        (b"fn main() {\n}\n", "rust"),
        (b'{"a": 1}', "json"),
        (b"[1, 2]", "json"),
        (b"[package]\nname = 'x'\n", "toml"),
        (b"name: x\non:\n  push: 1\n", "yaml"),
        (b"body {\n  color: red;\n}\n", "css"),
        (b"#include <stdio.h>\nint main(void) {\n}\n", "c"),
        (b"fun main() {\n}\n", "kotlin"),
        (b"func f() {\n}\n", "go"),
        (b"case class A(x: Int)\n", "scala"),
        (b"import UIKit\n", "swift"),
        (b"export A=1\n", "bash"),
        (b"x = 1\n", None),
        (_PROSE, None),
        (b"", None),
        (b"42", None),
        (b"\x00\xff", None),
    ],
)
def test_a_short_snippet_is_told_or_left_alone(code: bytes, language: str | None) -> None:
    assert detect_language(None, code) == language


def test_a_text_file_that_holds_code_is_still_a_text_file() -> None:
    assert detect_language("README", sample("python").split(b"\n", 1)[1]) is None
    assert detect_language("notes.txt", b"SELECT a FROM b;") is None


def test_a_page_without_a_telling_name_is_known_by_how_it_begins() -> None:
    assert detect_language("index", b"<!DOCTYPE html>\n<p>") == "html"
    assert detect_language("index", b"<?php echo 1;") == "php"
