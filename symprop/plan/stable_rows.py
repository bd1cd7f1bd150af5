"""Quotients and logarithms of sums of exponentials over a row: shift by the largest of the row.

Enters: a scalar expression with sums `sum[k](exp(Z[n,k]))` among its atoms.  Leaves: helper equations for the maximum
and for the sum of the shifted exponentials, and the expression over them, in which exp of the maximum has cancelled.
Where it does not cancel nothing is changed: the value itself grows like exp(Z).  A sum over a masked domain has the
maximum over the same domain.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, field

from symprop.language import expressions as ex
from symprop.language.equations import Equation
from symprop.language.indices import Domain, Index, Position
from symprop.plan.lower_exponents import ATOMS, ring_level

LowerScalar = Callable[[ex.Expr, tuple[ex.Compare, ...]], ex.Expr]


@dataclass(frozen=True)
class Row:
    """One sum of exponentials: `sum[indices: domain](weight * exp(argument))`."""

    indices: tuple[Index, ...]
    domain: Domain
    argument: ex.Expr
    weight: ex.Expr

    @staticmethod
    def of(node: ex.Expr) -> Row | None:
        """The row a sum runs over, None where no exponential in it depends on what it is summed over."""
        if not isinstance(node, ex.Reduce) or node.op != "sum":
            return None
        factors = node.body.factors if isinstance(node.body, ex.Mul) else (node.body,)
        grows = [f for f in factors if _is_exp(f) and not ex.free_indices(f).isdisjoint(node.indices)]
        if not grows:
            return None
        argument = ex.add(*(f.children()[0] for f in grows))
        return Row(node.indices, node.domain, argument, ex.mul(*(f for f in factors if f not in grows)))

    def free(self) -> list[Index]:
        """Indices its maximum depends on, in the order of the text."""
        loose = {*ex.free_indices(self.argument), *self.domain.index_atoms()}.difference(self.indices)
        names = [*ex.all_indices(self.argument), *self.domain.index_atoms()]
        return [i for i in dict.fromkeys(names) if i in loose]

    def place_of(self, argument: ex.Expr) -> dict[Index, Position] | None:
        """Where in the row another exponent stands, None where it is not of this row."""
        mapping: dict[Index, Position] = {}
        if not _match(self.argument, argument, frozenset(self.indices), mapping):
            return None
        return mapping if ex.substitute(self.argument, mapping) == argument else None


@dataclass
class Helpers:
    """Helper equations made so far, for one equation.

    Args:
        target: name of the equation's tensor.
        taken: names that are in use.
        equations: the helpers, in the order they are evaluated.
    """

    target: str
    taken: frozenset[str]
    equations: list[Equation] = field(default_factory=list)

    def read(self, kind: str, row: Row, indices: list[Index], body: ex.Expr) -> ex.Read:
        """A read of the helper with this body, made where there is none yet."""
        positions = [Position.of(i) for i in indices]
        for known in self.equations:
            if known.indices == tuple(positions) and known.body == body:
                return ex.Read(known.target, positions)
        name = self._name(kind, row)
        self.equations.append(Equation(name, tuple(positions), body))
        return ex.Read(name, positions)

    def _name(self, kind: str, row: Row) -> str:
        """M_Z for the maximum of Z over its last axis, which is the same in all equations; else by the target."""
        plain = _whole_rows(row)
        stem = f"{kind}_{plain}" if plain and row.weight == ex.ONE else f"{kind}_{self.target}"
        used = self.taken.union(e.target for e in self.equations)
        name, count = stem, 1
        while name in used:
            count += 1
            name = f"{stem}_{count}"
        return name


def _whole_rows(row: Row) -> str | None:
    """The tensor, where the row is one of its rows as a whole."""
    read = row.argument
    if not isinstance(read, ex.Read) or row.domain or len(row.indices) != 1:
        return None
    indices = [p.index for p in read.indices]
    different = len(set(indices)) == len(indices) and None not in indices
    return read.tensor if different and indices[-1] == row.indices[0] else None


def shift_rows(expr: ex.Expr, helpers: Helpers, lower: LowerScalar) -> ex.Expr | None:
    """The scalar expression over shifted sums, lowered; None where it has no row, or no use for a shift."""
    sums = list(dict.fromkeys(node for node in ring_level(expr) if Row.of(node) is not None))
    rows = [row for row in map(Row.of, sums) if row is not None]
    if not rows:
        return None
    made = Helpers(helpers.target, helpers.taken, list(helpers.equations))
    shift = _Shift(rows, sums, made)
    result = shift.lowered(expr, lower)
    if result is not None:
        helpers.equations[:] = made.equations
    return result


class _Shift:
    """Symbols of one attempt: `top` stands for the maximum, `fall` for how far an entry is below it."""

    def __init__(self, rows: list[Row], sums: list[ex.Expr], helpers: Helpers) -> None:
        self.rows, self.sums, self.helpers = rows, sums, helpers
        self.meaning: dict[ex.Expr, ex.Expr] = {}
        self.known: dict[ex.Compare, None] = {}
        self.maxima: dict[ex.Expr, ex.Expr] = {}

    def lowered(self, expr: ex.Expr, lower: LowerScalar) -> ex.Expr | None:
        for whole in (True, False):
            changed = self._changed(expr, whole)
            result = lower(changed, tuple(self.known))
            if not self._left_over(result, whole):
                return self._filled(result)
        return None

    def _symbol(self, stem: str, meaning: ex.Expr) -> ex.Expr:
        for symbol, known in self.meaning.items():
            if known == meaning:
                return symbol
        symbol = ex.Read(f"{stem}{len(self.meaning):02d}")
        self.meaning[symbol] = meaning
        return symbol

    def _maximum(self, row: Row) -> ex.Expr:
        """The symbol of the maximum of a row; a weighted sum uses that of the plain sum over the same row."""
        for other in self.rows:
            if other.weight == ex.ONE and other.place_of(row.argument) is not None and other.domain == row.domain:
                row = other
                break
        body = ex.Reduce("max", row.indices, row.argument, row.domain)
        plain = Row(row.indices, row.domain, row.argument, ex.ONE)
        read = self.helpers.read("M", plain, row.free(), body)
        return self._symbol("top", read)

    def _changed(self, expr: ex.Expr, whole: bool) -> ex.Expr:
        """S = exp(M)*S', exp(Z) = exp(M)*exp(Z - M); and Z = M + (Z - M), where `whole`."""
        sums = {node: self._shifted_sum(node, row) for node, row in zip(self.sums, self.rows, strict=True)}

        def visit(node: ex.Expr) -> ex.Expr:
            if node in sums:
                return sums[node]
            if _is_exp(node):
                parts = self._split(node.children()[0])
                if parts is not None:
                    return ex.mul(*(ex.Call("exp", [part]) for part in parts))
            if whole and isinstance(node, ex.Read):
                parts = self._split(node)
                return node if parts is None else ex.add(*parts)
            if isinstance(node, ATOMS):
                return node
            children = node.children()
            return node.rebuild(tuple(visit(child) for child in children)) if children else node

        return visit(expr)

    def _shifted_sum(self, node: ex.Expr, row: Row) -> ex.Expr:
        top = self._maximum(row)
        body = ex.mul(row.weight, ex.Call("exp", [ex.add(row.argument, ex.negate(self.meaning[top]))]))
        total = ex.Reduce("sum", row.indices, body, row.domain)
        if row.weight != ex.ONE:
            return ex.mul(ex.Call("exp", [top]), self._symbol("sum", total))
        shifted = self._symbol("sum", self.helpers.read("S", row, row.free(), total))
        self.known[ex.Compare(shifted, ">=", ex.ZERO)] = None
        return ex.mul(ex.Call("exp", [top]), shifted)

    def _split(self, argument: ex.Expr) -> tuple[ex.Expr, ex.Expr] | None:
        """(maximum, argument - maximum) of an exponent that is an entry of a row."""
        for row in self.rows:
            if row.place_of(argument) is not None:
                top = self._maximum(row)
                fall = self._symbol("fall", ex.add(argument, ex.negate(self.meaning[top])))
                self.known[ex.Compare(fall, "<=", ex.ZERO)] = None
                return top, fall
        return None

    def _left_over(self, result: ex.Expr, whole: bool) -> bool:
        """True where exp of a maximum is left, or where Z - M was taken apart without the maximum cancelling."""
        tops = {s for s in self.meaning if isinstance(s, ex.Read) and s.tensor.startswith("top")}
        falls = {s for s in self.meaning if isinstance(s, ex.Read) and s.tensor.startswith("fall")}
        scales = any(_is_exp(n) and any(m in tops for m in ex.walk(n)) for n in ex.walk(result))
        return scales or (whole and _bare(result, tops) and _bare(result, falls))

    def _filled(self, expr: ex.Expr) -> ex.Expr:
        children = expr.children()
        if expr in self.meaning:
            return self.meaning[expr]
        return expr.rebuild(tuple(self._filled(child) for child in children)) if children else expr


def _bare(expr: ex.Expr, symbols: Set[ex.Expr]) -> bool:
    """True where one of the symbols stands outside of exponentials."""
    if expr in symbols:
        return True
    return not _is_exp(expr) and any(_bare(child, symbols) for child in expr.children())


def _is_exp(node: ex.Expr) -> bool:
    return isinstance(node, ex.Call) and node.name == "exp"


def _match(pattern: ex.Expr, value: ex.Expr, bound: frozenset[Index], mapping: dict[Index, Position]) -> bool:
    """Unify a pattern with a value: the bound indices of the pattern may stand for any position."""
    if type(pattern) is not type(value):
        return False
    places = zip(pattern.positions(), value.positions(), strict=False)
    if not all(_match_position(p, v, bound, mapping) for p, v in places):
        return False
    return all(_match(p, v, bound, mapping) for p, v in zip(pattern.children(), value.children(), strict=False))


def _match_position(
    pattern: Position, value: Position, bound: frozenset[Index], mapping: dict[Index, Position]
) -> bool:
    index = pattern.index
    if index in bound and index is not None:
        return mapping.setdefault(index, value) == value
    return pattern == value or not bound.isdisjoint(pattern.index_atoms())
