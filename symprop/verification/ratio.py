"""A constant factor, named.

Enters: scenes in which every entry of a claim is the same multiple of the truth.  Leaves: the factor as a product of a
small rational and powers of the named extents, 2*N or 1/N.  One point is never enough: a single number is always a
multiple of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import isqrt
from typing import Any

import mpmath

from symprop.verification.points import Array
from symprop.verification.scene import Scene, zero
from symprop.verification.values import Claim

EXACT, LARGEST = 1e-30, 10_000


@dataclass(frozen=True)
class Ratio:
    """claimed = coefficient * sqrt(root) * product of extents ** power * truth."""

    coefficient: Fraction
    powers: tuple[tuple[str, int], ...]
    root: int = 1

    @property
    def text(self) -> str:
        """Such as N, 1/N, -2*N, N/2, sqrt(3)/2."""
        over = [name for name, power in self.powers for _ in range(max(power, 0))]
        under = [name for name, power in self.powers for _ in range(max(-power, 0))]
        number = abs(self.coefficient)
        over = [f"sqrt({self.root})"] * (self.root != 1) + over
        over = ([str(number.numerator)] if number.numerator != 1 or not over else []) + over
        under = ([str(number.denominator)] if number.denominator != 1 else []) + under
        sign = "-" if self.coefficient < 0 else ""
        below = f"/{under[0]}" if len(under) == 1 else f"/({'*'.join(under)})" if under else ""
        return f"{sign}{'*'.join(over)}{below}"

    @property
    def inverse(self) -> Ratio:
        """1/N of N."""
        powers = tuple((name, -power) for name, power in self.powers)
        return Ratio(1 / (self.coefficient * self.root), powers, self.root)


def ratio_of(scenes: Iterable[Scene | None], claim: Claim) -> Ratio | None:
    """The factor, None where there is none or it has no name; no scene is asked for after one without a factor."""
    found = []
    for scene in scenes:
        if scene is None:
            continue
        values = scene.values(claim)
        if values is not None and zero(values[0]) and zero(values[1]):
            continue
        ratio = None if values is None else common_ratio(*values)
        if ratio is None:
            return None
        found.append((scene.point.sizes, ratio))
    return named_ratio(found)


def named_ratio(found: Sequence[tuple[Mapping[str, int], Any]]) -> Ratio | None:
    """The factor that ratios at several sizes are, None where it is 1, has no name, or there are too few."""
    ratio = named(found) if len(found) >= 3 else None
    return None if ratio is None or ratio.text == "1" else ratio


def named(found: Sequence[tuple[Mapping[str, int], Any]]) -> Ratio | None:
    """Numbers at several sizes as one rational times powers of the extents, None where they are not."""
    names = sorted(found[0][0])
    for powers in sorted(product((0, 1, -1, 2, -2), repeat=len(names)), key=lambda p: sum(map(abs, p))):
        ratio = _named(found, dict(zip(names, powers, strict=True)))
        if ratio is not None:
            return ratio
    return None


def common_ratio(claimed: Array, truth: Array) -> Any | None:
    """The common ratio of all entries."""
    with mpmath.workdps(60):
        size = max((abs(v) for v in truth.ravel()), default=0)
        pairs = list(zip(claimed.ravel(), truth.ravel(), strict=True))
        ratios = [a / b for a, b in pairs if abs(b) > EXACT * size]
        if not size or not ratios or any(abs(r - ratios[0]) > EXACT * abs(ratios[0]) for r in ratios):
            return None
        if any(abs(a) > EXACT * size * abs(ratios[0]) for a, b in pairs if abs(b) <= EXACT * size):
            return None
        return ratios[0] or None


def _named(found: Sequence[tuple[Mapping[str, int], Any]], powers: Mapping[str, int]) -> Ratio | None:
    with mpmath.workdps(60):
        rests = []
        for sizes, ratio in found:
            for name, power in powers.items():
                ratio = ratio / mpmath.mpf(sizes[name]) ** power
            rests.append(ratio)
        if any(abs(rest - rests[0]) > EXACT * abs(rests[0]) for rest in rests):
            return None
        kept = tuple((name, power) for name, power in powers.items() if power)
        value = _rational(rests[0])
        if value is not None:
            return Ratio(value, kept)
        square = _rational(rests[0] ** 2)
        if square is None or abs(square.numerator * square.denominator) > LARGEST:
            return None
        outside, root = _square_free(square.numerator * square.denominator)
        return Ratio(Fraction(outside, square.denominator) * (1 if rests[0] > 0 else -1), kept, root)


def _rational(number: Any) -> Fraction | None:
    """A number as a fraction of small denominator, None where it is none."""
    scaled = int(mpmath.nint(number * mpmath.mpf(2) ** 160))
    value = Fraction(scaled, 2**160).limit_denominator(LARGEST)
    return value if abs(mpmath.mpf(value.numerator) / value.denominator - number) <= EXACT * abs(number) else None


def _square_free(number: int) -> tuple[int, int]:
    """a and b with number = a**2 * b and b without square factors."""
    outside = max(k for k in range(1, isqrt(number) + 1) if number % k**2 == 0)
    return outside, number // outside**2
