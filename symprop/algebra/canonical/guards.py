"""Guards in canonical form: Iverson brackets of constraints that always hold are dropped, equations are put in.

Enters: guards as atoms, and what they guard.  Leaves: the same with no guard implied by another, 0 where they exclude
each other, and with an index that a guard equates to something replaced by it in the other factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import gcd

from symprop.algebra.canonical.atoms import Atom, Monomial, Poly
from symprop.algebra.canonical.ring import Ring, merged
from symprop.language.extents import Extent
from symprop.language.indices import Atom as IndexAtom
from symprop.language.indices import Compound, Constraint, Domain, Index, Position, within


class Guards(Ring):
    """Polynomials with guards."""

    def bracket(self, domain: Domain) -> Poly:
        """[domain] as a polynomial: 0, 1 or a product of guards."""
        guards: list[int] = []
        for constraint in domain.constraints:
            for part in _parts(constraint, self.facts.ranges):
                verdict = part.verdict(self.facts.ranges)
                if verdict is False:
                    return {}
                if verdict is None:
                    guards.append(self._guard(part))
        return self.settled(tuple(sorted((n, Fraction(1)) for n in dict.fromkeys(guards))))

    def _guard(self, constraint: Constraint) -> int:
        position = _primitive(constraint.position)
        return self.intern(Atom(constraint.kind, args=(position,)))

    def constraint(self, number: int) -> Constraint:
        """The constraint a guard stands for."""
        atom = self.atoms[number]
        return Constraint(atom.kind, atom.args[0])

    def guarded(self, guards: list[int], rest: Monomial) -> Poly:
        """A monomial under guards, in canonical form."""
        kept = self._consistent(guards)
        if kept is None:
            return {}
        for number in kept:
            if self.kind(number) == "eq":
                solved = self._solve(number, [n for n in kept if n != number], rest)
                if solved is not None:
                    return solved
        return {merged(tuple(sorted((n, Fraction(1)) for n in kept)), rest): Fraction(1)}

    def _consistent(self, guards: list[int]) -> list[int] | None:
        """The guards without those that others imply, None where no point is left."""
        kept = list(dict.fromkeys(guards))
        for one in list(kept):
            for other in list(kept):
                if one == other or one not in kept or other not in kept:
                    continue
                relation = self._relation(self.constraint(one), self.constraint(other))
                if relation == "excluded":
                    return None
                if relation == "implied":
                    kept.remove(one)
                elif relation == "equal":
                    kept.remove(one)
                    kept.remove(other)
                    kept.append(self._guard(Constraint("eq", self.constraint(one).position)))
        return sorted(kept)

    def _relation(self, one: Constraint, other: Constraint) -> str:
        """How the first constraint stands to the second: implied by it, excluded by it, equal to 0 with it, or ""."""
        difference, total = one.position - other.position, one.position + other.position
        if one.kind == "ge":
            if not difference.terms and (difference.offset.at_least(0) if difference.offset.terms else True):
                return "implied"
            if not total.terms and (total.offset * -1).at_least(1):
                return "excluded"
            if other.kind == "eq" and not total.terms and total.offset.at_least(0):
                return "implied"
            if other.kind == "eq" and not difference.terms and (difference.offset * -1).at_least(1):
                return "excluded"
            if other.kind == "ge" and not total.terms and not total.offset.terms:
                return "equal"
        elif other.kind == "eq":
            for offset in (d.offset for d in (difference, total) if not d.terms):
                if offset.at_least(1) or (offset * -1).at_least(1):
                    return "excluded"
        return ""

    def _solve(self, number: int, others: list[int], rest: Monomial) -> Poly | None:
        """[i == j]*f(i) as [i == j]*f(j), None where nothing else depends on the index."""
        position = self.constraint(number).position
        elsewhere = {i for n in [*others, *(n for n, _ in rest)] for i in self.indices_of(n)}
        for index in sorted({i for i in position.index_atoms()}, key=lambda i: i.name, reverse=True):
            if index in elsewhere and position.solvable(index):
                value = solution(position, index)
                guard = self.alone(number)
                left: Poly = {tuple(sorted([*((n, Fraction(1)) for n in others), *rest])): Fraction(1)}
                return self.times(guard, self.substitute(left, {index: value}))
            if index in elsewhere:
                continue
            if position.solvable(index):
                return None
        return None


def solution(position: Position, index: Index) -> Position:
    """The value of an index that makes the position 0."""
    sign = position.coefficient(index)
    return (position - Position.of(index) * sign) * -sign


def _parts(constraint: Constraint, ranges: Mapping[str, Extent]) -> tuple[Constraint, ...]:
    """An equation between compounds of the same radices part by part; another one digit by digit, where it has some."""
    position = constraint.position
    if constraint.kind != "eq":
        return (constraint,)
    if len(position.terms) == 2 and not position.offset.terms:
        (a, c), (b, d) = position.terms
        if isinstance(a, Compound) and isinstance(b, Compound) and {c, d} == {1, -1}:
            return Domain.equal(Position.of(a), Position.of(b)).constraints
    return tuple(Constraint("eq", part) for part in _digits(_spread(position, ranges), ranges)) or (constraint,)


def _digits(position: Position, ranges: Mapping[str, Extent]) -> list[Position]:
    """Positions that are all 0 where m*a + r is, for a multiple m of which r falls short: a and r; none where none is.

    Of 2*p + u - 2*q - v with u and v below 2 these are p - q and u - v, since u - v is even and between -1 and 1.
    """
    offset = position.offset.constant
    for divisor in sorted({abs(c) for _, c in position.terms} - {1}) if offset is not None else ():
        assert offset is not None
        whole = {a: c // divisor for a, c in position.terms if c % divisor == 0}
        rest = {a: c for a, c in position.terms if c % divisor}
        for part in (offset % divisor, offset % divisor - divisor):
            left = Position(rest, part)
            bounds = left.bounds(ranges)
            if rest and bounds and (bounds[0] + divisor).at_least(1) and (bounds[1] * -1 + divisor).at_least(1):
                above = Position(whole, (offset - part) // divisor)
                return [piece for half in (above, left) for piece in (_digits(half, ranges) or [half])]
    return []


def _spread(position: Position, ranges: Mapping[str, Extent]) -> Position:
    """The position with the compounds whose parts are in range, (p, u), as the sums 2*p + u that they are."""
    found = Position({}, position.offset)
    for atom, coefficient in position.terms:
        found = found + _sum_of(atom, ranges) * coefficient
    return found


def _sum_of(atom: IndexAtom, ranges: Mapping[str, Extent]) -> Position:
    if not isinstance(atom, Compound):
        return Position.of(atom)
    sizes = [radix.constant for radix in atom.radices[1:]]
    if None in sizes or not all(within(p, r, ranges) for p, r in zip(atom.parts, atom.radices, strict=True)):
        return Position.of(atom)
    total = Position({})
    for part, size in zip(atom.parts, [1, *sizes], strict=True):
        total = total * (size or 1) + part
    return total


def _primitive(position: Position) -> Position:
    """The position divided by the common divisor of all its coefficients."""
    divisor = gcd(*(c for _, c in position.terms), *(c for _, c in position.offset.terms))
    if divisor <= 1:
        return position
    offset = Extent({m: c // divisor for m, c in position.offset.terms})
    return Position({a: c // divisor for a, c in position.terms}, offset)
