"""What people and scripts run: `call`, `tools`, `config`, and a start that a bad setting stops."""

import json
import os
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from support.output_schemas import require_conforming
from support.sources import SNIPPET, endless_bash, write
from support.starting import Starter

OK, TOOL_FAILED, USAGE = 0, 1, 2
CALL = json.dumps({"code": SNIPPET, "language": "python"})


def test_the_version_is_one_line(start: Starter) -> None:
    done = start.run("--version")

    assert (done.returncode, done.stderr) == (OK, "")
    assert done.stdout.split()[0] == "toolcrew"
    assert len(done.stdout.splitlines()) == 1


def test_help_names_the_commands(start: Starter) -> None:
    done = start.run("--help")

    assert done.returncode == OK
    assert {"serve", "call", "tools", "config", "--root"} <= set(
        done.stdout.replace("\n", " ").split()
    )


def test_the_version_that_is_printed_is_the_one_that_is_served(start: Starter) -> None:
    served = start().open()["serverInfo"]["version"]

    assert start.run("--version").stdout.strip() == f"toolcrew {served}"


# --- call


def test_a_call_prints_the_text_of_its_answer(start: Starter) -> None:
    done = start.run("call", "code_parse", CALL)

    assert (done.returncode, done.stderr) == (OK, "")
    assert "class A" in done.stdout


def test_a_call_prints_the_structured_answer_if_asked(start: Starter) -> None:
    write(start.project, {"a.py": SNIPPET})

    done = start.run("call", "code_parse", '{"path": "a.py"}', "--json")

    structured = json.loads(done.stdout)
    assert done.returncode == OK
    assert structured["files"][0]["path"] == "a.py"
    schemas = {tool["name"]: tool for tool in json.loads(start.run("tools", "--json").stdout)}
    require_conforming(schemas["code_parse"]["outputSchema"], structured)


def test_a_call_draws_a_map_of_the_code(start: Starter) -> None:
    write(start.project, {"p/a.py": SNIPPET, "p/b.py": "def f(a):\n    return a and 1\n"})
    file = start.project / "map.svg"

    done = start.run("call", "code_analyze", '{"path": "p", "limit": 1}', "--treemap", str(file))

    assert (done.returncode, done.stderr) == (OK, "")
    assert "2 files" in done.stdout
    titles = [title.text or "" for title in ET.parse(file).getroot().iter() if title.text]
    assert any(title.startswith("p/b.py - 2 lines of code") for title in titles)


