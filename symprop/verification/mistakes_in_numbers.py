"""Mistakes in numbers: N - 1 for N, another extent, another constant, an epsilon in the wrong place.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from symprop.language import Extent, Position
from symprop.language import expressions as ex
from symprop.verification.mistakes import RARE, SELDOM, Change, Scope

HALF = ex.Number(Fraction(1, 2))


def counts(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """N - 1 for N, as in the variance of a sample, and the other way round; the number of units for that of rows."""
    if isinstance(expr, ex.IndexValue) and not expr.position.terms:
        yield from (_counted(ex.size(Position.of(new)), new, extent) for extent, new in _named(expr, scope))
    coefficient = ex.number(expr.factors[0]) if isinstance(expr, ex.Mul) else None
    if coefficient is None or not isinstance(expr, ex.Mul):
        return
    extents = dict.fromkeys(i.extent for i in (*scope.free, *ex.all_indices(expr)))
    for extent in extents:
        rest = _without(coefficient, extent.constant or 1)
        if rest is not None:
            power = ex.MINUS_ONE if coefficient.denominator > 1 else ex.ONE
            for new in (*_less(extent), *(e for e in extents if e != extent)):
                other = ex.power(ex.size(Position.of(new)), power)
                yield _counted(ex.mul(ex.Number(rest), *expr.factors[1:], other), new, extent)


def _named(expr: ex.IndexValue, scope: Scope) -> Iterator[tuple[Extent, Extent]]:
    """A named extent with those that are taken for it."""
    extent = expr.position.offset
    for name in scope.names:
        own = Extent.of(name)
        if extent == own:
            others = dict.fromkeys(i.extent for i in scope.free)
            yield from ((own, new) for new in (own - 1, *(e for e in others if e != own)))
        elif extent in (own - 1, own + 1):
            yield extent, own


def _less(extent: Extent) -> tuple[Extent, ...]:
    """One less, unless that is 1: to leave a factor out is another mistake."""
    return (extent - 1,) if (extent.constant or 0) > 2 else ()


def _without(coefficient: Fraction, extent: int) -> Fraction | None:
    """What is left of 1/8 without an extent of 4; None where the extent is no part of it."""
    if extent < 2:
        return None
    if coefficient.denominator > 1:
        return coefficient * extent if coefficient.denominator % extent == 0 else None
    return coefficient / extent if coefficient.numerator % extent == 0 else None


def _counted(expr: ex.Expr, new: Extent, old: Extent) -> Change:
    words = f"{new} stands in place of {old}"
    return Change(RARE, expr, words, (), f"{words} everywhere")


def constants(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """A number that stands in the other formula for one that stands here: another epsilon."""
    if isinstance(expr, ex.Pow):
        return
    children = expr.children()
    for place, old in enumerate(children):
        for new in scope.numbers if isinstance(old, ex.Number) and old.value not in (0, -1) else ():
            assert isinstance(old, ex.Number)
            signed = ex.Number(new.value if old.value > 0 else -new.value)
            changed = expr.rebuild((*children[:place], signed, *children[place + 1 :]))
            words, parts = "{} stands in place of {}", (new, ex.Number(abs(old.value)))
            # of a factor it is likelier that an extent is another one
            rank = RARE if isinstance(expr, ex.Mul) else SELDOM
            yield Change(rank, changed, words, parts, f"{words} everywhere")


def numbers_in(expr: ex.Expr) -> frozenset[ex.Number]:
    """The numbers of a formula without their signs; exponents, 0 and 1 are no constants that one mistakes."""
    nodes = (n for n in ex.walk(expr) if not isinstance(n, ex.Pow))
    found = (child.value for node in nodes for child in node.children() if isinstance(child, ex.Number))
    return frozenset(ex.Number(abs(value)) for value in found if value not in (0, 1, -1))


def roots(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """sqrt(v) + eps for sqrt(v + eps), the other way round, and sqrt(v)."""
    words = "{} stands in place of {}"
    exponent = ex.number(expr.exponent) if isinstance(expr, ex.Pow) else None
    if isinstance(expr, ex.Pow) and exponent is not None and exponent.denominator == 2:
        numbers, rest = _parts(expr.base)
        if numbers and rest != ex.ZERO:
            after = ex.add(ex.power(rest, HALF), *numbers)
            changed = ex.power(after, ex.Number(2 * exponent))
            yield Change(SELDOM, changed, words, (after, ex.power(expr.base, HALF)), f"{words} everywhere")
        for number in dict.fromkeys(n for added in scope.added.values() for n in added) if not numbers else ():
            within = ex.add(expr.base, number)
            changed = ex.power(within, expr.exponent)
            yield Change(RARE, changed, words, (within, expr.base), f"{words} everywhere")
    numbers, rest = _parts(expr) if isinstance(expr, ex.Add) else ((), ex.ZERO)
    if numbers and isinstance(rest, ex.Pow) and rest.exponent == HALF:
        within = ex.power(ex.add(rest.base, *numbers), HALF)
        yield Change(SELDOM, within, words, (within, expr), f"{words} everywhere")


def _parts(expr: ex.Expr) -> tuple[tuple[ex.Expr, ...], ex.Expr]:
    """The numbers of a sum, and the rest of it."""
    terms = expr.terms if isinstance(expr, ex.Add) else (expr,)
    numbers = tuple(t for t in terms if isinstance(t, ex.Number))
    return numbers, ex.add(*(t for t in terms if t not in numbers))
