"""What was written as a call is read as that call, whatever is in it and around it."""

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from workers.ollama.agent.json_spans import end_of_value
from workers.ollama.agent.tool_calls import START, Parsed, parse
from workers.ollama.chat import ToolCall

KNOWN = ("code_parse", "draft_write", "list")

MARKUP = "ab \n{}[]\"'`~<>/=:,\\\t"
SNIPPETS = st.sampled_from(
    ["</tool_call>", "<tool_call>", "```", "</parameter>", '{"name": "list"}', "<think>", '\\"']
)
strings = st.one_of(st.text(MARKUP, max_size=20), st.text(max_size=20), SNIPPETS)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=8,
)
calls = st.builds(ToolCall, st.sampled_from(KNOWN), st.dictionaries(strings, values, max_size=4))
prose = st.text(MARKUP + "é☃", max_size=60).filter(lambda text: not START.search(f"{text}\n"))


def _dumped(call: ToolCall, **words: str) -> str:
    name, arguments = words.get("name", "name"), words.get("arguments", "arguments")
    return json.dumps({name: call.name, arguments: call.arguments})


def _openai(call: ToolCall) -> str:
    arguments = json.dumps(call.arguments)
    return json.dumps({"function": {"name": call.name, "arguments": arguments}})


STYLES: list[Callable[[ToolCall], str]] = [
    lambda call: f"<tool_call>{_dumped(call)}</tool_call>",
    lambda call: f"<tool_use>\n{_dumped(call, name='tool', arguments='input')}\n</tool_use>",
    lambda call: f"<function={call.name}>{json.dumps(call.arguments)}</function>",
    lambda call: f"```json\n{json.dumps(json.loads(_dumped(call)), indent=2)}\n```",
    _dumped,
    _openai,
    lambda call: json.dumps({"tool_calls": [json.loads(_openai(call))]}),
    lambda call: f"[{_dumped(call, arguments='parameters')}]",
]


@given(calls, st.sampled_from(STYLES), prose, prose)
def test_a_call_comes_back_whatever_is_around_it(
    call: ToolCall, style: Callable[[ToolCall], str], before: str, after: str
) -> None:
    parsed = parse(f"{before}\n{style(call)}\n{after}", KNOWN)

    assert parsed.calls == (call,)
    assert parsed.problems == ()


@given(st.lists(st.tuples(calls, st.sampled_from(STYLES)), max_size=4), prose)
def test_several_come_back_in_their_order(
    written: list[tuple[ToolCall, Callable[[ToolCall], str]]], between: str
) -> None:
    text = f"\n{between}\n".join(style(call) for call, style in written)

    assert parse(text, KNOWN).calls == tuple(call for call, _ in written)


parameter_values = st.text(MARKUP, max_size=20).filter(
    lambda text: "</parameter>" not in text and text.strip("\n") == text
)


@given(
    st.dictionaries(st.text("abc_", min_size=1, max_size=5), parameter_values, max_size=3),
    st.booleans(),
)
def test_parameters_come_back_as_they_were_written(
    arguments: dict[str, str], is_invoke: bool
) -> None:
    if is_invoke:
        inner = "".join(f'<parameter name="{k}">{v}</parameter>' for k, v in arguments.items())
        text = f'<invoke name="list">{inner}</invoke>'
    else:
        inner = "".join(f"<parameter={k}>\n{v}\n</parameter>\n" for k, v in arguments.items())
        text = f"<function=list>\n{inner}</function>"

    assert parse(text, KNOWN) == Parsed((ToolCall("list", dict(arguments)),), (), "")


@given(prose)
def test_text_without_a_call_stays_as_it_is(text: str) -> None:
    assert parse(text, KNOWN) == Parsed((), (), text.strip())


@given(st.text(MARKUP + "name", max_size=200) | st.text(max_size=100), st.data())
def test_no_text_is_too_strange(text: str, data: st.DataObject) -> None:
    """Also when a call has been cut into two."""
    whole = data.draw(st.sampled_from(STYLES))(data.draw(calls))
    at = data.draw(st.integers(0, len(whole)))

    for each in (text, whole[:at] + text, text + whole[at:], whole[:at] + text + whole[at:]):
        parsed = parse(each, KNOWN)
        assert all(isinstance(call.arguments, dict) for call in parsed.calls)


@given(values.filter(lambda value: isinstance(value, dict | list)), st.text(MARKUP, max_size=20))
def test_a_value_ends_where_it_ends(value: object, after: str) -> None:
    """The oracle is the standard library's decoder."""
    text = json.dumps(value) + after

    assert end_of_value(text, 0) == json.JSONDecoder().raw_decode(text)[1]
