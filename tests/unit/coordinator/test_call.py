"""One call from its arguments to its answer: found, shared, run, or refused, and always told once."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cache.flight import Flights
from coordinator.call import Call, Calls
from coordinator.dispatch.backend import Outcome
from coordinator.observe.metrics import Metrics
from coordinator.runs.merge import Merged
from protocol.tools.catalog import CONTRACTS
from protocol.tools.contract import Priority
from support.fakes_calls import FakeCaller
from support.fakes_runs import Rig, encode, listing_of
from support.fakes_time import fake_time
from support.offers import offer


class Desk:
    """Calls with everything below them but workers."""

    def __init__(self, rig: Rig, directory: Path | str) -> None:
        self.rig = rig
        self.directory = directory
        self.metrics = Metrics()
        self.flights: Flights[Call] = Flights()
        self.calls = Calls(CONTRACTS, rig.services, self.flights, self.metrics, str(directory))
        self.calls.add_local_tool("admin_get_metrics", lambda _: Merged("up", b'{"a":1}'))

    def ask(
        self, tool: str = "code_parse", priority: Priority | None = None, /, **arguments: object
    ) -> tuple[Call, FakeCaller]:
        caller = FakeCaller()
        call = Call(tool, encode(arguments), caller, priority)
        if (body := self.calls.recall(tool, call.arguments)) is not None:
            caller.on_answer(body)
        else:
            self.calls.start(call)
        return call, caller

    def outcomes(self) -> dict[str, int]:
        """Count the calls by how they ended, as the metrics have it."""
        return {figures.outcome: figures.latency.count for figures in self.metrics.calls()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with fake_time() as loop:
        yield Desk(Rig(loop), tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "f0-2").write_text("x = 1")
    return "f0-2"


def structured(body: bytes) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(b"{%b}" % body)["structuredContent"]
    return decoded


def test_a_miss_becomes_a_job_and_its_answer(desk: Desk, path: str) -> None:
    _, caller = desk.ask(path=path)
    assert caller.ends() == 0
    assert not desk.calls.is_quiet()

    desk.rig.finish_all()

    (body,) = caller.answers
    assert [file["path"] for file in structured(body)["files"]] == [path]
    assert desk.outcomes() == {"done": 1}
    assert desk.calls.is_quiet()
    assert len(desk.flights) == 0


@pytest.mark.parametrize("arguments", [{"path": "f0-2"}, {"code": "x = 1", "language": "python"}])
def test_what_was_answered_once_is_answered_before_start_returns(
    desk: Desk, path: str, arguments: dict[str, str]
) -> None:
    assert path == "f0-2"
    _, first = desk.ask(**arguments)
    desk.rig.finish_all()

    _, second = desk.ask(**arguments)

    assert second.answers == first.answers
    assert len(desk.rig.backend.sent) == 1
    assert desk.outcomes() == {"done": 1, "hit": 1}


def test_two_spellings_of_one_question_have_one_answer(desk: Desk) -> None:
    desk.ask(code="x", language="python")
    desk.rig.finish_all()

    _, caller = desk.ask(language="PY", limit="100", code="x")

    assert caller.ends() == 1


def test_the_same_words_are_known_at_once_others_are_understood_first(desk: Desk) -> None:
    words = b'{"code":"x","language":"py"}'
    assert desk.calls.recall("code_parse", words) is None
    desk.calls.start(Call("code_parse", words, first := FakeCaller()))
    desk.rig.finish_all()

    assert desk.calls.recall("code_parse", words) == first.answers[0]
    assert desk.calls.recall("code_parse", words + b" ") is None
    assert desk.calls.recall("code_analyze", words) is None
    assert desk.outcomes() == {"done": 1, "hit": 1}


def test_words_that_were_understood_once_are_known_from_then_on(desk: Desk) -> None:
    desk.ask(code="x", language="python")
    desk.rig.finish_all()
    words = b'{"language":"PY", "code":"x"}'
    desk.calls.start(Call("code_parse", words, second := FakeCaller()))

    assert desk.calls.recall("code_parse", words) == second.answers[0]


def test_words_whose_answer_is_not_kept_are_not_known(desk: Desk, path: str) -> None:
    desk.rig.unsettled.add(path)
    desk.ask(path=path)
    desk.rig.finish_all()

    assert desk.calls.recall("code_parse", encode({"path": path})) is None


def test_words_are_forgotten_when_the_tools_change(desk: Desk) -> None:
    desk.ask(code="x", language="python")
    desk.rig.finish_all()
    desk.calls.tools.offer("mine", [offer("one")], 1.0)

    assert desk.calls.recall("code_parse", encode({"code": "x", "language": "python"})) is None
    assert desk.ask(code="x", language="python")[1].ends() == 1


def change_content(file: Path) -> None:
    file.write_text("x = 2")
    os.utime(file, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns + 1))


def set_time(file: Path) -> None:
    os.utime(file, ns=(1, 1))


def replace_file(file: Path) -> None:
    (file.parent / "new").write_text("x = 1")
    (file.parent / "new").rename(file)


@pytest.mark.parametrize("change", [change_content, set_time, replace_file])
def test_a_changed_file_is_asked_about_again(
    desk: Desk, path: str, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    desk.ask(path=path)
    desk.rig.finish_all()

    change(tmp_path / path)
    _, caller = desk.ask(path=path)

    assert caller.ends() == 0
    assert len(desk.rig.running()) == 1


def test_an_answer_about_a_file_that_just_changed_is_not_given_again(desk: Desk, path: str) -> None:
    desk.rig.unsettled.add(path)
    desk.ask(path=path)
    desk.rig.finish_all()

    _, caller = desk.ask(path=path)

    assert caller.ends() == 0


def test_an_absolute_path_and_one_from_home_are_found(
    desk: Desk, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    for said in (str(tmp_path / path), f"~/{path}"):
        desk.ask(path=said)

    tasks = desk.rig.backend.sent
    assert [task.tool for task in tasks] == ["code_parse", "code_parse"]
    assert all(desk.rig.left(task.id)[0].fingerprint for task in tasks)


@pytest.mark.parametrize("said", ["src", "*.py", "a[0-9]?.py"])
def test_folders_and_globs_are_listed_first(desk: Desk, tmp_path: Path, said: str) -> None:
    (tmp_path / "src").mkdir()
    desk.rig.listings.append(listing_of(["f0-1", "f1-1"]))

    _, caller = desk.ask(path=said)
    assert [task.tool for task in desk.rig.backend.sent] == ["list_files"]
    desk.rig.finish_all()

    assert structured(caller.answers[0])["totals"]["files"] == 2


def test_a_file_whose_name_looks_like_a_glob_is_a_file(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "a[0-9].py").write_text("x")

    desk.ask(path="a[0-9].py")

    assert [task.tool for task in desk.rig.backend.sent] == ["code_parse"]


@pytest.mark.parametrize("said", ["missing.py", "nul\0byte", "x" * 5000])
def test_what_cannot_be_looked_at_is_left_to_a_worker_to_refuse(desk: Desk, said: str) -> None:
    desk.ask(path=said)

    (task_id,) = desk.rig.running()
    (source,) = desk.rig.left(task_id)
    assert (source.path, source.fingerprint) == (said, "")


def test_one_file_goes_before_whole_folders(desk: Desk, path: str, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for code in "ab":
        desk.ask(code=code)  # both slots are taken
    desk.ask(path="src")
    desk.ask(path=path)
    desk.ask("code_parse", "high", path=path, limit=7)
    depths = desk.rig.dispatcher.queues["parse"].depths()

    assert depths == {"high": 1, "normal": 1, "low": 1}


# --- calls that are alike


def test_identical_calls_share_one_job(desk: Desk) -> None:
    callers = [desk.ask(code="x")[1] for _ in range(3)]
    assert len(desk.rig.backend.sent) == 1

    desk.rig.finish_all()

    bodies = [body for caller in callers for body in caller.answers]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1
    assert desk.outcomes() == {"done": 1, "shared": 2}


def test_all_who_wait_hear_of_progress_and_of_trouble(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    desk.rig.listings.append(listing_of(["f0-1", "f1-1"]))
    callers = [desk.ask(path="src")[1] for _ in range(2)]
    desk.rig.step(desk.rig.running()[0])
    task_id = desk.rig.running()[0]
    desk.rig.backend.lose(task_id, "segfault")
    desk.rig.loop.advance(1)
    desk.rig.finish_all()

    for caller in callers:
        assert caller.warnings == ["A worker died (segfault) on f0-1; it is run again."]
        assert caller.progress == [2.0]


def test_a_failure_is_told_to_all_who_wait_and_forgotten(desk: Desk) -> None:
    callers = [desk.ask(code="x")[1] for _ in range(2)]
    desk.rig.backend.end(desk.rig.running()[0], Outcome("failed", code="too_large", message="No."))

    for caller in callers:
        assert [refusal.code for refusal in caller.refusals] == ["too_large"]
    assert desk.outcomes() == {"too_large": 2}
    _, again = desk.ask(code="x")
    assert again.ends() == 0
    assert len(desk.rig.running()) == 1


@pytest.mark.parametrize("leaver", [0, 1])
def test_cancelling_one_of_two_leaves_the_other_its_answer(desk: Desk, leaver: int) -> None:
    asked = [desk.ask(code="x") for _ in range(2)]

    desk.calls.cancel(asked[leaver][0])
    assert desk.rig.backend.cancelled == []
    desk.rig.finish_all()

    assert asked[leaver][1].ends() == 0
    assert asked[1 - leaver][1].ends() == 1
    assert desk.outcomes() == {"cancelled": 1, "done": 1}


def test_cancelling_the_last_who_waits_stops_the_work(desk: Desk) -> None:
    asked = [desk.ask(code="x") for _ in range(2)]

    for call, _ in asked:
        desk.calls.cancel(call)

    assert desk.rig.backend.cancelled == desk.rig.running()
    assert desk.calls.is_quiet()
    assert len(desk.flights) == 0
    assert all(caller.ends() == 0 for _, caller in asked)


def test_a_call_like_a_cancelled_one_starts_anew(desk: Desk) -> None:
    call, _ = desk.ask(code="x")
    desk.calls.cancel(call)
    _, again = desk.ask(code="x")

    desk.rig.finish_all()

    assert again.ends() == 1


# --- refusals


def test_wrong_arguments_are_refused_before_anything_else(desk: Desk) -> None:
    _, caller = desk.ask(codee="x")

    assert [refusal.code for refusal in caller.refusals] == ["invalid_arguments"]
    assert desk.outcomes() == {"invalid_arguments": 1}
    assert desk.rig.backend.sent == []


def test_a_bad_cursor_leaves_nothing_behind(desk: Desk) -> None:
    for _ in range(2):
        _, caller = desk.ask(code="x", cursor="page-2")
        assert [refusal.code for refusal in caller.refusals] == ["invalid_arguments"]

    assert len(desk.flights) == 0
    assert desk.calls.is_quiet()


def test_a_run_that_is_refused_at_once_leaves_nothing_behind(desk: Desk) -> None:
    desk.rig.backend.refuse(5.0)
    for _ in range(2):
        _, caller = desk.ask(code="x")
        assert [refusal.code for refusal in caller.refusals] == ["kind_down"]

    assert len(desk.flights) == 0
    assert desk.calls.is_quiet()


def test_a_bug_is_told_as_such_and_nobody_waits_for_what_it_broke(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def submit(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(desk.rig.dispatcher, "submit", submit)
    for _ in range(2):
        _, caller = desk.ask(code="x")
        assert [refusal.code for refusal in caller.refusals] == ["internal"]
        assert "ZeroDivisionError" in caller.refusals[0].message

    assert len(desk.flights) == 0
    assert desk.calls.is_quiet()


def test_what_only_waited_too_long_is_not_held_against_anybody(desk: Desk) -> None:
    for code in "ab":
        desk.ask(code=code)  # both slots are taken
    for _ in range(3):
        _, caller = desk.ask(code="x")
        desk.rig.loop.advance(31)
        assert [refusal.code for refusal in caller.refusals] == ["deadline"]

    desk.rig.finish_all()

    assert desk.ask(code="x")[1].refusals == []


def test_whoever_still_waits_at_the_end_is_told(desk: Desk) -> None:
    callers = [desk.ask(code=code)[1] for code in ("x", "x", "y")]

    desk.calls.close()

    for caller in callers:
        assert [refusal.code for refusal in caller.refusals] == ["shutting_down"]
    assert desk.calls.is_quiet()
    assert desk.rig.backend.cancelled == desk.rig.running()


def test_what_the_coordinator_knows_itself_is_answered_at_once(desk: Desk) -> None:
    _, caller = desk.ask("admin_get_metrics")

    assert structured(caller.answers[0]) == {"a": 1}
    assert desk.rig.backend.sent == []
    assert desk.outcomes() == {"done": 1}


class CallsMachine(RuleBasedStateMachine):
    """Ask, answer, lose, cancel: every call is told once, or never if it was cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.time = fake_time()
        self.loop = self.time.__enter__()
        self.desk = Desk(Rig(self.loop, slots=2, queue_size=2), "/nonexistent")
        self.asked: list[tuple[Call, FakeCaller]] = []
        self.cancelled: set[Call] = set()

    def teardown(self) -> None:
        try:
            self.desk.rig.finish_all()
            self.loop.advance(1000)
            for call, caller in self.asked:
                assert caller.ends() == (call not in self.cancelled)
            assert self.desk.calls.is_quiet()
            assert len(self.desk.flights) == 0
            assert sum(self.desk.outcomes().values()) == len(self.asked)
            assert self.loop.bugs == []
        finally:
            self.time.__exit__(None, None, None)

    @rule(code=st.sampled_from("abcdef"), is_wrong=st.sampled_from([False, False, False, True]))
    def ask(self, code: str, is_wrong: bool) -> None:
        wrong = {"cursor": "?"} if is_wrong else {}
        self.asked.append(self.desk.ask(code=code, **wrong))

    @precondition(lambda self: self.desk.rig.running())
    @rule(data=st.data(), how=st.sampled_from(["done", "done", "lost", "hung", "failed"]))
    def end(self, data: st.DataObject, how: str) -> None:
        task_id = data.draw(st.sampled_from(self.desk.rig.running()))
        match how:
            case "done":
                self.desk.rig.finish(task_id)
            case "lost":
                self.desk.rig.backend.lose(task_id)
            case "hung":
                self.desk.rig.hang(task_id)
            case _:
                self.desk.rig.backend.end(task_id, Outcome("failed", code="binary", message="m"))

    @precondition(lambda self: any(caller.ends() == 0 for _, caller in self.asked))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        open_calls = [
            c for c, caller in self.asked if not caller.ends() and c not in self.cancelled
        ]
        if open_calls:
            call = data.draw(st.sampled_from(open_calls))
            self.cancelled.add(call)
            self.desk.calls.cancel(call)

    @rule(seconds=st.sampled_from([1.0, 31.0, 400.0]))
    def pass_time(self, seconds: float) -> None:
        self.loop.advance(seconds)

    @invariant()
    def nobody_is_told_twice(self) -> None:
        for call, caller in self.asked:
            assert caller.ends() <= (call not in self.cancelled)

    @invariant()
    def one_job_for_one_question(self) -> None:
        waiting = sum(map(len, self.desk.rig.dispatcher.queues.values()))
        cancelled = len(set(self.desk.rig.backend.cancelled) & set(self.desk.rig.running()))
        assert len(self.desk.rig.running()) - cancelled + waiting == len(self.desk.flights)


TestCallsAgainstTheirRules = CallsMachine.TestCase
TestCallsAgainstTheirRules.settings = settings(max_examples=100, stateful_step_count=40)