@pytest.mark.parametrize(
    ("tool", "file", "complaint"),
    [
        ("code_parse", "map.svg", "--treemap draws what code_analyze finds"),
        ("code_analyze", "map.gif", "the picture is written as .svg or .png"),
        ("code_analyze", "no/such/folder/map.svg", "cannot write no/such/folder/map.svg"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused_in_one_line(
    start: Starter, tool: str, file: str, complaint: str
) -> None:
    done = start.run("call", tool, '{"code": "a = 1", "language": "python"}', "--treemap", file)

    assert done.returncode == USAGE
    assert done.stderr.startswith(f"toolcrew: {complaint}")
    assert done.stderr.count("\n") == 1


def test_a_call_and_a_client_get_the_same_answer(start: Starter) -> None:
    write(start.project, {"a.py": SNIPPET})

    done = start.run("call", "code_parse", '{"path": "."}', "--json", CACHE_DISK="false")

    assert json.loads(done.stdout) == start(CACHE_DISK="false").parse(path=".")


@pytest.mark.parametrize(
    ("tool", "arguments", "status", "said"),
    [
        ("code_parse", '{"path": "nowhere.py"}', TOOL_FAILED, "nowhere.py"),
        ("code_parse", "{}", TOOL_FAILED, "`code`"),
        ("code_parse", '{"cod": "x"}', TOOL_FAILED, "did you mean `code`?"),
        ("code_parse", "{", USAGE, "JSON"),
        ("code_pars", "{}", USAGE, "did you mean code_parse?"),
    ],
)
def test_a_call_that_fails_says_so_on_stderr_in_one_line(
    start: Starter, tool: str, arguments: str, status: int, said: str
) -> None:
    done = start.run("call", tool, arguments)

    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.startswith("toolcrew: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_call_that_takes_too_long_is_given_up(start: Starter) -> None:
    write(start.project, {"a.sh": endless_bash()})

    done = start.run("call", "code_parse", '{"path": "a.sh"}', FILES_PARSE_BUDGET_S=0.3)

    assert (done.returncode, done.stdout) == (TOOL_FAILED, "")
    assert "0.3 s" in done.stderr


# --- tools and config


def test_the_tools_are_those_that_a_client_lists(start: Starter) -> None:
    done = start.run("tools", "--json")

    listed = start().ask("tools/list")["result"]["tools"]
    assert json.loads(done.stdout) == listed
    assert [tool["name"] for tool in listed] == sorted(tool["name"] for tool in listed)


def test_the_tools_are_listed_whatever_a_page_holds(start: Starter) -> None:
    done = start.run("tools", "--json", SERVER_PAGE_SIZE=1)

    assert len(json.loads(done.stdout)) == len(start().ask("tools/list")["result"]["tools"])


def test_the_tools_are_described_for_people(start: Starter) -> None:
    done = start.run("tools")

    assert done.returncode == OK
    assert "code_parse\n" in done.stdout
    assert "arguments: code, language, path" in done.stdout


def test_the_settings_say_where_they_come_from(start: Starter) -> None:
    done = start.run("--set", "crew.max_jobs=7", "config", "--json", QUEUE_SIZE=9)

    settings = {setting["key"]: setting for setting in json.loads(done.stdout)}
    assert settings["crew.max_jobs"]["value"] == 7
    assert settings["queue.size"]["value"] == 9
    assert "TOOLCREW_QUEUE_SIZE" in settings["queue.size"]["source"]
    assert settings["cache.max_bytes"]["source"] == "default"
    assert all(setting["description"] for setting in settings.values())


def test_the_settings_that_are_printed_are_a_configuration_file(
    start: Starter, tmp_path: Path
) -> None:
    file = tmp_path / "all.toml"
    file.write_text(start.run("config", QUEUE_SIZE=9).stdout)

    again = start.run("--config", str(file), "config", "--json")

    settings = {setting["key"]: setting["value"] for setting in json.loads(again.stdout)}
    assert again.stderr == ""
    assert settings["queue.size"] == 9


# --- settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CREW_BEET_S": 1}, ("TOOLCREW_CREW_BEET_S", "TOOLCREW_CREW_BEAT_S")),
        ({"NOTHING": 1}, ("TOOLCREW_NOTHING",)),
        ({"CREW_BEAT_S": 0}, ("TOOLCREW_CREW_BEAT_S", "0.01")),
        ({"QUEUE_SIZE": "many"}, ("TOOLCREW_QUEUE_SIZE", "many")),
        ({"SERVER_PAGE_SIZE": 1001}, ("TOOLCREW_SERVER_PAGE_SIZE", "1000")),
        ({"SERVER_LOG_LEVEL": "loud"}, ("TOOLCREW_SERVER_LOG_LEVEL", "warning")),
        ({"CREW_BACKOFF_BASE_S": 20}, ("crew.backoff_base_s", "crew.backoff_max_s")),
        ({"CONFIG": "/nowhere.toml"}, ("/nowhere.toml",)),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_clear_line(
    start: Starter, settings: dict[str, object], said: tuple[str, ...]
) -> None:
    done = start.run(**settings)

    assert (done.returncode, done.stdout) == (USAGE, "")
    assert len(done.stderr.splitlines()) == 1
    assert not [words for words in said if words not in done.stderr], done.stderr


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("--nonsense",), ("call",), ("--set", "crew.nothing=1", "tools")]
)
def test_a_bad_command_line_is_a_usage_error(start: Starter, arguments: tuple[str, ...]) -> None:
    done = start.run(*arguments)

    assert (done.returncode, done.stdout) == (USAGE, "")
    assert "Traceback" not in done.stderr
    assert "toolcrew" in done.stderr


def test_only_the_roots_that_are_named_may_be_read(start: Starter, tmp_path: Path) -> None:
    write(tmp_path, {"one/a.py": SNIPPET, "two/b.py": SNIPPET, "three/c.py": SNIPPET})
    write(start.project, {"d.py": SNIPPET})
    server = start("--root", str(tmp_path / "one"), "--root", str(tmp_path / "two"))

    allowed = [server.call("code_parse", path=str(tmp_path / p)) for p in ("one/a.py", "two")]
    refused = [server.call("code_parse", path=p) for p in (str(tmp_path / "three/c.py"), "d.py")]

    assert [result["isError"] for result in allowed] == [False, False]
    assert {r["_meta"]["toolcrew/error"]["code"] for r in refused} == {"not_allowed"}


def test_a_setting_of_a_file_loses_to_a_variable_and_that_to_a_flag(
    start: Starter, tmp_path: Path
) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("[crew]\nparse_workers = 3\nmax_jobs = 3\nmissed_beats = 3\n")

    done = start.run(
        "--config", str(file), "--set", "crew.max_jobs=1", "config", "--json", CREW_MISSED_BEATS=2
    )

    values = {setting["key"]: setting["value"] for setting in json.loads(done.stdout)}
    keys = ("crew.max_jobs", "crew.missed_beats", "crew.parse_workers")
    assert [values[key] for key in keys] == [1, 2, 1]


# --- streams that are gone


def test_a_command_whose_output_nobody_reads_ends_quietly(start: Starter) -> None:
    unread, stdout = os.pipe()
    os.close(unread)
    with (start.home / "stderr").open("w+b") as stderr, Path(os.devnull).open("rb") as stdin:
        popen = start.popen(["config"], "quiet", stdin.fileno(), stdout, stderr.fileno())
        os.close(stdout)
        popen.wait(20)
        stderr.seek(0)
        said = stderr.read()

    assert b"Traceback" not in said


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_a_server_without_one_of_its_streams_ends_without_a_traceback(
    start: Starter, closed: str
) -> None:
    done = start.without(closed)

    assert "Traceback" not in done.stderr
    assert done.returncode == OK
