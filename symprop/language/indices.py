"""Index values: what stands inside the brackets of a read, and the domains indices are restricted to.

Enters: indices with extents.  Leaves: `Position` (an affine form in indices, compound indices and integer tensors) and
`Domain` (a conjunction of constraints on positions).  Nothing here knows of scalar expressions, except that an integer
tensor may stand in a position: such an atom is any node with a `substitute` and an `index_atoms` method.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Union

from symprop.language.extents import Extent
from symprop.language.node import Node


class Index(Node):
    """A named index that runs over 0, 1, ..., extent - 1."""

    __slots__ = ("extent", "name")
    name: str
    extent: Extent

    def __init__(self, name: str, extent: Extent | int | str) -> None:
        self._set(Extent.of(extent), name)

    def substitute(self, mapping: Mapping[Index, Position]) -> Position:
        """The position this index stands for under the mapping."""
        found = mapping.get(self)
        return Position.of(self) if found is None else found

    def index_atoms(self) -> Iterator[Index]:
        """The indices this atom depends on: itself."""
        yield self

    def __str__(self) -> str:
        return self.name


class Compound(Node):
    """Mixed-radix index (p_0, p_1, ...) = (p_0*r_1 + p_1)*r_2 + ..., with radices r: flatten and its inverse reads."""

    __slots__ = ("parts", "radices")
    parts: tuple[Position, ...]
    radices: tuple[Extent, ...]

    def __init__(self, parts: Iterable[Position], radices: Iterable[Extent]) -> None:
        self._set(tuple(parts), tuple(radices))

    def substitute(self, mapping: Mapping[Index, Position]) -> Position:
        """The same compound over substituted parts; the first digit is left out where 0 is the only one it can be."""
        parts, radices = [part.substitute(mapping) for part in self.parts], self.radices
        while len(parts) > 1 and parts[0] == Position.of(0) and radices[0].constant == 1:
            parts, radices = parts[1:], radices[1:]
        return parts[0] if len(parts) == 1 else Position.of(Compound(parts, radices))

    def index_atoms(self) -> Iterator[Index]:
        """The indices of all parts."""
        for part in self.parts:
            yield from part.index_atoms()

    def __str__(self) -> str:
        return "(" + ", ".join(map(str, self.parts)) + ")"


class Gather(Node):
    """An integer tensor used as a position: tok[n, t], or the argmax of a pooling window."""

    __slots__ = ("positions", "tensor")
    tensor: str
    positions: tuple[Position, ...]

    def __init__(self, tensor: str, positions: Iterable[Position]) -> None:
        self._set(tuple(positions), tensor)

    def substitute(self, mapping: Mapping[Index, Position]) -> Position:
        """The same read at substituted positions."""
        return Position.of(Gather(self.tensor, [p.substitute(mapping) for p in self.positions]))

    def index_atoms(self) -> Iterator[Index]:
        """The indices of the positions read."""
        for position in self.positions:
            yield from position.index_atoms()

    def __str__(self) -> str:
        return f"{self.tensor}[{', '.join(map(str, self.positions))}]"


Atom = Union[Index, Compound, Gather]  # noqa: UP007  (a name for annotations and isinstance alike)


class Position(Node):
    """sum_a c_a * atom_a + offset: an affine form with integer coefficients and an `Extent` as offset.

    Terms are kept in the order they were written, for the reader; forms that differ in it alone are equal.
    """

    __slots__ = ("offset", "terms")
    terms: tuple[tuple[Atom, int], ...]
    offset: Extent

    def __init__(self, terms: Mapping[Atom, int], offset: Extent | int = 0) -> None:
        self._set(Extent.of(offset), tuple((a, c) for a, c in terms.items() if c))

    def _set(self, *values: Any) -> None:
        super()._set(*values)
        object.__setattr__(self, "_hash", hash((self.offset, frozenset(self.terms))))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Position) or self._hash != other._hash:
            return False
        return self.offset == other.offset and frozenset(self.terms) == frozenset(other.terms)

    __hash__ = Node.__hash__

    @staticmethod
    def of(value: Position | Atom | Extent | int) -> Position:
        """A position from an atom, an extent or an integer."""
        if isinstance(value, Position):
            return value
        if isinstance(value, Extent | int):
            return Position({}, value)
        return Position({value: 1})

    @property
    def atom(self) -> Atom | None:
        """The atom this position is, where it is one alone."""
        plain = len(self.terms) == 1 and self.terms[0][1] == 1 and not self.offset.terms
        return self.terms[0][0] if plain else None

    @property
    def shown(self) -> tuple[tuple[Atom, int], ...]:
        """The terms for a reader: `i - u` rather than `-u + i`, otherwise as they were written."""
        if not self.terms or self.terms[0][1] > 0:
            return self.terms
        return tuple(sorted(self.terms, key=lambda term: term[1] < 0))

    @property
    def index(self) -> Index | None:
        """The index this position is, where it is one alone."""
        atom = self.atom
        return atom if isinstance(atom, Index) else None

    def __add__(self, other: Position | Atom | Extent | int) -> Position:
        right = Position.of(other)
        total = dict(self.terms)
        for atom, coefficient in right.terms:
            total[atom] = total.get(atom, 0) + coefficient
        return Position(total, self.offset + right.offset)

    def __mul__(self, factor: int) -> Position:
        return Position({a: c * factor for a, c in self.terms}, self.offset * factor)

    def __sub__(self, other: Position | Atom | Extent | int) -> Position:
        return self + Position.of(other) * -1

    def coefficient(self, index: Index) -> int:
        """The coefficient of a plain index (0 where it does not occur as one)."""
        return next((c for a, c in self.terms if a == index), 0)

    def solvable(self, index: Index) -> bool:
        """True where `self = 0` gives `index` with coefficient 1 or -1 and it occurs nowhere else in the form."""
        if self.coefficient(index) not in (1, -1):
            return False
        return not any(index in a.index_atoms() for a, _ in self.terms if not isinstance(a, Index))

    def substitute(self, mapping: Mapping[Index, Position]) -> Position:
        """The form with indices replaced by positions."""
        if not any(i in mapping for i in self.index_atoms()):
            return self
        total = Position({}, self.offset)
        for atom, coefficient in self.terms:
            total = total + atom.substitute(mapping) * coefficient
        return total

    def index_atoms(self) -> Iterator[Index]:
        """All indices the form depends on, with repetitions."""
        for atom, _ in self.terms:
            yield from atom.index_atoms()

    def gathers(self) -> Iterator[Gather]:
        """All integer tensors read inside the form, nested ones included."""
        for atom, _ in self.terms:
            if isinstance(atom, Gather):
                yield atom
            for inner in getattr(atom, "parts", ()) or getattr(atom, "positions", ()):
                yield from inner.gathers()

    def bounds(self, extents_of: Mapping[str, Extent] | None = None) -> tuple[Extent, Extent] | None:
        """Smallest and largest value over the box of its indices, or None where an atom's range is unknown."""
        low = high = self.offset
        for atom, c in self.terms:
            size = _range(atom, extents_of or {})
            if size is None:
                return None
            low, high = (low, high + (size - 1) * c) if c > 0 else (low + (size - 1) * c, high)
        return low, high

    def __str__(self) -> str:
        text = ""
        for atom, c in self.shown:
            body = str(atom) if abs(c) == 1 else f"{abs(c)}*{atom}"
            text += (" - " if c < 0 else " + ") + body if text else ("-" if c < 0 else "") + body
        if not text:
            return str(self.offset)
        rest = str(self.offset) if self.offset.terms else ""
        if not rest:
            return text
        return f"{text} - {rest[1:]}" if rest.startswith("-") else f"{text} + {rest}"


