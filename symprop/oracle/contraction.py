"""Sums of products of tensors, `sum[i](A[n,i]*B[i,j])`, exactly.

Enters: a reduction and the values of tensors, as numbers of arbitrary precision.  Leaves: an array over its free
indices, each entry rounded once, or nothing where the reduction has another form.  The numbers are binary, so that over
a common power of two they are integers, and the sum is one of integers.  Whole axes of two tensors are multiplied for
all entries at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import mpmath
import numpy as np

from symprop.language import Extent, Index, Number, Read
from symprop.language.expressions import Mul, Reduce
from symprop.oracle.arithmetic import Array

SMALLEST, WIDEST_BITS = 1000, 4000


def contracted(
    expr: Reduce, values: Mapping[str, Array], extent: Callable[[Extent], int]
) -> tuple[tuple[Index, ...], Array] | None:
    """The free indices of a sum of products and its values over them; None where it has another form or is small."""
    sides = _sides(expr, values, extent)
    if sides is None:
        return None
    coefficient, left, right = sides
    size = math.prod(extent(i.extent) for i in dict.fromkeys((*left[0], *right[0])))
    whole = [integers(array) for _, array in (left, right)] if size >= SMALLEST else []
    if not whole or any(part is None for part in whole):
        return None
    (a, shift_a), (b, shift_b) = (part for part in whole if part is not None)
    free, total = _product((left[0], a), (right[0], b), expr.indices)
    return free, rounded(total, shift_a + shift_b, coefficient)


def products(expr: Reduce) -> tuple[Fraction, tuple[Read, ...]] | None:
    """The numeral and the reads under a sum of products of nothing else, None for another reduction."""
    factors = expr.body.factors if isinstance(expr.body, Mul) else (expr.body,)
    reads = tuple(f for f in factors if isinstance(f, Read) and f.indices)
    numerals = [f.value for f in factors if isinstance(f, Number)]
    if expr.op != "sum" or not reads or len(reads) + len(numerals) != len(factors):
        return None
    return math.prod(numerals, start=Fraction(1)), reads


def rounded(whole: Array, shift: int, coefficient: Fraction) -> Array:
    """Integers times a power of two and a numeral, as numbers of the current precision."""
    scaled = np.frompyfunc(partial(_rounded, shift=shift, coefficient=coefficient), 1, 1)
    return np.asarray(scaled(whole), dtype=object)


def _rounded(whole: int, shift: int, coefficient: Fraction) -> Any:
    """whole * coefficient * 2**shift as a number of the current precision."""
    mp = mpmath.mp
    value = mp.make_mpf(mpmath.libmp.from_man_exp(whole * coefficient.numerator, shift, mp.prec, "n"))
    return value if coefficient.denominator == 1 else value / coefficient.denominator


Side = tuple[tuple[Index, ...], Array]


def _sides(
    expr: Reduce, values: Mapping[str, Array], extent: Callable[[Extent], int]
) -> tuple[Fraction, Side, Side] | None:
    """The numeral and the two reads under a sum, where it is one of whole axes."""
    known = None if expr.domain else products(expr)
    if known is None or len(known[1]) != 2:
        return None
    found: list[Side] = []
    for read in known[1]:
        indices = [p.index for p in read.indices]
        array = values.get(read.tensor)
        if array is None or array.dtype != object or len(set(indices)) < array.ndim or None in indices:
            return None
        plain = tuple(i for i in indices if i is not None)
        if tuple(extent(i.extent) for i in plain) != array.shape:
            return None
        found.append((plain, array))
    if {*expr.indices} - {*found[0][0], *found[1][0]}:
        return None
    return known[0], found[0], found[1]


def integers(array: Array) -> tuple[Array, int] | None:
    """Whole numbers and the exponent of the power of two they are multiples of; None for infinities and NaN."""
    parts = [v._mpf_ for v in array.ravel()]
    if any(not man and exponent for _, man, exponent, _ in parts):
        return None
    shift = min((exponent for _, man, exponent, _ in parts if man), default=0)
    top = max((exponent + bits for _, man, exponent, bits in parts if man), default=0)
    if top - shift > WIDEST_BITS:
        return None
    whole = np.empty(len(parts), dtype=object)
    whole[:] = [_whole(sign, man, exponent - shift) for sign, man, exponent, _ in parts]
    return whole.reshape(array.shape), shift


def _whole(sign: int, man: int, exponent: int) -> int:
    size = int(man) << exponent if man else 0
    return -size if sign else size


def _product(left: Side, right: Side, bound: Sequence[Index]) -> Side:
    """The sum over the bound indices of the product, over the free ones."""
    letters = {index: number for number, index in enumerate(dict.fromkeys((*left[0], *right[0])))}
    free = tuple(i for i in letters if i not in bound)
    axes = [[letters[i] for i in indices] for indices in (left[0], right[0], free)]
    return free, np.asarray(np.einsum(left[1], axes[0], right[1], axes[1], axes[2]), dtype=object)
