"""One model server over HTTP: its address, its key, its connections; what goes wrong becomes a `HostFailure`.

Rule 1: only this file knows aiohttp. Rule 2: a request that ends early, for whatever reason, closes its
connection, which is how the server hears of it. Rule 3: a key goes to the host it is for and nowhere else:
no redirects are followed, and whatever the server says is cleaned of it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Generator
from typing import Self, TypeVar

import aiohttp
import msgspec

from protocol.models.settings import HostSettings, OllamaSettings
from workers.ollama.failures import Busy, Garbled, HostFailure, NoModel, Said, Stalled, Unreachable
from workers.ollama.loose import members

MOST_BODY_BYTES = 32 << 20
"""Of an answer in one piece: embeddings of many texts are large."""

_LONGEST_SAID = 300
_LONGEST_KEY = 8192
_OK = 200
_BUSY = {429, 502, 503, 504}

_T = TypeVar("_T")
_encode = msgspec.json.Encoder().encode


class Http:
    """A client of one server. Use it as an asynchronous context manager."""

    def __init__(self, host: HostSettings, settings: OllamaSettings, path: str = "") -> None:
        """*path* is what all its requests have before their own."""
        self.name = f"host {host.name} ({host.url})"
        self._settings = settings
        self._base = host.url + path
        self._key, self._lack = read_key(host)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            headers=headers,
            # Bulkheads bound the requests; a second bound here would hide who waits for what.
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30),
            timeout=aiohttp.ClientTimeout(
                total=None, sock_connect=self._settings.connect_timeout_s
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._session is not None
        await self._session.close()

    async def fetch(
        self, method: str, path: str, body: object = None, *, within_s: float | None = None
    ) -> bytes:
        """Return a whole answer; *within_s*: of how much patience.

        Raises:
            HostFailure: there is none.
        """
        patience_s = self._settings.first_token_timeout_s if within_s is None else within_s
        try:
            patience = _Patience(self.name, None)
            async with (
                asyncio.timeout(patience_s),
                self._request(method, path, body, patience) as response,
            ):
                data = await response.content.read(MOST_BODY_BYTES + 1)
                while not response.content.at_eof() and len(data) <= MOST_BODY_BYTES:
                    data += await response.content.read(MOST_BODY_BYTES + 1 - len(data))
        except TimeoutError:
            raise Stalled(f"{self.name} gave no answer within {patience_s:g} s") from None
        if len(data) > MOST_BODY_BYTES:
            raise Garbled(f"{self.name} answered with more than {MOST_BODY_BYTES >> 20} MiB")
        return data

    async def stream(
        self, path: str, body: object, idle_s: float | None = None
    ) -> AsyncGenerator[bytes]:
        """Yield what comes of an answer, as it comes; close it to end the request.

        *idle_s* is how long it may be silent, if not as configured.

        Raises:
            HostFailure: there is no answer, or it ended in the middle.
        """
        first_s = self._settings.first_token_timeout_s
        idle_s = self._settings.idle_timeout_s if idle_s is None else idle_s
        patience = _Patience(self.name, first_s)
        async with self._request("POST", path, body, patience) as response:
            while data := await patience.wait(response.content.readany()):
                patience.seconds, patience.what = idle_s, "nothing more"
                yield data

    def decode(self, data: bytes, type_: type[_T]) -> _T:
        """Return an answer as *type_*.

        Raises:
            Garbled: it is none.
        """
        try:
            return msgspec.json.decode(data, type=type_)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Garbled(f"{self.name} answered what its API does not promise: {error}") from error

    def clean(self, text: str) -> str:
        """Return what a server says without our key, on one line, and not too long."""
        if self._key:
            text = text.replace(self._key, "***")
        text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return text if len(text) <= _LONGEST_SAID else text[: _LONGEST_SAID - 1] + "…"

    # --- inside

    @contextlib.asynccontextmanager
    async def _request(
        self, method: str, path: str, body: object, patience: "_Patience"
    ) -> AsyncGenerator[aiohttp.ClientResponse]:
        if self._lack:
            raise Said(self._lack)
        assert self._session is not None
        data = None if body is None else _encode(body)
        with self._translated():
            response = await patience.wait(
                self._session.request(method, self._base + path, data=data, allow_redirects=False)
            )
            try:
                if response.status != _OK:
                    raise await self._said(response)
                yield response
            finally:
                if response.content.at_eof():
                    response.release()
                else:
                    response.close()

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except HostFailure:
            raise
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            raise Said(f"{self.name} has no usable address") from error
        except aiohttp.ClientConnectorError as error:
            # asyncio's own words have the address in them, which is said already.
            code = error.os_error.errno or 0
            why = os.strerror(code) if code > 0 else self.clean(error.strerror or "no address")
            raise Unreachable(f"{self.name} cannot be reached: {why}") from error
        except aiohttp.ConnectionTimeoutError as error:
            limit_s = self._settings.connect_timeout_s
            raise Unreachable(f"{self.name} did not connect within {limit_s:g} s") from error
        except aiohttp.ClientPayloadError as error:
            raise Unreachable(f"{self.name} broke off in the middle of its answer") from error
        except aiohttp.ClientResponseError as error:
            raise Garbled(f"{self.name} answered what is not HTTP") from error
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, TimeoutError):
                raise
            why = type(error).__name__
            raise Unreachable(f"{self.name} closed the connection ({why})") from error

    async def _said(self, response: aiohttp.ClientResponse) -> HostFailure:
        """Return the failure that an answer with an error comes to."""
        said = self.clean(_words(await response.content.read(1 << 16)))
        status = response.status
        message = f"{self.name} answered {status}" + (f": {said}" if said else "")
        if status in _BUSY:
            return Busy(message, _seconds(response.headers.get("Retry-After", "")))
        if status == 404 and "model" in said.lower():  # noqa: PLR2004 - HTTP's own
            return NoModel(message, status)
        return Said(message, status)


class _Patience:
    """Waits for the parts of one answer, *seconds* for each (None: for ever)."""

    def __init__(self, name: str, seconds: float | None) -> None:
        self.seconds = seconds
        self.what = "nothing"
        self._name = name

    async def wait(self, part: Awaitable[_T]) -> _T:
        """Return *part*.

        Raises:
            Stalled: it did not come in time.
        """
        try:
            async with asyncio.timeout(self.seconds):
                return await part
        except aiohttp.ServerTimeoutError:  # one of aiohttp's own, which says more
            raise
        except TimeoutError:
            raise Stalled(f"{self._name} sent {self.what} for {self.seconds:g} s") from None


def read_key(host: HostSettings) -> tuple[str, str]:
    """Return the key of a host, and what is wrong if it should have one and has none."""
    if host.key_variable:
        key = os.environ.get(host.key_variable, "").strip()
        what = f"the variable {host.key_variable}"
    elif host.key_file:
        key = _in_file(host.key_file)
        what = f"the file {host.key_file}"
    else:
        return "", ""
    if not key or not key.isascii() or not key.isprintable():
        return "", f"host {host.name} has no key: {what} should hold one"
    return key, ""


def _in_file(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_LONGEST_KEY).decode("ascii", "replace").strip()
    except OSError:
        return ""


def _words(body: bytes) -> str:
    """Return the message of an error: {"error": "..."}, {"error": {"message": "..."}}, or the text itself."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")
    error: object = members(said).get("error", said)
    error = members(error).get("message", error)
    return error if isinstance(error, str) else msgspec.json.encode(error).decode()


def _seconds(text: str) -> float | None:
    """Return a Retry-After that is a number; a date is left out."""
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004
