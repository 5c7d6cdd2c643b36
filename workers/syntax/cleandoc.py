"""The indentation of documentation, taken off as `inspect.cleandoc` does it (PEP 257).

Here because `inspect` takes 4 ms to import, which the first answer after a start would wait for.
"""


def cleandoc(text: str) -> str:
    """Return *text* without the indentation that all lines but the first share, and without blank ends."""
    first, *rest = text.expandtabs().split("\n")
    indents = (len(line) - len(line.lstrip()) for line in rest if line.strip())
    margin = min(indents, default=0)
    return "\n".join([first.lstrip(), *(line[margin:] for line in rest)]).strip("\n")
