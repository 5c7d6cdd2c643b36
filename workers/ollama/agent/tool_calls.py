"""Find the tool calls in what a model says, however it was taught to write them.

What is found: `<tool_call>{...}</tool_call>` and its cousins, `<function=name>` and `<invoke name="name">`
with their parameters, JSON in a fence, and bare JSON, of any shape in `call_shapes`. Everything else is text.

Rule 1: a call is looked for from left to right and cut out of the text; nothing is found twice.
Rule 2: what is meant to be a call but is broken becomes a problem, in words for the model.
Rule 3: the time is linear: a search that fails costs at most what is left, and there is a budget for those.
Rule 4: fences of other languages, and what a model says while it thinks, hold no calls.
"""

import re
from bisect import bisect_left
from collections.abc import Collection

import msgspec

from workers.ollama.agent.call_shapes import NAME_WORDS, Found, calls_in, known_name
from workers.ollama.agent.json_spans import NotJson, decode, end_of_value
from workers.ollama.chat import ToolCall

MOST_CHARACTERS = 1_000_000
"""A longer reply is not looked at: no model means that, and whoever else waits would wait for it."""

MOST_CALLS = 32
"""What comes after so many calls of one reply is left undone, and the model is told."""

_FAILURES = 16
"""So many times the length of the text is searched in vain before bare JSON is not looked for any more."""

_TAGS = "tool_call|tool_use|function_call|tool_calls|function_calls"
_NAME = r"[^<>\"'\s]{1,128}"
START = re.compile(
    rf"""
    <(?P<tag>{_TAGS})\s*>
    | (?P<unwrap></(?:{_TAGS})>)
    | <function=["']?(?P<function>{_NAME})["']?\s*>
    | <(?:invoke|function)\s+name=["'](?P<invoke>{_NAME})["']\s*>
    | <(?P<think>think|thinking)>
    | (?P<mark>\[TOOL_CALLS\]|<\|python_tag\|>|<\|/?tool_call\|>)
    | ^[ \t]*(?P<fence>`{{3,9}}|~{{3,9}})[ \t]*(?P<language>[\w.+-]{{0,30}})[^\n`]{{0,80}}$
    | (?P<open>\{{(?=\s*["}}])|\[(?=\s*\{{))
    """,
    re.VERBOSE | re.MULTILINE,
)
_FENCE_END = re.compile(r"^[ \t]*(?:`{3,9}|~{3,9})[ \t]*$", re.MULTILINE)
_FENCE_LINE = re.compile(r"[ \t]*(?:`{3,9}|~{3,9})[ \t]*[\w.+-]{0,30}[ \t]*")
_PARAMETER = re.compile(
    rf"\s*<parameter(?:=[\"']?({_NAME})[\"']?|\s+name=[\"']({_NAME})[\"'])[^<>]{{0,80}}>"
)
_LIKE_A_CALL = re.compile(rf'\{{\s*"(?:{"|".join(NAME_WORDS)})"\s*:\s*"(?P<name>[^"\\]{{1,128}})"')
_JSON_LANGUAGES = {"", "json", "json5", "jsonc", "xml", "tool", "tool_call", "tool_calls", "tool_code",
                   "function_call"}  # fmt: skip


class Parsed(msgspec.Struct, frozen=True):
    """What a reply comes to: its *calls* in their order, its *problems*, and the *text* around them."""

    calls: tuple[ToolCall, ...] = ()
    problems: tuple[str, ...] = ()
    text: str = ""


def parse(text: str, known: Collection[str]) -> Parsed:
    """Return the calls in *text*; *known* are the names of the tools that there are."""
    if len(text) > MOST_CHARACTERS:
        problem = f"a reply of {len(text)} characters is too long: {MOST_CHARACTERS} are the most"
        return Parsed(problems=(problem,))
    return _Reader(text, known).read()


