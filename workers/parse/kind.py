"""What the `parse` kind of worker offers."""

from workers.context import Tool
from workers.parse.code_parse import code_parse
from workers.syntax import grammars

TOOLS: dict[str, Tool] = {"code_parse": code_parse}


def preload() -> None:
    """Load every grammar before workers are forked."""
    grammars.preload()
