"""A wrong claim as the hints see it: what was claimed, what would be right, at two independent points.

Enters: a claim and scenes at which it is wrong.  Leaves: pairs of arrays, and the values that formulas read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symprop.derivation import Derivation
from symprop.errors import InputError
from symprop.language import Equation, Read, Tensor
from symprop.language import expressions as ex
from symprop.oracle.order import names_read, upstream
from symprop.verification.limit import Limit
from symprop.verification.points import Array, drawn
from symprop.verification.ratio import Ratio
from symprop.verification.scene import Scene, distance, finite
from symprop.verification.screening import compared_numbers, met, scales_of
from symprop.verification.values import Claim
from symprop.verification.views import Views
from symprop.verification.wording import Wording

TOLERANCE, ROUGH = 1e-30, 1e-6
CLAIMED, TRUE = 0, 1
FIRST_MORE, MORE = 6, 8


@dataclass(frozen=True)
class Case:
    """A claim of the right shape and the wrong value.

    Args:
        derivation: the truth.
        claim: what is wrong.
        scenes: two of them, at independent points.
        ratio: what it is times the truth, where it is that.
        limit: of the search for more to say.
        views: how the user writes the tensors of the network; arrays are the network's, and only words are the user's.
    """

    derivation: Derivation
    claim: Claim
    scenes: tuple[Scene, ...]
    ratio: Ratio | None
    limit: Limit
    views: Views

    @cached_property
    def pairs(self) -> list[tuple[Array, Array]]:
        """Claimed and true at each point; true as it would be if the claims above were right."""
        return [pair for scene in self.scenes if (pair := self.pair(scene)) is not None]

    def pair(self, scene: Scene) -> tuple[Array, Array] | None:
        """The same at any scene, where both are numbers."""
        found = given_those_above(self.claim, scene)
        return found if found is not None and all(map(finite, found)) else None

    @property
    def complete(self) -> bool:
        """True where there is a pair at every point: nothing is said of less."""
        return len(self.pairs) == len(self.scenes) >= 2

    @cached_property
    def wording(self) -> Wording:
        """How expressions are written."""
        found = Wording(self.derivation, self.scenes[0].claims, self.views)
        found.tensors = {**self.steps, **found.tensors}
        return found

    @cached_property
    def steps(self) -> dict[str, Tensor]:
        """What the claim computes on its way."""
        whole = [e for e in self.own if all(p.index is not None for p in e.indices)]
        return {e.target: Tensor(e.target, tuple(i.extent for i in e.free)) for e in whole}

    @cached_property
    def rough(self) -> Scene:
        """The first point in double precision."""
        first = self.scenes[0]
        return Scene(self.derivation, first.claims, first.point, 0)

    @cached_property
    def own(self) -> list[Equation]:
        """The equations of the claim and of its helpers, earlier claims under the names of what they are about."""
        stored = {c.label: c for c in self.scenes[0].claims if c.tensor is not None}
        pending, used = [self.claim], list[Claim]()
        while pending:
            claim = pending.pop()
            used.insert(0, claim)
            pending += [
                stored[n] for n in claim.reads if n in stored and not stored[n].target and stored[n] not in used
            ]
        return [e.with_body(self.named(e.body)) for c in dict.fromkeys(used) for e in c.equations]

    def named(self, expr: ex.Expr) -> ex.Expr:
        """Reads of earlier claims as reads of what they are about."""
        stored = {c.label: c for c in self.scenes[0].claims if c.fits and c.target and c.label != self.claim.label}

        def change(node: ex.Expr) -> ex.Expr:
            claim = stored.get(node.tensor) if isinstance(node, Read) else None
            if claim is None or claim.view is None or not isinstance(node, Read):
                return node
            return ex.mul(claim.view.factor, Read(claim.target, claim.view.inside(node.indices)))

        return ex.transform(expr, change)

    def words(self, expr: ex.Expr, equation: Equation) -> str:
        """A part of an equation as the user would write it."""
        view = self.views.get(equation.target)
        left = equation.indices if view is None else view.outside(equation.indices)
        free = list(dict.fromkeys(i for p in left for i in p.index_atoms()))
        return self.wording.shown(self.views.outside(expr), free)

    def value(self, equations: Iterable[Equation], target: str, scene: Scene) -> Array | None:
        """A target by some equations, over what the claims above and the network give; None without a value."""
        chosen = list(equations)
        defined = {e.target for e in chosen}
        wanted = [name for e in chosen for name in names_read(e) if name not in defined]
        try:
            arrays = self.given(scene, wanted)
            return scene.evaluated(chosen, {k: v for k, v in arrays.items() if k not in defined}).get(target)
        except InputError:
            return None

    def gives(self, equations: Sequence[Equation], target: str, side: int) -> bool:
        """Whether equations give what is CLAIMED, or TRUE: roughly at one point, then in all digits at all of them.

        Where something has branches, two points may miss one, so that it is tried roughly at a number of others too.
        """
        same = all(holds(self.value(equations, target, s), pair[side], s) for s, pair in self.compared())
        return same and not self.is_cut_short

    @cached_property
    def is_of_a_branch(self) -> bool:
        """True of a claim that is right at some of the points: what is wrong with it is in a branch of a formula."""
        return self.has_branches and any(holds(mine, true, scene) for scene, (mine, true) in self.compared())

    @property
    def is_cut_short(self) -> bool:
        """True where there was no time to look at all branches."""
        return self.has_branches and self.limit.reached

    def compared(self) -> Iterator[tuple[Scene, tuple[Array, Array]]]:
        """Scenes with what is claimed and what is true: one in double precision, those in all digits, and more."""
        yield from zip((self.rough, *self.scenes), (self.pairs[0], *self.pairs), strict=True)
        yield from ((scene, pair) for scene in self._more() if (pair := self.pair(scene)) is not None)

    def _more(self) -> Iterator[Scene]:
        """Other points in double precision, made when they are asked for."""
        first = self.scenes[0]
        scaled = range(FIRST_MORE + MORE, FIRST_MORE + 2 * len(self._scales), 2)
        for number in (*range(FIRST_MORE, FIRST_MORE + MORE), *scaled) if self.has_branches else ():
            if number not in self._others and not self.limit.reached:
                point = met(drawn(self.derivation.network, number, self._scales), number, self._met)
                self._others[number] = Scene(self.derivation, first.claims, point, 0)
            if number in self._others:
                yield self._others[number]

    @cached_property
    def _scales(self) -> tuple[float, ...]:
        """On either side of every threshold."""
        return scales_of(self.derivation, self.scenes[0].claims)

    @cached_property
    def _met(self) -> list[tuple[Tensor, float]]:
        return compared_numbers(self.derivation, self.scenes[0].claims)

    @cached_property
    def _others(self) -> dict[int, Scene]:
        return {}

    @cached_property
    def has_branches(self) -> bool:
        """True where the claim, or the truth, is not the same formula everywhere."""
        nodes = (node for equation in self.own for node in ex.walk(equation.body))
        return bool(self.derivation.kinks) or any(isinstance(n, ex.Where | ex.Compare) for n in nodes)

    def given(self, scene: Scene, wanted: Iterable[str] = ()) -> dict[str, Array]:
        """The user's values where there are some, and ours, as they follow from these, of the rest that is wanted."""
        known = self._known.setdefault(scene, {**scene.claimed, **scene.point.arrays, **scene.overridden(self.claim)})
        missing = [name for name in wanted if name not in known]
        if missing:
            known |= scene.evaluated([e for e in upstream(scene.equations, missing) if e.target not in known], known)
        return known

    @cached_property
    def _known(self) -> dict[Scene, dict[str, Array]]:
        return {}


