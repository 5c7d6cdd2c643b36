"""The contracts of the tools that make drafts, list them, and throw them away."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.nested import DRAFT_KIND

LONGEST_PATH = 4096

DraftId = Annotated[
    str, Meta(pattern="^[0-9a-f]{10}$", description="The draft's id, as draft_request gave it.")
]
IfHash = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        description="The draft's hash as you know it: refused if the draft has changed since.",
    ),
]
State = Literal["unchanged", "changed", "conflict", "submitted", "gone", "damaged"]


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One draft as it is now."""

    draft: str
    path: Annotated[str, Meta(description="The file that it is a draft of.")]
    hash: Annotated[str, Meta(description="Changes with every change of the draft.")]
    lines: int
    bytes: int
    state: Annotated[
        State,
        Meta(
            description="unchanged, or changed and ready to be submitted; conflict: the file has changed "
            "since; submitted: the file is as the draft; gone: there is no such file now."
        ),
    ]


class RequestArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which file to copy."""

    path: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=LONGEST_PATH,
            description="A text file, relative to the working directory or absolute.",
        ),
    ]


class ListArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to choose."""


class ListResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `draft_list` answers, the oldest first."""

    drafts: list[Draft]
    bytes: Annotated[int, Meta(description="What they take up, with the copies of the originals.")]
    max_bytes: int
    max_drafts: int


class DiscardArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which draft to throw away."""

    draft: DraftId


class DiscardResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `draft_discard` answers."""

    draft: str
    path: str


REQUEST = Contract(
    name="draft_request",
    title="Draft a file",
    description=(
        "Copy a text file of the workspace into a draft that you can edit without touching the file. "
        "Then: draft_read, draft_patch or draft_write, draft_diff, draft_submit."
    ),
    version="1",
    arguments=RequestArguments,
    result=Draft,
    annotations=Annotations(read_only_hint=False, idempotent_hint=False),
    kind=DRAFT_KIND,
)

LIST = Contract(
    name="draft_list",
    title="List drafts",
    description="Every draft: its file, its hash, and whether the file has changed meanwhile.",
    version="1",
    arguments=ListArguments,
    result=ListResult,
    annotations=Annotations(read_only_hint=True),
    kind=DRAFT_KIND,
)

DISCARD = Contract(
    name="draft_discard",
    title="Discard a draft",
    description="Throw a draft away. The file that it was made of stays as it is.",
    version="1",
    arguments=DiscardArguments,
    result=DiscardResult,
    annotations=Annotations(read_only_hint=False, destructive_hint=True),
    kind=DRAFT_KIND,
)
