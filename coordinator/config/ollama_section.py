"""The section `[ollama]`: where models are served, which are tried for what, and how patient we are."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from coordinator.config.units import DAY_S, Path
from protocol.errors import ConfigError
from protocol.models.settings import DEFAULT_REFUSALS, TASK_TYPES, BudgetLimits, Price

HostName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,31}$")]
Url = Annotated[str, Meta(pattern=r"^https?://[^\s@?#\x00-\x1f]+$", max_length=2000)]
Variable = Annotated[str, Meta(pattern=r"^$|^[A-Za-z_][A-Za-z0-9_]*$")]
Pattern = Annotated[str, Meta(min_length=1, max_length=256)]
Task = Literal["classification", "extraction", "code", "reasoning", "file_mod", "auto"]


class HostConfig(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True
):
    """One model server, a table `[ollama.hosts.NAME]`, with *key_variable* or *key_file* or neither."""

    url: Url
    kind: Literal["ollama", "openai"] = "ollama"
    models: tuple[Pattern, ...] = ()
    slots: Annotated[int, Meta(ge=0, le=1000)] = 0
    key_variable: Variable = ""
    key_file: Path | None = None


class OllamaConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Without `hosts` there is one: $OLLAMA_HOST, or else http://127.0.0.1:11434."""

    hosts: Annotated[
        dict[HostName, HostConfig],
        Meta(
            description="Model servers by name: url, kind (ollama or openai), models (none = it is asked), "
            "slots, key_variable or key_file; none = $OLLAMA_HOST, or this machine.",
            extra={
                "expected": "tables by name, each with a url (http or https, without a password)"
            },
        ),
    ] = {}
    slots: Annotated[
        int,
        Meta(
            ge=0,
            le=1000,
            description="Requests of one model that a host gets at a time; 0 = $OLLAMA_NUM_PARALLEL, or 8.",
        ),
    ] = 0
    chains: Annotated[
        dict[Task, tuple[Pattern, ...]],
        Meta(
            description="The models tried for a task_type, in order; names, or patterns as in a shell.",
            extra={"expected": "lists of names by " + ", ".join(TASK_TYPES)},
        ),
    ] = {}
    most_models: Annotated[
        int, Meta(ge=1, le=100, description="How many models of a chain are tried.")
    ] = 3
    refusals: Annotated[
        tuple[Path, ...],
        Meta(
            description="Regular expressions for how a refusal begins; such a reply goes to the next model.",
            extra={"expected": "a list of regular expressions"},
        ),
    ] = DEFAULT_REFUSALS
    deadline_s: Annotated[
        float,
        Meta(ge=0.01, le=DAY_S, description="What a call of a model may take, waiting included."),
    ] = 600.0
    connect_timeout_s: Annotated[
        float, Meta(ge=0.01, le=600, description="What connecting to a host may take.")
    ] = 2.0
    first_token_timeout_s: Annotated[
        float,
        Meta(
            ge=0.01, le=DAY_S, description="The wait for a first token, loading the model included."
        ),
    ] = 300.0
    idle_timeout_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="The longest pause between two tokens.")
    ] = 60.0
    retries: Annotated[
        int,
        Meta(
            ge=0, le=100, description="How often a busy host is asked again; one that is gone: 2."
        ),
    ] = 4
    backoff_base_s: Annotated[
        float, Meta(ge=0.001, le=60, description="The longest first pause before asking again.")
    ] = 0.1
    backoff_max_s: Annotated[
        float, Meta(ge=0.001, le=3600, description="The longest pause before asking again.")
    ] = 5.0
    most_waiting: Annotated[
        int, Meta(ge=0, le=100_000, description="Calls that may wait for one model of a host.")
    ] = 256
    breaker_failures: Annotated[
        int, Meta(ge=1, le=1000, description="Failures in a row after which a host is down.")
    ] = 5
    breaker_rate: Annotated[
        float, Meta(ge=0.01, le=1, description="So is one of which this share of calls fails.")
    ] = 0.5
    breaker_window_s: Annotated[
        float, Meta(ge=0.1, le=DAY_S, description="The time over which that share is looked at.")
    ] = 30.0
    breaker_open_s: Annotated[
        float,
        Meta(
            ge=0.01,
            le=3600,
            description="A host that is down is tried again after this, then double.",
        ),
    ] = 1.0
    breaker_open_max_s: Annotated[
        float, Meta(ge=0.01, le=DAY_S, description="The longest time until it is tried again.")
    ] = 10.0
    inventory_ttl_s: Annotated[
        float,
        Meta(ge=0, le=DAY_S, description="How long it is remembered which models a host has."),
    ] = 30.0
    budget_period_s: Annotated[
        float,
        Meta(
            ge=1, le=365 * DAY_S, description="The period of the budget; a day begins at 0:00 UTC."
        ),
    ] = BudgetLimits().period_s
    budget_calls: Annotated[
        int, Meta(ge=0, le=10**12, description="Requests to models in one period; 0 = any number.")
    ] = 0
    budget_tokens: Annotated[
        int,
        Meta(ge=0, le=10**15, description="Tokens in one period, of prompts and replies; 0 = any."),
    ] = 0
    budget_money: Annotated[
        float,
        Meta(ge=0, le=1e12, description="Money in one period, as prices say; 0 = any amount."),
    ] = 0.0
    prices: Annotated[
        dict[Pattern, Price],
        Meta(
            description="What a million tokens of a model cost, by name or pattern; the longest holds.",
            extra={"expected": "tables by model, each with prompt and completion"},
        ),
    ] = {}


def require_sound_hosts(config: OllamaConfig, sources: Mapping[str, str]) -> None:
    """Check what no single setting shows; *sources* are where they come from, by key.

    Raises:
        ConfigError: a host has two keys, or a pattern is none.
    """
    for name, host in config.hosts.items():
        if host.key_variable and host.key_file:
            source = sources["ollama.hosts"]
            raise ConfigError(
                f"{source}: ollama.hosts.{name} must not have both key_variable and key_file"
            )
    for pattern in config.refusals:
        try:
            re.compile(pattern)
        except re.error as error:
            source = sources["ollama.refusals"]
            raise ConfigError(
                f"{source}: ollama.refusals: {pattern[:60]!r} is no regular expression: {error}"
            ) from error
