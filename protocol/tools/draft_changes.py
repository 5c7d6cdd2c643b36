"""The contracts of the tools that show what a draft changes, and make it so."""

from typing import Annotated

import msgspec
from msgspec import Meta

from protocol.tools.contract import Annotations, Contract
from protocol.tools.draft_copies import DraftId, IfHash, State
from protocol.tools.nested import DRAFT_KIND

MaxChars = Annotated[
    int, Meta(ge=1000, le=400_000, description="How many characters of the diff to return at most.")
]


class DiffArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which draft to compare with its original."""

    draft: DraftId
    context: Annotated[
        int, Meta(ge=0, le=100, description="How many equal lines to show around each change.")
    ] = 3
    max_chars: MaxChars = 40_000


class DiffResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `draft_diff` answers."""

    draft: str
    path: str
    hash: str
    state: State
    added: Annotated[int, Meta(description="Lines.")]
    removed: Annotated[int, Meta(description="Lines.")]
    diff: Annotated[str, Meta(description="Unified; empty if nothing was changed.")]
    complete: Annotated[bool, Meta(description="False if the diff was cut.")]


class SubmitArguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which draft to write back."""

    draft: DraftId
    dry_run: Annotated[
        bool, Meta(description="Only check whether it could be done, and show the diff.")
    ] = False
    if_hash: IfHash | None = None
    max_chars: MaxChars = 40_000


class SubmitResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `draft_submit` answers."""

    draft: str
    path: str
    submitted: Annotated[bool, Meta(description="False in a dry run, or if nothing was changed.")]
    added: int
    removed: int
    backup: Annotated[
        str | None, Meta(description="Where the file as it was before is kept, if it is.")
    ]
    diff: str
    complete: Annotated[bool, Meta(description="False if the diff was cut.")]


DIFF = Contract(
    name="draft_diff",
    title="Diff a draft",
    description="What a draft changes in its file, as a unified diff against the file as it was drafted.",
    version="1",
    arguments=DiffArguments,
    result=DiffResult,
    annotations=Annotations(read_only_hint=True),
    kind=DRAFT_KIND,
)

SUBMIT = Contract(
    name="draft_submit",
    title="Submit a draft",
    description=(
        "Write a draft back into its file, all or nothing, unless the file has changed since it was drafted. "
        "A backup is kept, and the draft is gone afterwards. Try dry_run first."
    ),
    version="1",
    arguments=SubmitArguments,
    result=SubmitResult,
    annotations=Annotations(read_only_hint=False, destructive_hint=True, idempotent_hint=False),
    kind=DRAFT_KIND,
)
