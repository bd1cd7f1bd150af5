"""Lowered expressions in double precision, as NumPy computes them: of a choice both branches are evaluated.

Whole equations are evaluated point by point, in double precision or with mpmath.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from mpmath import mp, mpf

from symprop.language import Domain, Equation, Gather, Index, Position
from symprop.language import expressions as ex

ENTRYWISE: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "max": np.maximum,
    "min": np.minimum,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "erf": np.vectorize(math.erf, otypes=[float]),
    "erfc": np.vectorize(math.erfc, otypes=[float]),
}
COMPARE: dict[str, Callable[..., Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def evaluate(expr: ex.Expr, values: Mapping[str, Any]) -> Any:
    """The value of a scalar expression; reads without indices are looked up by name."""
    match expr:
        case ex.Number():
            return np.float64(expr.value.numerator / expr.value.denominator)
        case ex.Constant():
            return np.float64(math.pi)
        case ex.Read():
            return values[expr.tensor]
        case ex.Add():
            return _fold(np.add, [evaluate(t, values) for t in expr.terms])
        case ex.Mul():
            return _product(expr, values)
        case ex.Pow():
            return _power(evaluate(expr.base, values), expr.exponent, values)
        case ex.Call():
            return ENTRYWISE[expr.name](*(evaluate(a, values) for a in expr.args))
        case ex.Compare():
            return COMPARE[expr.op](evaluate(expr.left, values), evaluate(expr.right, values))
        case ex.Where():
            return np.where(*(evaluate(c, values) for c in expr.children()))
    raise TypeError(type(expr).__name__)


def _fold(operation: Callable[..., Any], values: list[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = operation(total, value)
    return total


def _product(expr: ex.Mul, values: Mapping[str, Any]) -> Any:
    """Numerators first, then one division, as generated code has it."""
    over = [f for f in expr.factors if not _below(f)]
    under = [ex.power(f.base, ex.negate(f.exponent)) for f in expr.factors if isinstance(f, ex.Pow) and _below(f)]
    top = _fold(np.multiply, [evaluate(f, values) for f in over]) if over else np.float64(1)
    return top / _fold(np.multiply, [evaluate(f, values) for f in under]) if under else top


def _below(factor: ex.Expr) -> bool:
    exponent = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
    return exponent is not None and exponent < 0


def _power(base: Any, exponent: ex.Expr, values: Mapping[str, Any]) -> Any:
    n = ex.number(exponent)
    if n is None:
        return np.power(base, evaluate(exponent, values))
    if n < 0:
        return 1 / _power(base, ex.Number(-n), values)
    if n.denominator == 2:
        return np.sqrt(base) * (base ** int(n - n % 1) if n > 1 else 1.0)
    return base ** int(n) if n.denominator == 1 else np.power(base, float(n))


# -- equations -----------------------------------------------------------------------------------------------------


def evaluate_equations(
    equations: Iterable[Equation], arrays: Mapping[str, Any], sizes: Mapping[str, int], number: Callable[[Any], Any]
) -> dict[str, Any]:
    """The tensors of a list of equations, point by point; `number` makes a float64 or an mpf of what is given."""
    known = {name: np.asarray(array, dtype=object) for name, array in arrays.items()}
    for equation in equations:
        shape = [index.extent.value(sizes) for index in equation.free]
        out = np.empty(shape, dtype=object)
        for point in np.ndindex(*shape):
            at = dict(zip(equation.free, point, strict=True))
            out[point] = _Point(known, sizes, at, number).of(equation.body)
        known[equation.target] = out
    return known


class _Point:
    """One point of an equation; scalars are computed by `evaluate` or by mpmath, whichever kind they are."""

    def __init__(
        self, arrays: Mapping[str, Any], sizes: Mapping[str, int], at: Mapping[Index, int], number: Any
    ) -> None:
        self.arrays, self.sizes, self.at, self.number = arrays, sizes, at, number

    def of(self, expr: ex.Expr) -> Any:
        match expr:
            case ex.Number():
                return self.number(expr.value.numerator) / self.number(expr.value.denominator)
            case ex.IndexValue():
                return self.number(self.place(expr.position))
            case ex.Read():
                return self._read(expr)
            case ex.Guard():
                return self.of(expr.body) if self._holds(expr.domain) else self.number(0)
            case ex.Reduce():
                return self._reduce(expr)
            case ex.Where():
                return self.of(expr.then if self._true(expr.condition) else expr.otherwise)
            case ex.Add():
                return _fold(operator.add, [self.of(t) for t in expr.terms])
            case ex.Mul():
                return _fold(operator.mul, [self.of(f) for f in expr.factors])
            case ex.Pow():
                return self.of(expr.base) ** self.of(expr.exponent)
            case ex.Call():
                return self._call(expr.name, [self.of(a) for a in expr.args])
        raise TypeError(type(expr).__name__)

    def place(self, position: Position) -> int:
        total = position.offset.value(self.sizes)
        for atom, coefficient in position.terms:
            if isinstance(atom, Gather):
                value = int(self.arrays[atom.tensor][tuple(self.place(p) for p in atom.positions)])
            else:
                assert isinstance(atom, Index)
                value = self.at[atom]
            total += coefficient * value
        return total

    def _read(self, expr: ex.Read) -> Any:
        array, point = self.arrays[expr.tensor], tuple(self.place(p) for p in expr.indices)
        inside = all(0 <= k < size for k, size in zip(point, array.shape, strict=True))
        return self.number(array[point]) if inside else self.number(0)

    def _holds(self, domain: Domain) -> bool:
        values = [(c.kind, self.place(c.position)) for c in domain.constraints]
        return all(value >= 0 if kind == "ge" else value == 0 for kind, value in values)

    def _reduce(self, expr: ex.Reduce) -> Any:
        found = []
        for point in np.ndindex(*(index.extent.value(self.sizes) for index in expr.indices)):
            at = {**self.at, **dict(zip(expr.indices, point, strict=True))}
            inner = _Point(self.arrays, self.sizes, at, self.number)
            if inner._holds(expr.domain):
                found.append(inner.of(expr.body))
        if expr.op == "sum":
            return _fold(operator.add, [self.number(0), *found])
        return {"max": max, "min": min}[expr.op](found) if found else self.number(0)

    def _true(self, condition: ex.Expr) -> bool:
        assert isinstance(condition, ex.Compare)
        left, right = self.of(condition.left), self.of(condition.right)
        compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
        return bool(compare[condition.op](left, right))

    def _call(self, name: str, values: list[Any]) -> Any:
        if isinstance(values[0], float):
            return np.float64(ENTRYWISE[name](*values))
        if name in ("max", "min", "abs"):
            return abs(values[0]) if name == "abs" else max(values) if name == "max" else min(values)
        return getattr(mp, name)(*values)


def evaluate_scalar(expr: ex.Expr, values: Mapping[str, Any]) -> Any:
    """The value of a scalar expression in mpmath numbers; of a choice only the branch taken is evaluated."""
    arrays = {name: np.array(value, dtype=object) for name, value in values.items()}
    return _Point(arrays, {}, {}, mpf).of(expr)
