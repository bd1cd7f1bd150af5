"""Functions compared in double precision, where they could not be traced.

Enters: functions that run.  Leaves: verdicts that are at most AGREES.  The truth is the derivation's, or differences of
the loss at ever smaller steps, extrapolated, with an estimate of their error; a claim is refuted only where it is far
outside of that at more than one point.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from time import monotonic
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import ClaimError, Fault, InputError, UndecidedError
from symprop.oracle import evaluate
from symprop.verification.functions.running import Runner
from symprop.verification.functions.subject import Subject
from symprop.verification.points import Array, Point
from symprop.verification.ratio import named_ratio
from symprop.verification.values import (
    AGREES,
    NOT_EVALUABLE,
    PROPORTIONAL,
    REFUTED,
    SHAPE,
    VACUOUS,
    Evidence,
    Report,
    Verdict,
)

POINTS, LEVELS, FIRST_STEP = 4, 6, 2.0**-5
WITHIN, BEYOND, ROUNDING = 100.0, 1e4, 1e-11
DENOMINATOR, UNKNOWN, SMALL = 1000, 1e-4, 1e-6


@dataclass(frozen=True)
class Truth:
    """A gradient at one point, and how far it may be off."""

    value: Array
    error: float


@dataclass(frozen=True)
class Sample:
    """What is claimed and what is true at one point."""

    sizes: Mapping[str, int]
    claimed: Array
    truth: Truth

    @property
    def scale(self) -> float:
        """The largest number."""
        return float(max(np.abs(self.claimed).max(initial=0), np.abs(self.truth.value).max(initial=0)))

    @property
    def apart(self) -> float:
        """The largest distance of two entries."""
        return float(np.abs(self.claimed - self.truth.value).max(initial=0))

    @property
    def tolerance(self) -> float:
        """What the error of the truth and rounding may amount to."""
        return self.truth.error + ROUNDING * self.scale


def compare_numbers(
    subject: Subject,
    runner: Runner,
    targets: Mapping[str, str],
    derivation: Derivation | None,
    stopped: Fault | None,
    accept_agrees: bool,
) -> Report:
    """The verdicts on all gradients, by runs of the user's functions.

    Raises:
        UndecidedError: the time is up.
    """
    samples: dict[str, list[Sample]] = {key: [] for key in targets}
    for number in range(POINTS):
        point, given, claimed = _run(subject, runner, number)
        exact = {} if derivation is None else _derived(derivation, targets.values(), point.arrays, point.sizes)
        for key, target in targets.items():
            if key in claimed:
                truth = exact.get(target) or _differences(runner, given, target.removeprefix("d"), number)
                samples[key].append(Sample(point.sizes, claimed[key], truth))
    why = f"{str(stopped).rstrip('.')}." if stopped else ""
    verdicts = [_verdict(key, target, samples[key], why, subject) for key, target in targets.items()]
    loss = "" if derivation is None else _loss_text(derivation)
    return Report(
        subject.file.path.stem, loss or f"the function loss of {subject.file.name}", tuple(verdicts), accept_agrees
    )


def _run(subject: Subject, runner: Runner, number: int) -> tuple[Point, dict[str, Any], Mapping[str, Array]]:
    """The gradients at a point; every other point is larger, where the functions take that."""
    larger = {name: size + 2 for name, size in subject.sizes.items()}
    if number % 2:
        point, given = subject.point(number, larger)
        with contextlib.suppress(ClaimError):
            return point, given, runner.grads(given).values
    point, given = subject.point(number)
    return point, given, runner.grads(given).values


def _loss_text(derivation: Derivation) -> str:
    network = derivation.network
    return next((str(e) for e in network.equations if e.target == network.loss), "")


# -- the truth ------------------------------------------------------------------------------------------------------


def _derived(
    derivation: Derivation, targets: Any, arrays: Mapping[str, Any], sizes: Mapping[str, int]
) -> dict[str, Truth]:
    """The adjoints of the derivation; what is not finite is none."""
    network = derivation.network
    equations = [*network.equations, *(a.equation for a in derivation)]
    functions = {**network.functions}
    try:
        values = evaluate(equations, arrays, sizes, functions=functions, tensors=network.tensors)
    except InputError:
        return {}
    return {t: Truth(np.asarray(values[t]), 0.0) for t in targets if t in values and np.isfinite(values[t]).all()}


def _differences(runner: Runner, given: Mapping[str, Any], name: str, number: int) -> Truth:
    """Central differences at steps h, h/2, h/4, ..., extrapolated to 0 by Richardson, for every entry."""
    array = np.asarray(given[name], dtype=float)
    value, error = np.zeros(array.shape), 0.0
    for place in np.ndindex(array.shape):
        if monotonic() > runner.deadline:
            raise UndecidedError(f"{runner.file.name}: the differences of the loss are not done in the time there is")

        def moved(step: float, at: tuple[int, ...] = place) -> float:
            other = array.copy()
            other[at] += step
            return runner.loss({**given, name: other if other.ndim else other[()]})

        value[place], own = extrapolated(moved, FIRST_STEP * max(1.0, abs(float(array[place]))))
        error = max(error, own)
    return Truth(value, error)


def extrapolated(function: Callable[[float], float], step: float) -> tuple[float, float]:
    """The derivative at 0, with an estimate of its error.

    Source:
        Ridders, Advances in Engineering Software 4, 75-76 (1982).
    """
    best, error = float("nan"), float("inf")
    previous: list[float] = []
    for level in range(LEVELS):
        h = step / 2**level
        ahead, behind = function(h), function(-h)
        row = [(ahead - behind) / (2 * h)]
        noise = (abs(ahead) + abs(behind)) * 2**-52 / h
        for k, old in enumerate(previous, 1):
            row.append(row[-1] + (row[-1] - old) / (4**k - 1))
            own = max(abs(row[-1] - row[-2]), abs(row[-1] - old)) + noise
            if own <= error:
                best, error = row[-1], own
        previous = row
    return best, error


# -- verdicts -------------------------------------------------------------------------------------------------------


def _verdict(key: str, target: str, samples: Sequence[Sample], why: str, subject: Subject) -> Verdict:
    head = Verdict(key, target, NOT_EVALUABLE, where=subject.file.line("grads"))
    first = samples[0]
    if first.claimed.shape != first.truth.value.shape:
        mine, true = first.claimed.shape, first.truth.value.shape
        return _with(
            head, SHAPE, f"Its shape is {mine}; expected {true}, the shape of the input.", (), Evidence("shapes")
        )
    sound = [s for s in samples if np.isfinite(s.claimed).all() and np.isfinite(s.truth.value).all()]
    if not sound:
        return _with(head, NOT_EVALUABLE, "It is no finite number at any of the points tried.", (), None, why)
    if any(s.truth.error > UNKNOWN * max(s.scale, SMALL) for s in sound):
        reason = "The differences of the loss do not settle, so that the truth is not known."
        return _with(head, NOT_EVALUABLE, reason, sound, None, why)
    evidence = Evidence(
        "float64 runs", "float64", len(sound), max(s.apart / s.scale if s.scale else 0.0 for s in sound)
    )
    far = [s for s in sound if s.apart > BEYOND * s.tolerance and s.apart > 1e-6 * s.scale]
    if len(far) > 1:
        return _wrong(head, sound, far, evidence, why)
    if any(s.apart > WITHIN * s.tolerance + 1e-9 * s.scale for s in sound):
        return _with(
            head, NOT_EVALUABLE, "It differs by too little to tell a mistake from rounding.", sound, evidence, why
        )
    if all(np.abs(s.truth.value).max(initial=0) <= WITHIN * s.tolerance for s in sound):
        reason = "The truth is zero at every point tried, so that this comparison would accept any zero."
        return _with(head, VACUOUS, reason, sound, evidence, why)
    reason = f"It agrees with the truth at {len(sound)} random points in float64."
    return _with(head, AGREES, reason, sound, evidence, why)


def _wrong(head: Verdict, sound: Sequence[Sample], far: Sequence[Sample], evidence: Evidence, why: str) -> Verdict:
    ratio = _ratio(sound)
    first = far[0]
    wrong = np.abs(first.claimed - first.truth.value) > WITHIN * first.tolerance
    found = Verdict(head.name, head.target, head.verdict, where=head.where, first_wrong=head.name)
    if ratio:
        return _with(found, PROPORTIONAL, f"It is {ratio} times the truth.", sound, evidence, why, ratio=ratio)
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    entry = f"{head.target}[{', '.join(map(str, place))}]" if place else head.target
    numbers = f"{entry} is {first.claimed[place]:.6g} by your function, {first.truth.value[place]:.6g} in truth"
    reason = f"{int(wrong.sum())} of {wrong.size} entries differ at a random point: {numbers}."
    return _with(found, REFUTED, reason, sound, evidence, why, differing=(int(wrong.sum()), int(wrong.size)))


def _ratio(samples: Sequence[Sample]) -> str:
    """The factor where every entry at every point is the same multiple of the truth."""
    found = []
    for sample in samples:
        truth, claimed = sample.truth.value, sample.claimed
        norm = float(np.sum(truth * truth))
        if not norm:
            return ""
        ratio = float(np.sum(truth * claimed)) / norm
        if float(np.abs(claimed - ratio * truth).max()) > WITHIN * sample.tolerance * max(1.0, abs(ratio)):
            return ""
        near = Fraction(ratio).limit_denominator(DENOMINATOR)
        if not near or abs(ratio - near) > 1e-6 * abs(near):
            return ""
        with mpmath.workdps(60):
            found.append((sample.sizes, mpmath.mpf(near.numerator) / near.denominator))
    named = named_ratio(found)
    return "" if named is None else named.text


def _with(
    verdict: Verdict,
    name: str,
    reason: str,
    samples: Sequence[Sample],
    evidence: Evidence | None,
    why: str = "",
    **changes: Any,
) -> Verdict:
    shown = tuple(dict.fromkeys(", ".join(f"{k}={v}" for k, v in s.sizes.items()) for s in samples))
    whole = f"{reason} {why}".strip()
    return replace(verdict, verdict=name, reason=whole, extents=shown, evidence=evidence, **changes)
