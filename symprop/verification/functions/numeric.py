"""Functions compared in double precision, where they could not be traced.

Enters: functions that run.  Leaves: verdicts that are at most AGREES.  The truth is the derivation's, or differences of
the loss.  The first points are of order 1 and compared entry by entry; many more, of other scales and signs, find what
is wrong in a branch that is rarely taken.  A function that does not repeat itself is not compared.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from time import monotonic
from typing import Any

import mpmath
import numpy as np

from symprop.derivation import Derivation
from symprop.errors import ClaimError, Fault, InputError, UndecidedError
from symprop.oracle import evaluate
from symprop.verification.functions.judging import judge, unsteady
from symprop.verification.functions.running import Runner
from symprop.verification.functions.samples import FAR, RIGHT, Sample, Truth
from symprop.verification.functions.slopes import differences, directions, slopes
from symprop.verification.functions.subject import Subject
from symprop.verification.functions.varied import ORDINARY, is_ordinary
from symprop.verification.points import Array, Point
from symprop.verification.values import NOT_EVALUABLE, Report, Verdict

POINTS, SHARE, LARGER = 100, 0.4, 10
DIGITS, NEAR, NEIGHBOURS, SAME = 40, 2.0**-12, 2, 0.1


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
    found = _Comparison(subject, runner, targets, derivation)
    enough = monotonic() + SHARE * runner.seconds
    for number in range(POINTS):
        if not found.undecided or (number >= ORDINARY and monotonic() > enough):
            break
        found.add(number)
    why = f"{str(stopped).rstrip('.')}." if stopped else ""
    verdicts = tuple(found.verdict(key, why) for key in targets)
    loss = "" if derivation is None else _loss_text(derivation)
    return Report(subject.file.path.stem, loss or f"the function loss of {subject.file.name}", verdicts, accept_agrees)


def _loss_text(derivation: Derivation) -> str:
    network = derivation.network
    return next((str(e) for e in network.equations if e.target == network.loss), "")


class _Comparison:
    """Samples of all claims, point by point.

    Args:
        subject: what is claimed.
        runner: of the functions.
        targets: the adjoint that each key is about.
        derivation: of the truth, None where only the loss can be run.
    """

    def __init__(
        self, subject: Subject, runner: Runner, targets: Mapping[str, str], derivation: Derivation | None
    ) -> None:
        self._subject, self._runner, self._targets, self._derivation = subject, runner, targets, derivation
        self._samples: dict[str, list[Sample]] = {key: [] for key in targets}
        self._number = 0

    @property
    def undecided(self) -> list[str]:
        """The claims for which another point may change the verdict; the first points are seen by all that repeat."""
        if self._runner.loss_is_unsteady:
            return []
        return [
            key
            for key, samples in self._samples.items()
            if key not in self._runner.unsteady
            and (self._number < ORDINARY or all(s.fits and s.state != FAR for s in samples))
        ]

    def add(self, number: int) -> None:
        """The samples at the point of a number."""
        ran = self._run(number)
        if ran is not None:
            self._compare(number, *ran)
        self._number = number + 1

    def _compare(self, number: int, point: Point, given: Mapping[str, Any], claimed: Mapping[str, Array]) -> None:
        exact = self._derived(point)
        precise: dict[str, Truth] | None = None
        for key in self.undecided:
            if key not in claimed:
                continue
            target = self._targets[key]
            if target not in exact:
                sample = self._differenced(key, point, given, claimed[key], number)
                self._samples[key] += [] if sample is None else [sample]
                continue
            sample = Sample(point.sizes, claimed[key], exact[target], is_ordinary(number))
            if sample.fits and not sample.is_ordinary and sample.state != RIGHT:
                # the truth itself may suffer from rounding where numbers are of very different size
                precise = self._precise(point) if precise is None else precise
                sample = _more_precise(sample, precise.get(target))
            self._samples[key].append(sample)

    def verdict(self, key: str, why: str) -> Verdict:
        """What became of a claim."""
        head = Verdict(key, self._targets[key], NOT_EVALUABLE, where=self._subject.file.line("grads"))
        if self._runner.loss_is_unsteady:
            return unsteady(head, "The loss", why)
        if key in self._runner.unsteady:
            return unsteady(head, "It", why)
        return judge(head, self._samples[key], why)

    def _run(self, number: int) -> tuple[Point, dict[str, Any], Mapping[str, Array]] | None:
        """The gradients at a point, some of which are larger, where the functions take that; None outside of where the
        loss is defined."""
        sizes = {name: size + 2 for name, size in self._subject.sizes.items()}
        if number % 2 if number < ORDINARY else number % LARGER == 1:
            point, given = self._subject.point(number, sizes)
            with contextlib.suppress(ClaimError):
                return point, given, self._runner.repeated(given).values
        point, given = self._subject.point(number)
        if number >= ORDINARY and not self._is_inside(given):
            return None
        return point, given, self._runner.repeated(given).values

    def _is_inside(self, given: Mapping[str, Any]) -> bool:
        if self._subject.network is not None:
            return all(np.isfinite(value).all() for value in given.values())
        try:
            return bool(np.isfinite(self._runner.loss(given)))
        except ClaimError:
            return False

    # -- the truth -----------------------------------------------------------------------------------------------

    def _derived(self, point: Point, dtype: Any = float) -> dict[str, Truth]:
        """The adjoints of the derivation; what is not finite is none."""
        if self._derivation is None:
            return {}
        network = self._derivation.network
        equations = [*network.equations, *(a.equation for a in self._derivation)]
        try:
            values = evaluate(
                equations,
                point.arrays,
                point.sizes,
                dtype,
                functions={**network.functions},
                tensors=network.tensors,
                deadline=self._runner.deadline,
            )
        except InputError:
            return {}
        found = {t: np.asarray(values[t], dtype=float) for t in self._targets.values() if t in values}
        return {t: Truth(value) for t, value in found.items() if np.isfinite(value).all()}

    def _precise(self, point: Point) -> dict[str, Truth]:
        """The same in many digits; nothing where there is no time for it."""
        with contextlib.suppress(UndecidedError), mpmath.workdps(DIGITS):
            return self._derived(point, object)
        return {}

    def _differenced(
        self, key: str, point: Point, given: Mapping[str, Any], claimed: Array, number: int
    ) -> Sample | None:
        """The claim and differences of the loss, in some directions alone at most of the points."""
        name = self._targets[key].removeprefix("d")
        array = np.asarray(given.get(name, np.nan), dtype=float)
        if self._subject.network is not None:
            return None
        if claimed.shape != array.shape:
            return Sample(point.sizes, claimed, Truth(np.zeros(array.shape)))
        along = self._along(name, point, given, claimed, number) if number >= ORDINARY else None
        if along is not None and along.state != FAR:
            return along
        whole = Sample(point.sizes, claimed, differences(self._runner, given, name), is_ordinary(number))
        if whole.state == FAR and not self._is_far_beside(key, name, point, given, claimed, number):
            return replace(whole, truth=Truth(whole.truth.value, np.inf))
        return whole

    def _along(self, name: str, point: Point, given: Mapping[str, Any], claimed: Array, number: int) -> Sample:
        along = directions(claimed, number)
        with np.errstate(all="ignore"):
            projected = np.array([np.sum(claimed * direction) for direction in along])
        return Sample(point.sizes, projected, slopes(self._runner, given, name, along), is_ordinary(number))

    def _is_far_beside(
        self, key: str, name: str, point: Point, given: Mapping[str, Any], claimed: Array, number: int
    ) -> bool:
        """Whether the claim is as far off very near the point, so that neither a kink nor rounding has misled us."""
        first = self._along(name, point, given, claimed, number)
        rng = np.random.default_rng(number)
        for _ in range(NEIGHBOURS):
            array = np.asarray(given[name], dtype=float)
            moved = np.asarray(array * (1 + NEAR * rng.uniform(-1, 1, array.shape)))
            beside = {**given, name: moved if moved.ndim else moved[()]}
            other = self._runner.grads(beside).values.get(key)
            if other is None or other.shape != claimed.shape:
                return False
            sample = self._along(name, point, beside, other, number)
            off = (sample.claimed - sample.truth.value) - (first.claimed - first.truth.value)
            if sample.state != FAR or np.abs(off).max() > SAME * first.apart:
                return False
        return True


def _more_precise(sample: Sample, truth: Truth | None) -> Sample:
    """The sample with the truth in many digits, as uncertain as it was off in double precision."""
    if truth is None:
        return replace(sample, truth=Truth(sample.truth.value, np.inf))
    off = float(np.abs(truth.value - sample.truth.value).max(initial=0))
    return replace(sample, truth=Truth(truth.value, off))
