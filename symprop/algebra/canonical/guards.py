"""Guards in canonical form: Iverson brackets of constraints that always hold are dropped, equations are put in.

Enters: guards as atoms, and what they guard.  Leaves: the same with no guard implied by another, 0 where they exclude
each other, and with an index that a guard equates to something replaced by it in the other factors.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations
from math import gcd

from symprop.algebra.canonical.atoms import Atom, Monomial, Poly, constant, plus, scaled
from symprop.algebra.canonical.digits import equal_digits, leading, spread
from symprop.algebra.canonical.ring import Ring, merged
from symprop.language.extents import Extent
from symprop.language.indices import Compound, Constraint, Domain, Gather, Index, Position

TWO = Extent.of(2)


class Guards(Ring):
    """Polynomials with guards."""

    def bracket(self, domain: Domain) -> Poly:
        """[domain] as a polynomial: 0, 1 or a product of guards; of two labels, [label == 0] is 1 - [label == 1]."""
        guards: list[int] = []
        others: list[Poly] = []
        for constraint in domain.constraints:
            for part in _parts(constraint, self.facts.ranges):
                verdict = part.verdict(self.facts.ranges)
                if verdict is False:
                    return {}
                if verdict is None and self._is_first_of_two(part):
                    second = self.alone(self._guard(Constraint("eq", _upwards(part.position) - 1)))
                    others.append(plus(constant(1), scaled(second, -1)))
                elif verdict is None:
                    guards.append(self._guard(part))
        whole = self.settled(tuple(sorted((n, Fraction(1)) for n in dict.fromkeys(guards))))
        return self.product(whole, *others) if others else whole

    def _is_first_of_two(self, constraint: Constraint) -> bool:
        """True of a label that is 0 where it could be 1."""
        label = _upwards(constraint.position).atom
        return constraint.kind == "eq" and isinstance(label, Gather) and self.facts.ranges.get(label.tensor) == TWO

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

    def united(self, poly: Poly) -> Poly:
        """Guards that exclude each other and leave one point out, or none, as one: [k < i] + [k > i] = 1 - [k == i]."""
        groups: dict[Monomial, list[int]] = {}
        for monomial in poly:
            for number, _ in monomial:
                if self.kind(number) == "ge":
                    groups.setdefault(tuple(p for p in monomial if p[0] != number), []).append(number)
        for rest, numbers in groups.items():
            for one, other in combinations(sorted(numbers), 2):
                left = self._left_out(self.constraint(one).position, self.constraint(other).position)
                if left is not None:
                    monomial = merged(((other, Fraction(1)),), rest)
                    kept = plus(constant(1), scaled(self.alone(one), -1), scaled(left, -1))
                    new = scaled(self.times({rest: Fraction(1)}, kept), poly[monomial])
                    return plus({m: c for m, c in poly.items() if m != monomial}, new)
        return poly

    def _left_out(self, one: Position, other: Position) -> Poly | None:
        """Guards that exclude each other and leave a point out, or none, as one: [k < i] + [k > i] = 1 - [k == i]."""
        total = one + other
        if total.terms or total.offset.constant not in (-1, -2):
            return None
        return {} if total.offset.constant == -1 else self.bracket(Domain([Constraint("eq", one + 1)]))

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


def _upwards(position: Position) -> Position:
    """A position or minus it, its first coefficient above 0."""
    return position * -1 if position.terms and position.terms[0][1] < 0 else position


def solution(position: Position, index: Index) -> Position:
    """The value of an index that makes the position 0."""
    sign = position.coefficient(index)
    return (position - Position.of(index) * sign) * -sign


def _parts(constraint: Constraint, ranges: Mapping[str, Extent]) -> tuple[Constraint, ...]:
    """An equation between compounds of the same radices part by part; another one digit by digit, where it has some.

    A bound that is met with equality alone, t >= T - 1, is an equation, and 16*a <= (b, d) with d below 16 is a <= b.
    """
    position = constraint.position
    if constraint.kind != "eq":
        position = leading(spread(position, ranges), ranges)
        constraint, bounds = Constraint("ge", position), position.bounds(ranges)
        least = bounds is not None and not bounds[1].terms
        return _parts(Constraint("eq", position), ranges) if least else (constraint,)
    if len(position.terms) == 2 and not position.offset.terms:
        (a, c), (b, d) = position.terms
        if isinstance(a, Compound) and isinstance(b, Compound) and {c, d} == {1, -1}:
            return Domain.equal(Position.of(a), Position.of(b)).constraints
    return tuple(Constraint("eq", part) for part in equal_digits(spread(position, ranges), ranges)) or (constraint,)


def _primitive(position: Position) -> Position:
    """The position divided by the common divisor of all its coefficients."""
    divisor = gcd(*(c for _, c in position.terms), *(c for _, c in position.offset.terms))
    if divisor <= 1:
        return position
    offset = Extent({m: c // divisor for m, c in position.offset.terms})
    return Position({a: c // divisor for a, c in position.terms}, offset)
