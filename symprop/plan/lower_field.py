"""Expressions as quotients of polynomials in decaying exponentials, logarithms and opaque parts.

Enters: an expression in primitives and the sign of every exponent in it.  Leaves: an element of a field of rational
functions over the rationals, and what its generators mean.  With |a| in every exponent, `t = exp(-|a|)` never
overflows; quotients are in lowest terms, so that what cancels on paper cancels here before it can in floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import comb, gcd
from typing import Any

from sympy.polys.domains import QQ
from sympy.polys.fields import FracField
from sympy.polys.orderings import lex

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import content, has_sum, scaled, split_logs
from symprop.plan.lower_relations import related
from symprop.plan.lower_signs import Facts

# beyond this the algebra costs more than it gives, and an expression is lowered part by part
MAX_TERMS, MAX_PRODUCT, MAX_DEGREE = 60, 400, 24


class TooLarge(Exception):
    """The quotient has more terms than are worth the time."""


class Full(Exception):
    """More generators turned up than the field has."""


@dataclass(frozen=True)
class Generator:
    """What a generator of the field stands for.

    Args:
        kind: "decay" (exp(-unit*|base|)), "growth" (exp(unit*base)), "log" (log of `poly`), "root", "erf" or "plain".
        expr: its value as an expression; of a "log", its key alone.
        base: exponent of an exponential, base of a root, argument of an error function.
        unit: factor of the exponent; of a root, its exponent.
        poly: the polynomial under a logarithm, normalised to the constant term 1.
        twin: of |u| and sign(u), the place of u where u is a generator, else -1.
    """

    kind: str
    expr: ex.Expr
    base: ex.Expr = ex.ONE
    unit: Fraction = Fraction(1)
    poly: Any = None
    twin: int = -1


@dataclass(frozen=True)
class Setting:
    """What is decided before an expression enters the field.

    Args:
        signs: of every exponent, 1 or -1, or 0 where its exponential may stand as it is.
        units: of every exponent, the common measure of its coefficients.
        facts: what else is known.
        lower: lowers what is opaque to the field: an exponent, the argument of a sine.
        opaque: sums that are taken as a whole.
        erf: 0 to keep erf(u), 1 for 1 - erfc(u), -1 for erfc(-u) - 1.
    """

    signs: Mapping[ex.Expr, int]
    units: Mapping[ex.Expr, Fraction]
    facts: Facts
    lower: Callable[[ex.Expr, Facts], ex.Expr]
    opaque: frozenset[ex.Expr] = frozenset()
    erf: int = 0


@lru_cache(maxsize=64)
def _field(size: int) -> Any:
    return FracField([f"g{k}" for k in range(size)], QQ, lex)


def rational(value: Fraction) -> Any:
    """A fraction as a number of the field."""
    return QQ(value.numerator, value.denominator)


def fraction(value: Any) -> Fraction:
    """A number of the field as a fraction."""
    return Fraction(int(value.numerator), int(value.denominator))


class Side:
    """One field, for one choice of signs; see `Setting`."""

    def __init__(self, setting: Setting, size: int) -> None:
        self.setting, self.field, self.ring = setting, _field(size), _field(size).ring
        self.generators: list[Generator] = []
        self.places: dict[Any, int] = {}
        self.known: dict[ex.Expr, Any] = {}

    # -- generators ----------------------------------------------------------------------------------------------

    def generator(self, key: Any, make: Callable[[], Generator]) -> Any:
        """The element of a generator, made where it is new."""
        if key not in self.places:
            if len(self.generators) == len(self.field.gens):
                raise Full
            made = make()
            self.places[key] = len(self.generators)
            self.generators.append(made)
        return self.field.gens[self.places[key]]

    def plain(self, expr: ex.Expr) -> Any:
        """An opaque generator."""
        return self.generator(expr, lambda: Generator("plain", expr))

    def of_kind(self, *kinds: str) -> list[int]:
        """Places of the generators of some kinds."""
        return [k for k, g in enumerate(self.generators) if g.kind in kinds]

    def exponential(self, coefficient: Fraction, base: ex.Expr) -> Any:
        """exp(coefficient*base) as a power of its generator."""
        sign, unit = self.setting.signs.get(base, 0), self.setting.units.get(base, abs(coefficient))
        power = coefficient / unit
        if power.denominator != 1:
            return self.plain(ex.Call("exp", [self.lowered(scaled(coefficient, base))]))
        kind = "decay" if sign else "growth"
        element = self.generator((kind, base), lambda: Generator(kind, self._argument(base, unit, sign), base, unit))
        return element ** (-sign * int(power) if sign else int(power))

    def _argument(self, base: ex.Expr, unit: Fraction, sign: int) -> ex.Expr:
        """The exponent of a generator: -unit*|base| where the sign is an assumption, unit*base where it is by form."""
        if not sign or self.setting.facts.without_branch().sign(base) is not None:
            return self.lowered(scaled(-unit if sign > 0 else unit, base))
        if base == (spread := scaled(unit, base)) or not has_sum(base):
            return ex.mul(ex.Number(-unit), ex.Call("abs", [self.lowered(base)]))
        return ex.negate(ex.Call("abs", [self.lowered(spread)]))

    def lowered(self, expr: ex.Expr) -> ex.Expr:
        """An opaque part, lowered on its own."""
        return self.setting.lower(expr, self.setting.facts)

    # -- conversion ----------------------------------------------------------------------------------------------

    def convert(self, expr: ex.Expr) -> Any:
        """The element of an expression."""
        if expr not in self.known:
            self.known[expr] = self._convert(expr)
        return self.known[expr]

    def product(self, left: Any, right: Any) -> Any:
        """left * right, while it is not too large."""
        if len(left.numer) * len(right.numer) + len(left.denom) * len(right.denom) > MAX_PRODUCT:
            raise TooLarge
        return self._bounded(left * right)

    def total(self, left: Any, right: Any) -> Any:
        """left + right, while it is not too large."""
        if len(left.numer) * len(right.denom) + len(left.denom) * len(right.numer) > MAX_PRODUCT:
            raise TooLarge
        return self._bounded(left + right)

    def _bounded(self, element: Any) -> Any:
        if len(element.numer) > MAX_TERMS or len(element.denom) > MAX_TERMS:
            raise TooLarge
        return element

    def power(self, base: Any, exponent: int) -> Any:
        """base ** exponent, while it is not too large."""
        if base == 0 and exponent < 0:
            raise TooLarge
        terms = max(len(base.numer), len(base.denom))
        if abs(exponent) > MAX_DEGREE or comb(terms + abs(exponent) - 1, abs(exponent)) > MAX_PRODUCT:
            raise TooLarge
        return self._bounded(base**exponent)

    def _convert(self, expr: ex.Expr) -> Any:
        match expr:
            case ex.Number():
                return self.field(rational(expr.value))
            case ex.Add():
                return self._sum(expr)
            case ex.Mul():
                total = self.field.one
                for factor in expr.factors:
                    total = self.product(total, self.convert(factor))
                return related(self, total)
            case ex.Pow():
                return self._power(expr)
            case ex.Call():
                return self._call(expr)
            case ex.Where():
                return self.plain(self.lowered(expr))
        return self.plain(expr)

    def _sum(self, expr: ex.Add) -> Any:
        if self.setting.opaque:
            c, base = content(expr)
            if base in self.setting.opaque:
                return self.plain(self.lowered(base)) * rational(c)
        total = self.field.zero
        for term in expr.terms:
            total = self.total(total, self.convert(term))
        return related(self, total)

    def _power(self, expr: ex.Pow) -> Any:
        exponent = ex.number(expr.exponent)
        if exponent is None:
            return self.plain(ex.power(self.lowered(expr.base), self.lowered(expr.exponent)))
        if exponent.denominator == 1:
            if abs(exponent) > MAX_DEGREE:
                return self.plain(ex.power(self.lowered(expr.base), expr.exponent))
            return self.power(self.convert(expr.base), int(exponent))
        root = Fraction(1, exponent.denominator)

        def make() -> Generator:
            return Generator("root", ex.power(self.lowered(expr.base), ex.Number(root)), expr.base, root)

        if abs(exponent.numerator) > MAX_DEGREE:
            return self.plain(ex.power(self.lowered(expr.base), expr.exponent))
        # its square may be needed when a difference is made rational: no generator may turn up as late as that
        self.convert(expr.base)
        return self.generator(("root", expr.base, root), make) ** exponent.numerator

    def _call(self, expr: ex.Call) -> Any:
        argument = expr.args[0]
        if expr.name == "exp":
            logs, rest = split_logs(argument)
            total = self.field.one
            for q, u in logs:
                total = self.product(total, self.power(self.convert(u), int(q)))
            c, base = content(rest)
            if base == ex.ONE:
                return total * self.plain(ex.Call("exp", [ex.Number(c)])) if c else total
            return total * self.exponential(c, base)
        if expr.name == "log":
            from symprop.plan.lower_logs import log_element

            return log_element(self, argument)
        if expr.name == "erf":
            return self._error_function(argument)
        if expr.name == "abs":
            c, base = content(argument)
            sign = self.assumed(base)
            return self.convert(base) * rational(abs(c) * sign) if sign else self._odd_even("abs", abs(c), base)
        if expr.name == "sign":
            c, base = content(argument)
            return self._odd_even("sign", Fraction(1 if c > 0 else -1), base)
        return self.plain(ex.Call(expr.name, [self.lowered(a) for a in expr.args]))

    def assumed(self, base: ex.Expr) -> int | None:
        """The sign of an expression on this side, None where it is open."""
        return self.setting.signs.get(base) or self.setting.facts.sign(base)

    def _odd_even(self, name: str, factor: Fraction, base: ex.Expr) -> Any:
        element = self.convert(base)
        twin = single(element.numer) if element.denom == 1 else None

        def make() -> Generator:
            return Generator(name, ex.Call(name, [self.lowered(base)]), base, twin=-1 if twin is None else twin)

        return self.generator((name, base), make) * rational(factor)

    def _error_function(self, argument: ex.Expr) -> Any:
        c, base = content(argument)
        sign, magnitude = (1 if c > 0 else -1), abs(c)
        mode = self.setting.erf
        if not mode:
            inner = self.lowered(scaled(magnitude, base))
            return self.generator(("erf", magnitude, base), lambda: Generator("erf", ex.Call("erf", [inner]))) * sign
        inner = self.lowered(scaled(magnitude * mode, base))
        key = ("erfc", mode * magnitude, base)
        complement = self.generator(key, lambda: Generator("erf", ex.Call("erfc", [inner])))
        return (1 - complement) * (sign * mode)

    def deflated(self, element: Any) -> Any:
        """The element over exp(-2*|a|) where only even powers of exp(-|a|) occur, and so on."""
        for place in self.of_kind("decay"):
            polys = [element.numer, element.denom, *(g.poly for g in self.generators if g.poly is not None)]
            step = gcd(*(m[place] for poly in polys for m in poly.itermonoms()))
            if step > 1:
                element = self._deflate(element, place, step)
        return element

    def _deflate(self, element: Any, place: int, step: int) -> Any:
        def shrink(poly: Any) -> Any:
            return self.ring({(*m[:place], m[place] // step, *m[place + 1 :]): c for m, c in poly.iterterms()})

        for k, generator in enumerate(self.generators):
            if generator.poly is not None:
                self.generators[k] = replace(generator, poly=shrink(generator.poly))
        old = self.generators[place]
        wider = Generator("decay", scaled(Fraction(step), old.expr), old.base, old.unit * step)
        self.generators[place] = wider
        self.known.clear()
        return self.field(shrink(element.numer)) / self.field(shrink(element.denom))


def single(poly: Any) -> int | None:
    """The place of a generator that a polynomial is, None for any other polynomial."""
    monomials = list(poly.itermonoms())
    if len(monomials) != 1 or sum(monomials[0]) != 1 or poly.LC != 1:
        return None
    return int(monomials[0].index(1))
