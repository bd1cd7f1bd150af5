"""Factors of polynomials in several generators, soon and the same ones every time.

Enters: a polynomial.  Leaves: its factors.

The general algorithm (Wang 1978) lifts factors from random values of the generators, and an unlucky choice takes hours.
A polynomial of degree 1 in one generator needs none of it: a*x + b is gcd(a, b) times what cannot be factored.  Nearly
all polynomials of gradients are of that kind, upstream gradients being generators of degree 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any

import sympy as sp
from sympy.core.random import rng
from sympy.polys.rings import sring

MAX_TERMS, MAX_GENERATORS, MAX_DEGREE = 30, 4, 12
SEED = 2026


def factored(quotient: Any) -> Any:
    """Numerator and denominator as products of their factors; as it is where it is no quotient of polynomials."""
    numer, denom = sp.fraction(sp.together(quotient))
    try:
        ring, (above, below) = sring([numer, denom])
    except sp.PolynomialError:
        return quotient
    if not (ring.domain.is_ZZ or ring.domain.is_QQ) or not below:
        return quotient
    (over, top), (under, bottom) = _product(above), _product(below)
    body, numeral = top / bottom, over / under
    # SymPy would multiply a sum that stands alone: 2*x + 2*y and not 2*(x + y)
    return sp.Mul(numeral, body, evaluate=False) if body.is_Add and abs(numeral) != 1 else numeral * body


def by_common_factors(product: Any) -> Any:
    """A product multiplied out over its longest sum, each term in lowest terms, terms with most in common together."""
    sums = [base for base in product.args if base.is_Add] if product.is_Mul else []
    longest = max(sums, key=lambda found: len(found.args), default=product)
    if not longest.is_Add or len(longest.args) > MAX_TERMS:
        return product
    terms = [factored(product / longest * term) for term in longest.args]
    while len(terms) > 1:
        pairs = [(_shared(a, b), a, b) for a, b in combinations(terms, 2)]
        # of y*A*(..) and (1 - y)*A*(..) the y that few terms have tells more than the A that all have
        among = Counter(base for term in terms for base in term.as_powers_dict())
        shared, left, right = max(pairs, key=lambda pair: sum(abs(n) / among[b] for b, n in pair[0].items()))
        if not shared:
            break
        numerals = [term.as_coeff_Mul()[0] for term in (left, right)]
        sign = -1 if max(numerals) < 0 else 1
        front = sign * sp.gcd(*numerals) * sp.Mul(*(b**n for b, n in shared.items()))
        terms = [front * (left / front + right / front), *(t for t in terms if t not in (left, right))]
    return sp.Add(*terms)


def _shared(left: Any, right: Any) -> dict[Any, Any]:
    """The powers that two products have in common."""
    own, other = (term.as_coeff_Mul()[1].as_powers_dict() for term in (left, right))
    both = {base: (n, other[base]) for base, n in own.items() if n.is_Rational and other[base] * n > 0}
    return {base: min(powers, key=abs) for base, powers in both.items()}


def _product(poly: Any) -> tuple[Any, Any]:
    coefficient, found = factor_list(poly)
    return poly.ring.domain.to_sympy(coefficient), sp.Mul(*(p.as_expr() ** n for p, n in found))


def factor_list(poly: Any) -> tuple[Any, list[tuple[Any, int]]]:
    """(numeral, factors with powers) of a polynomial over the integers or rationals.

    Of no generator with degree 1 and large, it is a factor itself.
    """
    ring = poly.ring
    if not poly:
        return ring.domain.zero, []
    common = [min(powers) for powers in zip(*poly.itermonoms(), strict=True)]
    found = {ring.gens[k]: n for k, n in enumerate(common) if n}
    rest = poly.exquo(ring.from_dict({tuple(common): ring.domain.one})) if found else poly
    numeral, rest = rest.primitive()
    if rest.LC < 0:
        numeral, rest = -numeral, -rest
    while not rest.is_ground:
        place = _linear(rest)
        if place is None:
            coefficient, others = _by_lifting(rest) if _is_small(rest) else (ring.domain.one, [(rest, 1)])
            for factor, power in others:
                found[factor] = found.get(factor, 0) + power
            return numeral * coefficient, list(found.items())
        content = _content(rest, place)
        factor = rest.exquo(content)
        if factor.LC < 0:
            factor, content = -factor, -content
        found[factor] = found.get(factor, 0) + 1
        rest = content
    return numeral * rest.LC, list(found.items())


def _linear(poly: Any) -> int | None:
    """The place of the generator of degree 1 with the fewest terms, None where there is none."""
    degrees = poly.degrees()
    counts = {k: sum(m[k] for m in poly.itermonoms()) for k, n in enumerate(degrees) if n == 1}
    return min(counts, key=lambda k: counts[k], default=None)


def _content(poly: Any, place: int) -> Any:
    """The greatest common divisor of the two coefficients a and b of a*x + b."""
    parts: tuple[dict[Any, Any], dict[Any, Any]] = ({}, {})
    for monomial, coefficient in poly.iterterms():
        without = (*monomial[:place], 0, *monomial[place + 1 :])
        parts[monomial[place]][without] = coefficient
    constant, slope = (poly.ring.from_dict(part) for part in parts)
    return slope.gcd(constant) if constant else slope


def _is_small(poly: Any) -> bool:
    degrees = [n for n in poly.degrees() if n]
    return len(poly) <= MAX_TERMS and len(degrees) <= MAX_GENERATORS and max(degrees) <= MAX_DEGREE


def _by_lifting(poly: Any) -> Any:
    with _fixed_draws():
        return poly.factor_list()


@contextmanager
def _fixed_draws() -> Iterator[None]:
    """SymPy draws the same numbers every time, and goes on with its own afterwards."""
    state = rng.getstate()
    rng.seed(SEED)
    try:
        yield
    finally:
        rng.setstate(state)
