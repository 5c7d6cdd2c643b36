"""The protocol's versions, and to which era a message belongs.

The handshake versions agree on one version for the connection; the modern one declares it on every request.
A client may speak both on one connection, so the era is a property of a message.
Source: modelcontextprotocol.io, specification, revisions named by their dates.
"""

from typing import Final

import msgspec

from protocol.mcp.handshake import HANDSHAKE_VERSIONS

MODERN: Final = "2026-07-28"
MODERN_VERSIONS: Final = (MODERN,)
BATCHING: Final = "2025-03-26"
"""The one version that knows JSON-RPC batches."""

STRUCTURED_SINCE: Final = "2025-06-18"
"""The first version in which a result may carry `structuredContent`; dates compare as strings."""

HEADER_MISMATCH: Final = -32020
"""HTTP only: a header says something else than the body."""

MISSING_CAPABILITY: Final = -32021
"""For a tool that needs something of its client; none of ours does."""

UNSUPPORTED_VERSION: Final = -32022
RESOURCE_NOT_FOUND_LEGACY: Final = -32002


class Meta(msgspec.Struct, frozen=True):
    """The keys of a request's `_meta` that mean something to us."""

    version: msgspec.UnsetType | str = msgspec.field(
        name="io.modelcontextprotocol/protocolVersion", default=msgspec.UNSET
    )
    capabilities: msgspec.UnsetType | dict[str, msgspec.Raw] = msgspec.field(
        name="io.modelcontextprotocol/clientCapabilities", default=msgspec.UNSET
    )
    log_level: msgspec.UnsetType | str = msgspec.field(
        name="io.modelcontextprotocol/logLevel", default=msgspec.UNSET
    )
    progress_token: msgspec.UnsetType | str | int = msgspec.field(
        name="progressToken", default=msgspec.UNSET
    )
    traceparent: msgspec.UnsetType | str = msgspec.UNSET
    priority: msgspec.UnsetType | str = msgspec.field(
        name="toolcrew/priority", default=msgspec.UNSET
    )


class Speaker(msgspec.Struct, frozen=True):
    """In which version a message was said, and therefore how its answer must look."""

    version: str
    is_modern: bool

    def has_structured_content(self) -> bool:
        """Tell whether this version knows `structuredContent` and `outputSchema`."""
        return self.version >= STRUCTURED_SINCE


MODERN_SPEAKER: Final = Speaker(MODERN, is_modern=True)
HANDSHAKE_SPEAKERS: Final = {v: Speaker(v, is_modern=False) for v in HANDSHAKE_VERSIONS}
