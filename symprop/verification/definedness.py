"""Where a claim that was proved has no value though the truth has one: a division by 0, a root or a log of no number.

Enters: a proved claim.  Leaves: conditions `W[i,j] is not 0` under which the proof holds.  A denominator, the inside of
a root or a logarithm is named only if small whole numbers were found at which it takes the value of the claim away;
what such numbers do not reach, as 1 + exp(z) = 0, is no condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from symprop.derivation import Derivation
from symprop.errors import InputError
from symprop.language import Equation, Position
from symprop.language import expressions as ex
from symprop.verification.counterexample import degenerate
from symprop.verification.limit import Limit
from symprop.verification.points import Array
from symprop.verification.scene import Scene, finite
from symprop.verification.values import Claim
from symprop.verification.views import Views
from symprop.verification.wording import Wording

SECONDS = 0.5
POWER, ROOT, LOGARITHM = "is not 0", "is not below 0", "is positive"


def conditions_of(
    derivation: Derivation, claims: Sequence[Claim], claim: Claim, deadline: float, views: Views
) -> tuple[str, ...]:
    """What has to hold for the claim to have a value, where the truth has one anyway."""
    parts = [(equation, *part) for equation in _own(claims, claim) for part in _parts(equation.body)]
    limit, wording = Limit.of(deadline, SECONDS), Wording(derivation, claims, views)
    found: dict[str, None] = {}
    for point in degenerate(derivation) if parts else ():
        if limit.reached:
            break
        try:
            scene = Scene(derivation, claims, point, 0)
        except InputError:
            continue
        values = scene.values(claim)
        if values is None or finite(values[0]) or not finite(values[1]):
            continue
        for equation, inside, words in parts:
            if _fails(scene, inside, words):
                shown = wording.whole(views.outside(inside), equation.free)
                found.setdefault(f"{shown} {words}")
    return tuple(found)


def _own(claims: Sequence[Claim], claim: Claim) -> Iterator[Equation]:
    """The equations of the claim and of its helpers; earlier claims have conditions of their own."""
    stored = {c.label: c for c in claims if not c.target}
    pending, seen = [claim], {claim.label}
    while pending:
        one = pending.pop()
        yield from one.equations
        pending += [stored[name] for name in one.reads if name in stored and name not in seen]
        seen |= set(one.reads)


def _parts(body: ex.Expr) -> Iterator[tuple[ex.Expr, str]]:
    """Denominators and the insides of roots and logarithms."""
    for node in ex.walk(body):
        if isinstance(node, ex.Pow):
            exponent = ex.number(node.exponent)
            if exponent is not None and exponent < 0:
                yield node.base, POWER
            if exponent is not None and exponent.denominator != 1:
                yield node.base, ROOT
        elif isinstance(node, ex.Call) and node.name in ("log", "sqrt"):
            yield node.args[0], LOGARITHM if node.name == "log" else ROOT


def _fails(scene: Scene, inside: ex.Expr, words: str) -> bool:
    """True where the condition does not hold for some entry."""
    free = [Position.of(index) for index in ex.free_indices(inside)]
    probe = Equation("inside", tuple(free), inside)
    try:
        values: Array = scene.evaluated([probe], {**scene.truth, **scene.claimed})["inside"]
    except InputError:
        return False
    numbers = np.asarray(values, dtype=float)
    broken = {POWER: numbers == 0, ROOT: numbers < 0, LOGARITHM: numbers <= 0}
    return bool(broken[words].any())