def given_those_above(claim: Claim, scene: Scene) -> tuple[Array, Array] | None:
    """Claimed, and what is true if the claims above are; None where the claim has no value."""
    values, local = scene.values(claim), scene.local(claim)
    return None if values is None else (values[0], values[1] if local is None else local)


def exchanged_at(equations: Sequence[Equation], place: int, body: ex.Expr) -> list[Equation]:
    """The equations with another right side in one of them."""
    return [*equations[:place], equations[place].with_body(body), *equations[place + 1 :]]


def holds(left: Array | None, right: Array, scene: Scene) -> bool:
    """Equality in all digits of a scene."""
    if left is None or left.shape != right.shape:
        return False
    if scene.digits:
        return distance(left, right) <= TOLERANCE
    mine, wanted = left.astype(float), right.astype(float)
    size = np.max(np.abs([mine, wanted]), initial=0.0)
    return bool(np.all(np.abs(mine - wanted) <= ROUGH * size))


def same(left: Array, right: Array) -> bool:
    """Equality in shape and value."""
    return left.shape == right.shape and distance(left, right) <= TOLERANCE


def numbered(case: Case) -> Iterator[tuple[Scene, Array, Array]]:
    """Scenes with claimed and true."""
    for scene, (mine, true) in zip(case.scenes, case.pairs, strict=True):
        yield scene, mine, true
