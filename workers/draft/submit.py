"""draft_submit: from a draft back to its file.

Rule 1: the file is replaced only if it still is what was drafted, to the byte.
Rule 2: whoever dies on the way leaves the file as it was, or as it should be, and a draft or a backup beside
it. What it leaves beside the file is cleared away by the next call.
"""

from protocol.errors import CallRefused
from protocol.paths.names import quoted
from protocol.tools.answered import answered
from protocol.tools.draft_changes import SubmitArguments, SubmitResult
from workers.context import JobCancelled
from workers.draft import beneath, workspace
from workers.draft.session import Drafts, temporary_of
from workers.draft.store import Meta
from workers.draft.tools import difference
from workers.draft.workspace import File, Target


def submit(drafts: Drafts, wanted: SubmitArguments) -> bytes:
    """draft_submit"""
    meta, data = drafts.known(wanted.draft, wanted.if_hash)
    found = difference(drafts, meta, data)
    target = drafts.target_of(meta)
    is_to_write = bool(found.text) and not wanted.dry_run
    backup = None
    with workspace.folder_of(target) as (folder, part):
        file = workspace.read_in(folder, part, target.name, drafts.settings)
        _require_as_drafted(file, meta, target)
        workspace.require_replaceable(folder, part, file, target.name)
        if is_to_write:
            backup = _replace(drafts, meta, (folder, part), file, data)
    if is_to_write:
        drafts.store.discard(meta.id)
    text = found.text[: wanted.max_chars]
    result = SubmitResult(
        draft=meta.id,
        path=target.name,
        submitted=is_to_write,
        added=found.added,
        removed=found.removed,
        backup=backup,
        diff=text,
        complete=len(text) == len(found.text),
    )
    return answered(_said(result), result)


def _require_as_drafted(file: File, meta: Meta, target: Target) -> None:
    if file.digest() != meta.digest:
        message = (
            f"{quoted(target.name)} has changed since draft {meta.id} was made, and nothing was written: "
            "request a new draft of it, and make the changes that draft_diff shows there."
        )
        raise CallRefused("conflict", message)


def _replace(
    drafts: Drafts, meta: Meta, place: tuple[int, str], file: File, data: bytes
) -> str | None:
    """Put the draft in the place of its file; return where the file is kept as it was."""
    folder, part = place
    if drafts.context.cancelled():
        raise JobCancelled
    backup = drafts.store.back_up(meta, file.data)
    temporary = temporary_of(meta.id)
    drafts.store.mark(meta.id)
    try:
        beneath.remove(folder, temporary)
        workspace.replace(folder, part, file, data, temporary)
    finally:
        drafts.store.unmark(meta.id)
    return backup


def _said(result: SubmitResult) -> str:
    if not result.diff:
        return f"{result.path} is as it was drafted: there is nothing to submit."
    counts = f"+{result.added} -{result.removed} lines"
    if not result.submitted:
        return f"{result.path} can be changed by this draft ({counts}):\n{result.diff}"
    kept = f" What it was is kept in {result.backup}." if result.backup else ""
    return f"{result.path} is written ({counts}); the draft is gone.{kept}\n{result.diff}"
