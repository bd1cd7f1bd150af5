"""Letters for indices, as one writes by hand: n for the batch, i, j, k for the rest.

Enters: an expression whose indices all have names of their own.  Leaves: the same expression with letters.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.frontends.arrays import Axes
from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex

BATCH, OTHERS = ("n", "m"), tuple("ijklpqrstuvwabcdefgh")


def named(axes: Axes, body: ex.Expr) -> tuple[list[Index], ex.Expr]:
    """Indices of the left side, one for each axis, and the body over them."""
    taken: set[str] = set()
    left = [_letter(Extent.of(1) if axis is None else axis.extent, taken) for axis in axes]
    mapping = {axis: new for axis, new in zip(axes, left, strict=True) if axis is not None}
    for index in ex.all_indices(body):
        if index not in mapping:
            mapping[index] = _letter(index.extent, taken)
    return left, renamed(body, mapping)


def _letter(extent: Extent, taken: set[str]) -> Index:
    letters = BATCH if extent == Extent.of("N") else OTHERS
    free = next((c for c in letters if c not in taken), None)
    index = Index(free, extent) if free else ex.fresh(Index(letters[0], extent), taken)
    taken.add(index.name)
    return index


def renamed(expr: ex.Expr, mapping: Mapping[Index, Index]) -> ex.Expr:
    """The expression with all its indices replaced, bound ones too."""
    positions = {old: Position.of(new) for old, new in mapping.items()}
    return _renamed(expr, mapping, positions)


def _renamed(expr: ex.Expr, mapping: Mapping[Index, Index], positions: Mapping[Index, Position]) -> ex.Expr:
    match expr:
        case ex.Reduce():
            body = _renamed(expr.body, mapping, positions)
            pick = None if expr.pick is None else mapping[expr.pick]
            indices = [mapping[index] for index in expr.indices]
            return ex.Reduce(expr.op, indices, body, expr.domain.substitute(positions), pick)
        case ex.Read():
            return ex.Read(expr.tensor, [p.substitute(positions) for p in expr.indices])
        case ex.IndexValue():
            return ex.size(expr.position.substitute(positions))
        case ex.Guard():
            return ex.guard(expr.domain.substitute(positions), _renamed(expr.body, mapping, positions))
    children = expr.children()
    return expr.rebuild(tuple(_renamed(c, mapping, positions) for c in children)) if children else expr
