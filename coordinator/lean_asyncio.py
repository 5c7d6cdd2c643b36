"""`asyncio` without TLS, which a server on stdio has no use for: OpenSSL is 7 ms and 5 MB.

`asyncio` goes without it where Python was built without it; so it is told that this is such a Python. Whoever
imports `ssl` later gets it.
"""

import sys

_is_hidden = "asyncio" not in sys.modules and "ssl" not in sys.modules
if _is_hidden:
    sys.modules["ssl"] = None  # type: ignore[assignment]

from asyncio import run  # noqa: E402 - see above

if _is_hidden:
    del sys.modules["ssl"]

__all__ = ["run"]
