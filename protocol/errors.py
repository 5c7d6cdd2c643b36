"""Every error that crosses a layer; each class says what its catcher can do about it."""

from typing import Final, Literal

LONGEST_MESSAGE: Final = 1000
"""An error is a sentence or two; a name of a megabyte in it helps nobody. In characters."""

ErrorCode = Literal[
    "invalid_arguments",
    "unknown_language",
    "not_found",
    "not_allowed",
    "not_a_file",
    "unreadable",
    "binary",
    "too_large",
    "minified",
    "generated",
    "vendored",
    "bad_name",
    "parse_budget",
    "queue_full",
    "kind_down",
    "deadline",
    "memory_limit",
    "worker_lost",
    "outcome_unknown",
    "conflict",
    "cancelled",
    "tool_failed",
    "host_unreachable",
    "no_model",
    "no_answer",
    "budget_exhausted",
    "shutting_down",
    "internal",
]
"""The stable, machine-readable names of everything that can go wrong with a call or with one file of it."""


def sentence(message: str) -> str:
    """Return *message*, cut if it is longer than any sentence should be."""
    return message if len(message) <= LONGEST_MESSAGE else message[: LONGEST_MESSAGE - 1] + "…"


class ToolcrewError(Exception):
    """The base of every error that this project raises on purpose; anything else is a bug."""


class ProtocolError(ToolcrewError):
    """A peer broke the rules of its protocol: drop the peer."""


class ConfigError(ToolcrewError):
    """A setting is unknown or out of bounds: say so in one line and do not start."""


class CallRefused(ToolcrewError):
    """A call gets an error as its answer: tell the caller *code* and *message*, and when to come back.

    *retry_after* is in seconds; None means that trying again the same way will not help.
    """

    def __init__(self, code: ErrorCode, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = sentence(message)
        self.retry_after = retry_after
