"""The conversation of a run, kept short enough for its model: pure.

Rule 1: only what tools have said is shortened, the oldest first; what the model knows to be its task stays.
Rule 2: a size is an estimate in tokens. A server that counts more than we do is believed for the rest of the
run; one that counts less may have counted only what was new to it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from workers.ollama.chat import Message

_DENSITY = 0.3
"""Tokens in a character until a server says more: code has about one for each three or four."""
_MOST_DENSITY = 1.0
_PER_MESSAGE = 24
"""What a message costs beside its text, in characters."""
_PASSES: tuple[tuple[str, int], ...] = (("old", 400), ("new", 4000), ("old", 100), ("new", 400))
"""What is shortened to how many characters, in turn; new is what the model has not read yet."""


class _Turn(msgspec.Struct):
    message: Message
    is_result: bool = False
    longest: int | None = None

    def shown(self) -> Message:
        if self.longest is None:
            return self.message
        content = shortened(self.message.content, self.longest)
        return msgspec.structs.replace(self.message, content=content)


class Transcript:
    """All turns so far."""

    def __init__(self, opening: Iterable[Message], beside: int = 0) -> None:
        """*beside* is how many characters go with every question, such as the tools."""
        self._turns = [_Turn(message) for message in opening]
        self._beside = beside
        self._density = _DENSITY

    def add(self, message: Message) -> None:
        """Add what the model, or we, have said."""
        self._turns.append(_Turn(message))

    def add_result(self, message: Message) -> None:
        """Add what a tool has said."""
        self._turns.append(_Turn(message, is_result=True))

    def messages(self) -> tuple[Message, ...]:
        """Return what the model is to be sent."""
        return tuple(turn.shown() for turn in self._turns)

    def tokens(self) -> int:
        """Return the estimated size of all that."""
        return int(self._characters() * self._density) + 1

    def learn(self, prompt_tokens: int) -> None:
        """Take in what a server has counted, for the conversation as it is."""
        counted = prompt_tokens / max(1, self._characters())
        self._density = min(_MOST_DENSITY, max(self._density, counted))

    def fit(self, most_tokens: int) -> bool:
        """Shorten until it is no larger than that; False if it cannot be."""
        for which, longest in _PASSES:
            for turn in self._results(which):
                if self.tokens() <= most_tokens:
                    return True
                turn.longest = longest
        return self.tokens() <= most_tokens

    def _results(self, which: str) -> Sequence[_Turn]:
        last = max((at for at, turn in enumerate(self._turns) if _is_reply(turn)), default=-1)
        turns = self._turns[last + 1 :] if which == "new" else self._turns[: last + 1]
        return [turn for turn in turns if turn.is_result]

    def _characters(self) -> int:
        return self._beside + sum(size_of(turn.shown()) for turn in self._turns)


def size_of(message: Message) -> int:
    """Return how many characters a message comes to."""
    calls = len(msgspec.json.encode(message.tool_calls)) if message.tool_calls else 0
    return len(message.content) + len(message.thinking) + calls + _PER_MESSAGE


def shortened(text: str, longest: int) -> str:
    """Return *text* without its middle if it is longer than that, and a word on how much is missing."""
    if len(text) <= longest:
        return text
    head, tail = longest * 2 // 3, longest // 3
    missing = len(text) - head - tail
    return f"{text[:head]}\n[... {missing} characters left out ...]\n{text[len(text) - tail :]}"


def _is_reply(turn: _Turn) -> bool:
    return turn.message.role == "assistant"
