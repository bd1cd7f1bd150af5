"""Mistakes in sums over an index: one entry of it, the mean, the wrong axis, an axis too many.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, LIKELY, RARE, SELDOM, Change, Scope


def sums(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Of a sum only one entry, its mean, or the sum along other axes."""
    if not isinstance(expr, ex.Reduce) or expr.op != "sum":
        return
    yield from _diagonals(expr, scope)
    for bound in expr.indices:
        mean = ex.divide(expr, ex.size(Position.of(bound.extent)))
        yield Change(SELDOM, mean, "the mean stands in place of {}", (expr,))
    for change, _ in _other_axes(expr, scope, "sum"):
        yield replace(change, rank=COMMON)
    for change, _ in _more_axes(expr, scope, "sum"):
        yield change


def _diagonals(expr: ex.Reduce, scope: Scope) -> Iterator[Change]:
    """A sum of which only the entry at a free index is taken: softmax as if it acted entry by entry."""
    for bound in expr.indices:
        for index in scope.free:
            if index.extent == bound.extent and index not in expr.indices:
                rest = [i for i in expr.indices if i != bound]
                at = {bound: Position.of(index)}
                body = ex.reduce_("sum", rest, ex.substitute(expr.body, at), expr.domain.substitute(at))
                words = f"of {{}} only the entry {bound.name} = {index.name} is taken, the diagonal alone"
                yield Change(COMMON, body, words, (expr,))


def means(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """mean(axis=0) for mean(axis=1), and a sum for a mean."""
    every = expr.factors if isinstance(expr, ex.Mul) else ()
    for summed in (f for f in every if isinstance(f, ex.Reduce) and f.op == "sum"):
        rest = [f for f in every if f is not summed]
        for factor in (f for f in rest if any(f == _inverse(i.extent) for i in summed.indices)):
            others = [f for f in rest if f is not factor]
            yield Change(LIKELY, ex.mul(*others, summed), "the sum stands in place of the mean, {}", (expr,))
        for change, ratio in (*_other_axes(summed, scope, "mean"), *_more_axes(summed, scope, "mean")):
            yield replace(change, expr=ex.mul(ratio, *rest, change.expr))


def _other_axes(expr: ex.Reduce, scope: Scope, name: str) -> Iterator[tuple[Change, ex.Expr]]:
    """sum(axis=0) for sum(axis=1): an axis that was summed stays, and another one is summed; what makes it a mean."""
    inside = ex.free_indices(expr.body)
    for bound in expr.indices:
        for index in _summable(scope, inside):
            for kept in scope.free:
                if kept.extent == bound.extent and (kept == index or kept not in inside):
                    at = {bound: Position.of(kept), index: Position.of(_fresh(index, expr, scope))}
                    ratio = ex.mul(ex.size(Position.of(bound.extent)), _inverse(index.extent))
                    words = f"the {name} of {{}} runs along the other axis"
                    axes = f"the axis of extent {index.extent}, not along that of extent {bound.extent}"
                    change = _moved(expr, bound, at, words, f"every {name} runs along {axes}")
                    yield change, ratio


def _more_axes(expr: ex.Reduce, scope: Scope, name: str) -> Iterator[tuple[Change, ex.Expr]]:
    """sum() for sum(axis=1): one more axis is summed; what makes it a mean."""
    for index in _summable(scope, ex.free_indices(expr.body)):
        at = {index: Position.of(_fresh(index, expr, scope))}
        over = f"over the axis of extent {index.extent} as well"
        change = _moved(expr, None, at, f"the {name} of {{}} runs {over}", f"every {name} runs {over}")
        yield replace(change, rank=RARE), _inverse(index.extent)


def _moved(expr: ex.Reduce, gone: Index | None, at: dict[Index, Position], words: str, habit: str) -> Change:
    """A sum with other indices; what was free and is summed now is the last of them."""
    new = [position.index for position in at.values()][-1]
    assert new is not None
    over = (*(i for i in expr.indices if i != gone), new)
    summed = ex.reduce_("sum", over, ex.substitute(expr.body, at), expr.domain.substitute(at))
    return Change(SELDOM, summed, words, (expr.body,), habit)


def _summable(scope: Scope, inside: frozenset[Index]) -> list[Index]:
    """What is free and could be summed; an axis of one entry makes no difference."""
    return [i for i in scope.free if i in inside and i.extent.constant != 1]


def _fresh(index: Index, expr: ex.Reduce, scope: Scope) -> Index:
    taken = (*scope.free, *expr.indices, *ex.free_indices(expr.body))
    return ex.fresh(Index(index.name + "1", index.extent), {i.name for i in taken})


def _inverse(extent: Extent) -> ex.Expr:
    return ex.power(ex.size(Position.of(extent)), ex.MINUS_ONE)
