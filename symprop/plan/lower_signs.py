"""Signs of expressions, from their form and from conditions known to hold.

Enters: expressions and conditions.  Leaves: 1 for "not below 0", -1 for "not above 0", None for "not known".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import content

NEGATION = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Facts:
    """Conditions that hold where an expression is evaluated.

    Args:
        known: pairs (base, sign): sign*base >= 0.
        decided: pairs (condition, truth).
        everywhere: bases whose sign is a property of the data, not of a branch.
    """

    known: tuple[tuple[ex.Expr, int], ...] = ()
    decided: tuple[tuple[ex.Expr, bool], ...] = ()
    everywhere: frozenset[ex.Expr] = frozenset()

    def assuming(self, condition: ex.Expr, truth: bool = True) -> Facts:
        """These facts and one more condition, or its contrary."""
        decided = (*self.decided, (condition, truth))
        if not isinstance(condition, ex.Compare):
            return replace(self, decided=decided)
        op = condition.op if truth else NEGATION[condition.op]
        found = _bound(ex.add(condition.left, ex.negate(condition.right)), op)
        return replace(self, known=(*self.known, found) if found else self.known, decided=decided)

    def always(self, condition: ex.Expr) -> Facts:
        """These facts and a condition that holds for all data."""
        more = self.assuming(condition)
        return replace(more, everywhere=self.everywhere.union(b for b, _ in more.known[len(self.known) :]))

    def without_branch(self) -> Facts:
        """Only what holds for all data."""
        return Facts(tuple(k for k in self.known if k[0] in self.everywhere), (), self.everywhere)

    def truth(self, condition: ex.Expr) -> bool | None:
        """Whether a condition is one of those known."""
        return next((truth for known, truth in self.decided if known == condition), None)

    def sign(self, expr: ex.Expr) -> int | None:
        """1 where expr >= 0, -1 where expr <= 0, None where neither is known."""
        c, base = content(expr)
        if not c or base == ex.ONE:
            return 1 if c >= 0 else -1
        found = next((sign for known, sign in self.known if known == base), None)
        if found is None:
            found = self._by_form(base)
        return None if found is None else found if c > 0 else -found

    def _by_form(self, expr: ex.Expr) -> int | None:
        match expr:
            case ex.Constant():
                return 1
            case ex.IndexValue() if not expr.position.terms and expr.position.offset.at_least(0):
                return 1
            case ex.Call() if expr.name in ("exp", "abs", "erfc"):
                return 1
            case ex.Call() if expr.name == "erf":
                return self.sign(expr.args[0])
            case ex.Pow():
                return self._of_power(expr)
            case ex.Mul():
                return self._of_product(expr)
            case ex.Add():
                signs = {self.sign(term) for term in expr.terms}
                return signs.pop() if len(signs) == 1 else None
        return None

    def _of_power(self, expr: ex.Pow) -> int | None:
        exponent = ex.number(expr.exponent)
        if exponent is None or exponent.denominator != 1:
            return 1
        return 1 if exponent % 2 == 0 else self.sign(expr.base)

    def _of_product(self, expr: ex.Mul) -> int | None:
        total = 1
        for factor in expr.factors:
            sign = self.sign(factor)
            if sign is None:
                return None
            total *= sign
        return total


NOTHING = Facts()


def _bound(difference: ex.Expr, op: str) -> tuple[ex.Expr, int] | None:
    """The sign that `difference op 0` gives to a base: z - 20 > 0 says that z >= 0."""
    direction = {"<": -1, "<=": -1, ">": 1, ">=": 1}.get(op)
    if direction is None:
        return None
    offset, rest = Fraction(0), difference
    if isinstance(difference, ex.Add):
        numerals = [t.value for t in difference.terms if isinstance(t, ex.Number)]
        offset = sum(numerals, Fraction(0))
        rest = ex.add(*(t for t in difference.terms if not isinstance(t, ex.Number)))
    c, base = content(rest)
    # rest >= -offset says something about the sign only where -offset >= 0
    if base == ex.ONE or not c or -offset * direction < 0:
        return None
    return base, direction if c > 0 else -direction
