"""A treemap as SVG, readable without scripts or fonts of its own; pointing at a tile says what it is."""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from coordinator.reports.treemap import HEIGHT, WIDTH, Legend, Tile

_LEGEND_STEP = 150


def svg(tiles: Iterable[Tile], legend: Iterable[Legend], title: str) -> Iterator[str]:
    """Yield the lines of the document."""
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" '
        f'font-family="sans-serif" font-size="11" role="img">'
    )
    yield f"<title>{_text(title)}</title>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    yield f'<text x="4" y="21" font-size="14">{_text(title)}</text>'
    for number, entry in enumerate(reversed(list(legend))):
        x = WIDTH - (number + 1) * _LEGEND_STEP
        yield f'<rect x="{x:g}" y="10" width="14" height="14" fill="{entry.colour}" stroke="#666666"/>'
        yield f'<text x="{x + 20:g}" y="21">{_text(entry.meaning)}</text>'
    for tile in tiles:
        yield _tile(tile)
    yield "</svg>"


def _tile(tile: Tile) -> str:
    x, y, width, height = tile.box
    colour = "#ffffff" if tile.is_dark else "#222222"
    weight = ' font-weight="bold"' if tile.is_folder else ""
    label = (
        f'<text x="{x + 3:.1f}" y="{y + 12:.1f}" fill="{colour}"{weight}>{_text(tile.label)}</text>'
        if tile.label
        else ""
    )
    return (
        f'<g><title>{_text(tile.title)}</title><rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" '
        f'height="{height:.1f}" fill="{tile.colour}" stroke="#666666" stroke-width="0.5"/>{label}</g>'
    )


def _text(text: str) -> str:
    """Return *text* as XML can hold it: no control characters and no halves of surrogate pairs."""
    clean = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return escape(clean)
