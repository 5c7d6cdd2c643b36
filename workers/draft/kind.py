"""The kind `draft`: its tools, and the folder that they need before the sandbox closes."""

import sys
from collections.abc import Mapping
from typing import Final

from protocol.errors import CallRefused
from protocol.tools.draft_changes import DiffArguments, SubmitArguments
from protocol.tools.draft_copies import DiscardArguments, ListArguments, RequestArguments
from protocol.tools.draft_texts import PatchArguments, ReadArguments, WriteArguments
from protocol.worker.drafts import draft_settings
from workers.context import Tool
from workers.draft import tools
from workers.draft.store import make_folder
from workers.draft.submit import submit
from workers.settings import read_settings

TOOLS: Final[Mapping[str, Tool]] = {
    "draft_request": tools.tool(RequestArguments, tools.request),
    "draft_list": tools.tool(ListArguments, tools.list_drafts),
    "draft_read": tools.tool(ReadArguments, tools.read),
    "draft_write": tools.tool(WriteArguments, tools.write),
    "draft_patch": tools.tool(PatchArguments, tools.patch),
    "draft_diff": tools.tool(DiffArguments, tools.diff),
    "draft_submit": tools.tool(SubmitArguments, submit),
    "draft_discard": tools.tool(DiscardArguments, tools.discard),
}


def preload() -> None:
    """Make the folder for drafts; if that fails, each call will say so."""
    folder = draft_settings(read_settings()).folder
    if not folder:
        return
    try:
        make_folder(folder)
    except (OSError, CallRefused) as error:
        sys.stderr.write(f"the folder for drafts cannot be made: {error}\n")
