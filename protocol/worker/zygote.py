"""What the coordinator and a zygote say to each other, one message a packet (SOCK_SEQPACKET on its stdin).

A zygote is a process that has loaded all that a kind of worker needs and then only forks. With `Fork` come
two descriptors: the socket that the worker is to speak on, and the pipe for its stderr. With `Forked` comes
one: a pidfd of the worker, opened before anybody could have reaped it.
"""

import msgspec

LONGEST_PACKET = 4096


class Fork(msgspec.Struct, frozen=True, tag_field="type", tag="fork"):
    """Fork a worker; *cookie* comes back with the answer, *name* is what `ps` shows."""

    cookie: int
    name: str


class Forget(msgspec.Struct, frozen=True, tag_field="type", tag="forget"):
    """Nothing is left of process group *group*."""

    group: int


class Loaded(msgspec.Struct, frozen=True, tag_field="type", tag="loaded"):
    """The zygote is ready to fork."""


class Forked(msgspec.Struct, frozen=True, tag_field="type", tag="forked"):
    """Worker *pid* runs in process group *group*."""

    cookie: int
    pid: int
    group: int


class NotForked(msgspec.Struct, frozen=True, tag_field="type", tag="not_forked"):
    """There will be no worker, and why."""

    cookie: int
    message: str


ToZygote = Fork | Forget
FromZygote = Loaded | Forked | NotForked

decode_to_zygote: msgspec.json.Decoder[ToZygote] = msgspec.json.Decoder(ToZygote)
decode_from_zygote: msgspec.json.Decoder[FromZygote] = msgspec.json.Decoder(FromZygote)
encode_packet = msgspec.json.Encoder().encode
