"""Reductions over axes, and functions of rows.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symprop.frontends.arrays import Array, count, elementwise, reduced, refreshed, total
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.elementwise import ONE_ARGUMENT
from symprop.frontends.operations.registry import operation
from symprop.language import Constraint, Domain, Position
from symprop.language import expressions as ex


def _reduced(op: str, x: Any, axis: Any, keepdims: Any) -> Array:
    array = arguments.array(x, ("x",))
    keep = arguments.flag(keepdims, ("keepdims",))
    found = reduced(array.real(), op, arguments.axes(axis, len(array.axes)), keep)
    # the largest truth value is a truth value, a sum of them is a number
    return replace(found, kind="mask") if array.kind == "mask" and op != "sum" else found


@operation("sum")
def sum_(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """The sum over some axes."""
    return _reduced("sum", x, axis, keepdims)


@operation("max", "amax")
def max_(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """The largest entry."""
    return _reduced("max", x, axis, keepdims)


@operation("min", "amin")
def min_(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """The smallest entry."""
    return _reduced("min", x, axis, keepdims)


@operation("mean")
def mean(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """The sum over some axes by the number of entries."""
    array = arguments.real(x, ("x",))
    return _mean(array, arguments.axes(axis, len(array.axes)), arguments.flag(keepdims, ("keepdims",)))


def _mean(array: Array, axes: list[int], keep: bool) -> Array:
    summed = reduced(array, "sum", axes, keep)
    return Array(summed.axes, ex.divide(summed.body, count(array, axes)))


@operation("var")
def var(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """The mean of the squared distance to the mean."""
    array = arguments.real(x, ("x",))
    axes, keep = arguments.axes(axis, len(array.axes)), arguments.flag(keepdims, ("keepdims",))
    array = bench.plain(array)
    centre = _mean(refreshed(array, bench.new), axes, True)
    off = elementwise(lambda a, b: ex.power(ex.add(a, ex.negate(b)), ex.Number(2)), array, centre)
    return _mean(off, axes, keep)


@operation("std")
def std(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """sqrt(var)."""
    return elementwise(ONE_ARGUMENT["sqrt"], var(bench, x, axis, keepdims=keepdims))


def _rows(bench: Bench, name: str, x: Any, axis: Any) -> tuple[Array, Array]:
    """An array, and the sums of exponentials along its axis, the last one by default."""
    array = bench.plain(arguments.real(x, ("x",)))
    if not array.axes:
        raise Mismatch(f"{name} needs an axis; got a number")
    places = [len(array.axes) - 1] if axis is None else arguments.axes(axis, len(array.axes))
    exps = elementwise(lambda z: ex.Call("exp", (z,)), refreshed(array, bench.new))
    return array, reduced(exps, "sum", places, True)


@operation("logsumexp")
def logsumexp(bench: Bench, x: Any, axis: Any = None, *, keepdims: Any = False) -> Array:
    """log(sum(exp(x))) over some axes."""
    array = arguments.real(x, ("x",))
    exps = elementwise(lambda z: ex.Call("exp", (z,)), array)
    summed = sum_(bench, exps, axis, keepdims=keepdims)
    return elementwise(lambda s: ex.Call("log", (s,)), summed)


@operation("cumsum")
def cumsum(bench: Bench, x: Any, axis: Any = None) -> Array:
    """sum[j](x[j], j <= i) along an axis."""
    array = arguments.real(x, ("x",))
    if axis is None and len(array.axes) != 1:
        raise Misuse("cumsum needs its axis here", hint="Write cumsum(x, axis=0).")
    place = 0 if axis is None else arguments.axis(axis, len(array.axes), ("axis",))
    bound = array.axes[place]
    if bound is None:
        return array
    own = bench.new(bound.extent)
    before = Domain([Constraint("ge", Position.of(own) - Position.of(bound))])
    axes = tuple(own if k == place else a for k, a in enumerate(array.axes))
    return Array(axes, total([bound], ex.guard(before, array.body)))


@operation("norm")
def norm(bench: Bench, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Array:
    """sqrt(sum(x**2)) over some axes; of a matrix without an axis, the Frobenius norm."""
    array = arguments.real(x, ("x",))
    if ord is not None and ((axis is None and len(array.axes) != 1) or arguments.integer(ord, ("ord",)) != 2):
        raise Misuse("norm of another order cannot stand here; expected none", ("ord",))
    squares = elementwise(ONE_ARGUMENT["square"], array)
    return elementwise(ONE_ARGUMENT["sqrt"], sum_(bench, squares, axis, keepdims=keepdims))


@operation("softmax")
def softmax(bench: Bench, x: Any, axis: Any = None) -> Array:
    """exp(x) / sum(exp(x)) along an axis, the last one by default."""
    array, exps = _rows(bench, "softmax", x, axis)
    return elementwise(lambda z, s: ex.divide(ex.Call("exp", (z,)), s), array, exps)


@operation("log_softmax")
def log_softmax(bench: Bench, x: Any, axis: Any = None) -> Array:
    """x - log(sum(exp(x))) along an axis, the last one by default."""
    array, exps = _rows(bench, "log_softmax", x, axis)
    return elementwise(lambda z, s: ex.add(z, ex.negate(ex.Call("log", (s,)))), array, exps)
