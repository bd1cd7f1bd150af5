"""Relations between generators of a field: x*sign(x) = |x|, |x|**2 = x**2, and whole powers of roots of numerals.

Enters: an element and the generators it is made of.  Leaves: the element in which these are used up, so that the
derivative of x/(1 + |x|) comes out as 1/(1 + |x|)**2.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol

from symprop.language import expressions as ex


class Related(Protocol):
    """What is read of a generator."""

    @property
    def kind(self) -> str:
        """See `lower_field.Generator`."""

    @property
    def base(self) -> ex.Expr:
        """What it is the magnitude, sign or root of."""

    @property
    def unit(self) -> Fraction:
        """The exponent of a root."""

    @property
    def twin(self) -> int:
        """Place of the base."""


class Ring(Protocol):
    """What is read of a side."""

    field: Any
    ring: Any

    @property
    def generators(self) -> Sequence[Related]:
        """In the order of the field."""

    def assumed(self, base: ex.Expr) -> int | None:
        """The sign of an expression, where one is known."""


def related(side: Ring, element: Any) -> Any:
    """The element with the relations of its generators applied."""
    for place, generator in enumerate(side.generators):
        if not _uses(element, place):
            continue
        if generator.kind == "abs" and generator.twin >= 0:
            element = _powers(side, element, generator.twin, 2, side.field.gens[place] ** 2)
        elif generator.kind == "root" and isinstance(generator.base, ex.Number):
            value = side.field(side.ring.domain(generator.base.value.numerator, generator.base.value.denominator))
            element = _powers(side, element, place, generator.unit.denominator, value)
        elif generator.kind == "sign" and generator.twin >= 0:
            element = _signed(side, element, place, generator)
    return element


def _uses(element: Any, place: int) -> bool:
    return any(m[place] for m in (*element.numer.itermonoms(), *element.denom.itermonoms()))


def _powers(side: Ring, element: Any, place: int, period: int, value: Any) -> Any:
    """The element with the power `period` of a generator replaced by a value."""
    gen = side.field.gens[place]

    def replaced(poly: Any) -> Any:
        if all(m[place] < period for m in poly.itermonoms()):
            return side.field(poly)
        total = side.field.zero
        for m, c in poly.iterterms():
            q, r = divmod(m[place], period)
            total = total + side.field(side.ring({(*m[:place], 0, *m[place + 1 :]): c})) * value**q * gen**r
        return total

    return _quotient(element, replaced(element.numer), replaced(element.denom))


def _quotient(element: Any, top: Any, bottom: Any) -> Any:
    """top/bottom, or the element as it was where the bottom vanishes identically: it has no value anyway."""
    return element if bottom == 0 else top / bottom


def _signed(side: Ring, element: Any, place: int, generator: Related) -> Any:
    """Each x*sign(x) becomes |x|, each |x|*sign(x) becomes x; a sign alone stays, since it is 0 at 0."""
    odd, known = generator.twin, side.assumed(generator.base)
    even = next(
        (k for k, g in enumerate(side.generators) if g.kind == "abs" and g.base == generator.base),
        None,
    )

    def replaced(poly: Any) -> Any:
        total = side.ring.zero
        for m, c in poly.iterterms():
            sign, powers = _without_sign(m, place, odd, even, known)
            total = total + side.ring({powers: c * sign})
        return side.field(total)

    return _quotient(element, replaced(element.numer), replaced(element.denom))


def _without_sign(
    monomial: tuple[int, ...], place: int, odd: int, even: int | None, known: int | None
) -> tuple[int, tuple[int, ...]]:
    """(sign, monomial) with the powers of a sign used up against those of its argument."""
    powers, sign = list(monomial), 1
    if known is not None and powers[odd]:
        sign, powers[place] = known ** powers[place], 0
    elif powers[place] > 1 and (powers[odd] or (even is not None and powers[even])):
        # sign(x)**2 = 1 wherever x is not 0, and x is a factor
        powers[place] %= 2
    if even is not None and powers[place]:
        if powers[odd]:
            powers[place], powers[odd], powers[even] = powers[place] - 1, powers[odd] - 1, powers[even] + 1
        elif powers[even]:
            powers[place], powers[even], powers[odd] = powers[place] - 1, powers[even] - 1, powers[odd] + 1
    return sign, tuple(powers)
