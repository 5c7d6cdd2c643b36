"""What the server says of itself, and its answer to `initialize`, as JSON: the same for every client.

It is JSON already, and no module is needed for it, because it is sent before there is time to import one.
"""

from coordinator.version import __version__
from protocol.mcp.handshake import negotiate

SERVER_INFO = f'{{"name":"toolcrew","title":"Toolcrew","version":"{__version__}"}}'.encode()

CAPABILITIES = (
    b'{"tools":{"listChanged":true},"prompts":{"listChanged":false},'
    b'"resources":{"subscribe":false,"listChanged":false},"completions":{},"logging":{}}'
)

INSTRUCTIONS = (
    b'"Toolcrew runs code tools in supervised worker processes. code_parse reads files, folders or '
    b"snippets and returns symbols, imports, syntax errors and counts, and finds code by patterns; "
    b"code_analyze returns metrics, findings, duplicates, call and import graphs, and what has "
    b"changed. Prefer paths over pasting code, begin with detail=summary on large folders, and "
    b"read on with cursor. Repeated questions are answered from a cache. The ollama tools hand "
    b'work to local models; the draft tools edit copies of files and write them back when told to."'
)


def greet(requested: str) -> tuple[str, bytes]:
    """Return the version that is agreed on when *requested* is, and the result of the handshake."""
    version = negotiate(requested)
    result = b'{"protocolVersion":"%b","capabilities":%b,"serverInfo":%b,"instructions":%b}' % (
        version.encode(),
        CAPABILITIES,
        SERVER_INFO,
        INSTRUCTIONS,
    )
    return version, result
