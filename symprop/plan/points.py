"""How many points of a box satisfy the constraints of a domain.

Enters: indices, constraints, and sizes of the named extents.  Leaves: an integer.  Constraints are linear in the
indices: with all indices but one given, that one runs over an interval, whose length is known.  What depends on the
values of an integer tensor is not known before a run: an equation with such a value fixes one index, an inequality is
taken to hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import product

from symprop.language import Extent, Index, Position
from symprop.language.indices import Compound, Constraint

MOST = 200_000
"""Points that are gone through one by one; beyond them the whole box counts, less the indices that equations fix."""
Linear = tuple[str, tuple[int, ...], int]
"""Kind of a constraint, the coefficient of every index, and what is added."""


def points(indices: Iterable[Index], constraints: Iterable[Constraint], sizes: Mapping[str, int]) -> int:
    """The number of points, an upper bound where the values of tensors or a very large domain decide.

    Constraints on other indices than these are taken to hold.

    Args:
        indices: the axes of the box.
        constraints: all of them hold at a point that counts.
        sizes: integers for the names in extents.
    """
    free, own = dict.fromkeys(indices), list(dict.fromkeys(constraints))
    given = [c for c in own if (atoms := set(c.position.index_atoms())) and atoms <= free.keys()]
    for constraint in [c for c in given if any(c.position.gathers())]:
        fixed = next((i for i in free if constraint.position.solvable(i)), None)
        if constraint.kind == "eq" and fixed is not None:
            del free[fixed]
    linear = [c for c in given if not any(c.position.gathers()) and set(c.position.index_atoms()) <= free.keys()]
    return math.prod(_component(part, linear, sizes) for part in _components(list(free), linear))


def entries(axes: Iterable[Extent], sizes: Mapping[str, int]) -> int:
    """The number of entries of an array."""
    return math.prod(axis.value(sizes) for axis in axes)


def _components(indices: list[Index], constraints: list[Constraint]) -> Iterator[list[Index]]:
    """Indices that constraints tie together."""
    groups = [{i} for i in indices]
    for constraint in constraints:
        tied = set(constraint.position.index_atoms())
        joined = [g for g in groups if g & tied]
        groups = [g for g in groups if not g & tied] + [set().union(*joined)]
    for group in groups:
        yield [i for i in indices if i in group]


def _component(indices: list[Index], constraints: list[Constraint], sizes: Mapping[str, int]) -> int:
    own = set(indices)
    box = [i.extent.value(sizes) for i in indices]
    rows: list[Linear] = []
    for constraint in constraints:
        if own.intersection(constraint.position.index_atoms()):
            factors, offset = linear(constraint.position, sizes)
            rows.append((constraint.kind, tuple(factors.get(i, 0) for i in indices), offset))
    return _count(tuple(box), tuple(rows)) if rows else math.prod(box)


def linear(position: Position, sizes: Mapping[str, int]) -> tuple[dict[Index, int], int]:
    """Coefficients of the indices, and the offset, of a position without gathers."""
    factors: dict[Index, int] = {}
    offset = position.offset.value(sizes)
    for atom, factor in position.terms:
        if isinstance(atom, Index):
            parts = [({atom: 1}, 0, factor)]
        elif isinstance(atom, Compound):
            scales = [math.prod(r.value(sizes) for r in atom.radices[k + 1 :]) for k in range(len(atom.parts))]
            parts = [(*linear(p, sizes), factor * s) for p, s in zip(atom.parts, scales, strict=True)]
        else:
            raise ValueError(f"{position} depends on values of {atom}; expected indices alone")
        for own, added, scale in parts:
            offset += added * scale
            for index, value in own.items():
                factors[index] = factors.get(index, 0) + value * scale
    return factors, offset


@lru_cache(maxsize=4096)
def _count(box: tuple[int, ...], rows: tuple[Linear, ...]) -> int:
    """Points of a box at which linear forms are 0 ("eq") or at least 0 ("ge")."""
    last = max(range(len(box)), key=box.__getitem__)
    others = [k for k in range(len(box)) if k != last]
    if math.prod(box[k] for k in others) > MOST:
        fixed = {max((k for k, f in enumerate(row[1]) if f), key=box.__getitem__) for row in rows if row[0] == "eq"}
        return math.prod(size for k, size in enumerate(box) if k not in fixed)
    total = 0
    for at in product(*(range(box[k]) for k in others)):
        low, high = 0, box[last] - 1
        for kind, factors, offset in rows:
            value = offset + sum(factors[k] * v for k, v in zip(others, at, strict=True))
            low, high = _narrowed(kind, factors[last], value, low, high)
        total += max(high - low + 1, 0)
    return total


def _narrowed(kind: str, factor: int, value: int, low: int, high: int) -> tuple[int, int]:
    """The part of low ... high in which factor*i + value is 0 or at least 0."""
    if factor == 0:
        return (low, high) if (value >= 0 if kind == "ge" else value == 0) else (1, 0)
    if kind == "eq":
        whole, rest = divmod(-value, factor)
        return (max(low, whole), min(high, whole)) if not rest else (1, 0)
    if factor > 0:
        return max(low, -(value // factor)), high
    return low, min(high, value // -factor)
