"""Whether a canonical difference is 0: over a common denominator, inside sums, or everywhere but at kinks.

Enters: the difference of two canonical forms.  Leaves: True where it is proved to be 0, and the conditions outside
which it is 0 where these hold on a set of measure 0 only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from symprop.algebra.canonical.atoms import GUARDS, INDICATORS, UNIT, Atom, Atoms, Monomial, Poly, constant, plus
from symprop.algebra.canonical.sums import Bound
from symprop.algebra.canonical.writing import LETTERS, Writing
from symprop.language import expressions as ex
from symprop.language.equations import Equation
from symprop.language.indices import Index, Position
from symprop.language.printer import text

MAX_DEPTH = 3


def vanishes(algebra: Writing, difference: Poly, depth: int = MAX_DEPTH) -> bool:
    """True where the difference is proved to be 0."""
    if not difference:
        return True
    cleared = algebra.reduced(without_denominators(algebra, difference))
    return not cleared or (depth > 0 and _sums_vanish(algebra, cleared, depth))


def without_denominators(algebra: Writing, poly: Poly) -> Poly:
    """The polynomial times the powers of all bases in its denominators."""
    while True:
        lowest: dict[int, Fraction] = {}
        for monomial in poly:
            for number, exponent in monomial:
                if algebra.kind(number) == "base" and exponent < 0:
                    lowest[number] = min(exponent, lowest.get(number, Fraction(0)))
        if not lowest:
            return poly
        number = max(lowest)
        poly = algebra.times(poly, {((number, Fraction(ceil(-lowest[number]))),): Fraction(1)})


def _sums_vanish(algebra: Writing, poly: Poly, depth: int) -> bool:
    """True where the terms under sums over the same ranges add up to 0 before they are summed."""
    groups: dict[tuple[str, ...], Poly] = {}
    for monomial, coefficient in poly.items():
        sums = [n for n, e in monomial if algebra.kind(n) == "sum" and e == 1]
        if len(sums) != 1:
            return False
        bound = algebra.templates[algebra.atoms[sums[0]].name].bound
        groups.setdefault(tuple(str(i.extent) for i in bound), {})[monomial] = coefficient
    return all(_inner_vanishes(algebra, group, depth) for group in groups.values())


def _inner_vanishes(algebra: Writing, group: Poly, depth: int) -> bool:
    common: Bound = ()
    total: list[Poly] = []
    for monomial, coefficient in group.items():
        number = next(n for n, e in monomial if algebra.kind(n) == "sum" and e == 1)
        template = algebra.templates[algebra.atoms[number].name]
        common = common or tuple(algebra.fresh(i.extent) for i in template.bound)
        names = dict(zip(template.bound, map(Position.of, common), strict=True))
        slots = dict(zip(template.slots, algebra.atoms[number].args, strict=True))
        rest = tuple(p for p in monomial if p[0] != number)
        total.append(algebra.product({rest: coefficient}, algebra.substitute(template.body, {**names, **slots})))
    if len(total) == 1:
        return False
    return vanishes(algebra, algebra.reduced(plus(*total)), depth - 1)


# -- kinks -----------------------------------------------------------------------------------------------------------


class Kinks(NamedTuple):
    """Conditions `e == 0` outside which a difference is 0.

    Args:
        shared: those at which the truth itself goes from one branch to another.
        strays: the others; there the truth is what it is beside them.
    """

    shared: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()


def kinks_of(algebra: Writing, difference: Poly, truth: Poly, computed: Mapping[str, Equation]) -> Kinks | None:
    """The kinks outside which the difference is 0, None unless each is a set of measure 0."""
    switches = set(_switches(algebra, truth))
    shared, strays = set[str](), set[str]()
    for monomial in difference:
        atom = _kink(algebra, monomial, computed)
        if atom is None:
            return None
        form = plus(algebra.inside(algebra.intern(atom)), constant(atom.value))
        condition = f"{text(_lettered(algebra.expression(form)))} == 0"
        (shared if (atom.name, atom.value) in switches else strays).add(condition)
    return Kinks(tuple(sorted(shared)), tuple(sorted(strays - shared)))


def _switches(algebra: Atoms, poly: Poly) -> Iterator[tuple[str, Fraction]]:
    """The forms at whose zeros a value takes another branch, wherever they stand in it."""
    for monomial in poly:
        for number, _ in monomial:
            atom = algebra.atoms[number]
            if atom.kind in INDICATORS:
                yield atom.name, atom.value
            if atom.name in algebra.templates:
                yield from _switches(algebra, algebra.templates[atom.name].body)


def _lettered(expr: ex.Expr) -> ex.Expr:
    """The expression with letters for the indices of sums that were opened."""
    taken = {i.name for i in ex.all_indices(expr)}
    letters = (c for c in LETTERS if c not in taken)
    opened = sorted((i for i in ex.free_indices(expr) if i.name.startswith("~")), key=lambda i: int(i.name[1:]))
    return ex.substitute(expr, {i: Position.of(Index(c, i.extent)) for i, c in zip(opened, letters, strict=False)})


def _kink(algebra: Writing, monomial: Monomial, computed: Mapping[str, Equation]) -> Atom | None:
    for number, exponent in monomial:
        atom = algebra.atoms[number]
        if atom.kind == "zero" and is_thin(algebra, algebra.inside(number), computed):
            return atom
        if atom.kind == "sum" and exponent > 0 and exponent.denominator == 1:
            _, body = algebra.opened(atom, {}, algebra.templates[atom.name].bound)
            for inner in body:
                found = _kink(algebra, inner, computed)
                if found is not None:
                    return found
    return None


def is_thin(algebra: Writing, form: Poly, computed: Mapping[str, Equation]) -> bool:
    """True where form + c = 0 holds on a set of measure 0 only, for any c.

    An entry of a computed tensor, such as a unit's input, is what its equation says.
    Proved where the form is linear in a given tensor that occurs in one term alone, once, with a coefficient that is a
    product of entries of other given tensors and of positive values: a hyperplane for almost all values of the others.
    """
    entry = _entry(algebra, form)
    if entry in computed:
        return is_thin(algebra, algebra.polynomial(computed[entry].body), computed)
    names = {m: _with_upstream(_tensors(algebra, m), computed) for m in form}
    for monomial in form:
        counted = names[monomial]
        others = {t for m in form if m != monomial for t in names[m]}
        if _is_product(algebra, monomial, computed) and any(n == 1 and t not in others for t, n in counted.items()):
            return True
    return False


def _entry(algebra: Atoms, form: Poly) -> str:
    """The tensor of which a form is an entry, but for factors and terms that are numbers; "" where it is none."""
    (moving, *more) = [m for m in form if m] or [UNIT]
    alone = not more and len(moving) == 1 and moving[0][1] == 1
    atom = algebra.atoms[moving[0][0]] if alone else None
    return atom.name if atom is not None and atom.kind == "read" else ""


def _with_upstream(counted: Mapping[str, int], computed: Mapping[str, Equation]) -> dict[str, int]:
    """The counts with what computed tensors are made of, which occurs more than once: nobody counts how."""
    total, pending = dict(counted), [name for name in counted if name in computed]
    seen = set(pending)
    while pending:
        for name in ex.tensors_read(computed[pending.pop()].body):
            total[name] = total.get(name, 0) + 2
            if name in computed and name not in seen:
                seen.add(name)
                pending.append(name)
    return total


def _is_product(algebra: Writing, monomial: Monomial, computed: Mapping[str, Equation]) -> bool:
    """True for a product of positive values and entries of given tensors within bounds, or one sum of such products."""
    for number, exponent in monomial:
        atom = algebra.atoms[number]
        if atom.kind in GUARDS or exponent < 0 or exponent.denominator != 1:
            return False
        if atom.kind == "read":
            if atom.name in computed:
                return False
        elif atom.kind == "sum":
            template = algebra.templates[atom.name]
            if exponent != 1 or not all(i.extent.at_least(1) for i in template.bound):
                return False
            if not all(_is_product(algebra, m, computed) for m in template.body):
                return False
        elif atom.kind not in ("exp", "size", "pi"):
            return False
    return True


def _tensors(algebra: Atoms, monomial: Monomial) -> dict[str, int]:
    """How often each tensor is read anywhere in a monomial; a power counts as often as its exponent says."""
    count: dict[str, int] = {}
    for number, exponent in monomial:
        atom = algebra.atoms[number]
        times = max(1, ceil(abs(exponent)))
        if atom.kind == "read":
            count[atom.name] = count.get(atom.name, 0) + times
        for inner in algebra.templates[atom.name].body if atom.name in algebra.templates else ():
            for tensor, n in _tensors(algebra, inner).items():
                count[tensor] = count.get(tensor, 0) + n * times
    return count
