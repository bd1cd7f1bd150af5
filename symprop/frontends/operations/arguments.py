"""Arguments of operations: values as arrays, axes, extents, shapes and truth values.

Enters: a value, and which argument it is.  Leaves: what the operation needs of it, or a `Misuse`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from symprop.frontends.arrays import Array, scalar, shape_text
from symprop.frontends.faults import At, Mismatch, Misuse
from symprop.language import Extent
from symprop.language import expressions as ex

WORDS: tuple[tuple[type, str], ...] = (
    (bool, "a truth value"),
    (type(None), "None"),
    (str, "a string"),
    (tuple, "a tuple"),
    (type(Ellipsis), "`...`"),
    (slice, "a slice"),
)


def array(value: Any, at: At = ()) -> Array:
    """A value as an array."""
    if isinstance(value, Array):
        return value
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return scalar(ex.Number(value))
    what = next((words for kind, words in WORDS if isinstance(value, kind)), "this")
    raise Misuse(f"{what} cannot stand in a formula", at)


def real(value: Any, at: At = ()) -> Array:
    """A value as an array of real numbers."""
    return array(value, at).real()


def integer(value: Any, at: At) -> int:
    """A whole number that is known."""
    extent = array(value, at).extent
    if extent is None or extent.constant is None:
        raise Misuse("`{text}` is not known as a number; expected a whole number", at)
    return extent.constant


def axis(value: Any, rank: int, at: At) -> int:
    """An axis, counted from 0."""
    found = integer(value, at)
    if not -rank <= found < rank:
        words = {0: "a number has no axes", 1: "the array has one axis, which is axis 0"}
        has = words.get(rank, f"the array has {rank} axes, counted from 0")
        hint = "maximum(a, b) is the larger of two values, max(a, axis) the largest along an axis." if not rank else ""
        raise Mismatch(f"there is no axis {found}: {has}", at, hint)
    return found % rank


def axes(value: Any, rank: int, at: At = ("axis",)) -> list[int]:
    """The axes of `axis=`, counted from 0; all where none is given."""
    if value is None:
        return list(range(rank))
    if isinstance(value, tuple):
        found = [axis(part, rank, (*at, k)) for k, part in enumerate(value)]
    else:
        found = [axis(value, rank, at)]
    if len(set(found)) != len(found):
        raise Misuse("an axis is named twice", at)
    return found


def flag(value: Any, at: At) -> bool:
    """True or False."""
    if isinstance(value, bool):
        return value
    raise Misuse("`{text}` stands where True or False is expected", at)


def extent(value: Any, at: At) -> Extent:
    """An extent: a whole number, N, or X.shape[0]."""
    found = array(value, at).extent
    if found is None:
        raise Misuse("`{text}` is not known as an extent; expected a number, N or X.shape[0]", at)
    return found


def shape(value: Any, at: At) -> list[Extent]:
    """A shape: a tuple of extents, or one extent."""
    if isinstance(value, tuple):
        return [extent(part, (*at, k)) for k, part in enumerate(value)]
    return [extent(value, at)]


def fitted(make: Callable[..., Array], *args: Any) -> Array:
    """An operation on arrays; of shapes that do not fit it is known which they are."""
    try:
        return make(*args)
    except Mismatch as error:
        operands = [a for a in args if isinstance(a, Array)]
        raise Mismatch(str(error), error.at, error.hint, operands) from None


def variadic(values: Sequence[Any], at: str) -> tuple[Sequence[Any], At]:
    """Values given one by one, or as one tuple: reshape(x, 2, 3) and reshape(x, (2, 3))."""
    if len(values) == 1 and isinstance(values[0], tuple):
        return values[0], (at, 0)
    return values, (at,)


def shapes_of(arrays: Sequence[Array]) -> list[str]:
    """Shapes as Python writes them."""
    return [shape_text(a.shape) for a in arrays]
