"""How the axes of an equation lie for kernels.

- Indices that stand together everywhere, Z[n,(a, d)] = sum[j](X[n,j]*W[(a, d),j]), are one index.
- A factor of a product for each of several rows, sum[d](Q[n,t,(a, d)]*K[n,s,(a, d)]), is stored with the index along
  which the result lies as its last one: K_1[n,a,d,s].

Enters: equations.  Leaves: equations.
"""

from __future__ import annotations

from dataclasses import replace

from symprop.language import Equation, Expr, Extent, Index, Position, Read, Tensor
from symprop.language.expressions import Mul, Reduce, free_indices
from symprop.language.indices import Compound
from symprop.language.node import Node, mapped, nodes_in
from symprop.plan.contraction import TURNED, scratch, work


def merged(equation: Equation) -> Equation:
    """The equation with one index for each compound whose parts stand nowhere else."""
    for atom in (p.atom for p in equation.indices):
        parts = [part.index for part in atom.parts] if isinstance(atom, Compound) else []
        if not isinstance(atom, Compound) or [i and i.extent for i in parts] != list(atom.radices):
            continue
        total = Extent.of(1)
        for radix in atom.radices:
            total = total * radix
        whole = Index(parts[-1].name if parts[-1] else "", total)

        def change(node: Node, atom: Compound = atom, whole: Index = whole) -> Node:
            return whole if node == atom else node

        found = tuple(mapped(value, change) for value in (equation.indices, equation.body, equation.domain))
        if not any(node in parts for node in nodes_in(found)):
            indices, body, domain = found
            equation = replace(equation, indices=indices, body=body, domain=domain)
    return equation


def with_columns_last(
    node: Reduce, equation: Equation, tensors: dict[str, Tensor], least: int
) -> tuple[Expr, Equation | None]:
    """A sum of products whose right factor lies along the last index, and the equation that stores it so, if any.

    Args:
        node: a sum in the equation.
        equation: what it is part of.
        tensors: every tensor by name; one that this takes is added.
        least: multiplications, the batch counted as 32 rows, under which it stays as it is.
    """
    factors = list(node.body.factors) if isinstance(node.body, Mul) else []
    last = equation.free[-1] if equation.free else None
    right = [f for f in factors if last in free_indices(f)]
    left = [f for f in factors if f not in right]
    if node.op != "sum" or node.domain or last is None or len(factors) != 2 or len(right) != 1:
        return node, None
    read, inner, used = right[0], set(node.indices), free_indices(right[0])
    if not isinstance(read, Read) or not read.indices or not inner <= used or last in read.indices[-1].index_atoms():
        return node, None
    rows = [i for i in free_indices(left[0]) if i not in used]
    points = work([i for i in equation.free if i in free_indices(node)]) * work(node.indices)
    named = any(i.extent.names for i in (*inner, last)) or any(list(p.gathers()) for p in read.indices)
    if work(rows) < TURNED or points < least or named:
        return node, None
    order = [*(i for i in equation.free if i in used and i != last), *node.indices, last]
    name = scratch(equation.target, tensors)
    tensors[name] = Tensor(name, tuple(i.extent for i in order))
    places = tuple(map(Position.of, order))
    stored = Equation(name, places, read, equation.number, origin=equation.origin)
    body = Mul([Read(name, places) if f is read else f for f in factors])
    return Reduce("sum", node.indices, body), stored
