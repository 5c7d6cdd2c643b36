"""A conversation is kept short enough, at the cost of what tools have said and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from workers.ollama.agent.transcript import Transcript, shortened
from workers.ollama.chat import Message, ToolCall

SYSTEM = Message(role="system", content="Work.")
TASK = Message(role="user", content="Do it.")


def result(size: int) -> Message:
    return Message(role="tool", content="r" * size, tool_name="look")


def said(text: str = "Well.") -> Message:
    return Message(role="assistant", content=text, tool_calls=(ToolCall("look", {}),))


def conversation(*sizes: int) -> Transcript:
    """Return one in which each reply has led to one result of such a size."""
    transcript = Transcript((SYSTEM, TASK))
    for size in sizes:
        transcript.add(said())
        transcript.add_result(result(size))
    return transcript


def sizes(transcript: Transcript) -> list[int]:
    return [len(each.content) for each in transcript.messages() if each.role == "tool"]


def test_what_fits_stays_as_it_is() -> None:
    transcript = conversation(500, 500)

    assert transcript.fit(1000)
    assert sizes(transcript) == [500, 500]


def test_the_oldest_results_are_shortened_first() -> None:
    transcript = conversation(5000, 5000, 5000)

    assert transcript.fit(3500)
    first, second, third = sizes(transcript)
    assert first < 500
    assert (second, third) == (5000, 5000)


def test_what_the_model_has_not_read_yet_is_shortened_last() -> None:
    transcript = conversation(5000, 5000, 5000)

    assert transcript.fit(2000)
    first, second, third = sizes(transcript)
    assert max(first, second) < 500
    assert third == 5000


def test_what_is_shortened_stays_so_while_the_newest_is_shortened_too() -> None:
    transcript = conversation(5000, 5000, 5000)

    assert transcript.fit(1600)
    first, second, third = sizes(transcript)
    assert 400 <= min(first, second) <= max(first, second) < 500
    assert 4000 <= third < 4100


def test_a_result_that_is_too_long_by_itself_is_shortened_too() -> None:
    transcript = conversation(100_000)

    assert transcript.fit(2000)
    (only,) = sizes(transcript)
    assert 4000 <= only < 4100


def test_a_task_that_is_too_long_cannot_be_helped() -> None:
    transcript = Transcript((Message(role="user", content="x" * 10_000),))

    assert not transcript.fit(1000)
    assert transcript.messages()[0].content == "x" * 10_000


def test_a_server_that_counts_more_is_believed_and_one_that_counts_less_is_not() -> None:
    transcript = conversation(1000)
    before = transcript.tokens()
    transcript.learn(2 * before)
    after = transcript.tokens()
    transcript.learn(1)

    assert after >= 2 * before - 1
    assert transcript.tokens() == after


def test_tools_count_too() -> None:
    assert Transcript((TASK,), 10_000).tokens() > Transcript((TASK,)).tokens() + 2000


def test_a_shortened_text_says_how_much_is_missing() -> None:
    text = "a" * 500 + "b" * 500

    assert shortened(text, 1000) == text
    assert shortened(text, 30) == f"{'a' * 20}\n[... 970 characters left out ...]\n{'b' * 10}"


@given(
    st.lists(st.tuples(st.sampled_from(["reply", "result"]), st.integers(0, 20_000)), max_size=12),
    st.integers(10, 5000),
)
def test_only_results_are_shortened_and_what_fits_does_fit(
    turns: list[tuple[str, int]], most: int
) -> None:
    transcript = Transcript((SYSTEM, TASK))
    spoken = [SYSTEM, TASK]
    for kind, size in turns:
        message = said("w" * size) if kind == "reply" else result(size)
        spoken.append(message)
        (transcript.add if kind == "reply" else transcript.add_result)(message)
    fits_already = transcript.tokens() <= most

    fits = transcript.fit(most)

    shown = transcript.messages()
    assert fits == (transcript.tokens() <= most)
    assert len(shown) == len(spoken)
    for before, after in zip(spoken, shown, strict=True):
        assert before.role == "tool" or before == after
        assert len(after.content) <= len(before.content) + 50
    if fits_already:
        assert shown == tuple(spoken)
