"""Numbers of the traced code as exact numbers.

Enters: Python's and NumPy's numbers and arrays.  Leaves: arrays.  A float that was written with at most 14 digits is
the decimal number that was written; of a longer one, it is found out what it is rounded from: 1/3, or sqrt(2).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from symprop.frontends.arrays import Array, at, axis_of, scalar
from symprop.frontends.bench import Bench
from symprop.frontends.operations.elementwise import HALF
from symprop.frontends.tracing.faults import not_traceable
from symprop.language import Domain, Extent, Position
from symprop.language import expressions as ex

LONG, DENOMINATOR, ENTRIES = 15, 10_000, 256
ROUNDED: tuple[tuple[Callable[[float], float], Callable[[ex.Expr], ex.Expr]], ...] = (
    (lambda x: x * x, lambda e: ex.power(e, HALF)),
    (lambda x: x / math.pi, lambda e: ex.mul(e, ex.Constant("pi"))),
    (lambda x: x * x / math.pi, lambda e: ex.power(ex.mul(e, ex.Constant("pi")), HALF)),
    (lambda x: x * x * math.pi, lambda e: ex.power(ex.divide(e, ex.Constant("pi")), HALF)),
    (math.exp, lambda e: ex.Call("log", (e,))),
)


def number(value: Any) -> Array:
    """A number of Python's or NumPy's."""
    if isinstance(value, bool | np.bool_):
        return scalar(ex.Number(int(value)), "mask")
    if isinstance(value, int | np.integer):
        return scalar(ex.Number(int(value)), "integer")
    if isinstance(value, Fraction):
        return scalar(ex.Number(value))
    if not math.isfinite(value):
        raise not_traceable(f"{value} cannot stand in a formula; expected a finite number")
    return scalar(_exact(float(value)))


def _exact(value: float) -> ex.Expr:
    written = Fraction(repr(value))
    digits = len(repr(value).partition("e")[0].replace(".", "").replace("-", "").lstrip("0"))
    if digits < LONG:
        return ex.Number(written)
    near = Fraction(value).limit_denominator(DENOMINATOR)
    if near and float(near) == value:
        return ex.Number(near)
    sign = -1 if value < 0 else 1
    for undone, done in ROUNDED if abs(value) < 100 else ():
        near = Fraction(undone(abs(value))).limit_denominator(DENOMINATOR)
        found = done(ex.Number(near))
        if near and abs(undone(abs(value)) - near) < 8 * abs(near) * 2**-53:
            return ex.mul(ex.Number(sign), found)
    return ex.Number(written)


def table(bench: Bench, values: np.ndarray[Any, Any]) -> Array:
    """An array of numbers: steps 0, 1, 2 as an index, anything else entry by entry."""
    if values.dtype.kind not in "biuf":
        raise not_traceable(f"an array of dtype {values.dtype} cannot stand here; expected numbers")
    if values.ndim == 0:
        return number(values[()])
    axes = tuple(axis_of(Extent.of(size), bench.new) for size in values.shape)
    steps = np.diff(values) if values.ndim == 1 and values.dtype.kind in "iu" else np.array([])
    if values.ndim == 1 and values.dtype.kind in "iu" and values.size and (steps == steps[:1]).all():
        step = int(steps[0]) if steps.size else 0
        return Array(axes, ex.size(at(axes[0]) * step + int(values[0])), "integer")
    if values.size > ENTRIES:
        raise not_traceable(f"an array of {values.size} numbers; expected at most {ENTRIES}", "Make it an input.")
    kind = {"b": "mask", "i": "integer", "u": "integer"}.get(values.dtype.kind, "real")
    return Array(axes, _entries(axes, values), kind)


def _entries(axes: tuple[Any, ...], values: np.ndarray[Any, Any]) -> ex.Expr:
    terms = []
    for place in product(*map(range, values.shape)):
        entries = [Domain.equal(at(axis), Position.of(k)) for axis, k in zip(axes, place, strict=True)]
        here = Domain(c for entry in entries for c in entry.constraints)
        terms.append(ex.guard(here, number(values[place]).body))
    return ex.add(*terms)
