"""What the properties of more than one file draw from."""

import json

from hypothesis import strategies as st

# JSON cannot carry lone surrogates in UTF-8, and msgspec refuses them escaped.
texts = st.text(st.characters(codec="utf-8"), max_size=20)
integers = st.integers() | st.integers(-3, 3)
scalars = (
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts
)

json_values = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(texts, children, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(texts, json_values, max_size=4)


@st.composite
def spellings(draw: st.DrawFn, value: object) -> bytes:
    """Spell *value* as JSON in one of several ways: escaped or not, with layout or without."""
    separators = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :\r")]))
    return json.dumps(value, ensure_ascii=draw(st.booleans()), separators=separators).encode()


@st.composite
def damaged(draw: st.DrawFn, lines: st.SearchStrategy[bytes]) -> bytes:
    """Draw a line with a few bytes changed, cut out or put in."""
    line = bytearray(draw(lines))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(line)))
        line[start : start + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(line)
