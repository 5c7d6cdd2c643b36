"""Every tool that can be called: our own, and those that third parties' workers offer while they are there.

Rule 1: a name belongs to the kind that offered it first, until that kind offers something else, even while
the kind is down; a built-in tool's name belongs to nobody else.
Rule 2: what a stranger says of a tool is checked here, once; what is kept can be listed and called as it is.
Rule 3: pure: no clock, no log. What was refused is returned, and not looked at again until it changes.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from coordinator.schemas.json_value import SchemaRefused
from protocol.errors import ToolcrewError
from protocol.hashing import blake2b
from protocol.tools.contract import Annotations, Contract
from protocol.worker.messages import ToolOffer

if TYPE_CHECKING:
    from coordinator.schemas.check import SchemaCheck

MOST_TOOLS: Final = 128
MOST_OFFERED_BYTES: Final = 1 << 20
MOST_OFFERED_PATTERNS: Final = 200
"""What one kind may offer; also, how long looking at it may hold everybody up."""

MOST_REFUSALS: Final = 10
"""After so many bad tools the others of the same kind are not looked at."""

LONGEST_DESCRIPTION: Final = 8192

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SHOWN = 60
_LONGEST_REASON = 300


class OfferedTool(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One tool of a third party, ready to be listed and called.

    *version* changes with anything that is said of the tool. What *is_repeatable* does no harm if it is done
    twice; the answers of what *is_cacheable* may be given again, to whoever asks the same.
    """

    name: str
    kind: str
    description: str
    version: str
    annotations: Annotations
    arguments: "SchemaCheck"
    result: "SchemaCheck | None"
    is_repeatable: bool
    is_cacheable: bool
    deadline_s: float


Tool = Contract | OfferedTool


class RefusedTool(msgspec.Struct, frozen=True):
    """A tool that is not taken, and why; *name* is cut and without control characters."""

    name: str
    reason: str


class _NotTaken(ToolcrewError):
    """One tool is not taken, and why."""


class _Offer(msgspec.Struct, frozen=True):
    """What one kind has offered, and what was taken.

    As long as *said* is the same there is nothing new: a digest of the tools, how many they were, and
    which names were others'.
    """

    said: tuple[bytes, int, frozenset[str]]
    tools: tuple[OfferedTool, ...]


