"""Sums that need not be multiplied out: those whose atoms occur nowhere else.

Enters: an expression.  Leaves: bases, in the sense of `lower_exponents.content`.  Multiplying out (x - m)**2 would
lose what the subtraction is exact in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import ATOMS, content, ring_level


def opaque_sums(expr: ex.Expr) -> frozenset[ex.Expr]:
    """Sums of atoms that occur nowhere else at ring level: x - m in (x - m)*exp(...) need not be expanded."""
    nodes = list(_with_roots(expr))
    counts = Counter(node for node in nodes if isinstance(node, ATOMS))
    sums = Counter(content(node)[1] for node in nodes if isinstance(node, ex.Add) and _polynomial(node))
    found = []
    for base, times in sums.items():
        own = Counter(node for node in ring_level(base) if isinstance(node, ATOMS))
        alone = all(counts[a] == n * times for a, n in own.items())
        if own and alone and isinstance(base, ex.Add) and base != content(expr)[1]:
            found.append(base)
    return frozenset(found)


def _with_roots(expr: ex.Expr) -> Iterator[ex.Expr]:
    """Nodes at ring level and those below roots, which come back when a difference of roots is made rational."""
    for node in ring_level(expr):
        yield node
        exponent = ex.number(node.exponent) if isinstance(node, ex.Pow) else None
        if isinstance(node, ex.Pow) and exponent is not None and exponent.denominator != 1:
            yield from _with_roots(node.base)


def _polynomial(expr: ex.Expr) -> bool:
    """True of sums and products of atoms and their whole powers."""
    for node in ring_level(expr):
        exponent = ex.number(node.exponent) if isinstance(node, ex.Pow) else Fraction(1)
        if not isinstance(node, (*ATOMS, ex.Number, ex.Add, ex.Mul, ex.Pow)):
            return False
        if exponent is None or exponent.denominator != 1:
            return False
    return True
