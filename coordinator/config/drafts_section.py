"""The section `[drafts]`: copies of files that clients may edit and have written back."""

from typing import Annotated

import msgspec
from msgspec import Meta

from coordinator.config.units import GIB, MIB


class DraftsConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether there are drafts, where, and how many."""

    enabled: Annotated[
        bool, Meta(description="Whether clients may draft changes of files, and submit them.")
    ] = True
    folder: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00\ud800-\udfff]*$",
            description="Where drafts are kept; empty = in the user's folder for such state.",
            extra={"expected": "the path of a folder, or nothing"},
        ),
    ] = ""
    max_bytes: Annotated[
        int,
        Meta(
            ge=MIB,
            le=1024 * GIB,
            description="What all drafts may take up, and all backups as much again.",
        ),
    ] = 64 * MIB
    max_drafts: Annotated[
        int, Meta(ge=1, le=1000, description="How many drafts there may be at a time.")
    ] = 100
    backups: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000,
            description="How many files are kept as they were before a draft was submitted.",
        ),
    ] = 50
