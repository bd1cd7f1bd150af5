"""Mistakes in products: factors left out or too many, entries for matrices, the order.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product

from symprop.language import Index, Position, Read
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, LIKELY, RARE, SELDOM, Change, Scope


def factors(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """One left out, applied twice, multiplied by where it divides or the other way round."""
    if not isinstance(expr, ex.Mul):
        return
    for factor in expr.factors:
        if factor == ex.MINUS_ONE:
            continue
        rest = [f for f in expr.factors if f is not factor]
        yield Change(LIKELY, ex.mul(*rest), "the factor {} is left out", (factor,))
        yield Change(SELDOM, ex.mul(expr, factor), "the factor {} is applied twice", (factor,))
        if isinstance(factor, ex.Pow) and ex.number(factor.exponent) == -1:
            words = "it is multiplied by {}, not divided"
            yield Change(RARE, ex.mul(*rest, factor.base), words, (factor.base,))
        elif not isinstance(factor, ex.Number | ex.Reduce):
            yield Change(RARE, ex.mul(*rest, ex.power(factor, ex.MINUS_ONE)), "it is divided by {}", (factor,))
    for pair in combinations(expr.factors, 2):
        rest = [f for f in expr.factors if f not in pair]
        yield Change(SELDOM, ex.mul(*rest), "the factor {} is left out", (ex.mul(*pair),))


def diagonals(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """a*(b - sum(a*b)) for a*(1 - a)*b: all of the Jacobian of softmax for its diagonal."""
    every = expr.factors if isinstance(expr, ex.Mul) else ()
    for own in every:
        less = ex.add(ex.ONE, ex.negate(own))
        if own == ex.MINUS_ONE or less not in every:
            continue
        rest = [f for f in every if f not in (own, less)]
        for index in scope.free:
            with_it = ex.mul(*(f for f in rest if index in ex.free_indices(f)))
            if index in ex.free_indices(own) and with_it != ex.ONE:
                bound = ex.fresh(index, {i.name for i in (*scope.free, *ex.all_indices(expr))})
                product = ex.substitute(ex.mul(own, with_it), {index: Position.of(bound)})
                whole = ex.mul(own, ex.add(with_it, ex.negate(ex.reduce_("sum", [bound], product))))
                new = ex.mul(whole, *(f for f in rest if index not in ex.free_indices(f)))
                parts = (whole, ex.mul(own, less, with_it))
                yield Change(SELDOM, new, "{} stands in place of {}, its diagonal alone", parts)


def entries_of_a_product(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """A * B for A @ B."""
    body = expr.body if isinstance(expr, ex.Reduce) else expr
    if not isinstance(expr, ex.Reduce) or expr.op != "sum" or len(expr.indices) != 1 or not isinstance(body, ex.Mul):
        return
    bound = expr.indices[0]
    over = [f for f in body.factors if bound in ex.free_indices(f)]
    if len(over) != 2 or expr.domain or not all(isinstance(f, Read) for f in over):
        return
    left, right = over
    rest = [f for f in body.factors if f is not left and f is not right]
    for mine, other in product(_others(left, bound), _others(right, bound)):
        places = {i: Position.of(i) for i in (bound, mine, other)}
        alone = (ex.substitute(left, {bound: places[other]}), ex.substitute(right, {bound: places[mine]}))
        words = "{} and {} are multiplied entry by entry, not as matrices"
        yield Change(COMMON, ex.mul(*rest, *alone), words, (left, right))
        first = ex.substitute(left, {bound: places[other], mine: places[bound]})
        second = ex.substitute(right, {bound: places[mine], other: places[bound]})
        turned = ex.reduce_("sum", [bound], ex.mul(*rest, first, second))
        yield Change(COMMON, turned, "{} and {} are multiplied in the other order", (left, right))


def _others(expr: ex.Expr, bound: Index) -> list[Index]:
    """The other indices of an expression that could stand for the bound one."""
    found = sorted(ex.free_indices(expr) - {bound}, key=lambda i: i.name)
    return [i for i in found if i.extent == bound.extent]
