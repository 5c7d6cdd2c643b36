"""Which JSON values are tool calls, in the shapes that models were taught.

`{"name": ..., "arguments": {...}}` with many other words for both, OpenAI's `{"function": {"name": ...,
"arguments": "{...}"}}`, lists of either, either within `{"tool_calls": [...]}` or `{"action": {...}}`, and
`{"tool": ..., "path": ...}`, with the arguments beside the name.
"""

from collections.abc import Collection, Iterable
from typing import Any, TypeGuard

import msgspec

from workers.ollama.agent.json_spans import NotJson, decode
from workers.ollama.chat import ToolCall

NAME_WORDS = ("name", "tool", "tool_name", "function_name", "function", "action")
_ARGUMENT_WORDS = (
    "arguments", "parameters", "args", "params", "input", "tool_input", "action_input", "kwargs",
)  # fmt: skip
_LIST_WORDS = ("tool_calls", "calls", "function_calls")
_CALL_WORDS = ("function", "tool_call", "function_call", "action", "call")
_OTHER_WORDS = {"id", "type", "index"}
_PREFIXES = ("functions.", "tools.", "function.", "tool.")

_Object = dict[str, Any]


class Found(msgspec.Struct, frozen=True):
    """The calls in a value, and what is wrong with those that are none; both empty: it is something else."""

    calls: tuple[ToolCall, ...] = ()
    problems: tuple[str, ...] = ()


def calls_in(value: Any, known: Collection[str], *, marked: bool = False) -> Found:
    """Return the calls that *value* stands for.

    *known* are the tools that there are. What is *marked* as a call is held to be one whatever its name;
    anything else needs the name of a tool, or a name and arguments.
    """
    entries = [found for each in _entries(value) if (found := _call(each, known, marked=marked))]
    calls = tuple(each for each in entries if isinstance(each, ToolCall))
    problems = tuple(each for each in entries if isinstance(each, str))
    if marked and not entries:
        problems = ('it names no tool: write {"name": ..., "arguments": {...}}',)
    return Found(calls, problems)


def known_name(name: str, known: Collection[str]) -> str:
    """Return the tool that *name* means, or *name* itself: models add a prefix, or write other letters."""
    if name in known:
        return name
    plain = _plain(name)
    meant = [each for each in known if _plain(each) == plain]
    return meant[0] if len(meant) == 1 else name


def _plain(name: str) -> str:
    name = name.strip().casefold()
    prefix = next((each for each in _PREFIXES if name.startswith(each)), "")
    return name.removeprefix(prefix).replace("-", "").replace("_", "").removesuffix("()")


def _entries(value: Any) -> Iterable[_Object]:
    """Return the objects that may be calls: those of a list, or what a list stands under, or the one."""
    if _is_object(value):
        listed = next(
            (value[word] for word in _LIST_WORDS if isinstance(value.get(word), list)), None
        )
        value = [value] if listed is None else listed
    return [each for each in value if _is_object(each)] if _is_list(value) else []


def _call(entry: _Object, known: Collection[str], *, marked: bool) -> ToolCall | str | None:
    """Return the call that *entry* is, what is wrong with it, or None if it is none."""
    inner = next((entry[word] for word in _CALL_WORDS if _is_object(entry.get(word))), entry)
    word = next((word for word in NAME_WORDS if isinstance(inner.get(word), str)), None)
    if word is None:
        return None
    name = known_name(inner[word], known)
    key = next((each for each in _ARGUMENT_WORDS if each in inner), None)
    if key is None:
        if name not in known and not marked and inner is entry:
            return None
        beside = {each: inner[each] for each in inner if each not in {word, *_OTHER_WORDS}}
        return ToolCall(name, beside, _id(entry))
    return _with_arguments(name, inner[key], _id(entry))


def _with_arguments(name: str, arguments: Any, call_id: str) -> ToolCall | str:
    if isinstance(arguments, str):
        try:
            arguments = decode(arguments) if arguments.strip() else {}
        except NotJson as error:
            return f"the arguments of {name[:60]} are no JSON object: {error}"
    if arguments is None:
        arguments = {}
    if not _is_object(arguments):
        return f"the arguments of {name[:60]} are no JSON object"
    return ToolCall(name, arguments, call_id)


def _id(entry: _Object) -> str:
    call_id = entry.get("id")
    return call_id if isinstance(call_id, str) else ""


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_object(value: Any) -> TypeGuard[_Object]:
    return isinstance(value, dict)