class ToolRegistry:
    """All tools by name."""

    def __init__(self, built_in: Mapping[str, Contract]) -> None:
        self._built_in = dict(built_in)
        self._offers: dict[str, _Offer] = {}
        self._away: set[str] = set()
        self._all: dict[str, Tool] = dict(built_in)
        self._watchers: list[Callable[[], None]] = []

    def find(self, name: str) -> Tool | None:
        """Return a tool, also one whose workers are away: its calls are told so."""
        return self._all.get(name)

    def listed(self) -> list[Tool]:
        """Return the tools that there are now, in the order of their names."""
        return sorted(filter(self._is_here, self._all.values()), key=lambda tool: tool.name)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have *watcher* called whenever `listed` has changed."""
        self._watchers.append(watcher)

    def offer(self, kind: str, offers: Sequence[ToolOffer], deadline_s: float) -> list[RefusedTool]:
        """A worker of *kind* is ready and offers these; return what is newly refused."""
        taken = self._taken_by_others(kind)
        looked_at = _looked_at(offers)
        clashes = frozenset(offer.name for offer in looked_at if offer.name in taken)
        said = (_digest(looked_at), len(offers), clashes)
        known = self._offers.get(kind)
        if known is not None and known.said == said:
            if kind in self._away:
                self._away.discard(kind)
                self._tell()
            return []
        selection = _Selection(kind, deadline_s, taken)
        selection.take(offers)
        self._offers[kind] = _Offer(said, tuple(selection.tools.values()))
        self._away.discard(kind)
        self._rebuild()
        return selection.refused

    def withdraw(self, kind: str) -> None:
        """The workers of *kind* are away until one of them is ready again."""
        if kind in self._offers and kind not in self._away:
            self._away.add(kind)
            self._tell()

    def _is_here(self, tool: Tool) -> bool:
        return isinstance(tool, Contract) or tool.kind not in self._away

    def _taken_by_others(self, kind: str) -> dict[str, str]:
        """Return whose each name is, in words."""
        taken = dict.fromkeys(self._built_in, "it is a built-in tool")
        for other, offer in self._offers.items():
            if other != kind:
                taken |= {tool.name: f"kind {other} offers it already" for tool in offer.tools}
        return taken

    def _rebuild(self) -> None:
        offered = (tool for offer in self._offers.values() for tool in offer.tools)
        self._all = {**self._built_in, **{tool.name: tool for tool in offered}}
        self._tell()

    def _tell(self) -> None:
        for watcher in self._watchers:
            watcher()


class _Selection:
    """What is taken of one kind's offers."""

    def __init__(self, kind: str, deadline_s: float, taken: Mapping[str, str]) -> None:
        self.tools: dict[str, OfferedTool] = {}
        self.refused: list[RefusedTool] = []
        self._kind = kind
        self._deadline_s = deadline_s
        self._taken = taken
        self._patterns = 0

    def take(self, offers: Sequence[ToolOffer]) -> None:
        """Take what can be taken, in order."""
        if (size := sum(map(_size, _looked_at(offers)))) > MOST_OFFERED_BYTES:
            reason = f"all are refused: they add up to {size} bytes, more than {MOST_OFFERED_BYTES}"
            self.refused.append(RefusedTool("*", reason))
            return
        for number, offer in enumerate(offers):
            if len(self.refused) >= MOST_REFUSALS or len(self.tools) >= MOST_TOOLS:
                reason = f"{len(offers) - number} more are not looked at: too many before them"
                self.refused.append(RefusedTool("*", reason))
                return
            self._take(offer)

    def _take(self, offer: ToolOffer) -> None:
        try:
            self._require_name(offer.name)
            self.tools[offer.name] = self._checked(offer)
        except _NotTaken as reason:
            self.refused.append(RefusedTool(_tidy(offer.name, _SHOWN), str(reason)))

    def _require_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise _NotTaken("a name is 1 to 128 of A-Z, a-z, 0-9, _, . and -")
        if name in self.tools:
            raise _NotTaken("it is offered twice")
        if name in self._taken:
            raise _NotTaken(self._taken[name])

    def _checked(self, offer: ToolOffer) -> OfferedTool:
        return OfferedTool(
            name=offer.name,
            kind=self._kind,
            description=_tidy(offer.description, LONGEST_DESCRIPTION, kept="\n\t"),
            version=_digest([offer]).hex(),
            annotations=Annotations(
                read_only_hint=offer.read_only,
                destructive_hint=not offer.read_only,
                idempotent_hint=offer.idempotent,
                open_world_hint=True,
            ),
            arguments=self._schema("input schema", offer.input_schema),
            result=self._schema("output schema", offer.output_schema)
            if bytes(offer.output_schema) != b"null"
            else None,
            is_repeatable=offer.idempotent or offer.read_only,
            is_cacheable=offer.cacheable,
            deadline_s=self._deadline_s,
        )

    def _schema(self, which: str, raw: msgspec.Raw) -> "SchemaCheck":
        from coordinator.schemas.check import SchemaCheck  # noqa: PLC0415 - most servers have none

        try:
            check = SchemaCheck(raw)
        except SchemaRefused as refused:
            raise _NotTaken(f"{which}: {_tidy(str(refused), _LONGEST_REASON)}") from refused
        self._patterns += check.cost.patterns
        if self._patterns > MOST_OFFERED_PATTERNS:
            most = MOST_OFFERED_PATTERNS
            raise _NotTaken(f"{which}: the tools of a kind may have {most} patterns together")
        return check


def _looked_at(offers: Sequence[ToolOffer]) -> Sequence[ToolOffer]:
    """Return those that can have any part in what is taken."""
    return offers[: MOST_TOOLS + MOST_REFUSALS]


def _digest(offers: Iterable[ToolOffer]) -> bytes:
    digest = blake2b(digest_size=16)
    for offer in offers:
        digest.update(msgspec.json.encode(offer))
    return digest.digest()


def _size(offer: ToolOffer) -> int:
    schemas = len(offer.input_schema) + len(offer.output_schema)
    return len(offer.name) + len(offer.description) + schemas


def _tidy(text: str, longest: int, kept: str = "") -> str:
    """Return *text* without what would do something to a terminal or a log, and not too long."""
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(c if c.isprintable() or c in kept else " " for c in cut)
