"""The settings of one kind of worker by a third party: a table `[workers.NAME]` of the file."""

from typing import Annotated

import msgspec
from msgspec import Meta

from coordinator.config.units import DAY_S, GIB, MIB, Path

Text = Annotated[str, Meta(pattern=r"^[^\x00\ud800-\udfff]*$")]
Variable = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class WorkerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One kind of worker: a *command* that speaks the worker protocol, or a Python *module* with tools."""

    command: Annotated[
        tuple[Path, ...],
        Meta(
            description="The program that is the worker, and its arguments; "
            "a name without a slash is looked up on PATH.",
            extra={"expected": "a list of texts, none of them empty"},
        ),
    ] = ()
    module: Annotated[
        str,
        Meta(
            pattern=r"^$|^[^\W\d]\w*(\.[^\W\d]\w*)*$",
            description="Instead of a command: an importable Python module with TOOLS and OFFERS.",
            extra={"expected": "a dotted name, such as my_package.kind"},
        ),
    ] = ""
    environment: Annotated[
        dict[Variable, Text],
        Meta(
            description="Variables beside those that it inherits; their values are not shown.",
            extra={"expected": "a table of texts by names of variables", "secret": True},
        ),
    ] = {}
    least: Annotated[
        int, Meta(ge=1, le=1024, description="How many there are when there is little to do.")
    ] = 1
    most: Annotated[int, Meta(ge=1, le=1024, description="How many there are at most.")] = 1
    deadline_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="What a call may take, waiting included.")
    ] = 30.0
    start_timeout_s: Annotated[
        float, Meta(ge=0.1, le=600, description="A worker that is not ready by then is killed.")
    ] = 10.0
    cancel_grace_s: Annotated[
        float,
        Meta(ge=0.001, le=60, description="What a worker gets to stop a job before it is killed."),
    ] = 1.0
    max_jobs: Annotated[
        int, Meta(ge=1, le=10_000_000, description="A worker is replaced after so many jobs.")
    ] = 10_000
    max_rss_bytes: Annotated[
        int, Meta(ge=MIB, le=1024 * GIB, description="A worker that takes up more is replaced.")
    ] = GIB
    max_age_s: Annotated[
        float, Meta(ge=0.1, le=365 * DAY_S, description="A worker is replaced at this age.")
    ] = float(DAY_S)
    memory_limit_bytes: Annotated[
        int, Meta(ge=0, le=1024 * GIB, description="The most memory it may ask for; 0 = no limit.")
    ] = 0
    read: Annotated[
        tuple[Path, ...],
        Meta(description="What it may read, beside the server's roots and the system's programs."),
    ] = ()
    write: Annotated[
        tuple[Path, ...], Meta(description="Where it may write, beside its temporary folder.")
    ] = ()
    network: Annotated[bool, Meta(description="Whether it may use the network.")] = True
    execute: Annotated[
        bool,
        Meta(description="Whether it may execute programs; a command always may."),
    ] = False
