"""One call's view of the drafts: the store, locked, and the workspace beside it."""

import contextlib
import os
from collections.abc import Generator
from hashlib import sha256

from protocol.errors import CallRefused
from protocol.paths.names import quoted, shown
from protocol.tools.draft_copies import Draft, State
from protocol.worker.drafts import draft_settings
from protocol.worker.settings import WorkerSettings
from workers.context import JobCancelled, JobContext
from workers.draft import beneath, workspace
from workers.draft.patch import lines_of
from workers.draft.store import Meta, Store, opened_store
from workers.draft.workspace import Target

_HASH_DIGITS = 16
_TEMPORARY = ".toolcrew-draft-"


class Drafts:
    """The drafts, as long as a call lasts."""

    def __init__(self, store: Store, context: JobContext) -> None:
        self.store = store
        self.settings: WorkerSettings = context.settings
        self.context = context

    def target_of(self, meta: Meta) -> Target:
        """Return the file that a draft is of, if drafts of it may still be made.

        Raises:
            CallRefused: the roots have changed since.
        """
        return workspace.target(meta.path, self.settings)

    def known(self, draft_id: str, if_hash: str | None = None) -> tuple[Meta, bytes]:
        """Return a draft, and its text.

        Raises:
            CallRefused: there is no such draft, or it is not as the caller knows it.
        """
        meta = self.store.meta(draft_id)
        data = self.store.text(meta)
        if if_hash is not None and if_hash != hash_of(data):
            message = (
                f"The draft has changed: its hash is {hash_of(data)} now. Read it again first."
            )
            raise CallRefused("conflict", message)
        return meta, data

    def write(self, meta: Meta, data: bytes) -> None:
        """Make *data* the text of a draft."""
        if self.context.cancelled():
            raise JobCancelled
        self.store.write(meta, data)

    def describe(self, meta: Meta, data: bytes) -> Draft:
        """Say what a draft is, and how it stands with its file."""
        return Draft(
            draft=meta.id,
            path=self.name_of(meta),
            hash=hash_of(data),
            lines=len(lines_of(data.decode(errors="replace"))),
            bytes=len(data),
            state=self.state_of(meta, data),
        )

    def name_of(self, meta: Meta) -> str:
        """Return how answers call the file."""
        return shown(meta.path, self.settings.working_directory)

    def state_of(self, meta: Meta, data: bytes) -> State:
        """Compare a draft with what it was made of, and with what the file is now."""
        digest = sha256(data).hexdigest()
        try:
            now = workspace.read(self.target_of(meta), self.settings).digest()
        except CallRefused as refusal:
            return "gone" if refusal.code == "not_found" else "conflict"
        if now == meta.digest:
            return "unchanged" if digest == meta.digest else "changed"
        return "submitted" if now == digest else "conflict"

    def recover(self) -> None:
        """Clear away what a worker has left that died while it replaced a file."""
        for draft_id in self.store.marked():
            with contextlib.suppress(CallRefused, OSError):  # what is gone needs no clearing
                wanted = self.target_of(self.store.meta(draft_id))
                with workspace.folder_of(wanted) as (descriptor, _):
                    beneath.remove(descriptor, temporary_of(draft_id))
            self.store.unmark(draft_id)


def hash_of(data: bytes) -> str:
    """Return what a caller knows a text by."""
    return sha256(data).hexdigest()[:_HASH_DIGITS]


def temporary_of(draft_id: str) -> str:
    """Return the name, beside a file, under which its replacement is written."""
    return _TEMPORARY + draft_id


@contextlib.contextmanager
def opened(context: JobContext) -> Generator[Drafts]:
    """Open the drafts for one call; nobody else changes them meanwhile.

    Raises:
        CallRefused: there are none, or they cannot be used.
    """
    settings = draft_settings(context.settings)
    most = context.settings.max_file_bytes
    try:
        with opened_store(settings, most, context.cancelled) as store, store.locked():
            drafts = Drafts(store, context)
            drafts.recover()
            yield drafts
    except OSError as error:
        where = quoted(settings.folder)
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise CallRefused("unreadable", f"The drafts in {where}: {reason}.") from error
