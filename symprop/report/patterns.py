"""Patterns of classification that have names of their own: softmax of rows, one-hot rows of labels.

Enters: expressions.  Leaves: what the pattern is made of, or None where the expression is not one of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.language import Extent, Gather, Index, Position, Tensor
from symprop.language import expressions as ex
from symprop.language.indices import Constraint
from symprop.report.matrix import OneHot


def softmax_of(expr: ex.Mul) -> tuple[ex.Expr, Index] | None:
    """(a, c) of exp(a[..., c]) / sum[k](exp(a[..., k]))."""
    if len(expr.factors) != 2:
        return None
    above, below = expr.factors
    if not (isinstance(above, ex.Call) and above.name == "exp" and isinstance(below, ex.Pow)):
        return None
    total = below.base
    if ex.number(below.exponent) != -1 or not isinstance(total, ex.Reduce) or total.op != "sum" or total.domain:
        return None
    if len(total.indices) != 1 or total.indices[0] in ex.free_indices(above):
        return None
    bound = total.indices[0]
    for index in sorted(ex.free_indices(above), key=lambda i: i.name):
        if index.extent == bound.extent and ex.substitute(total.body, {bound: Position.of(index)}) == above:
            return above.args[0], index
    return None


def one_hot(expr: ex.Guard, tensors: Mapping[str, Tensor]) -> OneHot | None:
    """[y[n] == c] with c running over all values of y."""
    constraints = expr.domain.constraints
    if expr.body != ex.ONE or len(constraints) != 1 or constraints[0].kind != "eq":
        return None
    found = _label_and_class(constraints[0])
    tensor = tensors.get(found[0].tensor) if found else None
    if found is None or tensor is None or tensor.high is None:
        return None
    gather, column = found
    row = gather.positions[0].index if len(gather.positions) == 1 else None
    whole = row is not None and [row.extent, column.extent] == [*tensor.axes, tensor.high]
    return OneHot((row, column), gather.tensor) if whole else None


def _label_and_class(constraint: Constraint) -> tuple[Gather, Index] | None:
    """y[n] and c of the constraint y[n] - c == 0."""
    position = constraint.position
    atoms = dict(position.terms)
    gather = next((a for a in atoms if isinstance(a, Gather)), None)
    column = next((a for a in atoms if isinstance(a, Index)), None)
    if gather is None or column is None or len(atoms) != 2 or position.offset != Extent.of(0):
        return None
    return (gather, column) if atoms[gather] * atoms[column] == -1 else None
