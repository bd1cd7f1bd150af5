"""Polynomials in other bases.

Enters: coefficients, or polynomials of a ring.  Leaves: their coefficients in 1 - t, or in the products of powers of
t and 1 - t (Bernstein, Comm. Soc. Math. Kharkov 13, 1-2 (1912)), where a positive polynomial has no minus sign once
its degree is high enough.
"""

from __future__ import annotations

from math import comb
from typing import Any


def common_powers(poly: Any) -> tuple[tuple[int, ...], Any]:
    """(powers of the generators that divide a polynomial, what is left)."""
    monomials = list(poly.itermonoms())
    common = tuple(min(m[k] for m in monomials) for k in range(len(monomials[0])))
    rest = {tuple(a - b for a, b in zip(m, common, strict=True)): c for m, c in poly.iterterms()}
    return common, poly.ring(rest)


def shifted_basis(coefficients: list[Any]) -> list[Any]:
    """The same polynomial in m = 1 - t."""
    found = [coefficients[0] * 0] * len(coefficients)
    for k, c in enumerate(coefficients):
        for j in range(k + 1):
            found[j] = found[j] + c * comb(k, j) * (-1) ** j
    return found


def bernstein(coefficients: list[Any]) -> list[Any]:
    """Coefficients of t**k * (1 - t)**(n - k)."""
    n = len(coefficients) - 1
    return [sum(coefficients[j] * comb(n - j, k - j) for j in range(k + 1)) for k in range(n + 1)]
