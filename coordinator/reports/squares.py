"""How a rectangle is divided so that every part has its share of the area and none is a mere stripe.

The squarified treemap of M. Bruls, K. Huizing and J. van Wijk, "Squarified Treemaps", 2000: parts are laid
along the shorter side, the largest first, as long as that makes the row's parts more square.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle: its upper left corner, its width and its height, in whatever unit."""

    x: float
    y: float
    width: float
    height: float

    def inside(self, *, top: float, margin: float) -> "Box":
        """Return what is left within a *margin* and below a band at the *top*; it may be empty."""
        return Box(
            self.x + margin,
            self.y + top,
            max(0.0, self.width - 2 * margin),
            max(0.0, self.height - top - margin),
        )


def divide(box: Box, sizes: Sequence[float]) -> list[Box]:
    """Divide *box* among parts of *sizes*, none of them negative, which are in descending order."""
    total = sum(sizes)
    if total <= 0 or box.width <= 0 or box.height <= 0:
        return [Box(box.x, box.y, 0.0, 0.0) for _ in sizes]
    scale = box.width / total * box.height
    areas = [size * scale for size in sizes]
    boxes: list[Box] = []
    start = 0
    while start < len(areas):
        end = _row_end(areas, start, min(box.width, box.height))
        placed, box = _lay(box, areas[start:end])
        boxes += placed
        start = end
    return boxes


def _row_end(areas: Sequence[float], start: int, side: float) -> int:
    """Return where the row that begins at *start* had better end."""
    end, total = start + 1, areas[start]
    worst = _worst(areas[start], areas[start], total, side)
    while end < len(areas):
        longer = total + areas[end]
        following = _worst(areas[start], areas[end], longer, side)
        if following > worst:
            break
        worst, total, end = following, longer, end + 1
    return end


def _worst(largest: float, least: float, total: float, side: float) -> float:
    """Return the highest ratio of two sides in a row along *side*; the lower the more square."""
    if least <= 0 or side <= 0:
        return float("inf")
    thickness = total / side
    return max(thickness * thickness / least, largest / (thickness * thickness))


def _lay(box: Box, areas: Iterable[float]) -> tuple[list[Box], Box]:
    """Lay a row along the shorter side; return its parts and the rest of *box*."""
    row = list(areas)
    total = sum(row)
    boxes: list[Box] = []
    if min(box.width, box.height) <= 0:  # nothing is left, but parts without a size
        return [Box(box.x, box.y, 0.0, 0.0) for _ in row], box
    if box.width >= box.height:
        thickness = min(box.width, total / box.height)
        y = box.y
        for area in row:
            height = area / thickness if thickness else 0.0
            boxes.append(Box(box.x, y, thickness, height))
            y += height
        return boxes, Box(box.x + thickness, box.y, box.width - thickness, box.height)
    thickness = min(box.height, total / box.width)
    x = box.x
    for area in row:
        width = area / thickness if thickness else 0.0
        boxes.append(Box(x, box.y, width, thickness))
        x += width
    return boxes, Box(box.x, box.y + thickness, box.width, box.height - thickness)
