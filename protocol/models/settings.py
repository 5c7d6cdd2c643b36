"""What the worker in front of model servers is told; `[ollama]` of the configuration says what it means.

Durations are in seconds. A key itself is never here: only the variable or the file that holds it.
"""

from typing import Final, Literal

import msgspec

Api = Literal["ollama", "openai"]

TASK_TYPES: Final = ("classification", "extraction", "code", "reasoning", "file_mod", "auto")

DEFAULT_CHAINS: Final[dict[str, tuple[str, ...]]] = {
    "auto": ("*",),
    "classification": ("*",),
    "extraction": ("*",),
    "code": ("*coder*", "*code*", "*devstral*", "*"),
    "reasoning": ("*-r1*", "*qwq*", "*reason*", "*think*", "gpt-oss*", "*"),
    "file_mod": ("*coder*", "*code*", "*devstral*", "*"),
}
"""Patterns as in a shell, tried in order on the models that are installed."""

_CANNOT = "(can't|cannot|can not|won't|am unable to|am not able to|must decline to)"
_DO = "(help|assist|comply|fulfil|fulfill|provide|do that|answer|engage|create|generate|support)"
DEFAULT_REFUSALS: Final = (
    rf"(i'm|i am) (very |so |really )?sorry,? (but )?(as an ai.{{0,40}}? )?i {_CANNOT}\b",
    rf"(sorry, )?(but )?i {_CANNOT} {_DO}\b",
    rf"as an ai( language)? model,? i {_CANNOT}\b",
    r"i must (respectfully )?(decline|refuse)\b",
)
"""How models begin when they refuse; matched at the start of a reply, whatever its case.

Curly apostrophes count as straight ones."""


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a million tokens cost, in whatever money the limit is in."""

    prompt: float = 0.0
    completion: float = 0.0


class BudgetLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What may be used up in one period; 0: any amount. Periods begin at multiples of *period_s* in UTC."""

    period_s: float = 86_400.0
    calls: int = 0
    tokens: int = 0
    money: float = 0.0


class HostSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One model server. *url* has no path of an API; *models* are those it has, none = it is asked.

    *slots* is how many requests of one model it gets at a time.
    """

    name: str
    url: str
    api: Api = "ollama"
    key_variable: str = ""
    key_file: str = ""
    models: tuple[str, ...] = ()
    slots: int = 8


class OllamaSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All of it; *hint* says how to change where the hosts are, for whom none of them answers."""

    hosts: tuple[HostSettings, ...]
    hint: str = ""
    chains: dict[str, tuple[str, ...]] = {}
    prices: dict[str, Price] = {}
    refusals: tuple[str, ...] = DEFAULT_REFUSALS
    budget: BudgetLimits = BudgetLimits()
    most_models: int = 3
    most_waiting: int = 256
    retries: int = 4
    backoff_base_s: float = 0.1
    backoff_max_s: float = 5.0
    connect_timeout_s: float = 2.0
    first_token_timeout_s: float = 300.0
    idle_timeout_s: float = 60.0
    breaker_failures: int = 5
    breaker_rate: float = 0.5
    breaker_window_s: float = 30.0
    breaker_open_s: float = 1.0
    breaker_open_max_s: float = 10.0
    inventory_ttl_s: float = 30.0
