"""Replies of a wanted format: read, checked, and once asked for again.

A schema comes from whoever calls, so nothing is fetched for it and its patterns cannot run for long.
"""

from typing import Any

import msgspec
from jsonschema_rs import RegexOptions, ValidationError, Validator, validator_for

from protocol.errors import CallRefused
from workers.ollama.chat import Format, Message

LONGEST_SCHEMA = 64 * 1024

LONGEST_REPLY = 512 * 1024
"""In characters. The coordinator bounds what a schema makes of each, so that nobody else waits for long."""

_EXPLAINED = 32 * 1024
"""All mistakes are looked for before the first is told, so of a longer reply only the first one is."""

_PATTERN_BYTES = 1 << 20
_MOST_PROBLEMS = 3
_LONGEST_PROBLEM = 200
_FENCES = ("```json", "```JSON", "```")


class Misfit(Exception):
    """A reply is not of the wanted format; the message says why, in words for a model."""


class Shape:
    """What a reply has to be."""

    def __init__(self, wanted: Format) -> None:
        """Compile *wanted*.

        Raises:
            CallRefused: it is no JSON Schema.
        """
        self.wanted: Format = wanted
        self._validator = None if wanted == "json" else _compiled(wanted)

    def read(self, text: str) -> Any:
        """Return the value that a reply holds.

        Raises:
            Misfit: it holds none, or one that does not fit.
        """
        if len(text) > LONGEST_REPLY:
            raise Misfit(f"it has {len(text)} characters, more than {LONGEST_REPLY}")
        try:
            value = msgspec.json.decode(_unfenced(text))
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
            raise Misfit(f"it is not valid JSON: {error}") from error
        if self._validator is not None:
            try:
                problems = [_problem(error) for error in self._first(value, len(text))]
            except RecursionError as error:
                raise Misfit("it is nested too deeply") from error
            if problems:
                raise Misfit("; ".join(problems))
        return value

    def repair(self, text: str, misfit: Misfit) -> tuple[Message, Message]:
        """Return the turns that ask for a better reply."""
        kind = "valid JSON" if self.wanted == "json" else "JSON that fits the schema"
        request = (
            f"Your reply is not what was asked for: {misfit}. "
            f"Reply again with {kind} only: no explanation and no code fence."
        )
        return Message(role="assistant", content=text), Message(role="user", content=request)

    def _first(self, value: Any, size: int) -> list[ValidationError]:
        assert self._validator is not None
        if size > _EXPLAINED:
            try:
                self._validator.validate(value)
            except ValidationError as error:
                return [error]
            return []
        if self._validator.is_valid(value):
            return []
        found = self._validator.iter_errors(value)
        return [error for error, _ in zip(found, range(_MOST_PROBLEMS), strict=False)]


def _compiled(schema: dict[str, Any]) -> Validator:
    if len(msgspec.json.encode(schema)) > LONGEST_SCHEMA:
        message = f"`format`: the schema has more than {LONGEST_SCHEMA} bytes."
        raise CallRefused("invalid_arguments", message)
    patterns = RegexOptions(size_limit=_PATTERN_BYTES, dfa_size_limit=_PATTERN_BYTES)
    try:
        return validator_for(schema, offline=True, pattern_options=patterns)
    except (ValidationError, ValueError) as error:
        reason = error.message if isinstance(error, ValidationError) else str(error)
        message = f"`format` is no valid JSON Schema: {reason}."
        raise CallRefused("invalid_arguments", message) from error


def _problem(error: ValidationError) -> str:
    where = "".join(f"[{step!r}]" for step in error.instance_path)
    text = f"at {where}: {error.message}" if where else error.message
    return text if len(text) <= _LONGEST_PROBLEM else text[: _LONGEST_PROBLEM - 1] + "…"


def _unfenced(text: str) -> str:
    """Return what stands within a code fence, if all of *text* does."""
    stripped = text.strip()
    for fence in _FENCES:
        if (
            stripped.startswith(fence)
            and stripped.endswith("```")
            and len(stripped) > len(fence) + 2
        ):
            return stripped[len(fence) : -3]
    return stripped
