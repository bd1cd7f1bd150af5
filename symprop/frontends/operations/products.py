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
from symprop.frontends.operations.arguments import array, fitted, real, shapes_of
from symprop.frontends.operations.registry import operation
from symprop.language import Extent
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
    """left @ right, and * of numbers."""
    a, b = _factors([left, right], [("left",), ("right",)])
    if not a.axes or not b.axes:
        return elementwise(ex.mul, a, b)
    if len(a.axes) > 2 or len(b.axes) > 2:
        raise Misuse("dot of arrays with more than 2 axes cannot stand here", hint="Use @ or einsum.")
    return fitted(product, a, b)


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
