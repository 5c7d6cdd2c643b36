"""What holds of every graph: order does not matter, facts stay small, and nothing breaks them."""

import random
import time
from types import ModuleType

import msgspec
import pytest

from support.graphs import combined, facts, overview
from workers.analyze.graph import calls, imports, unused
from workers.context import JobCancelled

DETAILS = (imports, calls, unused)
FILES = {
    "p/__init__.py": "from .a import f\n",
    "p/a.py": "from . import b\nimport os\ndef f(): return b.g()\ndef _gone(): pass\n",
    "p/b.py": "from p import a\ndef g(): return a.f()\n",
    "q.js": 'import { h } from "./r";\nexport function k() { h(); }\nfunction gone() {}\n',
    "r.js": 'import { k } from "./q";\nexport const h = () => k();\n',
}
HOSTILE: dict[str, str] = {
    "empty.py": "",
    "nul.py": "import a\0b\ndef f(\0): g(\0)\n",
    "open.py": "def f(" * 3000,
    "deep.py": "x = " + "(" * 3000 + "1" + ")" * 3000,
    "strings.py": '"""' + "\\" * 5000 + "\n" + "'''" * 500,
    "regex.js": "x = /" + "a" * 20000 + "\n" + "/[" * 5000,
    "template.js": "`${" * 3000,
    "line.js": "f(a.b.c);" * 20000,
    "dots.py": "a" + ".b" * 30000 + "()\n",
    "calls.py": "f(" * 2000 + ")" * 2000,
    "names.py": "import os\n" + "xos(1)\n" * 5000,
    "raw.rs": 'r#"' * 1500,
    "types.java": "A<" * 5000 + "> x;",
    "chain.java": "a." * 20000 + "A b;",
    "begin.rb": "=begin\n" * 500,
    "verbatim.cs": '@"' * 5000,
    "broken.go": 'package p\nfunc (s *S f( {\nimport "x\n',
    "broken.php": "<?php use A\\{B, C; class { private function",
    "half.py": "from . import\nimport\nfrom import x\nclass C(\n def _f(self: g(",
    "letters.py": "def \u00fcber(\u00e4: \u00d6l):\n    \u00e4.\u00dfx()\n    \u00fcber(1)\n",
}


def _rows(detail: ModuleType, files: dict[str, str]) -> list[str]:
    return sorted(item.text for item in combined(detail, files).rows)


@pytest.mark.parametrize("detail", DETAILS, ids=lambda each: each.__name__.rpartition(".")[2])
def test_the_order_of_files_changes_no_row(detail: ModuleType) -> None:
    names = list(FILES)
    expected, said = _rows(detail, FILES), overview(combined(detail, FILES))
    for seed in range(5):
        random.Random(seed).shuffle(names)
        files = {name: FILES[name] for name in names}

        assert _rows(detail, files) == expected
        assert overview(combined(detail, files)) == said
    assert expected


@pytest.mark.parametrize("detail", DETAILS, ids=lambda each: each.__name__.rpartition(".")[2])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sources_cost_little_and_break_nothing(name: str, detail: ModuleType) -> None:
    start = time.process_time()

    combined(detail, {name: HOSTILE[name]})

    assert time.process_time() - start < 10


@pytest.mark.parametrize("detail", DETAILS, ids=lambda each: each.__name__.rpartition(".")[2])
def test_facts_of_a_large_file_stay_small(detail: ModuleType) -> None:
    body = "".join(
        f"import m{n}\ndef _f{n}(x):\n    g{n}(x.y{n}())\n    _f{n}(1)\n" for n in range(4000)
    )

    found = facts(detail, "a.py", body)

    assert len(bytes(found.facts)) < 200_000


@pytest.mark.parametrize("detail", DETAILS, ids=lambda each: each.__name__.rpartition(".")[2])
def test_a_cancelled_job_stops(detail: ModuleType) -> None:
    files = {f"a{n}.py": f"import a{n + 1}\n" for n in range(600)}

    with pytest.raises(JobCancelled):
        combined(detail, files, patience=1)


def test_the_work_of_combining_grows_no_faster_than_the_files() -> None:
    code = (
        "import os\nfrom pkg.m{} import f\ndef g():\n    f()\n    x.turn()\ndef turn(self): g()\n"
    )
    files = {f"pkg/m{n}.py": code.format((n + 1) % 2000) for n in range(2000)}
    for detail in DETAILS:
        every = [facts(detail, path, text) for path, text in files.items()]
        start = time.process_time()

        found = detail.combine(every, None, _Patient())

        assert time.process_time() - start < 6
        assert msgspec.json.decode(found.overview)


class _Patient:
    @staticmethod
    def cancelled() -> bool:
        return False
