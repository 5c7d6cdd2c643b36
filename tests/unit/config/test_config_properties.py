"""Whatever is within bounds survives each way in, and whatever is not is refused in one line."""

import json
import os
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from coordinator.config import Loaded, describe, load
from coordinator.config.knobs import Knob, knobs
from protocol.errors import ConfigError

Scalar = str | float
Paths = tuple[str, ...]
# Tables come from a file alone, and a regular expression is not any text.
any_knob = st.sampled_from(
    [
        knob
        for knob in knobs().values()
        if not isinstance(knob.default, dict) and knob.key != "ollama.refusals"
    ]
)
# No surrogates, no NUL, no separator; and a tilde would be replaced on the way.
paths = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0:~"), min_size=1)


def within(knob: Knob) -> st.SearchStrategy[Any]:
    base, meta = get_args(knob.type)
    if get_origin(base) is Literal:
        return st.sampled_from(get_args(base))
    if get_origin(base) is tuple:
        return st.lists(paths, max_size=3).map(tuple)
    if base is str:
        return paths | st.just("")
    if base is bool:
        return st.booleans()
    if base is int:
        return st.integers(meta.ge, meta.le)
    return st.floats(meta.ge, meta.le) | st.sampled_from([meta.ge, meta.le])


def outside(knob: Knob) -> st.SearchStrategy[Any]:
    base, meta = get_args(knob.type)
    if get_origin(base) is Literal:
        return st.text(max_size=8).filter(lambda text: text not in get_args(base))
    if get_origin(base) is tuple:
        return st.sampled_from([("", "/a"), ("/a", ""), ("\0",)])
    if base is str:
        return st.just("a\0b")
    if base is bool:
        return st.integers().filter(lambda number: number not in {0, 1}) | st.just("yes")
    if base is int:
        return st.integers(max_value=meta.ge - 1) | st.integers(min_value=meta.le + 1)
    below = st.floats(max_value=meta.ge, exclude_max=True)
    above = st.floats(min_value=meta.le, exclude_min=True)
    return below | above | st.just(float("nan"))


def toml(value: Scalar | Paths) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        # TOML has the escapes of JSON, but takes no surrogate pairs and no bare DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def as_text(value: Scalar | Paths) -> str:
    return os.pathsep.join(value) if isinstance(value, tuple) else str(value)


def value_of(loaded: Loaded, key: str) -> object:
    (found,) = [setting.value for setting in describe(loaded) if setting.key == key]
    return found


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for all examples: each writes it anew."""
    return tmp_path_factory.mktemp("config") / "config.toml"


def write(file: Path, knob: Knob, value: Scalar | Paths) -> None:
    section, name = knob.key.split(".")
    file.write_bytes(f"[{section}]\n{name} = {toml(value)}\n".encode())


@given(st.data(), any_knob)
def test_a_value_within_bounds_survives_every_way_in(
    file: Path, data: st.DataObject, knob: Knob
) -> None:
    value = data.draw(within(knob))
    # The only two settings that depend on each other.
    assume(knob.key != "crew.backoff_base_s" or value <= 10)
    assume(knob.key != "crew.backoff_max_s" or value >= 0.1)
    write(file, knob, value)

    by_file = load({}, {}, str(file))
    by_variable = load({}, {"TOOLCREW_CONFIG": os.devnull, knob.variable: as_text(value)})
    by_flag = load({knob.key: as_text(value)}, {}, os.devnull)

    for loaded in (by_file, by_variable, by_flag):
        assert value_of(loaded, knob.key) == value
        given = {key for key, source in loaded.sources.items() if source != "default"}
        assert given == {knob.key}


@given(st.data(), any_knob)
def test_a_value_out_of_bounds_is_refused_by_every_way_in(
    file: Path, data: st.DataObject, knob: Knob
) -> None:
    value = data.draw(outside(knob))
    write(file, knob, value)

    refused({}, {}, file, knob)
    refused({}, {knob.variable: as_text(value)}, os.devnull, knob)
    refused({knob.key: as_text(value)}, {}, os.devnull, knob)


def refused(
    flags: dict[str, str], environ: dict[str, str], file: str | os.PathLike[str], knob: Knob
) -> None:
    with pytest.raises(ConfigError) as error:
        load(flags, environ, os.fspath(file))
    line = str(error.value)
    assert "\n" not in line
    assert f": {knob.key} must be {knob.expected}, not " in line


@given(st.data(), any_knob, st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_last_source_that_says_something_wins(
    file: Path, data: st.DataObject, knob: Knob, said: tuple[bool, bool, bool]
) -> None:
    in_file, in_environment, in_flags = said
    values = [data.draw(within(knob)) for _ in said]
    assume(not knob.key.startswith("crew.backoff"))
    file.write_bytes(b"")
    if in_file:
        write(file, knob, values[0])
    environ = {knob.variable: as_text(values[1])} if in_environment else {}
    flags = {knob.key: as_text(values[2])} if in_flags else {}

    loaded = load(flags, environ, str(file))

    spoken = [value for value, is_said in zip(values, said, strict=True) if is_said]
    assert value_of(loaded, knob.key) == ([knob.default, *spoken])[-1]


@example(knobs()["queue.size"], "\udce9")  # what becomes of a byte that is not UTF-8
@given(any_knob, st.text(st.characters(exclude_characters="\0"), max_size=12))
def test_any_text_is_taken_or_refused(knob: Knob, text: str) -> None:
    accepted_or_refused({knob.key: text}, os.devnull)


@given(st.binary(max_size=40) | st.text('[]{}"=.,\n crew1', max_size=30).map(str.encode))
def test_any_file_is_taken_or_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    accepted_or_refused({}, str(file))


def accepted_or_refused(flags: dict[str, str], file: str) -> None:
    try:
        load(flags, {}, file)
    except ConfigError as error:
        line = str(error)
        assert "\n" not in line, line
