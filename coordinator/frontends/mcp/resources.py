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


class Template(msgspec.Struct, frozen=True, rename="camel"):
    """What `resources/templates/list` says of many resources at once."""

    uri_template: str
    name: str
    title: str
    description: str
    mime_type: str = JSON_TYPE


class Library:
    """The resources of this server; each is read afresh."""

    def __init__(self) -> None:
        self._readers: dict[str, tuple[Resource, Callable[[], bytes]]] = {}
        self._families: dict[str, tuple[Template, Callable[[str], bytes]]] = {}

    def add(self, resource: Resource, read: Callable[[], bytes]) -> None:
        """Offer *resource*; *read* returns its JSON."""
        self._readers[resource.uri] = (resource, read)

    def add_template(self, template: Template, prefix: str, read: Callable[[str], bytes]) -> None:
        """Offer all resources whose URI begins with *prefix*; *read* returns the JSON of one.

        It raises `LookupError`, with a message, if there is no such resource.
        """
        self._families[prefix] = (template, read)

    def templates(self) -> list[Template]:
        """Return all."""
        return [template for template, _ in self._families.values()]

    def resources(self) -> list[Resource]:
        """Return all, in order of their URIs."""
        return [resource for _, (resource, _) in sorted(self._readers.items())]

    def read(self, speaker: Speaker, uri: str) -> dict[str, object]:
        """Return the members of a `resources/read` result.

        Raises:
            RpcError: there is no such resource; the code differs between the eras.
        """
        try:
            mime_type, text = self._read(uri)
        except LookupError as error:
            code = INVALID_PARAMS if speaker.is_modern else RESOURCE_NOT_FOUND_LEGACY
            why = f". {error.args[0]}" if error.args[0] else ""
            message = f"Unknown resource: {uri[:_LONGEST_URI]}{why}"
            raise RpcError(code, message, {"uri": uri[:_LONGEST_URI]}) from error
        return {"contents": [{"uri": uri, "mimeType": mime_type, "text": text.decode()}]}

    def _read(self, uri: str) -> tuple[str, bytes]:
        if uri in self._readers:
            resource, read = self._readers[uri]
            return resource.mime_type, read()
        for prefix, (template, read_one) in self._families.items():
            if uri.startswith(prefix):
                return template.mime_type, read_one(uri)
        raise LookupError("")
