"""Arrays by their shape.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symprop.frontends.arrays import Array, at, axis_of, filled, identity
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.registry import operation
from symprop.language import Domain
from symprop.language import expressions as ex

INTEGER, MASK = "integer", "mask"


def _kind(dtype: Any, default: str = "real") -> str:
    """The kind of array that a dtype is."""
    if dtype is None:
        return default
    for kind, types in (("real", (float,)), (INTEGER, (int,)), (MASK, (bool,))):
        if dtype in types:
            return kind
    raise Misuse("this dtype is not known here; expected float, int or bool", ("dtype",))


def _kind_of(number: Array, dtype: Any, default: str) -> str:
    """The kind of array that a dtype is, if the number is of that kind too."""
    kind = _kind(dtype, default)
    if kind not in ("real", number.kind):
        raise Misuse("NumPy rounds this number; expected one of the array's dtype", ("value",), "Give dtype=float.")
    return kind


def _filled(bench: Bench, shape: Any, body: ex.Expr, kind: str) -> Array:
    return replace(filled(arguments.shape(shape, ("shape",)), body, bench.new), kind=kind)


@operation("ones")
def ones(bench: Bench, shape: Any, dtype: Any = None) -> Array:
    """1 in every entry."""
    return _filled(bench, shape, ex.ONE, _kind(dtype))


@operation("zeros")
def zeros(bench: Bench, shape: Any, dtype: Any = None) -> Array:
    """0 in every entry."""
    return _filled(bench, shape, ex.ZERO, _kind(dtype))


@operation("full")
def full(bench: Bench, shape: Any, value: Any, dtype: Any = None) -> Array:
    """A number in every entry."""
    number = arguments.array(value, ("value",))
    if number.axes:
        raise Misuse("full takes one number here", ("value",))
    return _filled(bench, shape, number.body, _kind_of(number, dtype, number.kind))


@operation("ones_like")
def ones_like(bench: Bench, x: Any, dtype: Any = None) -> Array:
    """1 in every entry of another array's shape."""
    array = arguments.array(x, ("x",))
    return replace(filled(array.shape, ex.ONE, bench.new), kind=_kind(dtype, array.kind))


@operation("zeros_like")
def zeros_like(bench: Bench, x: Any, dtype: Any = None) -> Array:
    """0 in every entry of another array's shape."""
    array = arguments.array(x, ("x",))
    return replace(filled(array.shape, ex.ZERO, bench.new), kind=_kind(dtype, array.kind))


@operation("full_like")
def full_like(bench: Bench, x: Any, value: Any, dtype: Any = None) -> Array:
    """A number in every entry of another array's shape."""
    array, number = arguments.array(x, ("x",)), arguments.array(value, ("value",))
    if number.axes:
        raise Misuse("full_like takes one number here", ("value",))
    return replace(filled(array.shape, number.body, bench.new), kind=_kind_of(number, dtype, array.kind))


@operation("eye")
def eye(bench: Bench, rows: Any, columns: Any = None, *, dtype: Any = None) -> Array:
    """[i == j]."""
    kind = _kind(dtype)
    height = arguments.extent(rows, ("rows",))
    width = height if columns is None else arguments.extent(columns, ("columns",))
    return replace(identity(height, width, bench.new), kind=kind)


@operation("arange", "range")
def arange(bench: Bench, stop: Any) -> Array:
    """0, 1, ..., stop - 1."""
    axis = axis_of(arguments.extent(stop, ("stop",)), bench.new)
    return Array((axis,), ex.IndexValue(at(axis)), "integer")


@operation("onehot", "one_hot")
def onehot(bench: Bench, labels: Any, width: Any = None) -> Array:
    """[labels == c], c below the width, which is that of the labels by default."""
    array = arguments.array(labels, ("labels",))
    position = array.position
    if array.kind != "integer" or position is None:
        raise Misuse("onehot takes integer labels; `{text}` holds real numbers", of=("labels",))
    bounds = position.bounds(bench.ranges)
    known = bounds[1] + 1 if bounds else None
    columns = known if width is None else arguments.extent(width, ("width",))
    if columns is None:
        raise Misuse("the number of classes of `{text}` is not known", (), "Write onehot(y, C).", ("labels",))
    if bounds is None or not (columns - bounds[1]).at_least(1):
        raise Mismatch(f"onehot: labels up to {bounds[1] if bounds else '?'} do not fit {columns} classes")
    column = axis_of(columns, bench.new)
    return Array((*array.axes, column), ex.guard(Domain.equal(position, at(column)), ex.ONE))
