"""Folders and files that are opened one name at a time, so that no symbolic link is ever followed.

Each part of a path is opened relative to the folder before it, with O_NOFOLLOW: a link that is put in the
place of a folder or a file, at whatever moment, is refused and leads nowhere. See openat(2); the reasons
for it are in path_resolution(7) and CWE-367.
"""

import contextlib
import os
import stat
from collections.abc import Generator, Sequence

from protocol.errors import CallRefused
from protocol.paths.names import quoted
from workers.files.refusals import refusal

# O_PATH needs no right to read a folder, only to pass through it; not on macOS.
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# Without O_NONBLOCK the open of a FIFO would wait for its writer.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_OURS_ALONE = 0o600
_MOST_NAMES = 100_000


def parts_of(path: str) -> list[str]:
    """Return the names in an absolute *path*, which has no `..`."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    assert ".." not in parts
    return parts


@contextlib.contextmanager
def folder(parts: Sequence[str], name: str) -> Generator[int]:
    """Open the folder to which *parts* lead from the top; callers know what they want as *name*.

    Raises:
        CallRefused: it is not there, or the way leads through a link.
    """
    descriptor = os.open("/", _FOLDER)
    try:
        for part in parts:
            following = _enter(descriptor, part, name)
            os.close(descriptor)
            descriptor = following
        yield descriptor
    finally:
        os.close(descriptor)


def _enter(descriptor: int, part: str, name: str) -> int:
    try:
        return os.open(part, _FOLDER, dir_fd=descriptor)
    except OSError as error:
        require_no_link(descriptor, part, name)
        raise refusal(error, name) from error


def require_no_link(descriptor: int, part: str, name: str) -> None:
    """Refuse *name* if this *part* of it is a symbolic link."""
    with contextlib.suppress(OSError):
        if stat.S_ISLNK(os.lstat(part, dir_fd=descriptor).st_mode):
            at = "" if name.rpartition("/")[2] == part else f" at {quoted(part)}"
            message = f"{quoted(name)} is or leads through a symbolic link{at}: use the real path."
            raise CallRefused("not_allowed", message)


@contextlib.contextmanager
def reading(descriptor: int, part: str, name: str) -> Generator[int]:
    """Open the file *part* of a folder for reading, whatever it is; to open a pipe or a device is harmless.

    Raises:
        CallRefused: it cannot be opened, or is a link.
    """
    try:
        opened = os.open(part, _READ, dir_fd=descriptor)
    except OSError as error:
        require_no_link(descriptor, part, name)
        raise refusal(error, name) from error
    try:
        yield opened
    finally:
        os.close(opened)


def read_all(opened: int, most: int) -> bytes:
    """Read an open file from start to end, or a little more than *most* bytes of it."""
    data = bytearray()
    while len(data) <= most and (piece := os.pread(opened, most + 1 - len(data), len(data))):
        data += piece
    return bytes(data)


def create(
    descriptor: int, part: str, data: bytes, mode: int, *, is_synced: bool = True
) -> os.stat_result:
    """Make the file *part*, which must not exist, with this *mode*; have it on the disk if *is_synced*.

    Raises:
        OSError: it could not be made; nothing of it is left.
    """
    before = os.umask(0)  # chmod is denied to us, and needs not to be allowed
    try:
        opened = os.open(part, _CREATE, mode, dir_fd=descriptor)
    finally:
        os.umask(before)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(opened, view) :]
            if is_synced:
                os.fsync(opened)
            return os.fstat(opened)
        finally:
            os.close(opened)
    except BaseException:
        remove(descriptor, part)
        raise


def put(descriptor: int, part: str, data: bytes, *, is_synced: bool) -> None:
    """Make or replace the file *part* of a folder that is ours alone, all or nothing.

    Unless it *is_synced*, that holds for our death, but not for a power failure.
    """
    temporary = f"{part}.new"
    remove(descriptor, temporary)
    create(descriptor, temporary, data, _OURS_ALONE, is_synced=is_synced)
    rename(descriptor, temporary, part)


def rename(descriptor: int, old: str, new: str) -> None:
    """Give a file another name in its folder, in the place of whatever has it."""
    os.rename(old, new, src_dir_fd=descriptor, dst_dir_fd=descriptor)


def remove(descriptor: int, part: str) -> bool:
    """Remove a file; tell whether there was one."""
    try:
        os.unlink(part, dir_fd=descriptor)
    except FileNotFoundError:
        return False
    return True


def names_in(descriptor: int) -> list[str]:
    """Return the names in a folder; of very many, some."""
    opened = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=descriptor)
    try:
        with os.scandir(opened) as entries:
            return [entry.name for entry, _ in zip(entries, range(_MOST_NAMES), strict=False)]
    finally:
        os.close(opened)


def synchronise(descriptor: int) -> None:
    """Have the names in a folder on the disk, where the file system can do that."""
    with contextlib.suppress(OSError):
        opened = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=descriptor)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
