"""From what a walk has counted to rows: one for each function, each type, and the file."""

from workers.analyze import formulas
from workers.analyze.documentation import has_comment, has_docstring
from workers.analyze.lexicon import Vocabulary, lexicon
from workers.analyze.line_map import LineMap
from workers.analyze.links import Links
from workers.analyze.model import (
    Abc,
    Documentation,
    FileMetrics,
    FunctionMetrics,
    Halstead,
    Lines,
    Maintainability,
    TypeMetrics,
)
from workers.analyze.place import Place
from workers.analyze.rollup import roll_up
from workers.analyze.table import (
    ASSIGNMENTS,
    BITS,
    BRANCHES,
    CONDITIONS,
    CYCLOMATIC,
    LOGICAL,
    NO_CONDITIONS,
)
from workers.analyze.units import Unit
from workers.syntax.source import Source

_MASK = (1 << BITS) - 1
_OWN_SELF = frozenset({b"self", b"cls"})


class Total:
    """What a type or a file has in all: packed counts, tokens, and its functions added up."""

    def __init__(self) -> None:
        self.counts = self.functions = self.code = 0
        self.documented = self.documentable = 0
        self.operators = self.operands = 0
        self.volume = 0.0
        self.distinct_operators = set[bytes]()
        self.distinct_operands = set[bytes]()

    def add(self, counts: int, tokens: Vocabulary) -> None:
        """Add what one unit has counted."""
        self.counts += counts
        self.operators += tokens.operators
        self.operands += tokens.operands
        self.distinct_operators.update(tokens.distinct_operators)
        self.distinct_operands.update(tokens.distinct_operands)

    def add_function(self, row: FunctionMetrics) -> None:
        """Add one of the functions to those that make the average."""
        self.functions += 1
        self.code += row.lines.code
        self.volume += row.halstead.volume

    def document(self, is_documented: bool) -> None:
        """Add one of what could be documented."""
        self.documentable += 1
        self.documented += is_documented

    def cyclomatic(self) -> int:
        """Return the paths of all functions, and the decisions outside them."""
        return count(self.counts, CYCLOMATIC) + self.functions

    def halstead(self) -> Halstead:
        """Return the software science of all tokens."""
        return formulas.halstead(
            len(self.distinct_operators), len(self.distinct_operands), self.operators, self.operands
        )

    def maintainability(self, code: int, volume: float) -> Maintainability:
        """Return the index of the average function, or, without any, that of the code itself."""
        if not self.functions:
            return formulas.maintainability(volume, self.cyclomatic(), code)
        n = self.functions
        return formulas.maintainability(self.volume / n, self.cyclomatic() / n, self.code / n)

    def documentation(self) -> Documentation:
        """Return how much of it says what it is for."""
        return Documentation(self.documented, self.documentable)


