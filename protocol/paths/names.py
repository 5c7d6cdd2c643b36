"""What callers call a file, and what we call it back. Pure: nothing here looks at the disk."""

import posixpath
import re
from collections.abc import Iterator

from protocol.errors import CallRefused

_LONGEST_SHOWN = 200
_SURROGATES = re.compile("[\ud800-\udfff]")


def printable(name: str) -> str:
    """Return *name* as JSON can carry it: what is no Unicode becomes replacement characters."""
    return name if name.isascii() else _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", name)


def quoted(name: str) -> str:
    """Return *name* for a message: printable, in quotes, and cut where it would drown the rest."""
    shown = printable(name)
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[: _LONGEST_SHOWN - 3] + "..."
    return f"'{shown}'"


def absolute(name: str, working_directory: str, home: str) -> str:
    """Return the absolute path that a caller means by *name*; a leading `~/` stands for *home*.

    Raises:
        CallRefused: no file can have this name.
    """
    if not name or "\0" in name:
        raise CallRefused("bad_name", f"{quoted(name)} cannot be the name of a file.")
    if _SURROGATES.search(name):
        raise CallRefused("bad_name", f"The name {quoted(name)} is not valid Unicode.")
    if name == "~" or name.startswith("~/"):
        name = home + name[1:]
    return posixpath.join(working_directory, name)


def is_below(path: str, folder: str) -> bool:
    """Tell whether *path* is *folder* or lies in it; both are absolute and resolved."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def upwards(path: str) -> Iterator[str]:
    """Yield *path*, then every folder that it lies in, up to "/"; it is absolute and resolved."""
    yield path
    while (above := posixpath.dirname(path)) != path:
        yield above
        path = above


def relative(path: str, folder: str) -> str:
    """Return *path* as seen from *folder*, in which it lies; both are absolute and resolved."""
    return path[len(folder.rstrip("/")) + 1 :] or "."


def shown(path: str, working_directory: str) -> str:
    """Return how answers name *path*: relative to the working directory if it lies there.

    The result means the same file when it comes back, even in a folder that is called `~`.
    """
    if not is_below(path, working_directory):
        return path
    name = relative(path, working_directory)
    return f"./{name}" if name.startswith("~") else name
