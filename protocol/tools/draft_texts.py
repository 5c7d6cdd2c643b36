"""The contracts of the tools that read and change the text of a draft."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.draft_copies import Draft, DraftId, IfHash
from protocol.tools.nested import DRAFT_KIND

MOST_EDITS = 1000

LineNumber = Annotated[int, Meta(ge=1, le=100_000_000)]


class ReadArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines of which draft."""

    draft: DraftId
    start: Annotated[LineNumber, Meta(description="The first line; lines count from 1.")] = 1
    end: Annotated[LineNumber | None, Meta(description="The last line; left out: the end.")] = None
    max_chars: Annotated[
        int, Meta(ge=1000, le=400_000, description="How many characters to return at most.")
    ] = 40_000


class ReadResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `draft_read` answers."""

    draft: str
    path: str
    hash: str
    start: int
    end: Annotated[int, Meta(description="The last line in `text`; start - 1 if there is none.")]
    lines: Annotated[int, Meta(description="Of the whole draft.")]
    text: Annotated[str, Meta(description="Exactly as it is, with its line endings.")]
    next_start: Annotated[int | None, Meta(description="Where to read on, if something was cut.")]


class WriteArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The new text of a draft."""

    draft: DraftId
    text: Annotated[str, Meta(description="All of it. Kept exactly, with its line endings.")]
    if_hash: IfHash | None = None


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lines to be replaced by others."""

    start: Annotated[LineNumber, Meta(description="The first line to replace; counts from 1.")]
    end: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="The last line to replace, included; start - 1: none, insert before start.",
        ),
    ]
    text: Annotated[
        str,
        Meta(
            description='The new lines; "" removes the old ones. A newline at its end is optional.'
        ),
    ]


class PatchArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to replace in a draft."""

    draft: DraftId
    edits: Annotated[
        list[Edit],
        Meta(
            min_length=1,
            max_length=MOST_EDITS,
            description="In any order; all line numbers are those before the first edit.",
        ),
    ]
    if_hash: IfHash | None = None


READ = Contract(
    name="draft_read",
    title="Read a draft",
    description="Read a draft's lines with their numbers, as draft_patch wants them.",
    version="1",
    arguments=ReadArguments,
    result=ReadResult,
    annotations=Annotations(read_only_hint=True),
    kind=DRAFT_KIND,
)

WRITE = Contract(
    name="draft_write",
    title="Write a draft",
    description="Replace the whole text of a draft. For a few lines, use draft_patch.",
    version="1",
    arguments=WriteArguments,
    result=Draft,
    annotations=Annotations(read_only_hint=False),
    kind=DRAFT_KIND,
)

PATCH = Contract(
    name="draft_patch",
    title="Patch a draft",
    description=(
        "Replace lines of a draft: each edit names the first and the last line, both included, and the new "
        "text. All numbers are those of the draft before the call. Give `if_hash` to be sure of them."
    ),
    version="1",
    arguments=PatchArguments,
    result=Draft,
    annotations=Annotations(read_only_hint=False, idempotent_hint=False),
    kind=DRAFT_KIND,
)
