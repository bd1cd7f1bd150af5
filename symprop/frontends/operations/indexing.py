"""What stands in brackets behind an array: slices, new axes, integer arrays.

Enters: an array and the values in brackets.  Leaves: for reading, the array of the entries named; for an assignment,
the array afterwards, found from where the entries are: a domain over its own indices, and the position of each index
of the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symprop.frontends.arrays import Array, aligned, at, axis_of, chosen, scalar, shape_text, total
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.operators import binary
from symprop.language import EVERYWHERE, Domain, Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.indices import within


@dataclass(frozen=True)
class Window:
    """A slice start, start + step, ..., of a known length."""

    start: Extent
    length: Extent
    step: int = 1


Item = Window | Array | None
"""What stands on one axis: a slice, an integer (array), or a new axis."""


def items_of(bench: Bench, array: Array, inside: Sequence[Any]) -> list[Item]:
    """The items of a subscript, one for each axis of the array, new axes beside."""
    given = [part for part in inside if part is not None]
    dots = [part for part in given if part is Ellipsis]
    missing = len(array.axes) - (len(given) - len(dots))
    if len(dots) > 1 or missing < 0:
        raise Mismatch(f"{len(given)} subscripts are given to an array of {len(array.axes)} axes")
    found: list[Item] = []
    shape = iter(array.shape)
    for number, part in enumerate(inside if dots else [*inside, Ellipsis]):
        if part is None:
            found.append(None)
        elif part is Ellipsis:
            found += [Window(Extent.of(0), next(shape)) for _ in range(missing)]
        else:
            found.append(_item(bench, part, next(shape), number))
    return found


def _item(bench: Bench, part: Any, extent: Extent, number: int) -> Item:
    if isinstance(part, slice):
        return _window(part, extent, number)
    array = arguments.array(part, (number,))
    if array.kind == "mask":
        message = "selecting entries by a mask gives an array of no fixed shape"
        raise Misuse(message, (number,), "Multiply by the mask, or write where(mask, a, 0).")
    if array.position is None:
        raise Misuse("`{text}` cannot stand in a subscript; expected integers or a slice", (number,))
    return _counted(bench, array, extent, number)


def _counted(bench: Bench, array: Array, extent: Extent, number: int) -> Array:
    """The integers with negative constants counted from the end, within the axis."""
    position = array.position
    assert position is not None
    constant = array.extent
    if constant is not None and (constant.constant or 0) < 0:
        position = Position.of(extent + constant)
    if not within(position, extent, bench.ranges):
        bounds = position.bounds(bench.ranges)
        reach = f"0 to {bounds[1]}" if bounds and not array.extent else "{text}"
        message = f"subscript {reach} is not within an axis of extent {extent}"
        raise Mismatch(message, (number,), needs=extent.names)
    return Array(array.axes, ex.IndexValue(position), "integer")


def _window(part: slice, extent: Extent, number: int) -> Window:
    step = None if part.step is None else arguments.array(part.step).extent
    if step is not None and step != Extent.of(1):
        return _strided(part, extent, step.constant, number)
    start = _end(part.start, Extent.of(0), extent, (number, 0))
    stop = _end(part.stop, extent, extent, (number, 1))
    length = stop - start
    if not (length.at_least(0) and start.at_least(0) and (extent - stop).at_least(0)):
        message = f"slice {{text}} is not within an axis of extent {extent}"
        raise Mismatch(message, (number,), needs=extent.names | start.names | stop.names)
    return Window(start, length)


def _strided(part: slice, extent: Extent, step: int | None, number: int) -> Window:
    """A slice with a step, of an axis whose extent is a number; or all of one backwards."""
    if step == -1 and part.start is None and part.stop is None:
        return Window(extent - 1, extent, -1)
    given = (part.start, part.stop)
    start, stop = (None if end is None else _number(end) for end in given)
    if extent.constant is None or not step or (start, stop).count(None) > given.count(None):
        message = "a slice with a step cannot stand here; expected start:stop"
        raise Misuse(message, (number,))
    found = range(*slice(start, stop, step).indices(extent.constant))
    return Window(Extent.of(found.start), Extent.of(len(found)), step)


def _number(value: Any) -> int | None:
    extent = arguments.array(value).extent
    return None if extent is None else extent.constant


def _end(part: Any, default: Extent, extent: Extent, place: tuple[int, int]) -> Extent:
    if part is None:
        return default
    value = arguments.array(part, place).extent
    if value is None:
        raise Misuse("`{text}` cannot bound a slice; expected a whole number", place)
    return extent + value if (value.constant or 0) < 0 else value


def selected(bench: Bench, array: Array, inside: Sequence[Any]) -> Array:
    """`array[inside]`."""
    axes, positions = _layout(bench, items_of(bench, array, inside))
    mapping = {axis: p for axis, p in zip(array.axes, positions, strict=True) if axis is not None}
    return Array(axes, ex.substitute(array.body, mapping), array.kind)


def _layout(bench: Bench, items: Sequence[Item]) -> tuple[tuple[Index | None, ...], list[Position]]:
    """Axes of the selection, and where each axis of the array stands in terms of them."""
    fancy = [k for k, item in enumerate(items) if isinstance(item, Array)]
    arrays = [item for item in items if isinstance(item, Array)]
    if any(a.axes for a in arrays) and fancy[-1] - fancy[0] >= len(fancy):
        raise Misuse("integer arrays with a slice between them cannot stand here")
    try:
        common, spread = aligned(arrays) if arrays else ((), [])
    except Mismatch:
        raise Mismatch("the integer arrays of this subscript do not broadcast") from None
    axes: list[Index | None] = []
    positions: list[Position] = []
    places = iter(spread)
    for k, item in enumerate(items):
        if item is None:
            axes.append(None)
        elif isinstance(item, Window):
            axis = axis_of(item.length, bench.new)
            axes.append(axis)
            positions.append(at(axis) * item.step + item.start)
        else:
            axes += common if k == fancy[0] else ()
            positions.append(next(places).position or Position.of(0))
    return tuple(axes), positions


def assigned(bench: Bench, array: Array, inside: Sequence[Any], value: Array, op: str = "") -> Array:
    """The array after `array[inside] = value`, or `array[inside] op= value`."""
    if array.kind != "real":
        what = "integers" if array.kind == "integer" else "truth values"
        raise Misuse(f"{{name}} holds {what} and cannot be changed in place")
    if len(inside) == 1 and isinstance(inside[0], Array) and inside[0].kind == "mask":
        return _masked(array, inside[0], value, op)
    axes, positions = _layout(bench, items_of(bench, array, inside))
    domain, solved = EVERYWHERE, dict[Index, Position]()
    for axis, position in zip(array.axes, positions, strict=True):
        domain = domain & _solve(axis, position, solved)
    if any(axis is not None and axis not in solved for axis in axes):
        message = "this may name one entry twice, and NumPy then keeps only one of the values"
        raise Misuse(message, hint="To accumulate, multiply by onehot(...).T.")
    domain = domain.substitute(solved)
    operand = ex.substitute(_spread(value.real(), axes), solved)
    if op in ("+", "-"):
        change = operand if op == "+" else ex.negate(operand)
    else:
        new = binary(op, scalar(array.body), scalar(operand)).body if op else operand
        change = ex.add(new, ex.negate(array.body))
    return Array(array.axes, ex.add(array.body, ex.guard(domain, change)))


def accumulated(bench: Bench, array: Array, inside: Sequence[Any], value: Array) -> Array:
    """The array after `np.add.at(array, inside, value)`: what is named twice is added twice."""
    axes, positions = _layout(bench, items_of(bench, array, inside))
    domain, solved = EVERYWHERE, dict[Index, Position]()
    for axis, position in zip(array.axes, positions, strict=True):
        domain = domain & _solve(axis, position, solved)
    bound = [axis for axis in axes if axis is not None and axis not in solved]
    added = ex.guard(domain.substitute(solved), ex.substitute(_spread(value.real(), axes), solved))
    return Array(array.axes, ex.add(array.body, total(bound, added)))


def _solve(axis: Index | None, position: Position, solved: dict[Index, Position]) -> Domain:
    """The condition on an index of the array; an index of the selection is solved for where that is possible."""
    own = at(axis)
    for atom, coefficient in position.terms:
        if isinstance(atom, Index) and coefficient in (1, -1) and len(position.terms) == 1 and atom not in solved:
            solved[atom] = (own - position.offset) * coefficient
            inside = Domain.inside(solved[atom], atom.extent)
            return Domain(c for c in inside.constraints if c.verdict() is not True)
    return Domain.equal(own, position)


def _spread(value: Array, axes: tuple[Index | None, ...]) -> ex.Expr:
    """The entry of the value at the indices of the selection."""
    try:
        found, (_, moved) = aligned([Array(axes, ex.ZERO), value])
    except Mismatch:
        found, moved = (), value
    if len(found) != len(axes) or any((a is None) != (b is None) for a, b in zip(found, axes, strict=True)):
        raise Mismatch("the value does not fit into what it is assigned to")
    return moved.body


def _masked(array: Array, mask: Array, value: Array, op: str) -> Array:
    """The array after `array[mask] = number`."""
    if mask.shape != array.shape:
        shapes = f"{shape_text(mask.shape)} on an array of shape {shape_text(array.shape)}"
        raise Mismatch(f"a mask of shape {shapes}", operands=(mask, array), is_whole=True)
    if value.axes:
        raise Misuse("only a number can be assigned through a mask", hint="Write where(mask, a, b).")
    return chosen(mask, binary(op, array, value) if op else value.real(), array)
