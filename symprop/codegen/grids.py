"""Reads, positions and domains as NumPy text: slices where indices stand plainly, grids of indices elsewhere.

Enters: index values of the language, in a context of axes.  Leaves: `Value`s, text with the indices its axes are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from symprop.codegen.naming import Names
from symprop.codegen.positions import Positions
from symprop.language import Compound, Domain, Extent, Gather, Index, Position, Read, Tensor
from symprop.language.indices import Atom

SUM, PRODUCT, UNARY, POWER, ATOM = range(5)


@dataclass(frozen=True)
class Value:
    """Text of an array, how strongly it binds, and the indices its axes are."""

    text: str
    level: int
    own: tuple[Index, ...] = ()

    def at(self, level: int) -> str:
        """The text, bracketed where it binds weaker."""
        return f"({self.text})" if self.level < level else self.text


class Grids:
    """Writer of reads and positions in one function.

    Args:
        names: identifiers of the function.
        tensors: every tensor by name.
    """

    def __init__(self, names: Names, tensors: Mapping[str, Tensor]) -> None:
        self.names, self.tensors = names, tensors
        ranges = {t.name: t.high for t in tensors.values() if t.dtype == "integer" and t.high is not None}
        self.at = Positions(names, ranges)
        self.steps: set[Index] = set()
        """Indices that are loop variables, not axes."""
        self.products: dict[str, Value] = {}
        """Matrix products that the equation being written takes in place of a read of its own target."""

    def aligned(self, value: Value, union: Sequence[Index], level: int) -> str:
        """Text that broadcasts against an array with the axes of `union`."""
        own = value.own
        if not own or list(union[len(union) - len(own) :]) == list(own):
            return value.at(level)
        first = union.index(own[0])
        marks = [":" if i in own else "None" for i in union[first:]]
        return f"{value.at(ATOM)}[{', '.join(marks)}]"

    def union(self, values: Sequence[Value], context: Sequence[Index]) -> tuple[Index, ...]:
        """Indices that any of the values has, in the order of the context."""
        used = {i for v in values for i in v.own}
        return tuple(i for i in context if i in used)

    def shape(self, extents: Iterable[Extent]) -> str:
        """A shape tuple."""
        sizes = [self.at.extent(e) for e in extents]
        return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"

    # -- positions ---------------------------------------------------------------------------------------------------

    def grid(self, position: Position, context: tuple[Index, ...]) -> Value:
        """A position as an integer array over the indices it depends on."""
        values = [(self._atom(atom, context), c) for atom, c in position.terms]
        union = self.union([v for v, _ in values], context)
        text = ""
        for value, c in values:
            body = self.aligned(value, union, UNARY)
            body = body if abs(c) == 1 else f"{abs(c)} * {body}"
            text += (" - " if c < 0 else " + ") + body if text else ("-" if c < 0 else "") + body
        offset = self.at.extent(position.offset) if position.offset.terms else ""
        if not text:
            return Value(offset or "0", ATOM if offset.isalnum() or not offset else SUM)
        if offset:
            text += f" - {offset[1:]}" if offset.startswith("-") else f" + {offset}"
        simple = len(position.terms) == 1 and position.terms[0][1] == 1 and not offset
        return Value(text, ATOM if simple else SUM, union)

    def _atom(self, atom: Atom, context: tuple[Index, ...]) -> Value:
        if isinstance(atom, Index):
            if atom in self.steps:
                return Value(self.names.index(atom.name), ATOM)
            return Value(f"np.arange({self.at.extent(atom.extent)})", ATOM, (atom,))
        if isinstance(atom, Gather):
            return self.read(Read(atom.tensor, atom.positions), context)
        return self.grid(_expanded(atom), context)

    def domain(self, domain: Domain, context: tuple[Index, ...]) -> Value | None:
        """All constraints that are not proved, None where all are."""
        parts = []
        for constraint in domain.constraints:
            if constraint.verdict(self.at.ranges) is True:
                continue
            left = Position({a: c for a, c in constraint.position.terms if c > 0})
            right = left - constraint.position
            sides = [self.grid(left, context), self.grid(right, context)]
            union = self.union(sides, context)
            op = ">=" if constraint.kind == "ge" else "=="
            parts.append(Value(f" {op} ".join(self.aligned(s, union, PRODUCT) for s in sides), SUM, union))
        if len(parts) < 2:
            return parts[0] if parts else None
        union = self.union(parts, context)
        joint = " & " if union else " and "
        return Value(joint.join(self.aligned(p, union, ATOM) for p in parts), SUM, union)

    # -- reads -------------------------------------------------------------------------------------------------------

    def read(self, read: Read, context: tuple[Index, ...]) -> Value:
        """A read of a tensor, 0 outside its bounds."""
        if read.tensor in self.products:
            return self.products[read.tensor]
        name = self.names.tensor(read.tensor)
        axes = self.tensors[read.tensor].axes
        if not axes:
            return Value(name, ATOM)
        if self._sliced(read, axes):
            return self._slices(read, axes, name, context)
        grids = [self.grid(p, context) for p in read.indices]
        union = self.union(grids, context)
        places = ", ".join(self.spread(g, union) for g in grids)
        proved = all(not self.at.inside(p, a) for p, a in zip(read.indices, axes, strict=True))
        if proved:
            return Value(f"{name}[{places}]", ATOM, union)
        return Value(f"read({name}, {places})", ATOM, union)

    def spread(self, value: Value, union: Sequence[Index]) -> str:
        """An index array with an axis of 1 for every index of the union that it does not have."""
        if not value.own or value.own == tuple(union):
            return value.text
        first = union.index(value.own[0])
        marks = [":" if i in value.own else "None" for i in union[first:]]
        return f"{value.at(ATOM)}[{', '.join(marks)}]" if len(marks) > 1 else value.text

    def _sliced(self, read: Read, axes: Sequence[Extent]) -> bool:
        """True where every position is a whole axis or depends on loop steps alone."""
        whole: list[Index] = []
        for position, axis in zip(read.indices, axes, strict=True):
            index = position.index
            if index is not None and index not in self.steps and index.extent == axis:
                whole.append(index)
            elif not set(position.index_atoms()) <= self.steps or any(position.gathers()):
                return False
        return len(set(whole)) == len(whole)

    def _slices(self, read: Read, axes: Sequence[Extent], name: str, context: tuple[Index, ...]) -> Value:
        own, places, outside = [], [], []
        for position, axis in zip(read.indices, axes, strict=True):
            index = position.index
            if index is not None and index not in self.steps:
                own.append(index)
                places.append(":")
            else:
                places.append(self.at.position(position))
                outside += self.at.inside(position, axis)
        text = name if len(own) == len(axes) else f"{name}[{', '.join(places)}]"
        order = tuple(i for i in context if i in own)
        if order != tuple(own):
            moves = [own.index(i) for i in order]
            text += ".T" if len(own) == 2 else f".transpose({', '.join(map(str, moves))})"
        if outside:
            shape = f"np.zeros({self.shape(i.extent for i in order)}, real)" if order else "0.0"
            return Value(f"({text} if {' and '.join(outside)} else {shape})", ATOM, order)
        return Value(text, ATOM, order)


def _expanded(atom: Compound) -> Position:
    """A compound index as the affine form it stands for; its radices but the first must be integers."""
    total = atom.parts[0]
    for part, radix in zip(atom.parts[1:], atom.radices[1:], strict=True):
        size = radix.constant
        if size is None:
            raise TypeError(f"radix {radix}")
        total = total * size + part
    return total
