"""Small rewritings that every backend needs before it writes an expression.

Enters: expressions and positions of the language.  Leaves: the same values in another form; no text is made here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from symprop.language import Expr, Gather, Index, Position
from symprop.language import expressions as ex


def apart(expr: Expr, scope: frozenset[str] = frozenset()) -> Expr:
    """The expression with no index bound under the name of one that is in scope; siblings keep equal names."""
    if isinstance(expr, ex.Reduce):
        taken = scope | {i.name for i in ex.all_indices(expr.body)}
        if any(i.name in scope for i in expr.indices):
            return apart(_renamed(expr, scope, taken), scope)
        inner = apart(expr.body, scope | {i.name for i in expr.indices})
        return ex.Reduce(expr.op, expr.indices, inner, expr.domain, expr.pick)
    children = expr.children()
    return expr.rebuild(tuple(apart(child, scope) for child in children)) if children else expr


def _renamed(expr: ex.Reduce, scope: frozenset[str], taken: frozenset[str]) -> ex.Reduce:
    names = set(taken)
    moves: dict[Index, Index] = {}
    for index in expr.indices:
        if index.name in scope:
            moves[index] = ex.fresh(index, names)
            names.add(moves[index].name)
    mapping = {old: Position.of(new) for old, new in moves.items()}
    indices = [moves.get(i, i) for i in expr.indices]
    pick = moves.get(expr.pick, expr.pick) if expr.pick else None
    return ex.Reduce(expr.op, indices, ex.substitute(expr.body, mapping), expr.domain.substitute(mapping), pick)


def solve(position: Position, index: Index) -> Position:
    """The value of an index at which a form that is solvable for it is 0."""
    coefficient = position.coefficient(index)
    rest = position - Position.of(index) * coefficient
    return rest * -coefficient


def negated(expr: Expr) -> tuple[bool, Expr]:
    """(True, e) of -e, where a product starts with a negative numeral."""
    value = ex.number(expr)
    if value is not None:
        return (True, ex.Number(-value)) if value < 0 else (False, expr)
    if isinstance(expr, ex.Mul):
        first = ex.number(expr.factors[0])
        if first is not None and first < 0:
            rest = expr.factors[1:] if first == -1 else (ex.Number(-first), *expr.factors[1:])
            return True, rest[0] if len(rest) == 1 else ex.Mul(rest)
    return False, expr


def numeral(expr: Expr) -> float | None:
    """The number of an expression of constants alone, None of another one or where it is not finite."""
    match expr:
        case ex.Number():
            return float(expr.value)
        case ex.Constant(name="pi"):
            return math.pi
        case ex.Add() | ex.Mul() | ex.Pow():
            parts = [numeral(child) for child in expr.children()]
            values = [part for part in parts if part is not None]
            if len(values) < len(parts):
                return None
            if isinstance(expr, ex.Pow):
                return values[0] ** values[1] if values[0] > 0 else None
            return sum(values) if isinstance(expr, ex.Add) else math.prod(values)
    return None


def replaced(expr: Expr, old: Expr, new: Expr) -> Expr:
    """The expression with one subexpression outside reductions replaced."""
    if expr == old:
        return new
    if isinstance(expr, ex.Reduce):
        return expr
    children = expr.children()
    return expr.rebuild(tuple(replaced(child, old, new) for child in children)) if children else expr


def with_values_taken(targets: Sequence[str], bodies: Sequence[Expr], at: Sequence[Position]) -> list[Expr]:
    """Bodies that are evaluated at one point, with the value at an argmax as a part of it that picks no index.

    Z[c,p] = A[c,2*p + I[c,p]] behind I[c,p] = argmax[u; u](A[c,2*p + u]) is what the search has found.
    """
    found: dict[Expr, Expr] = {}
    searches: dict[ex.Reduce, dict[Index, Position]] = {}
    out = []
    for target, body in zip(targets, bodies, strict=True):
        out.append(ex.transform(body, lambda e: found.get(e, e)) if found else body)
        if isinstance(body, ex.Reduce) and body.pick is not None and not body.domain:
            whole = ex.Reduce(body.op, body.indices, body.body)
            places = searches.setdefault(whole, {})
            places[body.pick] = Position.of(Gather(target, at))
            if len(places) == len(body.indices):
                found[ex.substitute(body.body, places)] = whole
    return out
