"""The section `[analyze]`: from where on a number is a finding."""

from typing import Annotated

import msgspec
from msgspec import Meta


class AnalyzeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `code_analyze` still lets pass; a call may have thresholds of its own."""

    function_lines: Annotated[
        int, Meta(ge=0, le=1_000_000, description="More code in a function is a finding; 0: never.")
    ] = 80
    file_lines: Annotated[
        int, Meta(ge=0, le=1_000_000, description="More code in a file is a finding; 0: never.")
    ] = 1000
    cyclomatic: Annotated[
        int,
        Meta(ge=0, le=1_000_000, description="More paths in a function are a finding; 0: never."),
    ] = 15
    cognitive: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="More cognitive complexity of a function is a finding; 0: never.",
        ),
    ] = 15
    parameters: Annotated[
        int,
        Meta(ge=0, le=1_000_000, description="More parameters are a finding; 0: never."),
    ] = 7
    nesting: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Blocks nested deeper are a finding; 0: never.")
    ] = 4
