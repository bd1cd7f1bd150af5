"""The gradient of another loss than the one stated: people differentiate the loss that they have in mind.

Enters: a wrong claim.  Leaves: a sentence where it is a constant times the gradient of a common loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np

from symprop.verification.case import TOLERANCE, Case
from symprop.verification.points import Array
from symprop.verification.scene import zero

Slope = Callable[[Any, Any], Any]
SLOPES: tuple[tuple[str, Slope], ...] = (
    ("the squared error", lambda p, t: p - t),
    ("the absolute error", lambda p, t: np.vectorize(mpmath.sign, otypes=[object])(p - t)),
    ("the binary cross-entropy", lambda p, t: (p - t) / (p * (1 - p))),
    ("the cross-entropy", lambda p, t: -t / p),
)
CHAINS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("", lambda p: 1),
    (" times the derivative of a sigmoid", lambda p: p * (1 - p)),
    (" times the derivative of tanh", lambda p: 1 - p**2),
)


def another_loss(case: Case) -> Iterator[str]:
    """A constant times the slope of a common loss between two tensors that the loss is made of."""
    for prediction, target in _between(case):
        arrays = [(case.given(s, [prediction, target])) for s in case.scenes]
        values = [(a[prediction] * mpmath.mpf(1), a[target] * mpmath.mpf(1)) for a in arrays]
        for loss, slope in SLOPES:
            for chain, factor in CHAINS:
                slopes = _finite(slope, factor, values)
                if slopes and _proportional(case, slopes):
                    between = f"{loss} between {prediction} and {target}{chain}"
                    yield f"Consistent with the gradient of another loss: of {between}."
                    return


def _finite(slope: Slope, factor: Callable[[Any], Any], values: list[tuple[Array, Array]]) -> list[Array]:
    """The slopes at all points; none where a prediction makes one infinite."""
    try:
        return [slope(p, t) * factor(p) for p, t in values]
    except ZeroDivisionError:
        return []


def _between(case: Case) -> Iterator[tuple[str, str]]:
    """Predictions and targets of the shape of the claim."""
    tensors = case.derivation.network.tensors
    assert case.claim.tensor is not None
    alike = [t for t in tensors.values() if t.axes == case.claim.tensor.axes and t.dtype == "real"]
    goals = [t.name for t in alike if t.role == "target" or t.simplex is not None]
    for goal in goals if case.claim.tensor.axes else ():
        yield from ((t.name, goal) for t in alike if t.role == "intermediate" and t.name not in goals)


def _proportional(case: Case, slopes: list[Array]) -> bool:
    return all(_multiple(mine, slope) for (mine, _), slope in zip(case.pairs, slopes, strict=True))


def _multiple(array: Array, other: Array) -> bool:
    """Whether an array is a constant times another, entry by entry."""
    size = max((abs(v) for v in other.ravel()), default=0)
    pairs = [(a, b) for a, b in zip(array.ravel(), other.ravel(), strict=True)]
    ratios = [a / b for a, b in pairs if abs(b) > TOLERANCE * size]
    if len(ratios) < 2 or zero(array):
        return False
    rest = [abs(a) for a, b in pairs if abs(b) <= TOLERANCE * size]
    alike = all(abs(r - ratios[0]) <= TOLERANCE * abs(ratios[0]) for r in ratios)
    return alike and all(a <= TOLERANCE * size for a in rest)
