"""What a wrong claim would be right for: a single row, a single step, where there is nothing to sum up wrongly.

Enters: a wrong claim.  Leaves: sentences; each was checked at two points with that extent 1.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from symprop.language import Tensor
from symprop.verification.case import Case, same
from symprop.verification.points import Array, Point
from symprop.verification.scene import Scene, zero


def single(case: Case) -> Iterator[str]:
    """Right for a batch of one, or a sequence of one."""
    for name in sorted(case.scenes[0].point.sizes) if not case.is_of_a_branch else ():
        if _right_at_one(case, name):
            what = "a single row" if name == "N" else "a single entry"
            how = "the rows of the batch come" if name == "N" else f"the sums over {name} come"
            yield f"It is right for {what}, {name} = 1: look at how {how} together."


def _right_at_one(case: Case, name: str) -> bool:
    tensors = case.derivation.network.tensors
    if any(name in axis.names and axis.names != {name} for t in tensors.values() for axis in t.axes):
        return False
    if any(t.high is not None and name in t.high.names for t in tensors.values()):
        return False
    for scene in case.scenes:
        arrays = {key: _first(tensors[key], array, name) for key, array in scene.point.arrays.items()}
        one = Scene(case.derivation, scene.claims, Point({**scene.point.sizes, name: 1}, arrays))
        pair = case.pair(one)
        if pair is None or zero(pair[1]) or not same(*pair):
            return False
    return True


def _first(tensor: Tensor, array: Array, name: str) -> Array:
    for axis, extent in enumerate(tensor.axes):
        if extent.names == {name}:
            array = np.take(array, [0], axis=axis)
    return array
