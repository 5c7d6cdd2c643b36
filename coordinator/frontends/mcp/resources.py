"""What can be read as a resource: the server's metrics and its effective configuration, as JSON."""

from collections.abc import Callable

import msgspec

from protocol.jsonrpc import INVALID_PARAMS, RpcError
from protocol.mcp.versions import RESOURCE_NOT_FOUND_LEGACY, Speaker

JSON_TYPE = "application/json"
_LONGEST_URI = 2000


class Resource(msgspec.Struct, frozen=True, rename="camel"):
    """What `resources/list` says of one resource."""

    uri: str
    name: str
    title: str
    description: str
    mime_type: str = JSON_TYPE


class Library:
    """The resources of this server; each is read afresh."""

    def __init__(self) -> None:
        self._readers: dict[str, tuple[Resource, Callable[[], bytes]]] = {}

    def add(self, resource: Resource, read: Callable[[], bytes]) -> None:
        """Offer *resource*; *read* returns its JSON."""
        self._readers[resource.uri] = (resource, read)

    def resources(self) -> list[Resource]:
        """Return all, in order of their URIs."""
        return [resource for _, (resource, _) in sorted(self._readers.items())]

    def read(self, speaker: Speaker, uri: str) -> dict[str, object]:
        """Return the members of a `resources/read` result.

        Raises:
            RpcError: there is no such resource; the code differs between the eras.
        """
        if uri not in self._readers:
            code = INVALID_PARAMS if speaker.is_modern else RESOURCE_NOT_FOUND_LEGACY
            raise RpcError(code, f"Unknown resource: {uri}", {"uri": uri[:_LONGEST_URI]})
        resource, read = self._readers[uri]
        content = {"uri": uri, "mimeType": resource.mime_type, "text": read().decode()}
        return {"contents": [content]}
