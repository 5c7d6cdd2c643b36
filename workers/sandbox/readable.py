"""What every worker may read beside its roots: the Python installation and what the C library looks up.

Not /proc: it shows the environment of other processes.
"""

import os
import sys
from collections.abc import Iterator

import protocol
import workers

_SHARED_LIBRARIES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",  # where each library has a folder of its own
    "/gnu/store",
    "/etc/ld.so.cache",
)
_LOCALE_AND_TIME = (
    "/usr/share/locale",
    "/usr/share/i18n",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/timezone",
)
_USERS = ("/etc/passwd", "/etc/nsswitch.conf")  # where `~` leads to when HOME is not set
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")

_PROGRAMS = ("/bin", "/sbin", "/usr", "/etc/alternatives")


def needed_by_python() -> tuple[str, ...]:
    """Return the folders and files, as this process knows them once it has imported what it needs."""
    return (*_SHARED_LIBRARIES, *_LOCALE_AND_TIME, *_USERS, *_DEVICES, *_installation())


def needed_by_programs() -> tuple[str, ...]:
    """Return what a program of the system needs to start."""
    return (*needed_by_python(), *_PROGRAMS)


def _installation() -> Iterator[str]:
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        yield from (prefix,) if prefix != "/" else ("/lib", "/lib64")
    yield from (entry for entry in sys.path if os.path.isabs(entry))
    for package in (protocol, workers):  # an editable install may find them without `sys.path`
        yield from package.__path__
