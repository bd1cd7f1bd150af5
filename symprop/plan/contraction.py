"""Matrix products inside equations: found, split off, and left as reads of their result.

Enters: one equation.  Leaves: the equations of operands that are not stored yet, the products, and the rest of the
equation, which reads the products' results.  A product is a sum over bound indices of two factors that have no free
index in common; axes that stay together are merged, so that any of these is one product of matrices:

    sum[i](X[n,i]*W[i,j])    sum[n](X[n,i]*dZ[n,j])    sum[j](dZ[n,t,j]*W[i,j])    sum[n](X[n,i]*(P[n,c] - Y[n,c]))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symprop.language import Equation, Expr, Extent, Index, Position, Read, Tensor
from symprop.language.expressions import Mul, Reduce, free_indices, mul, transform, walk
from symprop.plan.values import Product

TURNED = 4
"""Columns of a product from which it pays to store a factor the other way round."""
TYPICAL_BATCH = 32


@dataclass
class Split:
    """What an equation was split into: operands, then products, then the rest (None where a product is all of it)."""

    operands: list[Equation] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    rest: Equation | None = None


def split(equation: Equation, tensors: dict[str, Tensor], least: int, turned: bool = False) -> Split:
    """The equation with its products split off; tensors that this takes are added to `tensors`.

    Args:
        equation: one that does not read itself.
        tensors: every tensor by name.
        least: multiplications, the batch counted as 32 rows, under which a product stays a loop.
        turned: the other side of a window is stored as (inner, columns) first, for vector code.
    """
    out = Split()
    free = [p.index for p in equation.indices]
    if equation.domain or None in free:
        out.rest = equation
        return out
    plain = [i for i in free if i is not None]
    body = outermost(equation.body, lambda node: _product(node, equation, plain, tensors, least, out, turned))
    if any(isinstance(node, Reduce) for node in walk(body)):
        body = _moved(body, equation.target, tensors, out)
    whole = body == Read(equation.target, map(Position.of, plain))
    out.rest = None if whole else equation.with_body(body)
    return out


def _moved(body: Expr, target: str, tensors: dict[str, Tensor], out: Split) -> Expr:
    """The rest that reads no product from its target: a sum that is left may be collected there."""
    if all(product.out != target for product in out.products):
        return body
    name = scratch(target, tensors)
    tensors[name] = replace(tensors[target], name=name)
    out.products = [
        replace(p, out=name, equation=replace(p.equation, target=name)) if p.out == target else p for p in out.products
    ]
    return transform(body, lambda e: Read(name, e.indices) if isinstance(e, Read) and e.tensor == target else e)


def outermost(expr: Expr, change: Callable[[Reduce], Expr]) -> Expr:
    """Outermost reductions passed through `change`."""
    if isinstance(expr, Reduce):
        return change(expr)
    children = expr.children()
    return expr.rebuild(tuple(outermost(child, change) for child in children)) if children else expr


def _product(
    node: Reduce,
    equation: Equation,
    free: Sequence[Index],
    tensors: dict[str, Tensor],
    least: int,
    out: Split,
    turned: bool,
) -> Expr:
    found = sides(node, free)
    if found is None or node.op != "sum" or node.domain:
        return node
    constant, left, right = found
    rows, columns = _axes(left, node, free), _axes(right, node, free)
    used = rows + columns
    if work(used) * work(node.indices) < least:
        return node
    inner = _shared_order(left, right, node)
    slid = _slid(left, right, node, free) if turned else None
    if slid is not None:
        window, other, lanes = slid
        stored = _rows(other, [*inner, *lanes], equation, tensors, out)
        return mul(*constant, Reduce("sum", inner, Mul([stored, window])))
    if used != [i for i in free if i in used]:
        return node
    target = equation.target if len(used) == len(free) and not out.products else scratch(equation.target, tensors)
    tensors.setdefault(target, Tensor(target, tuple(i.extent for i in used)))
    a = _operand(left, rows, inner, equation, tensors, out)
    b = _operand(right, columns, inner, equation, tensors, out)
    indices = tuple(map(Position.of, used))
    pure = Equation(target, indices, Reduce("sum", inner, Mul([a, b])), equation.number, origin=equation.origin)
    out.products.append(
        Product(
            a.tensor,
            b.tensor,
            target,
            [p.index for p in a.indices] != rows + inner,
            [p.index for p in b.indices] != inner + columns,
            _extent(rows),
            _extent(inner),
            _extent(columns),
            pure,
        )
    )
    return mul(*constant, Read(target, indices))


def sides(node: Reduce, free: Sequence[Index]) -> tuple[list[Expr], list[Expr], list[Expr]] | None:
    """(factors without indices, left factors, right factors), None where the sum is no product of two."""
    factors = list(node.body.factors) if isinstance(node.body, Mul) else [node.body]
    bound = set(node.indices)
    constant = [f for f in factors if not bound & free_indices(f) and not free_indices(f)]
    groups: list[tuple[set[Index], list[Expr]]] = []
    loose: list[Expr] = []
    for factor in (f for f in factors if f not in constant):
        own = set(free_indices(factor)) - bound
        if not own:
            loose.append(factor)
            continue
        touching = [g for g in groups if g[0] & own]
        merged = (own.union(*(g[0] for g in touching)), [f for g in touching for f in g[1]] + [factor])
        groups = [g for g in groups if g not in touching] + [merged]
    if len(groups) != 2:
        return None
    groups.sort(key=lambda g: min(free.index(i) for i in g[0]))
    left, right = groups[0][1] + loose, groups[1][1]
    whole = all(bound <= set().union(*(free_indices(f) for f in side)) for side in (left, right))
    return (constant, left, right) if whole else None


def _slid(
    left: list[Expr], right: list[Expr], node: Reduce, free: Sequence[Index]
) -> tuple[Read, list[Expr], list[Index]] | None:
    """A read at sums of indices, X[n, p + u], the other side and its free indices; None of a product of matrices.

    As a matrix such a read has each entry many times.  It is read where it lies, the other side as (inner, columns).
    """
    for side, other in ((right, left), (left, right)):
        window, columns = side[0], _axes(other, node, free)
        if len(side) == 1 and isinstance(window, Read) and any(len(p.terms) > 1 for p in window.indices):
            plain = not any(i.extent.names for i in columns)
            return (window, other, columns) if plain and work(columns) >= TURNED else None
    return None


def _axes(side: Sequence[Expr], node: Reduce, free: Sequence[Index]) -> list[Index]:
    own = set().union(*(free_indices(f) for f in side)) - set(node.indices)
    return [i for i in free if i in own]


def _stored(side: Sequence[Expr]) -> Read | None:
    """The read a side is, where it is one alone at plain, different indices."""
    read = side[0]
    if len(side) != 1 or not isinstance(read, Read):
        return None
    indices = [p.index for p in read.indices]
    return read if None not in indices and len(set(indices)) == len(indices) else None


def _shared_order(left: Sequence[Expr], right: Sequence[Expr], node: Reduce) -> list[Index]:
    """The bound indices in the order of the first operand that is stored."""
    for side in (left, right):
        read = _stored(side)
        if read is not None:
            return [p.index for p in read.indices if p.index is not None and p.index in node.indices]
    return list(node.indices)


def _operand(
    side: Sequence[Expr],
    outer: list[Index],
    inner: list[Index],
    equation: Equation,
    tensors: dict[str, Tensor],
    out: Split,
) -> Read:
    """A read of the side as a matrix, (outer, inner) or (inner, outer); stored first where it is not."""
    read = _stored(side)
    if read is not None:
        indices = [p.index for p in read.indices]
        fits = indices in (outer + inner, inner + outer) and _spans(read, tensors)
        if fits and tensors[read.tensor].dtype == "real":
            return read
    batch_first = any(i.extent.names for i in inner)
    order = inner + outer if batch_first else outer + inner
    return _rows(side, order, equation, tensors, out)


def turned_operand(
    side: list[Expr],
    inner: list[Index],
    columns: list[Index],
    equation: Equation,
    tensors: dict[str, Tensor],
    out: Split,
) -> Read:
    """A read of the right side as (inner, columns), stored first where it lies the other way."""
    return _rows([_operand(side, columns, inner, equation, tensors, out)], [*inner, *columns], equation, tensors, out)


def _rows(
    side: Sequence[Expr], order: list[Index], equation: Equation, tensors: dict[str, Tensor], out: Split
) -> Read:
    """A read of a side in an order of its indices, stored so first where it is not."""
    read = _stored(side)
    if read is not None and [p.index for p in read.indices] == order and _spans(read, tensors):
        return read
    name = scratch(equation.target, tensors)
    tensors[name] = Tensor(name, tuple(i.extent for i in order))
    positions = tuple(map(Position.of, order))
    out.operands.append(Equation(name, positions, mul(*side), equation.number, origin=equation.origin))
    return Read(name, positions)


def _spans(read: Read, tensors: Mapping[str, Tensor]) -> bool:
    """True where every index runs over the whole axis it stands on."""
    axes = tensors[read.tensor].axes
    return all(p.index is not None and p.index.extent == a for p, a in zip(read.indices, axes, strict=True))


def scratch(target: str, tensors: Mapping[str, Tensor]) -> str:
    """A name that no tensor has yet."""
    count = 1
    while f"{target}_{count}" in tensors:
        count += 1
    return f"{target}_{count}"


def _extent(indices: Sequence[Index]) -> Extent:
    total = Extent.of(1)
    for index in indices:
        total = total * index.extent
    return total


def work(indices: Sequence[Index]) -> int:
    """Points of the indices, 32 for a batch."""
    return typical(*(index.extent for index in indices))


def typical(*extents: Extent) -> int:
    """A product of extents, of a typical batch."""
    return math.prod(e.value({name: TYPICAL_BATCH for name in e.names}) for e in extents)


def flops(expr: Expr) -> Extent:
    """Operations of one evaluation of an expression, reductions included."""
    own = Extent.of(max(len(expr.children()) - 1, 0) if not isinstance(expr, Reduce) else 0)
    if type(expr).__name__ in ("Call", "Pow", "Where"):
        own = Extent.of(1)
    inner = sum((flops(child) for child in expr.children()), Extent.of(0))
    return (inner + 1) * _extent(expr.indices) if isinstance(expr, Reduce) else own + inner


def equation_flops(equation: Equation) -> Extent:
    """Operations of an equation at all its points."""
    return flops(equation.body) * _extent(equation.free)
