"""Mistakes where a formula chooses: one branch for both, the branches exchanged.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, Change, Scope


def branches(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """One branch whatever the condition says, or each in the place of the other."""
    if isinstance(expr, ex.Where):
        condition, one, other = expr.children()
        yield Change(COMMON, one, "{} stands in place of {}", (one, expr))
        yield Change(COMMON, other, "{} stands in place of {}", (other, expr))
        whole = expr.rebuild((condition, other, one))
        yield Change(COMMON, whole, "{} stands in place of {}", (whole, expr))
