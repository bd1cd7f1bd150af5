r"""Vectors and matrices as mathematics writes them, over the arrays of NumPy notation.

A vector has no orientation until it is transposed; then it is a row.  Products are products of matrices; entry by entry
the shapes must be equal, but for a vector that is added to every row and an axis of extent 1.  `\mathbf 1` and `I` have
an open extent, which follows from what they meet.

Enters: arrays.  Leaves: arrays, or a `Mismatch` in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from symprop.frontends.arrays import Array, Axes, elementwise, product, shape_text, total
from symprop.frontends.faults import Mismatch
from symprop.frontends.naming import renamed
from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.extents import ONE

OPEN = "?"


class Ambiguous(Exception):
    """A product of which it is not clear what it is; the choices are in the words."""


def open_extent(numbers: count[int]) -> Extent:
    """An extent that is not known yet."""
    return Extent.of(f"{OPEN}{next(numbers)}")


def is_open(extent: Extent) -> bool:
    """True of an extent that is not known yet."""
    return any(name.startswith(OPEN) for name in extent.names)


def closed(array: Array, old: Extent, new: Extent) -> Array:
    """The array with an open extent that has been found."""
    names = dict.fromkeys([*(a for a in array.axes if a is not None), *ex.all_indices(array.body)])
    mapping = {i: Index(i.name, new if i.extent == old else i.extent) for i in names}
    body = renamed(array.body, mapping)
    body = ex.transform(body, lambda node: ex.size(Position.of(new)) if node == ex.size(Position.of(old)) else node)
    axes = tuple(None if a is None else mapping[a] for a in array.axes)
    if new == ONE:
        gone = {a: Position.of(0) for a in axes if a is not None and a.extent == ONE}
        return Array(tuple(None if a in gone else a for a in axes), ex.substitute(body, gone), array.kind)
    return Array(axes, body, array.kind)


def matched(left: Array, right: Array, pairs: Sequence[tuple[int, int]]) -> tuple[Array, Array]:
    """Both arrays with the open extents of axes that meet found."""
    for i, j in pairs:
        a, b = left.shape[i], right.shape[j]
        if a != b and is_open(a):
            left, right = closed(left, a, b), closed(right, a, b)
        elif a != b and is_open(b):
            left, right = closed(left, b, a), closed(right, b, a)
    return left, right


def is_scalar(array: Array) -> bool:
    """True of a number, a matrix of one entry included."""
    return all(axis is None for axis in array.axes)


def as_scalar(array: Array) -> Array:
    """A number without axes."""
    return Array((), array.body, array.kind) if is_scalar(array) else array


def transposed(array: Array) -> Array:
    """A row from a vector; a matrix with its axes exchanged."""
    if len(array.axes) > 2:
        raise Mismatch("is transposed, which takes a vector or a matrix")
    if len(array.axes) == 1:
        return Array((None, *array.axes), array.body)
    return Array(tuple(reversed(array.axes)), array.body)


def times(left: Array, right: Array) -> Array:
    """The product of what stands side by side."""
    entry = len(left.axes) == 2 and len(right.axes) == 1 and is_open(right.shape[0])  # 1^T (N, 1) 1
    if is_scalar(left) and not entry and (not left.axes or len(right.axes) < 2 or right.axes[0] is not None):
        return elementwise(ex.mul, as_scalar(left), right)
    if not right.axes or (is_scalar(right) and len(right.axes) == 1 and left.axes[-1] is not None):
        return elementwise(ex.mul, left, as_scalar(right))
    if len(left.axes) == len(right.axes) == 1:
        choices = r"x^\top y for a number, x y^\top for a matrix, x \odot y for a vector"
        raise Ambiguous(f"are two vectors side by side; it is not clear which product is meant: {choices}")
    if len(left.axes) == 1 and right.axes[0] is None and len(right.axes) == 2:
        return Array((left.axes[0], right.axes[1]), ex.mul(left.body, right.body))
    if len(left.axes) == 2 and left.shape == right.shape and left.shape[0] != left.shape[1]:
        raise Mismatch(r"do not fit as matrices; entry by entry, the product is written \odot")
    place = max(len(right.axes) - 2, 0)
    left, right = matched(left, right, [(len(left.axes) - 1, place)])
    found = product(left, right)
    return as_scalar(found) if len(found.axes) == 1 else found


def dot(left: Array, right: Array) -> Array:
    r"""`\cdot`: of two vectors, the sum of the products of their entries."""
    if len(left.axes) == len(right.axes) == 1:
        return times(transposed(left), right)
    return times(left, right)


def joined(make: Callable[..., ex.Expr], left: Array, right: Array) -> Array:
    """Entry by entry."""
    left, right = _upright(left, right)
    rank = min(len(left.axes), len(right.axes))
    left, right = matched(left, right, [(-k, -k) for k in range(1, rank + 1)])
    if not is_scalar(left) and not is_scalar(right) and len(left.axes) == len(right.axes):
        wider = [a is None and b is not None for a, b in zip(left.axes, right.axes, strict=True)]
        narrower = [b is None and a is not None for a, b in zip(left.axes, right.axes, strict=True)]
        if any(wider) and any(narrower):
            raise Mismatch("are a column and a row")
    return elementwise(make, left, right)


def _upright(left: Array, right: Array) -> tuple[Array, Array]:
    """A vector beside a column is a column."""
    if len(left.axes) == 1 and len(right.axes) == 2:
        return _oriented(left, right.axes), right
    if len(right.axes) == 1 and len(left.axes) == 2:
        return left, _oriented(right, left.axes)
    return left, right


def _oriented(vector: Array, axes: Axes) -> Array:
    column = axes[1] is None and axes[0] is not None and vector.axes[0] is not None
    return Array((vector.axes[0], None), vector.body, vector.kind) if column else vector


def fitted(value: Array, axes: Axes) -> Array:
    """A value of another orientation, or without axes of extent 1, over the axes wanted; itself where none fits."""
    wanted = [axis for axis in axes if axis is not None]
    own = [axis for axis in value.axes if axis is not None]
    # rows and columns both have two axes: one is no other
    if len(own) != len(wanted) or (len(value.axes) == len(axes) and value.shape != _shape(axes) and not _opens(value)):
        return value
    for mine, other in zip(own, wanted, strict=True):
        if is_open(mine.extent):
            value = closed(value, mine.extent, other.extent)
    own = [axis for axis in value.axes if axis is not None]
    if [a.extent for a in own] != [a.extent for a in wanted] or (len(value.axes) == len(axes)):
        return value
    order = iter(own)
    return Array(tuple(None if axis is None else next(order) for axis in axes), value.body, value.kind)


def _shape(axes: Axes) -> tuple[Extent, ...]:
    return tuple(ONE if axis is None else axis.extent for axis in axes)


def _opens(array: Array) -> bool:
    return any(is_open(extent) for extent in array.shape)


def summed(array: Array) -> ex.Expr:
    """The sum of all entries."""
    return total([axis for axis in array.axes if axis is not None], array.body)


def trace(array: Array) -> Array:
    """The sum of the diagonal."""
    if len(array.axes) != 2 or array.shape[0] != array.shape[1]:
        raise Mismatch(f"has a trace, which takes a square matrix; got shape {shape_text(array.shape)}")
    row, column = array.axes
    if row is None or column is None:
        return as_scalar(array)
    return Array((), total([row], array.moved({column: Position.of(row)})))
