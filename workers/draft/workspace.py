"""The files that drafts are made of: which ones may be, how they are read, and how one is replaced.

Rule 1: a name is compared with the roots as it is written, and then opened without following any link, so
that it means what it says; see `beneath`.
Rule 2: a file is one name of a plain file: other names of the same file might be outside, or stay behind.
Rule 3: a file is replaced whole or not at all, and only if it still is what was read.
"""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import NamedTuple

from protocol.errors import CallRefused
from protocol.paths.names import absolute, is_below, quoted, shown
from protocol.paths.secrets import looks_secret
from protocol.tools.fingerprint import fingerprint
from protocol.worker.drafts import draft_settings
from protocol.worker.settings import WorkerSettings
from workers.draft import beneath
from workers.files.reading import require_readable
from workers.files.refusals import refusal
from workers.files.roots import require_below_roots

_READS = 3
_ACCESS_LIST = "system.posix_acl_access"


class Target(NamedTuple):
    """A file of the workspace: the absolute *path*, and how answers call it."""

    path: str
    name: str


class File(NamedTuple):
    """What was read of a file, and what it was then."""

    data: bytes
    status: os.stat_result

    def digest(self) -> str:
        """Return the SHA-256 of the content."""
        return sha256(self.data).hexdigest()


def target(name: str, settings: WorkerSettings) -> Target:
    """Return the file that a caller calls *name*, if drafts of it may be made at all.

    Raises:
        CallRefused: by its name alone it may not.
    """
    path = absolute(name, settings.working_directory, os.path.expanduser("~"))
    if ".." in path.split("/"):
        raise CallRefused("not_allowed", f"{quoted(name)}: write the path without `..`.")
    parts = beneath.parts_of(path)
    path = "/" + "/".join(parts)
    require_below_roots(path, name, settings)
    drafts = draft_settings(settings).folder
    if drafts and is_below(path, drafts):
        raise CallRefused("not_allowed", f"{quoted(name)} is where drafts are kept.")
    for part in parts[_depth_of_root(path, settings) :]:
        if looks_secret(part):
            message = (
                f"{quoted(part)} looks as if secrets were in it: no drafts are made of such files."
            )
            raise CallRefused("not_allowed", message)
    return Target(path, shown(path, settings.working_directory))


def _depth_of_root(path: str, settings: WorkerSettings) -> int:
    """Return how many names the innermost root has in which *path* lies: those were chosen on purpose."""
    return max(len(beneath.parts_of(root)) for root in settings.roots if is_below(path, root))


@contextmanager
def folder_of(wanted: Target) -> Generator[tuple[int, str]]:
    """Open the folder of a file, and give the file's name in it.

    Raises:
        CallRefused: there is no such folder, or the way to it leads through a link.
    """
    parts = beneath.parts_of(wanted.path)
    if not parts:
        raise CallRefused("not_a_file", f"{quoted(wanted.name)} is a folder, not a file.")
    with beneath.folder(parts[:-1], wanted.name) as descriptor:
        yield descriptor, parts[-1]


def read(wanted: Target, settings: WorkerSettings) -> File:
    """Read a file as it was at one moment (see `read_in`)."""
    with folder_of(wanted) as (descriptor, part):
        return read_in(descriptor, part, wanted.name, settings)


def read_in(descriptor: int, part: str, name: str, settings: WorkerSettings) -> File:
    """Read the file *part* of an open folder.

    Raises:
        CallRefused: it is not there, not a plain file with one name, or too large.
    """
    beneath.require_no_link(descriptor, part, name)
    try:
        # Asked before opening too: merely to open a device can have effects.
        _require_plain(os.lstat(part, dir_fd=descriptor), name, settings)
        with beneath.reading(descriptor, part, name) as opened:
            return _read_still(opened, name, settings)
    except OSError as error:
        raise refusal(error, name) from error


def _read_still(opened: int, name: str, settings: WorkerSettings) -> File:
    for _ in range(_READS):
        before = os.fstat(opened)
        _require_plain(before, name, settings)
        data = beneath.read_all(opened, settings.max_file_bytes)
        after = os.fstat(opened)
        if fingerprint(before) == fingerprint(after) and len(data) == after.st_size:
            return File(data, after)
    raise CallRefused("conflict", f"{quoted(name)} is being written to: try again in a moment.")


def _require_plain(status: os.stat_result, name: str, settings: WorkerSettings) -> None:
    require_readable(status, name, settings)
    if status.st_nlink > 1:
        message = f"{quoted(name)} has {status.st_nlink} names (hard links): a draft would change only one."
        raise CallRefused("not_allowed", message)


def text_of(data: bytes, name: str) -> str:
    """Return the text that *data* is, byte order mark and all.

    Raises:
        CallRefused: it is no text in UTF-8.
    """
    if b"\0" in data:
        raise CallRefused("binary", f"{quoted(name)} is binary: drafts are for text.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        message = (
            f"{quoted(name)} is not UTF-8 (at byte {error.start:,}): drafts are for UTF-8 text."
        )
        raise CallRefused("binary", message) from error


# --- writing back


def require_replaceable(opened_folder: int, part: str, file: File, name: str) -> None:
    """Refuse a file that would not be the same in all but its content once it is replaced."""
    status = file.status
    if status.st_uid != os.geteuid():
        raise CallRefused("not_allowed", f"{quoted(name)} belongs to somebody else.")
    if not status.st_mode & stat.S_IWUSR:
        raise CallRefused("not_allowed", f"{quoted(name)} is read-only.")
    if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
        raise CallRefused("not_allowed", f"{quoted(name)} runs with the rights of others (setuid).")
    with beneath.reading(opened_folder, part, name) as opened:
        if _ACCESS_LIST in _attributes(opened):
            message = f"{quoted(name)} has an access control list, which would be lost."
            raise CallRefused("not_allowed", message)


def _attributes(opened: int) -> list[str]:
    try:
        return os.listxattr(opened) if hasattr(os, "listxattr") else []
    except OSError:  # a file system without them
        return []


def replace(opened_folder: int, part: str, old: File, data: bytes, temporary: str) -> None:
    """Put *data* in the place of *old*, by way of the file *temporary* beside it.

    Raises:
        CallRefused: the file has changed meanwhile, or cannot be written; then it is as it was.
    """
    try:
        mode = stat.S_IMODE(old.status.st_mode)
        made = beneath.create(opened_folder, temporary, data, mode)
        try:
            _require_same_owner(made, old.status, part)
            _require_still(opened_folder, part, old.status)
            beneath.rename(opened_folder, temporary, part)
        except BaseException:
            beneath.remove(opened_folder, temporary)
            raise
    except OSError as error:
        raise refusal(error, part) from error
    beneath.synchronise(opened_folder)


def _require_same_owner(made: os.stat_result, old: os.stat_result, name: str) -> None:
    if (made.st_uid, made.st_gid) != (old.st_uid, old.st_gid):
        message = f"{quoted(name)} belongs to a group that its replacement would not belong to."
        raise CallRefused("not_allowed", message)


def _require_still(opened_folder: int, part: str, old: os.stat_result) -> None:
    now = os.lstat(part, dir_fd=opened_folder)
    if fingerprint(now) != fingerprint(old):
        raise CallRefused("conflict", f"{quoted(part)} has just changed: nothing was written.")
