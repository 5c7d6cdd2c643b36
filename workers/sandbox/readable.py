"""What is readable beside the configured folders: Python, and what the system's libraries look up.

Not /proc: it shows the environment of other processes. Not /etc: it holds the system's keys.
"""

import os
import sys
from collections.abc import Iterator

import protocol
import workers
from protocol.worker.sandbox import SandboxPolicy

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
_NETWORK = (
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/resolv.conf",
    "/run/systemd/resolve",  # what that is a link to, and what is replaced as networks come and go
    "/etc/services",
    "/etc/ssl/certs",
    "/etc/ca-certificates",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust",
)
_PROGRAMS = (
    "/bin",
    "/sbin",
    "/usr",
    "/etc/alternatives",
    "/etc/group",
    "/etc/ssl/openssl.cnf",  # without it, Node.js does not start
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
)


def readable(policy: SandboxPolicy) -> tuple[str, ...]:
    """Return the folders and files, as this process knows them once it has imported what it needs."""
    return (
        *_SHARED_LIBRARIES,
        *_LOCALE_AND_TIME,
        *_USERS,
        *_DEVICES,
        *_python(),
        *(_NETWORK if policy.network else ()),
        *(_PROGRAMS if policy.execute else ()),
    )


def _python() -> Iterator[str]:
    for prefix in {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}:
        yield from (prefix,) if prefix != "/" else ("/lib", "/lib64")
    yield from (entry for entry in sys.path if os.path.isabs(entry))
    for package in (protocol, workers):  # an editable install may find them without `sys.path`
        yield from package.__path__
