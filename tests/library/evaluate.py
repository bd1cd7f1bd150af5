"""A tiny evaluator of equations at 320 digits in mpmath: every index by a loop, nothing clever, nothing shared."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import mpmath

from symprop.language import Compound, Expr, Gather, Index, Network, Position
from symprop.language import expressions as ex

mp = mpmath.mp.clone()
# 1 + tanh(x) at x = -300 has 261 leading zeros
mp.dps = 320
mpf = mp.mpf

PRIMITIVES = {
    "exp": mp.exp,
    "log": mp.log,
    "erf": mp.erf,
    "sin": mp.sin,
    "cos": mp.cos,
    "abs": abs,
    "sign": mp.sign,
    "floor": mp.floor,
    "max": max,
    "min": min,
}
COMPARE = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
Table = dict[tuple[int, ...], Any]


class Evaluator:
    """Values of tensors by name, each a table from positions to numbers; a scalar has the position ()."""

    def __init__(self, tables: Mapping[str, Table], functions: Mapping[str, Any], sizes: Mapping[str, int]) -> None:
        self.tables, self.functions, self.sizes = dict(tables), functions, sizes

    def value(self, expr: Expr, at: Mapping[Index, int]) -> Any:
        match expr:
            case ex.Number():
                return mpf(expr.value.numerator) / expr.value.denominator
            case ex.Constant():
                return mp.pi
            case ex.IndexValue():
                return mpf(self.position(expr.position, at))
            case ex.Read():
                return self.tables[expr.tensor].get(tuple(self.position(p, at) for p in expr.indices), mpf(0))
            case ex.Add():
                return sum((self.value(term, at) for term in expr.terms), mpf(0))
            case ex.Mul():
                return mp.fprod(self.value(factor, at) for factor in expr.factors)
            case ex.Pow():
                return self.value(expr.base, at) ** self.value(expr.exponent, at)
            case ex.Call():
                return self.call(expr.name, [self.value(arg, at) for arg in expr.args])
            case ex.Where():
                left, right = (self.value(side, at) for side in expr.condition.children())
                chosen = COMPARE[expr.condition.op](left, right)
                return self.value(expr.then if chosen else expr.otherwise, at)
            case ex.Guard():
                return self.value(expr.body, at) if self.holds(expr.domain, at) else mpf(0)
            case ex.Reduce(op="sum"):
                return sum((self.value(expr.body, p) for p in self.points(expr, at)), mpf(0))
        raise TypeError(type(expr).__name__)

    def call(self, name: str, args: Sequence[Any]) -> Any:
        if name in PRIMITIVES:
            return PRIMITIVES[name](*args)
        function = self.functions[name]
        names = [*function.args, *(param for param, _ in function.params)]
        inner = Evaluator({n: {(): a} for n, a in zip(names, args, strict=True)}, self.functions, {})
        return inner.value(function.body, {})

    def points(self, expr: ex.Reduce, at: Mapping[Index, int]) -> list[dict[Index, int]]:
        ranges = [range(index.extent.value(self.sizes)) for index in expr.indices]
        every = [{**at, **dict(zip(expr.indices, point, strict=True))} for point in product(*ranges)]
        return [point for point in every if self.holds(expr.domain, point)]

    def holds(self, domain: Any, at: Mapping[Index, int]) -> bool:
        values = [(c.kind, self.position(c.position, at)) for c in domain.constraints]
        return all(value >= 0 if kind == "ge" else value == 0 for kind, value in values)

    def position(self, position: Position, at: Mapping[Index, int]) -> int:
        return position.offset.value(self.sizes) + sum(c * self.atom(atom, at) for atom, c in position.terms)

    def atom(self, atom: Any, at: Mapping[Index, int]) -> int:
        match atom:
            case Index():
                return at[atom]
            case Gather():
                return int(self.tables[atom.tensor][tuple(self.position(p, at) for p in atom.positions)])
            case Compound():
                total = 0
                for part, radix in zip(atom.parts, atom.radices, strict=True):
                    total = total * radix.value(self.sizes) + self.position(part, at)
                return total
        raise TypeError(type(atom).__name__)


def table(array: Any) -> Table:
    """A NumPy array, or a number, as a table."""
    if not hasattr(array, "shape"):
        return {(): mpf(array)}
    return {at: mpf(float(array[at])) for at in product(*map(range, array.shape))}


def evaluate(network: Network, arrays: Mapping[str, Any]) -> dict[str, Table]:
    """All tensors of a network; the batch extent is that of the first input."""
    first = next(t for t in network.tensors.values() if t.role == "input")
    run = Evaluator({n: table(a) for n, a in arrays.items()}, network.functions, {"N": len(arrays[first.name])})
    for equation in network.equations:
        ranges = [range(index.extent.value(run.sizes)) for index in equation.free]
        made: Table = {}
        for point in product(*ranges):
            at = dict(zip(equation.free, point, strict=True))
            made[tuple(run.position(p, at) for p in equation.indices)] = run.value(equation.body, at)
        run.tables[equation.target] = made
    return run.tables
