"""The truth itself, checked by differences: the loss a little before and behind a point, in the digits of a scene.

Enters: a derivation and a scene.  Leaves nothing, or an error that is ours.  All entries of a tensor are moved at once,
in a random direction; (L(x + h v) - L(x - h v))/2h is then sum(v * dL/dx).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import SympropError
from symprop.language import Equation
from symprop.oracle import evaluate
from symprop.verification.points import Array
from symprop.verification.scene import DIGITS, Scene, finite, library


class _Scale(NamedTuple):
    """What differences are good for, in so many digits.

    Args:
        step: by which tensors are moved.
        tolerance: of a slope, as a part of it.
        noise: of the loss, as a part of it; of a slope in doubles it is divided by the step already.
        kink: a bend that is a larger part of the way is none of a curve.
    """

    step: Any
    tolerance: float
    noise: float
    kink: float


EXACT = _Scale(mpmath.mpf(10) ** -20, 1e-25, 1e-35, 1e-8)
ROUGH = _Scale(2.0**-17, 1e-6, 1e-9, 1e-3)


def check_truth(derivation: Derivation, targets: Iterable[str], scene: Scene) -> None:
    """Compare adjoints with differences at the point of a scene, all at once: the loss is moved by the sum of all.

    Where the slopes on both sides differ, as at the zeros of a relu that a maximum is taken of, no adjoint is the
    derivative: there the tensor is moved away a little first, and its adjoint compared at the point that it comes to.

    Raises:
        SympropError: an adjoint is not the derivative; nothing that was compared with it could be believed.
    """
    tensors = derivation.network.tensors
    wanted = [t for t in dict.fromkeys(targets) if t not in tensors and t in scene.truth and finite(scene.truth[t])]
    if wanted and not _Slope(derivation, wanted, scene, scene.truth).agrees:
        wrong = [target for target in wanted if not _holds(derivation, target, scene)]
        if wrong:
            message = f"our {', '.join(wrong)} disagrees with differences of the loss"
            raise SympropError(f"network '{derivation.network.name}': {message}.")


def roughly_true(derivation: Derivation, targets: Iterable[str], scene: Scene) -> bool:
    """True where differences in double precision bear the adjoints out; where they do not, nothing is said."""
    tensors = derivation.network.tensors
    wanted = [t for t in dict.fromkeys(targets) if t not in tensors]
    known = all(t in scene.truth and finite(scene.truth[t]) for t in wanted)
    return known and (not wanted or _Slope(derivation, wanted, scene, scene.truth).agrees)


def has_loss(scene: Scene) -> bool:
    """True where the loss is a finite number."""
    with mpmath.workdps(DIGITS):
        return bool(mpmath.isfinite(_loss(scene, {})))


def _holds(derivation: Derivation, target: str, scene: Scene) -> bool:
    """True where an adjoint agrees with differences, at the point or, where that is at a kink, beside it."""
    slope = _Slope(derivation, [target], scene, scene.truth)
    if slope.agrees or not slope.has_kink:
        return slope.agrees
    tensor = target.removeprefix(derivation.prefix)
    away = {tensor: np.random.default_rng(11).integers(1, 2**40, scene.truth[target].shape) / 2**48}
    with mpmath.workdps(DIGITS):
        values = _moved(scene, away, [*derivation.network.equations, *(a.equation for a in derivation)])
    return _Slope(derivation, [target], scene, values, away).agrees


class _Slope:
    """The slope of the loss in a direction, on both sides, beside what adjoints say that it is.

    Args:
        derivation: whose adjoints are compared.
        targets: their names.
        scene: the point.
        truth: the adjoints there.
        away: by how much tensors are moved from the point.
    """

    def __init__(
        self,
        derivation: Derivation,
        targets: list[str],
        scene: Scene,
        truth: Mapping[str, Array],
        away: Mapping[str, Array] | None = None,
    ) -> None:
        rng = np.random.default_rng(7)
        base = away or {}
        step, tolerance, noise, kink = EXACT if scene.digits else ROUGH
        with mpmath.workdps(DIGITS):
            directions = {t: rng.integers(1, 64, truth[t].shape) / 32 for t in targets}
            moves = {t.removeprefix(derivation.prefix): v for t, v in directions.items()}
            behind, here, ahead = (
                _loss(scene, {name: base.get(name, 0) + v * sign * step for name, v in moves.items()})
                for sign in (-1, 0, 1)
            )
            slope = (ahead - behind) / (2 * step)
            products = [v * truth[t] for t, v in directions.items()]
            found, size = sum(np.sum(p) for p in products), sum(np.sum(np.abs(p)) for p in products)
            bend, way = abs(ahead - 2 * here + behind), abs(ahead - here) + abs(here - behind)
            self.agrees = bool(abs(slope - found) <= tolerance * (size + abs(slope)) + noise * (1 + abs(ahead)))
            self.has_kink = bool(bend > kink * way + noise * step)


def _loss(scene: Scene, moves: Mapping[str, Array]) -> Any:
    network = scene.derivation.network
    return _moved(scene, moves, network.equations)[network.loss][()]


def _moved(scene: Scene, moves: Mapping[str, Array], equations: Iterable[Equation]) -> dict[str, Array]:
    """The values of equations where tensors are moved."""
    network, arrays = scene.derivation.network, dict(scene.point.arrays)
    dtype = object if scene.digits else float
    for name in moves.keys() & arrays.keys():
        arrays[name] = arrays[name].astype(dtype) + moves[name]
    shifts = {name: move for name, move in moves.items() if name not in arrays}
    return evaluate(
        replace(network, equations=tuple(equations)),
        arrays,
        scene.point.sizes,
        dtype,
        functions={**library(), **network.functions},
        shifts=shifts,
        deadline=scene.deadline,
    )
