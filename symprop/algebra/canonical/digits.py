"""Positions as numbers of several digits: of (p, u) with u below 2, which is 2*p + u, the digits are p and u.

Enters: positions and the ranges of integer tensors.  Leaves: positions; a compound and the sum that it stands for are
the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symprop.language.extents import Extent
from symprop.language.indices import Atom, Compound, Position, within

Ranges = Mapping[str, Extent]


def spread(position: Position, ranges: Ranges) -> Position:
    """The position with the compounds whose parts are in range, (p, u), as the sums 2*p + u that they are."""
    if not any(isinstance(atom, Compound) for atom, _ in position.terms):
        return position
    found = Position({}, position.offset)
    for atom, coefficient in position.terms:
        found = found + _sum_of(atom, ranges) * coefficient
    return found


def _sum_of(atom: Atom, ranges: Ranges) -> Position:
    if not isinstance(atom, Compound):
        return Position.of(atom)
    sizes = [radix.constant for radix in atom.radices[1:]]
    if None in sizes or not all(within(p, r, ranges) for p, r in zip(atom.parts, atom.radices, strict=True)):
        return Position.of(atom)
    total = Position({})
    for part, size in zip(atom.parts, [1, *sizes], strict=True):
        total = total * (size or 1) + spread(part, ranges)
    return total


def divided(position: Position, divisor: int, ranges: Ranges) -> tuple[Position, Position] | None:
    """(a, r) with position = divisor*a + r and 0 <= r < divisor, None where that is not seen."""
    offset = position.offset.constant
    if offset is None:
        return None
    above = Position({a: c // divisor for a, c in position.terms if c % divisor == 0}, offset // divisor)
    rest = Position({a: c for a, c in position.terms if c % divisor}, offset % divisor)
    return (above, rest) if within(rest, Extent.of(divisor), ranges) else None


def digits_of(position: Position, radices: Sequence[Extent], ranges: Ranges) -> list[Position] | None:
    """The digits of a position for radices, the first of which is not divided by; None where they are not seen."""
    found: list[Position] = []
    for radix in reversed(radices[1:]):
        parts = None if radix.constant is None else divided(position, radix.constant, ranges)
        if parts is None:
            return None
        position, digit = parts
        found.append(digit)
    return [position, *reversed(found)]


def leading(position: Position, ranges: Ranges) -> Position:
    """A position that is 0 or more where this one is: a, of divisor*a + r with 0 <= r < divisor."""
    for divisor in sorted({abs(c) for _, c in position.terms} - {1}):
        parts = divided(position, divisor, ranges)
        if parts is not None and parts[0].terms:
            return leading(parts[0], ranges)
    return position


def equal_digits(position: Position, ranges: Ranges) -> list[Position]:
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
                return [piece for half in (above, left) for piece in (equal_digits(half, ranges) or [half])]
    return []
