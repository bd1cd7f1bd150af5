"""Many more points in double precision: conditions that hold at few of them, such as 0 < z < margin, are met.

Enters: a claim that agrees at the first points and was not proved.  Leaves: numbers of points at which it seems to
differ, to be evaluated in many digits; alone they say nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from time import monotonic

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.oracle.order import upstream
from symprop.verification.points import drawn
from symprop.verification.scene import Scene, distance
from symprop.verification.values import Claim

ROUGH, SECONDS = 1e-6, 2.0


def screened(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, numbers: Iterable[int], deadline: float
) -> Iterator[int]:
    """Numbers of points at which the claim differs roughly from the truth."""
    end = min(deadline, monotonic() + SECONDS)
    needed = _needed(claims, claim)
    for number in numbers:
        try:
            scene = Scene(derivation, needed, drawn(derivation.network, number), 0, end)
        except UndecidedError:
            return
        values = scene.values(claim)
        if values is not None and distance(*values) > ROUGH:
            yield number


def _needed(claims: Sequence[Claim], claim: Claim) -> list[Claim]:
    """The claims that one is made of, itself included."""
    equations = [e for c in claims for e in c.equations]
    kept = {e.target for e in upstream(equations, [claim.equations[-1].target])}
    return [c for c in claims if c is claim or (c.tensor is not None and c.tensor.name in kept)]
