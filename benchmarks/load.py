"""The load loop: so many calls in flight against one server, each answer replaced by a new call.

One process, raw descriptors, no task and no decoding per call: the loop itself can carry far more
than a server does (`ceiling` measures it against `cat`).
"""

import os
import select
import time
from array import array
from collections.abc import Callable, Sequence

import msgspec
from answer_reader import AnswerReader
from percentiles import Latency, latency
from request_blocks import DIGITS, RequestBlocks
from server_process import ServerProcess

_CHUNK = 1 << 18
_now = time.perf_counter


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """How much to send: until *calls* are sent or *seconds* have passed; then answers are awaited.

    A server that does not answer for *patience* seconds hangs; *deadline* ends the run in any case.
    """

    concurrency: int = 64
    calls: int | None = None
    seconds: float = 5.0
    patience: float = 30.0
    deadline: float = 600.0


class Tick(msgspec.Struct, frozen=True):
    """Something to do every *seconds* during a run."""

    seconds: float
    do: Callable[[], object]


class LoadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What one run measured. *ended* is empty when every call was answered."""

    calls: int
    seconds: float
    per_second: float
    latency: Latency
    protocol_errors: int
    tool_errors: int
    unanswered: int
    other_lines: int
    bytes_per_answer: float
    ended: str
    first_error: str


class LoadRun:
    """One run. `go`, then read `figures`, `durations` and `throughput`; *ended* as in figures."""

    def __init__(
        self, server: ServerProcess, requests: RequestBlocks, load: Load, tick: Tick | None = None
    ) -> None:
        self._server = server
        self._requests = requests
        self._load = load
        self._tick = tick
        self._reader = AnswerReader()
        self._first_id = requests.first_id + requests.taken
        self._outgoing = memoryview(b"")
        self._sent: list[tuple[int, float]] = []  # how many, when
        self._answered: list[tuple[float, bytes]] = []  # when, ids joined
        self._in_flight = 0
        self._left: int | None = load.calls
        self.ended = ""
        self._started = self._last_answer = self._deadline = 0.0

    def go(self) -> None:
        """Run to the end; a server that dies or hangs ends the run early."""
        self._started = self._last_answer = next_tick = _now()
        self._deadline = self._started + self._load.deadline
        self._send(self._load.concurrency)
        while self._in_flight and not self.ended:
            self._step()
            if self._tick is not None and self._last_answer >= next_tick:
                self._tick.do()
                next_tick = _now() + self._tick.seconds

    def durations(self) -> list[float]:
        """Return every call's seconds from writing the request to reading the answer, ordered."""
        sent_at = array("d")
        for count, when in self._sent:
            sent_at.extend([when] * count)
        first = self._first_id
        durations = [
            when - sent_at[int(ids[at : at + DIGITS]) - first]
            for when, ids in self._answered
            for at in range(0, len(ids), DIGITS)
        ]
        durations.sort()
        return durations

    def throughput(self, buckets: int = 50) -> list[float]:
        """Return calls a second in each of *buckets* equal parts of the run."""
        width = self.seconds() / buckets
        counts = [0] * buckets
        for when, ids in self._answered:
            bucket = min(buckets - 1, int((when - self._started) / width))
            counts[bucket] += len(ids) // DIGITS
        return [count / width for count in counts]

    def figures(self, durations: Sequence[float]) -> LoadFigures:
        """Sum the run up; *durations* are those of this run."""
        calls = len(durations)
        reader = self._reader
        return LoadFigures(
            calls=calls,
            seconds=self.seconds(),
            per_second=calls / self.seconds(),
            latency=latency(durations),
            protocol_errors=reader.protocol_errors,
            tool_errors=reader.tool_errors,
            unanswered=self._in_flight,
            other_lines=reader.other_lines,
            bytes_per_answer=reader.bytes / max(1, calls),
            ended=self.ended,
            first_error=reader.first_error,
        )

    @property
    def first_error(self) -> str:
        """Return the beginning of the first answer that was an error."""
        return self._reader.first_error

    def seconds(self) -> float:
        return max(self._last_answer - self._started, 1e-9)

    def _step(self) -> None:
        """Wait for the server once, and do what it is ready for."""
        writers = [self._server.stdin] if self._outgoing else []
        wait = max(0.0, min(self._load.patience, self._deadline - _now()))
        readable, writable, _ = select.select([self._server.stdout], writers, [], wait)
        if readable:
            self._receive()
        if writable:
            self._flush()
        if not readable and _now() - self._last_answer >= self._load.patience:
            self.ended = f"no answer for {self._load.patience:g} s"
        elif _now() >= self._deadline:
            self.ended = f"not done after {self._load.deadline:g} s"

    def _receive(self) -> None:
        chunk = os.read(self._server.stdout, _CHUNK)
        if not chunk:
            self.ended = "the server has ended"
            return
        now = _now()
        if ids := self._reader.feed(chunk):
            self._last_answer = now
            self._answered.append((now, b"".join(ids)))
            self._in_flight -= len(ids)
            if now - self._started < self._load.seconds:
                self._send(len(ids))

    def _send(self, count: int) -> None:
        if self._left is not None:
            count = min(count, self._left)
            self._left -= count
        if count:
            self._sent.append((count, _now()))
            self._in_flight += count
            self._outgoing = memoryview(bytes(self._outgoing) + self._requests.take(count))
            self._flush()

    def _flush(self) -> None:
        """Write what the pipe takes now."""
        try:
            self._outgoing = self._outgoing[os.write(self._server.stdin, self._outgoing) :]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self.ended = "the server has closed its input"


def ceiling(params: bytes, load: Load, answer_bytes: float) -> float:
    """Return the calls a second that the client alone can do: the same load against `cat`.

    The requests are padded so that each echo is as long as the real server's answer.
    """
    requests = RequestBlocks(params, width=min(int(answer_bytes), _CHUNK))
    with ServerProcess(["cat"]) as echo:
        run = LoadRun(echo, requests, load)
        run.go()
        return run.figures(run.durations()).per_second
