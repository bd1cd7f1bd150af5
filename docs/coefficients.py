"""The table symprop/simd/coefficients.py: best polynomials and quotients of polynomials for the functions of vectors.

    python -m docs.coefficients            writes the table and prints the errors
    python -m docs.coefficients --check    says whether it is up to date; exit code 1 if it is not

A quotient P/Q is the best one for a function f where the largest error |weight*(P/Q - f)| is as small as any with so
many coefficients can make it.  It is found by Remez's exchange: through as many points of an interval as there are
coefficients, and one more, goes the P/Q whose errors there are equal in size and of alternating signs; then the points
move to where the error is largest, until none is above that of the points.  Q starts with 1, and is 1 where it has one
coefficient: then P is the best polynomial.  The weights make the error that of the whole function, relative to its
value.

Numbers have 50 digits until the coefficients are rounded to the type they are for; the errors in the table are those
of the rounded ones, in units of the last place of a number with the largest mantissa.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import mpmath as mp
from mpmath import mpf

DIGITS = 50
POINTS = 24  # of the grid, for each coefficient: between two of them an error is 0.3 % above that at one, no more
PRECISION = {"float": 24, "double": 53}
ZEROS = {"float": 8, "double": 11}
"""Digits of an integer by which constants are multiplied exactly: any exponent, or so many quarters of a turn."""
CONSTANTS: dict[str, tuple[Callable[[], mpf], int]] = {
    "LOG2": (lambda: mp.log(2), 2),
    "HALF_PI": (lambda: mp.pi / 2, 3),
}
"""Numbers, and of how many parts they are sums."""
TABLE = Path(__file__).resolve().parents[1] / "symprop" / "simd" / "coefficients.py"
HEAD = '''"""Coefficients of best polynomials P and quotients P/Q, the highest power first.

