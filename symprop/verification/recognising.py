"""Steps of a hand derivation that are values of the network under another name.

Enters: a step, and scenes.  Leaves: the tensors and adjoints it may be, those it equals at every scene.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symprop.derivation import Derivation
from symprop.verification.scene import Scene, distance, finite
from symprop.verification.values import Claim


def candidates(claim: Claim, derivation: Derivation, scenes: Sequence[Scene], tolerance: float) -> Iterator[str]:
    """Names of computed tensors and adjoints of the step's shape that have its values at all scenes."""
    if claim.tensor is None:
        return
    network, own = derivation.network, claim.tensor
    computed = [e.target for e in network.equations if e.target != network.loss]
    adjoints = [derivation.prefix + a.tensor for a in derivation]
    for name in (*computed, *adjoints):
        axes = network.tensors[name if name in network.tensors else name.removeprefix(derivation.prefix)].axes
        if axes == own.axes and all(_same(scene, own.name, name, tolerance) for scene in scenes):
            yield name


def _same(scene: Scene, step: str, name: str, tolerance: float) -> bool:
    mine, true = scene.claimed.get(step), scene.truth.get(name)
    if mine is None or true is None or not (finite(mine) and finite(true)):
        return False
    return mine.shape == true.shape and distance(mine, true) <= tolerance
