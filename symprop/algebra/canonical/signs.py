"""What is known to be positive or at least 0, wherever it is defined.

Enters: polynomials.  Leaves: True where it is proved, False where it is not.  An assumption that was needed is noted.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from symprop.algebra.canonical.atoms import Atom, Monomial, Poly
from symprop.algebra.canonical.sums import Sums
from symprop.language.expressions import Read
from symprop.language.extents import Extent

POSITIVE = ("exp", "size", "pi", "prime")


class Signs(Sums):
    """Polynomials with signs."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._signs: dict[int, str] = {}

    def positive(self, poly: Poly) -> bool:
        """True where the value is proved to be above 0."""
        if not poly or any(c < 0 for c in poly.values()):
            return self.are_extents(poly, 1)
        strict = [m for m in poly if all(self.sign(n) == "positive" for n, _ in m)]
        return bool(strict) and all(self._at_least_zero(m) for m in poly if m not in strict)

    def nonnegative(self, poly: Poly) -> bool:
        """True where the value is proved to be at least 0."""
        return all(c > 0 and self._at_least_zero(m) for m, c in poly.items()) or self.are_extents(poly, 0)

    def are_extents(self, poly: Poly, least: int) -> bool:
        """True of a polynomial of extents, N - 1 say, that is proved to be at least a whole number."""
        if not poly or any(self.kind(n) != "size" or e < 0 for m in poly for n, e in m):
            return False
        scale = lcm(*(c.denominator for c in poly.values()))
        names = {m: tuple(self.atoms[n].name for n, e in m for _ in range(int(e))) for m in poly}
        return Extent({names[m]: int(c * scale) for m, c in poly.items()}).at_least(least)

    def _at_least_zero(self, monomial: Monomial) -> bool:
        return all(even(e) or e.denominator != 1 or self.sign(n) for n, e in monomial)

    def sign(self, number: int) -> str:
        """ "positive", "nonnegative" or "" of an atom."""
        atom = self.atoms[number]
        if atom.kind == "read":
            words = self.assumed_positive.get(atom.name)
            if words is None or not self._within(atom):
                return ""
            self.used.setdefault(words)
            return "positive"
        if number not in self._signs:
            self._signs[number] = self._sign(number)
        return self._signs[number]

    def _within(self, atom: Atom) -> bool:
        return atom.name in self.facts.axes and self.facts.in_range(Read(atom.name, atom.args))

    def _sign(self, number: int) -> str:
        atom = self.atoms[number]
        if atom.kind in POSITIVE:
            return "positive"
        if atom.kind in ("pos", "zero", "eq", "ge"):
            return "nonnegative"
        if atom.kind in ("sum", "base"):
            template = self.templates[atom.name]
            full = all(i.extent.at_least(1) for i in template.bound)
            if full and self.positive(template.body):
                return "positive"
            return "nonnegative" if self.nonnegative(template.body) else ""
        return ""


def even(exponent: Fraction) -> bool:
    """True for an even whole number."""
    return exponent.denominator == 1 and exponent.numerator % 2 == 0
