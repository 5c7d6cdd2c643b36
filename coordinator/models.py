"""The models' side of the configuration: what the worker in front of model servers is told and may do.

Rule 1: keys stay where they are: what is handed on is the name of a variable or a file.
Rule 2: the worker may connect to the ports of the configured hosts, and to no others if the kernel can tell.
"""

import os
import time
from collections.abc import Callable, Mapping
from typing import Final, cast

import msgspec
from msgspec.structs import replace

from coordinator.config import OllamaConfig
from coordinator.config.units import DAY_S
from protocol.errors import CallRefused
from protocol.models.budget import MODEL_USED, Budget, Usage
from protocol.models.ollama_host import read_ollama_host
from protocol.models.settings import BudgetLimits, HostSettings, OllamaSettings
from protocol.tools import ollama_run, ollama_run_many
from protocol.tools.contract import Contract
from protocol.tools.ollama_shapes import KIND
from protocol.worker.messages import Notice
from protocol.worker.sandbox import SandboxPolicy

DEFAULT_SLOTS: Final = 8

MOST_EVALUATIONS: Final = 1000
MOST_PATTERNS: Final = 50
"""Of a reply's schema (see `schemas.cost`): replies are checked while others wait in the same process."""

HOST_VARIABLE: Final = "OLLAMA_HOST"
SLOTS_VARIABLE: Final = "OLLAMA_NUM_PARALLEL"

_DNS_PORT = 53
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_FREE = frozenset({"ollama_list_models", "ollama_show", "ollama_pull", "ollama_delete"})
_SAME = ("most_models", "refusals", "connect_timeout_s", "first_token_timeout_s", "idle_timeout_s",
         "retries", "backoff_base_s", "backoff_max_s", "most_waiting", "breaker_failures", "breaker_rate",
         "breaker_window_s", "breaker_open_s", "breaker_open_max_s", "inventory_ttl_s")  # fmt: skip


def ollama_settings(config: OllamaConfig, environ: Mapping[str, str]) -> OllamaSettings:
    """Return what the worker is told."""
    slots = config.slots or _parallel(environ) or DEFAULT_SLOTS
    return OllamaSettings(
        hosts=_hosts(config, slots) or (_default_host(environ, slots),),
        hint=_hint(config),
        chains={task: tuple(chain) for task, chain in config.chains.items()},
        prices=dict(config.prices),
        budget=BudgetLimits(
            period_s=config.budget_period_s,
            calls=config.budget_calls,
            tokens=config.budget_tokens,
            money=config.budget_money,
        ),
        **{name: getattr(config, name) for name in _SAME},
    )


def ollama_sandbox(
    policy: SandboxPolicy, settings: OllamaSettings, environ: Mapping[str, str]
) -> SandboxPolicy:
    """Return what the worker may do: talk to its hosts, and read nothing of anybody's project."""
    keys = [host.key_file for host in settings.hosts if host.key_file]
    certificates = [environ[name] for name in _CERTIFICATES if environ.get(name)]
    ports = {_DNS_PORT, *(_port(host.url) for host in settings.hosts)}
    return replace(
        policy,
        read=(*keys, *certificates),
        write=(),
        network=True,
        tcp_ports=tuple(sorted(ports)),
    )


def with_deadlines(contracts: Mapping[str, Contract], config: OllamaConfig) -> dict[str, Contract]:
    """Return *contracts* with the configured deadline in those of models that say none."""
    changed = {
        name: replace(contract, deadline_s=config.deadline_s)
        for name, contract in contracts.items()
        if contract.kind == KIND and contract.deadline_s is None
    }
    many = ollama_run_many.CONTRACT
    # As long as one job after the other ends it goes on: each has the time that one call has.
    changed[many.name] = replace(many, deadline_s=float(DAY_S), extension_s=config.deadline_s)
    return {**contracts, **changed}


