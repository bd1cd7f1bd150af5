"""Scalar formulas of entries: constants put in, choices between constants made, values computed.

Enters: the text of a formula, or its parsed expression, with the values of an entry's options.  Leaves: expressions
of the language without those names.  Only what options decide is folded; the mathematics stays as it was written.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from symprop.language import Scope, parse_expression
from symprop.language.expressions import (
    Add,
    Call,
    Compare,
    Constant,
    Expr,
    IndexValue,
    Mul,
    Number,
    Pow,
    Read,
    Where,
    number,
    where,
)

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def exact(value: Any) -> Number:
    """The number a person wrote: 0.1 is 1/10, not the nearest double; a flag is 1 or 0."""
    return Number(Fraction(repr(value) if isinstance(value, float) else str(int(value))))


def constants(values: Mapping[str, Any]) -> dict[str, Expr]:
    """Values of options as expressions by the names a formula reads them under; texts and None are left out."""
    found: dict[str, Expr] = {}
    for name, value in values.items():
        if isinstance(value, list | tuple):
            found.update({f"{name}_{k}": exact(v) for k, v in enumerate(value, 1) if isinstance(v, int | float)})
        elif isinstance(value, int | float):
            found[name] = exact(value)
    return found


@cache
def parsed(text: str, functions: tuple[str, ...] = (), where_: str = "formula") -> Expr:
    """A formula in which every free name is a scalar; `functions` take one argument each."""
    return parse_expression(text, Scope(functions=dict.fromkeys(functions, 1)), where_)


def bind(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """The expression with scalar reads replaced; a choice that constants decide becomes the branch chosen.

    The branch not chosen is never rebuilt, so that it may divide by what is 0 elsewhere.
    """
    if isinstance(expr, Read) and not expr.indices:
        return values.get(expr.tensor, expr)
    if isinstance(expr, Where):
        condition = bind(expr.condition, values)
        decided = _decided(condition)
        if decided is not None:
            return bind(expr.then if decided else expr.otherwise, values)
        return where(condition, bind(expr.then, values), bind(expr.otherwise, values))
    children = expr.children()
    if not children:
        return expr
    return _folded(expr.rebuild(tuple(bind(child, values) for child in children)))


def _decided(condition: Expr) -> bool | None:
    if not isinstance(condition, Compare):
        return None
    left, right = number(condition.left), number(condition.right)
    return None if left is None or right is None else COMPARE[condition.op](left, right)


def _folded(expr: Expr) -> Expr:
    """max and min of numerals as a numeral; 1 under any power as 1, 0 under a positive one as 0."""
    if isinstance(expr, Call) and expr.name in ("max", "min"):
        values = [number(arg) for arg in expr.args]
        known = [v for v in values if v is not None]
        if len(known) == len(values):
            return Number(max(known) if expr.name == "max" else min(known))
    if isinstance(expr, Pow):
        base, exponent = number(expr.base), number(expr.exponent)
        if base == 1 or (base == 0 and exponent is not None and exponent > 0):
            return Number(base)
    return expr


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp,
    "log": math.log,
    "erf": math.erf,
    "sin": math.sin,
    "cos": math.cos,
    "abs": abs,
    "sign": lambda x: float((x > 0) - (x < 0)),
    "floor": math.floor,
    "max": max,
    "min": min,
}


def evaluate(expr: Expr, values: Mapping[str, float]) -> float:
    """The value of a scalar expression of primitives, for the scale of an initialiser or the factor of a schedule.

    Raises:
        KeyError: a name has no value.
        TypeError: the expression is more than scalar.
    """
    match expr:
        case Number():
            return float(expr.value)
        case Constant():
            return math.pi
        case Read(indices=()):
            return float(values[expr.tensor])
        case Add():
            return sum(evaluate(term, values) for term in expr.terms)
        case Mul():
            return math.prod(evaluate(factor, values) for factor in expr.factors)
        case Pow():
            return float(evaluate(expr.base, values) ** evaluate(expr.exponent, values))
        case Call():
            return float(FUNCTIONS[expr.name](*(evaluate(arg, values) for arg in expr.args)))
        case Where(condition=Compare() as condition):
            holds = COMPARE[condition.op](evaluate(condition.left, values), evaluate(condition.right, values))
            return evaluate(expr.then if holds else expr.otherwise, values)
    raise TypeError(f"{type(expr).__name__} has no scalar value")


def scalar_names(expr: Expr) -> set[str]:
    """Names of the scalars an expression reads."""
    if isinstance(expr, Read):
        return {expr.tensor}
    if isinstance(expr, IndexValue):
        return {str(expr)}
    return {name for child in expr.children() for name in scalar_names(child)}


def calls(expr: Expr) -> set[str]:
    """Names of the functions an expression calls, primitives included."""
    own = {expr.name} if isinstance(expr, Call) else set()
    return own.union(*map(calls, expr.children()))