class Rows:
    """The rows of one walked source."""

    def __init__(self, place: Place, source: Source, language: str) -> None:
        self._place = place
        self._units = place.units
        self._source = source
        self._language = language
        self._rules = place.rules
        self._lines = LineMap(source.data, place.comments)
        self._tokens = self._vocabularies()
        self._totals = {id(unit): Total() for unit in place.units if unit.kind != "function"}
        self._by_name = {
            unit.defined.qualified_name: unit
            for unit in reversed(place.units)
            if unit.kind == "type" and unit.defined is not None
        }

    def _vocabularies(self) -> list[Vocabulary]:
        words = lexicon(self._language)
        assert words is not None
        return [words.vocabulary(b" ".join(unit.code), unit.literals) for unit in self._units]

    def file(self) -> FileMetrics:
        """Return the file's row, with all others in it."""
        units, links = self._units, Links(self._units, self._rules.constructs.implicit_self)
        for index in links.recursive():
            units[index].cognitive += 1
        roll_up(units, self._rules.constructs.sees_through)
        called, calls = links.fan_in(), links.fan_out()
        functions = [
            self._function(unit, self._tokens[index], called[index], calls[index])
            for index, unit in enumerate(units)
            if unit.kind == "function"
        ]
        others = [(i, unit) for i, unit in enumerate(units) if unit.kind != "function"]
        for index, unit in others:
            self._add_other(unit, self._tokens[index])
        return self._file(functions, [self._type(unit) for _, unit in others[1:]])

    def _containers(self, unit: Unit) -> list[Total]:
        """Return the totals that *unit* is part of: its own, those around, and its owner's."""
        found: list[Total] = []
        around: Unit | None = unit
        while around is not None:
            if around.kind != "function":
                found.append(self._totals[id(around)])
            around = around.outer
        defined = unit.defined
        owner = None if defined is None else self._by_name.get(defined.parent)
        if owner is not None and owner is not unit.outer and unit.outer is self._units[0]:
            owner.cognitive += unit.cognitive
            owner.nesting = max(owner.nesting, unit.nesting)
            found.append(self._totals[id(owner)])
        return found

    def _function(
        self, unit: Unit, tokens: Vocabulary, fan_in: int, fan_out: int
    ) -> FunctionMetrics:
        defined, counts = unit.defined, unit.counts
        assert defined is not None
        place = self._source.range_of(defined.outer)
        cyclomatic = count(counts, CYCLOMATIC) + 1
        lines = self._count(place.start_line, place.end_line, counts)
        tokens_of = formulas.halstead(
            len(tokens.distinct_operators),
            len(tokens.distinct_operands),
            tokens.operators,
            tokens.operands,
        )
        row = FunctionMetrics(
            name=defined.name,
            qualified_name=defined.qualified_name,
            kind=defined.kind,
            range=place,
            lines=lines,
            parameters=self._parameters(unit),
            nesting=unit.nesting,
            cyclomatic=cyclomatic,
            cognitive=unit.cognitive,
            halstead=tokens_of,
            maintainability=formulas.maintainability(tokens_of.volume, cyclomatic, lines.code),
            abc=_abc(counts),
            fan_in=fan_in,
            fan_out=fan_out,
            documented=self._is_documented(unit),
        )
        for total in self._containers(unit):
            total.add(counts, tokens)
            total.add_function(row)
            total.document(row.documented)
        return row

    def _add_other(self, unit: Unit, tokens: Vocabulary) -> None:
        for total in self._containers(unit):
            total.add(unit.counts, tokens)
            if unit.kind == "type":
                total.document(self._is_documented(unit))

    def _type(self, unit: Unit) -> TypeMetrics:
        defined, total = unit.defined, self._totals[id(unit)]
        assert defined is not None
        place = self._source.range_of(defined.outer)
        lines = self._count(place.start_line, place.end_line, total.counts)
        tokens = total.halstead()
        return TypeMetrics(
            name=defined.name,
            qualified_name=defined.qualified_name,
            kind=defined.kind,
            range=place,
            lines=lines,
            functions=total.functions,
            nesting=unit.nesting,
            cyclomatic=total.cyclomatic(),
            cognitive=unit.cognitive,
            halstead=tokens,
            maintainability=total.maintainability(lines.code, tokens.volume),
            abc=_abc(total.counts),
            documentation=total.documentation(),
            documented=self._is_documented(unit),
        )

    def _file(self, functions: list[FunctionMetrics], types: list[TypeMetrics]) -> FileMetrics:
        unit = self._units[0]
        total = self._totals[id(unit)]
        lines = self._count(1, self._lines.total, total.counts)
        tokens = total.halstead()
        return FileMetrics(
            language=self._language,
            lines=lines,
            nesting=unit.nesting,
            cyclomatic=total.cyclomatic(),
            cognitive=unit.cognitive,
            halstead=tokens,
            maintainability=total.maintainability(lines.code, tokens.volume),
            abc=_abc(total.counts),
            documentation=total.documentation(),
            functions=functions,
            types=types,
        )

    def _count(self, first: int, last: int, counts: int) -> Lines:
        total, code, comment, blank = self._lines.count(first, last)
        return Lines(total, code, comment, blank, count(counts, LOGICAL))

    def _parameters(self, unit: Unit) -> int:
        found = self._rules.constructs.parameters(unit.node)
        if found and unit.defined is not None and unit.defined.kind != "function":
            first = found[0]
            return len(found) - (self._source.data[first.start_byte : first.end_byte] in _OWN_SELF)
        return len(found)

    def _is_documented(self, unit: Unit) -> bool:
        data = self._source.data
        if self._rules.constructs.docstrings:
            return has_docstring(unit, data)
        return has_comment(unit, data, self._place.comments)


def _abc(counts: int) -> Abc:
    conditions = count(counts, CONDITIONS) - 2 * count(counts, NO_CONDITIONS)
    return formulas.abc(count(counts, ASSIGNMENTS), count(counts, BRANCHES), max(conditions, 0))


def count(counts: int, which: int) -> int:
    """Return one of the counts that are packed in *counts*."""
    return counts // which & _MASK
