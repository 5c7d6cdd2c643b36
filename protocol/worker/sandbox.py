"""What a worker's process may do to the machine; it locks itself in before its first job."""

import msgspec


class SandboxPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The rights of one kind of worker. Paths are absolute; sizes are in bytes, 0 = no limit."""

    enabled: bool = True
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    execute: bool = False
    network: bool = False
    tcp_ports: tuple[int, ...] = ()
    """With *network*: it may only connect, and over TCP only to these; () = it may do anything."""
    memory_limit_bytes: int = 0
    open_files: int = 1024
