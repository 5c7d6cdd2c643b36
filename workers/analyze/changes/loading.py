"""Two versions of a source to their bytes, by whatever reads one."""

from msgspec.structs import replace

from protocol.errors import CallRefused
from protocol.tools.files import Source
from protocol.worker.settings import WorkerSettings
from workers.file_tool import Load
from workers.files.content import require_written_by_hand, utf8
from workers.files.reading import Loaded

_NOTHING = Loaded(b"", settled=True)


def both(read: Load) -> Load:
    """Return what reads a source with *read*, and its earlier version if it has one.

    The result is settled only if both are.
    """

    def load_both(source: Source, settings: WorkerSettings) -> Loaded:
        if source.before is None and source.before_path is None:
            return read(source, settings)
        after = _NOTHING if source.is_gone else read(source, settings)
        try:
            before = _earlier(source, settings, read)
        except CallRefused as refusal:
            raise CallRefused(refusal.code, f"Its earlier version: {refusal.message}") from refusal
        if source.is_gone and not source.named:
            require_written_by_hand(before.data, source.path or "")
        return after._replace(before=before.data, settled=after.settled and before.settled)

    return load_both


def _earlier(source: Source, settings: WorkerSettings, read: Load) -> Loaded:
    if source.before is not None:
        return Loaded(utf8(source.before, source.path or "the snippet"), settled=True)
    there = replace(
        source,
        path=source.before_path,
        code=None,
        named=True,
        fingerprint=source.before_identity,
    )
    return read(there, settings)
