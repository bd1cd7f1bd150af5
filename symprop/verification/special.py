"""Right only where a tensor is 0 or 1: then it is what that tensor does that was left out.

Enters: a wrong claim and scenes.  Leaves: sentences, each checked at two points in many digits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from symprop.derivation import Derivation
from symprop.language import Tensor
from symprop.verification.case import ROUGH, TOLERANCE, Case
from symprop.verification.points import Array, Point, given
from symprop.verification.scene import DIGITS, Scene, distance, zero


def special_values(case: Case) -> Iterator[str]:
    """`It is right where gamma is 1: look at what gamma does.`"""
    for tensor in given(case.derivation.network):
        if tensor.is_free and tensor.low is not None and tensor.top is not None and _right_at_ends(case, tensor):
            ends = f"{_plain(tensor.low)} or {_plain(tensor.top)}"
            yield f"It is right where the entries of {tensor.name} are {ends}."
            return
    for tensor, value in _candidates(case.derivation) if not case.is_of_a_branch else ():
        if case.limit.reached:
            return
        if _right_at(case, tensor, value):
            yield f"It is right where {tensor.name} is {value}: look at where {tensor.name} comes in."
            return


def _candidates(derivation: Derivation) -> Iterator[tuple[Tensor, int]]:
    """Gains of 1, then offsets and coefficients of 0; a matrix of equal entries hides too much."""
    real = [t for t in given(derivation.network) if t.is_free]
    yield from ((t, value) for value in (1, 0) for t in real if len(t.axes) <= 1)


def _plain(value: float) -> str:
    return f"{value:g}"


def _right_at_ends(case: Case, tensor: Tensor) -> bool:
    """Right where all entries are at the ends of their range, some at either."""
    low, top = tensor.low or 0.0, tensor.top or 0.0
    rng = np.random.default_rng(0)
    return _right_with(case, tensor, lambda array: low + (top - low) * rng.integers(0, 2, array.shape))


def _right_at(case: Case, tensor: Tensor, value: int) -> bool:
    return _right_with(case, tensor, lambda array: np.full_like(array, value))


def _right_with(case: Case, tensor: Tensor, values: Callable[[Array], Array]) -> bool:
    """Roughly at the first point, and then in all digits at all of them."""
    for digits, tolerance, some in ((0, ROUGH, case.scenes[:1]), (DIGITS, TOLERANCE, case.scenes)):
        for scene in some:
            arrays = {**scene.point.arrays, tensor.name: values(scene.point.arrays[tensor.name])}
            point = Point(scene.point.sizes, arrays)
            pair = Scene(case.derivation, scene.claims, point, digits, scene.deadline).values(case.claim)
            if pair is None or zero(pair[1]) or not distance(*pair) <= tolerance:
                return False
    return True
