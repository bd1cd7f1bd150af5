"""Mistakes in sums of terms, and in squares: a term left out, its sign, (1 - x)**2 for 1 - x**2.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from symprop.language import Extent, Position, Read
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, LIKELY, RARE, SELDOM, Change, Scope

MOST = 5


def terms(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """One left out, of the wrong sign, doubled, multiplied by an extent; only one kept; two of the wrong sign."""
    every = expr.terms if isinstance(expr, ex.Add) else ()
    for one, other in combinations(every, 2) if 2 < len(every) <= MOST else ():
        rest = [t for t in every if t is not one and t is not other]
        both = ex.add(one, other)
        yield Change(SELDOM, ex.add(*rest, ex.negate(one), ex.negate(other)), "the sign of {} is changed", (both,))
    for term in every:
        rest = [t for t in every if t is not term]
        habit = "the term {} is left out everywhere" if isinstance(term, ex.Number) else ""
        yield Change(LIKELY, ex.add(*rest), "the term {} is left out", (term,), habit)
        yield Change(COMMON, ex.add(*rest, ex.negate(term)), "the sign of {} is changed", (term,))
        if isinstance(term, ex.Number):
            continue
        if len(every) > 2:
            words = "only the contribution {} is kept, and the other paths are lost"
            yield Change(COMMON, term, words, (term,))
        yield Change(SELDOM, ex.add(*rest, term, term), "the term {} stands twice", (term,))
        yield Change(RARE, ex.add(*rest, ex.mul(ex.Number(Fraction(1, 2)), term)), "the term {} is halved", (term,))
        for name in scope.names:
            extent = ex.size(Position.of(Extent.of(name)))
            yield Change(RARE, ex.add(*rest, ex.mul(extent, term)), f"the term {{}} is multiplied by {name}", (term,))
            yield Change(RARE, ex.add(*rest, ex.divide(term, extent)), f"the term {{}} is divided by {name}", (term,))


def squares(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """x for x**2, and (1 - x)**2 for 1 - x**2."""
    if isinstance(expr, ex.Pow):
        exponent = ex.number(expr.exponent)
        if exponent is not None and exponent > 0:
            yield Change(COMMON, expr.base, "{} stands in place of {}", (expr.base, expr))
        elif exponent is not None and exponent.denominator == 2:
            root = "the square root of {} is left out"
            yield Change(SELDOM, ex.power(expr.base, ex.Number(2 * exponent)), root, (expr.base,))
    every = expr.terms if isinstance(expr, ex.Add) else ()
    for term in every:
        last, ahead = (term.factors[-1], term.factors[:-1]) if isinstance(term, ex.Mul) else (term, ())
        if isinstance(last, ex.Pow) and ex.number(last.exponent) == 2:
            inner = _with_term(every, term, ex.mul(*ahead, last.base))
            whole = ex.power(inner, last.exponent)
            yield Change(SELDOM, whole, "{} stands in place of {}", (whole, expr))
        elif isinstance(last, Read) and all(isinstance(f, ex.Number) for f in ahead):
            square = ex.power(last, ex.Number(2))
            whole = _with_term(every, term, ex.mul(*ahead, square))
            yield Change(COMMON, whole, "{} stands in place of {}", (square, last))


def _with_term(terms: Sequence[ex.Expr], old: ex.Expr, new: ex.Expr) -> ex.Expr:
    return ex.add(*(new if term is old else term for term in terms))
