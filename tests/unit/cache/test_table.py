"""The file of results: whatever is done to it, it gives back what was put, or nothing."""

# pyright: reportPrivateUsage=false

import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cache.table import Damaged, Result, ResultTable

KIB = 1024
ROOMY = 64 << 20
TIGHT = 512 * KIB
HOUR = 3600


class Time:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


class Folder:
    """A folder with one file of results, opened as often as one likes."""

    def __init__(self, path: Path) -> None:
        self.path = path / "results.sqlite"
        self.time = Time()
        self._open: list[ResultTable] = []

    def table(self, max_bytes: int = ROOMY) -> ResultTable:
        self._open.append(ResultTable(str(self.path), max_bytes, self.time))
        return self._open[-1]

    def close(self) -> None:
        while self._open:
            self._open.pop().close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path)
    yield folder
    folder.close()


def digest_of(text: str, size: int = 32) -> bytes:
    return blake2b(text.encode(), digest_size=size).digest()


def result(name: str, content: str, value: bytes | None, file: str = "") -> Result:
    """Return the result for *content* at the place *name*, asked for about one *file* there."""
    return Result(
        digest_of(f"{name} {content} {file}"), digest_of(name), digest_of(content, 16), value
    )


def noise(seed: int, size: int) -> bytes:
    """Return bytes that cannot be compressed."""
    return random.Random(seed).randbytes(size)


# --- what it gives back

places = st.sampled_from("abc")
contents = st.sampled_from("xyz")
steps = st.one_of(
    st.tuples(st.just("put"), places, contents, st.binary(max_size=200)),
    st.tuples(st.just("alias"), places, contents, st.sampled_from(["copy", "clone"])),
    st.tuples(st.just("look"), places, contents, st.sampled_from(["", "copy", "clone"])),
    st.tuples(st.just("again"), places, contents, st.none()),
    st.tuples(st.just("later"), places, contents, st.none()),
)


@settings(max_examples=60)
@given(st.lists(steps, max_size=30))
def test_it_is_a_dictionary_that_outlives_its_table(
    todo: list[tuple[str, str, str, object]],
) -> None:
    values: dict[tuple[str, str], bytes] = {}
    aliases: set[tuple[str, str, str]] = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        table = folder.table()
        for what, place, content, more in todo:
            match what:
                case "put":
                    assert isinstance(more, bytes)
                    table.put([result(place, content, more)])
                    values[place, content] = more
                    aliases.add((place, content, ""))
                case "alias":
                    table.put([result(place, content, None, str(more))])
                    aliases.add((place, content, str(more)))
                case "look":
                    one = result(place, content, None, str(more))
                    known = values.get((place, content))
                    found = known if (place, content, str(more)) in aliases else None
                    assert table.find([one.key]).get(one.key) == found
                    assert table.fetch(one.place, one.digest) == known
                    digests = table.digests([one.place]).get(one.place, [])
                    assert set(digests) == {digest_of(c, 16) for p, c in values if p == place}
                case "later":
                    folder.time.now += HOUR
                    table.note_use()
                case _:
                    folder.close()
                    table = folder.table()
        assert table.usage().results == len(values)
        folder.close()


def test_many_are_found_at_once(folder: Folder) -> None:
    table = folder.table()
    some = [result(f"place {n}", "x", b"%d" % n) for n in range(1000)]

    table.put(some)

    assert table.find([one.key for one in some]) == {one.key: one.value for one in some}


def test_a_new_value_replaces_the_old_one(folder: Folder) -> None:
    table = folder.table()

    table.put([result("a", "x", b"old")])
    table.put([result("a", "x", b"new")])

    assert table.fetch(digest_of("a"), digest_of("x", 16)) == b"new"
    assert table.usage().results == 1


def test_the_contents_of_a_place_are_told_with_the_last_one_first_and_not_all(
    folder: Folder,
) -> None:
    table = folder.table()
    for number in range(6):
        table.put([result("a", f"{number}", b"")])
        folder.time.now += 1

    assert table.digests([digest_of("a")])[digest_of("a")] == [
        digest_of(f"{number}", 16) for number in (5, 4, 3, 2)
    ]


