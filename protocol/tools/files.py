"""What every tool over files shares: where its sources come from, and how one file's result travels.

A call names its sources (a snippet, a path, or many paths); the coordinator turns them into `FileJob`s
for workers, which answer with one `Piece` for each source, in order: all but the last as `Part`, the last
as `Done`. Pieces are put together again without being decoded further than `Piece` itself.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from protocol.errors import ErrorCode

LIST_FILES = "list_files"
"""The internal job that walks folders; every kind that works on files can run it."""


class Sources(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the code comes from: exactly one of `code`, `path` and `paths`."""

    code: Annotated[
        str | None,
        msgspec.Meta(description="Source text to work on. Give `language` with it."),
    ] = None
    language: Annotated[
        str | None,
        msgspec.Meta(
            description="Language name or alias, such as python, ts, c++. "
            "Files: detected from name, shebang and content when left out."
        ),
    ] = None
    path: Annotated[
        str | None,
        msgspec.Meta(
            description="One file or folder, relative to the working directory or absolute."
        ),
    ] = None
    paths: Annotated[
        Annotated[list[str], msgspec.Meta(min_length=1, max_length=1000)] | None,
        msgspec.Meta(
            description="Files, folders and globs (`src/**/*.py`). "
            "Folders respect .gitignore and skip vendored, generated, minified and binary files.",
        ),
    ] = None
    limit: Annotated[
        int,
        msgspec.Meta(ge=1, le=5000, description="How many rows to return at most."),
    ] = 100
    max_chars: Annotated[
        int,
        msgspec.Meta(
            ge=4000,
            le=400_000,
            description="How many characters to return at most. What is left out is counted.",
        ),
    ] = 40_000
    cursor: Annotated[
        str | None,
        msgspec.Meta(description="`next_cursor` of the previous answer, to read on from there."),
    ] = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to work on: a snippet (*code*) or a file (*path*, as the answer will name it).

    *named* says that the caller named this very file: only the hard limits can then refuse it.
    *fingerprint* is the file's identity when it was listed (see `Listed`); empty for snippets. *known* are
    the digests of contents of which the result is known; None when nobody wants to know the digest.
    The earlier version to compare with is *before*, or the file at *before_path*, if there is one;
    *before_identity* changes whenever it does. *is_gone*: there is an earlier version only.
    """

    path: str | None = None
    code: str | None = None
    language: str | None = None
    named: bool = False
    fingerprint: str = ""
    known: Sequence[str] | None = None
    before: bytes | None = None
    before_path: str | None = None
    before_identity: str = ""
    is_gone: bool = False


class FileJob(msgspec.Struct, frozen=True):
    """The arguments of a job over files: *options* is the tool's own part, as raw JSON."""

    sources: list[Source]
    options: msgspec.Raw


class ListJob(msgspec.Struct, frozen=True):
    """The arguments of `list_files`: files, folders and globs as the caller wrote them."""

    paths: list[str]
    language: str | None = None


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """One file to work on.

    *fingerprint* is `device:inode:size:mtime_ns:ctime_ns`, all decimal.
    """

    path: str
    size: int
    fingerprint: str
    named: bool = False


class Skipped(msgspec.Struct, frozen=True):
    """One file or folder that was left out, and why, in one sentence."""

    path: str
    code: ErrorCode
    message: str


class Listing(msgspec.Struct, frozen=True):
    """One batch of a listing, in the order in which the answer will name the files."""

    files: list[Listed]
    skipped: list[Skipped]


class Item(msgspec.Struct, frozen=True, array_like=True):
    """One row of a file's result: a line of *text* for a model, and the same as encoded *data*.

    *rank*: 0 for what matters most; see `View`.
    """

    text: str
    data: msgspec.Raw
    rank: int = 0


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """One source's result.

    *head* is the encoded JSON object of the file without its rows; *items* are the rows; *totals* are
    added up over files. *outcome* other than "ok" means that *code* and *message* say why there is no
    result; *head* is then `{}`. *settled* is False when the file changed so recently that its
    fingerprint might hide a later change: such a piece must not be cached, nor one with a *code* that is
    not due to the content alone. *cut* says that the source has
    more rows than a piece may hold. *near* are names like the one that was asked for and is not
    there, with how alike they are. *facts* are for the job that combines all pieces (see `CombineJob`).
    *digest* is that of the content, if it was asked for; *unchanged* says that it is one of those that are
    known, and that there is nothing else here. A result that depends on more than its source's bytes and
    the options must not be *settled*.
    """

    path: str | None = None
    language: str | None = None
    outcome: Literal["ok", "skipped", "failed"] = "ok"
    code: ErrorCode | None = None
    message: str = ""
    text: str = ""
    head: msgspec.Raw = msgspec.Raw(b"{}")
    items: list[Item] = []
    totals: dict[str, int] = {}
    settled: bool = True
    cut: bool = False
    near: dict[str, float] = {}
    facts: msgspec.Raw = msgspec.Raw(b"null")
    digest: str = ""
    unchanged: bool = False


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one source, in whatever form the tool has chosen."""

    path: str | None
    language: str | None
    facts: msgspec.Raw


class CombineJob(msgspec.Struct, frozen=True):
    """The arguments of a job that makes one answer of all sources that were looked at, in listing order.

    *commits* is how many commits touched each path, where that was asked for.
    """

    options: msgspec.Raw
    files: list[Facts]
    commits: dict[str, int] = {}


class Combined(msgspec.Struct, frozen=True, omit_defaults=True):
    """Its result: the rows, in the order in which they are to be read, and what is said of all of it.

    *text* is that for a model; *overview* is the encoded object that becomes the field of that name.
    """

    text: str = ""
    rows: list[Item] = []
    overview: msgspec.Raw = msgspec.Raw(b"null")
    cut: bool = False


class FileFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A source that has no result."""

    path: Annotated[str | None, msgspec.Meta(description="null for a snippet.")]
    code: Annotated[str, msgspec.Meta(description="Stable machine-readable reason.")]
    message: str


class FilesTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over every source of a call, also over those that are not shown; each tool adds its own."""

    files: Annotated[int, msgspec.Meta(description="Looked at.")]
    skipped: int
    failed: int
    cached: Annotated[int, msgspec.Meta(description="Answered from an earlier result.")]
    languages: Annotated[dict[str, int], msgspec.Meta(description="Files by language.")]


class FilesResult(msgspec.Struct, frozen=True, kw_only=True):
    """What every answer over sources says: what it leaves out, and how to get at it."""

    skipped: Annotated[
        list[FileFailure], msgspec.Meta(description="Left out on purpose; the first 50.")
    ]
    failed: Annotated[
        list[FileFailure], msgspec.Meta(description="Could not be worked on; the first 50.")
    ]
    complete: Annotated[
        bool, msgspec.Meta(description="False when something was cut or a source failed.")
    ]
    hint: Annotated[
        str | None, msgspec.Meta(description="What was left out, and how to get at it.")
    ] = None
    next_cursor: Annotated[
        str | None, msgspec.Meta(description="Give it back as `cursor` to read on.")
    ]
    result_uri: Annotated[
        str | None,
        msgspec.Meta(
            description="The resource that holds all of it for some minutes, in pages: add /2 for the second."
        ),
    ] = None
