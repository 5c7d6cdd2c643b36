"""Calls are found as models write them, and nothing else is taken for one."""

import json
from typing import Any

import pytest

from workers.ollama.agent import tool_calls
from workers.ollama.agent.json_spans import end_of_value
from workers.ollama.agent.tool_calls import MOST_CALLS, MOST_CHARACTERS, Parsed, parse
from workers.ollama.chat import ToolCall

KNOWN = ("code_parse", "draft_write")
CALL = ToolCall("code_parse", {"path": "a.py"})
BARE = '{"name": "code_parse", "arguments": {"path": "a.py"}}'

STYLES = {
    "hermes": f"<tool_call>\n{BARE}\n</tool_call>",
    "hermes, not closed": f"<tool_call>{BARE}",
    "a list in a tag": f"<tool_call>[{BARE}]</tool_call>",
    "other tags": f"<function_call>{BARE}</function_call>",
    "in special tokens": f"<|tool_call|>[{BARE}]<|/tool_call|>",
    "mistral": f"[TOOL_CALLS] [{BARE}]",
    "llama's python tag": f"<|python_tag|>{BARE}",
    "llama's function": '<function=code_parse>{"path": "a.py"}</function>',
    "qwen coder": (
        "<tool_call>\n<function=code_parse>\n<parameter=path>\na.py\n</parameter>\n</function>\n"
        "</tool_call>"
    ),
    "invoke": (
        '<function_calls>\n<invoke name="code_parse">\n<parameter name="path">a.py</parameter>\n'
        "</invoke>\n</function_calls>"
    ),
    "a json fence": f"```json\n{BARE}\n```",
    "a fence without a language": f"~~~\n{BARE}\n~~~",
    "a fence round a tag": f"```xml\n<tool_call>{BARE}</tool_call>\n```",
    "bare": BARE,
    "a bare list": f"[{BARE}]",
    "openai": '{"type": "function", "id": "", "function": ' + BARE + "}",
    "openai's string": (
        '{"function": {"name": "code_parse", "arguments": "{\\"path\\": \\"a.py\\"}"}}'
    ),
    "openai's list": '{"tool_calls": [{"function": ' + BARE + "}]}",
    "an action": '{"action": "code_parse", "action_input": {"path": "a.py"}}',
    "a thought and an action": '{"thought": "I see", "action": ' + BARE + "}",
    "parameters": '{"tool": "code_parse", "parameters": {"path": "a.py"}}',
    "arguments beside the name": '{"tool_name": "code_parse", "path": "a.py"}',
    "a prefix": BARE.replace("code_parse", "functions.code_parse"),
    "other letters": BARE.replace("code_parse", "Code-Parse"),
}


@pytest.mark.parametrize("style", STYLES)
def test_a_call_is_found_in_every_style(style: str) -> None:
    parsed = parse(STYLES[style], KNOWN)

    assert (parsed.calls, parsed.problems, parsed.text) == ((CALL,), (), "")


@pytest.mark.parametrize("style", STYLES)
def test_the_text_around_is_kept(style: str) -> None:
    parsed = parse(f"Let me look at it.\n\n{STYLES[style]}\n\nThen we know.", KNOWN)

    assert (parsed.calls, parsed.text) == ((CALL,), "Let me look at it.\nThen we know.")


@pytest.mark.parametrize("style", [style for style in STYLES if "not closed" not in style])
def test_several_calls_are_found_in_their_order(style: str) -> None:
    second = STYLES[style].replace("a.py", "b.py")
    parsed = parse(f"{STYLES[style]}\n{second}", KNOWN)

    assert parsed.calls == (CALL, ToolCall("code_parse", {"path": "b.py"}))
    assert (parsed.problems, parsed.text) == ((), "")


@pytest.mark.parametrize(
    "content",
    [
        "}",
        "{{{",
        'print("}")',
        "\\",
        "</tool_call>",
        "```\n",
        "<think>",
        '<tool_call>{"name": "code_parse", "arguments": {}}</tool_call>',
        '{"name": "code_parse", "arguments": {}}',
        "line\nline",
    ],
)
@pytest.mark.parametrize("style", ["<tool_call>{}</tool_call>", "```json\n{}\n```", "{}"])
def test_what_is_in_a_string_fools_nobody(style: str, content: str) -> None:
    call = {"name": "draft_write", "arguments": {"content": content}}
    parsed = parse(style.replace("{}", json.dumps(call)), KNOWN)

    assert (parsed.calls, parsed.text) == ((ToolCall("draft_write", {"content": content}),), "")


def test_a_raw_newline_in_a_string_is_forgiven() -> None:
    parsed = parse('{"name": "draft_write", "arguments": {"content": "a\n\tb"}}', KNOWN)

    assert parsed.calls == (ToolCall("draft_write", {"content": "a\n\tb"}),)


