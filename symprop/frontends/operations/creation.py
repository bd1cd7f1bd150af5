"""Arrays by their shape.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from typing import Any

from symprop.frontends.arrays import Array, at, axis_of, filled, identity, shape_text
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.registry import operation
from symprop.language import Domain
from symprop.language import expressions as ex


@operation("ones")
def ones(bench: Bench, shape: Any) -> Array:
    """1 in every entry."""
    return filled(arguments.shape(shape, ("shape",)), ex.ONE, bench.new)


@operation("zeros")
def zeros(bench: Bench, shape: Any) -> Array:
    """0 in every entry."""
    return filled(arguments.shape(shape, ("shape",)), ex.ZERO, bench.new)


@operation("ones_like")
def ones_like(bench: Bench, x: Any) -> Array:
    """1 in every entry of another array's shape."""
    return filled(arguments.array(x, ("x",)).shape, ex.ONE, bench.new)


@operation("zeros_like")
def zeros_like(bench: Bench, x: Any) -> Array:
    """0 in every entry of another array's shape."""
    return filled(arguments.array(x, ("x",)).shape, ex.ZERO, bench.new)


@operation("eye")
def eye(bench: Bench, rows: Any, columns: Any = None) -> Array:
    """[i == j]."""
    height = arguments.extent(rows, ("rows",))
    width = height if columns is None else arguments.extent(columns, ("columns",))
    return identity(height, width, bench.new)


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


@operation("diag")
def diag(bench: Bench, x: Any) -> Array:
    """A diagonal matrix of a vector, the diagonal of a square matrix."""
    array = arguments.real(x, ("x",))
    if len(array.axes) == 1:
        row, column = array.axes[0], axis_of(array.shape[0], bench.new)
        return Array((row, column), ex.guard(Domain.equal(at(row), at(column)), array.body))
    if len(array.axes) != 2 or array.shape[0] != array.shape[1]:
        message = f"diag takes a vector or a square matrix; got shape {shape_text(array.shape)}"
        raise Mismatch(message, operands=(array,), is_whole=True)
    row, column = array.axes
    return Array((row,), array.moved({column: at(row)}) if column is not None else array.body)
