"""Powers of polynomials.

Enters: a polynomial and a rational exponent.  Leaves: a polynomial.  Under a negative or fractional exponent the
content and the common powers leave; what remains is factored into irreducible polynomials, each one atom ("base").
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import NamedTuple

import sympy as sp

from symprop.algebra.canonical.atoms import (
    GUARDS,
    INDICATORS,
    UNIT,
    Atom,
    Monomial,
    Poly,
    Undecided,
    constant,
    plus,
    scaled,
)
from symprop.algebra.canonical.ring import merged
from symprop.algebra.canonical.signs import Signs, even
from symprop.algebra.canonical.waves import WAVES
from symprop.language.indices import Position

CONDITIONS = {*GUARDS, *INDICATORS}
MAX_POWER, MAX_CONDITIONS = 8, 4
MAX_FACTORED_TERMS, MAX_FACTORED_DEGREE, MAX_FACTORED_ATOMS = 12, 8, 6


class Split(NamedTuple):
    """A polynomial as coefficient * monomial * rest, with the rest primitive."""

    coefficient: Fraction
    monomial: Monomial
    rest: Poly


class Powers(Signs):
    """Polynomials with powers."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._factors: dict[tuple[object, ...], list[tuple[Poly, int]]] = {}
        self._rooted: set[str] = set()
        self._against: set[str] = set()

    def power(self, base: Poly, exponent: Fraction) -> Poly:
        """base ** exponent."""
        if exponent == 1:
            return base
        if exponent.denominator == 1 and exponent >= 0:
            if exponent > MAX_POWER and len(base) > 1:
                raise Undecided("a power is too high")
            return self.product(*[base] * int(exponent)) if len(base) != 1 else self._monomial_power(base, exponent)
        if not base:
            if exponent > 0:
                return {}
            raise Undecided("a division by 0")
        base = self.reduced(base)
        cases = self.conditions(base, common=False)
        if cases:
            return self.by_cases(lambda e: self.power(e, exponent), base, cases[0])
        return self._inverse(base, exponent)

    def conditions(self, poly: Poly, common: bool) -> list[int]:
        """The guards and indicators a polynomial depends on; those of all its terms only where `common` says so."""
        numbers = sorted({n for m in poly for n, _ in m if self.kind(n) in CONDITIONS})
        found = [n for n in numbers if common or not all(any(n == k for k, _ in m) for m in poly)]
        return found if len(found) <= MAX_CONDITIONS else []

    def by_cases(self, function: Callable[[Poly], Poly], poly: Poly, condition: int) -> Poly:
        """f(e) as [c]*f(e where c holds) + (1 - [c])*f(e where it does not)."""
        holds = plus(*({tuple(p for p in m if p[0] != condition): c} for m, c in poly.items()))
        fails = {m: c for m, c in poly.items() if all(n != condition for n, _ in m)}
        bracket: Poly = {((condition, Fraction(1)),): Fraction(1)}
        other = plus(constant(1), scaled(bracket, -1))
        return plus(self.times(bracket, function(holds)), self.times(other, function(fails)))

    def _monomial_power(self, base: Poly, exponent: Fraction) -> Poly:
        ((monomial, coefficient),) = base.items()
        raised = tuple((n, e * exponent) for n, e in monomial)
        return scaled(self.settled(raised), coefficient ** int(exponent))

    def _inverse(self, base: Poly, exponent: Fraction) -> Poly:
        split = self.split(base)
        if not split.rest:
            return self.power({}, exponent)
        whole = exponent.denominator == 1
        out = [self._coefficient_power(split.coefficient, exponent)]
        rest = split.rest
        stay: list[tuple[int, Fraction]] = []
        for number, e in split.monomial:
            kind = self.kind(number)
            if kind in GUARDS or kind in INDICATORS:
                # under a negative power a guard that is false is a division by 0
                out += [self.alone(number)] if exponent > 0 else []
            elif kind not in WAVES and (whole or e.denominator != 1 or self.sign(number)):
                out.append(self.settled(((number, e * exponent),)))
            else:
                stay.append((number, e))
        if len(stay) == 1 and rest == constant(1) and even(stay[0][1]) and (stay[0][1] * exponent).denominator == 1:
            number, e = stay[0]
            return self.product(*out, self.power(self.magnitude(self.alone(number)), e * exponent))
        rest = self.times({tuple(stay): Fraction(1)}, rest) if stay else rest
        if rest == constant(-1) and whole:
            out.append(constant((-1) ** int(exponent)))
        elif set(rest) == {UNIT} and rest[UNIT] < 0:
            raise Undecided("a root of a negative number")
        elif rest != constant(1):
            out += self._rest_power(rest, exponent, bool(stay))
        return self.product(*out)

    @abstractmethod
    def magnitude(self, poly: Poly) -> Poly:
        """|e|, by the indicators of e."""

    def _coefficient_power(self, value: Fraction, exponent: Fraction) -> Poly:
        """A positive rational under a rational exponent, by its primes."""
        if exponent.denominator == 1:
            return constant(value ** int(exponent))
        out = [constant(1)]
        for part, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, count in sorted(sp.factorint(part, limit=10**4).items()):
                number = self.intern(Atom("prime", value=Fraction(int(prime))))
                out.append(self.settled(((number, exponent * int(count) * sign),)))
        return self.product(*out)

    def _rest_power(self, rest: Poly, exponent: Fraction, whole: bool) -> list[Poly]:
        factors = [(rest, 1)] if whole else self.factored(rest)
        if exponent.denominator != 1 and any(not self.positive(f) for f, _ in factors):
            factors = [(rest, 1)]
        return [self._base_power(factor, exponent * count) for factor, count in factors]

    def _base_power(self, base: Poly, exponent: Fraction) -> Poly:
        sign = Fraction(1)
        if exponent.denominator == 1 and self._flips(base):
            base, sign = scaled(base, -1), Fraction((-1) ** int(exponent))
        if len(base) == 1 and exponent.denominator == 1 and not self._is_wave(base):
            return scaled(self._inverse(base, exponent) if exponent < 0 else self.power(base, exponent), sign)
        template, free = self.close(base)
        if exponent.denominator != 1:
            self._rooted.add(template.name)
            self._against.add(self.close(scaled(base, -1))[0].name)
        number = self.intern(Atom("base", template.name, tuple(map(Position.of, free))))
        return scaled(self.settled(((number, exponent),)), sign)

    def _is_wave(self, base: Poly) -> bool:
        """True of a product of sines and cosines, which is kept whole under a negative power."""
        return any(self.kind(n) in WAVES for m in base for n, _ in m)

    def _flips(self, base: Poly) -> bool:
        """True where -base is the form that is kept."""
        if len({c > 0 for c in base.values()}) == 1:
            return next(iter(base.values())) < 0
        if self.are_extents(base, 0) or self.are_extents(scaled(base, -1), 0):
            return not self.are_extents(base, 0)
        own, other = self.close(base)[0], self.close(scaled(base, -1))[0]
        if self.is_against(own.name) or self.is_against(other.name):
            return self.is_against(own.name)
        return self._canonical_order(other.name) < self._canonical_order(own.name)

    def is_against(self, name: str) -> bool:
        """True of a base of which minus it stands under a root, which has the sign that it has."""
        return name in self._against - self._rooted

    def _canonical_order(self, name: str) -> tuple[object, ...]:
        body = self.templates[name].body
        return tuple(sorted((len(m), self._monomial_key(m, {}), -c) for m, c in body.items()))

    # -- parts of a polynomial --------------------------------------------------------------------------------------

    def split(self, poly: Poly) -> Split:
        """Content, common powers and the rest; denominators that stand in a few terms leave as well."""
        while True:
            common = self._common(poly)
            if not common:
                break
            divided = plus(
                *(
                    scaled(self.settled(quotient(m, [(n, e) for n, e in common if self.kind(n) not in GUARDS])), c)
                    for m, c in ((self._unguarded(m, common), c) for m, c in poly.items())
                )
            )
            if any(self.kind(n) == "base" for n, e in common) and divided:
                # the numerator over a common denominator can have common powers of its own
                inner = self.split(divided)
                return Split(inner.coefficient, merged(tuple(sorted(common)), inner.monomial), inner.rest)
            factor = content(divided)
            return Split(factor, tuple(sorted(common)), scaled(divided, 1 / factor))
        factor = content(poly)
        return Split(factor, UNIT, scaled(poly, 1 / factor))

    def _unguarded(self, monomial: Monomial, common: list[tuple[int, Fraction]]) -> Monomial:
        guards = {n for n, _ in common if self.kind(n) in GUARDS}
        return tuple(p for p in monomial if p[0] not in guards)

    def _common(self, poly: Poly) -> list[tuple[int, Fraction]]:
        """The lowest power of each atom over all terms, where it is not 0."""
        lowest: dict[int, Fraction] = {}
        for number in sorted({n for m in poly for n, _ in m}):
            kind = self.kind(number)
            if kind in INDICATORS and len(poly) > 1:
                continue
            exponents = [dict(m).get(number, Fraction(0)) for m in poly]
            low = min(exponents)
            if low and (kind not in GUARDS or low > 0):
                lowest[number] = low
        return list(lowest.items())

    def factored(self, poly: Poly) -> list[tuple[Poly, int]]:
        """Irreducible factors with their multiplicities; content and common powers are taken out before."""
        key = tuple(sorted(poly.items()))
        if key not in self._factors:
            self._factors[key] = self._factor(poly)
        return self._factors[key]

    def _factor(self, poly: Poly) -> list[tuple[Poly, int]]:
        numbers = sorted({n for m in poly for n, _ in m})
        if any(self.kind(n) in CONDITIONS for n in numbers) or self._irreducible(poly, numbers):
            return [(poly, 1)]
        scales = {n: lcm(*(dict(m).get(n, Fraction(0)).denominator for m in poly)) for n in numbers}
        degree = max(sum(int(e * scales[n]) for n, e in m) for m in poly)
        if len(poly) > MAX_FACTORED_TERMS or degree > MAX_FACTORED_DEGREE or len(numbers) > MAX_FACTORED_ATOMS:
            return [(poly, 1)]
        if any(e < 0 for m in poly for _, e in m):
            return [(poly, 1)]
        ring, *_ = sp.ring([f"x{n}" for n in numbers], sp.QQ)
        element = ring.from_dict(
            {
                tuple(int(dict(m).get(n, Fraction(0)) * scales[n]) for n in numbers): sp.QQ(c.numerator, c.denominator)
                for m, c in poly.items()
            }
        )
        unit, factors = element.factor_list()
        out = []
        for factor, count in factors:
            terms: Poly = {}
            for exponents, c in factor.items():
                powers = ((n, Fraction(e, scales[n])) for n, e in zip(numbers, exponents, strict=True))
                terms[tuple(p for p in powers if p[1])] = Fraction(int(c.numerator), int(c.denominator))
            out.append((terms, count))
        rest = Fraction(int(unit.numerator), int(unit.denominator))
        return self._primitive(out, rest, poly)

    def _primitive(self, factors: list[tuple[Poly, int]], unit: Fraction, whole: Poly) -> list[tuple[Poly, int]]:
        """The factors with whole coefficients, as long as they give the polynomial back exactly."""
        contents = [(content(f), count) for f, count in factors]
        unit *= reduce(lambda a, b: a * b, (c**count for c, count in contents), Fraction(1))
        out = [(scaled(f, 1 / c), count) for (f, count), (c, _) in zip(factors, contents, strict=True)]
        if unit == -1 and any(count % 2 for _, count in out):
            place = next(k for k, (_, count) in enumerate(out) if count % 2)
            out[place] = (scaled(out[place][0], -1), out[place][1])
            unit = Fraction(1)
        return out if unit == 1 else [(whole, 1)]

    def _irreducible(self, poly: Poly, numbers: list[int]) -> bool:
        """True where an atom stands in one term alone, to the first power: a*x + b with a and b coprime."""
        for number in numbers:
            powers = [e for m in poly for n, e in m if n == number]
            if len(powers) == 1 and powers[0] == 1:
                return True
        return False


def content(poly: Poly) -> Fraction:
    """The positive rational by which all coefficients are divided to become coprime whole numbers."""
    top = gcd(*(c.numerator for c in poly.values()))
    return Fraction(top, lcm(*(c.denominator for c in poly.values()))) if poly else Fraction(1)


def quotient(monomial: Monomial, divisor: Monomial | list[tuple[int, Fraction]]) -> Monomial:
    """A monomial divided by another, before the laws of atoms."""
    return merged(monomial, tuple((n, -e) for n, e in divisor))
