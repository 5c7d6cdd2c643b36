"""What a file's bytes say about it: its encoding, and whether anybody wrote it by hand. Pure."""

import codecs
import re

from protocol.errors import CallRefused
from protocol.paths.names import quoted

_SNIFFED = 8192
_SHORTEST_MINIFIED = 2000
_LONGEST_WRITTEN = 250
"""No one writes JavaScript or CSS with lines that are this long on average."""

_MINIFIABLE = (".js", ".mjs", ".cjs", ".css")
_MINIFIED_NAMES = tuple(f".min{extension}" for extension in _MINIFIABLE)

_MENTIONED = b"generated"
_HEADER = re.compile(rb"(?:[^\n]*\n){0,39}[^\n]*")
# Spelled so that this file does not say it of itself; applied to lower case. Each begins with plain text,
# which `re` searches for ten times as fast, and then looks back: 20 us less for a file that says so.
_GENERATED = re.compile(
    rb"[g]enerated(?:(?<=<auto-[g]enerated)|\b(?<=@[g]enerated)(?<![\w.]@[g]enerated))"
)
_DO_NOT_EDIT = re.compile(rb"do not (?<=\bdo not )(?:edit|modify)\b")


def utf8(data: bytes, name: str) -> bytes:
    """Return *data* without byte order mark, and in UTF-8 if the mark says UTF-16.

    Bytes that are no valid UTF-8 stay as they are: a parser gets over them.

    Raises:
        CallRefused: this is no text.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", errors="replace").encode()
    if b"\0" in data[:_SNIFFED]:
        raise CallRefused("binary", f"{quoted(name)} is binary.")
    return data.removeprefix(codecs.BOM_UTF8)


def require_written_by_hand(data: bytes, name: str) -> None:
    """Refuse what a program wrote; meant for files that nobody asked for by name."""
    if is_minified(data, name):
        raise CallRefused("minified", f"{quoted(name)} is minified; name the file to work on it.")
    if is_generated(data):
        raise CallRefused(
            "generated", f"{quoted(name)} says that it is generated; name the file to work on it."
        )


def is_minified(data: bytes, name: str) -> bool:
    """Tell by name, or by the average line of JavaScript and CSS."""
    lowered = name.lower()
    if lowered.endswith(_MINIFIED_NAMES):
        return True
    if not lowered.endswith(_MINIFIABLE) or len(data) < _SHORTEST_MINIFIED:
        return False
    return len(data) > _LONGEST_WRITTEN * (data.count(b"\n") + 1)


def is_generated(data: bytes) -> bool:
    """Tell by what the first 40 lines say."""
    beginning = data[:_SNIFFED].lower()
    if _MENTIONED not in beginning:  # as in most: to find where the 40 lines end takes 6 us
        return False
    match = _HEADER.match(beginning)
    header = match[0] if match else b""
    if _MENTIONED not in header:
        return False
    return bool(_GENERATED.search(header) or _DO_NOT_EDIT.search(header))
