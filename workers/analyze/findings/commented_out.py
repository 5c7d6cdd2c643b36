"""Code that was put into a comment instead of being deleted.

Rule 1: several hints are needed: lines that look like code, that parse as code, and no prose before them
in the same comment, because what is introduced is an example.
Rule 2: documentation, examples in it, licences at the top, and directives to tools are none.
"""

import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from workers.analyze.findings.code_shapes import SHAPES, Shapes
from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene
from workers.syntax.parsing import parse

_MOST_LINE = 400
_MOST_LINES = 200
_STRONG, _WEAK = 2, 1
_ENOUGH = 3
_MUCH = 5

_HASHES = re.compile(rb"\n[ \t]*#(?!!)[^\n]*+(?:\n[ \t]*#[^\n]*+)*+")
_SLASHES = re.compile(rb"\n[ \t]*//(?![/!])[^\n]*+(?:\n[ \t]*//[^\n]*+)*+")
_HEAD = re.compile(rb"\s*+(?:[ \t]*+(?:#|//)[^\n]*+\n?)*+")
_HASH_LANGUAGES = frozenset({"python", "ruby"})

_DIRECTIVE = re.compile(
    rb"(?:type|noqa|pylint|pragma|mypy|pyright|ruff|flake8|isort|fmt|yapf|nosec|vim?|coding|eslint|tslint"
    rb"|prettier|istanbul|c8|go|nolint|cgo|export|rubocop|frozen_string_literal|swiftlint|detekt|ktlint"
    rb"|doctest|NOLINT|clang-format|region|endregion|sourceMappingURL|global|jshint|jslint|language"
    rb"|-\*-|@|>>>|\+build|\$|\|)"
)
_PROSE = re.compile(rb"(?:[A-Za-z][\w'-]*,? )+[\w'-]+|[A-Za-z]\w*[.!?:]\Z")
_HINT = re.compile(rb"[=(\[{;]|\bimport\b|:[ \t]*(?:\r?\n|\Z)")
_NEVER = re.compile(rb"://|```|;;")


class _Line(NamedTuple):
    start: int
    end: int
    inner: bytes
    text: bytes
    score: int


def commented_out(scene: Scene) -> Iterator[Hit]:
    """Yield stretches of commented lines that are code."""
    shapes = SHAPES.get(scene.language)
    if shapes is None:
        return
    pattern = _HASHES if scene.language in _HASH_LANGUAGES else _SLASHES
    head = _HEAD.match(scene.data)
    top = head.end() if head else 0
    for match in pattern.finditer(scene.data):
        if _HINT.search(match[0]) is None:
            continue
        scene.budget.check()
        lines = _lines(scene.data, *match.span(), shapes)
        if not lines or max(line.score for line in lines) < _STRONG:
            continue
        if lines[0].start < top:
            continue  # what stands at the top is about the file
        if scene.comment_at(lines[0].start) is None:
            continue
        for some in _stretches(lines):
            if _is_code(scene, some, shapes):
                count = "1 line of code" if len(some) == 1 else f"{len(some):,} lines of code"
                place = scene.between(some[0].start, some[-1].end)
                yield hit("commented-out", place, count=f"{count} in a comment")


def _lines(data: bytes, start: int, end: int, shapes: Shapes) -> list[_Line]:
    """Take a run of comment lines apart."""
    lines: list[_Line] = []
    at = start
    for raw in data[start:end].split(b"\n")[: _MOST_LINES + 1]:
        body = raw.lstrip()
        inner = body.lstrip(b"#/")
        text = inner.strip()[:_MOST_LINE]
        if body:
            sign = at + len(raw) - len(body)
            lines.append(_Line(sign, at + len(raw.rstrip()), inner, text, _score(text, shapes)))
        at += len(raw) + 1
    return lines


def _score(text: bytes, shapes: Shapes) -> int:
    if _DIRECTIVE.match(text) or _NEVER.search(text):
        return 0
    if _HINT.search(text) is not None and shapes.strong.match(text):
        return _STRONG
    return _WEAK if shapes.weak.match(text) else 0


def _stretches(lines: list[_Line]) -> Iterator[list[_Line]]:
    """Yield the longest stretches of lines that look like code, up to those that are introduced."""
    some: list[_Line] = []
    is_explained = False
    for line in [*lines, _Line(0, 0, b"", b".", -1)]:
        if line.score > 0 or (some and not line.text):
            some.append(line)
            continue
        while some and not some[-1].text:
            some.pop()
        if some and not is_explained and not _is_sentence(some, line):
            yield some
        if line.text:
            is_explained = is_explained or _PROSE.search(line.text) is not None
        some = []


def _is_sentence(some: list[_Line], after: _Line) -> bool:
    """Tell whether a few lines are rather the beginning of the prose that follows."""
    is_prose = after.score == 0 and _PROSE.search(after.text) is not None
    return is_prose and sum(line.score for line in some) < _MUCH


def _is_code(scene: Scene, some: list[_Line], shapes: Shapes) -> bool:
    score = sum(line.score for line in some)
    if max(line.score for line in some) < _STRONG:
        return False
    if score < _ENOUGH and not _is_convincing(some[0], scene):
        return False
    text = b"\n".join(line.inner.rstrip().expandtabs(4) for line in some)
    code = textwrap.dedent(text.decode("utf-8", "replace")).encode()
    before, behind = shapes.outside
    tree = parse(before + code + behind, scene.language, scene.budget)
    return not tree.root_node.has_error


_CONVINCING = re.compile(
    rb"[\w.$\[\]]+ ?[-+*/|&:]?= ?.*[(\[].*|(?:[\w$]+\.)+[\w$]+\(.+\);?|.*\(.*\).*;|print\(.+\)"
)


def _is_convincing(line: _Line, scene: Scene) -> bool:
    """Tell whether a line that is the only one can hardly be anything but code.

    In front of a line that makes the same call, it is a headline.
    """
    if _CONVINCING.fullmatch(line.text) is None:
        return False
    called = line.text.partition(b"(")[0]
    following = scene.data.find(b"\n", line.end) + 1
    return called not in scene.data[following : scene.data.find(b"\n", following)]
