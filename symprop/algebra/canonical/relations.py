"""Cancelling against denominators: each base under a power brings one relation, base * atom**-1 = 1.

Enters: polynomials.  Leaves: the same with the leading monomial of a base replaced wherever it stands beside the
inverse of the base: exp(z)/(1 + exp(z)) is 1 - 1/(1 + exp(z)).  Likewise e*[e == 0] = 0.  A base and minus it are one
base, with the sign that it has under a root.
"""

from __future__ import annotations

from fractions import Fraction

from symprop.algebra.canonical.atoms import Monomial, Poly, Undecided, constant, plus, scaled
from symprop.algebra.canonical.powers import Powers, quotient

MAX_ROUNDS = 400


class Relations(Powers):
    """Polynomials that cancel against their denominators."""

    def reduced(self, poly: Poly) -> Poly:
        """The polynomial after base * atom**-1 = 1 was used wherever it applies."""
        for _ in range(MAX_ROUNDS):
            self.check_time()
            changed = False
            parts: list[Poly] = []
            for monomial, coefficient in poly.items():
                step = self._step(monomial)
                changed = changed or step is not None
                parts.append({monomial: coefficient} if step is None else scaled(step, coefficient))
            poly = plus(*parts)
            if not changed:
                found = self.united(poly)
                if found == poly:
                    return poly
                poly = found
        raise Undecided("relations do not come to an end")

    def _step(self, monomial: Monomial) -> Poly | None:
        for number, exponent in monomial:
            if self.kind(number) == "base" and exponent.denominator == 1 and self.is_against(self.atoms[number].name):
                rest = tuple(p for p in monomial if p[0] != number)
                return self.times({rest: Fraction(1)}, self.power(self.inside(number), exponent))
            if self.kind(number) == "base" and exponent < 0:
                rest = tuple(p for p in monomial if p[0] != number)
                base = self.inside(number)
                for lead in self._leads(base, rest):
                    self.relations.setdefault(self.templates[self.atoms[number].name].name)
                    return self._replaced(rest, number, exponent, base, lead)
            if self.kind(number) == "zero":
                atom = self.atoms[number]
                rest = tuple(p for p in monomial if p[0] != number)
                base = plus(self.inside(number), constant(atom.value))
                highest = self._lead(base)
                if highest is not None and _divides(highest, rest):
                    others = {m: c for m, c in base.items() if m != highest}
                    put = scaled(others, -1 / base[highest])
                    guard: Poly = self.alone(number)
                    return self.product(guard, {quotient(rest, highest): Fraction(1)}, put)
        return None

    def _leads(self, base: Poly, rest: Monomial) -> list[Monomial]:
        """The terms of a base to replace beside its inverse: the leading one, or the one without a negative power."""
        lead = self._lead(base)
        if lead is not None and _divides(lead, rest):
            return [lead]
        below = {n for n, e in rest if e < 0}
        for number in sorted(below & {n for m in base for n, _ in m}):
            without = [m for m in base if number not in dict(m)]
            positive = all(e > 0 for m in base for n, e in m if n == number)
            if len(without) == 1 and positive and _divides(without[0], rest):
                return without
        return []

    def _replaced(self, rest: Monomial, number: int, exponent: Fraction, base: Poly, lead: Monomial) -> Poly:
        """rest*atom**e as (rest/lead)*(atom**(e + 1) - (base - lead)*atom**e)/coefficient."""
        others = {m: -c for m, c in base.items() if m != lead}
        more = self.settled(((number, exponent + 1),)) if exponent != -1 else constant(1)
        same: Poly = self.alone(number, exponent)
        inner = plus(more, self.times(others, same))
        return scaled(self.times({quotient(rest, lead): Fraction(1)}, inner), 1 / base[lead])

    def _lead(self, base: Poly) -> Monomial | None:
        """The leading monomial: the heaviest, of these the one with the fewest atoms, of these the last in order."""
        candidates = [m for m in base if m and all(e > 0 for _, e in m)]
        if not candidates:
            return None
        return max(candidates, key=lambda m: (sum(self._weight(n) * e for n, e in m), -sum(e for _, e in m), m))

    def _weight(self, number: int) -> int:
        atom = self.atoms[number]
        if atom.kind == "size":
            return 0
        if atom.kind != "sum":
            return 1
        body = self.templates[atom.name].body
        return max(int(sum(abs(e) * self._weight(n) for n, e in m)) for m in body)


def _divides(lead: Monomial, monomial: Monomial) -> bool:
    powers = dict(monomial)
    return all(powers.get(n, Fraction(0)) >= e for n, e in lead)
