"""What callers call a file, and what we call it back. Pure: nothing here looks at the disk."""

import errno
import os
import re

from protocol.errors import CallRefused, ErrorCode

_LONGEST_SHOWN = 200
_SURROGATES = re.compile("[\ud800-\udfff]")

_CODES: dict[int | None, ErrorCode] = {
    errno.ENOENT: "not_found",
    errno.ENOTDIR: "not_found",
    errno.ESTALE: "not_found",
    errno.ELOOP: "not_found",
    errno.ENAMETOOLONG: "bad_name",
    errno.EILSEQ: "bad_name",
    errno.EISDIR: "not_a_file",
    errno.ENXIO: "not_a_file",
    errno.ENODEV: "not_a_file",
    errno.EOPNOTSUPP: "not_a_file",
}


def printable(name: str) -> str:
    """Return *name* as JSON can carry it: what is no Unicode becomes replacement characters."""
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", name)


def quoted(name: str) -> str:
    """Return *name* for a message: printable, in quotes, and cut where it would drown the rest."""
    shown = printable(name)
    if len(shown) > _LONGEST_SHOWN:
        shown = shown[: _LONGEST_SHOWN - 3] + "..."
    return f"'{shown}'"


def refusal(error: OSError, name: str) -> CallRefused:
    """Translate what the operating system said about *name*."""
    reason = os.strerror(error.errno) if error.errno else "the system gives no reason"
    return CallRefused(_CODES.get(error.errno, "unreadable"), f"{quoted(name)}: {reason}.")


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
    return os.path.join(working_directory, name)


def is_below(path: str, folder: str) -> bool:
    """Tell whether *path* is *folder* or lies in it; both are absolute and resolved."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def shown(path: str, working_directory: str) -> str:
    """Return how answers name *path*: relative to the working directory if it lies there.

    The result means the same file when it comes back, even in a folder that is called `~`.
    """
    if path == working_directory:
        return "."
    if not is_below(path, working_directory):
        return path
    relative = path[len(working_directory.rstrip("/")) + 1 :]
    return f"./{relative}" if relative.startswith("~") else relative
