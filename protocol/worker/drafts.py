"""What a worker is told about drafts: copies of a project's files that can be edited apart from them."""

import msgspec

from protocol.worker.settings import WorkerSettings

MIB = 1024 * 1024


class DraftSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where drafts are, and how many there may be. *folder* is absolute; "" = there are none."""

    folder: str = ""
    max_bytes: int = 64 * MIB
    """What all drafts may take up, and all backups as much again."""
    max_drafts: int = 100
    backups: int = 50
    """How many of the files that were written over are kept; 0 = none."""


_decode = msgspec.json.Decoder(DraftSettings | None).decode


def draft_settings(settings: WorkerSettings) -> DraftSettings:
    """Return what the kind `draft` is told beside what all workers are told."""
    return _decode(settings.of_kind) or DraftSettings()