class Spending:
    """What all workers have used of the budget, one after the other: a new one begins at nothing."""

    def __init__(self, settings: OllamaSettings, clock: Callable[[], float] = time.time) -> None:
        self._budget = Budget(settings.budget, settings.prices)
        self._clock = clock

    def noticed(self, notice: Notice) -> None:
        """Count what a worker says that it has used."""
        if notice.event != MODEL_USED:
            return
        now, amounts = self._clock(), notice.amounts
        self._budget.begin(now)
        model = notice.subject.partition("/")[2]
        usage = Usage(
            model=model,
            prompt_tokens=int(amounts.get("prompt_tokens", 0)),
            completion_tokens=int(amounts.get("completion_tokens", 0)),
        )
        self._budget.spend(usage, now)

    def require(self, contract: Contract, arguments: msgspec.Struct) -> None:
        """Let a call of a tool through if it costs nothing, or something is left, and its schemas are sound.

        Raises:
            CallRefused: the budget is used up, and when it is not any more; or what is wrong with a schema.
        """
        if contract.kind != KIND or contract.name in _FREE:
            return
        _require_sound_formats(arguments)
        if (exhausted := self._budget.refusal(self._clock())) is not None:
            raise CallRefused("budget_exhausted", exhausted.message, exhausted.wait_s)


def _hosts(config: OllamaConfig, slots: int) -> tuple[HostSettings, ...]:
    return tuple(
        HostSettings(
            name=name,
            url=host.url.rstrip("/"),
            api=host.kind,
            key_variable=host.key_variable,
            key_file=os.path.abspath(os.path.expanduser(host.key_file)) if host.key_file else "",
            models=tuple(host.models),
            slots=host.slots or slots,
        )
        for name, host in config.hosts.items()
    )


def _default_host(environ: Mapping[str, str], slots: int) -> HostSettings:
    url = read_ollama_host(environ.get(HOST_VARIABLE, ""))
    return HostSettings(name="default", url=url, slots=slots)


def _hint(config: OllamaConfig) -> str:
    if config.hosts:
        return "Start the server, or mend [ollama.hosts] in the configuration."
    return (
        "Start Ollama (`ollama serve`), or say where it is: the variable OLLAMA_HOST, or [ollama.hosts] "
        "in the configuration."
    )


def _parallel(environ: Mapping[str, str]) -> int:
    text = environ.get(SLOTS_VARIABLE, "")
    return min(int(text), 1000) if text.isascii() and text.isdecimal() else 0


def _port(url: str) -> int:
    """Return the port of a base URL that has been checked; `urllib` would be 5 ms of every start."""
    scheme, _, rest = url.lower().partition("://")
    port = rest.partition("/")[0].rpartition(":")[2]
    return int(port) if port.isdecimal() else 443 if scheme == "https" else 80


def _require_sound_formats(arguments: msgspec.Struct) -> None:
    """Check that no schema makes the worker, which many calls share, do endless work.

    Raises:
        CallRefused: one of them might.
    """
    if isinstance(arguments, ollama_run.Job):
        _require_sound(arguments.format, "format")
    elif isinstance(arguments, ollama_run_many.Arguments):
        for number, job in enumerate(arguments.jobs):
            _require_sound(job.format, f"jobs[{number}].format")


def _require_sound(wanted: object, where: str) -> None:
    if not isinstance(wanted, dict):
        return
    from coordinator.schemas.cost import measure  # noqa: PLC0415 - few servers see a schema
    from coordinator.schemas.json_value import SchemaRefused  # noqa: PLC0415

    try:
        cost = measure(cast("dict[str, object]", wanted))
    except (SchemaRefused, RecursionError) as refused:
        reason = "it is nested too deeply" if isinstance(refused, RecursionError) else refused
        message = f"`{where}` is no JSON Schema that can be checked: {reason}."
        raise CallRefused("invalid_arguments", message) from refused
    if cost.evaluations > MOST_EVALUATIONS or cost.patterns > MOST_PATTERNS:
        message = f"`{where}`: it would take too long to check a reply against this schema."
        raise CallRefused("invalid_arguments", message)


def encoded(settings: OllamaSettings) -> msgspec.Raw:
    """Return *settings* as the worker gets them."""
    return msgspec.Raw(msgspec.json.encode(settings))
