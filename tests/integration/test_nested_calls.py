"""Workers that ask: real processes on both sides, and the whole server between them."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from coordinator import app as app_module
from coordinator.app import App
from coordinator.config import CrewConfig, load
from coordinator.crew.kind_crew import KindConfig
from coordinator.crew.restarts import RestartPolicy
from coordinator.crew.scaling import ScalingPolicy
from coordinator.dispatch.dispatcher import JobSpec
from coordinator.nested import NestedCalls
from protocol.worker.settings import WorkerSettings
from support.fakes import FakeListener
from support.local_crew import PATIENT, PRELUDE, crew, living_children, scripted

LONG_S = 30.0
CAPACITY = 8

ASKING = (
    PRELUDE
    + f"""
def tell(message):
    if message["type"] == "drain":
        sys.exit(0)
    if message["type"] == "job":
        begin(message)
    if message["type"] == "answer":
        take(message)
    if message["type"] == "cancel" and message["id"] in heard:
        say(type="failed", id=message["id"], code="cancelled", message="")
        del heard[message["id"]]
heard, wanted = {{}}, {{}}
def begin(job):
    asks = job["arguments"]["asks"]
    heard[job["id"]], wanted[job["id"]] = {{}}, len(asks)
    for number, ask in enumerate(asks):
        say(type="ask", id=job["id"], ask=number, tool=ask[0], arguments=ask[1])
    if job["arguments"].get("dies"):
        os.kill(os.getpid(), signal.SIGKILL)
    if job["arguments"].get("leaves"):
        say(type="done", id=job["id"], result="left")
        del heard[job["id"]]
def take(answer):
    answers = heard.get(answer["id"])
    if answers is None:
        return
    assert answer["ask"] not in answers
    answers[answer["ask"]] = answer["code"] or answer["result"]["content"][0]["text"]
    if len(answers) == wanted[answer["id"]]:
        result = [answers[number] for number in sorted(answers)]
        say(type="done", id=answer["id"], result=result)
say(type="ready", kind="ollama", pid=os.getpid(), capacity={CAPACITY})
while True:
    tell(hear())
"""
)


def asking_kind(settings: WorkerSettings) -> KindConfig:
    return KindConfig(
        name="ollama",
        scaling=ScalingPolicy(least=1, most=1),
        argv=(sys.executable, "-c", ASKING),
        limits=PATIENT,
        restarts=RestartPolicy(intensity=5, period_s=60),
        settings=settings,
        may_ask=True,
    )


class Server:
    """An `App` with a kind that asks."""

    def __init__(self, app: App) -> None:
        self.app = app
        dispatcher: Any = app.dispatcher
        self.nested: NestedCalls = dispatcher._asked

    def submit(self, *asks: tuple[str, object], **more: object) -> FakeListener:
        listener = FakeListener()
        arguments = msgspec.json.encode({"asks": asks, **more})
        self.job_id = self.app.dispatcher.submit(
            JobSpec(
                kind="ollama",
                tool="t",
                arguments=msgspec.Raw(arguments),
                priority="normal",
                timeout_s=LONG_S,
            ),
            listener,
        )
        return listener

    async def run(self, *asks: tuple[str, object]) -> list[str]:
        listener = self.submit(*asks)
        await until(listener.has_ended)
        (outcome,) = listener.ends
        assert outcome.status == "done", outcome
        answers: list[str] = json.loads(bytes(outcome.result))
        return answers


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_S):
        while not is_so():  # noqa: ASYNC110 - several parts tell different people
            await asyncio.sleep(0.002)


@asynccontextmanager
async def serving(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Server]:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.parent / f"{folder.name}-state"))

    def asking(crew: CrewConfig, settings: WorkerSettings, *_: Any) -> KindConfig:
        del crew
        return asking_kind(settings)

    monkeypatch.setattr(app_module, "ollama_kind", asking)
    app = App(load({"crew.parse_workers": "1"}, {}))
    app.start()
    try:
        yield Server(app)
    finally:
        await app.close(at_once=True)
    assert not living_children()


def parse(code: str) -> tuple[str, object]:
    return ("code_parse", {"code": code, "language": "python"})


async def test_a_worker_gets_what_a_client_would_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("def f(): pass\n")
    async with serving(tmp_path, monkeypatch) as server:
        file, snippet, missing, wrong, forbidden, unknown = await server.run(
            ("code_parse", {"path": "a.py"}),
            parse("class C: pass"),
            ("code_parse", {"path": "b.py"}),
            ("code_parse", {"pat": "b.py"}),
            ("admin_get_metrics", {}),
            ("rm", {}),
        )

    assert "f" in file
    assert "C" in snippet
    assert missing == "not_found"
    assert (wrong, forbidden, unknown) == ("invalid_arguments", "not_allowed", "not_found")


async def test_a_worker_may_work_on_drafts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("old\n")
    async with serving(tmp_path, monkeypatch) as server:
        (requested,) = await server.run(("draft_request", {"path": "a.txt"}))
        draft = requested.partition(":")[0]
        edits = [{"start": 1, "end": 1, "text": "new"}]
        await server.run(("draft_patch", {"draft": draft, "edits": edits}))
        (submitted,) = await server.run(("draft_submit", {"draft": draft}))

    assert "is written" in submitted
    assert (tmp_path / "a.txt").read_text() == "new\n"


async def test_a_crowd_that_waits_does_not_starve_whom_it_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every slot of the asking kind is taken, and there is one worker to answer them all."""
    async with serving(tmp_path, monkeypatch) as server:
        jobs = [
            server.submit(*(parse(f"def f{job}_{n}(): pass") for n in range(16)))
            for job in range(3 * CAPACITY)
        ]
        await until(lambda: all(job.has_ended() for job in jobs))

        for number, job in enumerate(jobs):
            (outcome,) = job.ends
            answers: list[str] = json.loads(bytes(outcome.result))
            assert [f"f{number}_{n}" in text for n, text in enumerate(answers)] == [True] * 16
        assert server.nested.open() == 0


@pytest.mark.parametrize("how", ["dies", "leaves", "cancelled"])
async def test_nothing_is_left_of_what_a_job_has_asked_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with serving(tmp_path, monkeypatch) as server:
        await server.run(parse("x"))  # everybody is there
        asks = [parse(f"x = {number}") for number in range(10)]
        listener = server.submit(*asks, **({how: True} if how != "cancelled" else {}))
        if how == "cancelled":
            await until(lambda: server.nested.open() > 0)
            server.app.dispatcher.cancel(server.job_id)
        else:
            await until(listener.has_ended)

        assert server.nested.open() == 0
        assert await server.run(parse("def again(): pass")) != []
        await until(server.app.calls.is_quiet)
        await until(server.app.dispatcher.is_quiet)


async def test_a_server_that_closes_ends_what_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(tmp_path, monkeypatch) as server:
        await server.run(parse("x"))
        server.submit(*(parse(f"x = {number}") for number in range(10)))
        await until(lambda: server.nested.open() > 0)
        server.app.dispatcher.close()
        server.app.calls.close()

        assert server.nested.open() == 0


async def test_a_kind_that_may_not_ask_is_replaced_if_it_does(tmp_path: Path) -> None:
    script = """
    ready()
    job = hear()
    say(type="ask", id=job["id"], ask=1, tool="code_parse", arguments={})
    hear()
    """
    async with crew(scripted(script, tmp_path)) as made:
        outcome = await made.run(1)

        assert outcome.status == "lost"
        assert made.seen.killed_for() == ["broke the protocol: it asks, and may not"]
        assert made.seen.asks == []
