"""Reads that leave their tensor, of a copy with zeros around it.

    sum[c,u,v](X[n,c,p + u - 1,q + v - 1]*W[o,c,u,v])  ─►  X_1[n,c,i2,i3] = X[n,c,i2 - 1,i3 - 1]
                                                           sum[c,u,v](X_1[n,c,p + u,q + v]*W[o,c,u,v])

A term that reads outside is 0, so that its loops end where the tensor does: other bounds at every place.  Of a copy
that has those zeros all places are alike.

Enters: one equation.  Leaves: copies that are not there yet, and the equation that reads them.
"""

from __future__ import annotations

from symprop.language import Equation, Extent, Index, Position, Read, Tensor
from symprop.language.expressions import Expr, Mul, Reduce, transform
from symprop.language.indices import within
from symprop.plan.contraction import scratch, typical

FEWEST_READS = 4
"""Reads of an entry from which a copy pays."""
Axes = tuple[tuple[int, int], ...]
Copies = dict[tuple[str, Axes], str]
"""Of a tensor and, for every axis, the first place that is read and how many are, the name of the copy."""


def padded(equation: Equation, tensors: dict[str, Tensor], copies: Copies) -> list[Equation]:
    """The equations of new copies, then the equation itself; what this takes is added to `tensors` and `copies`."""
    made: list[Equation] = []

    def change(node: Expr) -> Expr:
        if not isinstance(node, Reduce) or node.op != "sum" or node.domain or not isinstance(node.body, Mul):
            return node
        points = typical(*(i.extent for i in (*equation.free, *node.indices)))
        factors = [_inside(f, points, equation, tensors, copies, made) for f in node.body.factors]
        return Reduce("sum", node.indices, Mul(factors))

    body = transform(equation.body, change)
    return [*made, equation.with_body(body)] if made or body != equation.body else [equation]


def _inside(
    factor: Expr, points: int, equation: Equation, tensors: dict[str, Tensor], copies: Copies, made: list[Equation]
) -> Expr:
    """The factor, as a read of a copy where it is one that leaves its tensor at some of the points."""
    if not isinstance(factor, Read) or tensors[factor.tensor].dtype != "real":
        return factor
    tensor = tensors[factor.tensor]
    spans = [_span(p, axis) for p, axis in zip(factor.indices, tensor.axes, strict=True)]
    if all(span is None for span in spans):
        return factor
    axes = tuple(
        axis if span is None else Extent.of(span[1]) for span, axis in zip(spans, tensor.axes, strict=True)
    )
    if points < FEWEST_READS * typical(*axes):
        return factor
    key = factor.tensor, tuple(span or (0, 0) for span in spans)
    if key not in copies:
        copies[key] = scratch(factor.tensor, tensors)
        tensors[copies[key]] = Tensor(copies[key], axes)
        own = [p.index for p in factor.indices]
        indices = [
            Position.of(i if s is None and i is not None and i.extent == axis else Index(f"i{k}", axis))
            for k, (i, s, axis) in enumerate(zip(own, spans, axes, strict=True))
        ]
        places = [i if s is None else i + s[0] for i, s in zip(indices, spans, strict=True)]
        body = Read(factor.tensor, places)
        made.append(Equation(copies[key], tuple(indices), body, equation.number, origin=equation.origin))
    starts = [0 if span is None else span[0] for span in spans]
    return Read(copies[key], [p - start for p, start in zip(factor.indices, starts, strict=True)])


def _span(position: Position, axis: Extent) -> tuple[int, int] | None:
    """(first place, number of places) that are read along an axis, None where all are on it or that is unknown."""
    if within(position, axis) or not all(isinstance(atom, Index) for atom, _ in position.terms):
        return None
    bounds = position.bounds()
    low, high = (b.constant for b in bounds) if bounds is not None else (None, None)
    return None if low is None or high is None else (low, high - low + 1)
