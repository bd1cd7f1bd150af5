"""The mistakes that people make at one place of a formula, each a small function.

Enters: a subexpression and what may be read.  Leaves: wrong subexpressions, each with its rank (the likelier ones are
tried first) and the words for it, in which {} stands for a part of the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, product

from symprop.language import Extent, Index, Position, Read, Tensor
from symprop.language import expressions as ex

LIKELY, COMMON, SELDOM, RARE = range(4)
REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "=="}


@dataclass(frozen=True)
class Change:
    """A wrong expression in the place of a right one, and the words for it."""

    rank: int
    expr: ex.Expr
    words: str
    parts: tuple[ex.Expr, ...] = ()


@dataclass(frozen=True)
class Scope:
    """What a place of a formula sees.

    Args:
        free: indices that are bound outside of it.
        tensors: what could be read, by name.
        steps: axes along which the network reads a neighbour, t - 1 or t + 1.
        names: of the extents.
        added: numbers that the network adds to a tensor: the epsilon of a norm.
    """

    free: tuple[Index, ...]
    tensors: Mapping[str, Tensor]
    steps: frozenset[tuple[str, int]]
    names: tuple[str, ...]
    added: Mapping[str, tuple[ex.Expr, ...]]

    def within(self, indices: Sequence[Index]) -> Scope:
        """The scope inside a reduction."""
        return replace(self, free=(*self.free, *indices))


Mistakes = Callable[[ex.Expr, Scope], Iterator[Change]]


# -- products ------------------------------------------------------------------------------------------------------


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


# -- sums ----------------------------------------------------------------------------------------------------------


def terms(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """One left out, of the wrong sign, doubled, multiplied by an extent; only one kept."""
    every = expr.terms if isinstance(expr, ex.Add) else ()
    for term in every:
        rest = [t for t in every if t is not term]
        yield Change(LIKELY, ex.add(*rest), "the term {} is left out", (term,))
        yield Change(COMMON, ex.add(*rest, ex.negate(term)), "the sign of {} is changed", (term,))
        if isinstance(term, ex.Number):
            continue
        if len(every) > 2:
            words = "only the contribution {} is kept, and the other paths are lost"
            yield Change(COMMON, term, words, (term,))
        yield Change(SELDOM, ex.add(*rest, term, term), "the term {} stands twice", (term,))
        yield Change(RARE, ex.add(*rest, ex.mul(ex.Number(Fraction(1, 2)), term)), "the term {} is halved", (term,))
        for name in scope.names:
            extent = ex.size(Position.of(Extent.of(name)))
            yield Change(RARE, ex.add(*rest, ex.mul(extent, term)), f"the term {{}} is multiplied by {name}", (term,))
            yield Change(RARE, ex.add(*rest, ex.divide(term, extent)), f"the term {{}} is divided by {name}", (term,))


def squares(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """x for x**2, and (1 - x)**2 for 1 - x**2."""
    if isinstance(expr, ex.Pow):
        exponent = ex.number(expr.exponent)
        if exponent is not None and exponent > 0:
            yield Change(COMMON, expr.base, "{} stands in place of {}", (expr.base, expr))
        elif exponent is not None and exponent.denominator == 2:
            root = "the square root of {} is left out"
            yield Change(SELDOM, ex.power(expr.base, ex.Number(2 * exponent)), root, (expr.base,))
    every = expr.terms if isinstance(expr, ex.Add) else ()
    for term in every:
        last, ahead = (term.factors[-1], term.factors[:-1]) if isinstance(term, ex.Mul) else (term, ())
        if isinstance(last, ex.Pow) and ex.number(last.exponent) == 2:
            inner = _with_term(every, term, ex.mul(*ahead, last.base))
            whole = ex.power(inner, last.exponent)
            yield Change(SELDOM, whole, "{} stands in place of {}", (whole, expr))
        elif isinstance(last, Read) and all(isinstance(f, ex.Number) for f in ahead):
            square = ex.power(last, ex.Number(2))
            whole = _with_term(every, term, ex.mul(*ahead, square))
            yield Change(COMMON, whole, "{} stands in place of {}", (square, last))


def exchanged(body: ex.Expr, old: ex.Expr, new: ex.Expr) -> ex.Expr:
    """The body with one subexpression exchanged, wherever it stands."""
    return ex.transform(body, lambda node: new if node == old else node)


def _with_term(terms: Sequence[ex.Expr], old: ex.Expr, new: ex.Expr) -> ex.Expr:
    return ex.add(*(new if term is old else term for term in terms))


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


def _inverse(extent: Extent) -> ex.Expr:
    return ex.power(ex.size(Position.of(extent)), ex.MINUS_ONE)


# -- what is read --------------------------------------------------------------------------------------------------


def operands(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Another tensor of the same shape, the same one transposed, or a neighbour of the entry."""
    own = scope.tensors.get(expr.tensor) if isinstance(expr, Read) else None
    if own is None or not own.axes or not isinstance(expr, Read):
        return
    if len(own.axes) == 2 and own.axes[0] == own.axes[1]:
        yield Change(COMMON, Read(own.name, reversed(expr.indices)), f"{own.name} is transposed")
    for other in scope.tensors.values():
        if other.name != own.name and stands_for(other, own):
            yield Change(SELDOM, Read(other.name, expr.indices), f"{other.name} stands in place of {own.name}")
    for number in scope.added.get(own.name, ()):
        sum_ = ex.add(expr, number)
        yield Change(SELDOM, sum_, "{} stands in place of {}", (sum_, expr))
    for axis, position in enumerate(expr.indices):
        for new in _neighbours(position, (own.name, axis) in scope.steps):
            moved = Read(own.name, (*expr.indices[:axis], new, *expr.indices[axis + 1 :]))
            yield Change(COMMON, moved, f"{moved} stands in place of {expr}")


