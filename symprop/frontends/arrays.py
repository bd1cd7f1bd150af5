"""Arrays as NumPy means them, with a scalar expression for their entries.

Enters: arrays.  Leaves: arrays.  An axis is an index, or None where its extent is 1, so that broadcasting is a renaming
of indices and a shape that does not fit cannot be overlooked: extents may be names, and two are equal only where
they are for every value of the names.  Every array is made with indices of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from symprop.frontends.faults import Mismatch
from symprop.language import Constraint, Domain, Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.extents import ONE

Axes = tuple[Index | None, ...]
New = Callable[[Extent], Index]


@dataclass(frozen=True)
class Array:
    """An array by the value of its entries.

    Args:
        axes: the index of each axis, None for an extent of 1.
        body: the entry at these indices.
        kind: "real"; "mask" for truth values, which are 0 and 1 here; "integer" for values that may be positions, whose
            body is an index value.
        condition: what a mask compares, where that is one comparison of numbers.
    """

    axes: Axes
    body: ex.Expr
    kind: str = "real"
    condition: ex.Compare | None = None

    @property
    def shape(self) -> tuple[Extent, ...]:
        """Extents of the axes."""
        return tuple(ONE if axis is None else axis.extent for axis in self.axes)

    @property
    def position(self) -> Position | None:
        """The entries as positions, None where they are no integers."""
        if isinstance(self.body, ex.IndexValue) and self.kind == "integer":
            return self.body.position
        value = ex.number(self.body)
        return Position.of(int(value)) if value is not None and value.denominator == 1 else None

    @property
    def extent(self) -> Extent | None:
        """The integer a scalar is, as far as names of extents go; None for anything else."""
        position = None if self.axes else self.position
        return None if position is None or position.terms else position.offset

    def real(self) -> Array:
        """The same numbers, no longer truth values or positions."""
        return Array(self.axes, self.body)

    def moved(self, mapping: dict[Index, Position]) -> ex.Expr:
        """The entry at other positions."""
        return ex.substitute(self.body, mapping)

    def over(self, axes: Axes) -> Array:
        """The same array with other names of its indices."""
        mapping = {
            old: Position.of(new)
            for old, new in zip(self.axes, axes, strict=True)
            if old is not None and new is not None and old != new
        }
        condition = None if self.condition is None else ex.substitute(self.condition, mapping)
        kept = condition if isinstance(condition, ex.Compare) else None
        return replace(self, axes=axes, body=self.moved(mapping), condition=kept)


def scalar(body: ex.Expr, kind: str = "real") -> Array:
    """A number."""
    return Array((), body, kind)


def shape_text(shape: Iterable[Extent]) -> str:
    """A shape as Python writes it: (N, 4), (4,), ()."""
    parts = [str(extent) for extent in shape]
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def aligned(arrays: Sequence[Array]) -> tuple[Axes, list[Array]]:
    """NumPy's broadcasting: the common axes, and the arrays over their indices.

    Raises:
        Mismatch: two extents differ and neither is 1.
    """
    rank = max(len(a.axes) for a in arrays)
    padded = [(None,) * (rank - len(a.axes)) + a.axes for a in arrays]
    axes = tuple(_common(column) for column in zip(*padded, strict=True))
    return axes, [_over(a, axes[rank - len(a.axes) :]) for a in arrays]


def _common(column: tuple[Index | None, ...]) -> Index | None:
    found = [axis for axis in column if axis is not None]
    if any(axis.extent != found[0].extent for axis in found):
        raise Mismatch("do not broadcast")
    return found[0] if found else None


def _over(array: Array, axes: Axes) -> Array:
    """The array over the common indices; its own axes of extent 1 stay."""
    own = tuple(None if mine is None else axis for mine, axis in zip(array.axes, axes, strict=True))
    return array.over(own)


def elementwise(make: Callable[..., ex.Expr], *arrays: Array, kind: str = "real") -> Array:
    """A scalar function of the entries, with broadcasting."""
    axes, spread = aligned(arrays)
    return Array(axes, make(*(a.body for a in spread)), kind)


def compared(left: Array, op: str, right: Array) -> Array:
    """A mask; of integers, a condition on positions, which is exact."""
    axes, (a, b) = aligned([left, right])
    if "integer" in (left.kind, right.kind) and a.position is not None and b.position is not None and op != "!=":
        return Array(axes, ex.guard(_relation(a.position, op, b.position), ex.ONE), "mask")
    condition = ex.Compare(a.body, op, b.body)
    return Array(axes, ex.Where(condition, ex.ONE, ex.ZERO), "mask", condition)


def _relation(left: Position, op: str, right: Position) -> Domain:
    if op == "==":
        return Domain.equal(left, right)
    low, high = (left, right) if op[0] == "<" else (right, left)
    return Domain([Constraint("ge", high - low - (0 if op[-1] == "=" else 1))])


def chosen(mask: Array, then: Array, otherwise: Array) -> Array:
    """where(mask, then, otherwise)."""
    axes, (m, a, b) = aligned([mask, then, otherwise])
    condition = m.condition or ex.Compare(m.body, "!=", ex.ZERO)
    return Array(axes, ex.where(condition, a.body, b.body))


def reduced(array: Array, op: str, dropped: Sequence[int], keep: bool) -> Array:
    """A sum, maximum or minimum over some axes, which then have extent 1 or are gone."""
    bound = [axis for k in dropped if (axis := array.axes[k]) is not None]
    axes = tuple(None if k in dropped else axis for k, axis in enumerate(array.axes) if keep or k not in dropped)
    if op != "sum":
        return Array(axes, ex.Reduce(op, bound, array.body) if bound else array.body)
    return Array(axes, total(bound, array.body))


def total(bound: Sequence[Index], body: ex.Expr) -> ex.Expr:
    """sum over indices; over one that the body does not depend on, its extent times the body."""
    free = ex.free_indices(body)
    idle = [ex.size(Position.of(index.extent)) for index in bound if index not in free]
    return ex.mul(*idle, ex.reduce_("sum", [index for index in bound if index in free], body))


def count(array: Array, dropped: Sequence[int]) -> ex.Expr:
    """Number of entries that a reduction takes together."""
    return ex.mul(*(ex.size(Position.of(array.shape[k])) for k in dropped)) if dropped else ex.ONE


def product(left: Array, right: Array) -> Array:
    """`left @ right`: the last axis of the left meets the last but one of the right, or its only one."""
    if not left.axes or not right.axes:
        raise Mismatch("are multiplied by @, which takes no scalars; expected *")
    place = max(len(right.axes) - 2, 0)
    inner, other = left.axes[-1], right.axes[place]
    if (inner is None) != (other is None) or (inner and other and inner.extent != other.extent):
        raise Mismatch(f"do not fit: {left.shape[-1]} columns on the left meet {right.shape[place]} rows on the right")
    mapping = {other: Position.of(inner)} if inner is not None and other is not None else {}
    row = left.axes[-2:-1]
    column = right.axes[-1:] if len(right.axes) > 1 else ()
    batch, (a, b) = aligned([Array(left.axes[:-2], left.body), Array(right.axes[:-2], right.moved(mapping))])
    return Array((*batch, *row, *column), total([inner] if inner else [], ex.mul(a.body, b.body)))


def behind(parts: Sequence[Array], place: int, new: New) -> Array:
    """Arrays behind one another along an axis they have; the others fit.

    Raises:
        Mismatch: they do not.
    """
    rank = len(parts[0].axes)
    if any(len(p.axes) != rank for p in parts) or not rank:
        raise Mismatch("do not concatenate", operands=parts)
    rest = [tuple(e for k, e in enumerate(p.shape) if k != place) for p in parts]
    if any(r != rest[0] for r in rest):
        raise Mismatch("do not concatenate", operands=parts)
    whole = sum((part.shape[place] for part in parts), Extent.of(0))
    own, start = axis_of(whole, new), Extent.of(0)
    common = tuple(axis for k, axis in enumerate(parts[0].axes) if k != place)
    terms = []
    for part in parts:
        mine, here = part.axes[place], at(own) - start
        others = part.over((*common[:place], mine, *common[place:]))
        body = others.moved({mine: here}) if mine is not None else others.body
        terms.append(ex.guard(undecided(Domain.inside(here, part.shape[place])), body))
        start = start + part.shape[place]
    return Array((*common[:place], own, *common[place:]), ex.add(*terms))


def undecided(domain: Domain) -> Domain:
    """The domain without what always holds."""
    return Domain(c for c in domain.constraints if c.verdict() is not True)


def refreshed(array: Array, new: New) -> Array:
    """The array with free indices that nobody else has."""
    return array.over(tuple(None if axis is None else new(axis.extent) for axis in array.axes))


def axis_of(extent: Extent, new: New) -> Index | None:
    """An axis of a given extent."""
    return None if extent == ONE else new(extent)


def filled(shape: Sequence[Extent], body: ex.Expr, new: New) -> Array:
    """An array with the same number in every entry."""
    return Array(tuple(axis_of(extent, new) for extent in shape), body)


def identity(rows: Extent, columns: Extent, new: New) -> Array:
    """eye(rows, columns)."""
    i, j = axis_of(rows, new), axis_of(columns, new)
    equal = Domain.equal(at(i), at(j))
    return Array((i, j), ex.guard(equal, ex.ONE))


def at(axis: Index | None) -> Position:
    """The position an axis stands for; 0 along one of extent 1."""
    return Position.of(0 if axis is None else axis)
