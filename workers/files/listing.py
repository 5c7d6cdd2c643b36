"""The job that turns what a caller named - files, folders, globs - into files, in the same order.

A file that is reached twice is listed where it is reached first. What is left out is said, save for
what is no source file at all, what tools leave behind, and what git ignores.
"""

import os
import stat
from collections.abc import Iterable, Iterator

import msgspec

from protocol.errors import CallRefused
from protocol.paths.globs import Glob, split_glob
from protocol.paths.kinds import kinds_of
from protocol.paths.names import printable, quoted
from protocol.paths.wildmatch import has_wildcards
from protocol.tools.files import Listed, Listing, ListJob, Skipped
from workers.context import JobContext
from workers.files.refusals import refusal
from workers.files.roots import resolve
from workers.files.walk import Entry, Query, walk

_FIRST_BATCH = 50
"""Small, so that work on the first files starts while the others are still being looked for."""
_BATCH = 500

_decoder = msgspec.json.Decoder(ListJob)
_encoder = msgspec.json.Encoder()


def list_files(arguments: msgspec.Raw, context: JobContext) -> bytes:
    """Run one `ListJob`; all batches but the last go out as parts.

    Raises:
        CallRefused: the job names no language that we know.
        JobCancelled: the job was cancelled between two folders.
    """
    job = _decoder.decode(arguments)
    query = Query(context.settings, kinds_of(job.language), _named(job, context), context.cancelled)
    entries = (entry for name in dict.fromkeys(job.paths) for entry in _entries(name, query))
    batch = Listing([], [])
    most = _FIRST_BATCH
    for entry in _bounded(_unique(entries), context.settings.max_listed_files):
        if len(batch.files) + len(batch.skipped) == most:
            context.part(_encoder.encode(batch))
            batch, most = Listing([], []), _BATCH
        _add(batch, entry)
    return _encoder.encode(batch)


def _named(job: ListJob, context: JobContext) -> frozenset[str]:
    """Return what is named, resolved: it counts as named also where a folder reaches it first."""
    resolved: set[str] = set()
    for name in job.paths:
        try:
            resolved.add(resolve(name, context.settings))
        except CallRefused:
            continue  # said when its turn comes
    return frozenset(resolved)


def _entries(name: str, query: Query) -> Iterator[Entry]:
    """Yield what the caller means by *name*; one that is no good never fails the rest."""
    try:
        yield from _found(name, query)
    except CallRefused as refused:
        yield Skipped(printable(name), refused.code, refused.message)


def _found(name: str, query: Query) -> Iterator[Entry]:
    path = resolve(name, query.settings)
    try:
        status = os.stat(path)
    except OSError as error:
        if not has_wildcards(name):
            raise refusal(error, name) from error
        yield from _matching(name, query)
        return
    if stat.S_ISDIR(status.st_mode):
        yield from walk(path, Glob("**"), query)
    else:
        yield query.listed(path, status)


def _matching(name: str, query: Query) -> Iterator[Entry]:
    prefix, pattern = split_glob(name)
    start = resolve(prefix, query.settings)
    empty = True
    if os.path.isdir(start):
        for entry in walk(start, Glob(pattern), query):
            empty = False
            yield entry
    if empty:
        raise CallRefused("not_found", f"No source file matches {quoted(name)}.")


def _unique(entries: Iterable[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in entries:
        if entry.path not in seen:
            seen.add(entry.path)
            yield entry


def _bounded(entries: Iterable[Entry], most: int) -> Iterator[Entry]:
    for number, entry in enumerate(entries):
        if number == most:
            message = f"The listing ends here: it has {most:,} entries, which is the limit."
            yield Skipped(entry.path, "too_large", message)
            return
        yield entry


def _add(batch: Listing, entry: Entry) -> None:
    if isinstance(entry, Listed):
        batch.files.append(entry)
    else:
        batch.skipped.append(entry)
