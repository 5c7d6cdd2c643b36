"""What a run does next, decided without a clock, a model or a tool.

Whoever drives it does what `next` says and tells what came of it with `hear` or `learn`:

    while not isinstance(action := machine.next(now), End):
        match action: AskModel -> hear(reply), CallTool -> learn(outcome)

Rule 1: every call of a reply has its result in the transcript before the model is asked again.
Rule 2: once it has ended it stays ended, and for one reason.
"""

import hashlib
from collections import Counter, deque

import msgspec

from protocol.tools.ollama_agent_run import Ended
from workers.ollama.agent.tool_calls import Parsed
from workers.ollama.agent.transcript import Transcript
from workers.ollama.chat import Message, ToolCall

_EMPTY = "Your reply was empty. Call a tool, or say what you have come to."
_RESERVE = 4
"""One part in so many of the context is kept for the reply."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When a run is ended. *ends_at* is a time of whatever clock `next` gets."""

    iterations: int
    ends_at: float
    context_tokens: int
    same_calls: int = 3
    errors_in_a_row: int = 3


class AskModel(msgspec.Struct, frozen=True):
    """Ask the model; *messages* is all that it is to know."""

    messages: tuple[Message, ...]


class CallTool(msgspec.Struct, frozen=True):
    """Have a tool called."""

    call: ToolCall


class End(msgspec.Struct, frozen=True):
    """Stop: *ended* and *why* in words."""

    ended: Ended
    why: str


Action = AskModel | CallTool | End


class Outcome(msgspec.Struct, frozen=True):
    """What a tool has said, or why it has not, in words for the model."""

    text: str
    ok: bool = True


class Machine:
    """One run."""

    def __init__(self, limits: Limits, transcript: Transcript) -> None:
        self.iterations = 0
        self.answer = ""
        """The last words of the model so far."""
        self._limits = limits
        self._transcript = transcript
        self._waiting: deque[ToolCall] = deque()
        self._results: list[str] = []
        self._is_native = False
        self._seen: Counter[bytes] = Counter()
        self._errors = 0
        self._end: End | None = None

    def next(self, now: float) -> Action:
        """Return what is to be done at this time."""
        if self._end is None and now >= self._limits.ends_at:
            self.stop("time", "The time is up.")
        if self._end is not None:
            return self._end
        if self._waiting:
            return CallTool(self._waiting[0])
        return self._ask()

    def hear(self, message: Message, parsed: Parsed, prompt_tokens: int | None = None) -> None:
        """The model has replied: *parsed* is what its *message* comes to."""
        self.iterations += 1
        if prompt_tokens is not None:
            self._transcript.learn(prompt_tokens)
        self._transcript.add(message)
        self._is_native = bool(message.tool_calls)
        self._waiting.extend(parsed.calls)
        self.answer = parsed.text or self.answer
        problems = parsed.problems
        if not parsed.calls and not problems:
            if parsed.text:
                self.stop("answered", "The model has answered.")
                return
            problems = (_EMPTY,)
        self._results.extend(problems)
        if problems:
            self._fail(problems[0])
        self._flush()

    def learn(self, outcome: Outcome) -> None:
        """The call that was to be made has come to this."""
        call = self._waiting.popleft()
        text = outcome.text if outcome.ok else f"Error: {outcome.text}"
        if self._is_native:
            result = Message(role="tool", content=text, tool_name=call.name, call_id=call.id)
            self._transcript.add_result(result)
        else:
            self._results.append(f"Result of {call.name}:\n{text}")
            self._flush()
        if outcome.ok:
            self._errors = 0
        else:
            self._fail(outcome.text)
        self._count(call, text)

    def stop(self, ended: Ended, why: str) -> End:
        """End it, if it has not ended yet."""
        if self._end is None:
            self._end = End(ended, why)
        return self._end

    # --- inside

    def _ask(self) -> Action:
        limits = self._limits
        if self.iterations >= limits.iterations:
            return self.stop("iterations", f"The model was asked {limits.iterations} times.")
        room = limits.context_tokens - limits.context_tokens // _RESERVE
        if not self._transcript.fit(room):
            size = self._transcript.tokens()
            why = f"The conversation has about {size} tokens, and {room} is the most with a reply."
            return self.stop("context", why)
        return AskModel(self._transcript.messages())

    def _flush(self) -> None:
        """Say all results of one reply in one turn: many models know no two turns of one role in a row."""
        if self._waiting or not self._results:
            return
        self._transcript.add_result(Message(role="user", content="\n\n".join(self._results)))
        self._results.clear()

    def _fail(self, problem: str) -> None:
        self._errors += 1
        if self._errors >= self._limits.errors_in_a_row:
            self.stop("errors", f"{self._errors} errors in a row; the last: {problem}")

    def _count(self, call: ToolCall, text: str) -> None:
        """A call that comes to the same as before leads nowhere."""
        whole = msgspec.json.encode((call.name, call.arguments, text), order="sorted")
        key = hashlib.sha256(whole).digest()
        self._seen[key] += 1
        if self._seen[key] >= self._limits.same_calls:
            times = self._seen[key]
            self.stop("repeated", f"{call.name} was called {times} times for the same result.")
