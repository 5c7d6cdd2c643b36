"""`detail=outline`: short lines, the most important first when there is not room for all."""

import pytest

from protocol.tools.code_parse import Result
from support.code_parse_calls import ask
from support.syntax_samples import KNOWN, sample

CODE = """\
LIMIT = 1

class App:
    size = 1

    def run(self) -> None:
        def inner(): ...

    def _hidden(self) -> None: ...


def main() -> None: ...
"""


def lines(answer: Result) -> list[str]:
    return [line for file in answer.files for line in file.outline]


def test_an_outline_is_nested_numbered_and_short() -> None:
    text, answer = ask({"a.py": CODE}, detail="outline")

    assert text == (
        "a.py · 13 lines\n"
        "  1 LIMIT = 1\n"
        "  3-9 class App\n"
        "    4 size = 1\n"
        "    6-7 def run(self) -> None\n"
        "      7 def inner()\n"
        "    9 def _hidden(self) -> None\n"
        "  12 def main() -> None"
    ).replace("13 lines", f"{CODE.count(chr(10))} lines")
    assert lines(answer) == text.split("\n")[1:]


def test_depth_says_how_many_levels_there_are() -> None:
    _, answer = ask({"a.py": CODE}, detail="outline", depth=1)

    assert [line.split(" ", 3)[2] for line in lines(answer)] == ["1", "3-9", "12"]


def test_types_and_functions_stay_when_there_is_no_room_for_all() -> None:
    hidden = "".join(f"    def _hidden{number}(self) -> None: ...\n" for number in range(30))
    code = CODE.replace("    def _hidden(self) -> None: ...\n", hidden)
    files = {f"{number}.py": code for number in range(60)}

    text, answer = ask(files, detail="outline", max_chars=9_000)

    kept = [line.strip() for line in lines(answer)]
    assert sum("class App" in line for line in kept) == len(answer.files)
    assert sum("def main" in line for line in kept) == len(answer.files)
    assert sum("_hidden" in line for line in kept) < 30 * len(answer.files)
    assert "lesser lines left out" in (answer.hint or "")
    assert "more" in text


@pytest.mark.parametrize("language", KNOWN)
def test_every_language_has_an_outline_of_all_its_symbols(language: str) -> None:
    _, answer = ask(
        {"sample": sample(language)},
        language=language,
        detail="outline",
        depth=50,
        max_chars=400_000,
    )

    assert len(lines(answer)) == answer.totals.symbols
    assert all(line.strip()[0].isdigit() and len(line) < 300 for line in lines(answer))


def test_an_outline_of_a_file_full_of_symbols_is_no_longer_than_allowed() -> None:
    text, answer = ask({"a.py": "def f(): ...\n" * 12_000}, detail="outline", max_chars=4_000)

    assert len(text) <= 4_000
    assert answer.totals.symbols == 12_000
    assert answer.complete is False
