"""The drafts on disk, in a folder that is ours alone.

A draft is three files: `ID.json` says of which file it is and what that was, `ID.base` is the file as it was
drafted, `ID.text` is the draft, once it is another text. It exists as long as the first of them does. What is
written is written beside its place and then renamed, so that a draft is never half of anything.

Rule 1: what is read here is checked again: a folder can be restored, synchronised, or edited by hand.
Rule 2: whoever changes anything holds the lock, also against other servers on the same workspace.
Rule 3: drafts are bounded in number and in bytes, and so are backups.
"""

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Generator
from hashlib import sha256

import msgspec

from protocol.errors import CallRefused
from protocol.paths.names import quoted
from protocol.worker.drafts import DraftSettings
from workers.context import JobCancelled
from workers.draft import backups, beneath
from workers.files.refusals import refusal

ID = re.compile(r"[0-9a-f]{10}")

_ID_BYTES = 5
_LOCK = "lock"
_META, _BASE, _TEXT, _MARK = ".json", ".base", ".text", ".submitting"
_FOLDER_MODE = 0o700
_LARGEST_META = 64 * 1024
_LOCK_POLL_S = 0.005


class Meta(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a draft is of: the file's absolute *path*, and the SHA-256 of what it was."""

    id: str
    path: str
    digest: str
    made_at: float


_decode_meta = msgspec.json.Decoder(Meta).decode


def make_folder(path: str) -> None:
    """See to it that the folder for drafts is there, and ours alone.

    Raises:
        OSError: it cannot be made.
        CallRefused: it is a link, or leads through one, or belongs to somebody else.
    """
    _make_all(path)
    with beneath.folder(beneath.parts_of(path), path) as descriptor:
        status = os.fstat(descriptor)
        if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) != _FOLDER_MODE:
            os.chmod(path, _FOLDER_MODE)
        with contextlib.suppress(FileExistsError):
            os.mkdir(backups.FOLDER, _FOLDER_MODE, dir_fd=descriptor)


def _make_all(path: str) -> None:
    """Make a folder, and those above it that are not there: all of them for their user alone."""
    missing: list[str] = []
    while not os.path.isdir(path):
        missing.append(path)
        path = os.path.dirname(path)
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, _FOLDER_MODE)


