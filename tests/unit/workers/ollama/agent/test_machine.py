"""What a run does next: always something, never too much, and in the end it ends."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from workers.ollama.agent.machine import AskModel, CallTool, End, Limits, Machine, Outcome
from workers.ollama.agent.tool_calls import MOST_CALLS, Parsed
from workers.ollama.agent.transcript import Transcript
from workers.ollama.chat import Message, ToolCall

LIMITS = Limits(iterations=5, ends_at=100.0, context_tokens=4000)
OPENING = (Message(role="system", content="Work."), Message(role="user", content="Do it."))


def machine(limits: Limits = LIMITS) -> Machine:
    return Machine(limits, Transcript(OPENING))


def reply(*calls: ToolCall, text: str = "", native: bool = True) -> tuple[Message, Parsed]:
    message = Message(role="assistant", content=text, tool_calls=calls if native else ())
    return message, Parsed(calls, (), text)


def call(name: str = "look", **arguments: object) -> ToolCall:
    return ToolCall(name, arguments)


def roles(action: object) -> list[str]:
    assert isinstance(action, AskModel)
    return [message.role for message in action.messages]


# --- decisions


def test_first_the_model_is_asked_what_it_was_told() -> None:
    assert machine().next(0) == AskModel(OPENING)


def test_a_reply_without_a_call_is_the_answer() -> None:
    run = machine()
    run.hear(*reply(text="Done."))

    assert run.next(0) == End("answered", "The model has answered.")
    assert run.answer == "Done."


def test_calls_are_made_one_after_the_other_and_then_the_model_is_asked_again() -> None:
    run = machine()
    run.hear(*reply(call(at=1), call(at=2)))
    first = run.next(0)
    run.learn(Outcome("one"))
    second = run.next(0)
    run.learn(Outcome("two"))

    assert (first, second) == (CallTool(call(at=1)), CallTool(call(at=2)))
    assert roles(run.next(0)) == ["system", "user", "assistant", "tool", "tool"]


def test_results_of_calls_in_words_come_in_one_turn() -> None:
    run = machine()
    run.hear(*reply(call(at=1), call(at=2), native=False))
    run.learn(Outcome("one"))
    run.learn(Outcome("two", ok=False))
    action = run.next(0)

    assert roles(action) == ["system", "user", "assistant", "user"]
    assert isinstance(action, AskModel)
    assert action.messages[-1].content == "Result of look:\none\n\nResult of look:\nError: two"


def test_a_native_result_says_whose_it_is() -> None:
    run = machine()
    run.hear(*reply(ToolCall("look", {}, "call_7")))
    run.learn(Outcome("one"))
    action = run.next(0)

    assert isinstance(action, AskModel)
    assert action.messages[-1] == Message(
        role="tool", content="one", tool_name="look", call_id="call_7"
    )


def test_problems_are_told_beside_results() -> None:
    run = machine()
    message = Message(role="assistant", content="...")
    run.hear(message, Parsed((call(),), ("the JSON is broken",), ""))
    run.learn(Outcome("one"))
    action = run.next(0)

    assert isinstance(action, AskModel)
    assert action.messages[-1].content == "the JSON is broken\n\nResult of look:\none"


def test_the_last_words_are_the_answer_of_a_run_that_was_ended() -> None:
    run = machine()
    run.hear(*reply(call(), text="Let me see."))
    run.learn(Outcome("one"))
    run.hear(*reply(call(at=2)))

    assert run.next(100) == End("time", "The time is up.")
    assert run.answer == "Let me see."


# --- limits


def test_it_ends_in_time_even_with_calls_to_make() -> None:
    run = machine()
    run.hear(*reply(call()))

    assert isinstance(run.next(99.9), CallTool)
    assert isinstance(run.next(100.0), End)
    assert isinstance(run.next(0.0), End)


def test_a_success_forgives_the_errors_before_it() -> None:
    run = machine(Limits(iterations=50, ends_at=100, context_tokens=4000))
    for at, ok in enumerate([False, False, True, False, False]):
        run.hear(*reply(call(at=at)))
        run.learn(Outcome("said", ok=ok))
    before = run.next(0)
    run.hear(*reply(call(at=9)))
    run.learn(Outcome("no such file", ok=False))

    assert isinstance(before, AskModel)
    assert run.next(0) == End("errors", "3 errors in a row; the last: no such file")


def test_what_is_left_of_a_reply_is_not_done_after_three_errors() -> None:
    run = machine()
    run.hear(*reply(*(call(at=at) for at in range(5))))
    for _ in range(3):
        run.learn(Outcome("no", ok=False))

    assert isinstance(run.next(0), End)


def test_the_same_call_may_be_made_again_if_it_comes_to_something_else() -> None:
    run = machine(Limits(iterations=50, ends_at=100, context_tokens=4000))
    for at in range(5):
        run.hear(*reply(call()))
        run.learn(Outcome(f"version {at}"))
    going = run.next(0)
    for _ in range(2):
        run.hear(*reply(call()))
        run.learn(Outcome("version 0"))

    assert isinstance(going, AskModel)
    assert run.next(0) == End("repeated", "look was called 3 times for the same result.")


def test_the_order_of_arguments_makes_no_other_call() -> None:
    run = machine()
    for arguments in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 2}):
        run.hear(*reply(ToolCall("look", dict(arguments))))
        run.learn(Outcome("same"))

    end = run.next(0)
    assert isinstance(end, End)
    assert end.ended == "repeated"


def test_an_empty_reply_is_an_error_that_is_told() -> None:
    run = machine()
    run.hear(*reply())
    action = run.next(0)

    assert isinstance(action, AskModel)
    assert "Your reply was empty" in action.messages[-1].content


def test_it_ends_for_one_reason() -> None:
    run = machine()
    first = run.stop("time", "The time is up.")

    assert run.stop("errors", "") == run.next(0) == first


# --- properties


@dataclass
class Story:
    """What happens to a run, drawn as it goes."""

    data: st.DataObject
    run: Machine
    asked: int = 0
    errors: int = 0
    now: float = 0.0
    same: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    def step(self, action: AskModel | CallTool) -> None:
        self.now += self.data.draw(st.floats(0, 5))
        if isinstance(action, AskModel):
            self.asked += 1
            self.hear()
        else:
            self.learn(action.call)

    def hear(self) -> None:
        calls = self.data.draw(st.lists(CALLS, max_size=4))
        problems = tuple(self.data.draw(st.lists(st.just("broken"), max_size=1)))
        text = self.data.draw(st.sampled_from(["", "", "words " * 50]))
        native = self.data.draw(st.booleans())
        message, _ = reply(*calls, text=text, native=native)
        tokens = self.data.draw(st.none() | st.integers(0, 3000))
        self.run.hear(message, Parsed(tuple(calls), problems, text), tokens)
        if problems or not (calls or text):
            self.errors += 1

    def learn(self, made: ToolCall) -> None:
        text = self.data.draw(st.sampled_from(["same", "other", "long " * 2000]))
        ok = self.data.draw(st.booleans())
        self.run.learn(Outcome(text, ok=ok))
        self.errors = 0 if ok else self.errors + 1
        key = (repr(made), f"{ok} {text}")
        self.same[key] = self.same.get(key, 0) + 1


CALLS = st.builds(call, st.sampled_from(["look", "touch"]), at=st.integers(0, 2))


@given(st.data(), st.integers(1, 8), st.integers(600, 4000))
def test_every_run_ends_within_its_limits(
    data: st.DataObject, iterations: int, context: int
) -> None:
    limits = Limits(iterations=iterations, ends_at=100.0, context_tokens=context)
    story = Story(data, machine(limits))
    actions = 0
    while not isinstance(action := story.run.next(story.now), End):
        assert story.now < limits.ends_at
        assert story.errors < limits.errors_in_a_row
        assert max(story.same.values(), default=0) < limits.same_calls
        if isinstance(action, AskModel):
            _require_complete(action.messages)
        story.step(action)
        actions += 1

    assert story.asked == story.run.iterations <= iterations
    assert actions <= iterations * (1 + MOST_CALLS)
    _require_a_reason(action, story, limits)
    assert story.run.next(0) == action


def _require_complete(messages: tuple[Message, ...]) -> None:
    """Every native call has its result, in order, before anything else is said."""
    waiting: list[str] = []
    for message in messages:
        if message.role == "tool":
            assert message.tool_name == waiting.pop(0)
        else:
            assert not waiting or message.role == "user"
            if message.role == "assistant":
                assert not waiting
                waiting = [made.name for made in message.tool_calls]
    assert not waiting


def _require_a_reason(end: End, story: Story, limits: Limits) -> None:
    reasons = {
        "answered": story.run.answer != "",
        "iterations": story.asked == limits.iterations,
        "time": story.now >= limits.ends_at,
        "context": True,
        "repeated": max(story.same.values(), default=0) == limits.same_calls,
        "errors": story.errors == limits.errors_in_a_row,
    }
    assert reasons[end.ended]
