"""One verdict after the other.

Enters: claims in their order.  Leaves: a verdict on each.  Points are drawn once and serve all claims; the truth is
checked at one of them by differences of the loss, so that a wrong adjoint could not pass for the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from time import monotonic, process_time
from typing import TypeVar

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.frontends.arrays import shape_text
from symprop.language import expressions as ex
from symprop.verification.cost import check_cost
from symprop.verification.counterexample import counterexample, smallest
from symprop.verification.definedness import Definedness
from symprop.verification.difference import difference_text, truth_with_steps
from symprop.verification.differences import check_truth, has_loss, roughly_true
from symprop.verification.hints import hints_of
from symprop.verification.points import Point, drawn
from symprop.verification.proving import Proved, Prover
from symprop.verification.ratio import Ratio, ratio_of
from symprop.verification.recognising import candidates
from symprop.verification.scene import DIGITS, Scene, differing, distance, finite, gap, library, zero
from symprop.verification.screening import compared_numbers, met, scales_of, screened
from symprop.verification.shapehints import shape_hints
from symprop.verification.values import (
    AGREES,
    AT_KINKS,
    GIVEN_EARLIER,
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
from symprop.verification.views import Views

TOLERANCE, ROUGH = 1e-40, 1e-7
COSTLY_SECONDS = 0.1
FIRST, ALL, MANY, SUSPECTS = 2, 6, 300, 3
STEP_SECONDS, SCREENING_SECONDS = 2.0, 2.0
T = TypeVar("T")


@dataclass(frozen=True)
class Comparison:
    """How a claim compares with the truth at the points at which both have a value."""

    scenes: tuple[Scene, ...]
    worst: float
    differs: Scene | None


def _whole(step: Claim) -> Claim:
    """A step that is a multiple of a tensor, divided by the number."""
    factor = step.view.sign if step.view is not None else 1
    if factor == 1:
        return step
    last = step.equations[-1]
    return replace(step, equations=(*step.equations[:-1], last.with_body(ex.divide(last.body, ex.Number(factor)))))


class Judge:
    """Verdicts on the claims of one file.

    Args:
        derivation: the truth.
        claims: all claims, helpers included, in order.
        deadline: time of the clock at which no further proof is tried.
        views: how the user writes the tensors of the network.
        points: the user's own; the k-th of them has the number -k.
    """

    def __init__(
        self,
        derivation: Derivation,
        claims: tuple[Claim, ...],
        deadline: float,
        views: Views,
        points: Sequence[Point] = (),
    ) -> None:
        self.derivation, self.claims, self.deadline, self.views = derivation, claims, deadline, views
        self.points = points
        self.prover = Prover(derivation, {**library(), **derivation.network.functions}, claims)
        self.found: dict[str, Verdict] = {}
        self.assumed: dict[str, tuple[str, ...]] = {}
        self.kinks: dict[str, tuple[str, ...]] = {}
        self._scenes: dict[int, Scene] = {}
        self._exact: dict[int, Scene] = {}
        self._steps: dict[str, bool] = {}
        self.scales = scales_of(derivation, claims)
        self._met = compared_numbers(derivation, claims)
        self._began = monotonic(), process_time()
        self._checked = False
        self.refuting: dict[int, Point] = {}
        self.left = sum(1 for claim in claims if claim.target)
        self._helpers = iter(claims)
        self.definedness = Definedness(derivation, claims, views, deadline)
        self._rough: dict[int, Scene] = {}
        self._proofs: dict[str, Proved | None] = {}
        self.is_costly = check_cost(derivation, deadline - monotonic()) > COSTLY_SECONDS

    def scene(self, number: int) -> Scene:
        """The values at one of the points; the later ones have larger inputs."""
        if number not in self._scenes:
            self._scenes[number] = Scene(self.derivation, self.claims, self.point(number), DIGITS, self.deadline)
        return self._scenes[number]

    def point(self, number: int) -> Point:
        """One of the points; those of the user have numbers below 0."""
        if number < 0:
            return self.points[-number - 1]
        return met(drawn(self.derivation.network, number, self.scales), number, self._met)

    def rough(self, number: int) -> Scene:
        """The same point in double precision."""
        if number not in self._rough:
            point = drawn(self.derivation.network, number)
            self._rough[number] = Scene(self.derivation, self.claims, point, 0, self.deadline)
        return self._rough[number]

    def verdict(self, claim: Claim) -> Verdict:
        """The verdict on a claim; those before it have theirs."""
        self._learn_helpers(claim)
        try:
            found = self._in_digits(claim)
        except UndecidedError:
            if monotonic() < self.deadline:
                raise
            reason = "The time was up before it could be evaluated in high precision; nothing is said of it."
            found = Verdict("", "", NOT_EVALUABLE, reason, ours=self._ours(claim))
        verdict = replace(found, name=claim.name, target=claim.target, where=claim.where, read_as=claim.read_as)
        self.left -= 1
        self.prover.learn(claim, verdict.verdict in RIGHT)
        if verdict.verdict == AGREES:
            self.prover.suppose(claim)
        if claim.tensor is not None:
            self.found[claim.label] = verdict
            self.assumed[claim.label], self.kinks[claim.label] = verdict.assumptions, verdict.kinks
        return verdict

    def _in_digits(self, claim: Claim) -> Verdict:
        if not self._checked and claim.tensor is not None:
            self._check_truth()
            self._checked = True
        with mpmath.workdps(2 * DIGITS):
            return self._judged(claim)

    def _check_truth(self) -> None:
        reads = [name for c in self.claims if c.tensor is not None for name in (c.target, *c.reads)]
        targets = [name for name in reads if name in self.prover.adjoints]
        if self.is_costly and roughly_true(self.derivation, targets, self.rough(0)):
            return
        scene = next((s for s in map(self.scene, range(ALL)) if has_loss(s)), None)
        if scene is None:
            message = f"network '{self.derivation.network.name}': the loss is no finite number at any point tried"
            raise UndecidedError(message)
        check_truth(self.derivation, targets, scene)

    def _learn_helpers(self, claim: Claim) -> None:
        for other in self._helpers:
            if other is claim:
                break
            if not other.target:
                found = self._recognised(other)
                self.prover.learn(found, bool(found.target), is_step=True)

    def _recognised(self, step: Claim) -> Claim:
        """The step as a claim on what it is proved to be: a value of the network, or nothing if none is found soon."""
        inherited = self._inherited(step)
        if step.tensor is not None:
            self.kinks[step.tensor.name] = _of_reads(step, self.kinks)
        # what is found in doubles is proved, or is not taken for found
        look, tolerance = (self.rough, ROUGH) if self.is_costly else (self.scene, TOLERANCE)
        scenes = (look(0), look(1))
        end = self._soon(STEP_SECONDS)
        for name, view in candidates(step, self.derivation, scenes, tolerance):
            claim = replace(step, target=name, view=view)
            proof = self.prover.prove(_whole(claim), end) if monotonic() < end else None
            if proof is not None and not proof.kinks and step.tensor is not None:
                self.assumed[step.tensor.name] = tuple(dict.fromkeys((*proof.assumptions, *inherited)))
                return claim
        if step.tensor is not None:
            self.assumed[step.tensor.name] = inherited
        return step

    def _judged(self, claim: Claim) -> Verdict:
        if claim.tensor is None:
            problem = claim.problem
            assert problem is not None
            hint = (problem.hint,) if problem.hint else ()
            return Verdict("", "", NOT_EVALUABLE, f"{problem.message}.", hints=hint, ours=self._ours(claim))
        if not claim.fits:
            return self._shape(claim)
        if self.is_costly:
            found = self._proved_at_once(claim)
            if found is not None:
                return found
        failure = self.scene(0).failures.get(claim.name)
        if failure is not None:
            return Verdict("", "", NOT_EVALUABLE, f"{failure.message}.", ours=self._ours(claim))
        compared = self._compare(claim, range(FIRST))
        if not compared.scenes:
            reason = "It is no finite number at any of the points tried: a division by zero, or the log of no positive"
            return Verdict("", "", NOT_EVALUABLE, f"{reason} number.", ours=self._ours(claim))
        if compared.differs is not None:
            return self._wrong(claim, compared)
        return self._vacuous(claim, compared) if self._vanishes(claim) else self._right(claim, compared)

    def _vacuous(self, claim: Claim, compared: Comparison) -> Verdict:
        """The truth is zero: by proof, or else at all points tried."""
        proof = self.prover.vanishes(claim.target, monotonic() + self._share())
        if proof is None:
            reason = "The truth is zero at every point tried, so that this comparison would accept any zero."
            return Verdict("", "", VACUOUS, reason, evidence=_evidence(compared), extents=self._extents(compared))
        where = f" except at {'; '.join(proof.kinks)}" if proof.kinks else ""
        reason = f"The truth is proved to be zero{where}, so that this comparison would accept any zero."
        found = Verdict("", "", VACUOUS, reason, steps=proof.steps, kinks=proof.kinks, proofs=proof.proofs)
        evidence = replace(_evidence(compared), method="proof")
        return replace(found, evidence=evidence, assumptions=self._assumptions(claim, proof.assumptions))

    def _soon(self, seconds: float) -> float:
        """The time of the clock at which so many seconds of work are done, as busy as the machine has been so far."""
        elapsed, worked = monotonic() - self._began[0], process_time() - self._began[1]
        return min(self.deadline, monotonic() + seconds * max(1.0, elapsed / max(worked, 0.01)))

    def _share(self) -> float:
        """Seconds for one more claim."""
        return max(0.0, self.deadline - monotonic()) / max(1, self.left)

    def _proved_at_once(self, claim: Claim) -> Verdict | None:
        """The verdict on a claim that agrees in double precision and is proved, where many digits take long."""
        scenes, worst = [], 0.0
        for number in range(FIRST):
            values = self.rough(number).values(claim)
            if values is None or not all(map(finite, values)) or not np.max(np.abs(values[1]), initial=0.0) > ROUGH:
                return None
            scenes.append(self.rough(number))
            worst = max(worst, distance(*values))
        proof = self._proof(claim) if worst <= ROUGH else None
        return None if proof is None else self._proved(claim, proof, Comparison(tuple(scenes), worst, None))

    def _proof(self, claim: Claim) -> Proved | None:
        """A proof, looked for once."""
        if claim.label not in self._proofs:
            share = self._share()
            end = monotonic() + share
            # what rests on a claim without a proof has none either: the time is left to the others
            tried = share > 0 and not self.prover.follows(claim, end)
            self._proofs[claim.label] = self.prover.prove(claim, end) if tried else None
        return self._proofs[claim.label]

    # -- right ---------------------------------------------------------------------------------------------------

    def _right(self, claim: Claim, compared: Comparison) -> Verdict:
        share = self._share()
        proof = self._proof(claim)
        if proof is not None:
            return self._proved(claim, proof, compared)
        end = self._soon(SCREENING_SECONDS)
        numbers = (*range(-len(self.points), 0), *range(ALL, MANY))
        tried = ((number, self.point(number)) for number in numbers)
        suspects, without = screened(self.derivation, self.claims, claim, tried, end)
        compared = self._compare(claim, [*range(ALL), *suspects[:SUSPECTS]])
        if compared.differs is not None:
            return self._wrong(claim, compared)
        lost = sum(self._is_lost(claim, number) for number in range(ALL) if number in self._scenes)
        if lost:
            points = f"{lost} of the {lost + len(compared.scenes)} points tried"
            reason = f"It is no finite number at {points}, where the truth is one."
            return Verdict("", "", NOT_EVALUABLE, reason, ours=self._ours(claim))
        if any(number < 0 for number in without):
            reason = "It is no finite number at a point that inputs(rng) draws, where the truth is one."
            return Verdict("", "", NOT_EVALUABLE, reason, ours=self._ours(claim))
        why = "no proof was found in the time there was" if share <= 0 else "no proof was found"
        if self.prover.follows(claim, monotonic() + self._share()):
            unproved = [self.found[name].name for name in claim.reads if name in self.prover.supposed]
            why = f"it is proved given {', '.join(unproved)}, which only agrees"
        reason = f"It agrees at {len(compared.scenes)} random points in {DIGITS} digits; {why}."
        given = Verdict("", "", AGREES, reason, assumptions=self._assumptions(claim, ()), ours=self._ours(claim))
        return replace(given, evidence=_evidence(compared), extents=self._extents(compared))

    def _proved(self, claim: Claim, proof: Proved, compared: Comparison) -> Verdict:
        digits = DIGITS if all(scene.digits for scene in compared.scenes) else "float64"
        evidence = Evidence("proof", digits, len(compared.scenes), compared.worst)
        found = Verdict("", "", PROVED, evidence=evidence, steps=proof.steps, proofs=proof.proofs)
        assumed = self._assumptions(claim, (*proof.assumptions, *self.definedness.conditions(claim)))
        found = replace(found, assumptions=assumed, ours=self._ours(claim))
        kinks = tuple(dict.fromkeys((*proof.kinks, *_of_reads(claim, self.kinks))))
        strays = proof.strays if self.derivation.kinks else kinks
        if strays:
            # nothing is left open where the loss has a derivative
            where = "; ".join(strays)
            point = smallest(self.derivation, self.claims, claim, self.deadline) if len(strays) == len(kinks) else None
            if point is not None:
                scene = Scene(self.derivation, self.claims, point, DIGITS, self.deadline)
                wrong = self._wrong(claim, Comparison((*compared.scenes, scene), compared.worst, scene))
                reason = f"It equals ours except where {where}. No kink of the loss is known there."
                return replace(wrong, reason=reason)
            reason = f"It equals ours except where {where}. No kink of the loss is known there, and no proof was found."
            return replace(found, verdict=AGREES, reason=reason, steps=(), proofs=())
        return replace(found, verdict=AT_KINKS, kinks=kinks) if kinks else found

    def _assumptions(self, claim: Claim, own: tuple[str, ...]) -> tuple[str, ...]:
        """What the proof, our own adjoints, and the claims it builds on assume."""
        tensor = self._tensor(claim)
        ours = self.derivation.needed([tensor]) if tensor in self.derivation and self._is_adjoint(claim) else ()
        inherited = self._inherited(claim)
        return tuple(dict.fromkeys((*own, *(text for a in ours for text in a.assumptions), *inherited)))

    def _inherited(self, claim: Claim) -> tuple[str, ...]:
        """What the claims and steps that a claim reads assume, and the gradients it takes as given."""
        given = [name for name in claim.reads if name in self.prover.adjoints]
        words = [f"{name} is what the network makes it: it is given, and not claimed" for name in given]
        return (*_of_reads(claim, self.assumed), *words)

    # -- wrong ---------------------------------------------------------------------------------------------------

    def _wrong(self, claim: Claim, compared: Comparison) -> Verdict:
        scene = compared.differs
        assert scene is not None and claim.tensor is not None
        first = self._in_time(partial(self._first_wrong, claim), "")
        follows = bool(first) and self._in_time(partial(self._follows, claim), False)
        found = Verdict("", "", REFUTED, evidence=_evidence(compared), extents=self._extents(compared))
        found = replace(found, first_wrong=first or claim.name, ours=self._ours(claim))
        values = scene.values(claim)
        assert values is not None
        wrong = differing(*values, TOLERANCE)
        found = replace(found, differing=(int(wrong.sum()), int(wrong.size)))
        if follows:
            others = "other claims of its recurrence" if claim.group else "claims it reads"
            reason = f"It is right given the {others}; the first wrong one is {first}."
            found = replace(found, reason=reason, flags=(GIVEN_EARLIER,))
        ratio = self._in_time(partial(self._ratio, claim, scene), None)
        if ratio is not None:
            found = replace(found, verdict=PROPORTIONAL, ratio=ratio.text)
            found = found if follows else replace(found, reason=f"It is {ratio.text} times the truth.")
        if not follows:
            nothing: tuple[str, ...] = ()
            hints = self._in_time(partial(self._hints, claim, scene, ratio), nothing)
            difference = difference_text(self.derivation, self.claims, claim, self.views)
            found = replace(found, hints=hints, difference=difference)
        example = None
        if not follows:
            example = counterexample(self.derivation, self.claims, claim, self.deadline, self.views)
        return replace(found, counterexample=example, reason=found.reason or _differs(found))

    def _in_time(self, evidence: Callable[[], T], otherwise: T) -> T:
        """What is said beside a refutation, which stands without it where the time is up."""
        try:
            return evidence()
        except UndecidedError:
            return otherwise

    def _ratio(self, claim: Claim, scene: Scene) -> Ratio | None:
        return ratio_of(chain([scene], (self._sound(claim, k) for k in (0, 1, 3, 4))), claim)

    def _hints(self, claim: Claim, differs: Scene, ratio: Ratio | None) -> tuple[str, ...]:
        return hints_of(self.derivation, claim, self._telling(claim, differs), ratio, self.deadline, self.views)

    def _telling(self, claim: Claim, differs: Scene) -> list[Scene]:
        """The point that refutes the claim, another at which it is wrong, and a third if both have the same extents."""
        found, others = [differs], list[Scene]()
        for number in (0, 1, 3, 4):
            scene = self._sound(claim, number) if len(found) < 2 else None
            values = None if scene is None or scene is differs else scene.values(claim)
            if scene is not None and values is not None:
                (others if distance(*values) <= TOLERANCE else found).append(scene)
        chosen = [*found, *others][:2]
        # what holds for one N alone is no hint
        return chosen + [s for s in others if all(s.point.sizes != c.point.sizes for c in chosen)][:1]

    def _first_wrong(self, claim: Claim) -> str:
        """The first wrong claim among those that this one is made of, "" where it is the first."""
        pending, seen = list(claim.reads), set[str]()
        stored = {c.label: c for c in self.claims if c.tensor is not None}
        while pending:
            name = pending.pop()
            if name in stored and name not in seen:
                seen.add(name)
                pending += (*stored[name].reads, *stored[name].group)
        for name, verdict in self.found.items():
            if name in seen and verdict.verdict in WRONG:
                return verdict.first_wrong or verdict.name
        beside = (c for c in self.claims if c.tensor is not None and c.tensor.name in claim.group)
        first = next((c.name for c in beside if not self._steps_right(c)), claim.name)
        return first if first != claim.name else ""

    def _follows(self, claim: Claim) -> bool:
        """True where the claim is right if the claims above it, or beside it in a recurrence, were, at two points."""
        if claim.group and self._steps_right(claim):
            return True
        for number in (0, 1):
            scene = self.scene(number)
            values, local = scene.values(claim), scene.local(claim)
            if values is None or local is None or not distance(values[0], local) <= TOLERANCE:
                return False
        return True

    def _steps_right(self, claim: Claim) -> bool:
        """True where one step of a recurrence is right over true values of the rest, at two points."""
        if claim.name not in self._steps:
            steps = [self.scene(number).step(claim) for number in (0, 1)] if claim.target else []
            self._steps[claim.name] = all(step is not None and distance(*step) <= TOLERANCE for step in steps)
        return self._steps[claim.name]

    def _shape(self, claim: Claim) -> Verdict:
        assert claim.view is not None and claim.written is not None
        tensor = self.derivation.network.tensors[self._tensor(claim)]
        mine, true = (shape_text(axes) for axes in (claim.written.axes, claim.view.axes))
        source = f"{tensor.name} is" if self._is_adjoint(claim) else "it is"
        layer = f" (of layer {tensor.origin})" if tensor.origin else ""
        reason = f"Its shape is {mine}; expected {true}, since {source} {true} in the network{layer}."
        hints = shape_hints(claim, [self.scene(0), self.scene(1)])
        evidence, first = Evidence("shapes"), self._first_wrong(claim) or claim.name
        return Verdict("", "", SHAPE, reason, evidence=evidence, hints=hints, ours=self._ours(claim), first_wrong=first)

    # -- comparison ----------------------------------------------------------------------------------------------

    def _sound(self, claim: Claim, number: int) -> Scene | None:
        """The scene of a point at which claim and truth are finite."""
        scene = self.scene(number)
        values = scene.values(claim)
        return scene if values is not None and all(map(finite, values)) else None

    def _is_lost(self, claim: Claim, number: int) -> bool:
        """True where the truth is finite at a point, and the claim is not."""
        values = self.scene(number).values(claim)
        return values is not None and finite(values[1]) and not finite(values[0])

    def _compare(self, claim: Claim, numbers: Iterable[int]) -> Comparison:
        scenes, worst = [], 0.0
        for number in numbers:
            if number >= FIRST and number not in self._scenes and monotonic() > self.deadline:
                break
            scene = self._sound(claim, number)
            if scene is None:
                continue
            values = scene.values(claim)
            assert values is not None
            found = distance(*values)
            scenes.append(scene)
            if not found <= TOLERANCE and self._confirmed(claim, scene):
                self.refuting[number] = scene.point
                return Comparison(tuple(scenes), found, scene)
            worst = max(worst, found if found <= TOLERANCE else 0.0)
        return Comparison(tuple(scenes), worst, None)

    def _confirmed(self, claim: Claim, scene: Scene) -> bool:
        """True where the difference is as large in twice the digits, and so is none of rounding."""
        number = next(k for k, known in self._scenes.items() if known is scene)
        if number not in self._exact:
            self._exact[number] = Scene(self.derivation, self.claims, scene.point, 2 * DIGITS, self.deadline)
        before, after = scene.values(claim), self._exact[number].values(claim)
        if before is None or after is None or not all(map(finite, after)):
            return False
        return bool(gap(*after) >= gap(*before) / 2)

    def _vanishes(self, claim: Claim) -> bool:
        """True where the truth is zero at all points; one at which it is not ends the search."""
        for number in range(8):
            values = self.scene(number).values(claim)
            if values is not None and not zero(values[1]) and not self.scene(number).is_rounding(values[1], TOLERANCE):
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
        claimed = {other.target for other in self.claims}
        return truth_with_steps(self.derivation, claim.target, self.views, claimed)


def _of_reads(claim: Claim, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """What the claims and steps that a claim reads assume, or leave out."""
    return tuple(dict.fromkeys(text for name in claim.reads for text in known.get(name, ())))


def _evidence(compared: Comparison) -> Evidence:
    return Evidence("high precision", DIGITS, len(compared.scenes), compared.worst)


def _differs(verdict: Verdict) -> str:
    assert verdict.differing is not None
    wrong, size = verdict.differing
    which = "Every entry differs" if wrong == size and size > 1 else f"{wrong} of {size} entries differ"
    return f"{which if size > 1 else 'It differs'} at a random point."
