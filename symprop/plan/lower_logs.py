"""Logarithms of quotients of exponentials: the leading exponential comes out, log1p of what is left.

Enters: the argument of a logarithm, and linear combinations of logarithms.  Leaves: for arguments, elements of the
field in which every `log1p(p - 1)` is a generator, so that `log(s)` and `log(1 - s)` share one; for combinations that
vanish at 0, one `log1p(R - 1)` where R - 1 has no cancellation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

from sympy import Poly, Symbol

from symprop.algebra.factoring import factor_list
from symprop.language import expressions as ex
from symprop.plan.lower_field import Generator, Side, TooLarge, fraction, rational


def log_element(side: Side, argument: ex.Expr) -> Any:
    """log(argument) as a sum of exponents, logarithms of positive parts, and log1p of polynomials in decays."""
    element = side.convert(argument)
    if element == 0:
        raise TooLarge
    if not any(_uses(element, k) for k in side.of_kind("decay")):
        return plain_log(side, element)
    total, rest = side.field.zero, side.field(side.ring(element.numer.LC / element.denom.LC))
    for poly, power in _factors(element):
        place = _generator_place(poly)
        part = _log_of_generator(side, place) if place is not None else _log_of_poly(side, poly)
        if part is None:
            rest = rest * side.field(poly) ** power
            continue
        total = total + part[0] * power
        rest = rest * rational(part[1] ** power)
    return total + _log_of_rest(side, rest)


def _factors(element: Any) -> list[tuple[Any, int]]:
    """Monic irreducible factors, those below with negative powers."""
    found = [*factor_list(element.numer)[1], *((p, -n) for p, n in factor_list(element.denom)[1])]
    return [(p.monic(), n) for p, n in found]


def _uses(element: Any, place: int) -> bool:
    return any(m[place] for m in (*element.numer.itermonoms(), *element.denom.itermonoms()))


def _generator_place(poly: Any) -> int | None:
    terms = list(poly.itermonoms())
    return terms[0].index(1) if len(terms) == 1 and sum(terms[0]) == 1 else None


def _log_of_generator(side: Side, place: int) -> tuple[Any, Fraction] | None:
    """(log of a generator, 1) where it is an exponential, or known not to be negative."""
    generator = side.generators[place]
    if generator.kind == "decay":
        rate = -generator.unit * side.setting.signs[generator.base]
        return side.convert(generator.base) * rational(rate), Fraction(1)
    if side.setting.facts.sign(generator.expr) == 1 and not isinstance(generator.expr, ex.Pow):
        return side.plain(ex.Call("log", [generator.expr])), Fraction(1)
    return None


def _log_of_poly(side: Side, poly: Any) -> tuple[Any, Fraction] | None:
    """(log(p/p(0)), p(0)) for a polynomial in decays that is positive between 0 and 1."""
    decays = set(side.of_kind("decay"))
    if any(power and k not in decays for m in poly.itermonoms() for k, power in enumerate(m)):
        return None
    leading = poly.coeff(1)
    if not leading:
        return None
    normal = poly / leading
    if not positive_on_unit(normal):
        return None
    key = ("log", normal)
    made = Generator("log", ex.Call("log", [ex.Call(str(normal), [])]), poly=normal)
    return side.generator(key, lambda: made), fraction(leading)


def positive_on_unit(poly: Any) -> bool:
    """True where p(0) = 1 and p has no zero for arguments in [0, 1), as far as that is decided."""
    if all(c > 0 for c in poly.itercoeffs()):
        return True
    univariate = in_one(poly)
    if univariate is None:
        return False
    inside = Poly(list(reversed(univariate)), Symbol("t"))
    at_one = int(inside.eval(1) == 0)
    return bool(inside.eval(1) >= 0) and inside.count_roots(0, 1) == at_one


def in_one(poly: Any) -> list[Any] | None:
    """Coefficients of a polynomial in one generator, lowest first, or None."""
    places = {k for m in poly.itermonoms() for k, power in enumerate(m) if power}
    if len(places) != 1:
        return None
    place = places.pop()
    found = [0] * (max(m[place] for m in poly.itermonoms()) + 1)
    for m, c in poly.iterterms():
        found[m[place]] = c
    return found


def _log_of_rest(side: Side, rest: Any) -> Any:
    if rest == 1:
        return side.field.zero
    if rest.denom == 1 and rest.numer.is_ground and rest.numer.LC > 0:
        return side.plain(ex.Call("log", [ex.Number(fraction(rest.numer.LC))]))
    return plain_log(side, rest)


def plain_log(side: Side, element: Any) -> Any:
    """log(u), or log1p(u - 1) where u is 1 and something else."""
    from symprop.plan.lower_emit import emit

    if element == 1:
        return side.field.zero
    scaled = side.field(element.numer) / side.field(element.denom)
    if scaled.denom.is_ground and len(scaled.numer) > 1 and scaled.numer.coeff(1) == scaled.denom.LC:
        return side.plain(ex.Call("log1p", [emit(side, scaled - 1)]))
    return side.plain(ex.Call("log", [emit(side, scaled)]))


# -- combinations ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Combination:
    """scale * polynomial = log R, with R = t**-growth * c * product p_i**n_i.

    Args:
        ratio: R.
        powers: n_i by the places of their generators.
        growth: power of the exponential that comes out of R, in units of |a|.
        decay: place of its generator.
        scale: what makes all powers whole.
    """

    ratio: Any
    powers: Mapping[int, Fraction]
    growth: Fraction
    decay: int
    scale: int


def combination(side: Side, poly: Any) -> Combination | None:
    """A polynomial as a rational combination of logarithms, |a| and logarithms of numerals, or None."""
    logs = set(side.of_kind("log"))
    if not any(m[k] for m in poly.itermonoms() for k in logs):
        return None
    powers: dict[int, Fraction] = {}
    numerals: list[tuple[Fraction, Fraction]] = []
    linear = None
    for monomial, coefficient in poly.iterterms():
        value = fraction(coefficient)
        place = monomial.index(1) if sum(monomial) == 1 else None
        if place in logs and place is not None:
            powers[place] = value
        elif place is not None and (inner := _numeral_log(side.generators[place])) is not None:
            numerals.append((inner, value))
        elif linear is None:
            linear = (monomial, value)
        else:
            return None
    return _assembled(side, powers, numerals, linear)


def _numeral_log(generator: Generator) -> Fraction | None:
    expr = generator.expr
    return ex.number(expr.args[0]) if isinstance(expr, ex.Call) and expr.name == "log" else None


def _assembled(
    side: Side,
    powers: Mapping[int, Fraction],
    numerals: list[tuple[Fraction, Fraction]],
    linear: tuple[tuple[int, ...], Fraction] | None,
) -> Combination | None:
    values = [*powers.values(), *(v for _, v in numerals)]
    growth, decay = Fraction(0), -1
    if linear is not None:
        found = _as_exponent(side, *linear)
        if found is None:
            return None
        decay, growth = found
        values.append(growth)
    scale = lcm(*(v.denominator for v in values))
    ratio = side.field.one
    for place, n in powers.items():
        ratio = ratio * side.field(side.generators[place].poly) ** int(n * scale)
    for c, n in numerals:
        ratio = ratio * rational(c ** int(n * scale))
    if growth:
        ratio = ratio / side.field.gens[decay] ** int(growth * scale)
    return Combination(ratio, powers, growth * scale, decay, scale)


def _as_exponent(side: Side, monomial: tuple[int, ...], value: Fraction) -> tuple[int, Fraction] | None:
    """(place of the decay, k) where a monomial is k*unit*|a| for the exponent a of a decay."""
    for place in side.of_kind("decay"):
        generator = side.generators[place]
        base = side.convert(generator.base)
        if base.denom == 1 and len(base.numer) == 1 and next(base.numer.itermonoms()) == monomial:
            sign = side.setting.signs[generator.base]
            return place, value / fraction(base.numer.LC) / generator.unit * sign
    return None


def at_one(poly: Any) -> Any:
    """The value of a polynomial where all its generators are 1."""
    return sum(poly.itercoeffs())
