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
from symprop.frontends.operations.shaping import reshaped
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


def _mean(array: Array, axes: list[int], keep: bool, less: Any = 0) -> Array:
    """The sum by the number of entries, less a number of degrees of freedom."""
    summed, entries = reduced(array, "sum", axes, keep), count(array, axes)
    fewer = arguments.real(less, ("ddof",)).body
    entries = ex.add(entries, ex.negate(fewer)) if ex.number(fewer) != 0 else entries
    if ex.number(entries) == 0:
        raise Misuse("as many degrees of freedom are taken off as there are entries", ("ddof",))
    return Array(summed.axes, ex.divide(summed.body, entries))


@operation("var")
def var(bench: Bench, x: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Array:
    """The squared distances to the mean, summed over some axes, by the number of entries less ddof."""
    array = arguments.real(x, ("x",))
    axes, keep = arguments.axes(axis, len(array.axes)), arguments.flag(keepdims, ("keepdims",))
    array = bench.plain(array)
    centre = _mean(refreshed(array, bench.new), axes, True)
    off = elementwise(lambda a, b: ex.power(ex.add(a, ex.negate(b)), ex.Number(2)), array, centre)
    return _mean(off, axes, keep, ddof)


@operation("std")
def std(bench: Bench, x: Any, axis: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Array:
    """sqrt(var)."""
    return elementwise(ONE_ARGUMENT["sqrt"], var(bench, x, axis, ddof=ddof, keepdims=keepdims))


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
    """sum[j](x[j], j <= i) along an axis; without one, over all entries in row-major order."""
    array = arguments.real(x, ("x",))
    if axis is None and len(array.axes) != 1:
        array = reshaped(bench, array, [None])
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
    """sqrt(sum(x**2)) over some axes, of a matrix too; sum(abs(x)) over one axis where ord is 1."""
    array = arguments.real(x, ("x",))
    if _order(ord, len(arguments.axes(axis, len(array.axes)))) == 1:
        return sum_(bench, elementwise(lambda z: ex.Call("abs", (z,)), array), axis, keepdims=keepdims)
    squares = elementwise(ONE_ARGUMENT["square"], array)
    return elementwise(ONE_ARGUMENT["sqrt"], sum_(bench, squares, axis, keepdims=keepdims))


def _order(value: Any, rank: int) -> int:
    """1 for a sum of sizes, 2 for a root of squares."""
    if value is None or (value == "fro" and rank == 2):
        return 2
    if rank != 1:
        message = "norm of a matrix is that of its entries here; expected no order, or 'fro'"
        raise Misuse(message, ("ord",), "Of order 1, write max(sum(abs(x), axis=0)).")
    found = arguments.array(value, ("ord",)).extent
    if found is None or found.constant not in (1, 2):
        hint = "Write sum(abs(x)**p)**(1/p)."
        raise Misuse("norm of another order cannot stand here; expected 1 or 2", ("ord",), hint)
    return found.constant


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
