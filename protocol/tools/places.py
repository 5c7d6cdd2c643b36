"""Where something stands in a source, as every tool over sources says it."""

import msgspec


class Range(msgspec.Struct, frozen=True, gc=False):
    """Where something stands. Lines and columns are 1-based, columns in code points; the end is exclusive."""

    start_line: int
    start_column: int
    end_line: int
    end_column: int
