"""The gradient of another loss than the one stated: people differentiate the loss that they have in mind.

Enters: a wrong claim.  Leaves: a sentence where it is a constant times the gradient of a common loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import mpmath
import numpy as np

from symprop.verification.case import ROUGH, TOLERANCE, Case
from symprop.verification.points import Array
from symprop.verification.scene import Scene, zero

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
    claimed = [(scene, mine) for scene, (mine, _) in case.compared()]
    for prediction, target in _between(case):
        for loss, slope in SLOPES:
            for chain, factor in CHAINS:
                names = prediction, target
                alike = all(_is_multiple(case, scene, mine, names, slope, factor) for scene, mine in claimed)
                if alike and not case.is_cut_short:
                    between = f"{loss} between {prediction} and {target}{chain}"
                    yield f"Consistent with the gradient of another loss: of {between}."
                    return


def _is_multiple(
    case: Case, scene: Scene, claimed: Array, between: tuple[str, str], slope: Slope, factor: Callable[[Any], Any]
) -> bool:
    """Whether the claim is a constant times a slope at one point; False where a prediction makes it infinite."""
    arrays = case.given(scene, between)
    prediction, target = (arrays[name] * mpmath.mpf(1) for name in between)
    try:
        return _multiple(claimed, slope(prediction, target) * factor(prediction), TOLERANCE if scene.digits else ROUGH)
    except ZeroDivisionError:
        return False


def _between(case: Case) -> Iterator[tuple[str, str]]:
    """Predictions and targets of the shape of the claim."""
    tensors = case.derivation.network.tensors
    assert case.claim.tensor is not None
    alike = [t for t in tensors.values() if t.axes == case.claim.tensor.axes and t.dtype == "real"]
    goals = [t.name for t in alike if t.role == "target" or t.simplex is not None]
    for goal in goals if case.claim.tensor.axes else ():
        yield from ((t.name, goal) for t in alike if t.role == "intermediate" and t.name not in goals)


def _multiple(array: Array, other: Array, tolerance: float) -> bool:
    """Whether an array is a constant times another, entry by entry."""
    size = max((abs(v) for v in other.ravel()), default=0)
    pairs = [(a, b) for a, b in zip(array.ravel(), other.ravel(), strict=True)]
    ratios = [a / b for a, b in pairs if abs(b) > tolerance * size]
    if len(ratios) < 2 or zero(array):
        return False
    rest = [abs(a) for a, b in pairs if abs(b) <= tolerance * size]
    alike = all(abs(r - ratios[0]) <= tolerance * abs(ratios[0]) for r in ratios)
    return alike and all(a <= tolerance * size for a in rest)
