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


class Definedness:
    """Where claims have a value.

    Args:
        derivation: the truth.
        claims: all of them.
        views: how the user writes the tensors of the network.
        deadline: time of the clock at which the search ends.
    """

    def __init__(self, derivation: Derivation, claims: Sequence[Claim], views: Views, deadline: float) -> None:
        self.derivation, self.claims, self.views, self.deadline = derivation, claims, views, deadline
        self._scenes: list[Scene] = []
        self._points = degenerate(derivation)

    def conditions(self, claim: Claim) -> tuple[str, ...]:
        """What has to hold for the claim to have a value, where the truth has one anyway."""
        parts = [(equation, *part) for equation in _own(self.claims, claim) for part in _parts(equation.body)]
        wording = Wording(self.derivation, self.claims, self.views)
        found: dict[str, None] = {}
        for scene in self.scenes() if parts else ():
            values = scene.values(claim)
            if values is None or finite(values[0]) or not finite(values[1]):
                continue
            for equation, inside, words in parts:
                if _fails(scene, inside, words):
                    found.setdefault(f"{wording.whole(self.views.outside(inside), equation.free)} {words}")
        return tuple(found)

    def scenes(self) -> Iterator[Scene]:
        """Values at small points, made once for all claims, as long as there is time."""
        yield from self._scenes
        limit = Limit.of(self.deadline, SECONDS)
        for point in self._points:
            try:
                self._scenes.append(Scene(self.derivation, self.claims, point, 0))
            except InputError:
                continue
            yield self._scenes[-1]
            if limit.reached:
                return


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
            if exponent is not None and exponent < 0 and not _is_size(node.base):
                yield node.base, POWER
            if exponent is not None and exponent.denominator != 1:
                yield node.base, ROOT
        elif isinstance(node, ex.Call) and node.name in ("log", "sqrt"):
            yield node.args[0], LOGARITHM if node.name == "log" else ROOT


def _is_size(expr: ex.Expr) -> bool:
    """True of extents such as N, and of numbers."""
    nodes = list(ex.walk(expr))
    sizes = all(n.position.offset.at_least(1) and not n.position.terms for n in nodes if isinstance(n, ex.IndexValue))
    return sizes and all(isinstance(n, ex.IndexValue | ex.Number | ex.Mul | ex.Constant) for n in nodes)


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
