"""What makes the results that are kept: the code of the tools, the grammars, the interpreter.

Rule: whatever could make the same file give another result is digested here, so that results from
before an upgrade, or from before an edit of our own sources, are never found again.
"""

import os
import sys
from collections.abc import Iterable, Iterator

from protocol.hashing import blake2b

IDENTITY_BYTES = 32
_GRAMMARS = ("tree_sitter", "tree-sitter")
_METADATA = (".dist-info", ".egg-info")


def identity_of(version: str, folders: Iterable[str], search_path: Iterable[str]) -> bytes:
    """Digest *version*, the Python sources below *folders*, and the grammars on *search_path*.

    Raises:
        OSError: the sources cannot be looked at.
    """
    lines = [version, sys.version, *_sources(folders), *sorted(set(_grammars(search_path)))]
    text = "\0".join(lines).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=IDENTITY_BYTES).digest()


def _grammars(search_path: Iterable[str]) -> Iterator[str]:
    """Yield each grammar with its version, as the folder of its metadata is called.

    `importlib.metadata` would say the same, but takes 40 ms to import and opens a file for each.
    """
    for folder in search_path:
        try:
            names = os.listdir(folder or ".")
        except OSError:  # an archive, or nothing at all
            continue
        yield from (name for name in names if name.endswith(_METADATA) and _is_grammar(name))


def _is_grammar(name: str) -> bool:
    return name.lower().startswith(_GRAMMARS)


def _sources(folders: Iterable[str]) -> Iterator[str]:
    """Yield name, size and time of each source: their contents need not be read."""
    for top in folders:
        for folder, below, names in os.walk(top, onerror=_give_up):
            below.sort()
            for name in sorted(name for name in names if name.endswith(".py")):
                path = os.path.join(folder, name)
                seen = os.stat(path)
                yield f"{os.path.relpath(path, top)}:{seen.st_size}:{seen.st_mtime_ns}"


def _give_up(error: OSError) -> None:
    raise error
