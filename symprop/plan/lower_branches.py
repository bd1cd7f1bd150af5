"""Choices: the conditions in an expression, an expression where a condition is decided, and two branches as one value.

Enters: expressions with `where`, max and min.  Leaves: expressions without those that are decided, and choices whose
common factors or terms stand outside.
"""

from __future__ import annotations

from collections.abc import Callable

from symprop.language import expressions as ex
from symprop.plan.lower_exponents import ATOMS, content, ring_level
from symprop.plan.lower_signs import Facts

CHOICES = ("max", "min")


def conditions(expr: ex.Expr) -> list[ex.Expr]:
    """Conditions of the choices at ring level, in the order of the text."""
    found = []
    for node in ring_level(expr):
        if isinstance(node, ex.Where):
            found.append(node.condition)
        elif isinstance(node, ex.Call) and node.name in CHOICES:
            found.append(_comparison(node))
    return found


def _comparison(node: ex.Call) -> ex.Compare:
    return ex.Compare(node.args[0], ">=" if node.name == "max" else "<=", node.args[1])


def decided(expr: ex.Expr, facts: Facts) -> ex.Expr:
    """The expression with the choices whose conditions are known replaced by what they come to."""

    def visit(node: ex.Expr) -> ex.Expr:
        if isinstance(node, ATOMS):
            return node
        if isinstance(node, ex.Where):
            truth = facts.truth(node.condition)
            if truth is not None:
                return visit(node.then if truth else node.otherwise)
            return ex.where(node.condition, visit(node.then), visit(node.otherwise))
        if isinstance(node, ex.Call) and node.name in CHOICES:
            truth = facts.truth(_comparison(node))
            if truth is not None:
                return visit(node.args[0 if truth else 1])
        children = node.children()
        return node.rebuild(tuple(visit(child) for child in children)) if children else node

    return visit(expr)


def joined(condition: ex.Expr, then: ex.Expr, otherwise: ex.Expr) -> ex.Expr:
    """where(condition, then, otherwise) with common factors, or common terms, outside."""
    if then == otherwise:
        return then
    if isinstance(then, ex.Where) and isinstance(otherwise, ex.Where) and then.condition == otherwise.condition:
        first = joined(condition, then.then, otherwise.then)
        return ex.where(then.condition, first, joined(condition, then.otherwise, otherwise.otherwise))
    for kind, join, neutral in ((ex.Mul, ex.mul, ex.ONE), (ex.Add, ex.add, ex.ZERO)):
        if max(len(_members(then, kind)), len(_members(otherwise, kind))) > 1:
            left, right = _members(then, kind), _members(otherwise, kind)
            common = _common(left, right)
            if common:
                rest = _choose(condition, join(*left) if left else neutral, join(*right) if right else neutral)
                return _in_order(join, rest, common, otherwise)
    return _choose(condition, then, otherwise)


def _members(expr: ex.Expr, kind: type[ex.Expr]) -> list[ex.Expr]:
    if kind is ex.Add and isinstance(expr, ex.Mul) and expr.factors[0] == ex.MINUS_ONE and len(expr.factors) == 2:
        return [ex.negate(term) for term in _members(expr.factors[1], kind)]
    return list(expr.children()) if isinstance(expr, kind) else [expr]


def _common(left: list[ex.Expr], right: list[ex.Expr]) -> list[ex.Expr]:
    """Members of both lists, taken out of them."""
    found = []
    for member in list(left):
        if member in right:
            left.remove(member)
            right.remove(member)
            found.append(member)
    return found


def _in_order(join: Callable[..., ex.Expr], rest: ex.Expr, common: list[ex.Expr], like: ex.Expr) -> ex.Expr:
    """Denominators last, as they were."""
    under = [c for c in common if isinstance(c, ex.Pow) and (ex.number(c.exponent) or 0) < 0]
    over = [c for c in common if c not in under]
    return join(rest, *over, *under)


def _choose(condition: ex.Expr, then: ex.Expr, otherwise: ex.Expr) -> ex.Expr:
    """A choice; |a| or max(a, 0) where it is that."""
    if isinstance(condition, ex.Compare) and condition.op == ">=" and condition.right == ex.ZERO:
        (c, base), (d, other), (e, left) = map(content, (then, otherwise, condition.left))
        if base == other == left != ex.ONE and c == -d:
            return ex.mul(ex.Number(c if e > 0 else -c), ex.Call("abs", [base]))
        if otherwise == ex.ZERO and then == condition.left:
            return ex.Call("max", [then, ex.ZERO])
        if then == ex.ZERO and other == left != ex.ONE and d == -e:
            return ex.Call("max", [otherwise, ex.ZERO])
    return ex.where(condition, then, otherwise)
