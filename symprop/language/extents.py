"""Extents of axes: integer polynomials in named sizes, such as 64, N, C*H*W or T - K + 1.

Enters: integers and names.  Leaves: `Extent` values that add, multiply and compare, as far as the comparison holds for
every positive value of the names.  Nothing here knows of indices or tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from symprop.language.node import Node

Monomial = tuple[str, ...]


class Extent(Node):
    """sum_m c_m * prod(names of m), an integer for any choice of the names, each of which is at least 1."""

    __slots__ = ("terms",)
    terms: tuple[tuple[Monomial, int], ...]

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        kept = sorted((m, c) for m, c in terms.items() if c)
        self._set(tuple(sorted(kept, key=lambda term: (-len(term[0]), term[0]))))

    @staticmethod
    def of(value: Extent | int | str) -> Extent:
        """An extent from an integer, a name or itself."""
        if isinstance(value, Extent):
            return value
        return Extent({(value,): 1} if isinstance(value, str) else {(): value})

    @property
    def constant(self) -> int | None:
        """The integer this extent is, or None where it holds a name."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    @property
    def names(self) -> frozenset[str]:
        """All names the extent depends on."""
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    def __add__(self, other: Extent | int) -> Extent:
        total = dict(self.terms)
        for monomial, coefficient in Extent.of(other).terms:
            total[monomial] = total.get(monomial, 0) + coefficient
        return Extent(total)

    def __sub__(self, other: Extent | int) -> Extent:
        return self + Extent.of(other) * -1

    def __mul__(self, other: Extent | int) -> Extent:
        total: dict[Monomial, int] = {}
        for (m1, c1), (m2, c2) in product(self.terms, Extent.of(other).terms):
            monomial = tuple(sorted(m1 + m2))
            total[monomial] = total.get(monomial, 0) + c1 * c2
        return Extent(total)

    def at_least(self, bound: int) -> bool:
        """True where the extent is proved to be >= bound whenever every name is >= 1 (False: not proved).

        Each name s is written 1 + s' with s' >= 0; no negative coefficient may remain.
        """
        shifted = Extent({(): -bound})
        for monomial, coefficient in self.terms:
            factor = Extent({(): coefficient})
            for name in monomial:
                factor = factor * Extent({(name,): 1, (): 1})
            shifted = shifted + factor
        return all(coefficient >= 0 for _, coefficient in shifted.terms)

    def at(self, sizes: Mapping[str, int]) -> Extent:
        """The extent with integers for the names in `sizes`; other names stay."""
        total = Extent({})
        for monomial, coefficient in self.terms:
            factor = Extent({tuple(name for name in monomial if name not in sizes): coefficient})
            for name in monomial:
                factor = factor * sizes.get(name, 1)
            total = total + factor
        return total

    def value(self, sizes: Mapping[str, int]) -> int:
        """The integer for given sizes of the names."""
        total = 0
        for monomial, coefficient in self.terms:
            for name in monomial:
                coefficient *= sizes[name]
            total += coefficient
        return total

    def __str__(self) -> str:
        text = ""
        for monomial, coefficient in self.terms:
            size = abs(coefficient)
            body = "*".join(monomial if size == 1 and monomial else (str(size), *monomial))
            text += (" - " if coefficient < 0 else " + ") + body if text else ("-" if coefficient < 0 else "") + body
        return text or "0"


ONE = Extent({(): 1})
