"""The facts of all files to the rows of one answer: each detail that is of several files has a `Link`.

Rule: a link's facts are small, so that those of ten thousand files fit into one job.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from protocol.tools.code_analyze import Detail, Options
from protocol.tools.files import Combined, CombineJob, Facts
from workers.analyze import folders, hotspots
from workers.analyze.duplicates import link as duplicates
from workers.analyze.graph import calls, imports, unused
from workers.analyze.markdown import markdown_combined
from workers.analyze.model import FileMetrics
from workers.analyze.parsed import Parsed
from workers.context import JobContext

_decode_job = msgspec.json.Decoder(CombineJob).decode
_decode_options = msgspec.json.Decoder(Options).decode
_encode = msgspec.json.Encoder().encode


class Link(NamedTuple):
    """How one detail is made: *facts* of each file, in whatever form *combine* takes them."""

    facts: Callable[[Parsed, FileMetrics, Options], Any]
    combine: Callable[[list[Facts], Options, JobContext], Combined]


LINKS: dict[Detail, Link] = {
    "hotspots": Link(hotspots.facts, hotspots.combine),
    "folders": Link(folders.facts, folders.combine),
    "duplicates": Link(duplicates.facts, duplicates.combine),
    "calls": Link(calls.facts, calls.combine),
    "imports": Link(imports.facts, imports.combine),
    "unused": Link(unused.facts, unused.combine),
}


def combine_analyses(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Run a `CombineJob` and return its encoded `Combined`."""
    job = _decode_job(arguments)
    options = msgspec.structs.replace(_decode_options(job.options), commits=job.commits)
    combined = LINKS[options.detail].combine(job.files, options, context)
    return _encode(markdown_combined(combined, options) if options.markdown else combined)
