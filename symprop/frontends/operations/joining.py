"""Arrays made of arrays.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from symprop.frontends.arrays import Array, aligned, at, axis_of, behind, undecided
from symprop.frontends.bench import Bench
from symprop.frontends.faults import Mismatch, Misuse
from symprop.frontends.operations import arguments
from symprop.frontends.operations.registry import operation
from symprop.frontends.operations.shaping import reshaped, transposed
from symprop.language import EVERYWHERE, Domain, Extent, Index, Position
from symprop.language import expressions as ex

MOST = 256
"""Arrays that are written out entry by entry have at most so many."""


@operation("array", "asarray", "asanyarray", "ascontiguousarray")
def array(bench: Bench, x: Any, dtype: Any = None) -> Array:
    """An array, or one of numbers and arrays in nested lists."""
    found = arguments.array(x, ("x",)) if not isinstance(x, tuple) else _nested(bench, x)
    if dtype is None or (dtype is int and found.kind == "integer") or (dtype is bool and found.kind == "mask"):
        return found
    if dtype is not float:
        raise Misuse("this dtype is not known here; expected float", ("dtype",))
    return found.real()


def _nested(bench: Bench, x: tuple[Any, ...]) -> Array:
    return stack(bench, tuple(array(bench, part) for part in x))


@operation("stack")
def stack(bench: Bench, arrays: Any, axis: Any = 0) -> Array:
    """Arrays of one shape along a new axis."""
    parts = _parts(arrays)
    if any(p.shape != parts[0].shape for p in parts):
        raise Mismatch("do not stack", operands=parts)
    axes, spread = aligned(parts)
    place = arguments.axis(axis, len(axes) + 1, ("axis",))
    new = axis_of(Extent.of(len(parts)), bench.new)
    terms = [ex.guard(Domain.equal(at(new), Position.of(k)), a.body) for k, a in enumerate(spread)]
    return Array((*axes[:place], new, *axes[place:]), ex.add(*terms), _kind(parts, new is None))


def _kind(parts: Sequence[Array], is_single: bool) -> str:
    """The kind of arrays put together: integers stay positions where there is only one."""
    kinds = {p.kind for p in parts}
    return kinds.pop() if is_single and len(kinds) == 1 else "real"


@operation("concatenate")
def concatenate(bench: Bench, arrays: Any, axis: Any = 0) -> Array:
    """Arrays behind one another along an axis they have."""
    parts = _parts(arrays)
    rank = len(parts[0].axes)
    if not rank:
        raise Mismatch("do not concatenate", operands=parts)
    return behind(parts, arguments.axis(axis, rank, ("axis",)), bench.new)


def _parts(arrays: Any) -> list[Array]:
    if not isinstance(arrays, tuple) or not arrays:
        raise Misuse("this takes a list of arrays", ("arrays",))
    if len(arrays) > MOST:
        raise Misuse(f"{len(arrays)} arrays are put together; expected at most {MOST}", ("arrays",))
    return [arguments.array(part, ("arrays", k)) for k, part in enumerate(arrays)]


@operation("vstack")
def vstack(bench: Bench, arrays: Any) -> Array:
    """Rows, or arrays one below the other."""
    parts = [Array((None, *a.axes), a.body) if len(a.axes) == 1 else a for a in _parts(arrays)]
    return concatenate(bench, tuple(parts))


@operation("hstack")
def hstack(bench: Bench, arrays: Any) -> Array:
    """Arrays side by side."""
    parts = tuple(_parts(arrays))
    return concatenate(bench, parts, 0 if len(parts[0].axes) == 1 else 1)


@operation("column_stack")
def column_stack(bench: Bench, arrays: Any) -> Array:
    """Columns, or arrays side by side."""
    parts = [Array((*a.axes, None), a.body) if len(a.axes) == 1 else a for a in _parts(arrays)]
    return concatenate(bench, tuple(parts), 1)


@operation("pad")
def pad(bench: Bench, x: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Array:
    """The array with a border of one number, 0 by default; the widths stand as NumPy takes them."""
    found = arguments.array(x, ("x",))
    if mode != "constant":
        raise Misuse("a border is of one number here; expected mode='constant'", ("mode",))
    value = arguments.real(constant_values, ("constant_values",))
    if value.axes:
        raise Misuse("a border is of one number here", ("constant_values",))
    axes, domain, mapping = list[Index | None](), EVERYWHERE, dict[Index, Position]()
    for axis, extent, (before, after) in zip(found.axes, found.shape, _widths(pad_width, len(found.axes)), strict=True):
        own = axis_of(before + extent + after, bench.new)
        here = at(own) - before
        domain = domain & undecided(Domain.inside(here, extent))
        if axis is not None:
            mapping[axis] = here
        axes.append(own)
    body = ex.add(found.real().moved(mapping), ex.negate(value.body))
    return Array(tuple(axes), ex.add(ex.guard(domain, body), value.body))


def _widths(given: Any, rank: int) -> list[tuple[Extent, Extent]]:
    """Entries before and behind, for every axis: from one number, (before, after), or a pair for each axis."""
    place: tuple[str | int, ...] = ("pad_width",)
    rows = given if isinstance(given, tuple) and any(isinstance(row, tuple) for row in given) else (given,)
    if len(rows) not in (1, rank):
        raise Misuse(f"pad_width has {len(rows)} pairs; the array has {rank} axes", place)
    pairs = [_pair(row, (*place, k) if rows is given else place) for k, row in enumerate(rows)]
    return pairs if len(rows) == rank else pairs * rank


def _pair(given: Any, place: tuple[str | int, ...]) -> tuple[Extent, Extent]:
    found = arguments.shape(given, place)
    if len(found) not in (1, 2):
        raise Misuse("a width is one number or (before, after)", place)
    if any(not extent.at_least(0) for extent in found):
        raise Misuse("a width is at least 0", place)
    return found[0], found[-1]


@operation("swapaxes")
def swapaxes(bench: Bench, x: Any, first: Any, second: Any) -> Array:
    """Two axes exchanged."""
    found = arguments.array(x, ("x",))
    order = list(range(len(found.axes)))
    a, b = (arguments.axis(v, len(order), (n,)) for v, n in ((first, "first"), (second, "second")))
    order[a], order[b] = b, a
    return transposed(found, order)


@operation("append")
def append(bench: Bench, x: Any, values: Any, axis: Any = None) -> Array:
    """Entries behind those of an array; without an axis, of both in row-major order."""
    parts = [arguments.array(part, (name,)) for name, part in (("x", x), ("values", values))]
    if axis is None:
        parts = [reshaped(bench, part, [None]) for part in parts]
    return concatenate(bench, tuple(parts), 0 if axis is None else axis)


@operation("repeat")
def repeat(bench: Bench, x: Any, repeats: Any, axis: Any = None) -> Array:
    """Every entry as many times along an axis: [a, a, b, b]; without one, of all entries in row-major order."""
    found = arguments.array(x, ("x",))
    found = reshaped(bench, found, [None]) if axis is None else found
    place = 0 if axis is None else arguments.axis(axis, len(found.axes), ("axis",))
    count = _times(repeats, ("repeats",))
    spread = Array((*found.axes[: place + 1], axis_of(count, bench.new), *found.axes[place + 1 :]), found.body)
    return _joined(bench, spread, place)


@operation("tile")
def tile(bench: Bench, x: Any, reps: Any) -> Array:
    """The whole array as many times along each axis: [a, b, a, b]."""
    found = arguments.array(x, ("x",))
    given = reps if isinstance(reps, tuple) else (reps,)
    counts = [_times(part, ("reps", k) if given is reps else ("reps",)) for k, part in enumerate(given)]
    rank = max(len(counts), len(found.axes))
    counts = [Extent.of(1)] * (rank - len(counts)) + counts
    found = Array((None,) * (rank - len(found.axes)) + found.axes, found.body, found.kind)
    for place, count in enumerate(counts):
        spread = Array((*found.axes[:place], axis_of(count, bench.new), *found.axes[place:]), found.body, found.kind)
        found = _joined(bench, spread, place)
    return found


def _times(given: Any, place: tuple[str | int, ...]) -> Extent:
    count = arguments.extent(given, place)
    if not count.at_least(1):
        raise Misuse("an array is repeated at least once here", place)
    return count


def _joined(bench: Bench, array: Array, place: int) -> Array:
    """An axis and the next one as one."""
    shape = array.shape
    return reshaped(bench, array, [*shape[:place], shape[place] * shape[place + 1], *shape[place + 2 :]])


@operation("broadcast_to")
def broadcast_to(bench: Bench, x: Any, shape: Any) -> Array:
    """The array in a larger shape, its entries repeated."""
    found, wanted = arguments.array(x, ("x",)), arguments.shape(shape, ("shape",))
    larger = Array(tuple(axis_of(e, bench.new) for e in wanted), ex.ZERO)
    try:
        axes, (_, spread) = aligned([larger, found])
    except Mismatch as error:
        raise Mismatch(str(error), operands=(found, larger)) from None
    return Array(axes, spread.body, found.kind)
