"""The workers that strangers are shown, in the languages they are in, and the page that shows them."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.messages import cancelled, modern, tool_params
from support.output_schemas import require_conforming
from support.starting import Starter
from support.third_parties import (
    error_of,
    logged,
    require_serving,
    text_of,
    tools_of,
    wait_until_busy,
    with_tool,
    write_config,
)
from support.toolcrew import Toolcrew, running, wait_until_gone
from support.worker_docs import EXAMPLES, blocks

PROGRAMS = {"clock.sh": "sh", "words.js": "node"}
TOOLS = {"clock.sh": "now", "words.js": "count_words"}

Show = Callable[..., Toolcrew]


def program_of(example: str) -> str:
    """Return what runs an example; without it there is nothing to test."""
    program = PROGRAMS[example]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return program


@pytest.fixture
def show(start: Starter, tmp_path: Path) -> Show:
    """Start a server with one example as it stands in the documentation, and wait for its tools."""

    def start_it(example: str, **settings: object) -> Toolcrew:
        folder = tmp_path / "configuration"
        file = write_config(
            folder, {"shown": {"command": [program_of(example), example], **settings}}
        )
        shutil.copy(EXAMPLES / example, folder)
        return with_tool(start("--config", file), TOOLS[example])

    return start_it


@pytest.mark.parametrize("example", PROGRAMS)
def test_an_example_needs_no_server_to_be_tried_out(example: str) -> None:
    job = {"type": "job", "id": 17, "tool": TOOLS[example], "arguments": {"text": "a b"}}
    lines = [json.dumps(message, separators=(",", ":")) for message in (job, {"type": "drain"})]

    done = subprocess.run(
        [program_of(example), EXAMPLES / example],
        input="\n".join([*lines, ""]),
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    ready, answer = (json.loads(line) for line in done.stdout.splitlines() if "beat" not in line)
    assert ready["tools"][0]["name"] == TOOLS[example]
    assert (answer["type"], answer["id"]) == ("done", 17)
    assert done.stderr == ""


@pytest.mark.parametrize("example", PROGRAMS)
def test_nothing_is_left_of_an_example_when_its_server_is_killed(show: Show, example: str) -> None:
    server = show(example)
    all_of_it = running(server.mark)
    assert len(all_of_it) >= 3

    os.kill(server.popen.pid, signal.SIGKILL)
    server.wait()

    wait_until_gone(all_of_it)
    wait_until_gone(running(server.mark))


@pytest.mark.parametrize("example", PROGRAMS)
def test_an_example_goes_when_it_is_asked_to(show: Show, example: str) -> None:
    server = show(example)

    code, _ = server.leave()

    assert code == 0
    assert [line["code"] for line in logged(server, "worker_exited", "shown")] == [0]


def test_the_example_in_shell_does_its_work(show: Show) -> None:
    server = show("clock.sh")

    first, second = server.call("now"), server.call("now")

    assert "T" in text_of(first)
    assert text_of(first) <= text_of(second)
    require_serving(server)


def test_the_example_in_javascript_does_its_work(show: Show) -> None:
    server = show("words.js")

    counted = server.call("count_words", text="one two\nthree \U0001f600")

    assert counted["structuredContent"] == {"lines": 2, "words": 4, "characters": 15}
    require_conforming(
        tools_of(server)["count_words"]["outputSchema"],
        {
            "lines": 2,
            "words": 4,
            "characters": 15,
        },
    )
    assert error_of(server.call("count_words", text=1)) == "invalid_arguments"
    assert error_of(server.call("countdown", **{"from": 101})) == "invalid_arguments"
    require_serving(server)


def test_the_example_in_javascript_runs_several_jobs_and_drops_what_is_cancelled(
    show: Show,
) -> None:
    server = show("words.js")
    for number, length in ((1, 8), (2, 100)):
        call = tool_params("countdown", {"from": length})
        server.talk.send(modern(number, "tools/call", call, {"progressToken": number}))
    wait_until_busy(server, "shown")
    server.talk.send(cancelled(2))

    assert text_of(server.talk.answer(1)["result"]) == "Lift-off!"

    assert server.call("count_words", text="")["structuredContent"]["characters"] == 0
    told = [message["params"] for message in server.talk.synchronise()]
    assert {params["total"] for params in told if params["progressToken"] == 1} == {8}
    assert logged(server, "worker_killed", "shown") == []


def test_what_the_page_begins_with_works(start: Starter, tmp_path: Path) -> None:
    folder = tmp_path / "configuration"
    folder.mkdir()
    (folder / "clock.sh").write_text(next(blocks("sh")))
    (folder / "config.toml").write_text(next(blocks("toml")))

    done = start.run("--config", str(folder / "config.toml"), "call", "now")

    assert (done.returncode, done.stderr) == (0, "")
    assert ":" in done.stdout


def test_the_short_cut_for_python_works(start: Starter, tmp_path: Path) -> None:
    package = tmp_path / "library" / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "kind.py").write_text(next(blocks("python")))
    settings = list(blocks("toml"))[-1].replace("/absolute/path/to/it", str(package.parent))
    (tmp_path / "config.toml").write_text(settings)

    done = start.run(
        "--config", str(tmp_path / "config.toml"), "call", "double", '{"number": 21}', "--json"
    )

    assert json.loads(done.stdout) == {"doubled": 42}
