"""Elements of the field back to expressions, in a basis without changes of sign.

Enters: an element and the generators it is made of.  Leaves: an expression.  Factors 1 - t become -expm1(-|a|); other
polynomials are written in t = exp(-|a|), in 1 - t or in both (Bernstein's basis), whichever has no minus sign; all
powers of exponentials are joined, so that nothing huge meets something tiny.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from symprop.algebra.factoring import factor_list
from symprop.language import expressions as ex
from symprop.plan.lower_basis import bernstein, common_powers, shifted_basis
from symprop.plan.lower_exponents import scaled
from symprop.plan.lower_field import Side, fraction, rational
from symprop.plan.lower_logs import Combination, at_one, combination, in_one

MAX_FACTORED = 40
# coefficients from which on a polynomial is scaled, and the decimals it may have then
LARGE, LONGEST = 1000, 12


def emit(side: Side, element: Any, near: bool = False) -> ex.Expr:
    """The expression of an element; `near` keeps its exponentials within bounds where it is not used, |a| > 1."""
    return _Emitter(side, near).quotient(element)


class _Emitter:
    def __init__(self, side: Side, near: bool) -> None:
        self.side, self.near = side, near
        kinds = [g.kind for g in side.generators]
        exponents = {g.base for g in side.generators if g.kind in ("decay", "growth")}
        rank = {"decay": 0, "growth": 0, "log": 1, "erf": 2, "root": 3}
        self.order = sorted(
            range(len(kinds)),
            key=lambda k: (rank.get(kinds[k], 4 if side.generators[k].expr in exponents else 5), k),
        )

    # -- quotients -----------------------------------------------------------------------------------------------

    def quotient(self, element: Any) -> ex.Expr:
        if element == 0:
            return ex.ZERO
        coefficient, factors = self._all_factors(element)
        powers = [0] * len(self.side.generators)
        above: list[ex.Expr] = []
        below: list[ex.Expr] = []
        for poly, power in factors:
            place = _place(poly)
            if place is not None:
                powers[place] += power
                continue
            scale = _round_scale(poly)
            sign, expr = self.factor(poly / rational(scale))
            coefficient *= scale**power * (sign if power % 2 else 1)
            (above if power > 0 else below).append(ex.power(expr, ex.Number(power)))
        tiny, huge = self._exponentials(powers)
        over, under = self._others(powers)
        return ex.mul(ex.Number(coefficient), *over, *tiny, *above, *huge, *under, *below)

    def _all_factors(self, element: Any) -> tuple[Fraction, list[tuple[Any, int]]]:
        """(numeral, factors with powers, those below with negative ones)."""
        top, over = self._factors(element.numer)
        bottom, under = self._factors(element.denom)
        return fraction(top) / fraction(bottom), [*over, *((p, -n) for p, n in under)]

    def _others(self, powers: list[int]) -> tuple[list[ex.Expr], list[ex.Expr]]:
        """(powers above, powers below) of the generators that are no exponentials."""
        kinds = [g.kind for g in self.side.generators]
        used = [k for k, n in enumerate(powers) if n and kinds[k] not in ("decay", "growth")]
        factors = [self._power(k, powers[k]) for k in used]
        return [f for f in factors if not _negative(f)], [f for f in factors if _negative(f)]

    def _power(self, place: int, power: int) -> ex.Expr:
        generator = self.side.generators[place]
        if generator.kind == "root" and isinstance(generator.expr, ex.Pow):
            return ex.power(generator.expr.base, ex.Number(generator.unit * power))
        return ex.power(self.value(place), ex.Number(power))

    def _factors(self, poly: Any) -> tuple[Any, list[tuple[Any, int]]]:
        """(numeral, factors with powers); a large polynomial is only freed of common generators."""
        if len(poly) <= MAX_FACTORED:
            return factor_list(poly)
        common, rest = common_powers(poly)
        found = [(self.side.ring.gens[k], n) for k, n in enumerate(common) if n]
        return self.side.ring.domain.one, [*found, (rest, 1)]

    def _exponentials(self, powers: list[int]) -> tuple[list[ex.Expr], list[ex.Expr]]:
        """(powers of decays and growths, exponentials that grow); one alone where both would meet."""
        places = [k for k in range(len(powers)) if powers[k] and self.side.generators[k].kind in ("decay", "growth")]
        grows = [k for k in places if self.side.generators[k].kind == "growth" or powers[k] < 0]
        if not grows or (len(places) == 1 and powers[places[0]] > 0):
            return [ex.power(self.value(k), ex.Number(powers[k])) for k in places], []
        if self.near:
            return [], [ex.power(self.value(k), ex.Number(powers[k])) for k in places]
        exponents = [scaled(Fraction(powers[k]), self.side.generators[k].expr) for k in places]
        return [], [ex.Call("exp", [ex.add(*exponents)])]

    # -- factors -------------------------------------------------------------------------------------------------

    def factor(self, poly: Any) -> tuple[int, ex.Expr]:
        """(sign, expression) of a polynomial without common generators."""
        univariate = in_one(poly)
        place = next((k for m in poly.itermonoms() for k, n in enumerate(m) if n), 0)
        kind = self.side.generators[place].kind
        if univariate is not None and kind in ("decay", "growth"):
            return self._in_exponential(univariate, place)
        special = self._rationalised(poly)
        if special is not None:
            return 1, special
        logarithms = self._logarithms(poly)
        if logarithms is not None:
            return logarithms
        negative = 2 * sum(c < 0 for c in poly.itercoeffs()) > len(poly)
        return (-1, self.polynomial(-poly)) if negative else (1, self.polynomial(poly))

    def _in_exponential(self, coefficients: list[Any], place: int) -> tuple[int, ex.Expr]:
        """A polynomial in one exponential e with numerals: e - 1 is expm1, others in the basis without minus signs."""
        if len(coefficients) == 2 and coefficients[0] == -coefficients[1]:
            sign = 1 if coefficients[1] > 0 else -1
            return sign, ex.mul(ex.Number(fraction(abs(coefficients[1]))), self._minus_one(place))
        sign = 1 if coefficients[-1] > 0 else -1
        normal = [c * sign for c in coefficients]
        if all(c >= 0 for c in normal):
            return sign, self._horner(normal, self.value(place))
        other = shifted_basis(normal)
        if self.side.generators[place].kind == "decay":
            complement = ex.negate(self._minus_one(place))
            for sign_of in (1, -1):
                if all(c * sign_of >= 0 for c in other):
                    return sign * sign_of, self._horner([c * sign_of for c in other], complement)
            mixed = bernstein(normal)
            for sign_of in (1, -1):
                if all(c * sign_of >= 0 for c in mixed):
                    return sign * sign_of, self._mixed([c * sign_of for c in mixed], place, complement)
        return sign, self._horner(normal, self.value(place))

    def _minus_one(self, place: int) -> ex.Expr:
        return ex.Call("expm1", [self._bounded(place)])

    def _horner(self, coefficients: list[Any], variable: ex.Expr) -> ex.Expr:
        total: ex.Expr = ex.Number(fraction(coefficients[-1]))
        gap = 0
        for c in reversed(coefficients[:-1]):
            gap += 1
            if c:
                total, gap = ex.add(ex.Number(fraction(c)), ex.mul(ex.power(variable, ex.Number(gap)), total)), 0
        return ex.mul(ex.power(variable, ex.Number(gap)), total)

    def _mixed(self, coefficients: list[Any], place: int, complement: ex.Expr) -> ex.Expr:
        degree = len(coefficients) - 1
        t = self.value(place)
        return ex.add(
            *(
                ex.mul(ex.Number(fraction(c)), ex.power(t, ex.Number(k)), ex.power(complement, ex.Number(degree - k)))
                for k, c in enumerate(coefficients)
                if c
            )
        )

    def _rationalised(self, poly: Any) -> ex.Expr | None:
        """A + B*sqrt(w) with A*B < 0 as (A**2 - B**2*w)/(A - B*sqrt(w)), where the numerator has no more terms."""
        for place in self.side.of_kind("root"):
            generator = self.side.generators[place]
            degree = max(m[place] for m in poly.itermonoms())
            if generator.unit != Fraction(1, 2) or degree != 1:
                continue
            root = self.side.ring.gens[place]
            slope = poly.diff(place)
            rest = poly - slope * root
            if not rest or fraction(rest.LC) * fraction(slope.LC) > 0 or len(rest) > 1 or len(slope) > 1:
                continue
            field = self.side.field
            difference = field(rest) ** 2 - field(slope) ** 2 * self.side.convert(generator.base)
            if len(difference.numer) <= len(poly):
                other = self.polynomial(slope * root - rest)
                return ex.mul(self.quotient(-difference), ex.power(other, ex.MINUS_ONE))
        return None

    def _logarithms(self, poly: Any) -> tuple[int, ex.Expr] | None:
        """A combination of logarithms whose parts have opposite signs, as log1p of one quotient."""
        found = combination(self.side, poly)
        if found is None:
            return None
        if found.growth < 0:
            inverted = self._logarithms(-poly)
            return None if inverted is None else (-inverted[0], inverted[1])
        signs = {_sign(n) * self._log_sign(k) for k, n in found.powers.items()} | ({1} if found.growth else set())
        top, bottom = at_one(found.ratio.numer), at_one(found.ratio.denom)
        near = top == bottom or (top == 0 and not found.growth)
        if (len(signs) == 1 and not (near and found.growth)) or (found.growth and not near):
            return None
        return self._one_logarithm(poly, found, bool(top))

    def _one_logarithm(self, poly: Any, found: Combination, finite: bool) -> tuple[int, ex.Expr] | None:
        """log R: as log1p(R - 1) where R is near 1, for all a or for small |a|; as log R where R is near 0."""
        scale = ex.Number(Fraction(1, found.scale))
        relative = ex.Call("log1p", [emit(self.side, found.ratio - 1, near=bool(found.growth))])
        if found.growth:
            return 1, ex.where(self._small(found.decay), ex.mul(scale, relative), self.polynomial(poly))
        if not finite:
            place = next(iter(self.side.of_kind("decay")))
            small = ex.Call("log", [emit(self.side, found.ratio, near=False)])
            return 1, ex.mul(scale, ex.where(self._small(place), small, relative))
        vanishes = at_one(found.ratio.numer) == at_one(found.ratio.denom)
        return (1, ex.mul(scale, relative)) if vanishes or _constant(found.ratio) == 1 else None

    def _small(self, place: int) -> ex.Expr:
        """|a| < 1, for the exponent of a decay."""
        return ex.Compare(ex.negate(self.side.generators[place].expr), "<", ex.ONE)

    def _log_sign(self, place: int) -> int:
        """The sign of log p for p between 0 and 1, 0 where it is not the same everywhere."""
        rest = [c for m, c in self.side.generators[place].poly.iterterms() if any(m)]
        return 1 if all(c > 0 for c in rest) else -1 if all(c < 0 for c in rest) else 0

    # -- polynomials and generators ------------------------------------------------------------------------------

    def polynomial(self, poly: Any) -> ex.Expr:
        """Nested in the exponentials, then collected by logarithms, exponents and the rest."""
        if poly.is_ground:
            return ex.Number(fraction(poly.LC)) if poly else ex.ZERO
        common, rest = common_powers(poly)
        if any(common):
            outer = [ex.power(self.value(k), ex.Number(n)) for k, n in enumerate(common) if n]
            return ex.mul(self.polynomial(rest), *outer) if rest.is_ground else ex.mul(*outer, self.polynomial(rest))
        place = next(k for k in self.order if any(m[k] for m in poly.itermonoms()))
        by_power: dict[int, Any] = {}
        for m, c in poly.iterterms():
            part = self.side.ring({(*m[:place], 0, *m[place + 1 :]): c})
            by_power[m[place]] = by_power.get(m[place], self.side.ring.zero) + part
        if self.side.generators[place].kind in ("decay", "growth"):
            return self._nested(by_power, place)
        terms = [
            ex.mul(self.polynomial(part), ex.power(self.value(place), ex.Number(n)))
            for n, part in sorted(by_power.items(), reverse=True)
        ]
        return _positive_first(terms)

    def _nested(self, by_power: dict[int, Any], place: int) -> ex.Expr:
        powers = sorted(by_power, reverse=True)
        total = self.polynomial(by_power[powers[0]])
        for high, low in zip(powers, (*powers[1:], 0), strict=True):
            if high != low:
                total = ex.mul(ex.power(self.value(place), ex.Number(high - low)), total)
                if low in by_power:
                    total = _positive_first([self.polynomial(by_power[low]), total])
        return total

    def value(self, place: int) -> ex.Expr:
        """The expression of a generator."""
        generator = self.side.generators[place]
        if generator.kind in ("decay", "growth"):
            return ex.Call("exp", [self._bounded(place)])
        return self._log(place) if generator.kind == "log" else generator.expr

    def _bounded(self, place: int) -> ex.Expr:
        expr = self.side.generators[place].expr
        return ex.Call("max", [expr, ex.MINUS_ONE]) if self.near else expr

    def _log(self, place: int) -> ex.Expr:
        poly = self.side.generators[place].poly
        coefficients = in_one(poly)
        if coefficients is not None and at_one(poly) == 0:
            return self._log_to_zero(poly)
        return ex.Call("log1p", [emit(self.side, self.side.field(poly) - 1, self.near)])

    def _log_to_zero(self, poly: Any) -> ex.Expr:
        """log p where p vanishes at t = 1: log1p(p - 1) is exact for small t, log of the factored p near 1."""
        place = next(k for m in poly.itermonoms() for k, n in enumerate(m) if n)
        small = ex.Call("log1p", [emit(self.side, self.side.field(poly) - 1, self.near)])
        sign, expr = self.factor(poly)
        large = ex.Call("log", [ex.mul(ex.Number(sign), expr)])
        return ex.where(self._small(place), large, small)


def _place(poly: Any) -> int | None:
    monomials = list(poly.itermonoms())
    return monomials[0].index(1) if len(monomials) == 1 and sum(monomials[0]) == 1 and poly.LC == 1 else None


def _round_scale(poly: Any) -> Fraction:
    """What to draw out of a polynomial with large coefficients: 200000 of 200000 + 26829*z**2, to leave decimals."""
    coefficients = [fraction(c) for c in poly.itercoeffs()]
    lowest = min(poly.iterterms(), key=lambda term: (sum(term[0]), term[0]))[1]
    scale = abs(fraction(lowest))
    short = all(10**LONGEST % (c / scale).denominator == 0 for c in coefficients)
    return scale if short and max(map(abs, coefficients)) >= LARGE else Fraction(1)


def _constant(ratio: Any) -> Any:
    below = ratio.denom.coeff(1)
    return ratio.numer.coeff(1) / below if below else None


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _negative(expr: ex.Expr) -> bool:
    exponent = ex.number(expr.exponent) if isinstance(expr, ex.Pow) else None
    return exponent is not None and exponent < 0


def _positive_first(terms: list[ex.Expr]) -> ex.Expr:
    first = next((k for k, t in enumerate(terms) if not _minus(t)), 0)
    return ex.add(terms[first], *terms[:first], *terms[first + 1 :])


def _minus(term: ex.Expr) -> bool:
    head = term.factors[0] if isinstance(term, ex.Mul) else term
    value = ex.number(head)
    return value is not None and value < 0
