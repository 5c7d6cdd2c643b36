"""A third party's worker, run as a program: it does as it is told, good or bad.

It says nothing before there is a file WAIT_FOR. READY_FILE holds its first line, BEAT_S says how often it
beats (0: never), DEAF keeps it from reading. Its tools take what is to be said or done.
"""

import json
import os
import signal
import sys
import threading
import time
from typing import Any

ANY = {"type": "object"}
TOOLS = [
    {
        "name": "shout",
        "description": "Say it louder.",
        "input_schema": {
            "type": "object",
            "properties": {"text": {"type": "string", "maxLength": 20}},
            "required": ["text"],
            "additionalProperties": False,
        },
        "read_only": True,
        "cacheable": True,
    },
    {
        "name": "typed",
        "description": "Answer `result` as it is, whatever was promised.",
        "input_schema": ANY,
        "output_schema": {
            "type": "object",
            "properties": {"n": {"type": "integer"}},
            "required": ["n"],
        },
        "read_only": True,
    },
    {
        "name": "say",
        "description": "Answer `raw` as it is.",
        "input_schema": ANY,
        "read_only": True,
    },
    {"name": "lines", "description": "Write `lines` as they are.", "read_only": True},
    {"name": "fail", "description": "Fail with `code` and `message`."},
    {"name": "sleep", "description": "Take `s` seconds, or until cancelled.", "read_only": True},
    {"name": "once", "description": "Note it in `file`, then die `times` times."},
    {"name": "again", "description": "The same, but it may be repeated.", "idempotent": True},
    {"name": "kept", "description": "Count up; keep it for `keep` seconds.", "cacheable": True},
]

sending = threading.Lock()
count = 0


def write(text: str) -> None:
    """Write a line; each character is one byte, so that a test can say anything."""
    with sending:
        sys.stdout.buffer.write(text.encode("latin-1") + b"\n")
        sys.stdout.buffer.flush()


def say(**message: object) -> None:
    write(json.dumps(message))


def beat(interval: float) -> None:
    while True:
        time.sleep(interval)
        say(type="beat")


def done(job: int, result: object, **more: object) -> None:
    say(type="done", id=job, result=result, **more)


def shout(job: int, text: str) -> None:
    for number in range(3):
        say(type="progress", id=job, done=number + 1, total=3, message=f"step {number + 1}")
        time.sleep(0.11)
    done(job, {"text": text.upper()}, cache_for=None)


def note_and_die(job: int, file: str, times: int = 1) -> None:
    with open(file, "a", encoding="utf-8") as notes:
        notes.write(f"{os.getpid()}\n")
    with open(file, encoding="utf-8") as notes:
        runs = len(notes.readlines())
    if runs <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    done(job, {"runs": runs})


def keep(job: int, **arguments: float) -> None:
    global count  # noqa: PLW0603 - this process is all there is
    count += 1
    done(job, {"count": count}, cache_for=arguments.get("keep", 0))


def run(job: int, tool: str, arguments: dict[str, Any]) -> None:
    match tool:
        case "shout":
            shout(job, **arguments)
        case "typed":
            done(job, arguments["result"])
        case "say":
            write(f'{{"type":"done","id":{job},"result":{arguments["raw"]}}}')
        case "lines":
            for line in arguments["lines"]:
                write(line.replace("$id", str(job)))
        case "fail":
            say(type="failed", id=job, **arguments)
        case "sleep":
            time.sleep(arguments["s"])
            done(job, None)
        case "once" | "again":
            note_and_die(job, **arguments)
        case _:
            keep(job, **arguments)


def main() -> None:
    while "WAIT_FOR" in os.environ and not os.path.exists(os.environ["WAIT_FOR"]):
        time.sleep(0.01)
    ready = json.dumps({"type": "ready", "kind": "strange", "pid": os.getpid(), "tools": TOOLS})
    if file := os.environ.get("READY_FILE"):
        with open(file, encoding="latin-1") as first_line:
            ready = first_line.read()
    write(ready)
    interval = float(os.environ.get("BEAT_S", "0.5"))
    if interval:
        threading.Thread(target=beat, args=(interval,), daemon=True).start()
    if os.environ.get("DEAF"):
        time.sleep(3600)
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "job":
            run(message["id"], message["tool"], message["arguments"])
        elif message["type"] == "drain":
            return


main()
