"""Mistakes in sums over an index: one entry of it, the mean, the wrong axis.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator

from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, LIKELY, SELDOM, Change, Scope


def sums(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Of a sum only one entry, its mean, or the sum along another axis."""
    if not isinstance(expr, ex.Reduce) or expr.op != "sum":
        return
    yield from _diagonals(expr, scope)
    for bound in expr.indices:
        mean = ex.divide(expr, ex.size(Position.of(bound.extent)))
        yield Change(SELDOM, mean, "the mean stands in place of {}", (expr,))
    yield from _other_axes(expr, scope)


def _diagonals(expr: ex.Reduce, scope: Scope) -> Iterator[Change]:
    """A sum of which only the entry at a free index is taken: softmax as if it acted entry by entry."""
    for bound in expr.indices:
        for index in scope.free:
            if index.extent == bound.extent and index not in expr.indices:
                rest = [i for i in expr.indices if i != bound]
                at = {bound: Position.of(index)}
                body = ex.reduce_("sum", rest, ex.substitute(expr.body, at), expr.domain.substitute(at))
                words = f"of {{}} only the entry {bound.name} = {index.name} is taken"
                yield Change(COMMON, body, words, (expr,))


def _other_axes(expr: ex.Reduce, scope: Scope) -> Iterator[Change]:
    """sum(axis=0) for sum(axis=1): the axis that was summed stays, and another one is summed."""
    if len(expr.indices) != 1 or expr.domain:
        return
    bound, inside = expr.indices[0], ex.free_indices(expr.body)
    for index in scope.free:
        for kept in scope.free:
            if index in inside and kept.extent == bound.extent and (kept == index or kept not in inside):
                summed = ex.fresh(Index(index.name + "1", index.extent), {i.name for i in (*scope.free, *inside)})
                body = ex.substitute(expr.body, {bound: Position.of(kept), index: Position.of(summed)})
                words = "the sum of {} runs along the other axis"
                yield Change(COMMON, ex.reduce_("sum", [summed], body), words, (expr.body,))


def means(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """mean(axis=0) for mean(axis=1), and a sum for a mean."""
    every = expr.factors if isinstance(expr, ex.Mul) else ()
    for summed in (f for f in every if isinstance(f, ex.Reduce) and f.op == "sum"):
        rest = [f for f in every if f is not summed]
        for factor in (f for f in rest if any(f == _inverse(i.extent) for i in summed.indices)):
            others = [f for f in rest if f is not factor]
            yield Change(LIKELY, ex.mul(*others, summed), "the sum stands in place of the mean, {}", (expr,))
        for change in _other_axes(summed, scope):
            along = change.expr.indices[0] if isinstance(change.expr, ex.Reduce) else summed.indices[0]
            ratio = ex.mul(ex.size(Position.of(summed.indices[0].extent)), _inverse(along.extent))
            words = "the mean of {} runs along the other axis"
            yield Change(SELDOM, ex.mul(ratio, *rest, change.expr), words, change.parts)


def throughout(body: ex.Expr, scope: Scope) -> Iterator[Change]:
    """All sums, or means, along the other axis, where there are several."""
    count = 0

    def change(expr: ex.Expr) -> ex.Expr:
        nonlocal count
        found = [c for c in means(expr, scope) if c.rank == SELDOM] if isinstance(expr, ex.Mul) else []
        if isinstance(expr, ex.Reduce):
            found = list(_other_axes(expr, scope))
        if found:
            count += 1
            return found[0].expr
        children = expr.children() if not isinstance(expr, ex.Reduce) else ()
        return expr.rebuild(tuple(map(change, children))) if children else expr

    new = change(body)
    if count > 1:
        yield Change(COMMON, new, "the sums run along the other axis, all of them")


def _inverse(extent: Extent) -> ex.Expr:
    return ex.power(ex.size(Position.of(extent)), ex.MINUS_ONE)
