"""What is claimed and what is true at one point, and how far apart they are.

Enters: arrays in double precision.  Leaves: `Sample` values, each in one of a few states.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from symprop.verification.points import Array

WITHIN, BEYOND, ROUNDING = 100.0, 1e4, 1e-11
UNKNOWN, SMALL = 1e-4, 1e-6
RIGHT, FAR, UNCLEAR = "right", "far", "unclear"
OUTSIDE, UNSETTLED, NOT_FINITE = "outside", "unsettled", "not finite"


@dataclass(frozen=True)
class Truth:
    """A gradient at one point, or its slopes in some directions, and how far it may be off."""

    value: Array
    error: float = 0.0


@dataclass(frozen=True)
class Sample:
    """What is claimed and what is true at one point.

    Args:
        sizes: of the named extents.
        claimed: the claim, entry by entry or in some directions.
        truth: the same in truth.
        is_ordinary: whether all numbers are of order 1, so that rounding is small.
    """

    sizes: Mapping[str, int]
    claimed: Array
    truth: Truth
    is_ordinary: bool = True

    @property
    def fits(self) -> bool:
        """Whether the claim has the shape it should have."""
        return self.claimed.shape == self.truth.value.shape

    @property
    def scale(self) -> float:
        """The largest finite number."""
        return max(_largest(self.claimed), _largest(self.truth.value))

    @property
    def apart(self) -> float:
        """The largest distance of two entries."""
        return float(np.abs(self.claimed - self.truth.value).max(initial=0))

    @property
    def tolerance(self) -> float:
        """What the error of the truth and rounding may amount to."""
        return self.truth.error + ROUNDING * self.scale

    @cached_property
    def state(self) -> str:
        """RIGHT; FAR, where rounding cannot explain the distance; UNCLEAR between them; NOT_FINITE of the claim alone;
        UNSETTLED, where the truth is not known; OUTSIDE of where it is a number."""
        if not np.isfinite(self.truth.value).all():
            return OUTSIDE
        if self.truth.error > UNKNOWN * max(self.scale, SMALL):
            return UNSETTLED
        if not np.isfinite(self.claimed).all():
            return NOT_FINITE
        if self.apart > max(BEYOND * self.tolerance, 1e-6 * self.scale):
            return FAR
        return UNCLEAR if self.apart > WITHIN * self.tolerance + 1e-9 * self.scale else RIGHT


def _largest(array: Array) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0))