Behind the type stands the largest error in units of the last place.  Made by `python -m docs.coefficients`, which says
how; not to be changed by hand.
"""

from __future__ import annotations

'''
Function = Callable[[mpf], mpf]
Quotient = tuple[list[mpf], list[mpf]]  # coefficients of P and of Q, the highest power first


class Point(NamedTuple):
    """A place, the function there, and what an error counts there."""

    x: mpf
    f: mpf
    weight: mpf


class Fit(NamedTuple):
    """What a quotient of polynomials stands for.

    Args:
        what: in words, for the table.
        function: f, of the variable of the polynomials.
        weight: what an error of the quotient counts; it has one sign.
        low, high: the interval of the variable.
        above, below: numbers of coefficients of P and of Q.
    """

    what: str
    function: Function
    weight: Function
    low: mpf
    high: mpf
    above: int
    below: int = 1

    @property
    def free(self) -> int:
        """Coefficients that are found."""
        return self.above + self.below - 1


def exponential(terms: int) -> Fit:
    """What 1 + r leaves of exp(r)."""
    end = mp.log(2) / 2 * WIDER
    what = "(exp(r) - 1 - r)/r**2 of r, relative to exp(r) - 1, |r| <= log(2)/2"
    return Fit(what, lambda r: (mp.expm1(r) - r) / r**2, lambda r: r**2 / abs(mp.expm1(r)), -end, end, terms)


def logarithm(terms: int) -> Fit:
    """What 2*s leaves of log((1 + s)/(1 - s))."""

    def over_s(q: mpf) -> mpf:
        return 2 * mp.atanh(mp.sqrt(q)) / mp.sqrt(q)

    end = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * WIDER) ** 2
    what = "(2*artanh(s)/s - 2)/s**2 of s**2, relative to 2*artanh(s)/s, |s| <= (sqrt(2) - 1)/(sqrt(2) + 1)"
    return Fit(what, lambda q: (over_s(q) - 2) / q, lambda q: q / over_s(q), mpf(0), end, terms)


def error(terms: int) -> Fit:
    """What x leaves of erf(x)."""

    def over_x(q: mpf) -> mpf:
        return mp.erf(mp.sqrt(q)) / mp.sqrt(q)

    what = "erf(x)/x - 1 of x**2, relative to erf(x)/x, |x| <= 1"
    return Fit(what, lambda q: over_x(q) - 1, lambda q: 1 / over_x(q), mpf(0), mpf(1), terms)


def complement(last: str, above: int, below: int) -> Fit:
    """What of erfc(x) exp(-x**2) is not, for x up to where erfc(x) is 0 to the type."""

    def function(x: mpf) -> mpf:
        return mp.exp(x**2) * mp.erfc(x)

    what = f"exp(x**2)*erfc(x) of x, relative to itself, 0 <= x <= {last}"
    return Fit(what, function, lambda x: 1 / function(x), mpf(0), mpf(last), above, below)


def tangent(terms: int) -> Fit:
    """What x leaves of tanh(x)."""

    def over_x(q: mpf) -> mpf:
        return mp.tanh(mp.sqrt(q)) / mp.sqrt(q)

    what = "(tanh(x)/x - 1)/x**2 of x**2, relative to tanh(x)/x, |x| <= 0.55"
    return Fit(what, lambda q: (over_x(q) - 1) / q, lambda q: q / over_x(q), mpf(0), mpf("0.55") ** 2, terms)


def sine(terms: int) -> Fit:
    """What r leaves of sin(r)."""

    def over_r(q: mpf) -> mpf:
        return mp.sin(mp.sqrt(q)) / mp.sqrt(q)

    end = (mp.pi / 4 * WIDER) ** 2
    what = "(sin(r)/r - 1)/r**2 of r**2, relative to sin(r)/r, |r| <= pi/4"
    return Fit(what, lambda q: (over_r(q) - 1) / q, lambda q: q / over_r(q), mpf(0), end, terms)


def cosine(terms: int) -> Fit:
    """What 1 leaves of cos(r)."""
    end = (mp.pi / 4 * WIDER) ** 2
    what = "(cos(r) - 1)/r**2 of r**2, relative to cos(r), |r| <= pi/4"
    return Fit(what, lambda q: (mp.cos(mp.sqrt(q)) - 1) / q, lambda q: q / mp.cos(mp.sqrt(q)), mpf(0), end, terms)


WIDER = 1 + mpf(2) ** -20  # where rounding may have moved an argument
FITS: dict[str, dict[str, Callable[[], Fit]]] = {
    "exp": {"float": lambda: exponential(5), "double": lambda: exponential(11)},
    "log": {"float": lambda: logarithm(3), "double": lambda: logarithm(7)},
    "tanh": {"float": lambda: tangent(5), "double": lambda: tangent(11)},
    "sin": {"float": lambda: sine(3), "double": lambda: sine(6)},
    "cos": {"float": lambda: cosine(4), "double": lambda: cosine(7)},
    "erf": {"float": lambda: error(7), "double": lambda: error(12)},
    "erfc": {"float": lambda: complement("10.1", 5, 6), "double": lambda: complement("27.3", 11, 12)},
}


def minimax(fit: Fit, kind: str) -> tuple[Quotient, mpf]:
    """The best quotient, its coefficients rounded, and its largest error."""
    size = POINTS * (fit.free + 1)
    # Chebyshev's points lie closer where an error moves faster; none of them is an end or the middle
    angles = [mp.pi * (k + mpf(1) / 2) / size for k in range(size)]
    grid = [(fit.low + fit.high - (fit.high - fit.low) * mp.cos(angle)) / 2 for angle in angles]
    points = [Point(x, fit.function(x), fit.weight(x)) for x in grid]
    chosen = [round(k * (size - 1) / fit.free) for k in range(fit.free + 1)]
    best: Quotient = [], [mpf(1)]
    while True:
        best, level = alternating([points[i] for i in chosen], fit, best[1])
        errors = weighted(best, points)
        if largest(errors) <= abs(level) * (1 + mpf(10) ** -6):
            break
        chosen = exchanged(errors, fit.free + 1)
    with mp.workprec(PRECISION[kind]):
        rounded = [+c for c in best[0]], [+c for c in best[1]]
    return rounded, largest(weighted(rounded, points))


def alternating(points: Sequence[Point], fit: Fit, below: Sequence[mpf]) -> tuple[Quotient, mpf]:
    """The quotient whose errors are +e, -e, +e, ... at the points, and e.

    P - Q*(f + e/weight) = 0 has products of unknowns; in Q*e, Q is taken from the step before.
    """
    rows = []
    for i, (x, f, w) in enumerate(points):
        powers = [x**k for k in range(max(fit.above, fit.below))]
        unknown = [*powers[: fit.above], *(-f * power for power in powers[1 : fit.below])]
        rows.append([*unknown, (-1) ** i * mp.polyval(below, x) / w])
    *found, level = mp.lu_solve(mp.matrix(rows), mp.matrix([point.f for point in points]))
    return (found[: fit.above][::-1], [*found[fit.above :][::-1], mpf(1)]), level


def weighted(quotient: Quotient, points: Sequence[Point]) -> list[mpf]:
    """The errors of a quotient."""
    above, below = quotient
    return [w * (mp.polyval(above, x) / mp.polyval(below, x) - f) for x, f, w in points]


def largest(errors: Sequence[mpf]) -> mpf:
    """The size of the largest."""
    return max(map(abs, errors))


def exchanged(errors: Sequence[mpf], count: int) -> list[int]:
    """The places of the largest errors between changes of sign, `count` of them that follow one another."""
    peaks: list[int] = []
    for i, found in enumerate(errors):
        if not peaks or mp.sign(errors[peaks[-1]]) != mp.sign(found):
            peaks.append(i)
        elif abs(found) > abs(errors[peaks[-1]]):
            peaks[-1] = i
    if len(peaks) < count:
        raise ArithmeticError(f"the error changes its sign {len(peaks) - 1} times; expected {count - 1} times")
    while len(peaks) > count:
        peaks.pop(0 if abs(errors[peaks[0]]) < abs(errors[peaks[-1]]) else -1)
    return peaks


def parts(number: mpf, kind: str, count: int) -> list[float]:
    """A positive number as a sum of such; all but the last have zeros behind, so that integer multiples are exact."""
    found = []
    for _ in range(count - 1):
        found.append(float(mpf(number, prec=PRECISION[kind] - ZEROS[kind], rounding="d")))
        number -= found[-1]
    return [*found, float(mpf(number, prec=PRECISION[kind]))]


def entry(name: str, kind: str) -> list[str]:
    """The lines of a quotient; Q is left out where it is 1."""
    quotient, size = minimax(FITS[name][kind](), kind)
    lines = [f'        "{kind}": (  # {mp.nstr(size * mpf(2) ** PRECISION[kind], 2)}']
    for part in quotient:
        if len(part) > 1:
            lines += ["            (", *(f"                {float(c)!r}," for c in part), "            ),"]
    return [*lines, "        ),"]


def table() -> str:
    """The text of the file."""
    with mp.workdps(DIGITS):
        lines = []
        for name, (number, count) in CONSTANTS.items():
            sums = {kind: ", ".join(map(repr, parts(number(), kind, count))) for kind in PRECISION}
            lines += [f"{name} = {{", *(f'    "{kind}": ({text}),' for kind, text in sums.items()), "}"]
        lines += ["COEFFICIENTS: dict[str, dict[str, tuple[tuple[float, ...], ...]]] = {"]
        for name, kinds in FITS.items():
            lines += [*dict.fromkeys(f"    # {fit().what}" for fit in kinds.values()), f'    "{name}": {{']
            lines += [*(line for kind in kinds for line in entry(name, kind)), "    },"]
        return HEAD + "\n".join(lines) + "\n}\n"


def main(arguments: Sequence[str]) -> int:
    """Write or check the file."""
    text = table()
    if "--check" in arguments:
        same = TABLE.is_file() and TABLE.read_text(encoding="utf-8") == text
        print(f"{TABLE.name} is {'up to date' if same else 'not what docs/coefficients.py makes'}")
        return 0 if same else 1
    TABLE.write_text(text, encoding="utf-8")
    print(text[len(HEAD) :])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
