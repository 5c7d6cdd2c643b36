"""No answer is older than its file, none is given for what failed, and what is left out is said."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.messages import parse_call, snippet_call
from support.sources import SNIPPET, distinct, endless_bash, write
from support.starting import Starter
from support.toolcrew import Toolcrew


def names(result: dict[str, Any]) -> list[str]:
    return [symbol["name"] for file in result["files"] for symbol in file["symbols"]]


def outcomes(server: Toolcrew) -> dict[str, int]:
    """Return how many calls of `code_parse` ended in which way."""
    calls = server.metrics()["calls"]
    return {c["outcome"]: c["latency"]["count"] for c in calls if c["tool"] == "code_parse"}


def rewrite(path: Path, text: str) -> None:
    """Change a file so that neither its size nor its time of change tells of it."""
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


# --- files that change


@pytest.mark.parametrize("target", ["a.py", "."])
def test_a_file_that_changes_by_stealth_is_looked_at_again(
    server: Toolcrew, project: Path, target: str
) -> None:
    path = project / "a.py"
    path.write_text("first = 0\n")
    os.utime(path, (1_000_000_000, 1_000_000_000))

    for number in range(30):
        name = f"name{number:02}"
        path.write_text(f"{name} = 1\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert names(server.parse(path=target)) == [name]
        rewrite(path, f"eman{number:02} = 1\n")
        assert names(server.parse(path=target)) == [f"eman{number:02}"]


def test_a_file_that_is_replaced_by_an_equal_looking_one_is_looked_at_again(
    server: Toolcrew, project: Path
) -> None:
    for name in ("aaa", "bbb"):
        path = project / f"{name}.new"
        path.write_text(f"{name} = 1\n")
        os.utime(path, (1_000_000_000, 1_000_000_000))
        path.rename(project / "a.py")
        assert names(server.parse(path="a.py")) == [name]


def test_a_file_that_is_gone_is_not_answered_from_what_was(server: Toolcrew, project: Path) -> None:
    (project / "a.py").write_text(SNIPPET)
    server.parse(path="a.py")
    (project / "a.py").unlink()

    result = server.call("code_parse", path="a.py")

    assert result["isError"] is True
    assert result["_meta"]["toolcrew/error"]["code"] == "not_found"


def test_a_folder_is_listed_anew_every_time(server: Toolcrew, project: Path) -> None:
    write(project, {"a.py": SNIPPET})
    first = server.parse(path=".")
    write(project, {"b.py": SNIPPET})

    second = server.parse(path=".")

    assert [len(result["files"]) for result in (first, second)] == [1, 2]


def test_a_file_that_was_left_alone_is_answered_from_the_cache(
    server: Toolcrew, project: Path
) -> None:
    """Once it is old enough that a change could not hide: until then it is looked at again."""
    write(project, {"a.py": SNIPPET, "b.py": SNIPPET})
    while server.parse(path=".")["totals"]["cached"] < 2:
        server.parse(path="a.py")
    before = outcomes(server).get("hit", 0)

    server.parse(path="a.py")

    assert outcomes(server)["hit"] == before + 1


# --- calls that are alike


def test_identical_calls_in_flight_share_one_answer(start: Starter) -> None:
    server = start(FILES_PARSE_BUDGET_S=1)
    server.talk.send(snippet_call("first", endless_bash(), "bash"))
    server.busy_worker()
    before = server.metrics()["cache"]["shared"]

    server.talk.send(*(snippet_call(n, SNIPPET) for n in range(20)))

    results = [answer["result"] for answer in server.talk.answers(range(20))]
    assert all(result == results[0] for result in results)
    assert server.metrics()["cache"]["shared"] - before == 19
    assert outcomes(server)["shared"] == 19
    assert server.metrics()["workers"][0]["jobs_done"] == 2


@pytest.mark.parametrize(
    "other",
    [
        {"code": SNIPPET, "language": "javascript"},
        {"code": SNIPPET + "\n", "language": "python"},
        {"code": SNIPPET, "language": "python", "detail": "summary"},
        {"code": SNIPPET, "language": "python", "limit": 1},
        {"code": SNIPPET, "language": "python", "detail": "tree", "depth": 2},
    ],
)
def test_calls_that_differ_in_anything_have_answers_of_their_own(
    enduring: Toolcrew, other: dict[str, object]
) -> None:
    first = enduring.parse(code=SNIPPET, language="python")

    second = enduring.parse(**other)

    assert first != second
    assert enduring.parse(**other) == second


@pytest.mark.parametrize(
    "same",
    [
        {"language": "python", "code": SNIPPET},
        {"code": SNIPPET, "language": "py"},
        {"code": SNIPPET, "language": "Python", "detail": "symbols", "limit": 100, "cursor": None},
        {"code": SNIPPET, "language": "python", "limit": "100"},
    ],
)
def test_calls_that_mean_the_same_have_one_answer(
    enduring: Toolcrew, same: dict[str, object]
) -> None:
    first = enduring.parse(code=SNIPPET, language="python")
    before = outcomes(enduring).get("hit", 0)

    assert enduring.parse(**same) == first
    assert outcomes(enduring)["hit"] == before + 1


def test_failures_are_not_remembered(start: Starter, project: Path) -> None:
    server = start(FILES_PARSE_BUDGET_S=0.1)

    for _ in range(2):
        server.call("code_parse", code=endless_bash(), language="bash")
        server.call("code_parse", path="a.py")

    assert outcomes(server) == {"parse_budget": 2, "not_found": 2}
    assert server.metrics()["cache"]["entries"] == 0
    write(project, {"a.py": SNIPPET})
    assert names(server.parse(path="a.py")) == ["A", "f"]


def test_a_cache_of_no_size_remembers_nothing(start: Starter) -> None:
    server = start(CACHE_MAX_BYTES=0)

    first, second = (server.parse(code=SNIPPET, language="python") for _ in range(2))

    assert first == second
    assert outcomes(server) == {"done": 2}


def test_the_cache_stays_within_its_bound(start: Starter) -> None:
    server = start(CACHE_MAX_BYTES=20_000)
    server.talk.send(*(snippet_call(n, distinct(n)) for n in range(200)))

    server.talk.answers(range(200))

    cache = server.metrics()["cache"]
    assert 0 < cache["bytes"] <= 20_000
    assert cache["evictions"] > 0


# --- what is left out


LEFT_OUT = {
    "binary.py": (b"x = 1\0\n", "binary"),
    "latin.py": ("größe = 1\n".encode("latin-1"), None),
    "large.py": (b"x = 1\n" * 2000, "too_large"),
    "page.min.js": (b"var a=1;" * 500, "minified"),
    "message_pb2.py": (
        b"# Generated by the protocol buffer compiler.  DO NOT EDIT!\nx = 1\n",
        "generated",
    ),
    "node_modules/a/index.js": (b"exports.a = 1\n", "vendored"),
}


def test_what_is_left_out_of_a_folder_is_said_and_fails_nothing(
    start: Starter, project: Path
) -> None:
    write(project, {"good.py": SNIPPET, "broken.py": "def f(:\n"})
    for name, (data, _) in LEFT_OUT.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_bytes(data)
    server = start(FILES_MAX_FILE_BYTES=10_000)

    result = server.parse(path=".", detail="summary")

    said = {one["path"]: one["code"] for one in result["skipped"]}
    expected = {name: code for name, (_, code) in LEFT_OUT.items() if code}
    expected["node_modules"] = expected.pop("node_modules/a/index.js")
    assert {name: said.get(name) for name in expected} == expected
    assert {"good.py", "broken.py"} <= {file["path"] for file in result["files"]}
    assert all(one["message"] for one in result["skipped"])
    assert result["totals"]["errors"] >= 1


@pytest.mark.parametrize("name", ["binary.py", "large.py"])
def test_a_file_that_is_named_and_cannot_be_read_as_source_is_an_error(
    start: Starter, project: Path, name: str
) -> None:
    data, code = LEFT_OUT[name]
    (project / name).write_bytes(data)
    server = start(FILES_MAX_FILE_BYTES=10_000)

    result = server.call("code_parse", path=name)

    assert result["isError"] is True
    assert result["_meta"]["toolcrew/error"]["code"] == code


def test_a_file_that_is_named_is_parsed_though_a_folder_would_leave_it_out(
    server: Toolcrew, project: Path
) -> None:
    names = ("page.min.js", "message_pb2.py", "node_modules/a/index.js")
    write(project, {name: LEFT_OUT[name][0].decode() for name in names})

    assert [server.parse(path=name)["totals"]["files"] for name in names] == [1, 1, 1]


def test_what_git_ignores_is_left_out(server: Toolcrew, project: Path) -> None:
    write(
        project,
        {
            ".gitignore": "ignored.py\n/build/\n*.gen.py\n!keep.gen.py\n",
            "sub/.gitignore": "local.py\n",
            **dict.fromkeys(
                ("a.py", "ignored.py", "build/b.py", "c.gen.py", "keep.gen.py", "sub/build/d.py",
                 "sub/local.py", "sub/ignored.py", "local.py"),
                SNIPPET,
            ),
        },
    )  # fmt: skip
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"],
        cwd=project, check=True, capture_output=True, text=True,
    )  # fmt: skip

    result = server.parse(path=".")

    assert {file["path"] for file in result["files"]} == set(listed.stdout.split())
    assert result["skipped"] == []


def test_a_file_that_cannot_be_read_does_not_fail_the_rest(server: Toolcrew, project: Path) -> None:
    write(project, {"a.py": SNIPPET, "b.py": SNIPPET})

    server.talk.send(parse_call(1, paths=["a.py", "gone.py", "b.py", "../out.py", "no/*.py"]))

    result = server.talk.answer(1)["result"]["structuredContent"]
    assert [file["path"] for file in result["files"]] == ["a.py", "b.py"]
    failed = {one["path"]: one["code"] for one in result["failed"]}
    assert failed == {"gone.py": "not_found", "../out.py": "not_allowed", "no/*.py": "not_found"}
    assert result["complete"] is False


def test_a_result_too_large_for_a_message_does_not_fail_the_rest(
    start: Starter, project: Path
) -> None:
    big = "\n".join(f"def a_function_with_a_rather_long_name_{n}(): pass" for n in range(60_000))
    write(project, {"a.py": SNIPPET, "big.py": big, "c.py": SNIPPET})
    server = start()

    result = server.parse(path=".", limit=10)

    assert result["totals"]["files"] + result["totals"]["failed"] == 3
    assert result["totals"]["files"] >= 2
