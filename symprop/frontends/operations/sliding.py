"""Products of two arrays of one axis, of which one slides along the other.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from typing import Any

from symprop.frontends.arrays import Array, at, axis_of, shape_text, total, undecided
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations.arguments import real
from symprop.frontends.operations.registry import operation
from symprop.language import Domain, Extent, Position
from symprop.language import expressions as ex

MODES = ("full", "same", "valid")


@operation("convolve")
def convolve(bench: Bench, left: Any, right: Any, mode: Any = "full") -> Array:
    """sum[j](left[k - j]*right[j]) for all k, or for those of a mode."""
    return _slid(bench, _vector(left, "left"), _vector(right, "right"), mode, False)


@operation("correlate")
def correlate(bench: Bench, left: Any, right: Any, mode: Any = "valid") -> Array:
    """sum[j](left[k + j]*right[j]) for all k at which `right` lies within `left`, or for those of a mode."""
    return _slid(bench, _vector(left, "left"), _vector(right, "right"), mode, True)


def _vector(value: Any, name: str) -> Array:
    array = real(value, (name,))
    if len(array.axes) != 1:
        message = f"an array of one axis is expected; got shape {shape_text(array.shape)}"
        raise Mismatch(message, (name,), "Write a loop over the other axes.")
    return array


def _slid(bench: Bench, left: Array, right: Array, mode: Any, forwards: bool) -> Array:
    """The longer array meets the shorter one, which is turned around unless it is read `forwards`."""
    if mode not in MODES:
        raise Misuse(f"a mode is {', '.join(MODES[:-1])} or {MODES[-1]}", ("mode",))
    is_swapped = _is_shorter(left, right, needed=mode != "full")
    long, short = (right, left) if is_swapped else (left, right)
    n, m = long.shape[0], short.shape[0]
    start, length = _window(mode, n, m)
    own = axis_of(length, bench.new)
    # NumPy correlates the longer array with the shorter one, and turns the result around
    place = Position.of(length - 1) - at(own) if is_swapped and forwards else at(own)
    (inner,), (axis,) = short.axes, long.axes
    here = place + start - (m - 1) + at(inner) if forwards else place + start - at(inner)
    met = long.moved({axis: here}) if axis is not None else long.body
    inside = undecided(Domain.inside(here, n))
    return Array((own,), total([] if inner is None else [inner], ex.guard(inside, ex.mul(met, short.body))))


def _is_shorter(left: Array, right: Array, needed: bool) -> bool:
    apart = left.shape[0] - right.shape[0]
    if apart.at_least(0) or not (needed or (apart * -1).at_least(1)):
        return False
    if (apart * -1).at_least(1):
        return True
    raise Mismatch(f"which of {left.shape[0]} and {right.shape[0]} is larger is not known", needs=apart.names)


def _window(mode: str, n: Extent, m: Extent) -> tuple[Extent, Extent]:
    """Where the result begins in the full convolution of extent n + m - 1, and its extent."""
    if mode == "full":
        return Extent.of(0), n + m - 1
    if mode == "valid":
        return m - 1, n - m + 1
    if m.constant is None:
        raise Mismatch(f"the middle of {m} entries is not known", needs=m.names)
    return Extent.of((m.constant - 1) // 2), n
