"""Whether a fingerprint can be trusted to change with its file.

A second write within one tick of the file system's clock can leave size and stamps as the first
left them. A read that began long enough after the last stamp cannot be followed by such a write.
"""

_MILLISECOND = 1_000_000
_COARSE_MARGIN = 2_000 * _MILLISECOND
"""For file systems that keep seconds or milliseconds; FAT keeps every second second."""
_FINE_MARGIN = 50 * _MILLISECOND
"""Kernels stamp files by a tick of 10 ms at most, however many digits the stamp has."""


def is_settled(ctime_ns: int, now_ns: int) -> bool:
    """Tell whether no change after *now_ns*, when the read began, can have the stamp *ctime_ns*."""
    coarse = ctime_ns % _MILLISECOND == 0
    return now_ns - ctime_ns >= (_COARSE_MARGIN if coarse else _FINE_MARGIN)
