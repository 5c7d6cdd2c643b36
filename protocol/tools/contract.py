"""What a tool promises: one `Contract` each, from which schemas, validation and routing derive."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

Priority = Literal["high", "normal", "low"]


class Annotations(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """MCP's hints about a tool, all said outright because their defaults are the pessimistic ones."""

    read_only_hint: bool
    destructive_hint: bool = False
    idempotent_hint: bool = True
    open_world_hint: bool = False


View = Literal["rows", "ranked", "single"]
"""How an answer is cut that would be too long.

rows: after so many rows. ranked: files are the rows, and what they hold is left out by rank, the highest
first. single: as rows, but rows of a rank above 0 are shown only if all rows are from one file.
"""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What to compare the sources with; one of these is given."""

    code: str | None = None
    path: str | None = None
    revision: str | None = None


class FilePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool over files wants done with each source, and how the rows are named in its result.

    *options* goes to the worker with every job; *items_field* is the field of a file's object that holds
    its rows, None when a file has none; *noun* names a row for people. *files_field* is the field of
    the result that holds the files. *counted*: only files where this total is not 0 are shown.
    *totals* are added up, if not those of the contract. *narrow* says how to ask for less,
    *instead* what to ask when nothing was found. *combine* is the worker's tool that makes the rows of
    the answer from the facts of all pieces, if they are not the rows of the files themselves.
    *markdown*: texts are Markdown; *heading* is what stands above the first of them.
    *before* is what the sources are compared with. *churn_days*: the combining job is told how many
    commits touched each file in so many days.
    """

    options: msgspec.Raw
    items_field: str | None
    noun: str
    view: View = "rows"
    files_field: str = "files"
    counted: str | None = None
    totals: tuple[str, ...] | None = None
    narrow: str = "paths or detail=summary"
    instead: str = ""
    combine: str | None = None
    before: Before | None = None
    churn_days: int | None = None
    markdown: bool = False
    heading: str = ""


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One tool.

    *kind* is the kind of worker that runs it, None for what the coordinator answers itself. *version*
    changes whenever the same arguments may give another answer, because it is part of the cache's key.
    *plan* makes it a tool over files: its arguments are `Sources`, its answer is made of `Piece`s.
    *compares*: its plans may have `before` or `churn_days`.
    A tool with a *kind* but no plan is one job, whose worker returns an `Answered`; it may take *deadline_s*
    (None: what is configured for all), and *extension_s* more from each sign of progress, if that is not 0.
    *keeps* tells of a call's arguments whether its answer may be given again; None: of no call.
    """

    name: str
    title: str
    description: str
    version: str
    arguments: type[msgspec.Struct]
    result: type[msgspec.Struct]
    annotations: Annotations
    kind: str | None = None
    priority: Priority = "normal"
    plan: Callable[[Any], FilePlan] | None = None
    totals: tuple[str, ...] = ()
    compares: bool = False
    deadline_s: float | None = None
    extension_s: float = 0
    keeps: Callable[[Any], bool] | None = None
