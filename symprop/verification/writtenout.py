"""Sums over few terms written out, and claims taken entry by entry: what a loop over an extent computes.

Enters: expressions.  Leaves: expressions without sums over small constant extents.  Guards that are decided by then are
gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product

from symprop.language import Domain, Expr, Index, Position
from symprop.language import expressions as ex

FEW, MANY, ENTRIES, TERMS = 8, 64, 64, 2000
"""Extents of windows and of loops; entries of a claim; parts of an expression."""


def written_out(expr: Expr, most: int = FEW) -> Expr | None:
    """The expression with its sums over at most so many terms written out, None where that is too long."""
    if _length(expr, most) > TERMS:
        return None
    found = ex.transform(expr, partial(_written, most=most))
    return found if sum(1 for _ in ex.walk(found)) <= TERMS else None


def _length(expr: Expr, most: int) -> int:
    """About how many parts the expression written out has."""
    inner = 1 + sum(_length(child, most) for child in expr.children())
    if isinstance(expr, ex.Reduce) and expr.op == "sum":
        for index in expr.indices:
            inner *= (index.extent.constant or 1) if _is_small(index, most) else 1
    return inner


def _written(node: Expr, most: int) -> Expr:
    match node:
        case ex.Guard():
            return _decided(node.domain, node.body)
        case ex.Reduce(op="sum"):
            small = [index for index in node.indices if _is_small(index, most)]
            rest = [index for index in node.indices if index not in small]
            terms = [_term(node, rest, values) for values in points(small)] if small else [node]
            return ex.add(*terms)
    return node


def _term(node: ex.Reduce, rest: Sequence[Index], values: Mapping[Index, Position]) -> Expr:
    body, domain = ex.substitute(node.body, values), node.domain.substitute(values)
    inner = ex.transform(_decided(domain, body), _guards)
    return ex.reduce_("sum", rest, inner)


def _guards(node: Expr) -> Expr:
    return _decided(node.domain, node.body) if isinstance(node, ex.Guard) else node


def _decided(domain: Domain, body: Expr) -> Expr:
    """A guarded expression without the constraints that always or never hold."""
    verdicts = [(c, c.verdict()) for c in domain.constraints]
    if any(verdict is False for _, verdict in verdicts):
        return ex.ZERO
    return ex.guard(Domain(c for c, verdict in verdicts if verdict is None), body)


def _is_small(index: Index, most: int = FEW) -> bool:
    size = index.extent.constant
    return size is not None and size <= most


def points(indices: Sequence[Index]) -> Iterator[dict[Index, Position]]:
    """All values of indices of small extents."""
    for values in product(*(range(index.extent.constant or 0) for index in indices)):
        yield {index: Position.of(value) for index, value in zip(indices, values, strict=True)}


def entries(free: Sequence[Index]) -> list[dict[Index, Position]]:
    """The values of the small free indices of a claim, one by one; none where there are too many."""
    small = [index for index in free if _is_small(index)]
    found = list(points(small))
    return found if len(found) <= ENTRIES else []


def at(expr: Expr, values: Mapping[Index, Position]) -> Expr:
    """An expression at one of the entries."""
    return ex.transform(ex.substitute(expr, values), _guards)
