"""Open tasks that somebody has left in a comment.

Rule: only where a comment line begins with the word, or the word has a colon or a bracket after it;
"XXX" in the middle of a sentence is a placeholder, not a task.
"""

import re
from collections.abc import Iterator

from workers.analyze.findings.hit import Hit, hit
from workers.analyze.findings.scene import Scene
from workers.syntax.source import on_one_line

_MOST_TEXT = 120
_MOST_LINE = 600
_WORDS = (b"TODO", b"FIXME", b"XXX", b"HACK")
_WORD = re.compile(rb"(?:%b)\b(?!['\"`.])" % b"|".join(_WORDS))
_OPENS_LINE = re.compile(rb"[\s/*#!;%<>|\-]*@?\Z")
_LEADS_ON = re.compile(rb"[ \t]?[:(]")
_END = re.compile(r"\s*(?:\*/|-->|\*\)|-\}|#\})\s*\Z")


def _places(data: bytes) -> list[int]:
    """Return where the words may be: four plain searches are far faster than one for a pattern."""
    places: list[int] = []
    for word in _WORDS:
        at = data.find(word)
        while at >= 0:
            places.append(at)
            at = data.find(word, at + 1)
    return sorted(places)


def todos(scene: Scene) -> Iterator[Hit]:
    """Yield each open task with its text."""
    data = scene.data
    for start in _places(data):
        match = _WORD.match(data, start)
        if match is None:
            continue
        end = match.end()
        least = max(0, start - _MOST_LINE)
        opening = max(data.rfind(b"\n", least, start) + 1, least)
        before = data[opening:start]
        if before[-1:].isalnum() or before[-1:] == b"_":
            continue
        comment = scene.comment_at(start)
        if comment is None:
            continue
        before = data[max(opening, comment.start_byte) : start]
        if not (_OPENS_LINE.match(before) or _LEADS_ON.match(data, end)):
            continue
        most = min(comment.end_byte, start + _MOST_LINE)
        stop = data.find(b"\n", end, most)
        stop = most if stop < 0 else stop
        text = _END.sub("", scene.slice(start, stop)).strip()
        yield hit("todo", scene.between(start, stop), text=on_one_line(text, _MOST_TEXT))
