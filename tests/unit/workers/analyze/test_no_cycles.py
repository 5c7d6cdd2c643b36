"""What is measured is let go at once: a cycle would keep its tree until the next collection."""

import gc

import pytest

from workers.analyze.measure import measure_file
from workers.syntax.budget import Budget

_SOURCES = {
    "python": b"class A:\n    def b(self):\n        def c():\n            self.b()\n        return c\n",
    "javascript": b"class A { b() { const c = () => { if (x && y) this.b(); }; return c; } }\n",
    "go": b"package a\n\nfunc (t *T) A() {\n\tfor {\n\t\tt.A()\n\t}\n}\n",
}


@pytest.mark.parametrize("language", _SOURCES)
def test_measuring_leaves_nothing_to_collect(language: str) -> None:
    measure_file(_SOURCES[language], language, Budget(10))  # what is made on first use
    gc.collect()
    gc.disable()
    try:
        measure_file(_SOURCES[language], language, Budget(10))

        assert gc.collect() == 0
    finally:
        gc.enable()
