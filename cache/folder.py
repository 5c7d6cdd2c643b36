"""The folder for what can be lost: it belongs to its user, and nobody else may look into it."""

import os
import stat
import sys
from collections.abc import Mapping

_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600


class Unsafe(OSError):
    """This folder or file is not to be used, and why."""


def cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return where a user's caches are, and ours among them; *environ* is the environment.

    Raises:
        Unsafe: nothing says where the user's home is.
    """
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the specification wants such a value to be passed over
        home = environ.get("HOME") or os.path.expanduser("~")
        base = os.path.join(home, "Library/Caches" if platform == "darwin" else ".cache")
    if not os.path.isabs(base):
        raise Unsafe(f"{base} is not an absolute path")
    return os.path.join(base, "toolcrew")


def make_folder(folder: str, uid: int) -> None:
    """See to it that *folder* is there, and for its user alone.

    Raises:
        OSError: it cannot be made, or belongs to somebody else.
    """
    os.makedirs(os.path.dirname(folder), _PRIVATE_FOLDER, exist_ok=True)
    try:
        os.mkdir(folder, _PRIVATE_FOLDER)
    except FileExistsError:
        _make_private(folder, uid, _PRIVATE_FOLDER)


def make_file(path: str, uid: int) -> None:
    """See to it that *path* is a file, and for its user alone.

    One that exists is not opened: to close it again would undo the locks of all who have it open
    in this process.

    Raises:
        OSError: it cannot be made, or belongs to somebody else, or is no file.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC
    try:
        os.close(os.open(path, flags, _PRIVATE_FILE))
    except FileExistsError:
        _make_private(path, uid, _PRIVATE_FILE)


def _make_private(path: str, uid: int, mode: int) -> None:
    found = os.lstat(path)
    is_wanted = stat.S_ISDIR if mode == _PRIVATE_FOLDER else stat.S_ISREG
    if not is_wanted(found.st_mode):
        raise Unsafe(f"{path} is not what it should be")  # nor is a link to it
    if found.st_uid != uid:
        raise Unsafe(f"{path} belongs to somebody else")
    if stat.S_IMODE(found.st_mode) != mode:
        os.chmod(path, mode)
