"""What a caller hears while a model replies: how many tokens there are, and the text as it comes.

Rule 1: nothing of the text is lost: what comes between two notifications is in the second.
Rule 2: no more notifications than anybody can read, and none longer than an error may be.
"""

from collections.abc import Callable

from protocol.errors import LONGEST_MESSAGE
from workers.ollama.chat import Chunk

INTERVAL_S = 0.1
LONGEST = LONGEST_MESSAGE


class TokenStream:
    """Collects chunks and tells of them; *clock* is in seconds.

    *tell* gets a figure that grows each time, and the text since the last one. Thoughts count, but are not
    shown: they are no part of the reply.
    """

    def __init__(self, tell: Callable[[float, str], None], clock: Callable[[], float]) -> None:
        self._tell = tell
        self._clock = clock
        self._told_at = clock()  # what is over within the interval is told once, at its end
        self._tokens = 0
        self._told = 0.0
        self._text: list[str] = []
        self._size = 0

    def hear(self, chunk: Chunk) -> None:
        """Take one piece of a reply."""
        self._tokens += 1
        self._text.append(chunk.text)
        self._size += len(chunk.text)
        if self._size >= LONGEST or self._clock() - self._told_at >= INTERVAL_S:
            self.flush()

    def flush(self) -> None:
        """Tell what has not been told."""
        if self._tokens <= self._told:
            return
        text = "".join(self._text)
        pieces = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)] or [""]
        step = (self._tokens - self._told) / len(pieces)
        for number, piece in enumerate(pieces, 1):
            is_last = number == len(pieces)
            self._tell(self._tokens if is_last else self._told + step * number, piece)
        self._told = self._tokens
        self._text.clear()
        self._size = 0
        self._told_at = self._clock()
