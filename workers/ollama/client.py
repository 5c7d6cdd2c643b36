"""What every kind of model server can be asked, in one form; `native` and `openai` put it into theirs."""

from collections.abc import AsyncGenerator
from typing import Any, Protocol

import msgspec

from workers.ollama.chat import Chat


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a server has. Sizes are in bytes; 0 and "" where the server does not say."""

    name: str
    digest: str = ""
    size_bytes: int = 0
    family: str = ""
    parameters: str = ""
    quantization: str = ""
    modified_at: str = ""


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """A model that a server has in memory."""

    name: str
    size_bytes: int = 0
    vram_bytes: int = 0
    context_length: int = 0
    expires_at: str = ""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a server tells of one model; *facts* is all of it, in its own words."""

    context_length: int = 0
    capabilities: tuple[str, ...] = ()
    facts: dict[str, Any] = {}


class Embedded(msgspec.Struct, frozen=True, kw_only=True):
    """One vector for each text, in their order."""

    vectors: list[list[float]]
    prompt_tokens: int = 0
    total_s: float | None = None
    load_s: float | None = None


class PullStatus(msgspec.Struct, frozen=True):
    """How far a download is. *digest* names the part that *completed* of *total* bytes are of."""

    status: str = ""
    digest: str = ""
    total: int = 0
    completed: int = 0


class EmbedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Texts to be turned into vectors, of so many *dimensions* if the model can."""

    model: str
    texts: list[str]
    dimensions: int | None = None
    truncate: bool | None = None
    keep_alive: str | float | None = None


class Client(Chat, Protocol):
    """One server. Whatever goes wrong is a `HostFailure`; a cancelled request is closed."""

    async def alive(self) -> None:
        """Return if the server answers anything."""
        ...

    async def models(self) -> list[Entry]:
        """Return what it has."""
        ...

    async def loaded(self) -> list[Loaded]:
        """Return what it has in memory."""
        ...

    async def show(self, model: str) -> Shown:
        """Return what it knows of one model."""
        ...

    async def embed(self, request: EmbedRequest) -> Embedded:
        """Turn texts into vectors."""
        ...

    def pull(self, model: str) -> AsyncGenerator[PullStatus]:
        """Have a model downloaded; to close the generator ends the download."""
        ...

    async def delete(self, model: str) -> None:
        """Remove a model from its disk."""
        ...
