"""What the `analyze` kind of worker offers."""

from protocol.tools.code_analyze import COMBINE
from protocol.tools.files import LIST_FILES
from workers.analyze.code_analyze import code_analyze
from workers.analyze.combine import combine_analyses
from workers.analyze.warming import warm_up
from workers.context import Tool
from workers.files.listing import list_files
from workers.syntax import grammars

TOOLS: dict[str, Tool] = {
    "code_analyze": code_analyze,
    COMBINE: combine_analyses,
    LIST_FILES: list_files,
}


def preload() -> None:
    """Load every grammar before workers are forked."""
    grammars.preload()


warm = warm_up
