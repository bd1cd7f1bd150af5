"""One verdict after the other.

Enters: claims in their order.  Leaves: a verdict on each.  Points are drawn once and serve all claims; the truth is
checked at one of them by differences of the loss, so that a wrong adjoint could not pass for the truth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import mpmath

from symprop.derivation import Derivation
from symprop.verification.cost import check_cost
from symprop.verification.counterexample import counterexample
from symprop.verification.difference import difference_text, truth_text
from symprop.verification.differences import check_truth
from symprop.verification.hints import hints_of
from symprop.verification.points import draw
from symprop.verification.proving import Proved, Prover
from symprop.verification.ratio import Ratio, ratio_of
from symprop.verification.scene import DIGITS, Scene, differing, distance, finite, gap, library, zero
from symprop.verification.shapehints import shape_hints
from symprop.verification.values import (
    AGREES,
    AT_KINKS,
    NOT_EVALUABLE,
    PROPORTIONAL,
    PROVED,
    REFUTED,
    RIGHT,
    SHAPE,
    VACUOUS,
    WRONG,
    Claim,
    Evidence,
    Verdict,
)

TOLERANCE = 1e-40
FIRST, ALL, WIDE = 2, 6, 40.0
GIVEN_EARLIER = "given earlier claims"


@dataclass(frozen=True)
class Comparison:
    """How a claim compares with the truth at the points at which both have a value."""

    scenes: tuple[Scene, ...]
    worst: float
    differs: Scene | None


class Judge:
    """Verdicts on the claims of one file.

    Args:
        derivation: the truth.
        claims: all claims, helpers included, in order.
        deadline: time of the clock at which no further proof is tried.
    """

    def __init__(self, derivation: Derivation, claims: tuple[Claim, ...], deadline: float) -> None:
        self.derivation, self.claims, self.deadline = derivation, claims, deadline
        self.prover = Prover(derivation, {**library(), **derivation.network.functions})
        self.found: dict[str, Verdict] = {}
        self.assumed: dict[str, tuple[str, ...]] = {}
        self._scenes: dict[int, Scene] = {}
        self._exact: dict[int, Scene] = {}
        self._checked = False
        self.left = sum(1 for claim in claims if claim.target)
        self._helpers = iter(claims)
        check_cost(derivation)

    def scene(self, number: int) -> Scene:
        """The values at one of the points; the later ones have larger inputs."""
        if number not in self._scenes:
            spread = 1.0 if number % 3 < 2 else WIDE
            point = draw(self.derivation.network, number, spread)
            self._scenes[number] = Scene(self.derivation, self.claims, point)
        return self._scenes[number]

    def verdict(self, claim: Claim) -> Verdict:
        """The verdict on a claim; those before it have theirs."""
        if not self._checked:
            check_truth(self.derivation, [c.target for c in self.claims if c.target], self.scene(0))
            self._checked = True
        self._learn_helpers(claim)
        with mpmath.workdps(2 * DIGITS):
            found = self._judged(claim)
        verdict = replace(found, name=claim.name, target=claim.target, where=claim.where)
        self.left -= 1
        self.prover.learn(claim, verdict.verdict in RIGHT)
        if claim.tensor is not None:
            self.found[claim.tensor.name] = verdict
            self.assumed[claim.tensor.name] = verdict.assumptions
        return verdict

    def _learn_helpers(self, claim: Claim) -> None:
        for other in self._helpers:
            if other is claim:
                break
            if not other.target:
                self.prover.learn(other, False)

    def _judged(self, claim: Claim) -> Verdict:
        if claim.tensor is None:
            problem = claim.problem
            assert problem is not None
            hint = (problem.hint,) if problem.hint else ()
            return Verdict("", "", NOT_EVALUABLE, f"{problem.message}.", hints=hint, ours=self._ours(claim))
        wanted = self.derivation.network.tensors[self._tensor(claim)].axes
        if claim.tensor.axes != wanted:
            return self._shape(claim)
        failure = self.scene(0).failures.get(claim.name)
        if failure is not None:
            return Verdict("", "", NOT_EVALUABLE, f"{failure.message}.", ours=self._ours(claim))
        compared = self._compare(claim, range(FIRST))
        if not compared.scenes:
            reason = "It is no finite number at any of the points tried: a division by zero, or the log of no positive"
            return Verdict("", "", NOT_EVALUABLE, f"{reason} number.", ours=self._ours(claim))
        if compared.differs is not None:
            return self._wrong(claim, compared)
        if self._vanishes(claim):
            reason = "The truth is zero at every point tried, so that this comparison would accept any zero."
            return Verdict("", "", VACUOUS, reason, evidence=_evidence(compared), extents=self._extents(compared))
        return self._right(claim, compared)

    # -- right ---------------------------------------------------------------------------------------------------

    def _right(self, claim: Claim, compared: Comparison) -> Verdict:
        share = (self.deadline - monotonic()) / max(1, self.left)
        proof = self.prover.prove(claim, monotonic() + share) if share > 0 else None
        if proof is not None:
            return self._proved(claim, proof, compared)
        compared = self._compare(claim, range(ALL))
        if compared.differs is not None:
            return self._wrong(claim, compared)
        why = "no proof was found in the time there was" if share <= 0 else "no proof was found"
        if self.prover.equal is None:
            why = "there is no prover for it yet"
        reason = f"It agrees at {len(compared.scenes)} random points in {DIGITS} digits; {why}."
        given = Verdict("", "", AGREES, reason, assumptions=self._assumptions(claim, ()), ours=self._ours(claim))
        return replace(given, evidence=_evidence(compared), extents=self._extents(compared))

    def _proved(self, claim: Claim, proof: Proved, compared: Comparison) -> Verdict:
        evidence = Evidence("proof", DIGITS, len(compared.scenes), compared.worst)
        found = Verdict("", "", PROVED, evidence=evidence, steps=proof.steps)
        found = replace(found, assumptions=self._assumptions(claim, proof.assumptions), ours=self._ours(claim))
        return replace(found, verdict=AT_KINKS, kinks=proof.kinks) if proof.kinks else found

    def _assumptions(self, claim: Claim, own: tuple[str, ...]) -> tuple[str, ...]:
        """What the proof, our own adjoints, and the claims it builds on assume."""
        tensor = self._tensor(claim)
        ours = self.derivation.needed([tensor]) if tensor in self.derivation and self._is_adjoint(claim) else ()
        inherited = [a for name in claim.reads for a in self.assumed.get(name, ())]
        return tuple(dict.fromkeys([*own, *(text for a in ours for text in a.assumptions), *inherited]))

    # -- wrong ---------------------------------------------------------------------------------------------------

    def _wrong(self, claim: Claim, compared: Comparison) -> Verdict:
        scene = compared.differs
        assert scene is not None and claim.tensor is not None
        first = self._first_wrong(claim)
        follows = bool(first) and self._follows(claim)
        found = Verdict("", "", REFUTED, evidence=_evidence(compared), extents=self._extents(compared))
        found = replace(found, first_wrong=first or claim.name, ours=self._ours(claim))
        values = scene.values(claim)
        assert values is not None
        wrong = differing(*values, TOLERANCE)
        found = replace(found, differing=(int(wrong.sum()), int(wrong.size)))
        if follows:
            reason = f"It is right given the claims above it; the first wrong one is {first}."
            found = replace(found, reason=reason, flags=(GIVEN_EARLIER,))
        ratio = ratio_of((scene, *(self._sound(claim, k) for k in (0, 1, 3, 4))), claim)
        if ratio is not None:
            found = replace(found, verdict=PROPORTIONAL, ratio=ratio.text)
            found = found if follows else replace(found, reason=_proportion(ratio))
        if not follows:
            hints = hints_of(self.derivation, claim, self._telling(claim), ratio, self.deadline)
            found = replace(found, hints=hints, difference=difference_text(self.derivation, self.claims, claim))
        example = counterexample(self.derivation, self.claims, claim, self.deadline)
        return replace(found, counterexample=example, reason=found.reason or _differs(found))

    def _telling(self, claim: Claim) -> list[Scene]:
        """Two points, those at which the claim is wrong before others."""
        found, others = list[Scene](), list[Scene]()
        for number in (0, 1, 3, 4):
            scene = self._sound(claim, number) if len(found) < 2 else None
            values = None if scene is None else scene.values(claim)
            if scene is not None and values is not None:
                (others if distance(*values) <= TOLERANCE else found).append(scene)
        return [*found, *others][:2]

    def _first_wrong(self, claim: Claim) -> str:
        """The first wrong claim among those that this one is made of, "" where it is the first."""
        pending, seen = list(claim.reads), set[str]()
        stored = {c.tensor.name: c for c in self.claims if c.tensor is not None}
        while pending:
            name = pending.pop()
            if name in stored and name not in seen:
                seen.add(name)
                pending += stored[name].reads
        for name, verdict in self.found.items():
            if name in seen and verdict.verdict in WRONG:
                return verdict.name
        return ""

    def _follows(self, claim: Claim) -> bool:
        """True where the claim is right if the claims above it were, at two points."""
        for number in (0, 1):
            scene = self.scene(number)
            values, local = scene.values(claim), scene.local(claim)
            if values is None or local is None or not distance(values[0], local) <= TOLERANCE:
                return False
        return True

    def _shape(self, claim: Claim) -> Verdict:
        assert claim.tensor is not None
        tensor = self.derivation.network.tensors[self._tensor(claim)]
        mine, true = (_shape_text(axes) for axes in (claim.tensor.axes, tensor.axes))
        source = f"{tensor.name} is" if self._is_adjoint(claim) else "it is"
        layer = f" (of layer {tensor.origin})" if tensor.origin else ""
        reason = f"Its shape is {mine}; expected {true}, since {source} {true} in the network{layer}."
        hints = shape_hints(claim, [self.scene(0), self.scene(1)])
        evidence = Evidence("shapes")
        first = self._first_wrong(claim) or claim.name
        return Verdict("", "", SHAPE, reason, evidence=evidence, hints=hints, ours=self._ours(claim), first_wrong=first)

    # -- comparison ----------------------------------------------------------------------------------------------

    def _sound(self, claim: Claim, number: int) -> Scene | None:
        """The scene of a point at which claim and truth are finite."""
        scene = self.scene(number)
        values = scene.values(claim)
        return scene if values is not None and all(map(finite, values)) else None

    def _compare(self, claim: Claim, numbers: range) -> Comparison:
        scenes, worst = [], 0.0
        for number in numbers:
            scene = self._sound(claim, number)
            if scene is None:
                continue
            values = scene.values(claim)
            assert values is not None
            found = distance(*values)
            scenes.append(scene)
            if not found <= TOLERANCE and self._confirmed(claim, scene):
                return Comparison(tuple(scenes), found, scene)
            worst = max(worst, found if found <= TOLERANCE else 0.0)
        return Comparison(tuple(scenes), worst, None)

    def _confirmed(self, claim: Claim, scene: Scene) -> bool:
        """True where the difference is as large in twice the digits, and so is none of rounding."""
        number = next(k for k, known in self._scenes.items() if known is scene)
        if number not in self._exact:
            self._exact[number] = Scene(self.derivation, self.claims, scene.point, 2 * DIGITS)
        before, after = scene.values(claim), self._exact[number].values(claim)
        if before is None or after is None or not all(map(finite, after)):
            return False
        return bool(gap(*after) >= gap(*before) / 2)

    def _vanishes(self, claim: Claim) -> bool:
        """True where the truth is zero at all points; one at which it is not ends the search."""
        for number in range(8):
            values = self.scene(number).values(claim)
            if values is not None and not zero(values[1]) and not _tiny(values[1], self.scene(number)):
                return False
        return True

    def _extents(self, compared: Comparison) -> tuple[str, ...]:
        shown = dict.fromkeys(", ".join(f"{k}={v}" for k, v in s.point.sizes.items()) for s in compared.scenes)
        return tuple(shown)

    def _is_adjoint(self, claim: Claim) -> bool:
        return claim.target not in self.derivation.network.tensors

    def _tensor(self, claim: Claim) -> str:
        return claim.target.removeprefix(self.derivation.prefix) if self._is_adjoint(claim) else claim.target

    def _ours(self, claim: Claim) -> str:
        return truth_text(self.derivation, claim.target)


def _tiny(array: object, scene: Scene) -> bool:
    """True where entries are what rounding leaves of zero."""
    import numpy as np

    given = [np.max(np.abs(a)) for a in scene.point.arrays.values() if np.asarray(a).size]
    size = max((abs(v) for v in np.asarray(array).ravel()), default=0)
    return bool(size < TOLERANCE * max(1.0, float(max(given, default=1.0))))


def _evidence(compared: Comparison) -> Evidence:
    return Evidence("high precision", DIGITS, len(compared.scenes), compared.worst)


def _proportion(ratio: Ratio) -> str:
    return f"It is {ratio.text} times the truth."


def _differs(verdict: Verdict) -> str:
    assert verdict.differing is not None
    wrong, size = verdict.differing
    which = "Every entry differs" if wrong == size and size > 1 else f"{wrong} of {size} entries differ"
    return f"{which if size > 1 else 'It differs'} at a random point."


def _shape_text(axes: object) -> str:
    parts = [str(axis) for axis in axes]  # type: ignore[attr-defined]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"
