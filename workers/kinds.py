"""The kinds of worker there are: each is a module with `TOOLS`, and perhaps `OFFERS`, `preload` and `warm`.

`preload` loads what no job can do without. `warm` is a generator that does the rest of what the first job
would pay for, in small steps, when there is time.
A kind of your own is any importable module of that shape, named in the configuration.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from protocol.worker.messages import ToolOffer
from workers.context import Tool

BUILT_IN: Final = {"parse": "workers.parse.kind", "analyze": "workers.analyze.kind"}


class Kind(msgspec.Struct, frozen=True):
    """One kind, loaded. *offers* describes the tools of a kind that the coordinator does not know."""

    name: str
    tools: Mapping[str, Tool]
    offers: tuple[ToolOffer, ...] = ()
    warm: Callable[[], Iterator[None]] | None = None


def load(name: str, module_name: str | None = None) -> Kind:
    """Import a kind and what its tools cannot do without.

    Raises:
        ImportError: there is no such module, or it cannot be imported.
        AttributeError: the module has no `TOOLS`.
    """
    module = importlib.import_module(module_name or BUILT_IN[name])
    preload: Callable[[], None] | None = getattr(module, "preload", None)
    if preload is not None:
        preload()
    return Kind(name, module.TOOLS, getattr(module, "OFFERS", ()), getattr(module, "warm", None))
