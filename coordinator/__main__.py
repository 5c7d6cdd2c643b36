"""`toolcrew`: serve MCP on stdio, or run one of the commands for people.

Rule: imports stand where what they bring is needed first. A client waits for the answer to `initialize`, then
for its first call; people wait for their one command.
"""

import gc
import os
import sys

from coordinator.config_places import is_anything_set

TYPE_CHECKING = False  # that of `typing` would take 8 ms to import
if TYPE_CHECKING:
    from typing import Any

    from coordinator.config import Loaded
    from coordinator.opening import Opening

_USAGE_ERROR = 2


def main() -> None:
    """Run the command that `sys.argv` names and exit with its status."""
    gc.disable()  # nothing of what is imported is garbage, and looking for it takes 10 ms
    words = sys.argv[1:]
    sys.exit(_run(words) if words or is_anything_set() else _serve_as_it_is())


def _serve_as_it_is() -> int:
    """Serve with no setting given, so that none can be wrong: the client is answered before they are read."""
    opening = _open()
    from coordinator.config import load

    return _serve(load({}, os.environ), opening)


def _run(words: list[str]) -> int:
    from coordinator.command_line import parse
    from coordinator.config import load
    from protocol.errors import ConfigError

    command = parse(words)
    try:
        loaded = load(command.flags, os.environ, command.config_file)
    except ConfigError as error:
        sys.stderr.write(f"toolcrew: {error}\n")
        return _USAGE_ERROR
    if command.name == "serve":
        return _serve(loaded, _open())
    gc.enable()
    if command.name == "top":
        from coordinator.top.command import top

        return top(command.pid, command.interval_s, once=command.once)
    from coordinator import commands

    return commands.run(command, loaded)


def _open() -> "Opening":
    # `signal` itself would be 7 ms of `enum`. The event loop takes over what is set here.
    import _signal  # type: ignore[import-not-found] # pyright: ignore[reportMissingModuleSource]

    signals: Any = _signal
    signals.signal(signals.SIGINT, _leave)
    signals.signal(signals.SIGTERM, _leave)
    from coordinator.frontends.ends import take_stdio
    from coordinator.opening import Opening

    opening = Opening(take_stdio())
    opening.look()
    return opening


def _serve(loaded: "Loaded", opening: "Opening") -> int:
    from coordinator.ahead import start

    ahead = start(loaded)
    with ahead.resources:  # whatever comes
        from coordinator.lean_asyncio import run

        opening.look()  # a client that was slower than we were
        from coordinator.observe import log
        from coordinator.serve import serve

        opening.look()
        server = loaded.config.server
        log.configure(server.log_level, server.log_format)
        run(serve(loaded, opening, ahead))
    return 0


def _leave(_number: int, _frame: object) -> None:
    """A signal has come before the server is up: there is nothing to drain."""
    sys.exit(0)


if __name__ == "__main__":
    main()
