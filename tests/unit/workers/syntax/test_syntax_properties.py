"""What holds for every text in every language."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol.tools.code_parse import Options
from protocol.tools.places import Range
from support.syntax_samples import KNOWN, outline_of, sample, symbols
from workers.parse.file_parser import parse_file
from workers.syntax.budget import Budget

languages = st.sampled_from(sorted(KNOWN))
noise = st.sampled_from(
    [b"(", b"}", b"'", b'"""', b"/*", b"#", b"\x00", b"\xff", b"\n", b"\r", b"\xc3\xa9"]
)
slow = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def damaged_samples(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with pieces cut out, repeated and put in."""
    language = draw(languages)
    code = sample(language)
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(code)))
        stop = start + draw(st.integers(0, 40))
        code = code[:start] + draw(st.one_of(noise, st.just(b""), st.just(code[:30]))) + code[stop:]
    return language, code


def _start(place: Range) -> tuple[int, int]:
    return place.start_line, place.start_column


def _end(place: Range) -> tuple[int, int]:
    return place.end_line, place.end_column


@slow
@given(damaged_samples())
def test_a_nested_symbol_lies_within_the_one_around_it(damaged: tuple[str, bytes]) -> None:
    around: dict[int, Range] = {}
    for row in outline_of(damaged[1], damaged[0]).rows:
        place = row.symbol.range
        assert _start(place) <= _end(place)
        if row.level:
            assert _start(around[row.level - 1]) <= _start(place)
            assert _end(place) <= _end(around[row.level - 1])
        around[row.level] = place


@slow
@given(damaged_samples(), st.sampled_from(["symbols", "tree", "summary"]))
def test_no_text_fails_and_its_counts_add_up(damaged: tuple[str, bytes], detail: str) -> None:
    language, code = damaged
    options = Options(detail=detail, depth=50)  # type: ignore[arg-type]

    file, items, _ = parse_file(None, language, code, options, Budget(10))

    assert file.lines.total == file.lines.code + file.lines.comment + file.lines.blank
    assert file.lines.total == code.count(b"\n") + (code[-1:] not in (b"", b"\n"))
    assert min(file.lines.code, file.lines.comment, file.lines.blank) >= 0
    assert len(file.errors) == min(file.error_count, 20)
    assert detail != "symbols" or len(items) == file.symbol_count
    assert detail != "symbols" or len(file.imports) == file.import_count


@slow
@given(languages, st.binary(max_size=200))
def test_random_bytes_get_an_answer_in_every_language(language: str, code: bytes) -> None:
    file, *_ = parse_file(None, language, code, Options(), Budget(10))

    assert file.language == language
    assert file.nodes >= 1


@slow
@given(languages, st.text(max_size=100))
def test_every_row_is_one_line_of_text(language: str, text: str) -> None:
    code = sample(language) + text.encode(errors="replace")
    for detail in ("symbols", "tree"):
        _, items, _ = parse_file(None, language, code, Options(detail=detail), Budget(10))
        assert all("\n" not in item.text for item in items)


@slow
@given(st.text(st.characters(codec="utf-8", exclude_characters='\r\n"\\'), max_size=30))
def test_columns_count_code_points(text: str) -> None:
    line = f'"{text}"; here = 1'

    (symbol,) = symbols(line, "python")

    place = symbol.range
    assert line[place.start_column - 1 : place.end_column - 1] == "here = 1"


def _text_at(code: bytes, place: Range) -> str:
    """Return what stands at *place*, counted as people count."""
    lines = code.decode("utf-8", "replace").split("\n")[place.start_line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.start_column - 1 :]
    return "\n".join(lines)


@pytest.mark.parametrize("language", KNOWN)
@pytest.mark.parametrize("change", ["as it is", "windows", "wide", "broken"])
def test_the_range_of_a_name_holds_the_name(language: str, change: str) -> None:
    """Also where lines end as on Windows, where characters are wide, and where some are broken."""
    code = sample(language)
    if change == "windows":
        code = code.replace(b"\n", b"\r\n")
    elif change == "wide":
        code = code.replace(b"sample", "Muster\N{PILE OF POO}é".encode())
    elif change == "broken":
        code = code.replace(b"sample", b"s\xff\xfemple")
    for row in outline_of(code, language).rows:
        symbol = row.symbol
        if symbol.name_range is None:
            continue
        said = " ".join(_text_at(code, symbol.name_range).split())
        if "\N{REPLACEMENT CHARACTER}" in said:
            assert symbol.name in said, symbol
            continue
        plain = said.replace("::", ".").replace("\\", ".")
        assert symbol.name.removeprefix("operator ") in (said, plain, f"~{said}", plain[9:]), symbol
        if symbol.kind not in ("variable", "constant", "field", "property", "rule"):
            assert _start(symbol.range) <= _start(symbol.name_range), symbol
            assert _end(symbol.name_range) <= _end(symbol.range), symbol
