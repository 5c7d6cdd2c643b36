"""From what a walk has counted to rows: one for each function, each type, and the file."""

from protocol.tools.code_metrics import Abc, Documentation, Halstead, Lines, Maintainability
from workers.analyze import formulas
from workers.analyze.documentation import has_comment, has_docstring
from workers.analyze.lexicon import Tokens, lexicon
from workers.analyze.line_map import LineMap
from workers.analyze.links import Links
from workers.analyze.model import FileMetrics, FunctionMetrics, TypeMetrics
from workers.analyze.rollup import roll_up
from workers.analyze.table import (
    ASSIGNMENTS,
    BITS,
    BRANCHES,
    CONDITIONS,
    CYCLOMATIC,
    LOGICAL,
    NO_CONDITIONS,
    Table,
)
from workers.analyze.text import Text
from workers.analyze.units import Unit
from workers.syntax.budget import Budget
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
        self.words = set[bytes]()
        self.signs = set[bytes]()
        self.literals = set[bytes]()

    def add(self, counts: int, tokens: Tokens) -> None:
        """Add what one unit has counted."""
        self.counts += counts
        self.operators += tokens.operators
        self.operands += tokens.operands
        self.words |= tokens.words
        self.signs |= tokens.signs
        self.literals |= tokens.literals

    def add_function(self, row: FunctionMetrics) -> None:
        """Add one of the functions to those that make the average."""
        self.functions += 1
        self.code += row.lines.code
        self.volume += row.halstead.volume
        self.documentable += 1
        self.documented += row.documented

    def add_all(self, inner: "Total") -> None:
        """Add all that *inner* has."""
        self.add(inner.counts, inner.tokens())
        self.functions += inner.functions
        self.code += inner.code
        self.volume += inner.volume
        self.documentable += inner.documentable
        self.documented += inner.documented

    def tokens(self) -> Tokens:
        """Return the tokens of all units."""
        return Tokens(self.operators, self.operands, self.words, self.signs, self.literals)

    def cyclomatic(self) -> int:
        """Return the paths of all functions, and the decisions outside them."""
        return _count(self.counts, CYCLOMATIC) + self.functions

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
    """The rows of one source."""

    def __init__(
        self, units: list[Unit], links: Links, text: Text, source: Source, rules: Table
    ) -> None:
        self._units = units
        self._links = links
        self._source = source
        self._constructs = rules.constructs
        self._comments = text.comments
        self._lexicon = lexicon(rules.language)
        self._language = rules.language
        self._lines = LineMap(source.data, text.comments)
        self._tokens = [self._lexicon.tokens(*text.own(unit.spans)) for unit in units]
        self._totals = {id(unit): Total() for unit in self._units if unit.kind != "function"}
        self._types = {
            unit.defined.qualified_name: unit
            for unit in reversed(self._units)
            if unit.kind == "type" and unit.defined is not None
        }

    def file(self, budget: Budget) -> FileMetrics:
        """Return the file's row, with all others in it.

        Raises:
            CallRefused: the budget is spent.
            JobCancelled: nobody waits any more.
        """
        units, links = self._units, self._links
        for index in links.recursive():
            units[index].cognitive += 1
        roll_up(units, self._constructs.sees_through)
        called, calls = links.fan_in(), links.fan_out()
        rows = {
            index: self._function(unit, self._tokens[index], called[index], calls[index])
            for index, unit in enumerate(units)
            if unit.kind == "function"
        }
        self._add_up(rows, budget)
        types = [self._type(unit) for unit in units if unit.kind == "type"]
        return self._file([*rows.values()], types)

    def _add_up(self, rows: dict[int, FunctionMetrics], budget: Budget) -> None:
        """Add functions to their types or the file, and types to what is around them."""
        for index, row in rows.items():
            total = self._total_around(self._units[index])
            total.add(self._units[index].counts, self._tokens[index])
            total.add_function(row)
        for index in range(len(self._units) - 1, -1, -1):
            unit = self._units[index]
            if unit.kind == "function":
                continue
            budget.check()  # types in types in types have much to add
            total = self._totals[id(unit)]
            total.add(unit.counts, self._tokens[index])
            if unit.kind == "type":
                total.documentable += 1
                total.documented += self._is_documented(unit)
                self._total_around(unit).add_all(total)

    def _total_around(self, unit: Unit) -> Total:
        """Return the total of the type or file that *unit* is part of, by its place or by its name."""
        file = self._units[0]
        if unit.outer is file and unit.defined is not None:
            owner = self._types.get(unit.defined.parent)
            if owner is not None and owner is not unit:
                owner.cognitive += unit.cognitive
                owner.nesting = max(owner.nesting, unit.nesting)
                return self._totals[id(owner)]
        return self._totals[id(unit.holder)]

    def _function(self, unit: Unit, tokens: Tokens, fan_in: int, fan_out: int) -> FunctionMetrics:
        defined, counts = unit.defined, unit.counts
        assert defined is not None
        place = self._source.range_of(defined.outer)
        cyclomatic = _count(counts, CYCLOMATIC) + 1
        lines = self._count(place.start_line, place.end_line, counts)
        halstead = self._halstead(tokens)
        return FunctionMetrics(
            name=defined.name,
            qualified_name=defined.qualified_name,
            kind=defined.kind,
            range=place,
            lines=lines,
            parameters=self._parameters(unit),
            nesting=unit.nesting,
            cyclomatic=cyclomatic,
            cognitive=unit.cognitive,
            halstead=halstead,
            maintainability=formulas.maintainability(halstead.volume, cyclomatic, lines.code),
            abc=_abc(counts),
            fan_in=fan_in,
            fan_out=fan_out,
            documented=self._is_documented(unit),
        )

    def _halstead(self, tokens: Tokens) -> Halstead:
        operators, operands = self._lexicon.distinct(tokens)
        return formulas.halstead(operators, operands, tokens.operators, tokens.operands)

    def _type(self, unit: Unit) -> TypeMetrics:
        defined, total = unit.defined, self._totals[id(unit)]
        assert defined is not None
        place = self._source.range_of(defined.outer)
        lines = self._count(place.start_line, place.end_line, total.counts)
        halstead = self._halstead(total.tokens())
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
            halstead=halstead,
            maintainability=total.maintainability(lines.code, halstead.volume),
            abc=_abc(total.counts),
            documentation=total.documentation(),
            documented=self._is_documented(unit),
        )

    def _file(self, functions: list[FunctionMetrics], types: list[TypeMetrics]) -> FileMetrics:
        unit = self._units[0]
        total = self._totals[id(unit)]
        lines = self._count(1, self._lines.total, total.counts)
        halstead = self._halstead(total.tokens())
        return FileMetrics(
            language=self._language,
            lines=lines,
            nesting=unit.nesting,
            cyclomatic=total.cyclomatic(),
            cognitive=unit.cognitive,
            halstead=halstead,
            maintainability=total.maintainability(lines.code, halstead.volume),
            abc=_abc(total.counts),
            documentation=total.documentation(),
            functions=functions,
            types=types,
        )

    def _count(self, first: int, last: int, counts: int) -> Lines:
        total, code, comment, blank = self._lines.count(first, last)
        return Lines(total, code, comment, blank, _count(counts, LOGICAL))

    def _parameters(self, unit: Unit) -> int:
        found = self._constructs.parameters(unit.node)
        if found and unit.defined is not None and unit.defined.kind != "function":
            first = found[0]
            return len(found) - (self._source.data[first.start_byte : first.end_byte] in _OWN_SELF)
        return len(found)

    def _is_documented(self, unit: Unit) -> bool:
        data = self._source.data
        if self._constructs.docstrings:
            return has_docstring(unit, data)
        return has_comment(unit, data, self._comments)


def _abc(counts: int) -> Abc:
    conditions = _count(counts, CONDITIONS) - _count(counts, NO_CONDITIONS)
    return formulas.abc(_count(counts, ASSIGNMENTS), _count(counts, BRANCHES), max(conditions, 0))


def _count(counts: int, which: int) -> int:
    """Return one of the counts that are packed in *counts*."""
    return counts // which & _MASK
