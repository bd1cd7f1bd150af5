"""Our own equations with one mistake planted: what people do, as a list of what could have been done.

Enters: the right side of an adjoint, as it stands after each step of its derivation.  Leaves: wrong right sides, each
with the words for its mistake.  Nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from symprop.language import Extent, Index, Position, Read, Tensor, text
from symprop.language import expressions as ex

Mutant = tuple[ex.Expr, str]
SHORT = 60


def mutants(body: ex.Expr, free: Sequence[Index], tensors: Mapping[str, Tensor]) -> Iterator[Mutant]:
    """All right sides that differ from the body in one place, the likelier mistakes first."""
    found = list(_everywhere(body, free, tensors))
    for rank in range(4):
        yield from ((expr, words) for order, expr, words in found if order == rank)


def _everywhere(
    expr: ex.Expr, free: Sequence[Index], tensors: Mapping[str, Tensor]
) -> Iterator[tuple[int, ex.Expr, str]]:
    yield from _here(expr, free, tensors)
    scope = [*free, *expr.indices] if isinstance(expr, ex.Reduce) else free
    children = expr.children()
    for place, child in enumerate(children):
        for order, new, words in _everywhere(child, scope, tensors):
            if isinstance(expr, ex.Where) and place == 0 and not isinstance(new, ex.Compare):
                continue
            yield order, expr.rebuild((*children[:place], new, *children[place + 1 :])), words


def _here(expr: ex.Expr, free: Sequence[Index], tensors: Mapping[str, Tensor]) -> Iterator[tuple[int, ex.Expr, str]]:
    match expr:
        case ex.Mul():
            for factor in expr.factors:
                if factor == ex.MINUS_ONE:
                    continue
                rest = [f for f in expr.factors if f is not factor]
                yield 0, ex.mul(*rest), f"the factor {_shown(factor)} is left out"
                inverse = ex.power(factor, ex.MINUS_ONE)
                if isinstance(factor, ex.Pow) and ex.number(factor.exponent) == -1:
                    yield 3, ex.mul(*rest, factor.base), f"it is multiplied by {_shown(factor.base)}, not divided"
                elif isinstance(factor, ex.Add | ex.Where | ex.Call):
                    yield 3, ex.mul(*expr.factors, factor), f"the factor {_shown(factor)} is applied twice"
                    yield 3, ex.mul(*rest, inverse), f"it is divided by {_shown(factor)}"
        case ex.Add():
            for term in expr.terms:
                rest = [t for t in expr.terms if t is not term]
                yield 0, ex.add(*rest), f"the term {_shown(term)} is left out"
                yield 1, ex.add(*rest, ex.negate(term)), f"the sign of {_shown(term)} is changed"
        case ex.Pow():
            exponent = ex.number(expr.exponent)
            if exponent is not None and exponent > 0:
                yield 1, expr.base, f"{_shown(expr.base)} stands for {_shown(expr)}"
        case ex.Reduce(op="sum"):
            yield from _diagonals(expr, free)
        case ex.Read():
            yield from _others(expr, tensors)
        case ex.Call():
            if len(expr.args) == 1:
                yield 2, expr.args[0], f"{_shown(expr.args[0])} stands for {_shown(expr)}"


def _diagonals(expr: ex.Reduce, free: Sequence[Index]) -> Iterator[tuple[int, ex.Expr, str]]:
    """A sum of which only the entry at a free index is taken: softmax as if it acted entry by entry."""
    for bound in expr.indices:
        for index in free:
            if index.extent == bound.extent and index not in expr.indices:
                rest = [i for i in expr.indices if i != bound]
                at = {bound: Position.of(index)}
                body = ex.reduce_("sum", rest, ex.substitute(expr.body, at), expr.domain.substitute(at))
                words = f"of {_shown(expr)} only the entry {bound.name} = {index.name} is taken"
                yield 1, body, words


def _others(expr: ex.Read, tensors: Mapping[str, Tensor]) -> Iterator[tuple[int, ex.Expr, str]]:
    """Another tensor of the same shape, or the same one transposed."""
    own = tensors.get(expr.tensor)
    if own is None or not own.axes:
        return
    if len(own.axes) == 2 and own.axes[0] == own.axes[1]:
        yield 1, ex.Read(expr.tensor, reversed(expr.indices)), f"{expr.tensor} is transposed"
    for other in tensors.values():
        if other.name != own.name and _fits(own.axes, other):
            yield 2, Read(other.name, expr.indices), f"{other.name} stands for {expr.tensor}"


def _fits(axes: tuple[Extent, ...], other: Tensor) -> bool:
    return other.axes == axes and other.dtype == "real"


def _shown(expr: ex.Expr) -> str:
    body = text(expr)
    return body if len(body) <= SHORT else body[: SHORT - 3] + "..."
