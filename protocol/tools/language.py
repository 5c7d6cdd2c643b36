"""What is known of one programming language from outside: its names, and what its files are called."""

import msgspec


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """One language. *extensions* are lower case with their dot, *filenames* are whole names, lower case.

    *packed*: the name of its grammar in the optional language pack; empty: the grammar is always there.
    """

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    filenames: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    packed: str = ""