class Store:
    """The drafts in one open folder. *is_cancelled* is asked while the lock is waited for."""

    def __init__(
        self,
        descriptor: int,
        settings: DraftSettings,
        max_file_bytes: int,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._folder = descriptor
        self._settings = settings
        self._max_file_bytes = max_file_bytes
        self._is_cancelled = is_cancelled

    # --- the folder

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Be the only one who changes anything.

        Raises:
            JobCancelled: nobody waits any more.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(_LOCK, flags, 0o600, dir_fd=self._folder)
        try:
            while not _is_locked(opened):
                if self._is_cancelled():
                    raise JobCancelled
                time.sleep(_LOCK_POLL_S)
            yield
        finally:
            os.close(opened)

    # --- drafts

    def create(self, path: str, data: bytes, clock: Callable[[], float] = time.time) -> Meta:
        """Make a draft of the file at *path*, which has the content *data*.

        Raises:
            CallRefused: there are too many already.
        """
        sizes = self._sizes()
        ids = self.ids()
        if len(ids) >= self._settings.max_drafts:
            message = (
                f"There are {len(ids)} drafts, and there may be no more: discard or submit some."
            )
            raise CallRefused("too_large", message)
        self._require_room(sum(sizes.values()) + len(data))
        meta = Meta(
            id=_new_id(ids), path=path, digest=sha256(data).hexdigest(), made_at=round(clock())
        )
        self._put(
            meta.id + _BASE, data
        )  # after a power failure its digest tells whether it is whole
        self._put(meta.id + _META, msgspec.json.encode(meta))
        return meta

    def ids(self) -> list[str]:
        """Return the ids of all drafts, damaged or not."""
        names = (name.removesuffix(_META) for name in self._names() if name.endswith(_META))
        return sorted(name for name in names if ID.fullmatch(name))

    def meta(self, draft_id: str) -> Meta:
        """Return what a draft is of.

        Raises:
            CallRefused: there is no such draft, or it is damaged.
        """
        encoded = self._read(draft_id, _META, _LARGEST_META)
        try:
            meta = _decode_meta(encoded)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _damaged(draft_id) from error
        if meta.id != draft_id or not os.path.isabs(meta.path) or ".." in meta.path.split("/"):
            raise _damaged(draft_id)
        return meta

    def base(self, meta: Meta) -> bytes:
        """Return the file as it was drafted."""
        data = self._read(meta.id, _BASE, self._max_file_bytes)
        if sha256(data).hexdigest() != meta.digest:
            raise _damaged(meta.id)
        return data

    def text(self, meta: Meta) -> bytes:
        """Return the draft."""
        if self._has(meta.id + _TEXT):
            return self._read(meta.id, _TEXT, self._max_file_bytes)
        return self.base(meta)

    def write(self, meta: Meta, data: bytes) -> None:
        """Replace the draft's text.

        Raises:
            CallRefused: it is too large, alone or with all others.
        """
        if len(data) > self._max_file_bytes:
            message = f"A draft may have {self._max_file_bytes:,} bytes, not {len(data):,}."
            raise CallRefused("too_large", message)
        sizes = self._sizes()
        self._require_room(sum(sizes.values()) - sizes.get(meta.id + _TEXT, 0) + len(data))
        self._put(meta.id + _TEXT, data, is_synced=True)

    def discard(self, draft_id: str) -> None:
        """Throw a draft away, damaged or not."""
        for suffix in (_META, _TEXT, _BASE, _MARK):
            beneath.remove(self._folder, draft_id + suffix)

    def used_bytes(self) -> int:
        """Return what all drafts take up."""
        return sum(self._sizes().values())

    # --- while a file is being replaced

    def mark(self, draft_id: str) -> None:
        """Note that the file of a draft is about to be replaced, in case we die of it."""
        self._put(draft_id + _MARK, b"")

    def unmark(self, draft_id: str) -> None:
        """It was replaced, or will not be."""
        beneath.remove(self._folder, draft_id + _MARK)

    def marked(self) -> list[str]:
        """Return the drafts with which somebody died."""
        names = (name.removesuffix(_MARK) for name in self._names() if name.endswith(_MARK))
        return [name for name in names if ID.fullmatch(name)]

    # --- backups

    def back_up(self, meta: Meta, data: bytes) -> str | None:
        """Keep what a file is before it is replaced; return the path of the copy, None if none is kept."""
        name = f"{meta.id}-{meta.path.rpartition('/')[2]}"
        return backups.keep(self._folder, self._settings, name, data)

    # --- inside

    def _names(self) -> list[str]:
        return beneath.names_in(self._folder)

    def _sizes(self) -> dict[str, int]:
        """Return the size of each part of a draft; what is left over of none is removed meanwhile."""
        sizes: dict[str, int] = {}
        names = self._names()
        known = {name.removesuffix(_META) for name in names if name.endswith(_META)}
        for name in names:
            draft_id, dot, suffix = name.partition(".")
            if not dot or not ID.fullmatch(draft_id):
                continue
            if draft_id not in known or suffix.endswith("new"):
                beneath.remove(self._folder, name)
            elif dot + suffix in {_BASE, _TEXT}:
                sizes[name] = os.lstat(name, dir_fd=self._folder).st_size
        return sizes

    def _require_room(self, wanted_bytes: int) -> None:
        if wanted_bytes > self._settings.max_bytes:
            message = (
                f"All drafts would take up {wanted_bytes:,} bytes, and may take up "
                f"{self._settings.max_bytes:,}: discard or submit some."
            )
            raise CallRefused("too_large", message)

    def _has(self, name: str) -> bool:
        try:
            os.lstat(name, dir_fd=self._folder)
        except FileNotFoundError:
            return False
        return True

    def _put(self, name: str, data: bytes, *, is_synced: bool = False) -> None:
        try:
            beneath.put(self._folder, name, data, is_synced=is_synced)
        except OSError as error:
            raise refusal(error, "the folder for drafts") from error

    def _read(self, draft_id: str, suffix: str, most: int) -> bytes:
        name = draft_id + suffix
        try:
            status = os.lstat(name, dir_fd=self._folder)
        except OSError as error:
            if error.errno == errno.ENOENT and suffix == _META:
                message = f"There is no draft {draft_id!r}: draft_list says which there are."
                raise CallRefused("not_found", message) from error
            raise _damaged(draft_id) from error
        is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if not is_ours or status.st_nlink > 1 or status.st_size > most:
            raise _damaged(draft_id)
        with beneath.reading(self._folder, name, draft_id) as opened:
            return beneath.read_all(opened, most)


@contextlib.contextmanager
def opened_store(
    settings: DraftSettings, max_file_bytes: int, is_cancelled: Callable[[], bool]
) -> Generator[Store]:
    """Open the folder for drafts.

    Raises:
        CallRefused: there is none, or it is not ours alone.
    """
    if not settings.folder:
        raise CallRefused("not_allowed", "There is no folder for drafts: set drafts.folder.")
    with beneath.folder(beneath.parts_of(settings.folder), settings.folder) as descriptor:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) != _FOLDER_MODE:
            message = f"{quoted(settings.folder)} must belong to this user, with mode 700."
            raise CallRefused("not_allowed", message)
        yield Store(descriptor, settings, max_file_bytes, is_cancelled)


def _is_locked(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _new_id(taken: list[str]) -> str:
    while (draft_id := secrets.token_hex(_ID_BYTES)) in taken:
        pass
    return draft_id


def _damaged(draft_id: str) -> CallRefused:
    return CallRefused("unreadable", f"The draft {draft_id!r} is damaged: discard it.")
