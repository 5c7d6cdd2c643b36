"""Texts with parts that are generated: what stands between two markers is replaced."""

from typing import NamedTuple


class MarkersMissing(Exception):
    """A text has no place for what is generated."""


class Block(NamedTuple):
    """The place of that *name*."""

    name: str

    @property
    def begin(self) -> str:
        return f"<!-- {self.name}:begin -->"

    @property
    def end(self) -> str:
        return f"<!-- {self.name}:end -->"

    def read(self, text: str) -> str:
        """Return what stands there.

        Raises:
            MarkersMissing: *text* does not have both markers once, in their order.
        """
        return self._parts(text)[1].strip()

    def replace(self, text: str, between: str) -> str:
        """Return *text* with *between* there.

        Raises:
            MarkersMissing: *text* does not have both markers once, in their order.
        """
        before, _, after = self._parts(text)
        return f"{before}{self.begin}\n{between.strip()}\n{self.end}{after}"

    def _parts(self, text: str) -> tuple[str, str, str]:
        before, _, rest = text.partition(self.begin)
        between, _, after = rest.partition(self.end)
        if text.count(self.begin) != 1 or text.count(self.end) != 1 or self.end in before:
            raise MarkersMissing(f"{self.begin} and {self.end} must be there once, in this order")
        return before, between, after