def stands_for(other: Tensor, own: Tensor) -> bool:
    """Whether a tensor could be taken for another one."""
    return other.axes == own.axes and other.dtype == "real"


def _neighbours(position: Position, steps: bool) -> Iterator[Position]:
    """t and t + 1 for t - 1; of a window, the same one step off or read backwards."""
    if steps or position.index is None:
        yield from (position + k for k in (1, -1, 2, -2))


def backwards(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """A kernel that is flipped."""
    if not isinstance(expr, ex.Reduce) or expr.op != "sum":
        return
    moving = {i for r in ex.reads(expr.body) for p in r.indices if len(p.terms) > 1 for i in p.index_atoms()}
    for read in ex.reads(expr.body):
        for axis, position in enumerate(read.indices):
            index = position.index
            if index is not None and index in moving and index in expr.indices:
                at = Position.of(index.extent - 1) - index
                flipped = Read(read.tensor, (*read.indices[:axis], at, *read.indices[axis + 1 :]))
                body = exchanged(expr.body, read, flipped)
                yield Change(COMMON, expr.rebuild((body,)), f"{read.tensor} is reversed along axis {axis}")


def arguments(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Z for tanh(Z); a condition the wrong way round."""
    if isinstance(expr, ex.Call) and len(expr.args) == 1:
        yield Change(SELDOM, expr.args[0], "{} stands in place of {}", (expr.args[0], expr))
    if isinstance(expr, ex.Where) and isinstance(expr.condition, ex.Compare):
        other = ex.Compare(expr.condition.left, REVERSED[expr.condition.op], expr.condition.right)
        new = ex.where(other, expr.then, expr.otherwise)
        yield Change(SELDOM, new, "{} stands in place of {}", (new, expr))


EVERYWHERE: tuple[Mistakes, ...] = (
    means,
    factors,
    entries_of_a_product,
    terms,
    squares,
    sums,
    operands,
    backwards,
    arguments,
)
