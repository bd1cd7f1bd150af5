"""Entries chosen by integers, and parts of matrices.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from typing import Any

from symprop.frontends.arrays import Array, at, reduced
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.creation import arange, diag
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


@operation("diagonal")
def diagonal(bench: Bench, x: Any) -> Array:
    """The diagonal of a square matrix."""
    if len(arguments.array(x, ("x",)).axes) != 2:
        raise Misuse("diagonal takes a square matrix here", ("x",))
    return diag(bench, x)


@operation("trace")
def trace(bench: Bench, x: Any) -> Array:
    """The sum of the diagonal."""
    return reduced(diagonal(bench, x), "sum", [0], False)
