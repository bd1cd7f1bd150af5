"""Products of sines and cosines of one argument as sums: cos(a)*cos(b) = (cos(a - b) + cos(a + b))/2.

Enters: waves, each "sin" or "cos" with a frequency.  Leaves: a spectrum, the coefficient of each wave in their product.
Waves of different positive frequencies are linearly independent, so that equal products have equal spectra.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

SINE, COSINE = "sin", "cos"
WAVES = (SINE, COSINE)
Wave = tuple[str, Fraction]
Spectrum = dict[Wave, Fraction]
HALF = Fraction(1, 2)


def spectrum(waves: Iterable[Wave]) -> Spectrum:
    """The product of waves; (cos, 0) stands for 1."""
    total: Spectrum = {(COSINE, Fraction(0)): Fraction(1)}
    for wave in waves:
        total = _times(total, wave)
    return total


def _times(left: Spectrum, right: Wave) -> Spectrum:
    total: Spectrum = {}
    for one, coefficient in left.items():
        for wave, factor in _product(one, right):
            new = total.get(wave, Fraction(0)) + coefficient * factor
            total[wave] = new
    return {wave: c for wave, c in total.items() if c}


def _product(left: Wave, right: Wave) -> Iterable[tuple[Wave, Fraction]]:
    """Half of the wave of the difference and half of the wave of the sum, with their signs."""
    (one, a), (other, b) = left, right
    if one == other:
        sign = 1 if one == COSINE else -1
        return [_wave(COSINE, a - b, HALF), _wave(COSINE, a + b, HALF * sign)]
    sine, cosine = (a, b) if one == SINE else (b, a)
    return [_wave(SINE, sine - cosine, HALF), _wave(SINE, sine + cosine, HALF)]


def _wave(name: str, frequency: Fraction, coefficient: Fraction) -> tuple[Wave, Fraction]:
    """A wave of a frequency that is not negative; sin is odd, cos is even, sin(0) = 0."""
    if name == SINE and frequency <= 0:
        coefficient = -coefficient if frequency else Fraction(0)
    return (name, abs(frequency)), coefficient
