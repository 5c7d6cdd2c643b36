"""Which files git tracks, as its index says: rules are for the others, whatever they say of these.

The format is that of git's `Documentation/gitformat-index.txt`, versions 2 to 4. What cannot be read tracks
nothing: then rules hold for every file, as they do in tools that know no index.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from struct import Struct, error

_HEADER = Struct(">4sLL")
_FIXED = 40
"""Bytes of an entry before its object's name: stamps, device, inode, mode, owner and size."""
_HASHES = (20, 32)
"""How long the names of objects are: SHA-1, SHA-256. The index itself does not say which."""
_FLAGS = Struct(">H")
_EXTENDED = 0x4000
_LENGTH = 0x0FFF
_COMPRESSED = 4


class Tracked:
    """The files of one repository, by their names from its top on."""

    def __init__(self, names: Sequence[bytes] = ()) -> None:
        self._names = names

    def holds(self, path: bytes) -> bool:
        """Tell whether *path* is tracked, or, if it ends in `/`, whether something in that folder is."""
        if not path.endswith(b"/"):
            return self._has(path)
        place = bisect_left(self._names, path)
        below = self._names[place : place + 1]
        return any(name.startswith(path) for name in below) or self._has(path[:-1])  # a submodule

    def _has(self, name: bytes) -> bool:
        place = bisect_left(self._names, name)
        return self._names[place : place + 1] == [name]


def tracked_in(index: bytes) -> Tracked:
    """Return what the content of an index file says."""
    for hash_bytes in _HASHES:
        try:
            names = _names(index, hash_bytes)
        except (error, IndexError, ValueError):
            continue
        if all(before < after for before, after in pairwise(names)):
            return Tracked(names)
    return Tracked()


def _names(index: bytes, hash_bytes: int) -> list[bytes]:
    """Return the names in an index, sorted as they stand there; ValueError if it is none."""
    signature, version, count = _HEADER.unpack_from(index)
    if signature != b"DIRC" or not 2 <= version <= _COMPRESSED:  # noqa: PLR2004 - versions
        raise ValueError(signature, version)
    names: list[bytes] = []
    position = _HEADER.size
    last = b""
    for _ in range(count):
        start = position
        position += _FIXED + hash_bytes
        (flags,) = _FLAGS.unpack_from(index, position)
        position += _FLAGS.size * (2 if flags & _EXTENDED else 1)
        if version == _COMPRESSED:
            kept, position = _kept(index, position, len(last))
        else:
            kept = 0
        end = index.index(b"\0", position)
        name = last[:kept] + index[position:end]
        if flags & _LENGTH not in {len(name), _LENGTH}:
            raise ValueError(name)
        position = end + 1 if version == _COMPRESSED else start + (end - start) // 8 * 8 + 8
        if name != last:  # a conflict has up to three entries
            names.append(name)
        last = name
    return names


def _kept(index: bytes, position: int, length: int) -> tuple[int, int]:
    """Read how much of the last name, *length* bytes long, is not taken over; tell how much is."""
    byte = index[position]
    dropped = byte & 0x7F
    while byte & 0x80:
        position += 1
        byte = index[position]
        dropped = (dropped + 1) << 7 | byte & 0x7F
    if dropped > length:
        raise ValueError(dropped)
    return length - dropped, position + 1
