"""Points at which claims and truth are compared: extents different and above 1, numbers of order 1, neither 0 nor 1.

Enters: a network and a number.  Leaves: a `Point`.  Every number but those of `precise` is a double that mpmath takes
as it is, so that a point is the same in any precision; labels repeat, rows of probabilities sum to 1 exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import numpy.typing as npt

from symprop.errors import UndecidedError
from symprop.language import Network, Tensor, extent_names

Array = npt.NDArray[Any]
GIVEN = ("input", "target", "param", "state", "sample")
WHOLE, WIDE, LARGEST = 2**16, 40.0, 40
ENDS = 4
"""Every so manieth point has the ends of a range."""
PLAIN = 6
"""Points from this one on may have numbers of other sizes."""


@dataclass(frozen=True)
class Point:
    """Sizes of the named extents, and the tensors that are not computed."""

    sizes: Mapping[str, int]
    arrays: Mapping[str, Array]


def given(network: Network) -> list[Tensor]:
    """The tensors that no equation defines."""
    return [t for t in network.tensors.values() if network.defining(t.name) is None and t.name != network.loss]


def sizes_of(network: Network, number: int) -> dict[str, int]:
    """Sizes of the named extents: different from one another and from all other extents, and changing with `number`.

    They are as small as can be while every axis, such as T - 3, has more than one entry.
    """
    axes = [axis for tensor in network.tensors.values() for axis in tensor.axes]
    taken = {axis.constant for axis in axes}
    names = sorted(extent_names(network), key=lambda name: (name != "N", name))
    free = [size for size in range(2, 2 + len(taken) + LARGEST + 5 * len(names)) if size not in taken]
    named = [axis for axis in axes if axis.names]
    for least in range(LARGEST):
        sizes = {name: free[least + (number + k) % (len(names) + 2)] for k, name in enumerate(names)}
        if all(axis.value(sizes) > 1 for axis in named):
            return sizes
    shown = ", ".join(dict.fromkeys(map(str, named)))
    raise UndecidedError(f"network '{network.name}': no small extents were found at which none of {shown} is below 2.")


def draw(network: Network, number: int, spread: float = 1.0, learnt: float = 1.0) -> Point:
    """The point of a number; inputs and targets are `spread` times as large, parameters `learnt` times."""
    return draw_at(network, sizes_of(network, number), number, spread, learnt)


def draw_at(
    network: Network, sizes: Mapping[str, int], number: int, spread: float = 1.0, learnt: float = 1.0
) -> Point:
    """The point of a number, at given sizes of the named extents."""
    rng = np.random.default_rng(1000 + number)
    arrays = {t.name: _values(t, _shape(t, sizes), rng, spread, number, high_of(t, sizes)) for t in given(network)}
    arrays |= {t.name: arrays[t.name] * learnt for t in given(network) if t.role == "param" and t.dtype == "real"}
    return Point(sizes, arrays)


def draw_tensor(tensor: Tensor, sizes: Mapping[str, int], number: int) -> Array:
    """Values of one tensor."""
    rng = np.random.default_rng([number, *tensor.name.encode()])
    return _values(tensor, _shape(tensor, sizes), rng, 1.0, number, high_of(tensor, sizes))


def drawn(network: Network, number: int, scales: Sequence[float] = ()) -> Point:
    """The point of a number, every third one with larger inputs.

    Args:
        network: whose tensors have values there.
        number: of the point.
        scales: sizes of numbers at which formulas change, thresholds say: beyond the first few, every other point has
            inputs of such a size, and every fourth one parameters too.
    """
    if number < PLAIN or number % 2 or not scales:
        return draw(network, number, 1.0 if number % 3 < 2 else WIDE)
    turn = (number - PLAIN) // 2
    scale = scales[turn % len(scales)]
    return draw(network, number, scale, scale if turn // len(scales) % 2 == 0 else 1.0)


def high_of(tensor: Tensor, sizes: Mapping[str, int]) -> int:
    """Integers of a tensor lie below this number."""
    return 2 if tensor.high is None else tensor.high.value(sizes)


def dropped(tensor: Tensor) -> float:
    """The probability with which an entry of a mask is 0; it is 1/(1 - rate) otherwise."""
    return float(dict(tensor.init[1]).get("rate", 0.5)) if tensor.init else 0.5


def precise(point: Point, network: Network, digits: int) -> Point:
    """The point with masks in so many digits: 1/(1 - rate), and not the double next to it, which 1/0.7 is not."""
    masks = [t for t in given(network) if t.role == "sample"]
    if not masks:
        return point
    arrays = dict(point.arrays)
    with mpmath.workdps(digits):
        for mask in masks:
            rate = Fraction(str(dropped(mask)))
            kept = mpmath.mpf(rate.denominator) / (rate.denominator - rate.numerator)
            arrays[mask.name] = np.where(np.asarray(arrays[mask.name], dtype=float) != 0, kept, mpmath.mpf(0))
    return Point(point.sizes, arrays)


def _shape(tensor: Tensor, sizes: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(axis.value(sizes) for axis in tensor.axes)


def _values(
    tensor: Tensor, shape: tuple[int, ...], rng: np.random.Generator, spread: float, number: int, high: int
) -> Array:
    if tensor.dtype == "integer":
        return _labels(shape, high, rng, number)
    unit = rng.integers(WHOLE // 4, WHOLE, shape) / WHOLE
    if tensor.simplex is not None:
        return _rows(unit, tensor.simplex)
    if tensor.values is not None:
        low, high = tensor.values
        return np.asarray(low + (high - low) * _labels(shape, 2, rng, number).astype(float))
    if tensor.role == "sample" and tensor.at_rest:
        rate = dropped(tensor)
        return np.where(rng.random(shape) < rate, 0.0, 1 / (1 - rate))
    if tensor.low is not None and tensor.top is not None:
        # a closed range has its ends, and labels are nothing else
        inner = rng.integers(0, 2, shape) if number % ENDS == ENDS - 1 else unit
        return np.asarray(tensor.low + (tensor.top - tensor.low) * inner)
    if tensor.low is not None or tensor.role == "state":
        return np.asarray((tensor.low or 0.0) + unit * spread)
    signed = np.asarray(unit * rng.choice([-1.0, 1.0], shape) * 1.5)
    if tensor.role == "param":
        # sums over many inputs stay of order 1, where an activation is neither linear nor saturated
        return np.asarray(signed / 2.0 ** (math.log2(max(1, math.prod(shape[:-1]))) // 2))
    return np.asarray(signed * spread)


def _labels(shape: tuple[int, ...], high: int, rng: np.random.Generator, number: int) -> Array:
    """Labels of which two are equal; where there are only two, at every other point."""
    labels = rng.integers(0, high, shape)
    flat = labels.reshape(-1)
    if flat.size > 1:
        repeats = flat.size > 2 or number % 2 == 0
        flat[1] = flat[0] if repeats else (flat[0] + 1) % high
        if flat.size > 2 and high > 1:
            flat[2] = (flat[0] + 1) % high
    return labels


def _rows(unit: Array, axis: int) -> Array:
    """Rows of probabilities, multiples of 2**-16 that sum to 1 exactly."""
    counts = np.floor(unit / unit.sum(axis=axis, keepdims=True) * WHOLE)
    first = np.take(counts, [0], axis=axis) + WHOLE - counts.sum(axis=axis, keepdims=True)
    rest = np.take(counts, range(1, counts.shape[axis]), axis=axis)
    return np.asarray(np.concatenate([first, rest], axis=axis) / WHOLE)
