"""Equations over the names of a template, made equations over the names of a network.

Enters: an expression with local tensor names.  Leaves: the same expression with the network's names, with
expressions in place of tensors that are defined by none (0 for a bias that was left out), and with numbers for named
extents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as changed

from symprop.language import Compound, Constraint, Domain, Equation, Expr, Extent, Gather, Index, Position, Read
from symprop.language.expressions import Guard, IndexValue, Reduce, guard, reduce_, size, where
from symprop.language.expressions import Where as WhereNode
from symprop.language.indices import Atom


@dataclass(frozen=True)
class Renaming:
    """What stands for what.

    Args:
        tensors: new names of tensors; others keep theirs.
        values: expressions that stand for all reads of a tensor, whatever their positions.
        extents: extents of named sizes.
        turned: tensors of two axes that are read in the other order.
    """

    tensors: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Expr] = field(default_factory=dict)
    extents: Mapping[str, Extent] = field(default_factory=dict)
    turned: frozenset[str] = frozenset()

    def equation(self, equation: Equation) -> Equation:
        """The equation under its new names."""
        indices = tuple(map(self.position, equation.indices))
        target = self.tensors.get(equation.target, equation.target)
        return changed(equation, target=target, indices=indices, body=self.expression(equation.body))

    def expression(self, expr: Expr) -> Expr:
        """The expression under its new names."""
        match expr:
            case Read():
                found = self.values.get(expr.tensor)
                name = self.tensors.get(expr.tensor, expr.tensor)
                at = expr.indices[::-1] if expr.tensor in self.turned else expr.indices
                return Read(name, map(self.position, at)) if found is None else found
            case IndexValue():
                return size(self.position(expr.position))
            case Guard():
                return guard(self.domain(expr.domain), self.expression(expr.body))
            case Reduce():
                indices = [self.index(i) for i in expr.indices]
                pick = None if expr.pick is None else self.index(expr.pick)
                return reduce_(expr.op, indices, self.expression(expr.body), self.domain(expr.domain), pick)
            case WhereNode():
                return where(*map(self.expression, expr.children()))
        children = expr.children()
        return expr.rebuild(tuple(map(self.expression, children))) if children else expr

    def domain(self, domain: Domain) -> Domain:
        """The domain under its new names."""
        return Domain(Constraint(c.kind, self.position(c.position)) for c in domain.constraints) if domain else domain

    def position(self, position: Position) -> Position:
        """The position under its new names."""
        if not self.extents and all(isinstance(atom, Index) for atom, _ in position.terms):
            return position
        total = Position({}, self.extent(position.offset))
        for atom, coefficient in position.terms:
            total = total + Position.of(self.atom(atom)) * coefficient
        return total

    def atom(self, atom: Atom) -> Atom:
        """An index, a compound or a gather under its new names."""
        if isinstance(atom, Index):
            return self.index(atom)
        if isinstance(atom, Compound):
            return Compound(map(self.position, atom.parts), map(self.extent, atom.radices))
        return Gather(self.tensors.get(atom.tensor, atom.tensor), [self.position(p) for p in atom.positions])

    def index(self, index: Index) -> Index:
        """The index with its extent resolved."""
        return Index(index.name, self.extent(index.extent)) if self.extents else index

    def extent(self, extent: Extent) -> Extent:
        """The extent with named sizes replaced."""
        if not extent.names & self.extents.keys():
            return extent
        total = Extent({})
        for monomial, coefficient in extent.terms:
            factor = Extent.of(coefficient)
            for name in monomial:
                factor = factor * self.extents.get(name, Extent.of(name))
            total = total + factor
        return total
