"""What stands in brackets behind an array: slices with constants, new axes, integer arrays.

Enters: an array and syntax nodes.  Leaves: for reading, the array of the entries named; for an assignment, where in the
array they are: a domain over its own indices, and the position of each index of the value.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from symprop.frontends.arrays import Array, Mismatch, aligned, at, axis_of, scalar
from symprop.frontends.program import Program
from symprop.language import EVERYWHERE, Domain, Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.indices import within
from symprop.language.syntax import kind_of

FULL = "full"


@dataclass(frozen=True)
class Window:
    """A slice start, start + 1, ..., of a known length."""

    start: Extent
    length: Extent


Item = Window | Array | None
"""What stands on one axis: a slice, an integer (array), or a new axis."""


class Subscripts(Program):
    """A text whose subscripts are read; how an expression is read is added by a subclass."""

    def value(self, node: ast.AST) -> Array:
        """The array of an expression."""
        raise TypeError(kind_of(node))

    def new(self, extent: Extent) -> Index:
        """An index that nobody else has."""
        raise TypeError(str(extent))

    def ranges(self) -> dict[str, Extent]:
        """Ranges of the integer tensors."""
        raise TypeError

    # -- items ---------------------------------------------------------------------------------------------------

    def items(self, node: ast.Subscript, array: Array) -> list[Item]:
        """The items of a subscript, one for each axis of the array, new axes beside."""
        inside = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        given = [part for part in inside if not _is_new(part)]
        dots = [part for part in given if isinstance(part, ast.Constant) and part.value is Ellipsis]
        missing = len(array.axes) - (len(given) - len(dots))
        if len(dots) > 1 or missing < 0:
            self.shape_fail(node, f"{len(given)} subscripts are given to an array of {len(array.axes)} axes")
        found: list[Item] = []
        shape = iter(array.shape)
        for part in inside if dots else [*inside, ast.Constant(Ellipsis)]:
            if _is_new(part):
                found.append(None)
            elif isinstance(part, ast.Constant) and part.value is Ellipsis:
                found += [Window(Extent.of(0), next(shape)) for _ in range(missing)]
            else:
                found.append(self._item(part, next(shape)))
        return found

    def _item(self, node: ast.expr, extent: Extent) -> Item:
        if isinstance(node, ast.Slice):
            return self._window(node, extent)
        array = self.value(node)
        if array.kind == "mask":
            self.fail(
                node,
                "selecting entries by a mask gives an array of no fixed shape",
                "Multiply by the mask, or write where(mask, a, 0).",
            )
        if array.position is None:
            self.fail(node, f"`{self.segment(node)}` cannot stand in a subscript; expected integers or a slice")
        return self._counted(node, array, extent)

    def _counted(self, node: ast.expr, array: Array, extent: Extent) -> Array:
        """The integers with negative constants counted from the end, within the axis."""
        position = array.position
        assert position is not None
        constant = array.extent
        if constant is not None and (constant.constant or 0) < 0:
            position = Position.of(extent + constant)
        if not within(position, extent, self.ranges()):
            bounds = position.bounds(self.ranges())
            reach = f"0 to {bounds[1]}" if bounds and not array.extent else self.segment(node)
            self.shape_fail(node, f"subscript {reach} is not within an axis of extent {extent}")
        return Array(array.axes, ex.IndexValue(position), "integer")

    def _window(self, node: ast.Slice, extent: Extent) -> Window:
        if node.step is not None and not (isinstance(node.step, ast.Constant) and node.step.value == 1):
            self.fail(node, "a slice with a step cannot stand here; expected start:stop")
        start = self._end(node.lower, Extent.of(0), extent)
        stop = self._end(node.upper, extent, extent)
        length = stop - start
        if not (length.at_least(0) and start.at_least(0) and (extent - stop).at_least(0)):
            self.shape_fail(node, f"slice {self.segment(node)} is not within an axis of extent {extent}")
        return Window(start, length)

    def _end(self, node: ast.expr | None, default: Extent, extent: Extent) -> Extent:
        if node is None:
            return default
        value = self.value(node).extent
        if value is None:
            self.fail(node, f"`{self.segment(node)}` cannot bound a slice; expected a whole number")
        return extent + value if (value.constant or 0) < 0 else value

    # -- reading -------------------------------------------------------------------------------------------------

    def selected(self, node: ast.Subscript, array: Array) -> Array:
        """`array[items]`."""
        items = self.items(node, array)
        axes, positions = self._layout(node, items)
        mapping = {axis: p for axis, p in zip(array.axes, positions, strict=True) if axis is not None}
        kind = array.kind if array.kind != "mask" else "real"
        return Array(axes, ex.substitute(array.body, mapping), kind)

    def _layout(self, node: ast.Subscript, items: Sequence[Item]) -> tuple[tuple[Index | None, ...], list[Position]]:
        """Axes of the selection, and where each axis of the array stands in terms of them."""
        fancy = [k for k, item in enumerate(items) if isinstance(item, Array)]
        arrays = [item for item in items if isinstance(item, Array)]
        if any(a.axes for a in arrays) and fancy[-1] - fancy[0] >= len(fancy):
            self.fail(node, "integer arrays with a slice between them cannot stand here")
        try:
            common, spread = aligned(arrays) if arrays else ((), [])
        except Mismatch:
            self.shape_fail(node, "the integer arrays of this subscript do not broadcast")
        axes: list[Index | None] = []
        positions: list[Position] = []
        places = iter(spread)
        for k, item in enumerate(items):
            if item is None:
                axes.append(None)
            elif isinstance(item, Window):
                axis = axis_of(item.length, self.new)
                axes.append(axis)
                positions.append(at(axis) + item.start)
            else:
                axes += common if k == fancy[0] else ()
                positions.append(next(places).position or Position.of(0))
        return tuple(axes), positions

    # -- assignment ----------------------------------------------------------------------------------------------

    def assigned(self, node: ast.Subscript, array: Array, value: Array, op: ast.operator | None) -> Array:
        """The array after `array[items] = value`, or `array[items] op= value`."""
        items = self.items(node, array)
        axes, positions = self._layout(node, items)
        domain, solved = EVERYWHERE, dict[Index, Position]()
        for axis, position in zip(array.axes, positions, strict=True):
            domain = domain & self._solve(axis, position, solved)
        if any(axis is not None and axis not in solved for axis in axes):
            self.fail(
                node,
                "this may name one entry twice, and NumPy then keeps only one of the values",
                "To accumulate, multiply by onehot(...).T.",
            )
        domain = domain.substitute(solved)
        placed = self._spread(node, value, axes)
        new = ex.substitute(placed, solved)
        if op is not None:
            old = scalar(array.body)
            new = self.operation(node, op, old, scalar(new)).body
        change = ex.add(new, ex.negate(array.body))
        if isinstance(op, ast.Add | ast.Sub):
            change = ex.add(*(t for t in _terms(new) if t != array.body))
        return Array(array.axes, ex.add(array.body, ex.guard(domain, change)))

    def operation(self, node: ast.AST, op: ast.operator, left: Array, right: Array) -> Array:
        """`left op right`."""
        raise TypeError(kind_of(op))

    def _solve(self, axis: Index | None, position: Position, solved: dict[Index, Position]) -> Domain:
        """The condition on an index of the array; an index of the selection is solved for where that is possible."""
        own = at(axis)
        for atom, coefficient in position.terms:
            if isinstance(atom, Index) and coefficient == 1 and len(position.terms) == 1 and atom not in solved:
                solved[atom] = own - position.offset
                inside = Domain.inside(solved[atom], atom.extent)
                return Domain(c for c in inside.constraints if c.verdict() is not True)
        return Domain.equal(own, position)

    def _spread(self, node: ast.AST, value: Array, axes: tuple[Index | None, ...]) -> ex.Expr:
        """The entry of the value at the indices of the selection."""
        try:
            found, (_, moved) = aligned([Array(axes, ex.ZERO), value])
        except Mismatch:
            found, moved = (), value
        if len(found) != len(axes) or any((a is None) != (b is None) for a, b in zip(found, axes, strict=True)):
            self.shape_fail(node, "the value does not fit into what it is assigned to")
        return moved.body


def _terms(expr: ex.Expr) -> tuple[ex.Expr, ...]:
    return expr.terms if isinstance(expr, ex.Add) else (expr,)


def _is_new(node: ast.expr) -> bool:
    """True of None and newaxis."""
    if isinstance(node, ast.Constant):
        return node.value is None
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name == "newaxis"
