"""Which models are tried for a task, in order: pure.

A chain is a list of patterns as in a shell. A model's name without a tag means its tag `latest`.
"""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

import msgspec

from protocol.models.settings import DEFAULT_CHAINS

_EMBEDDING = ("embed", "minilm", "bge-", "bge:", "e5-", "rerank")


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A model that some host has. *capabilities* are what it can do, none = nobody has said."""

    name: str
    is_loaded: bool = False
    family: str = ""
    capabilities: frozenset[str] = frozenset()

    def can_chat(self) -> bool:
        """Tell whether it answers at all; where nobody says so, by its name."""
        if self.capabilities:
            return "completion" in self.capabilities
        name = self.name.lower()
        return "bert" not in self.family.lower() and not any(mark in name for mark in _EMBEDDING)


def full_name(model: str) -> str:
    """Return *model* with its tag."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def is_same(one: str, other: str) -> bool:
    """Tell whether two names mean one model."""
    return full_name(one) == full_name(other)


def chain_of(task_type: str, chains: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """Return the patterns for a task: the configured ones, else those of `auto` if these are, else ours."""
    return chains.get(task_type) or chains.get("auto") or DEFAULT_CHAINS[task_type]


def candidates(chain: Iterable[str], installed: Sequence[Installed]) -> list[str]:
    """Return the installed models that *chain* leads to, each once; of one pattern, the loaded ones first."""
    found: dict[str, None] = {}
    ordered = sorted(installed, key=lambda model: not model.is_loaded)  # stable
    for pattern in chain:
        found |= dict.fromkeys(m.name for m in ordered if m.can_chat() and _fits(m.name, pattern))
    return list(found)


def _fits(name: str, pattern: str) -> bool:
    if any(mark in pattern for mark in "*?["):
        return fnmatchcase(name.lower(), pattern.lower())
    return is_same(name, pattern)
