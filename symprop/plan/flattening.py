"""Equations along axes that were flattened, as equations along one axis.

    dZ[n,(c, h)] = sum[j](dY[n,j]*W[(c, h),j])  ─►  dZ[n,i] = sum[j](dY[n,j]*W[i,j])

Enters: one equation.  Leaves: the same in fewer indices where those of a compound stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symprop.language import Compound, Equation, Extent, Index, Position, Read
from symprop.language.expressions import Expr, all_indices, transform, walk
from symprop.language.expressions import fresh as unused


def flattened(equation: Equation) -> Equation:
    """The equation with an index in place of every compound of whole axes on its left side that is read as a whole."""
    for position in equation.indices:
        atom = position.atom
        if isinstance(atom, Compound) and _is_whole(atom) and not equation.domain and _is_alone(equation.body, atom):
            total = Extent.of(1)
            for radix in atom.radices:
                total = total * radix
            taken = {i.name for i in (*equation.free, *all_indices(equation.body))}
            index = unused(Index("i", total), taken)
            body = transform(equation.body, lambda e, a=atom, i=index: _read(e, a, i))  # type: ignore[misc]
            equation = replace(equation, indices=_at(equation.indices, atom, index), body=body)
    return equation


def _is_whole(atom: Compound) -> bool:
    """True of different indices that run over the axes they stand for."""
    indices = [part.index for part in atom.parts]
    if len(set(indices)) < len(indices):
        return False
    return all(i is not None and i.extent == radix for i, radix in zip(indices, atom.radices, strict=True))


def _is_alone(body: Expr, atom: Compound) -> bool:
    """True where the indices of a compound are read in it alone."""
    own = set(atom.index_atoms())
    for node in walk(body):
        for position in node.positions():
            if own & set(position.index_atoms()) and not (isinstance(node, Read) and position.atom == atom):
                return False
    return True


def _at(positions: Iterable[Position], atom: Compound, index: Index) -> tuple[Position, ...]:
    return tuple(Position.of(index) if p.atom == atom else p for p in positions)


def _read(node: Expr, atom: Compound, index: Index) -> Expr:
    return Read(node.tensor, _at(node.indices, atom, index)) if isinstance(node, Read) else node