def _range(atom: Atom, extents_of: Mapping[str, Extent]) -> Extent | None:
    """The extent over which an atom's values lie: an integer tensor's values are checked to lie in its range."""
    if isinstance(atom, Index):
        return atom.extent
    if isinstance(atom, Gather):
        return extents_of.get(atom.tensor)
    if all(within(part, radix, extents_of) for part, radix in zip(atom.parts, atom.radices, strict=True)):
        size = Extent.of(1)
        for radix in atom.radices:
            size = size * radix
        return size
    return None


def within(position: Position, extent: Extent, extents_of: Mapping[str, Extent] | None = None) -> bool:
    """True where 0 <= position < extent is proved for all values of the indices in their boxes."""
    bounds = position.bounds(extents_of)
    return bounds is not None and bounds[0].at_least(0) and (extent - bounds[1]).at_least(1)


class Constraint(Node):
    """`position >= 0` (kind "ge") or `position == 0` (kind "eq")."""

    __slots__ = ("kind", "position")
    kind: str
    position: Position

    def __init__(self, kind: str, position: Position) -> None:
        if kind not in ("ge", "eq"):
            raise ValueError(f"kind {kind!r} of a constraint; expected 'ge' or 'eq'")
        self._set(kind, position)

    def substitute(self, mapping: Mapping[Index, Position]) -> Constraint:
        """The constraint on substituted positions."""
        return Constraint(self.kind, self.position.substitute(mapping))

    def verdict(self, extents_of: Mapping[str, Extent] | None = None) -> bool | None:
        """True where it always holds, False where it never does, None where that is not proved."""
        bounds = self.position.bounds(extents_of)
        if bounds is None:
            return None
        low, high = bounds
        if self.kind == "ge":
            return True if low.at_least(0) else False if (high * -1).at_least(1) else None
        if not low.terms and not high.terms:
            return True
        return False if low.at_least(1) or (high * -1).at_least(1) else None


