"""A treemap as PNG, drawn by Pillow, which comes with the extra `reports`."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from coordinator.reports.treemap import HEIGHT, WIDTH, Legend, Tile

_SCALE = 2
"""Pixels for each unit of the map, so that it is sharp on fine screens."""

_LEGEND_STEP = 150


def write_png(path: Path, tiles: Iterable[Tile], legend: Iterable[Legend], title: str) -> None:
    """Draw the map and write it to *path*.

    Raises:
        OSError: it cannot be written.
    """
    image = Image.new("RGB", (int(WIDTH * _SCALE), int(HEIGHT * _SCALE)), "#ffffff")
    draw = ImageDraw.Draw(image)
    small = ImageFont.load_default(11 * _SCALE)
    draw.text((4 * _SCALE, 8 * _SCALE), title, fill="#222222", font=ImageFont.load_default(28))
    for number, entry in enumerate(reversed(list(legend))):
        x = WIDTH - (number + 1) * _LEGEND_STEP
        _box(draw, (x, 10.0, x + 14.0, 24.0), entry.colour)
        draw.text(_scaled(x + 20, 11), entry.meaning, fill="#222222", font=small)
    for tile in tiles:
        x, y, width, height = tile.box
        _box(draw, (x, y, x + width, y + height), tile.colour)
        if tile.label:
            colour = "#ffffff" if tile.is_dark else "#222222"
            draw.text(_scaled(x + 3, y + 2), tile.label, fill=colour, font=small)
    image.save(path, "PNG")


def _scaled(x: float, y: float) -> tuple[float, float]:
    return (x * _SCALE, y * _SCALE)


def _box(draw: ImageDraw.ImageDraw, corners: tuple[float, float, float, float], fill: str) -> None:
    left, top, right, bottom = (corner * _SCALE for corner in corners)
    if right - left >= 1 and bottom - top >= 1:
        draw.rectangle((left, top, right, bottom), fill=fill, outline="#666666")
