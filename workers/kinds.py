"""The kinds of worker there are: each is a module with `TOOLS`, and perhaps `OFFERS`, `preload` and `warm`.

One whose jobs mostly wait has `serving` instead of `TOOLS`, and runs many of them at once on one event loop.

`preload` loads what no job can do without. `warm` is a generator that does the rest of what the first job
would pay for, in small steps, when there is time.
A kind of your own is any importable module of that shape, named in the configuration.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from protocol.worker.messages import ToolOffer
from workers.context import Serving, Tool

BUILT_IN: Final = {
    "parse": "workers.parse.kind",
    "analyze": "workers.analyze.kind",
    "ollama": "workers.ollama.kind",
    "draft": "workers.draft.kind",
}


class Kind(msgspec.Struct, frozen=True):
    """One kind, loaded. *offers* describes the tools of a kind that the coordinator does not know.

    One that has *serving* has its tools from there, and takes *capacity* jobs at a time.
    """

    name: str
    tools: Mapping[str, Tool]
    offers: tuple[ToolOffer, ...] = ()
    warm: Callable[[], Iterator[None]] | None = None
    serving: Serving | None = None
    capacity: int = 1


def load(name: str, module_name: str | None = None) -> Kind:
    """Import a kind and what its tools cannot do without.

    Raises:
        ImportError: there is no such module, or it cannot be imported.
        AttributeError: the module has neither `TOOLS` nor `serving`.
    """
    module = importlib.import_module(module_name or BUILT_IN[name])
    preload: Callable[[], None] | None = getattr(module, "preload", None)
    if preload is not None:
        preload()
    offers = getattr(module, "OFFERS", ())
    if (serving := getattr(module, "serving", None)) is not None:
        return Kind(name, {}, offers, serving=serving, capacity=module.CAPACITY)
    return Kind(name, module.TOOLS, offers, getattr(module, "warm", None))
