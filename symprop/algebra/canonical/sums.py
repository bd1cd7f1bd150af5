"""Sums over bound indices: each connected part of a product is one atom, in which sums of sums are flat.

Enters: a polynomial and the indices to sum over.  Leaves: a polynomial in sum atoms.  Equations are solved for bound
indices, ranges are shifted to begin at 0, an index nothing depends on gives its extent, and a part of a product that
cancels against a denominator is summed before the rest.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from symprop.algebra.canonical.atoms import (
    Atom,
    Monomial,
    Poly,
    Renaming,
    constant,
    plus,
    scaled,
)
from symprop.algebra.canonical.guards import Guards, solution
from symprop.language.extents import Extent
from symprop.language.indices import Domain, Index, Position, within

Bound = tuple[Index, ...]


class Sums(Guards):
    """Polynomials with sums."""

    @abstractmethod
    def reduced(self, poly: Poly) -> Poly:
        """The polynomial after cancelling against its denominators."""

    def summed(self, poly: Poly, bound: Bound) -> Poly:
        """The sum of a polynomial over indices."""
        if not bound:
            return poly
        return plus(*(scaled(self._sum(m, bound), c) for m, c in poly.items()))

    def extent(self, extent: Extent) -> Poly:
        """A number of points as a polynomial in named extents."""
        total: Poly = {}
        for names, coefficient in extent.terms:
            total = plus(total, scaled(self.product(*(self.of(Atom("size", n)) for n in names)), coefficient))
        return total

    def _sum(self, monomial: Monomial, bound: Bound) -> Poly:
        self.check_time()
        moved = self._solved(monomial, bound) or self._shifted(monomial, bound) or self._flat(monomial, bound)
        if moved is not None:
            return self.summed(*moved)
        outside = tuple(p for p in monomial if self.indices_of(p[0]).isdisjoint(bound))
        inside = [p for p in monomial if p not in outside]
        parts: list[tuple[set[Index], Monomial]] = []
        for number, exponent in inside:
            indices = set(self.indices_of(number) & set(bound))
            touching = [p for p in parts if p[0] & indices]
            powers = [(number, exponent), *(power for p in touching for power in p[1])]
            parts = [p for p in parts if p not in touching]
            parts.append((indices.union(*(p[0] for p in touching)), tuple(sorted(powers))))
        placed = set().union(*(p[0] for p in parts))
        unused = [self.extent(i.extent) for i in bound if i not in placed]
        sums = [self._part(powers, tuple(i for i in bound if i in indices)) for indices, powers in parts]
        return self.product({outside: Fraction(1)}, *unused, *sums)

    def _part(self, powers: Monomial, bound: Bound) -> Poly:
        """The sum of a connected product: 1 for a row known to sum to 1, after cancellation, or an atom."""
        for index in bound:
            own = tuple(p for p in powers if index in self.indices_of(p[0]))
            rest = tuple(p for p in powers if p not in own)
            if len(own) == 1 and self._row(own, index):
                return self.summed({rest: Fraction(1)}, tuple(i for i in bound if i != index))
            if rest and any(e < 0 and self.kind(n) in ("base", "sum") for n, e in rest):
                nested = self.times({rest: Fraction(1)}, self._part(own, (index,)))
                after = self.reduced(nested)
                if after != nested or _denominators(nested) < _denominators({rest: Fraction(1)}):
                    return self.summed(after, tuple(i for i in bound if i != index))
        template, free = self.close({powers: Fraction(1)}, bound)
        return self.of(Atom("sum", template.name, tuple(map(Position.of, free))))

    def _row(self, own: Monomial, index: Index) -> bool:
        """True for a row of a tensor that is assumed to sum to 1; the assumption is noted as used."""
        number, exponent = own[0]
        atom = self.atoms[number]
        if atom.kind != "read" or exponent != 1:
            return False
        axes = [k for k, p in enumerate(atom.args) if index in p.index_atoms()]
        words = self.simplex.get((atom.name, axes[0])) if len(axes) == 1 else None
        if words is None or atom.args[axes[0]].index != index:
            return False
        if self.facts.axes.get(atom.name, ())[axes[0] : axes[0] + 1] != (index.extent,):
            return False
        self.used.setdefault(words)
        return True

    # -- what changes the bound indices -----------------------------------------------------------------------------

    def _solved(self, monomial: Monomial, bound: Bound) -> tuple[Poly, Bound] | None:
        """An equation solved for a bound index; the range of the index stays behind as a guard."""
        for number, _ in monomial:
            if self.kind(number) != "eq":
                continue
            position = self.constraint(number).position
            for index in bound:
                if position.solvable(index):
                    value = solution(position, index)
                    rest: Poly = {tuple(p for p in monomial if p[0] != number): Fraction(1)}
                    inside = within(value, index.extent, self.facts.ranges)
                    guard = constant(1) if inside else self.bracket(Domain.inside(value, index.extent))
                    body = self.times(guard, self.substitute(rest, {index: value}))
                    return body, tuple(i for i in bound if i != index)
        return None

    def _shifted(self, monomial: Monomial, bound: Bound) -> tuple[Poly, Bound] | None:
        """A bound index with bounds of its own, replaced by one that runs from 0 to the end; also a reversed one."""
        for index in bound:
            own = {n: self.constraint(n).position for n, _ in monomial if self._bounds(n, index)}
            low, high = Position.of(0), Position.of(index.extent - 1)
            for position in own.values():
                limit = solution(position, index)
                if position.coefficient(index) > 0:
                    low = limit if (limit - low).offset.at_least(0) else low
                else:
                    high = limit if (high - limit).offset.at_least(0) else high
            limits = {n: high if p.coefficient(index) < 0 else low for n, p in own.items()}
            used = [n for n, p in own.items() if solution(p, index) == limits[n]]
            # an empty range may not get a negative extent
            count = (high - low).offset + 1
            if used and count.at_least(0):
                new = self.fresh(count)
                rest: Poly = {tuple(p for p in monomial if p[0] not in used): Fraction(1)}
                return self.substitute(rest, {index: Position.of(new) + low}), _replaced(bound, index, new)
            if self._reversed(monomial, index):
                new = self.fresh(index.extent)
                back = Position.of(index.extent - 1) - Position.of(new)
                return self.substitute({monomial: Fraction(1)}, {index: back}), _replaced(bound, index, new)
        return None

    def _bounds(self, number: int, index: Index) -> bool:
        """True for a guard that bounds this index alone, by an extent."""
        if self.kind(number) != "ge":
            return False
        position = self.constraint(number).position
        return len(position.terms) == 1 and position.coefficient(index) in (1, -1)

    def _reversed(self, monomial: Monomial, index: Index) -> bool:
        """True where an index occurs with negative coefficients only, as in x[T-1-t]."""
        positions = [p for n, _ in monomial if index in self.indices_of(n) for p in self.atoms[n].args]
        touched = [p for p in positions if index in p.index_atoms()]
        return bool(touched) and all(p.coefficient(index) < 0 for p in touched)

    def _flat(self, monomial: Monomial, bound: Bound) -> tuple[Poly, Bound] | None:
        """A sum inside the sum, opened."""
        for number, exponent in monomial:
            if self.kind(number) != "sum" or exponent <= 0 or exponent.denominator != 1:
                continue
            if self.indices_of(number).isdisjoint(bound):
                continue
            body: Poly = {tuple(p for p in monomial if p[0] != number): Fraction(1)}
            extra: Bound = ()
            for _ in range(int(exponent)):
                names, inner = self.opened(self.atoms[number], {}, self.templates[self.atoms[number].name].bound)
                body, extra = self.times(body, inner), (*extra, *names)
            return body, (*bound, *extra)
        return None

    def rebuilt_sum(self, atom: Atom, renaming: Renaming) -> Poly:
        """A sum at other positions."""
        names, body = self.opened(atom, renaming, self.templates[atom.name].bound)
        return self.summed(body, names)


def _replaced(bound: Bound, old: Index, new: Index) -> Bound:
    return tuple(new if i == old else i for i in bound)


def _denominators(poly: Poly) -> Fraction:
    """The largest total power in a denominator."""
    return max((sum((-e for _, e in m if e < 0), Fraction(0)) for m in poly), default=Fraction(0))
