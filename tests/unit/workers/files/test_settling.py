"""When a fingerprint can be trusted, and what is in it."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from protocol.tools.fingerprint import fingerprint
from workers.files.settling import is_settled

MILLISECOND = 1_000_000
stamps = st.integers(min_value=0, max_value=2**62)


@given(stamps, st.integers(min_value=0, max_value=10 * MILLISECOND))
def test_a_stamp_within_one_tick_of_the_read_is_never_settled(ctime: int, age: int) -> None:
    assert not is_settled(ctime, ctime + age)


@given(stamps, st.integers(min_value=1))
def test_a_stamp_from_the_future_is_not_settled(ctime: int, ahead: int) -> None:
    assert not is_settled(ctime + ahead, ctime)


@given(stamps, st.integers(min_value=0), st.integers(min_value=0))
def test_what_is_settled_stays_settled(ctime: int, age: int, more: int) -> None:
    assert not is_settled(ctime, ctime + age) or is_settled(ctime, ctime + age + more)


@given(stamps.map(lambda stamp: stamp * MILLISECOND))
def test_a_coarse_stamp_settles_after_two_seconds(ctime: int) -> None:
    assert not is_settled(ctime, ctime + 1_999 * MILLISECOND)
    assert is_settled(ctime, ctime + 2_000 * MILLISECOND)


def test_a_fine_stamp_settles_after_fifty_milliseconds() -> None:
    assert not is_settled(1, 1 + 49 * MILLISECOND)
    assert is_settled(1, 1 + 50 * MILLISECOND)


def test_a_fingerprint_is_five_decimal_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x")
    os.utime(path, ns=(1, 1_700_000_000_123_456_789))
    status = path.stat()

    device, inode, *rest = map(int, fingerprint(status).split(":"))

    assert (device, inode) == (status.st_dev, status.st_ino)
    assert rest == [1, 1_700_000_000_123_456_789, status.st_ctime_ns]
