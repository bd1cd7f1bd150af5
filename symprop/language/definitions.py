"""Equations that define their target: the tensor follows from the left side, a recurrence may read it on the right.

Enters: one line of text and a scope without the target.  Leaves: the equation and the tensor it defines.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from symprop.language.equations import Equation, Tensor
from symprop.language.expressions import Reduce
from symprop.language.extents import Extent
from symprop.language.indices import Compound, Position
from symprop.language.parser import parse_equation
from symprop.language.scope import Scope


def parse_definition(text: str, scope: Scope, where: str = "equation") -> tuple[Equation, Tensor]:
    """The equation of a new tensor, and the tensor; of a recurrence, the axes are found by a first reading.

    Raises:
        FormulaError: as `parse_equation`.
    """
    left, _, right = text.partition("=")
    name = left.partition("[")[0].strip()
    if name not in scope.tensors and re.search(rf"\b{re.escape(name)}\s*\[", right):
        scope = scope.with_tensor(defined(parse_equation(text, scope.opened(name), where)))
    equation = parse_equation(text, scope, where)
    return equation, defined(equation)


def declared(text: str, tensors: Mapping[str, Tensor]) -> dict[str, Extent]:
    """Extents of the indices of a target of known shape: they hold even where an axis that is read is shorter."""
    name, _, rest = text.partition("[")
    known = tensors.get(name.strip())
    if known is None or "(" in rest.partition("]")[0]:
        return {}
    letters = [part.strip() for part in rest.partition("]")[0].split(",")]
    return dict(zip(letters, known.axes, strict=False))


def defined(equation: Equation) -> Tensor:
    """The tensor an equation defines: axes from the indices on the left, integers where the right side is an argmax."""
    axes = tuple(map(extent, equation.indices))
    body = equation.body
    if isinstance(body, Reduce) and body.pick is not None:
        return Tensor(equation.target, axes, "integer", high=body.pick.extent)
    return Tensor(equation.target, axes)


def extent(position: Position) -> Extent:
    """Extent of an axis of the left side: that of its index, or the product of a compound's radices."""
    if isinstance(position.atom, Compound):
        return prod(position.atom.radices, start=Extent.of(1))
    return position.index.extent if position.index is not None else Extent.of(1)
