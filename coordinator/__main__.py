"""`toolcrew`: serve MCP on stdio, or run one of the commands for people."""

import asyncio
import os
import sys

from coordinator.command_line import Command, parse
from coordinator.config import Loaded, load
from protocol.errors import ConfigError

_USAGE_ERROR = 2


def main() -> None:
    """Run the command that `sys.argv` names and exit with its status."""
    command = parse(sys.argv[1:])
    try:
        loaded = load(command.flags, os.environ, command.config_file)
    except ConfigError as error:
        sys.stderr.write(f"toolcrew: {error}\n")
        sys.exit(_USAGE_ERROR)
    sys.exit(_run(command, loaded))


def _run(command: Command, loaded: Loaded) -> int:
    if command.name == "serve":
        return _serve(loaded)
    if command.name == "top":
        from coordinator.top.command import top  # noqa: PLC0415 - needs nothing of a server

        return top(command.pid, command.interval_s, once=command.once)
    from coordinator import commands  # noqa: PLC0415 - the server must not pay for what people use

    return commands.run(command, loaded)


def _serve(loaded: Loaded) -> int:
    from coordinator.frontends.ends import take_stdio  # noqa: PLC0415 - before anything can print

    ends = take_stdio()
    from coordinator.observe import log  # noqa: PLC0415 - imports only what serving needs
    from coordinator.serve import serve  # noqa: PLC0415

    server = loaded.config.server
    log.configure(server.log_level, server.log_format)
    asyncio.run(serve(loaded, ends))
    return 0


if __name__ == "__main__":
    main()
