"""Products of polynomials in atoms, and the laws of single atoms: [p]*[p] = [p], cos(x)**2 = (1 + cos(2*x))/2.

Enters: polynomials.  Leaves: their products, settled: no monomial is left to which such a law applies.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from symprop.algebra.canonical.atoms import (
    GUARDS,
    INDICATORS,
    UNIT,
    Atom,
    Monomial,
    Poly,
    Power,
    Renaming,
    Undecided,
    constant,
    plus,
    scaled,
)
from symprop.algebra.canonical.naming import Naming
from symprop.algebra.canonical.waves import WAVES, Wave, spectrum
from symprop.language.indices import Index, Position

MAX_TERMS = 3000
SPECIAL = {*GUARDS, *INDICATORS, *WAVES, "prime", "base"}


class Ring(Naming):
    """Arithmetic of polynomials in atoms."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._settled: dict[Monomial, Poly] = {}
        self._insides: dict[int, Poly] = {}

    @abstractmethod
    def rebuilt(self, atom: Atom, renaming: Renaming) -> Poly:
        """The value of an atom at other positions."""

    @abstractmethod
    def guarded(self, guards: list[int], rest: Monomial) -> Poly:
        """A monomial under guards, in canonical form."""

    @abstractmethod
    def wave(self, name: str, argument: Poly) -> Poly:
        """The sine or cosine of an argument that is one term, or is not split."""

    @abstractmethod
    def power(self, base: Poly, exponent: Fraction) -> Poly:
        """A power of a polynomial."""

    def times(self, left: Poly, right: Poly) -> Poly:
        """The product."""
        if len(left) * len(right) > MAX_TERMS * 4:
            raise Undecided("a product has too many terms")
        self.check_time()
        parts: dict[Monomial, Fraction] = {}
        for m1, c1 in left.items():
            for m2, c2 in right.items():
                monomial = merged(m1, m2)
                parts[monomial] = parts.get(monomial, Fraction(0)) + c1 * c2
        total = plus(*(scaled(self.settled(m), c) for m, c in parts.items() if c))
        if len(total) > MAX_TERMS:
            raise Undecided("an expression has too many terms")
        return total

    def product(self, *factors: Poly) -> Poly:
        """The product of any number of polynomials."""
        total = constant(1)
        for factor in factors:
            total = self.times(total, factor)
        return total

    def settled(self, monomial: Monomial) -> Poly:
        """A monomial with the laws of its atoms applied."""
        if not any(self.kind(n) in SPECIAL for n, _ in monomial):
            return {monomial: Fraction(1)}
        if monomial not in self._settled:
            self._settled[monomial] = self._settle(monomial)
        return self._settled[monomial]

    def _settle(self, monomial: Monomial) -> Poly:
        kept: list[Power] = []
        factors: list[Poly] = []
        waves: list[int] = []
        coefficient = Fraction(1)
        for number, exponent in monomial:
            kind = self.kind(number)
            if kind in GUARDS or kind in INDICATORS:
                kept.append((number, Fraction(1)))
            elif kind == "prime" and not 0 < exponent < 1:
                whole = exponent.numerator // exponent.denominator
                coefficient *= self.atoms[number].value ** whole
                kept.append((number, exponent - whole))
            elif kind == "base" and exponent >= 1:
                whole = exponent.numerator // exponent.denominator
                factors += [self.inside(number)] * whole
                kept.append((number, exponent - whole))
            elif kind in WAVES and exponent.denominator == 1 and exponent > 0:
                waves += [number] * int(exponent)
            else:
                kept.append((number, exponent))
        alone, beside = self._superposed(waves)
        factors += beside
        core = self._chosen(tuple(sorted((n, e) for n, e in [*kept, *alone] if e)))
        return self.product(scaled(core, coefficient), *factors) if factors else scaled(core, coefficient)

    def _superposed(self, numbers: list[int]) -> tuple[list[Power], list[Poly]]:
        """Waves that stand alone with their argument, and the products of all others as sums."""
        groups: dict[tuple[tuple[Monomial, Fraction], ...], list[tuple[int, Wave]]] = {}
        for number in numbers:
            argument = self.inside(number)
            unit = min(argument)
            key = tuple((m, c / argument[unit]) for m, c in sorted(argument.items()))
            groups.setdefault(key, []).append((number, (self.kind(number), argument[unit])))
        alone = [(group[0][0], Fraction(1)) for group in groups.values() if len(group) == 1]
        products = []
        for key, group in groups.items():
            if len(group) > 1:
                waves = spectrum(wave for _, wave in group).items()
                products.append(plus(*(scaled(self.wave(n, scaled(dict(key), f)), c) for (n, f), c in waves)))
        return alone, products

    # -- guards and indicators ------------------------------------------------------------------------------------

    def _chosen(self, monomial: Monomial) -> Poly:
        left = self._without_contradiction(monomial)
        if left is None:
            return {}
        guards = [n for n, _ in left if self.kind(n) in GUARDS]
        if not guards:
            return {left: Fraction(1)}
        return self.guarded(guards, tuple(p for p in left if self.kind(p[0]) not in GUARDS))

    def _without_contradiction(self, monomial: Monomial) -> Monomial | None:
        """Indicators of m + c and m + d: the stronger implies the weaker, and some exclude one another."""
        found = [n for n, _ in monomial if self.kind(n) in INDICATORS]
        dropped: set[int] = set()
        for place, one in enumerate(found):
            for other in found[place + 1 :]:
                a, b = self.atoms[one], self.atoms[other]
                if (a.name, a.args) != (b.name, b.args):
                    continue
                implied = _implied(a, b)
                if implied is None:
                    return None
                dropped.add(one if implied is a else other)
        return tuple(p for p in monomial if p[0] not in dropped) if dropped else monomial

    # -- substitution ---------------------------------------------------------------------------------------------

    def substitute(self, poly: Poly, renaming: Renaming) -> Poly:
        """The polynomial with free indices replaced by positions."""
        total: list[Poly] = []
        for monomial, coefficient in poly.items():
            kept: list[Power] = []
            changed: list[Poly] = []
            for number, exponent in monomial:
                touched = {i: renaming[i] for i in self.indices_of(number) if i in renaming}
                if not touched:
                    kept.append((number, exponent))
                    continue
                renamed = self._renamed_atom(self.atoms[number], touched)
                if renamed is None:
                    changed.append(self.power(self.rebuilt(self.atoms[number], touched), exponent))
                else:
                    changed.append({((renamed, exponent),): Fraction(1)})
            total.append(self.product({tuple(kept): coefficient}, *changed))
        return plus(*total)

    def _renamed_atom(self, atom: Atom, renaming: Renaming) -> int | None:
        """The atom under a renaming one to one into indices of the same extents, None where it is not one."""
        images = [renaming[i].index if i in renaming else i for i in dict.fromkeys(atom.indices())]
        olds = list(dict.fromkeys(atom.indices()))
        plain = [i for i in images if i is not None]
        if len(set(plain)) != len(olds) or any(a.extent != b.extent for a, b in zip(olds, plain, strict=True)):
            return None
        return self.intern(atom._replace(args=tuple(p.substitute(renaming) for p in atom.args)))

    def inside(self, number: int) -> Poly:
        """The polynomial inside a composite atom, at its indices."""
        if number not in self._insides:
            self._insides[number] = self.opened(self.atoms[number], {}, ())[1]
        return self._insides[number]

    def opened(self, atom: Atom, renaming: Renaming, bound: tuple[Index, ...]) -> tuple[tuple[Index, ...], Poly]:
        """The inside of an atom at substituted indices, and the new names of what is bound in it."""
        template = self.templates[atom.name]
        names = {i: Position.of(self.fresh(i.extent)) for i in bound}
        slots = {s: a.substitute(renaming) for s, a in zip(template.slots, atom.args, strict=True)}
        body = self.substitute(template.body, {**names, **slots})
        return tuple(i for p in names.values() for i in p.index_atoms()), body


def merged(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials, before the laws of atoms."""
    if left == UNIT or right == UNIT:
        return left or right
    powers = dict(left)
    for number, exponent in right:
        powers[number] = powers.get(number, Fraction(0)) + exponent
    return tuple(sorted((n, e) for n, e in powers.items() if e))


def _implied(a: Atom, b: Atom) -> Atom | None:
    """Of two indicators of one form the one that is implied by the other; None where they exclude each other."""
    if a.kind == b.kind == "pos":
        return a if a.value >= b.value else b
    if a.kind == b.kind:
        return None if a.value != b.value else a
    pos, zero = (a, b) if a.kind == "pos" else (b, a)
    return pos if pos.value > zero.value else None
