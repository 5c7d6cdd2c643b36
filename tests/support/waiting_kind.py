"""A kind whose jobs wait: for each other, for nothing, or in a way that none should."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec

from protocol.errors import CallRefused
from workers.context import AsyncJobContext, AsyncTool, Outside

CAPACITY = 7


@asynccontextmanager
async def serving(outside: Outside) -> AsyncGenerator[Mapping[str, AsyncTool]]:
    """Offer the tools; what was opened is closed, and says so."""
    everybody = asyncio.Barrier(3)

    async def meet(_arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Answer when three of these run at once."""
        await everybody.wait()
        return b'"met"'

    async def wait(_arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Never answer."""
        context.progress(1, None, "waiting")
        await asyncio.Event().wait()
        return b""

    async def soon(arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Answer after so many turns of the loop."""
        for _ in range(int(bytes(arguments))):
            await asyncio.sleep(0)
        return b'"soon"'

    async def block(arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        """Hold up the whole loop for so many seconds."""
        time.sleep(float(bytes(arguments)))  # noqa: ASYNC251 - that is the point
        return b'"blocked"'

    async def fail(_arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        raise CallRefused("not_found", "there is none")

    async def crash(_arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        raise ZeroDivisionError("oops")

    async def ask(arguments: msgspec.Raw, context: AsyncJobContext) -> bytes:
        """Answer what another tool answers."""
        return bytes(await context.ask("code_parse", bytes(arguments)))

    async def note(_arguments: msgspec.Raw, _context: AsyncJobContext) -> bytes:
        outside.report("seen", "it", "again", times=2)
        return b"null"

    yield {
        "meet": meet,
        "wait": wait,
        "soon": soon,
        "block": block,
        "fail": fail,
        "crash": crash,
        "ask": ask,
        "note": note,
    }
    outside.report("closed", "it")