def test_values_are_compressed(folder: Folder) -> None:
    table = folder.table()

    table.put([result("a", "x", b"toolcrew " * 100_000)])

    assert table.usage().bytes < 100 * KIB


# --- how much it takes up


@settings(max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 30_000), st.integers(1, 30)), max_size=20), st.integers(0, 99)
)
def test_it_stays_within_its_bytes(batches: list[tuple[int, int]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        table = folder.table(TIGHT)
        for number, (size, count) in enumerate(batches):
            table.put([result(f"{number} {n}", "x", noise(seed + n, size)) for n in range(count)])
            folder.time.now += number % 3

            assert table.usage().bytes <= TIGHT
            last = result(f"{number} {count - 1}", "x", None)
            assert table.find([last.key]), "the newest result is not the one to go"
        folder.close()
        assert folder.path.stat().st_size <= TIGHT + (5 << 20)


def test_what_was_used_longest_ago_goes_first(folder: Folder) -> None:
    table = folder.table(TIGHT)
    some = [result(f"{n}", "x", noise(n, 20 * KIB)) for n in range(20)]
    table.put(some)
    folder.time.now += 2 * HOUR
    used = some[:5]

    table.find([one.key for one in used])
    table.note_use()
    table.put([result(f"new {n}", "x", noise(100 + n, 20 * KIB)) for n in range(10)])

    found = table.find([one.key for one in some])
    assert {one.key for one in used} <= set(found)
    assert len(found) < len(some)


def test_keys_alone_make_room_too(folder: Folder) -> None:
    """A file that is touched again and again leaves nothing but keys."""
    table = folder.table(TIGHT)
    table.put([result("a", "x", b"value")])
    for batch in range(60):
        folder.time.now += 1
        table.put([result("a", "x", None, f"{batch} {n}") for n in range(100)])

        assert table.usage().bytes <= TIGHT


def test_a_value_that_is_too_large_for_its_share_is_not_kept(folder: Folder) -> None:
    table = folder.table(TIGHT)
    small, large = result("a", "x", b"small"), result("b", "x", noise(1, TIGHT // 4))

    table.put([small, large])

    assert set(table.find([small.key, large.key])) == {small.key}


def test_a_lower_bound_takes_effect_and_shrinks_the_file(folder: Folder) -> None:
    table = folder.table()
    table.put([result(f"{n}", "x", noise(n, 100 * KIB)) for n in range(100)])
    folder.close()

    table = folder.table(TIGHT)
    table.put([result("new", "x", b"")])
    folder.close()

    assert folder.path.stat().st_size <= TIGHT + (5 << 20)


# --- what is done to the file


@pytest.fixture(scope="module")
def good_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Result]]:
    """The bytes of a file of results, and what is in it."""
    folder = Folder(tmp_path_factory.mktemp("good"))
    table = folder.table()
    some = [result(f"place {n % 9}", f"{n}", noise(n, n * 400)) for n in range(40)]
    table.put(some)
    folder.close()
    return folder.path.read_bytes(), some


@settings(max_examples=150)
@given(st.data())
def test_damage_is_noticed_or_does_no_harm(
    good_file: tuple[bytes, list[Result]], data: st.DataObject
) -> None:
    content, some = good_file
    bad = bytearray(content)
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(bad) - 1))
        patch = data.draw(st.binary(min_size=1, max_size=data.draw(st.sampled_from([1, 8, 4096]))))
        bad[start : start + len(patch)] = patch
    del bad[data.draw(st.sampled_from([len(bad), len(bad), 4096, 10_000, 100, 0])) :]

    with tempfile.TemporaryDirectory() as name:
        folder = Folder(Path(name))
        folder.path.write_bytes(bad)
        for act in (_look_all_up, _write_more):
            try:
                act(folder.table(), some)
            except (Damaged, sqlite3.Error):
                continue
            finally:
                folder.close()


