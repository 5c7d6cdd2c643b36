"""The draft tools: what each does once its arguments are known."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from protocol.errors import CallRefused
from protocol.tools.answered import answered
from protocol.tools.draft_changes import DiffArguments, DiffResult
from protocol.tools.draft_copies import (
    DiscardArguments,
    DiscardResult,
    Draft,
    ListArguments,
    ListResult,
    RequestArguments,
)
from protocol.tools.draft_texts import PatchArguments, ReadArguments, ReadResult, WriteArguments
from protocol.worker.drafts import draft_settings
from workers.context import JobContext, Tool
from workers.draft import workspace
from workers.draft.diff import Diff, unified
from workers.draft.patch import lines_of, patched
from workers.draft.session import Drafts, hash_of, opened
from workers.draft.store import Meta

_Arguments = TypeVar("_Arguments", bound=msgspec.Struct)
_CUT = "…"
_ENDINGS = "\r\n"


def tool(arguments: type[_Arguments], run: Callable[[Drafts, _Arguments], bytes]) -> Tool:
    """Return the tool that does *run* with the drafts open."""
    decode = msgspec.json.Decoder(arguments).decode

    def call(raw: msgspec.Raw, context: JobContext) -> bytes:
        wanted = decode(raw)
        with opened(context) as drafts:
            return run(drafts, wanted)

    return call


def request(drafts: Drafts, wanted: RequestArguments) -> bytes:
    """draft_request"""
    target = workspace.target(wanted.path, drafts.settings)
    with workspace.folder_of(target) as (folder, part):
        file = workspace.read_in(folder, part, target.name, drafts.settings)
        workspace.text_of(file.data, target.name)
        workspace.require_replaceable(folder, part, file, target.name)
    draft = drafts.describe(drafts.store.create(target.path, file.data), file.data)
    return answered(_line(draft), draft)


def list_drafts(drafts: Drafts, wanted: ListArguments) -> bytes:
    """draft_list"""
    del wanted
    found = [_described(drafts, draft_id) for draft_id in drafts.store.ids()]
    known = [draft for _, draft in sorted(found, key=lambda pair: (pair[0], pair[1].draft))]
    limits = draft_settings(drafts.settings)
    result = ListResult(
        drafts=known,
        bytes=drafts.store.used_bytes(),
        max_bytes=limits.max_bytes,
        max_drafts=limits.max_drafts,
    )
    return answered("\n".join(map(_line, known)) or "There are no drafts.", result)


def _described(drafts: Drafts, draft_id: str) -> tuple[float, Draft]:
    try:
        meta, data = drafts.known(draft_id)
    except CallRefused:
        damaged = Draft(draft=draft_id, path="", hash="", lines=0, bytes=0, state="damaged")
        return 0.0, damaged
    return meta.made_at, drafts.describe(meta, data)


def discard(drafts: Drafts, wanted: DiscardArguments) -> bytes:
    """draft_discard"""
    try:
        path = drafts.name_of(drafts.store.meta(wanted.draft))
    except CallRefused as refusal:
        is_second_time = (
            drafts.context.attempt > 1
        )  # the first worker died, perhaps after it was done
        if refusal.code == "not_found" and not is_second_time:
            raise
        path = ""
    drafts.store.discard(wanted.draft)
    result = DiscardResult(draft=wanted.draft, path=path)
    return answered(f"Draft {wanted.draft} is discarded; its file stays as it is.", result)


def read(drafts: Drafts, wanted: ReadArguments) -> bytes:
    """draft_read"""
    meta, data = drafts.known(wanted.draft)
    lines = lines_of(workspace.text_of(data, meta.id))
    if wanted.start > len(lines) + 1:
        message = f"There is no line {wanted.start}: the draft has {len(lines)} lines."
        raise CallRefused("invalid_arguments", message)
    last = len(lines) if wanted.end is None else min(wanted.end, len(lines))
    chosen = _within(lines[wanted.start - 1 : last], wanted.max_chars)
    end = wanted.start - 1 + len(chosen)
    result = ReadResult(
        draft=meta.id,
        path=drafts.name_of(meta),
        hash=hash_of(data),
        start=wanted.start,
        end=end,
        lines=len(lines),
        text="".join(chosen),
        next_start=end + 1 if end < last else None,
    )
    return answered(_numbered(result, chosen), result)


def _within(lines: list[str], most: int) -> list[str]:
    """Return as many lines as fit, and of the first one at least a part."""
    for number, line in enumerate(lines):
        most -= len(line)
        if most < 0:
            return lines[:number] or [line[:most] + _CUT]
    return lines


def _numbered(result: ReadResult, lines: list[str]) -> str:
    head = f"{result.path}, draft {result.draft}, hash {result.hash}, {result.lines} lines"
    shown = [
        f"{number:>6}\t{line.rstrip(_ENDINGS)}" for number, line in enumerate(lines, result.start)
    ]
    rest = [] if result.next_start is None else [f"More from line {result.next_start}."]
    return "\n".join([head, *shown, *rest])


def write(drafts: Drafts, wanted: WriteArguments) -> bytes:
    """draft_write"""
    data = wanted.text.encode()
    workspace.text_of(data, wanted.draft)
    meta, before = drafts.known(wanted.draft)
    if before != data:  # else it is there already: perhaps a worker has died after it wrote
        drafts.known(wanted.draft, wanted.if_hash)
        drafts.write(meta, data)
    draft = drafts.describe(meta, data)
    return answered(_line(draft), draft)


def patch(drafts: Drafts, wanted: PatchArguments) -> bytes:
    """draft_patch"""
    meta, before = drafts.known(wanted.draft, wanted.if_hash)
    data = patched(workspace.text_of(before, meta.id), wanted.edits).encode()
    workspace.text_of(data, wanted.draft)
    drafts.write(meta, data)
    draft = drafts.describe(meta, data)
    return answered(_line(draft), draft)


def diff(drafts: Drafts, wanted: DiffArguments) -> bytes:
    """draft_diff"""
    meta, data = drafts.known(wanted.draft)
    found = difference(drafts, meta, data, wanted.context)
    text = found.text[: wanted.max_chars]
    result = DiffResult(
        draft=meta.id,
        path=drafts.name_of(meta),
        hash=hash_of(data),
        state=drafts.state_of(meta, data),
        added=found.added,
        removed=found.removed,
        diff=text,
        complete=len(text) == len(found.text),
    )
    head = f"{result.path}, draft {meta.id}, hash {result.hash}: {_counts(found)}, {result.state}"
    return answered("\n".join(filter(None, [head, text])), result)


def difference(drafts: Drafts, meta: Meta, data: bytes, context: int = 3) -> Diff:
    """Return what a draft changes in the file as it was drafted."""
    base = workspace.text_of(drafts.store.base(meta), meta.id)
    text = workspace.text_of(data, meta.id)
    return unified(drafts.name_of(meta), lines_of(base), lines_of(text), context)


def _counts(found: Diff) -> str:
    return f"+{found.added} -{found.removed} lines" if found.text else "nothing is changed"


def _line(draft: Draft) -> str:
    if draft.state == "damaged":
        return f"{draft.draft}: damaged; discard it."
    return f"{draft.draft}: {draft.path}, {draft.lines} lines, hash {draft.hash}, {draft.state}"
