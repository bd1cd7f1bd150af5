"""Many more points in double precision: conditions that hold at few of them, such as 0 < z < margin, are met.

Enters: a claim that agrees at the first points and was not proved.  Leaves: numbers of points at which it seems to
differ, to be evaluated in many digits; alone they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite, log2

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.oracle.order import upstream
from symprop.verification.mistakes_in_numbers import numbers_in
from symprop.verification.points import drawn
from symprop.verification.scene import Scene, distance
from symprop.verification.values import Claim

ROUNDING = 1e-10
MOST_SCALES = 24


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
    numbers: Iterable[int],
    scales: Sequence[float],
    deadline: float,
) -> list[int]:
    """Numbers of points at which the claim differs from the truth, the largest difference first."""
    needed, found = _needed(claims, claim), dict[int, float]()
    for number in numbers:
        try:
            scene = Scene(derivation, needed, drawn(derivation.network, number, scales), 0, deadline)
        except UndecidedError:
            break
        values = scene.values(claim)
        apart = 0.0 if values is None else distance(*values)
        if apart > ROUNDING and isfinite(apart):
            found[number] = apart
    return sorted(found, key=lambda number: -found[number])


def _needed(claims: Sequence[Claim], claim: Claim) -> list[Claim]:
    """The claims that one is made of, itself included."""
    equations = [e for c in claims for e in c.equations]
    kept = {e.target for e in upstream(equations, [claim.equations[-1].target])}
    return [c for c in claims if c is claim or (c.tensor is not None and c.tensor.name in kept)]
