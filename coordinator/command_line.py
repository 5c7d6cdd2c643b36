"""The command line: which command, which settings. Nothing is imported that a plain start does not need."""

import argparse
import os
from collections.abc import Sequence
from typing import Literal

import msgspec

from coordinator.version import __version__

SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S = 0.1, 3600.0

CommandName = Literal["serve", "call", "tools", "config", "cache", "top"]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. *flags* are texts by setting, as `coordinator.config.load` takes them."""

    name: CommandName = "serve"
    flags: dict[str, str] = {}
    config_file: str | None = None
    tool: str = ""
    arguments: str = "{}"
    as_json: bool = False
    clear: bool = False
    as_text: bool = False
    treemap: str | None = None
    pid: int | None = None
    once: bool = False
    interval_s: float = 1.0


def parse(argv: Sequence[str]) -> Command:
    """Read the command line; a mistake in it, --help and --version end the process."""
    if not argv:
        return Command()
    seen = _parser().parse_args(argv)
    return Command(
        name=seen.command or "serve",
        flags=_flags(seen),
        config_file=seen.config,
        tool=getattr(seen, "tool", ""),
        arguments=getattr(seen, "arguments", "{}"),
        as_json=getattr(seen, "json", False),
        clear=getattr(seen, "clear", False),
        as_text=getattr(seen, "text", False),
        treemap=getattr(seen, "treemap", None),
        pid=getattr(seen, "pid", None),
        once=getattr(seen, "once", False),
        interval_s=getattr(seen, "interval_s", 1.0),
    )


def _flags(seen: argparse.Namespace) -> dict[str, str]:
    flags = dict(setting.partition("=")[::2] for setting in seen.set)
    if seen.root:
        flags["server.roots"] = os.pathsep.join(seen.root)
    if seen.log_level:
        flags["server.log_level"] = seen.log_level
    return flags


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="toolcrew",
        description="An MCP server whose tools run in a crew of supervised worker processes. "
        "Without a command it serves MCP on stdin and stdout.",
    )
    _add_settings(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="serve MCP on stdin and stdout (the default)")
    call = commands.add_parser("call", help="run one tool and print its answer")
    call.add_argument("tool", metavar="TOOL", help="such as code_parse; see `toolcrew tools`")
    call.add_argument(
        "arguments",
        metavar="ARGUMENTS",
        nargs="?",
        default="{}",
        help='such as \'{"path": "src"}\'',
    )
    form = call.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print the structured result")
    form.add_argument(
        "--text", action="store_true", help="print what a model reads, also on a terminal"
    )
    form.add_argument(
        "--treemap",
        metavar="FILE",
        help="code_analyze: draw the code as a map into FILE.svg or FILE.png "
        "(area: lines of code, colour: complexity)",
    )
    tools = commands.add_parser("tools", help="list the tools")
    tools.add_argument("--json", action="store_true", help="print what tools/list answers")
    config = commands.add_parser("config", help="print every setting, its meaning and its source")
    config.add_argument("--json", action="store_true", help="print it as JSON")
    cache = commands.add_parser("cache", help="say what results are kept on disk, or remove them")
    cache.add_argument("--clear", action="store_true", help="remove them; servers begin anew")
    top = commands.add_parser(
        "top", help="watch a running server: workers, queue, rates, latencies"
    )
    top.add_argument("--pid", type=int, metavar="PID", help="which server, if there are several")
    top.add_argument("--once", action="store_true", help="print what is seen once, and exit")
    top.add_argument(
        "--interval-s",
        type=_interval,
        metavar="S",
        default=1.0,
        help="how often to look, and over how long to count (default: 1)",
    )
    return parser


def _interval(text: str) -> float:
    seconds = float(text)
    if not SHORTEST_INTERVAL_S <= seconds <= LONGEST_INTERVAL_S:
        raise argparse.ArgumentTypeError(
            f"{text} is not from {SHORTEST_INTERVAL_S:g} to {LONGEST_INTERVAL_S:g}"
        )
    return seconds


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"toolcrew {__version__}")
    parser.add_argument("--config", metavar="FILE", help="read settings from this TOML file")
    parser.add_argument(
        "--root",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder that tools may read (may be repeated; default: the working directory)",
    )
    parser.add_argument("--log-level", metavar="LEVEL", help="debug, info, warning or error")
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any setting, such as crew.parse_workers=4; see `toolcrew config`",
    )
