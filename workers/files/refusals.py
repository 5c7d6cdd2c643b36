"""What the operating system says about a file, as callers are told it."""

import errno
import os

from protocol.errors import CallRefused, ErrorCode
from protocol.paths.names import quoted

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


def refusal(error: OSError, name: str) -> CallRefused:
    """Translate what the operating system said about *name*."""
    reason = os.strerror(error.errno) if error.errno else "the system gives no reason"
    return CallRefused(_CODES.get(error.errno, "unreadable"), f"{quoted(name)}: {reason}.")
