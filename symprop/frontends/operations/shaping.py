"""Changes of shape.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symprop.frontends.arrays import Array, shape_text, undecided
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.registry import operation
from symprop.frontends.regroup import completed, regrouped
from symprop.language import Compound, Domain, Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.extents import ONE


@operation("len")
def length(bench: Bench, x: Any) -> Array:
    """The extent of the first axis."""
    array = arguments.array(x, ("x",))
    if not array.axes:
        raise Mismatch("len needs an axis; got a number")
    return size_of(array.shape[0])


@operation("size")
def size(bench: Bench, x: Any) -> Array:
    """The number of entries."""
    whole = ONE
    for extent in arguments.array(x, ("x",)).shape:
        whole = whole * extent
    return size_of(whole)


def size_of(extent: Extent) -> Array:
    """An extent as a number."""
    return Array((), ex.size(Position.of(extent)), "integer")


@operation("copy")
def copy(bench: Bench, x: Any) -> Array:
    """The same values."""
    return arguments.array(x, ("x",))


@operation("astype")
def astype(bench: Bench, x: Any, dtype: Any) -> Array:
    """The values as real numbers; the kind is float."""
    if dtype is not float:
        raise Misuse("astype takes float here", ("dtype",))
    return arguments.real(x, ("x",))


@operation("transpose")
def transpose(bench: Bench, x: Any, *axes: Any) -> Array:
    """The axes in another order, reversed by default."""
    array = arguments.array(x, ("x",))
    rank = len(array.axes)
    given, at = arguments.variadic(axes, "axes")
    order = [arguments.axis(part, rank, (*at, k)) for k, part in enumerate(given)] or list(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        raise Mismatch(f"transpose needs each of {rank} axes once")
    return transposed(array, order)


def transposed(array: Array, order: Sequence[int]) -> Array:
    """The axes in another order."""
    return Array(tuple(array.axes[k] for k in order), array.body, array.kind, array.condition)


@operation("flip")
def flip(bench: Bench, x: Any, axis: Any = None) -> Array:
    """The entries in the reverse order along some axes, along all by default."""
    return _flipped(arguments.array(x, ("x",)), axis)


@operation("flipud")
def flipud(bench: Bench, x: Any) -> Array:
    """The rows in the reverse order."""
    return _flipped(arguments.array(x, ("x",)), 0)


@operation("fliplr")
def fliplr(bench: Bench, x: Any) -> Array:
    """The columns in the reverse order."""
    return _flipped(arguments.array(x, ("x",)), 1)


def _flipped(array: Array, axis: Any) -> Array:
    turned = [array.axes[k] for k in arguments.axes(axis, len(array.axes))]
    mapping = {own: Position.of(own.extent - 1) - Position.of(own) for own in turned if own is not None}
    return Array(array.axes, array.moved(mapping), array.kind)


@operation("roll")
def roll(bench: Bench, x: Any, shift: Any, axis: Any = None) -> Array:
    """x[i - shift] along some axes, the end before the beginning; without one, of all entries in row-major order."""
    array = arguments.array(x, ("x",))
    if axis is None and len(array.axes) > 1:
        return reshaped(bench, roll(bench, reshaped(bench, array, [None]), shift), list(array.shape))
    places = axis if isinstance(axis, tuple) else (0 if axis is None else axis,)
    shifts = shift if isinstance(shift, tuple) else (shift,) * len(places)
    if len(shifts) != len(places):
        raise Misuse(f"{len(shifts)} shifts are given for {len(places)} axes", ("shift",))
    for k, (place, by) in enumerate(zip(places, shifts, strict=True)):
        array = _rolled(array, arguments.axis(place, len(array.axes), ("axis", k)), arguments.extent(by, ("shift", k)))
    return array


def _rolled(array: Array, place: int, shift: Extent) -> Array:
    axis, extent = array.axes[place], array.shape[place]
    if extent.constant is not None and shift.constant is not None:
        shift = Extent.of(shift.constant % extent.constant)
    elif not shift.at_least(0):
        shift = shift + extent
    if axis is None or shift == Extent.of(0) or shift == extent:
        return array
    if not (shift.at_least(0) and (extent - shift).at_least(0)):
        raise Mismatch(f"a roll by {shift} may go around an axis of extent {extent}", needs=extent.names | shift.names)
    here = Position.of(axis) - shift
    parts = [
        ex.guard(undecided(Domain.inside(p, extent)), ex.substitute(array.body, {axis: p}))
        for p in (here, here + extent)
    ]
    return Array(array.axes, ex.add(*parts))


@operation("expand_dims")
def expand_dims(bench: Bench, x: Any, axis: Any) -> Array:
    """An axis of extent 1 more."""
    array = arguments.array(x, ("x",))
    place = arguments.axis(axis, len(array.axes) + 1, ("axis",))
    return Array((*array.axes[:place], None, *array.axes[place:]), array.body, array.kind)


@operation("squeeze")
def squeeze(bench: Bench, x: Any, axis: Any = None) -> Array:
    """Axes of extent 1 left out."""
    array = arguments.array(x, ("x",))
    ones = [k for k, a in enumerate(array.axes) if a is None]
    dropped = ones if axis is None else arguments.axes(axis, len(array.axes))
    if set(dropped) - set(ones):
        raise Mismatch(f"squeeze drops axes of extent 1; the shape is {shape_text(array.shape)}")
    return Array(tuple(a for k, a in enumerate(array.axes) if k not in dropped), array.body, array.kind)


@operation("ravel", "flatten")
def ravel(bench: Bench, x: Any) -> Array:
    """All entries on one axis, in row-major order."""
    return reshaped(bench, arguments.array(x, ("x",)), [None])


@operation("reshape")
def reshape(bench: Bench, x: Any, *shape: Any) -> Array:
    """The entries in row-major order in another shape, of which one extent may be -1."""
    if not shape:
        raise Misuse("reshape needs an array and a shape")
    given, at = arguments.variadic(shape, "shape")
    wanted = [_extent(part, (*at, k)) for k, part in enumerate(given)]
    if wanted.count(None) > 1:
        raise Misuse("reshape can find only one extent, a single -1")
    return reshaped(bench, arguments.array(x, ("x",)), wanted)


def _extent(value: Any, at: tuple[str | int, ...]) -> Extent | None:
    found = arguments.extent(value, at)
    return None if found.constant == -1 else found


def reshaped(bench: Bench, array: Array, wanted: Sequence[Extent | None]) -> Array:
    """An array in another shape; None is the extent to be found."""
    shape = completed(array.shape, wanted)
    groups = None if shape is None else regrouped(array.shape, shape)
    if shape is None or groups is None:
        shown = ", ".join("-1" if extent is None else str(extent) for extent in wanted)
        hint = "Axes can be merged or split in order; reshape does not transpose."
        message = f"an array of shape {shape_text(array.shape)} cannot become ({shown})"
        raise Mismatch(message, hint=hint)
    merged = _merged(bench, array, [len(old) for old, _ in groups])
    mapping: dict[Index, Position] = {}
    found: list[Index] = []
    for axis, (_, new) in zip(merged.axes, groups, strict=True):
        assert axis is not None
        parts = [axis] if len(new) == 1 else [bench.new(extent) for extent in new]
        if len(new) > 1:
            mapping[axis] = Position.of(Compound(map(Position.of, parts), new))
        found += parts
    order = iter(found)
    axes = tuple(None if extent == ONE else next(order) for extent in shape)
    return Array(axes, merged.moved(mapping), array.kind)


def _merged(bench: Bench, array: Array, sizes: Sequence[int]) -> Array:
    """The array without axes of extent 1, neighbouring axes taken together."""
    rest = [axis for axis in array.axes if axis is not None]
    if all(size == 1 for size in sizes):
        return Array(tuple(rest), array.body, array.kind)
    left, shape = list[Position](), list[Extent]()
    for size in sizes:
        group, rest = rest[:size], rest[size:]
        radices = [axis.extent for axis in group]
        whole = ONE
        for radix in radices:
            whole = whole * radix
        left.append(Position.of(group[0] if size == 1 else Compound(map(Position.of, group), radices)))
        shape.append(whole)
    return bench.stored(array, left, shape)


def number(value: int) -> Array:
    """A whole number."""
    return size_of(Extent.of(value))
