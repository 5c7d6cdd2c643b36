"""Which names say that a file is source code, and of which language. Pure."""

import re
from functools import lru_cache
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.paths.names import quoted
from protocol.tools.languages import LANGUAGES, Language, nearest_languages, resolve_language

SHEBANG_BYTES = 128

_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?(\S+)(?:[ \t]+([^\n]*))?")
_VERSION = re.compile(r"[-.\d]+$")
_SHARED = {"cpp": (".h",), "matlab": (".m",)}
"""A header's name says C, but whoever asks for C++ wants its headers too; so with MATLAB, Objective-C."""


class Kinds(NamedTuple):
    """What the names and first lines of wanted files look like; all in lower case."""

    extensions: frozenset[str]
    filenames: frozenset[str]
    interpreters: frozenset[str]

    def admit(self, name: str) -> bool:
        """Tell whether the name alone says that the file is wanted."""
        lowered = name.lower()
        return lowered[lowered.rfind(".") :] in self.extensions or lowered in self.filenames

    def admit_shebang(self, head: bytes) -> bool:
        """Tell whether the first line names a wanted interpreter."""
        program = interpreter(head)
        return program in self.interpreters or _VERSION.sub("", program) in self.interpreters


@lru_cache
def kinds_of(language: str | None) -> Kinds:
    """Return what files of *language*, a name or alias, look like; None stands for all of them.

    Raises:
        CallRefused: there is no such language.
    """
    if language is None:
        return _kinds(*LANGUAGES.values())
    name = resolve_language(language)
    if name is None:
        nearest = ", ".join(nearest_languages(language)) or "none"
        message = f"No language is called {quoted(language)}; close to it: {nearest}."
        raise CallRefused("unknown_language", message)
    kinds = _kinds(LANGUAGES[name])
    return kinds._replace(extensions=kinds.extensions.union(_SHARED.get(name, ())))


def interpreter(head: bytes) -> str:
    """Return the program that a file's first line names, without its folder; empty when none."""
    match = _SHEBANG.match(head)
    if match is None:
        return ""
    program, rest = (part.decode(errors="replace") for part in (match[1], match[2] or b""))
    if program != "env":
        return program
    words = [word for word in rest.split() if not word.startswith("-") and "=" not in word]
    return words[0].rpartition("/")[2] if words else ""


def has_extension(name: str) -> bool:
    """Tell whether *name* says anything; a file that does not is judged by its first line."""
    return "." in name


def _kinds(*languages: Language) -> Kinds:
    return Kinds(
        extensions=frozenset(e for language in languages for e in language.extensions),
        filenames=frozenset(f for language in languages for f in language.filenames),
        interpreters=frozenset(i for language in languages for i in language.interpreters),
    )
