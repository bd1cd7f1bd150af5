"""The truth itself, checked by differences: the loss a little before and behind a point, in 60 digits.

Enters: a derivation and a scene.  Leaves nothing, or an error that is ours.  All entries of a tensor are moved at once,
in a random direction; (L(x + h v) - L(x - h v))/2h is then sum(v * dL/dx).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import SympropError
from symprop.oracle import evaluate
from symprop.verification.points import Array
from symprop.verification.scene import DIGITS, Scene, finite

STEP_EXPONENT, TOLERANCE, NOISE = -20, 1e-25, 1e-35


def check_truth(derivation: Derivation, targets: Iterable[str], scene: Scene) -> None:
    """Compare adjoints with differences at the point of a scene, all at once: the loss is moved by the sum of all.

    Raises:
        SympropError: an adjoint is not the derivative; nothing that was compared with it could be believed.
    """
    tensors = derivation.network.tensors
    wanted = [t for t in dict.fromkeys(targets) if t not in tensors and t in scene.truth and finite(scene.truth[t])]
    if wanted and not _agrees(derivation, wanted, scene):
        wrong = [target for target in wanted if not _agrees(derivation, [target], scene)]
        shown = ", ".join(wrong or wanted)
        raise SympropError(f"network '{derivation.network.name}': our {shown} disagrees with differences of the loss.")


def has_loss(scene: Scene) -> bool:
    """True where the loss is a finite number."""
    with mpmath.workdps(DIGITS):
        return bool(mpmath.isfinite(_loss(scene, {})))


def _agrees(derivation: Derivation, targets: list[str], scene: Scene) -> bool:
    rng = np.random.default_rng(7)
    with mpmath.workdps(DIGITS):
        step = mpmath.mpf(10) ** STEP_EXPONENT
        directions = {t: rng.integers(1, 64, scene.truth[t].shape) / 32 for t in targets}
        moves = {t.removeprefix(derivation.prefix): v for t, v in directions.items()}
        ahead, behind = (_loss(scene, {name: v * sign * step for name, v in moves.items()}) for sign in (1, -1))
        slope = (ahead - behind) / (2 * step)
        products = [v * scene.truth[t] for t, v in directions.items()]
        found, size = sum(np.sum(p) for p in products), sum(np.sum(np.abs(p)) for p in products)
        return bool(abs(slope - found) <= TOLERANCE * (size + abs(slope)) + NOISE * (1 + abs(ahead)))


def _loss(scene: Scene, moves: Mapping[str, Array]) -> Any:
    network = scene.derivation.network
    arrays = dict(scene.point.arrays)
    for name in moves.keys() & arrays.keys():
        arrays[name] = arrays[name].astype(object) + moves[name]
    shifts = {name: move for name, move in moves.items() if name not in arrays}
    found = evaluate(network, arrays, scene.point.sizes, object, shifts=shifts, deadline=scene.deadline)
    return found[network.loss][()]
