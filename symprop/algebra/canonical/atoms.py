"""Atoms, monomials and polynomials: the values a canonical form is made of.

Enters: positions and names.  Leaves: interned atoms.  An atom is a generator of a polynomial ring: a read, an
exponential, a whole sum over bound indices, a guard.  A composite atom (exp, log, a sum, a power's base) is a
*template* over numbered slots, and the free indices that stand in them, so that renaming never reorders what is inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from time import monotonic
from typing import NamedTuple

from symprop.algebra.terms import Facts
from symprop.language.extents import Extent
from symprop.language.indices import Index, Position

Power = tuple[int, Fraction]
Monomial = tuple[Power, ...]
Poly = dict[Monomial, Fraction]
Renaming = Mapping[Index, Position]

UNIT: Monomial = ()
GUARDS = ("eq", "ge")
INDICATORS = ("pos", "zero")


class Undecided(Exception):
    """The expressions are outside what the canonical form covers, or too large for it."""


class Atom(NamedTuple):
    """A generator.

    Args:
        kind: "read", "value" (an index as a number), "size" (a named extent), "pi", "prime" (under a fractional power),
            "eq" or "ge" (a guard), "pos" or "zero" (indicators of template + value > 0 and == 0), "base" (a polynomial
            under a negative or fractional power), "power" (its exponent is no number), "sum", or the name of a function
            or reduction of its template.
        name: tensor, extent or template.
        args: positions read; of a template, the indices in its slots.
        value: the constant of an indicator, the prime.
    """

    kind: str
    name: str = ""
    args: tuple[Position, ...] = ()
    value: Fraction = Fraction(0)

    def indices(self) -> Iterable[Index]:
        """The free indices of the atom, with repetitions."""
        for position in self.args:
            yield from position.index_atoms()


class Template(NamedTuple):
    """The inside of a composite atom, over slots for its free indices."""

    name: str
    body: Poly
    slots: tuple[Index, ...]
    bound: tuple[Index, ...]
    symmetries: tuple[tuple[int, ...], ...]


class Atoms:
    """All atoms and templates of one proof; numbers are given in the order of creation, never by hash.

    Args:
        facts: extents of tensors and ranges of integer ones.
        simplex: (tensor, axis) whose sums along the axis are 1, with the words for it.
        positive: tensors all of whose entries are positive, with the words for it.
        choices: tensors all of whose entries are one of two numbers, the smaller one first, with the words for it.
        deadline: `time.monotonic()` at which to give up.
    """

    def __init__(
        self,
        facts: Facts,
        simplex: Mapping[tuple[str, int], str],
        positive: Mapping[str, str],
        choices: Mapping[str, tuple[int, int, str]],
        deadline: float,
    ) -> None:
        self.facts, self.deadline = facts, deadline
        self.simplex, self.assumed_positive, self.choices = simplex, positive, choices
        self.atoms: list[Atom] = []
        self.templates: dict[str, Template] = {}
        self.used: dict[str, None] = {}
        self.relations: dict[str, None] = {}
        self._numbers: dict[Atom, int] = {}
        self._fresh = 0

    def intern(self, atom: Atom) -> int:
        """The number of an atom; the arguments of a symmetric template are put in order first."""
        if atom.kind == "eq":
            atom = atom._replace(args=(min(atom.args[0], atom.args[0] * -1, key=_written),))
        template = self.templates.get(atom.name) if atom.args else None
        if template is not None and len(template.symmetries) > 1:
            orders = [tuple(atom.args[k] for k in order) for order in template.symmetries]
            atom = atom._replace(args=min(orders, key=lambda args: tuple(map(str, args))))
        found = self._numbers.get(atom)
        if found is None:
            found = self._numbers[atom] = len(self.atoms)
            self.atoms.append(atom)
        return found

    def of(self, atom: Atom, exponent: Fraction | int = 1) -> Poly:
        """A power of one atom as a polynomial."""
        return self.alone(self.intern(atom), exponent)

    def alone(self, number: int, exponent: Fraction | int = 1) -> Poly:
        """A power of an interned atom as a polynomial."""
        return {((number, Fraction(exponent)),): Fraction(1)}

    def indices_of(self, number: int) -> frozenset[Index]:
        """The free indices of an atom."""
        return frozenset(self.atoms[number].indices())

    def fresh(self, extent: Extent) -> Index:
        """An index nobody else uses."""
        self._fresh += 1
        return Index(f"~{self._fresh}", extent)

    def check_time(self) -> None:
        """Raise when the time is up."""
        if monotonic() > self.deadline:
            raise Undecided("the time is up")

    def kind(self, number: int) -> str:
        """The kind of an atom."""
        return self.atoms[number].kind


def constant(value: Fraction | int) -> Poly:
    """A rational number as a polynomial."""
    return {UNIT: Fraction(value)} if value else {}


def plus(*polys: Poly) -> Poly:
    """The sum of polynomials."""
    total: Poly = {}
    for poly in polys:
        for monomial, coefficient in poly.items():
            new = total.get(monomial, Fraction(0)) + coefficient
            if new:
                total[monomial] = new
            else:
                del total[monomial]
    return total


def scaled(poly: Poly, factor: Fraction | int) -> Poly:
    """A polynomial times a number."""
    return {m: c * factor for m, c in poly.items()} if factor else {}


def _written(position: Position) -> tuple[object, ...]:
    """What decides between p == 0 and -p == 0."""
    return tuple(sorted((-c, str(a)) for a, c in position.terms)), str(position.offset)
