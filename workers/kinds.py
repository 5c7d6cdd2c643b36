"""The kinds of worker there are: each is a module with `TOOLS`, and perhaps `OFFERS` and `preload`.

A kind of your own is any importable module of that shape, named in the configuration.
"""

import importlib
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from protocol.worker.messages import ToolOffer
from workers.context import Tool

BUILT_IN: Final = {"parse": "workers.parse.kind"}


class Kind(msgspec.Struct, frozen=True):
    """One kind, loaded. *offers* describes the tools of a kind that the coordinator does not know."""

    name: str
    tools: Mapping[str, Tool]
    offers: tuple[ToolOffer, ...]


def load(name: str, module_name: str | None = None) -> Kind:
    """Import a kind and all that its tools will need, so that the first job costs what the others do.

    Raises:
        ImportError: there is no such module, or it cannot be imported.
        AttributeError: the module has no `TOOLS`.
    """
    module = importlib.import_module(module_name or BUILT_IN[name])
    preload: Callable[[], None] | None = getattr(module, "preload", None)
    if preload is not None:
        preload()
    return Kind(name, module.TOOLS, getattr(module, "OFFERS", ()))
