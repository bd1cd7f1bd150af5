"""Many more points in double precision: conditions that hold at few of them, such as 0 < z < margin, are met.

Enters: a claim that agrees at the first points and was not proved.  Leaves: numbers of points at which it seems to
differ, to be evaluated in many digits; alone they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, log2

import numpy as np

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.language import Tensor
from symprop.language import expressions as ex
from symprop.oracle.order import upstream
from symprop.verification.mistakes_in_numbers import numbers_in
from symprop.verification.points import PLAIN, Point, given
from symprop.verification.scene import Scene, distance, finite
from symprop.verification.values import Claim

ROUNDING = 1e-10
MOST_SCALES = 24
PART = 0.4
"""Of the entries, so many are at a number that they are compared with."""


def scales_of(derivation: Derivation, claims: Iterable[Claim]) -> tuple[float, ...]:
    """Sizes at which the network or a claim may change its formula: those of the numbers that stand in it.

    At 1/4 of one, at itself and at 4 times as much, a value that is read lies on either side of it, or a sum of some.
    """
    network = derivation.network
    bodies = [e.body for e in (*network.equations, *(e for c in claims for e in c.equations))]
    bodies += [function.body for function in network.functions.values()]
    numbers = {abs(float(number.value)) for body in bodies for number in numbers_in(body)}
    near = {factor * number for number in {*numbers, 1.0} for factor in (1.0, 4.0, 0.25)}
    return tuple(sorted(near - {1.0}, key=lambda size: (abs(log2(size)), size))[:MOST_SCALES])


def screened(
    derivation: Derivation,
    claims: Sequence[Claim],
    claim: Claim,
    points: Iterable[tuple[int, Point]],
    deadline: float,
) -> tuple[list[int], list[int]]:
    """Numbers of points at which the claim differs from the truth, the largest difference first; and of those at which
    the truth alone has a value."""
    needed, found, without = _needed(claims, claim), dict[int, float](), list[int]()
    for number, point in points:
        try:
            scene = Scene(derivation, needed, point, 0, deadline)
        except UndecidedError:
            break
        values = scene.values(claim)
        if values is not None and finite(values[1]) and not finite(values[0]):
            without.append(number)
        apart = 0.0 if values is None else distance(*values)
        if apart > ROUNDING and isfinite(apart):
            found[number] = apart
    return sorted(found, key=lambda number: -found[number]), without


def compared_numbers(derivation: Derivation, claims: Iterable[Claim]) -> list[tuple[Tensor, float]]:
    """Given tensors with the numbers that their entries are compared with in a condition: r > 0, y == 1."""
    known = {t.name: t for t in given(derivation.network) if t.is_free}
    bodies = [e.body for e in (*derivation.network.equations, *(e for c in claims for e in c.equations))]
    found: dict[tuple[str, float], None] = {}
    for node in (n for body in bodies for n in ex.walk(body) if isinstance(n, ex.Compare)):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            number = ex.number(other)
            if isinstance(side, ex.Read) and side.tensor in known and number is not None:
                found.setdefault((side.tensor, float(number)))
    return [(known[name], number) for name, number in found]


def met(point: Point, number: int, numbers: Sequence[tuple[Tensor, float]]) -> Point:
    """The point with a part of the entries at the numbers they are compared with, at every other of the later ones."""
    if number < PLAIN or number % 2 == 0 or not numbers:
        return point
    rng = np.random.default_rng(number)
    arrays = dict(point.arrays)
    for tensor, value in numbers:
        below, beyond = tensor.low is not None and value < tensor.low, tensor.top is not None and value > tensor.top
        if not below and not beyond:
            array = arrays[tensor.name]
            arrays[tensor.name] = np.where(rng.random(array.shape) < PART, value, array)
    return Point(point.sizes, arrays)


def _needed(claims: Sequence[Claim], claim: Claim) -> list[Claim]:
    """The claims that one is made of, itself included."""
    equations = [e for c in claims for e in c.equations]
    kept = {e.target for e in upstream(equations, [claim.equations[-1].target])}
    return [c for c in claims if c is claim or (c.tensor is not None and c.tensor.name in kept)]
