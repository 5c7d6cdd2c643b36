"""A file's identity at one moment: equal fingerprints mean an unchanged file."""

import os


def fingerprint(status: os.stat_result) -> str:
    """Return `device:inode:size:mtime_ns:ctime_ns`, all decimal.

    The change time is part of it: a program can set the modification time back, but not that.
    """
    stamps = f"{status.st_mtime_ns}:{status.st_ctime_ns}"
    return f"{status.st_dev}:{status.st_ino}:{status.st_size}:{stamps}"
