"""Products of arrays.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

from symprop.frontends.arrays import Array, at, axis_of, elementwise, product, shape_text, total
from symprop.frontends.bench import Bench
from symprop.frontends.faults import At, Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.arguments import array, fitted, real, shapes_of
from symprop.frontends.operations.registry import operation
from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex


def _factors(values: Sequence[Any], places: Sequence[At]) -> list[Array]:
    """The factors of a product that is summed; of truth values alone NumPy does not count, it joins them by or."""
    found = [array(value, at) for value, at in zip(values, places, strict=True)]
    if found and all(a.kind == "mask" for a in found):
        raise Misuse("a product of truth values alone is a truth value", hint="Multiply one of them by 1.0.")
    return [a.real() for a in found]


@operation("matmul")
def matmul(bench: Bench, left: Any, right: Any) -> Array:
    """left @ right."""
    return fitted(product, *_factors([left, right], [("left",), ("right",)]))


@operation("dot")
def dot(bench: Bench, left: Any, right: Any) -> Array:
    """sum[k](left[..., k]*right[..., k, j]), and * of numbers."""
    a, b = _factors([left, right], [("left",), ("right",)])
    return fitted(_meeting, a, b, [(len(a.axes) - 1, max(len(b.axes) - 2, 0))])


@operation("inner")
def inner(bench: Bench, left: Any, right: Any) -> Array:
    """sum[k](left[..., k]*right[..., k]), and * of numbers."""
    a, b = _factors([left, right], [("left",), ("right",)])
    return fitted(_meeting, a, b, [(len(a.axes) - 1, len(b.axes) - 1)])


@operation("tensordot")
def tensordot(bench: Bench, left: Any, right: Any, axes: Any = 2) -> Array:
    """The sum over pairs of axes: the last ones of the left with the first ones of the right, or two lists of them."""
    a, b = _factors([left, right], [("left",), ("right",)])
    if isinstance(axes, tuple):
        if len(axes) != 2:
            raise Misuse("axes is a number, or a pair of axes", ("axes",))
        mine, others = (arguments.axes(axes[k], len(x.axes), ("axes", k)) for k, x in enumerate((a, b)))
    else:
        count = arguments.integer(axes, ("axes",))
        if not 0 <= count <= min(len(a.axes), len(b.axes)):
            raise Mismatch(f"{count} axes are summed over; the arrays have {len(a.axes)} and {len(b.axes)}", ("axes",))
        mine, others = list(range(len(a.axes) - count, len(a.axes))), list(range(count))
    if len(mine) != len(others):
        raise Misuse(f"{len(mine)} axes of the left are summed with {len(others)} of the right", ("axes",))
    return fitted(_meeting, a, b, list(zip(mine, others, strict=True)))


def _meeting(left: Array, right: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    """The sum over pairs of axes: what is left of the left array, then of the right one."""
    if not left.axes or not right.axes:
        return elementwise(ex.mul, left, right)
    mapping, bound = dict[Index, Position](), list[Index]()
    for mine, other in pairs:
        if left.shape[mine] != right.shape[other]:
            raise Mismatch(f"do not fit: extent {left.shape[mine]} on the left meets {right.shape[other]} on the right")
        own, axis = left.axes[mine], right.axes[other]
        if own is not None and axis is not None:
            mapping[axis] = Position.of(own)
            bound.append(own)
    gone, others = {mine for mine, _ in pairs}, {other for _, other in pairs}
    rows = [axis for k, axis in enumerate(left.axes) if k not in gone]
    columns = [axis for k, axis in enumerate(right.axes) if k not in others]
    return Array((*rows, *columns), total(bound, ex.mul(left.body, right.moved(mapping))))


@operation("outer")
def outer(bench: Bench, left: Any, right: Any) -> Array:
    """left[i]*right[j]."""
    a, b = real(left, ("left",)), real(right, ("right",))
    if len(a.axes) != 1 or len(b.axes) != 1:
        message = f"outer takes two arrays of one axis; got shapes {' and '.join(shapes_of([a, b]))}"
        raise Mismatch(message, operands=(a, b), is_whole=True)
    return Array((*a.axes, *b.axes), ex.mul(a.body, b.body))


@operation("einsum")
def einsum(bench: Bench, *args: Any) -> Array:
    """einsum('ni,nj->ij', a, b): the sum over all letters that are not behind the arrow."""
    pattern = args[0] if args else None
    if not isinstance(pattern, str):
        raise Misuse("einsum needs its subscripts as a string, einsum('ni,nj->ij', a, b)")
    inputs, arrow, output = pattern.replace(" ", "").partition("->")
    operands = _factors(args[1:], [("args", k) for k in range(1, len(args))])
    letters = inputs.replace(",", "")
    if set(letters + output) - set(string.ascii_letters):
        message = f"einsum subscripts '{pattern[:40]}' hold more than letters; expected 'ni,nj->ij'"
        raise Misuse(message, ("args", 0))
    if len(inputs.split(",")) != len(operands):
        raise Misuse(f"einsum names {len(inputs.split(','))} operands, but {len(operands)} are given")
    if not arrow:
        output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    return _contracted(bench, inputs.split(","), output, operands)


def _contracted(bench: Bench, parts: Sequence[str], output: str, operands: Sequence[Array]) -> Array:
    extents = _extents(parts, operands)
    strange = [c for c in output if c not in extents or output.count(c) > 1]
    if strange:
        message = f"einsum: output subscript '{strange[0]}' must stand once and be named before"
        raise Misuse(message, ("args", 0))
    own = {letter: axis_of(extent, bench.new) for letter, extent in extents.items()}
    bodies = [
        operand.moved({axis: at(own[c]) for c, axis in zip(part, operand.axes, strict=True) if axis is not None})
        for part, operand in zip(parts, operands, strict=True)
    ]
    bound = [axis for c, axis in own.items() if c not in output and axis is not None]
    return Array(tuple(own[c] for c in output), total(bound, ex.mul(*bodies)))


def _extents(parts: Sequence[str], operands: Sequence[Array]) -> dict[str, Extent]:
    extents: dict[str, Extent] = {}
    for part, operand in zip(parts, operands, strict=True):
        if len(part) != len(operand.axes):
            shape = shape_text(operand.shape)
            raise Mismatch(f"einsum: '{part}' names {len(part)} axes of an array of shape {shape}")
        for letter, extent in zip(part, operand.shape, strict=True):
            if extents.setdefault(letter, extent) != extent:
                raise Mismatch(f"einsum: '{letter}' has extent {extents[letter]} and {extent}")
    return extents
