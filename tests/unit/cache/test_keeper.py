"""The file as a server uses it: whatever happens to it, no question fails, and trouble is said once."""

# pyright: reportPrivateUsage=false

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cache.keeper import DAMAGED, FILE_NAME, Keeper
from cache.known import Finding, Known, Realm, Wanted
from cache.table import ResultTable

ONE = Finding(Wanted(b"key one", b"place one"), b"d" * 16, b"value one")
TWO = Finding(Wanted(b"key two", b"place two"), b"e" * 16, b"value two")


class Kept:
    """A cache folder, and the keepers of it."""

    def __init__(self, top: Path) -> None:
        self.folder = top / "base" / "toolcrew"
        self.file = self.folder / FILE_NAME
        self.events: list[str] = []
        self.keepers: list[Keeper] = []

    def keeper(self, identity: bytes = b"i" * 32, reach: bytes = b"r" * 32) -> Keeper:
        realm = Realm(lambda: identity, reach)
        made = Keeper(
            str(self.folder), 1 << 20, realm, lambda event, _reason: self.events.append(event)
        )
        self.keepers.append(made)
        return made


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    yield kept
    for keeper in kept.keepers:
        keeper.close()


def knows(keeper: Keeper, finding: Finding) -> bool:
    (known,) = keeper.find([finding.wanted])
    assert known.value in {finding.value, None}
    return known.value is not None


def test_what_is_kept_is_found_by_key_and_its_content_is_told_by_place(kept: Kept) -> None:
    keeper = kept.keeper()
    touched = Wanted(b"another key", ONE.wanted.place)

    keeper.put([ONE])

    assert keeper.find([TWO.wanted, ONE.wanted, touched]) == [
        Known(),
        Known(ONE.value),
        Known(None, [ONE.digest]),
    ]
    assert keeper.fetch(ONE.wanted.place, ONE.digest) == ONE.value
    assert keeper.fetch(ONE.wanted.place, TWO.digest) is None


def test_a_new_key_for_a_known_content_is_kept(kept: Kept) -> None:
    keeper = kept.keeper()
    touched = Wanted(b"another key", ONE.wanted.place)

    keeper.put([ONE])
    keeper.put([Finding(touched, ONE.digest, None)])

    assert keeper.find([touched]) == [Known(ONE.value)]


def test_nothing_is_known_from_before_an_upgrade(kept: Kept) -> None:
    kept.keeper().put([ONE])
    upgraded = kept.keeper(identity=b"j" * 32)

    assert upgraded.find([ONE.wanted]) == [Known()]
    assert upgraded.fetch(ONE.wanted.place, ONE.digest) is None


def test_whoever_may_read_something_else_is_told_only_of_contents_that_he_has_read(
    kept: Kept,
) -> None:
    kept.keeper().put([ONE])
    elsewhere = kept.keeper(reach=b"s" * 32)

    assert elsewhere.find([ONE.wanted]) == [Known(None, [ONE.digest])]
    assert elsewhere.fetch(ONE.wanted.place, ONE.digest) == ONE.value


def test_folder_and_file_are_for_their_user_alone(kept: Kept) -> None:
    kept.folder.mkdir(parents=True, mode=0o755)
    kept.file.touch(mode=0o644)
    keeper = kept.keeper()

    keeper.put([ONE])

    assert knows(keeper, ONE)
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    for file in kept.folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(kept: Kept) -> None:
    kept.folder.mkdir(parents=True)
    kept.file.write_bytes(b"no database" * 1000)
    keeper = kept.keeper()

    assert not knows(keeper, ONE)
    keeper.put([ONE])

    assert knows(keeper, ONE)
    assert kept.events == ["store_damaged"]
    assert Path(f"{kept.file}{DAMAGED}").read_bytes().startswith(b"no database")


def test_a_file_that_is_damaged_while_it_is_open_is_moved_aside_too(kept: Kept) -> None:
    keeper = kept.keeper()
    keeper.put([ONE])
    keeper.close()
    with kept.file.open("r+b") as file:
        file.seek(200)
        file.write(os.urandom(kept.file.stat().st_size - 200))

    for _ in range(3):
        keeper.put([TWO])

    assert knows(keeper, TWO)
    assert kept.events == ["store_damaged"]


