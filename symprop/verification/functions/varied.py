"""Points of other scales and signs than the ordinary ones, so that rare branches of code are taken at some of them.

Enters: a point and its tensors.  Leaves: a point.  What has bounds keeps them; at most one tensor grows, so that
nothing saturates or overflows that does not at an ordinary point.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from symprop.language import Tensor
from symprop.verification.points import Array, Point

ORDINARY, EVERY = 4, 3
LEAST, MOST = -4, 2


def is_ordinary(number: int) -> bool:
    """True of points with numbers of order 1 and random signs: the first ones, and every third one."""
    return number < ORDINARY or number % EVERY == 0


def varied(point: Point, tensors: Iterable[Tensor], number: int) -> Point:
    """The point of a number, unless it is an ordinary one: its tensors times powers of 2 from 1/16 to 4.

    Of every fourth tensor all entries are positive, of every fourth negative; of every second each entry has a power of
    its own.
    """
    free = [t for t in tensors if _is_free(t)]
    if is_ordinary(number) or not free:
        return point
    rng = np.random.default_rng([number, len(free)])
    growing = free[rng.integers(len(free))].name
    arrays = dict(point.arrays)
    for tensor in free:
        power = rng.integers(0, MOST + 1) if tensor.name == growing else rng.integers(LEAST, 1)
        arrays[tensor.name] = _changed(tensor, arrays[tensor.name], int(power), rng)
    return replace(point, arrays=arrays)


def _is_free(tensor: Tensor) -> bool:
    """True of a tensor of real numbers without an upper bound."""
    return tensor.is_free and tensor.top is None


def _changed(tensor: Tensor, array: Array, power: int, rng: np.random.Generator) -> Array:
    """The array times powers of 2; above a lower bound, its distance to the bound."""
    signs, is_single = rng.integers(4), bool(rng.integers(2))
    powers = power if is_single else power - rng.integers(0, power - LEAST + 1, array.shape)
    low = 0.0 if tensor.low is None else tensor.low
    found = (array - low) * 2.0**powers
    if tensor.low is None and tensor.role != "state" and signs < 2:
        found = np.abs(found) if signs == 0 else -np.abs(found)
    return np.asarray(low + found)
