"""Entries chosen by integers, and parts of matrices.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from typing import Any

from symprop.frontends.arrays import Array, at, axis_of, reduced, shape_text, undecided
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.creation import arange
from symprop.frontends.operations.indexing import selected
from symprop.frontends.operations.registry import operation
from symprop.frontends.operations.shaping import size_of
from symprop.language import Constraint, Domain
from symprop.language import expressions as ex


@operation("take")
def take(bench: Bench, x: Any, indices: Any, axis: Any = None) -> Array:
    """x[..., indices, ...] on an axis."""
    array = arguments.array(x, ("x",))
    if axis is None and len(array.axes) != 1:
        raise Misuse("take needs its axis here", hint="Write take(x, indices, axis=0).")
    place = 0 if axis is None else arguments.axis(axis, len(array.axes), ("axis",))
    return selected(bench, array, [slice(None)] * place + [arguments.array(indices, ("indices",))])


@operation("take_along_axis")
def take_along_axis(bench: Bench, x: Any, indices: Any, axis: Any) -> Array:
    """x[i, indices[i, j]] for an axis of 1, and so on."""
    array, chosen = arguments.array(x, ("x",)), arguments.array(indices, ("indices",))
    place = arguments.axis(axis, len(array.axes), ("axis",))
    if len(chosen.axes) != len(array.axes):
        raise Misuse("the indices have another number of axes than the array", ("indices",))
    inside = [chosen if k == place else _along(bench, array, k) for k in range(len(array.axes))]
    return selected(bench, array, inside)


def _along(bench: Bench, array: Array, place: int) -> Array:
    """0, 1, ... along one axis of an array, of extent 1 on the others."""
    (axis,) = arange(bench, size_of(array.shape[place])).axes
    axes = tuple(axis if k == place else None for k in range(len(array.axes)))
    return Array(axes, ex.IndexValue(at(axis)), "integer")


@operation("tril")
def tril(bench: Bench, x: Any, k: Any = 0) -> Array:
    """The entries on and below the k-th diagonal."""
    return _triangle(x, k, -1)


@operation("triu")
def triu(bench: Bench, x: Any, k: Any = 0) -> Array:
    """The entries on and above the k-th diagonal."""
    return _triangle(x, k, 1)


def _triangle(x: Any, k: Any, sign: int) -> Array:
    array, offset = arguments.array(x, ("x",)), arguments.extent(k, ("k",))
    if len(array.axes) < 2:
        raise Misuse("a matrix is expected", ("x",))
    row, column = (at(axis) for axis in array.axes[-2:])
    inside = Domain([Constraint("ge", (column - row - offset) * sign)])
    return Array(array.axes, ex.guard(inside, array.body), array.kind if array.kind == "mask" else "real")


@operation("diag")
def diag(bench: Bench, x: Any, k: Any = 0) -> Array:
    """A matrix with a vector on its k-th diagonal, or the k-th diagonal of a matrix."""
    array, offset = arguments.real(x, ("x",)), arguments.integer(k, ("k",))
    if len(array.axes) == 2:
        return _diagonal(bench, array, offset, 0, 1)
    if len(array.axes) != 1:
        message = f"diag takes a vector or a matrix; got shape {shape_text(array.shape)}"
        raise Mismatch(message, operands=(array,), is_whole=True)
    row, column = array.axes[0], axis_of(array.shape[0] + abs(offset), bench.new)
    if not offset:
        return Array((row, column), ex.guard(Domain.equal(at(row), at(column)), array.body))
    height = axis_of(array.shape[0] + abs(offset), bench.new)
    here = at(height) + min(offset, 0)
    inside = Domain.equal(at(height) + offset, at(column)) & undecided(Domain.inside(here, array.shape[0]))
    body = array.moved({row: here}) if row is not None else array.body
    return Array((height, column), ex.guard(inside, body))


@operation("diagonal")
def diagonal(bench: Bench, x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Array:
    """x[..., i, i + offset, ...] for two axes; i stands last."""
    array = arguments.array(x, ("x",))
    if len(array.axes) < 2:
        raise Misuse("a matrix is expected", ("x",))
    first, second = (arguments.axis(v, len(array.axes), (n,)) for v, n in ((axis1, "axis1"), (axis2, "axis2")))
    if first == second:
        raise Misuse("a diagonal is of two axes; got one of them twice", ("axis2",))
    return _diagonal(bench, array, arguments.integer(offset, ("offset",)), first, second)


def _diagonal(bench: Bench, array: Array, offset: int, first: int, second: int) -> Array:
    up, down = max(offset, 0), max(-offset, 0)
    rows, columns = array.shape[first] - down, array.shape[second] - up
    if not (columns - rows).at_least(0) and not (rows - columns).at_least(0):
        message = f"diag takes a vector or a square matrix; got shape {shape_text(array.shape)}"
        raise Mismatch(message, operands=(array,), is_whole=True, needs=(rows - columns).names)
    length = rows if (columns - rows).at_least(0) else columns
    if not length.at_least(0):
        message = f"diagonal {offset} of shape {shape_text(array.shape)} is not within it"
        raise Mismatch(message, operands=(array,), is_whole=True, needs=length.names)
    own = axis_of(length, bench.new)
    moved = {array.axes[first]: at(own) + down, array.axes[second]: at(own) + up}
    body = array.moved({axis: place for axis, place in moved.items() if axis is not None})
    rest = [axis for k, axis in enumerate(array.axes) if k not in (first, second)]
    return Array((*rest, own), body, array.kind)


@operation("trace")
def trace(bench: Bench, x: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Array:
    """The sum of a diagonal."""
    found = diagonal(bench, x, offset, axis1, axis2).real()
    return reduced(found, "sum", [len(found.axes) - 1], False)
