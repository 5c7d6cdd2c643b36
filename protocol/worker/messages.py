"""The messages between the coordinator and a worker: newline-delimited JSON, tagged by `type`.

Rule 1: fields are only ever added, at the end and with a default; unknown fields are ignored.
Rule 2: durations are seconds from receipt, because the two processes share no clock.
Rule 3: one decoder per direction, so that a worker cannot send a `Job`.
"""

import msgspec

PROTOCOL = 1
"""The version of this protocol, said in `Ready`."""

MAX_LINE_BYTES = 64 * 1024 * 1024
"""A longer line, in either direction, breaks the protocol."""


class Job(msgspec.Struct, frozen=True, tag_field="type", tag="job"):
    """Run *tool*; answer within *timeout* seconds of receiving this line."""

    id: int
    tool: str
    arguments: msgspec.Raw
    timeout: float
    attempt: int = 1
    trace: str | None = None


class Cancel(msgspec.Struct, frozen=True, tag_field="type", tag="cancel"):
    """Nobody waits for job *id* any more: stop it if that is cheap, and answer `Failed("cancelled")`."""

    id: int


class Answer(msgspec.Struct, frozen=True, tag_field="type", tag="answer"):
    """What became of question *ask* of job *id*: a *result*, or why there is none.

    There is none if there is a *code*, and *message* says it in words. The *result* is that of an MCP
    `tools/call`: an object with `content`, and with `structuredContent` if the tool has any.
    """

    id: int
    ask: int
    result: msgspec.Raw = msgspec.Raw(b"null")
    code: str = ""
    message: str = ""


class Ping(msgspec.Struct, frozen=True, tag_field="type", tag="ping"):
    """Answer with a `Beat` that carries the same *n*."""

    n: int


class Drain(msgspec.Struct, frozen=True, tag_field="type", tag="drain"):
    """Finish what you have, then exit with status 0."""


ToWorker = Job | Cancel | Answer | Ping | Drain


class ToolOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """One tool that a worker offers. Built-in tools are known by name; strangers bring their schemas.

    *output_schema* may be null: nothing is promised of the result.
    """

    name: str
    description: str = ""
    input_schema: msgspec.Raw = msgspec.Raw(b'{"type":"object"}')
    output_schema: msgspec.Raw = msgspec.Raw(b"null")
    read_only: bool = False
    idempotent: bool = False
    cacheable: bool = False


class Ready(msgspec.Struct, frozen=True, tag_field="type", tag="ready"):
    """The first line of a worker: it can take *capacity* jobs at once.

    *sandbox* says of each part of the sandbox what is in force.
    """

    kind: str
    pid: int
    capacity: int = 1
    protocol: int = PROTOCOL
    tools: tuple[ToolOffer, ...] = ()
    sandbox: dict[str, str] = {}


class Progress(msgspec.Struct, frozen=True, tag_field="type", tag="progress"):
    """Job *id* has done *done* of *total* units (None: unknown)."""

    id: int
    done: float
    total: float | None = None
    message: str = ""


class Part(msgspec.Struct, frozen=True, tag_field="type", tag="part"):
    """One finished piece of job *id*; more will follow, and `Done` carries the last one."""

    id: int
    result: msgspec.Raw


class Ask(msgspec.Struct, frozen=True, tag_field="type", tag="ask"):
    """Job *id* wants *tool* called; its `Answer` will have the same number, *ask*, which is the worker's.

    Only kinds of our own may ask (see `protocol.tools.nested`).
    """

    id: int
    ask: int
    tool: str
    arguments: msgspec.Raw


class Done(msgspec.Struct, frozen=True, tag_field="type", tag="done"):
    """Job *id* is finished. *cache_for* is in seconds: 0 = do not cache, None = as long as there is room."""

    id: int
    result: msgspec.Raw
    cache_for: float | None = 0


class Failed(msgspec.Struct, frozen=True, tag_field="type", tag="failed"):
    """Job *id* has no result; *retryable* says whether another worker might do better."""

    id: int
    code: str
    message: str
    retryable: bool = False


class Beat(msgspec.Struct, frozen=True, tag_field="type", tag="beat"):
    """The worker lives. *n* echoes a `Ping`, -1 when unasked; *rss* is in bytes.

    One that is *outdated* asks to be replaced: it cannot see what has changed since it started.
    """

    n: int = -1
    rss: int = 0
    jobs_done: int = 0
    busy: bool = False
    outdated: bool = False


class Notice(msgspec.Struct, frozen=True, tag_field="type", tag="notice"):
    """Something that a worker of ours wants logged and counted, whichever job it comes from.

    *event* has happened to *subject*, such as a model server; *amounts* are added up by their names.
    """

    event: str
    subject: str = ""
    detail: str = ""
    amounts: dict[str, float] = {}


FromWorker = Ready | Progress | Part | Ask | Done | Failed | Beat | Notice

decode_to_worker: msgspec.json.Decoder[ToWorker] = msgspec.json.Decoder(ToWorker)
decode_from_worker: msgspec.json.Decoder[FromWorker] = msgspec.json.Decoder(FromWorker)
_encoder = msgspec.json.Encoder()


def encode_line(message: ToWorker | FromWorker) -> bytes:
    """Encode *message* as one line, newline included.

    A `Raw` field is copied verbatim and may be pretty-printed JSON. A JSON string cannot hold a bare
    newline, so any newline found is layout, and taking the layout out leaves the value as it was.
    """
    line = _encoder.encode(message)
    if b"\n" in line:
        line = msgspec.json.format(line, indent=-1)
    return line + b"\n"
