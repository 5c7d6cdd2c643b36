"""`toolcrew` as a server: from the first byte on stdin to the last worker reaped."""

import asyncio
import contextlib
import gc
import signal
import time
from typing import Any

from coordinator.ahead import Ahead
from coordinator.app import App
from coordinator.config import Loaded
from coordinator.frontends.mcp.connection import Connection
from coordinator.frontends.stdio import StdioTransport
from coordinator.observe.log import get_logger
from coordinator.opening import Opening
from coordinator.status_socket import StatusSocket

log = get_logger(__name__)

_LOOK_INTERVAL_S = 0.005
_LAST_WORDS_S = 0.5


async def serve(loaded: Loaded, opening: Opening, ahead: Ahead) -> None:
    """Go on from *opening* until the client leaves or a signal comes; return when nothing is left running."""
    await _Server(loaded, opening, ahead).run()


class _Server:
    def __init__(self, loaded: Loaded, opening: Opening, ahead: Ahead) -> None:
        server = loaded.config.server
        self._grace_s = server.grace_s
        self._has_status_socket = server.status_socket
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._app = App(loaded, ahead)
        self._opening = opening
        self._transport = StdioTransport(
            opening.ends, server.max_line_bytes, server.max_output_bytes, self._on_gone
        )
        self._connection = Connection(self._app.mcp, server.max_line_bytes, self._transport.send)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_bug)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        self._app.start()
        taken, written = self._opening.taken, self._opening.written
        self._transport.start(self._connection.receive, taken, written)
        gc.freeze()  # what is here by now stays: no collection need look at it
        gc.enable()
        status = StatusSocket(self._app.reporter)
        if self._has_status_socket:
            await status.open()
        try:
            await self._stop.wait()
            await self._shut_down()
        finally:
            status.close()

    def _on_signal(self, number: int) -> None:
        log.info("signal", signal=signal.Signals(number).name)
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def _on_gone(self, how: str) -> None:
        log.info("client_gone", how=how)
        if how == "closed":
            self._connection.abandon()
            self._hurry.set()
        self._stop.set()

    async def _shut_down(self) -> None:
        """Answer what can be answered within the grace, then refuse the rest, then end the crew."""
        self._transport.stop_reading()
        self._connection.finish()
        await self._wait_for_quiet(self._grace_s)
        at_once = self._hurry.is_set() or not self._is_quiet()
        await self._app.close(at_once=at_once)
        await self._wait_for_quiet(_LAST_WORDS_S)
        self._transport.close()

    async def _wait_for_quiet(self, longest_s: float) -> None:
        end = time.monotonic() + longest_s
        while not self._is_quiet() and (left_s := end - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, _LOOK_INTERVAL_S)):
                    await self._hurry.wait()
                    return

    def _is_quiet(self) -> bool:
        return self._connection.is_quiet() and self._transport.is_flushed()


def _log_bug(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An exception that nobody caught is a bug of ours, but no reason to stop serving."""
    del loop
    log.error("bug", message=context.get("message"), exc_info=context.get("exception"))
