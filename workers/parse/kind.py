"""What the `parse` kind of worker offers."""

from protocol.tools.files import LIST_FILES
from workers.context import Tool
from workers.files.listing import list_files
from workers.parse.code_parse import code_parse
from workers.parse.warming import warm_up
from workers.syntax import grammars

TOOLS: dict[str, Tool] = {"code_parse": code_parse, LIST_FILES: list_files}


def preload() -> None:
    """Load every grammar before workers are forked."""
    grammars.preload()


warm = warm_up
