"""Functions of single entries.

Enters: a name.  Leaves: the operation, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from symprop.frontends.arrays import Array, elementwise
from symprop.frontends.bench import Bench
from symprop.frontends.operations.arguments import fitted, real
from symprop.frontends.operations.registry import Operation, of_arrays, operation
from symprop.language import PRIMITIVES
from symprop.language import expressions as ex


def _call(name: str, *args: ex.Expr) -> ex.Expr:
    return ex.Call(name, args)


HALF = ex.divide(ex.ONE, ex.Number(2))
ONE_ARGUMENT: Mapping[str, Callable[[ex.Expr], ex.Expr]] = {
    "square": lambda x: ex.power(x, ex.Number(2)),
    "reciprocal": lambda x: ex.power(x, ex.MINUS_ONE),
    "negative": ex.negate,
    "log1p": lambda x: ex.Call("log", (ex.add(ex.ONE, x),)),
    "expm1": lambda x: ex.add(ex.Call("exp", (x,)), ex.MINUS_ONE),
    "sqrt": lambda x: ex.power(x, HALF),
    "positive": lambda x: x,
    "exp2": lambda x: ex.power(ex.Number(2), x),
    "log2": lambda x: ex.divide(_call("log", x), _call("log", ex.Number(2))),
    "log10": lambda x: ex.divide(_call("log", x), _call("log", ex.Number(10))),
    "cosh": lambda x: ex.mul(HALF, ex.add(_call("exp", x), _call("exp", ex.negate(x)))),
    "sinh": lambda x: ex.mul(HALF, ex.add(_call("exp", x), ex.negate(_call("exp", ex.negate(x))))),
    "tan": lambda x: ex.divide(_call("sin", x), _call("cos", x)),
    "expit": lambda x: _call("sigmoid", x),
    "log_expit": lambda x: _call("log_sigmoid", x),
}
TWO_ARGUMENTS: Mapping[str, Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    "maximum": lambda a, b: ex.Call("max", (a, b)),
    "minimum": lambda a, b: ex.Call("min", (a, b)),
    "fmax": lambda a, b: ex.Call("max", (a, b)),
    "fmin": lambda a, b: ex.Call("min", (a, b)),
    "add": ex.add,
    "subtract": lambda a, b: ex.add(a, ex.negate(b)),
    "multiply": ex.mul,
    "divide": ex.divide,
    "power": ex.power,
    "true_divide": ex.divide,
    "logaddexp": lambda a, b: _call("log", ex.add(_call("exp", a), _call("exp", b))),
    "hypot": lambda a, b: ex.power(ex.add(ex.power(a, ex.Number(2)), ex.power(b, ex.Number(2))), HALF),
}


def entrywise(bench: Bench, name: str) -> Operation | None:
    """The function of entries of a name, None where there is none."""
    if name in ONE_ARGUMENT:
        return _operation(name, 1, ONE_ARGUMENT[name])
    if name in TWO_ARGUMENTS:
        return _operation(name, 2, TWO_ARGUMENTS[name])
    arity = bench.arities.get(name, 1 if PRIMITIVES.get(name) == 1 else None)
    return None if arity is None else _operation(name, arity, lambda *bodies: ex.Call(name, bodies))


def _operation(name: str, arity: int, make: Callable[..., ex.Expr]) -> Operation:
    def do(bench: Bench, *values: Any) -> Array:
        return fitted(elementwise, make, *(real(value, (f"x{k}",)) for k, value in enumerate(values)))

    return of_arrays(name, arity, do)


def entrywise_names(bench: Bench) -> set[str]:
    """Names of all functions of entries."""
    elementary = {name for name, arity in PRIMITIVES.items() if arity == 1}
    return {*ONE_ARGUMENT, *TWO_ARGUMENTS, *bench.arities} | elementary


@operation("clip")
def clip(bench: Bench, x: Any, low: Any, high: Any) -> Array:
    """min(max(x, low), high)."""
    clipped = lambda x, a, b: ex.Call("min", (ex.Call("max", (x, a)), b))  # noqa: E731
    return fitted(elementwise, clipped, real(x, ("x",)), real(low, ("low",)), real(high, ("high",)))
