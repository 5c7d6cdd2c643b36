"""Which files look like source, by name or by first line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import CallRefused
from protocol.paths.kinds import interpreter, kinds_of
from protocol.tools.languages import LANGUAGES, Language


@given(st.sampled_from(list(LANGUAGES.values())))
def test_every_language_is_found_by_all_its_marks(language: Language) -> None:
    for kinds in (kinds_of(None), kinds_of(language.name), kinds_of(language.name.upper())):
        assert all(kinds.admit(f"file{extension}") for extension in language.extensions)
        assert all(kinds.admit(filename) for filename in language.filenames)
        assert all(kinds.admit_shebang(b"#!" + i.encode()) for i in language.interpreters)


@pytest.mark.parametrize(
    ("name", "language", "admitted"),
    [
        ("A.PY", "python", True),
        ("a.py", "ts", False),
        ("a.ts", "TypeScript", True),
        ("a.h", "c", True),
        ("a.h", "c++", True),
        ("a.h", "java", False),
        ("Gemfile", "ruby", True),
        ("notes.txt", None, False),
        ("README", None, False),
        ("py", None, False),
    ],
)
def test_examples(name: str, language: str | None, admitted: bool) -> None:
    assert kinds_of(language).admit(name) is admitted


@pytest.mark.parametrize(
    ("head", "program"),
    [
        (b"#!/bin/sh\n", "sh"),
        (b"#! /usr/bin/python3.11 -u\n", "python3.11"),
        (b"#!/usr/bin/env python3", "python3"),
        (b"#!/usr/bin/env -S FOO=1 /opt/bin/node --flag\n", "node"),
        (b"#!/usr/bin/env\n", ""),
        (b"#!", ""),
        (b"", ""),
        (b"import os", ""),
        (b"#!\xff\xfe/\xff", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_the_interpreter_is_the_program_without_folder_or_env(head: bytes, program: str) -> None:
    assert interpreter(head) == program


def test_a_version_does_not_hide_an_interpreter() -> None:
    assert kinds_of("python").admit_shebang(b"#!/usr/bin/python3.14\n")
    assert not kinds_of(None).admit_shebang(b"#!/usr/bin/awk5.36\n")


@given(st.binary(max_size=128))
def test_any_first_line_can_be_looked_at(head: bytes) -> None:
    assert kinds_of(None).admit_shebang(b"#!" + head) in {True, False}


def test_an_unknown_language_is_refused_with_its_nearest() -> None:
    with pytest.raises(CallRefused, match="'pyhton'; close to it: python") as caught:
        kinds_of("pyhton")

    assert caught.value.code == "unknown_language"
