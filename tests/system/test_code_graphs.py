"""The graphs of a project through a real server: rings of imports, who calls whom, what nobody uses."""

from typing import Any

import pytest

from support.mcp_client import connected, structured, text_of
from support.sources import write
from support.starting import Starter

pytestmark = pytest.mark.anyio

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "import os\nfrom shop import prices\n\n\nclass Cart:\n    def total(self):\n"
    "        return prices.of(self)\n",
    "shop/prices.py": "from shop.cart import Cart\n\n\ndef of(cart: Cart):\n    return cart.total()\n\n\n"
    "def _old(cart):\n    return 0\n",
}


async def test_rings_calls_and_what_nobody_uses_are_found_across_files(start: Starter) -> None:
    write(start.project, FILES)
    async with connected(start, "auto") as client:

        async def ask(detail: str, path: str = "shop") -> tuple[dict[str, Any], str]:
            result = await client.call_tool("code_analyze", {"path": path, "detail": detail})
            return structured(result), text_of(result)

        imports, said = await ask("imports")
        calls, _ = await ask("calls")
        unused, _ = await ask("unused")
        alone, _ = await ask("unused", "shop/prices.py")

    assert imports["overview"]["cycles"] == [["shop/cart.py", "shop/prices.py"]]
    assert "cycle: shop/cart.py -> shop/prices.py -> shop/cart.py" in said
    assert [(row["caller"], row["callee"], row["certainty"]) for row in calls["calls"]] == [
        ("Cart.total", "of", "resolved"),
        ("of", "Cart.total", "resolved"),
    ]
    assert [(row["what"], row["name"]) for row in unused["unused"]] == [
        ("import", "os"),
        ("symbol", "_old"),
    ]
    assert "Only one file was given" in alone["overview"]["notes"][1]
