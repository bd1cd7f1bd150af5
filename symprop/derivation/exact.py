"""Right sides for kernels: what was folded for the reader is written out where folding loses accuracy.

`1 - A**2` is short to read and has lost every digit where A is near 1; `1 - tanh(Z)**2` is the same value, which a
kernel can lower without loss.  Only pointwise functions of the tensor itself are unfolded: a matrix product reads A as
it was stored.
"""

from __future__ import annotations

from collections.abc import Iterable

from symprop.language import Equation, Position
from symprop.language import expressions as ex


def unfolded(body: ex.Expr, tensor: str, consumers: Iterable[Equation]) -> ex.Expr:
    """The adjoint's right side with pointwise functions of `tensor`, some of its consumers, written out."""
    definitions = {e.target: e for e in consumers if pointwise(e, tensor)}

    def change(node: ex.Expr) -> ex.Expr:
        if not isinstance(node, ex.Read) or node.tensor not in definitions:
            return node
        equation = definitions[node.tensor]
        mapping = {}
        for own, position in zip(equation.indices, node.indices, strict=True):
            # outside its bounds A is 0, f(Z) need not be: only reads that run over whole axes are written out
            if own.index is None or position.index is None or position.index.extent != own.index.extent:
                return node
            mapping[own.index] = position
        return ex.substitute(equation.body, mapping)

    return ex.transform(body, change) if definitions else body


def pointwise(equation: Equation, tensor: str) -> bool:
    """A = f(Z) entry by entry, with a function in it: worth computing again."""
    nodes = list(ex.walk(equation.body))
    reads_it = any(isinstance(n, ex.Read) and n.tensor == tensor and n.indices == equation.indices for n in nodes)
    closed = bool(equation.domain) or any(isinstance(n, ex.Reduce | ex.Guard) for n in nodes)
    return reads_it and not closed and any(isinstance(n, ex.Call) for n in nodes) and _plain(equation.indices)


def _plain(indices: tuple[Position, ...]) -> bool:
    return all(p.index is not None for p in indices)
