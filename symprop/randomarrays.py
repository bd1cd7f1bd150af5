"""Arrays that a generated module can be run on: inputs and targets with values that they may have.

Enters: tensors and a number of rows.  Leaves: arrays; real ones hold numbers that float32 holds, so that modules of
either dtype see the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.language import Tensor

Array = npt.NDArray[Any]
Generator = np.random.Generator


def packed(table: Mapping[str, Any], arrays: Mapping[str, Array]) -> Any:
    """Arrays as a module takes them: one for itself, several as a dictionary."""
    found = {name: arrays[name] for name in table}
    return next(iter(found.values())) if len(found) == 1 else found


def drawn(tensor: Tensor, batch: int, rng: Generator) -> Array:
    """Values an input or a target may have."""
    shape = shape_of(tensor, batch)
    if tensor.dtype == "integer":
        return rng.integers(0, (tensor.high.constant if tensor.high else None) or 2, shape)
    if tensor.simplex is not None:
        return _rows_of_one(shape, tensor.simplex, rng)
    if tensor.values is not None:
        return _single(rng.choice(tensor.values, shape))
    if tensor.low is not None and tensor.top is not None:
        return _single(rng.uniform(tensor.low, tensor.top, shape))
    normal = rng.normal(size=shape)
    return _single(normal if tensor.low is None else tensor.low + np.abs(normal))


def _rows_of_one(shape: tuple[int, ...], axis: int, rng: Generator) -> Array:
    """Positive numbers that sum to 1 along an axis, exactly: multiples of a power of 2."""
    classes, rest = shape[axis], shape[:axis] + shape[axis:][1:]
    whole = 1 << (classes.bit_length() + 8)
    counts = 1 + rng.multinomial(whole - classes, np.full(classes, 1 / classes), rest)
    return np.moveaxis(counts / whole, -1, axis)


def moved(value: Any, rng: Generator) -> Array:
    """An initial parameter, moved: zeros would hide what is wrong."""
    array = np.asarray(value, dtype=float)
    return _single(array + 0.1 * rng.normal(size=array.shape))


def _single(value: Array) -> Array:
    return np.asarray(value).astype(np.float32).astype(np.float64)


def shape_of(tensor: Tensor, batch: int) -> tuple[int, ...]:
    """Extents for so many rows."""
    return tuple(axis.value({"N": batch}) for axis in tensor.axes)
