"""Mistakes where a formula chooses: one branch for both, the branches exchanged, a factor missing in one.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, SELDOM, Change, Scope
from symprop.verification.mistakes_in_numbers import numbers_in


def branches(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """One branch whatever the condition says, each in the place of the other, or one times a number."""
    if isinstance(expr, ex.Where):
        condition, one, other = expr.children()
        yield Change(COMMON, one, "{} stands in place of {}", (one, expr))
        yield Change(COMMON, other, "{} stands in place of {}", (other, expr))
        whole = expr.rebuild((condition, other, one))
        yield Change(COMMON, whole, "{} stands in place of {}", (whole, expr))
        # the threshold of a condition is the likeliest factor
        own = sorted(numbers_in(condition), key=lambda n: n.value)
        for number in dict.fromkeys((*own, *scope.numbers)):
            for old, changed in ((one, (condition, number, other)), (other, (condition, one, number))):
                new = ex.mul(number, old)
                branches = tuple(new if part is number else part for part in changed)
                yield Change(SELDOM, expr.rebuild(branches), "{} stands in place of {}", (new, old))