class Domain(Node):
    """A conjunction of constraints; the empty one is everywhere."""

    __slots__ = ("constraints",)
    constraints: tuple[Constraint, ...]

    def __init__(self, constraints: Iterable[Constraint] = ()) -> None:
        self._set(tuple(dict.fromkeys(constraints)))

    @staticmethod
    def equal(left: Position, right: Position) -> Domain:
        """The points where two positions are the same; of two compounds with the same radices, part by part."""
        a, b = left.atom, right.atom
        if isinstance(a, Compound) and isinstance(b, Compound) and a.radices == b.radices:
            return Domain(c for p, q in zip(a.parts, b.parts, strict=True) for c in Domain.equal(p, q).constraints)
        difference = left - right
        return Domain([Constraint("eq", difference)]) if difference.terms or difference.offset.terms else EVERYWHERE

    @staticmethod
    def inside(position: Position, extent: Extent) -> Domain:
        """The points where 0 <= position < extent."""
        return Domain([Constraint("ge", position), Constraint("ge", Position.of(extent - 1) - position)])

    def __and__(self, other: Domain) -> Domain:
        return Domain((*self.constraints, *other.constraints))

    def substitute(self, mapping: Mapping[Index, Position]) -> Domain:
        """The domain on substituted positions."""
        return Domain(c.substitute(mapping) for c in self.constraints)

    def index_atoms(self) -> Iterator[Index]:
        """All indices the constraints depend on, with repetitions."""
        for constraint in self.constraints:
            yield from constraint.position.index_atoms()

    def split(self, indices: Iterable[Index]) -> tuple[Domain, Domain]:
        """(constraints on any of the indices, all others)."""
        bound = set(indices)
        touching = [c for c in self.constraints if bound.intersection(c.position.index_atoms())]
        return Domain(touching), Domain(c for c in self.constraints if c not in touching)

    def __bool__(self) -> bool:
        return bool(self.constraints)


EVERYWHERE = Domain()
