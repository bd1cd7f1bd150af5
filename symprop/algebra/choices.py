"""Choices between values: max and min of two as `where`, and conditions in the form a reader expects.

Enters: expressions of the language.  Leaves: the same values, with conditions shortened where numerals allow it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from symprop.language import expressions as ex

NEGATION = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
HOLDS: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def choice_of(call: ex.Call) -> ex.Expr:
    """max(a, b) as where(a >= b, a, b): the first maximal argument; likewise min."""
    left, right = call.args
    return ex.where(ex.Compare(left, ">=" if call.name == "max" else "<=", right), left, right)


def choice(condition: ex.Expr, then: ex.Expr, otherwise: ex.Expr) -> ex.Expr:
    """where(c, a, b), turned so that the value which is not 0 comes first and a numeral is on the right."""
    if isinstance(condition, ex.Compare):
        left, op, right = condition.left, condition.op, condition.right
        if then == ex.ZERO:
            op, then, otherwise = NEGATION[op], otherwise, then
        if ex.number(left) is not None and ex.number(right) is None:
            left, op, right = right, MIRROR[op], left
        condition = shortened(ex.Compare(left, op, right))
    return ex.where(condition, then, otherwise)


def shortened(condition: ex.Compare) -> ex.Compare:
    """`max(0, z) < 6` as `z < 6`, where the numeral inside does not decide it; otherwise as it is."""
    call, limit = condition.left, ex.number(condition.right)
    if not isinstance(call, ex.Call) or call.name not in ("max", "min") or limit is None:
        return condition
    numerals = [ex.number(arg) for arg in call.args]
    known = next((n for n in numerals if n is not None), None)
    if known is None or None not in numerals:
        return condition
    rest = call.args[numerals.index(None)]
    # both arguments of a max must be below the limit, one of them above it; of a min the other way round
    both = (call.name == "max") == (condition.op in ("<", "<="))
    if condition.op in ("==", "!=") or HOLDS[condition.op](known, limit) != both:
        return condition
    return ex.Compare(rest, condition.op, condition.right)
