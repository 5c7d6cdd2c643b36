"""The tools that a model may use in a run, and how it is told of them: pure."""

import fnmatch
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from protocol.errors import CallRefused
from protocol.mcp.schema import Schema, input_schema
from protocol.tools import drafts
from protocol.tools.catalog import offered
from protocol.tools.contract import Contract
from protocol.tools.nested import may_be_asked_for
from protocol.tools.suggest import did_you_mean
from workers.ollama.agent.call_shapes import known_name
from workers.ollama.agent.json_spans import NotJson, decode
from workers.ollama.chat import ToolCall, ToolFunction

_WORK = (
    "You work on a task with tools. Call a tool whenever you need to know or change something; you get its "
    "result and may go on. Do not guess what a file holds: read it. When the task is done, reply with your "
    "final answer and no call."
)
_EDIT = (
    "Files are changed through drafts: draft_request makes a draft of a file, draft_read shows it, "
    "draft_patch or draft_write change it, and draft_submit writes it back. A draft that is not submitted "
    "changes nothing."
)
_IN_WORDS = (
    "To call a tool, write exactly this, with nothing after it:\n"
    '<tool_call>{"name": "the tool", "arguments": {...}}</tool_call>\n'
    "Several calls may follow each other. These are the tools, with the JSON Schema of their arguments:"
)


class Toolbox:
    """The tools of one run."""

    def __init__(self, names: Sequence[str] | None) -> None:
        """*names* are those that may be called, or patterns as in a shell; None: the drafts.

        Raises:
            CallRefused: there is no such tool, or it may not be called.
        """
        contracts = _contracts(drafts.CONTRACTS if names is None else names)
        self._schemas = {each.name: input_schema(each.arguments) for each in contracts}
        self.functions = tuple(_function(each, self._schemas[each.name]) for each in contracts)

    @property
    def names(self) -> tuple[str, ...]:
        """What the tools are called."""
        return tuple(self._schemas)

    def arguments(self, call: ToolCall) -> bytes:
        """Return a call's arguments, encoded.

        Raises:
            CallRefused: the tool is none of these.
        """
        schema = self._schemas.get(call.name)
        if schema is None:
            hint = did_you_mean(call.name, self.names)
            known = ", ".join(self.names) or "none"
            message = f"there is no tool {call.name[:60]!r}{hint}; there are: {known}"
            raise CallRefused("not_found", message)
        return msgspec.json.encode(_fitted(call.arguments, schema))

    def resolved(self, call: ToolCall) -> ToolCall:
        """Return *call* with the name that it means."""
        return msgspec.structs.replace(call, name=known_name(call.name, self.names))

    def instructions(self, own: str | None, *, native: bool) -> str:
        """Return what the model is told before all else; *native*: its server tells it of the tools."""
        parts = [own, _WORK] if self.functions else [own]
        if "draft_submit" in self._schemas:
            parts.append(_EDIT)
        if self.functions and not native:
            described = "\n".join(msgspec.json.encode(each).decode() for each in self.functions)
            parts.append(f"{_IN_WORDS}\n{described}")
        return "\n\n".join(part for part in parts if part)


def _contracts(names: Iterable[str]) -> list[Contract]:
    known = offered(admin_tools=False, drafts=True)
    allowed = [each.name for each in known.values() if may_be_asked_for(each)]
    meant = (name for each in names for name in fnmatch.filter(allowed, each) or [each])
    return [_contract(name, known, allowed) for name in dict.fromkeys(meant)]


def _contract(name: str, known: dict[str, Contract], allowed: list[str]) -> Contract:
    if name in allowed:
        return known[name]
    if name in known:
        message = f"{name} cannot be called by a model; these can: {', '.join(allowed)}."
        raise CallRefused("not_allowed", message)
    hint = did_you_mean(name, allowed)
    raise CallRefused("invalid_arguments", f"There is no tool {name[:60]!r}{hint}.")


def _function(contract: Contract, schema: Schema) -> ToolFunction:
    return ToolFunction(contract.name, contract.description, schema)


def _fitted(arguments: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return *arguments* with lists and objects that were written as a string as what they are."""
    properties: dict[str, Schema] = schema.get("properties", {})
    return {name: as_meant(value, properties.get(name, {})) for name, value in arguments.items()}


def as_meant(value: Any, schema: Schema) -> Any:
    """Return what a string stands for where *schema* wants a list or an object, and no string."""
    forms: list[Schema] = schema.get("anyOf", [schema])
    kinds = {form.get("type") for form in forms}
    if not isinstance(value, str) or "string" in kinds or not kinds & {"array", "object"}:
        return value
    try:
        return decode(value)
    except NotJson:
        return value
