"""The page that strangers read: its blocks, by language, so that tests can hold it to what it says."""

import re
from collections.abc import Iterator
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> Iterator[str]:
    """Yield every block in *language*, without its indentation."""
    page = (DOCS / "worker-protocol.md").read_text()
    for indentation, found, block in _BLOCK.findall(page):
        if found == language:
            yield re.sub(f"^{indentation}", "", block, flags=re.MULTILINE)