def test_a_file_that_is_damaged_again_and_again_is_given_up(kept: Kept) -> None:
    keeper = kept.keeper()
    for _ in range(5):
        kept.folder.mkdir(parents=True, exist_ok=True)
        kept.file.unlink(missing_ok=True)
        kept.file.write_bytes(b"no database" * 1000)
        keeper.put([ONE])

    assert keeper.is_off()
    assert not knows(keeper, ONE)
    assert kept.events == ["store_damaged", "store_off"]


def test_a_file_that_is_removed_while_it_is_open_is_made_again(kept: Kept) -> None:
    keeper = kept.keeper()
    keeper.put([ONE])
    for file in kept.folder.iterdir():
        file.unlink()
    kept.folder.rmdir()

    assert not knows(keeper, ONE)
    keeper.put([TWO])

    assert knows(keeper, TWO)
    assert kept.file.exists()
    assert kept.events == []


def test_a_damage_that_another_server_has_seen_to_is_not_seen_to_twice(kept: Kept) -> None:
    """What stands under the name by then is the other server's new file."""
    first, second = kept.keeper(), kept.keeper()
    first.put([ONE])
    second.put([ONE])
    first._set_aside("as if it were damaged")
    first.put([TWO])

    second._set_aside("the same damage")

    assert knows(first, TWO)
    assert knows(second, TWO)


def test_a_lock_of_somebody_else_loses_only_what_came_meanwhile(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cache.table._BUSY_S", 0.01)
    keeper = kept.keeper()
    keeper.put([ONE])
    other = sqlite3.connect(kept.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    keeper.put([TWO])
    assert knows(keeper, ONE)
    other.execute("ROLLBACK")
    other.close()

    assert not knows(keeper, TWO)
    keeper.put([TWO])
    assert knows(keeper, TWO)
    assert kept.events == []


def test_a_folder_that_cannot_be_is_said_once_and_not_asked_for_a_while(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.folder.parent.write_text("a file where a folder should be")
    keeper = kept.keeper()

    assert not knows(keeper, ONE)
    assert keeper.is_off()
    monkeypatch.setattr("time.monotonic", lambda: 1e12)
    assert not keeper.is_off()
    keeper.put([ONE])

    assert kept.events == ["store_unavailable"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_is_unavailable(kept: Kept) -> None:
    kept.folder.mkdir(parents=True, mode=0o700)
    kept.folder.parent.chmod(0o500)
    kept.folder.rmdir()
    keeper = kept.keeper()

    keeper.put([ONE])

    assert kept.events == ["store_unavailable"]
    kept.folder.parent.chmod(0o700)


@pytest.mark.parametrize("kind", ["link", "folder"])
def test_what_is_no_plain_file_is_not_used(kept: Kept, kind: str, tmp_path: Path) -> None:
    kept.folder.mkdir(parents=True)
    target = tmp_path / "somewhere else"
    target.touch()
    kept.file.symlink_to(target) if kind == "link" else kept.file.mkdir()
    keeper = kept.keeper()

    keeper.put([ONE])

    assert kept.events == ["store_unavailable"]
    assert target.read_bytes() == b""


def test_a_full_disk_is_said_once(kept: Kept) -> None:
    keeper = kept.keeper()
    keeper.put([ONE])
    assert keeper._table is not None
    keeper._table._db.execute("PRAGMA max_page_count = 8").fetchall()

    for number in range(10):
        keeper.put([Finding(Wanted(b"%d" % number, b"place"), os.urandom(16), os.urandom(50_000))])
        assert knows(keeper, ONE) or keeper.is_off()

    assert kept.events == ["store_unavailable"]


def test_a_bug_in_here_fails_no_question(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ResultTable, "find", fail)
    keeper = kept.keeper()

    assert not knows(keeper, ONE)
    assert keeper.is_off()
    assert kept.events == ["store_failed"]
