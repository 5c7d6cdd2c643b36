"""Every setting there is: its unit is in its name, its bounds and its meaning are beside it.

A layer is given its own section and no other.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from coordinator.config.analyze_section import AnalyzeConfig
from coordinator.config.drafts_section import DraftsConfig
from coordinator.config.ollama_section import OllamaConfig
from coordinator.config.units import DAY_S, GIB, KIB, MIB, Path
from coordinator.config.worker_section import WorkerConfig

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "console", "json"]


class ServerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What clients may do, and how the server speaks to them and to its log."""

    roots: Annotated[
        tuple[Path, ...],
        Meta(description="The folders that tools may read; none = the working directory."),
    ] = ()
    page_size: Annotated[
        int, Meta(ge=1, le=1000, description="Entries in one page of a listing, such as of tools.")
    ] = 50
    max_line_bytes: Annotated[
        int, Meta(ge=KIB, le=GIB, description="A longer line from a client is skipped and refused.")
    ] = 16 * MIB
    max_output_bytes: Annotated[
        int,
        Meta(ge=KIB, le=GIB, description="What may wait for a slow reader until we read no more."),
    ] = 8 * MIB
    results_bytes: Annotated[
        int,
        Meta(ge=0, le=16 * GIB, description="What large answers may take up until they are read."),
    ] = 64 * MIB
    results_ttl_s: Annotated[
        float, Meta(ge=1, le=DAY_S, description="So long a large answer can be read in pieces.")
    ] = 600.0
    grace_s: Annotated[
        float, Meta(ge=0.01, le=300, description="What running calls get to finish at shutdown.")
    ] = 5.0
    admin_tools: Annotated[
        bool, Meta(description="Whether clients may list, restart and drain workers.")
    ] = False
    status_socket: Annotated[
        bool, Meta(description="Whether `toolcrew top` of the same user may look at this server.")
    ] = True
    log_level: Annotated[LogLevel, Meta(description="The least urgent events that are logged.")] = (
        "info"
    )
    log_format: Annotated[
        LogFormat, Meta(description="How events look; auto = console on a terminal, else json.")
    ] = "auto"


class CrewConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many workers there are, when one is ended, and how soon it is replaced."""

    parse_workers: Annotated[
        int, Meta(ge=0, le=1024, description="Workers that parse, at most; 0 = one for each core.")
    ] = 0
    parse_workers_min: Annotated[
        int, Meta(ge=1, le=1024, description="Workers that parse when there is little to do.")
    ] = 1
    analyze_workers: Annotated[
        int,
        Meta(ge=0, le=1024, description="Workers that analyse, at most; 0 = one for each core."),
    ] = 0
    analyze_workers_min: Annotated[
        int,
        Meta(ge=0, le=1024, description="Workers that analyse when there is nothing to analyse."),
    ] = 0
    utilisation: Annotated[
        float,
        Meta(ge=0.1, le=1, description="The share of their time that workers should be busy."),
    ] = 0.7
    scale_down_s: Annotated[
        float, Meta(ge=0.1, le=DAY_S, description="After so long without need a worker is let go.")
    ] = 30.0
    zygote: Annotated[
        bool, Meta(description="Whether workers are forked from a loaded template, where possible.")
    ] = True
    sandbox: Annotated[
        bool,
        Meta(description="Whether workers lock themselves in, as far as the kernel lets them."),
    ] = True
    start_timeout_s: Annotated[
        float, Meta(ge=0.1, le=600, description="A worker that is not ready by then is killed.")
    ] = 10.0
    beat_s: Annotated[
        float, Meta(ge=0.01, le=60, description="How often a worker shows that it lives.")
    ] = 1.0
    missed_beats: Annotated[
        int, Meta(ge=1, le=100, description="After so many missed beats a worker is killed.")
    ] = 3
    deadline_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="What a call may take, waiting included.")
    ] = 30.0
    cancel_grace_s: Annotated[
        float,
        Meta(ge=0.001, le=60, description="What a worker gets to stop a job before it is killed."),
    ] = 0.01
    check_interval_s: Annotated[
        float,
        Meta(ge=0.001, le=10, description="How often process states are looked at during jobs."),
    ] = 0.05
    restart_intensity: Annotated[
        int, Meta(ge=1, le=1000, description="Restarts in one period before a kind is down.")
    ] = 5
    restart_period_s: Annotated[
        float, Meta(ge=0.1, le=DAY_S, description="The period in which restarts are counted.")
    ] = 60.0
    backoff_base_s: Annotated[
        float, Meta(ge=0.001, le=60, description="The wait before a second restart in a row.")
    ] = 0.1
    backoff_max_s: Annotated[
        float, Meta(ge=0.001, le=3600, description="The longest wait before a restart.")
    ] = 10.0
    cool_down_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="After this a kind that is down is tried again.")
    ] = 10.0
    quarantine_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="How long a call that kills workers is refused.")
    ] = 300.0
    max_jobs: Annotated[
        int, Meta(ge=1, le=10_000_000, description="A worker is replaced after so many jobs.")
    ] = 10_000
    max_rss_bytes: Annotated[
        int,
        Meta(ge=32 * MIB, le=1024 * GIB, description="A worker that takes up more is replaced."),
    ] = GIB
    max_growth_bytes: Annotated[
        int,
        Meta(
            ge=MIB,
            le=1024 * GIB,
            description="So is one that has grown by more since it warmed up.",
        ),
    ] = 300 * MIB
    max_age_s: Annotated[
        float, Meta(ge=0.1, le=365 * DAY_S, description="A worker is replaced at this age.")
    ] = float(DAY_S)
    memory_limit_bytes: Annotated[
        int,
        Meta(
            ge=0, le=1024 * GIB, description="A job that makes a worker larger fails; 0 = no limit."
        ),
    ] = 4 * GIB


class QueueConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where calls wait for a worker."""

    size: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Calls that may wait; the next one is refused.")
    ] = 1000
    class_step_s: Annotated[
        float,
        Meta(ge=0, le=3600, description="The head start of a priority over the next; 0 = none."),
    ] = 0.5


class CacheConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much is remembered."""

    max_bytes: Annotated[
        int, Meta(ge=0, le=64 * GIB, description="What the answers kept in memory may take up.")
    ] = 64 * MIB
    disk: Annotated[
        bool,
        Meta(description="Whether results for files are kept in the user's cache folder as well."),
    ] = True
    disk_bytes: Annotated[
        int, Meta(ge=MIB, le=1024 * GIB, description="What the results on disk may take up.")
    ] = 256 * MIB


class FilesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is read of a project, and in what portions."""

    max_file_bytes: Annotated[int, Meta(ge=1, le=GIB, description="A larger file is not read.")] = (
        4 * MIB
    )
    max_listed_files: Annotated[
        int,
        Meta(ge=1, le=10_000_000, description="The files of a folder beyond this are left out."),
    ] = 50_000
    parse_budget_s: Annotated[
        float, Meta(ge=0.01, le=3600, description="What the parsing of one file may take.")
    ] = 5.0
    batch_bytes: Annotated[
        int, Meta(ge=KIB, le=GIB, description="What the files of one job of a folder add up to.")
    ] = 256 * KIB
    batch_files: Annotated[
        int, Meta(ge=1, le=10_000, description="The most files in one job of a folder.")
    ] = 32
    run_deadline_s: Annotated[
        float, Meta(ge=0.1, le=DAY_S, description="What a call for a whole folder may take.")
    ] = 600.0


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole configuration."""

    server: ServerConfig = msgspec.field(default_factory=ServerConfig)
    crew: CrewConfig = msgspec.field(default_factory=CrewConfig)
    queue: QueueConfig = msgspec.field(default_factory=QueueConfig)
    cache: CacheConfig = msgspec.field(default_factory=CacheConfig)
    files: FilesConfig = msgspec.field(default_factory=FilesConfig)
    analyze: AnalyzeConfig = msgspec.field(default_factory=AnalyzeConfig)
    drafts: DraftsConfig = msgspec.field(default_factory=DraftsConfig)
    ollama: OllamaConfig = msgspec.field(default_factory=OllamaConfig)
    workers: dict[str, WorkerConfig] = {}