def test_a_parameter_loses_only_the_line_breaks_round_it() -> None:
    parsed = parse("<function=draft_write><parameter=content>\n  a\n\n</parameter>", KNOWN)

    assert parsed.calls == (ToolCall("draft_write", {"content": "  a\n"}),)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The answer is 42.",
        "{ not json }",
        '{"name": "Bob", "age": 3}',
        '[{"name": "Bob"}, {"name": "Ann"}]',
        'Use {"a": 1} or {"tool": 3}.',
        "a < b and c > d; see <tool_call> in the documentation",
        f"```python\ncall = {BARE}\n```",
        f"<think>I could say {BARE} now.</think>No.",
        '{"result": ' + BARE + "}",
        "{" * 50 + "}" * 50,
    ],
)
def test_anything_else_is_text(text: str) -> None:
    parsed = parse(text, KNOWN)

    assert (parsed.calls, parsed.problems, parsed.text) == ((), (), text.strip())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<tool_call>{oops}</tool_call>", "the JSON of <tool_call> is not valid"),
        ("<tool_call>code_parse a.py</tool_call>", "<tool_call> holds no whole JSON object"),
        ('<tool_call>{"name": "code_parse", "argu', "<tool_call> holds no whole JSON object"),
        ('<tool_call>{"path": "a.py"}</tool_call>', "it names no tool"),
        ('{"name": "code_parse", "arguments": {"path": "a', "broken off"),
        ('{"name": "code_parse", "arguments": {"path": a.py}}', "the JSON of a call is not valid"),
        ('{"name": "code_parse", "arguments": [1]}', "arguments of code_parse are no JSON object"),
        ('{"name": "code_parse", "arguments": "%s"}' % ("[" * 10_000), "nested more than 64 deep"),
        ('{"name": "code_parse", "arguments": {"path": []]}', "do not match"),
        ('{"name": "code_parse", "arguments": "{"}', "arguments of code_parse are no JSON object"),
        ("<function=code_parse>{path}</function>", "arguments of code_parse are no JSON"),
        ("<function=code_parse>{", "arguments of code_parse are no whole JSON object"),
        ('{"name": "code_parse", "arguments": {"path": "\\ud800"}}', "surrogate"),
        ('{"name": "code_parse", "arguments": {"path": NaN}}', "NaN is no JSON"),
        ('{"name": "code_parse", "arguments": {"path": %s}}' % ("9" * 5000), "not valid"),
    ],
)
def test_a_broken_call_is_a_problem_that_can_be_told(text: str, problem: str) -> None:
    parsed = parse(text, KNOWN)

    assert parsed.calls == ()
    (told,) = parsed.problems
    assert problem in told


def test_a_broken_call_does_not_spoil_the_next() -> None:
    parsed = parse(f"<tool_call>{{</tool_call>\n<tool_call>{BARE}</tool_call>", KNOWN)

    assert parsed.calls == (CALL,)
    assert len(parsed.problems) == 1


@pytest.mark.parametrize("text", [f"[\n{BARE}", f"[{BARE}, ", f"see [\n{BARE}\nx]"])
def test_a_list_that_is_none_does_not_spoil_what_is_in_it(text: str) -> None:
    parsed = parse(text, KNOWN)

    assert (parsed.calls, parsed.problems) == ((CALL,), ())


def test_a_list_that_is_broken_off_is_a_problem_after_its_first_calls() -> None:
    parsed = parse(f'[{BARE}, {{"name": "code_parse", "argu', KNOWN)

    assert parsed.calls == (CALL,)
    assert "broken off" in parsed.problems[0]


def test_a_tool_that_does_not_exist_is_still_a_call() -> None:
    assert parse('{"name": "rm", "arguments": {}}', KNOWN).calls == (ToolCall("rm", {}),)


def test_there_is_an_end_to_the_calls_of_one_reply() -> None:
    parsed = parse(f"[{','.join([BARE] * 40)}] {BARE}", KNOWN)

    assert len(parsed.calls) == MOST_CALLS
    assert parsed.problems == (f"only the first {MOST_CALLS} calls of a reply are made",)


def test_a_reply_without_end_is_not_looked_at() -> None:
    text = BARE.ljust(MOST_CHARACTERS)
    problem = f"a reply of {MOST_CHARACTERS + 1} characters is too long: 1000000 are the most"

    assert parse(text, KNOWN).calls == (CALL,)
    assert parse(f"{text} ", KNOWN) == Parsed(problems=(problem,))


@pytest.mark.parametrize(
    "piece",
    [
        '{"',
        '{"a":',
        "[{",
        '"{}',
        "{ ",
        "<tool_call>",
        "<tool_call>{",
        "<function=f>",
        "<function=f><parameter=p>",
        "<think>",
        "```python\n",
        "```\n",
        '{"name": "code_parse", "arguments": {',
        "\\",
    ],
)
def test_a_hostile_text_is_read_in_linear_time(piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = 0

    class Counting(str):
        __slots__ = ()

        def find(self, *where: Any) -> int:
            nonlocal searched
            found = super().find(*where)
            searched += (len(self) if found < 0 else found) - where[1]
            return found

    def counting(text: str, start: int) -> int | None:
        nonlocal searched
        end = end_of_value(text, start)
        searched += (end or len(text)) - start
        return end

    monkeypatch.setattr(tool_calls, "end_of_value", counting)
    parse(Counting(piece * 10_000), KNOWN)

    assert searched <= 40 * len(piece) * 10_000
