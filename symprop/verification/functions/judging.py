"""Verdicts from samples in double precision: at most AGREES.

Enters: samples of one claim.  Leaves: a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from symprop.verification.functions.running import TWICE
from symprop.verification.functions.samples import FAR, NOT_FINITE, OUTSIDE, UNCLEAR, UNSETTLED, WITHIN, Sample
from symprop.verification.functions.samples import RIGHT as IS_RIGHT
from symprop.verification.ratio import named_ratio
from symprop.verification.values import (
    AGREES,
    NOT_EVALUABLE,
    PROPORTIONAL,
    REFUTED,
    SHAPE,
    VACUOUS,
    Evidence,
    Verdict,
)

DENOMINATOR = 1000


def judge(head: Verdict, samples: Sequence[Sample], why: str) -> Verdict:
    """The verdict on one claim.

    Args:
        head: its name and place.
        samples: at the points that were tried.
        why: it was not traced, for every reason.
    """
    misfit = next((s for s in samples if not s.fits), None)
    if misfit is not None:
        mine, true = misfit.claimed.shape, misfit.truth.value.shape
        reason = f"Its shape is {mine}; expected {true}, the shape of the input."
        return _with(head, SHAPE, reason, (), Evidence("shapes"))
    known = [s for s in samples if s.state not in (OUTSIDE, UNSETTLED)]
    settled = [s for s in known if s.state != NOT_FINITE]
    lost = [s for s in known if s.state == NOT_FINITE and (s.is_ordinary or not settled)]
    if not settled and (lost or not any(s.state == UNSETTLED for s in samples)):
        return _with(head, NOT_EVALUABLE, "It is no finite number at any of the points tried.", (), None, why)
    if len(known) < sum(s.state == UNSETTLED for s in samples):
        reason = "The differences of the loss do not settle, so that the truth is not known."
        return _with(head, NOT_EVALUABLE, reason, samples, None, why)
    # at other scales than 1 rounding may be large: such a point says something only where it is clear
    sound = [s for s in settled if s.state in (IS_RIGHT, FAR) or s.is_ordinary]
    far = [s for s in sound if s.state == FAR]
    worst = max((s.apart / s.scale for s in sound if s.scale), default=0.0)
    evidence = Evidence("float64 runs", "float64", len(sound), worst)
    if far:
        return _wrong(head, sound, far, evidence, why)
    if lost:
        reason = f"It is no finite number at {len(lost)} of {len(known)} random points, where the truth is one."
        return _with(head, NOT_EVALUABLE, reason, sound, evidence, why)
    if any(s.state == UNCLEAR for s in sound):
        reason = "It differs by too little to tell a mistake from rounding."
        return _with(head, NOT_EVALUABLE, reason, sound, evidence, why)
    if all(np.abs(s.truth.value).max(initial=0) <= WITHIN * s.tolerance for s in sound):
        reason = "The truth is zero at every point tried, so that this comparison would accept any zero."
        return _with(head, VACUOUS, reason, sound, evidence, why)
    reason = f"It agrees with the truth at {len(sound)} random points in float64."
    return _with(head, AGREES, reason, sound, evidence, why)


def unsteady(head: Verdict, what: str, why: str) -> Verdict:
    """The verdict on what is not the same when it is run again."""
    reason = f"{what} gives {TWICE}. Draw random numbers in inputs(rng), and keep nothing between calls."
    return _with(head, NOT_EVALUABLE, reason, (), None, why)


def _wrong(head: Verdict, sound: Sequence[Sample], far: Sequence[Sample], evidence: Evidence, why: str) -> Verdict:
    found = replace(head, first_wrong=head.name)
    ratio = _ratio(sound)
    if ratio:
        return _with(found, PROPORTIONAL, f"It is {ratio} times the truth.", sound, evidence, why, ratio=ratio)
    first = far[0]
    wrong = np.abs(first.claimed - first.truth.value) > WITHIN * first.tolerance
    place = tuple(int(k) for k in np.argwhere(wrong)[0])
    entry = f"{head.target}[{', '.join(map(str, place))}]" if place else head.target
    numbers = f"{entry} is {first.claimed[place]:.6g} by your function, {first.truth.value[place]:.6g} in truth"
    where = "a random point" if len(far) == len(sound) else f"{len(far)} of {len(sound)} random points"
    reason = f"{int(wrong.sum())} of {wrong.size} entries differ at {where}: {numbers}."
    return _with(found, REFUTED, reason, sound, evidence, why, differing=(int(wrong.sum()), int(wrong.size)))


def _ratio(samples: Sequence[Sample]) -> str:
    """The factor where every entry at every point is the same multiple of the truth."""
    found: list[tuple[Mapping[str, int], Any]] = []
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
