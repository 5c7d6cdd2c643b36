"""Results outlive the server that found them."""

import json
import stat
import time
from pathlib import Path

from support.messages import Message
from support.sources import SNIPPET, write
from support.starting import Starter
from support.toolcrew import Toolcrew

FILES = {f"src/part{number}.py": f"{SNIPPET}\nPART = {number}\n" for number in range(20)}

SETTLE_S = 0.1
"""Files that are younger than a tick of the kernel's clock are not known by their stamps."""


def plant(start: Starter) -> None:
    """Write files, and let them settle."""
    write(start.project, FILES)
    time.sleep(SETTLE_S)


def parsed(server: Toolcrew, **arguments: object) -> Message:
    return server.parse(**{"path": "src", "detail": "symbols", "limit": 1000, **arguments})


def without_counts(answer: Message) -> Message:
    """Return all of an answer but how it came about."""
    totals = {name: count for name, count in answer["totals"].items() if name != "cached"}
    left_out = ("totals", "result_uri")
    return {**{k: v for k, v in answer.items() if k not in left_out}, "totals": totals}


def cache_folder(start: Starter) -> Path:
    (folder,) = (path for path in start.home.rglob("toolcrew") if path.is_dir())
    return folder


def test_a_server_that_is_started_again_answers_from_the_store(start: Starter) -> None:
    plant(start)
    first = start()
    before = parsed(first)
    first.end()

    after = parsed(start())

    assert (before["totals"]["cached"], after["totals"]["cached"]) == (0, len(FILES))
    assert without_counts(after) == without_counts(before)


def test_files_that_were_only_touched_are_known_by_their_content(start: Starter) -> None:
    plant(start)
    first = start()
    before = parsed(first)
    first.end()
    for name, content in FILES.items():  # as a checkout does, there and back
        (start.project / name).unlink()
        (start.project / name).write_text(content)
    changed = start.project / "src/part7.py"
    changed.write_text(f"{SNIPPET}\nNEW = 1\n")
    time.sleep(SETTLE_S)

    after = parsed(start())

    assert after["totals"]["cached"] == len(FILES) - 1
    assert after["totals"]["symbols"] == before["totals"]["symbols"]
    assert "NEW" in json.dumps(after)


def test_commands_share_what_servers_know(start: Starter) -> None:
    plant(start)
    call = ("call", "code_parse", '{"path": "src"}', "--json")

    first, second = (json.loads(start.run(*call).stdout) for _ in range(2))

    assert first["totals"]["cached"] == 0
    assert second["totals"]["cached"] == len(FILES)


def test_a_server_with_other_roots_is_told_nothing_of_what_it_may_not_read(start: Starter) -> None:
    plant(start)
    call = ("call", "code_parse", '{"path": "src/part1.py"}')
    (start.project / "other").mkdir()

    allowed = start.run(*call)
    refused = start.run("--root", "other", *call)

    assert allowed.returncode == 0
    assert refused.returncode == 1
    assert "outside the allowed roots" in refused.stderr


def test_what_is_kept_is_for_the_user_alone(start: Starter) -> None:
    plant(start)

    start.run("call", "code_parse", '{"path": "src"}')

    folder = cache_folder(start)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_a_damaged_store_is_begun_anew_and_costs_no_answer(start: Starter) -> None:
    plant(start)
    start.run("call", "code_parse", '{"path": "src"}')
    (file,) = cache_folder(start).glob("*.sqlite")
    file.write_bytes(b"no database any more" * 1000)

    first = start()
    answer = parsed(first)
    first.end()

    assert (answer["totals"]["files"], answer["totals"]["cached"]) == (len(FILES), 0)
    assert first.logged().count("store_damaged") == 1
    assert parsed(start())["totals"]["cached"] == len(FILES)


def test_without_a_store_nothing_is_left_behind(start: Starter) -> None:
    plant(start)

    for _ in range(2):
        done = start.run("call", "code_parse", '{"path": "src"}', "--json", CACHE_DISK="false")
        assert json.loads(done.stdout)["totals"]["cached"] == 0

    assert not list(start.home.rglob("*.sqlite"))


def test_a_home_that_cannot_be_written_to_costs_no_answer(start: Starter) -> None:
    plant(start)
    (start.home / ".cache").write_text("a file where a folder should be")
    (start.home / "Library").write_text("here too")

    server = start()

    assert parsed(server)["totals"]["files"] == len(FILES)
    server.end()
    assert "store_unavailable" in server.logged()


def test_people_can_see_what_is_kept_and_remove_it(start: Starter) -> None:
    plant(start)
    before = start.run("cache")
    server = start()
    parsed(server)

    start.run("call", "code_parse", '{"path": "src", "detail": "symbols"}')
    seen = start.run("cache")
    cleared = start.run("cache", "--clear")

    assert "none yet" in before.stdout
    assert f"{len(FILES)} results" in seen.stdout
    assert cleared.stdout.startswith("removed ")
    assert not list(start.home.rglob("*.sqlite*"))
    assert parsed(server, detail="summary")["totals"]["cached"] == 0