class _Reader:
    """One reply, read once."""

    def __init__(self, text: str, known: Collection[str]) -> None:
        self._text = text
        self._known = known
        self._at = 0
        self._kept_from = 0
        self._kept: list[str] = []
        self._absent: set[str] = set()
        self._wrappers = 0
        self._calls: list[ToolCall] = []
        self._problems: list[str] = []
        self._budget = _FAILURES * len(text)
        self._fence_ends = [each.start() for each in _FENCE_END.finditer(text)]

    def read(self) -> Parsed:
        while (start := START.search(self._text, self._at)) is not None:
            self._at = start.end()
            if len(self._calls) >= MOST_CALLS:
                self._problems.append(f"only the first {MOST_CALLS} calls of a reply are made")
                break
            self._look_at(start)
        self._kept.append(self._text[self._kept_from :])
        problems = tuple(dict.fromkeys(self._problems))
        return Parsed(tuple(self._calls), problems, _joined(self._kept))

    def _look_at(self, start: re.Match[str]) -> None:
        if start["tag"]:
            self._read_tag(start, start["tag"])
        elif name := start["function"]:
            self._read_named(start, name, "</function>")
        elif name := start["invoke"]:
            self._read_named(start, name, "</invoke>")
        elif start["think"]:
            self._skip_thoughts(f"</{start['think']}>")
        elif start["mark"]:
            self._cut(*start.span())
        elif start["unwrap"]:
            self._leave_wrapper(*start.span())
        elif start["fence"]:
            self._pass_fence(start)
        else:
            self._read_bare(start.start())

    # --- markup

    def _read_tag(self, start: re.Match[str], tag: str) -> None:
        at = self._skip_space(start.end())
        if self._text.startswith(("<function", "<invoke", "<tool_call>", "<tool_use>"), at):
            self._wrappers += 1
            self._cut(start.start(), at)  # what is in it comes next
            return
        is_json = self._text.startswith(("{", "["), at)
        end = end_of_value(self._text, at) if is_json else None
        if end is None and not is_json and self._find(f"</{tag}>", at) is None:
            return  # somebody writes about tags
        if end is None:
            self._problems.append(f"<{tag}> holds no whole JSON object")
            self._cut(start.start(), self._after(f"</{tag}>", at))
            return
        self._take(self._decoded(at, end, f"<{tag}>"))
        self._cut(start.start(), self._past(f"</{tag}>", end))

    def _leave_wrapper(self, start: int, end: int) -> None:
        if self._wrappers:
            self._wrappers -= 1
            self._cut(start, end)

    def _read_named(self, start: re.Match[str], name: str, closing: str) -> None:
        at = self._skip_space(start.end())
        if self._text.startswith("{", at):
            self._read_json_arguments(start.start(), at, name, closing)
            return
        arguments: dict[str, str] = {}
        while (parameter := _PARAMETER.match(self._text, at)) is not None:
            value, at = self._parameter(parameter.end(), closing)
            arguments[parameter[1] or parameter[2]] = value
        self._calls.append(ToolCall(known_name(name, self._known), dict(arguments)))
        self._cut(start.start(), self._past(closing, at))

    def _read_json_arguments(self, start: int, at: int, name: str, closing: str) -> None:
        end = end_of_value(self._text, at)
        if end is None:
            self._problems.append(f"the arguments of {name[:60]} are no whole JSON object")
            self._cut(start, self._after(closing, at))
            return
        try:
            arguments = decode(self._text[at:end])
        except NotJson as error:
            self._problems.append(f"the arguments of {name[:60]} are no JSON: {error}")
        else:
            self._calls.append(ToolCall(known_name(name, self._known), arguments))
        self._cut(start, self._past(closing, end))

    def _parameter(self, start: int, closing: str) -> tuple[str, int]:
        """Return the value that begins at *start*, without the line breaks round it, and where it ends."""
        end = self._find("</parameter>", start) or self._find(closing, start) or len(self._text)
        value = self._text[start:end]
        return value.removeprefix("\n").removesuffix("\n"), self._past("</parameter>", end)

    # --- JSON without markup

    def _pass_fence(self, start: re.Match[str]) -> None:
        """Step over a fence of another language; JSON in a fence is found like any other."""
        if start["language"].casefold() in _JSON_LANGUAGES:
            return
        at = bisect_left(self._fence_ends, start.end())
        if at < len(self._fence_ends):
            self._at = self._fence_ends[at] + len(start["fence"])

    def _read_bare(self, start: int) -> None:
        if self._budget <= 0:
            return
        end = end_of_value(self._text, start)
        if end is None:
            self._budget -= len(self._text) - start
            if self._is_like_a_call(start):
                self._problems.append(
                    "the JSON of a call is broken off or its brackets do not match"
                )
                self._cut(start, len(self._text))
            return
        found = self._decoded(start, end, "")
        if found.calls or found.problems:
            self._take(found)
            self._cut(start, end)
        elif self._text[start] == "{":
            self._at = (
                end  # of a list that is none, such as one of Markdown, each object is looked at
            )

    def _decoded(self, start: int, end: int, tag: str) -> Found:
        """Return the calls of a JSON value; what is broken is a problem only where a call was meant."""
        try:
            value = decode(self._text[start:end])
        except NotJson as error:
            meant = tag or ("a call" if self._is_like_a_call(start) else "")
            return Found(problems=(f"the JSON of {meant} is not valid: {error}",) if meant else ())
        return calls_in(value, self._known, marked=bool(tag))

    def _is_like_a_call(self, start: int) -> bool:
        like = _LIKE_A_CALL.match(self._text, start)
        return like is not None and known_name(like["name"], self._known) in self._known

    # --- where we are

    def _take(self, found: Found) -> None:
        room = MOST_CALLS - len(self._calls)
        self._calls += found.calls[:room]
        self._problems += found.problems
        if len(found.calls) > room:
            self._problems.append(f"only the first {MOST_CALLS} calls of a reply are made")

    def _cut(self, start: int, end: int) -> None:
        """Leave out of the text what is from *start* to *end*."""
        self._kept.append(self._text[self._kept_from : start])
        self._kept_from = self._at = end

    def _skip_space(self, at: int) -> int:
        while at < len(self._text) and self._text[at].isspace():
            at += 1
        return at

    def _past(self, tag: str, at: int) -> int:
        """Return where to go on: past *tag* and the space before it, if that is what comes."""
        after = self._skip_space(at)
        return after + len(tag) if self._text.startswith(tag, after) else at

    def _after(self, tag: str, at: int) -> int:
        """Return where the next *tag* ends; without one, the end."""
        end = self._find(tag, at)
        return len(self._text) if end is None else end + len(tag)

    def _find(self, tag: str, at: int) -> int | None:
        """Return where the next *tag* is; what is not there is looked for once."""
        end = -1 if tag in self._absent else self._text.find(tag, at)
        if end >= 0:
            return end
        self._absent.add(tag)
        return None

    def _skip_thoughts(self, closing: str) -> None:
        """Step over what a model thinks, if it has come to an end with that."""
        if self._find(closing, self._at) is not None:
            self._at = self._after(closing, self._at)


def _joined(pieces: list[str]) -> str:
    """Return the text between calls, without the fences that were round them."""
    last = len(pieces) - 1
    kept: list[str] = []
    for index, piece in enumerate(pieces):
        lines = piece.strip().split("\n")
        if index < last and _FENCE_LINE.fullmatch(lines[-1]):
            lines.pop()
        if index > 0 and lines and _FENCE_LINE.fullmatch(lines[0]):
            lines.pop(0)
        kept.append("\n".join(lines).strip())
    ignored = ",;" if last else ""
    return "\n".join(piece for piece in kept if piece.strip(ignored))
