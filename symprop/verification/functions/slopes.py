"""Gradients of a function that can only be run: by differences at ever smaller steps, with an estimate of their error.

Enters: a runner of the loss and its arguments.  Leaves: `Truth` values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any

import numpy as np

from symprop.errors import UndecidedError
from symprop.verification.functions.running import Runner
from symprop.verification.functions.samples import Truth
from symprop.verification.points import Array

LEVELS, FIRST_STEP, DIRECTIONS = 6, 2.0**-5, 2


def differences(runner: Runner, given: Mapping[str, Any], name: str) -> Truth:
    """The gradient of the loss by an argument, entry by entry.

    Raises:
        UndecidedError: the time is up.
    """
    array = np.asarray(given[name], dtype=float)
    found = []
    for place in np.ndindex(array.shape):
        direction, length = np.zeros(array.shape), max(1.0, abs(float(array[place])))
        direction[place] = length
        value, error = _slope(runner, given, name, direction)
        found.append((value / length, error / length))
    values = np.array([value for value, _ in found]).reshape(array.shape)
    return Truth(values, max((error for _, error in found), default=0.0))


def directions(array: Array, number: int) -> list[Array]:
    """Some directions of length 1, in which every entry moves."""
    rng = np.random.default_rng([number, array.size])
    drawn = [rng.uniform(0.5, 1.0, array.shape) * rng.choice([-1.0, 1.0], array.shape) for _ in range(DIRECTIONS)]
    return [np.asarray(d / np.linalg.norm(d)) for d in drawn]


def slopes(runner: Runner, given: Mapping[str, Any], name: str, along: Sequence[Array]) -> Truth:
    """The derivatives of the loss by an argument in some directions.

    Raises:
        UndecidedError: the time is up.
    """
    found = [_slope(runner, given, name, direction) for direction in along]
    return Truth(np.array([value for value, _ in found]), max(error for _, error in found))


def _slope(runner: Runner, given: Mapping[str, Any], name: str, direction: Array) -> tuple[float, float]:
    if monotonic() > runner.deadline:
        raise UndecidedError(f"{runner.file.name}: the differences of the loss are not done in the time there is")
    array = np.asarray(given[name], dtype=float)

    def moved(step: float) -> float:
        other = array + step * direction
        return runner.loss({**given, name: other if other.ndim else other[()]})

    return extrapolated(moved, FIRST_STEP)


def extrapolated(function: Callable[[float], float], step: float) -> tuple[float, float]:
    """The derivative at 0 and an estimate of its error, from central differences at steps h, h/2, h/4, ...

    Source:
        Ridders, Advances in Engineering Software 4, 75-76 (1982).
    """
    best, error = math.nan, math.inf
    previous: list[float] = []
    for level in range(LEVELS):
        h = step / 2**level
        ahead, behind = function(h), function(-h)
        row = [(ahead - behind) / (2 * h)]
        noise = (abs(ahead) + abs(behind)) * 2**-52 / h
        for k, old in enumerate(previous, 1):
            row.append(row[-1] + (row[-1] - old) / (4**k - 1))
            own = max(abs(row[-1] - row[-2]), abs(row[-1] - old)) + noise
            if own <= error:
                best, error = row[-1], own
        previous = row
    return best, error