def _look_all_up(table: ResultTable, some: list[Result]) -> None:
    for one in some:
        assert table.find([one.key]).get(one.key) in {one.value, None}
        assert table.fetch(one.place, one.digest) in {one.value, None}
        table.digests([one.place])
    table.usage()


def _write_more(table: ResultTable, some: list[Result]) -> None:
    table.put([result(f"more {n}", "x", b"more") for n in range(20)])
    table.note_use()
    _look_all_up(table, some)


def test_what_is_no_database_is_damaged(folder: Folder) -> None:
    folder.path.write_bytes(b"no database at all" * 100)

    with pytest.raises(Damaged):
        folder.table()


def test_a_database_of_somebody_else_is_damaged(folder: Folder) -> None:
    other = sqlite3.connect(folder.path)
    other.execute("CREATE TABLE piece (something TEXT)")
    other.close()

    with pytest.raises(Damaged):
        folder.table()


def test_a_value_that_was_exchanged_for_another_is_not_given(folder: Folder) -> None:
    table = folder.table()
    one, other = result("a", "x", b"one"), result("b", "x", b"other")
    table.put([one, other])

    with sqlite3.connect(folder.path) as direct:
        direct.execute(
            "UPDATE piece SET value = (SELECT value FROM piece WHERE place = ?)", (other.place,)
        )
    direct.close()

    assert table.find([one.key, other.key]) == {other.key: b"other"}


def test_a_full_disk_loses_what_was_to_be_kept_and_nothing_else(folder: Folder) -> None:
    table = folder.table()
    one = result("a", "x", b"one")
    table.put([one])
    table._db.execute("PRAGMA max_page_count = 12").fetchall()

    with pytest.raises(sqlite3.OperationalError):
        table.put([result(f"{n}", "x", noise(n, 10 * KIB)) for n in range(10)])

    assert table.find([one.key]) == {one.key: b"one"}
    table._db.execute("PRAGMA max_page_count = 10000").fetchall()
    table.put([result("b", "x", b"two")])
    assert table.usage().results == 2


WRITER = """
import sys, time
from cache.table import Result, ResultTable
from hashlib import blake2b

def digest(text, size=32):
    return blake2b(text.encode(), digest_size=size).digest()

table = ResultTable(sys.argv[1], 300 << 10, time.time)
for batch in range(40):
    some = [
        Result(digest(f"{batch} {n}"), digest(f"p{n}"), digest(f"{batch}", 16), b"%d %d" % (batch, n) * 900)
        for n in range(15)
    ]
    table.put(some)
    found = table.find([one.key for one in some])
    assert all(found.get(one.key) in (one.value, None) for one in some)
    table.note_use()
table.close()
"""


def test_two_processes_share_one_file(folder: Folder) -> None:
    command = [sys.executable, "-c", WRITER, str(folder.path)]
    root = str(Path(__file__).parents[3])

    writers = [subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE) for _ in range(2)]

    said = [writer.communicate(timeout=60)[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    check = sqlite3.connect(folder.path)
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()
    assert folder.table().usage().results > 0


def test_a_writer_that_is_killed_leaves_a_good_file(folder: Folder) -> None:
    endless = WRITER.replace("range(40)", "range(10**9)")
    writer = subprocess.Popen(
        [sys.executable, "-c", endless, str(folder.path)], cwd=Path(__file__).parents[3]
    )
    table = _wait_for(folder, lambda table: table.usage().results > 30)

    writer.kill()
    writer.wait()

    table.put([result("a", "x", b"one")])
    check = sqlite3.connect(folder.path)
    assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    check.close()


def _wait_for(folder: Folder, is_true: Callable[[ResultTable], bool]) -> ResultTable:
    table = folder.table(300 * KIB)
    while not is_true(table):
        pass
    return table


def test_a_copy_of_the_file_is_as_good(folder: Folder, tmp_path: Path) -> None:
    one = result("a", "x", b"one")
    folder.table().put([one])
    folder.close()
    copied = Folder(tmp_path / "copy")
    copied.path.parent.mkdir()
    shutil.copy(folder.path, copied.path)

    assert copied.table().find([one.key]) == {one.key: b"one"}
    copied.close()
