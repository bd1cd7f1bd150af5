"""Definitions whose left side has a compound index, as a reshape has: unfolded only where the digits are the same."""

from __future__ import annotations

from symprop.algebra.canonical import prove_equal
from symprop.algebra.terms import Facts
from symprop.language import Compound, Equation, Extent, Index, Position
from symprop.language import expressions as ex

N, C = Extent.of("N"), Extent.of("C")
n, c, i, j = Index("n", N), Index("c", C), Index("i", N), Index("j", C)


def at(*indices: Index | Position) -> list[Position]:
    return [Position.of(k) for k in indices]


def flat(first: Index | Position, second: Index | Position, *radices: Extent) -> list[Position]:
    return [Position.of(Compound(at(first, second), radices))]


FACTS = Facts({"A": (N, C), "f": (N * C,)}, {})
DEFINITIONS = {"f": Equation("f", tuple(flat(i, j, N, C)), ex.Read("A", at(i, j)))}


def proved(read: list[Position], wanted: list[Position]) -> bool:
    return prove_equal(ex.Read("f", read), ex.Read("A", wanted), FACTS, {}, DEFINITIONS) is not None


def test_the_same_digits_are_the_same_entry() -> None:
    assert proved(flat(n, c, N, C), at(n, c))


def test_other_digits_are_another_entry() -> None:
    assert not proved(flat(c, n, C, N), at(n, c))
    assert not proved(flat(c, n, C, N), at(c, n))
    assert not proved(flat(n, c, N, C), at(c, n))


def test_other_radices_are_other_digits() -> None:
    """f[3*p + q] is A[p, q]; f[4*p + q] is another entry, although p and q are in range of both."""
    three, four = Extent.of(3), Extent.of(4)
    p, q, k = Index("p", three), Index("q", three), Index("k", four)
    facts = Facts({"A": (four, three), "f": (Extent.of(12),)}, {})
    known = {"f": Equation("f", tuple(flat(k, q, four, three)), ex.Read("A", at(k, q)))}
    entry = ex.Read("A", at(p, q))
    assert prove_equal(ex.Read("f", flat(p, q, four, three)), entry, facts, {}, known) is not None
    assert prove_equal(ex.Read("f", flat(p, q, three, four)), entry, facts, {}, known) is None


def test_a_digit_out_of_range_is_no_digit() -> None:
    """f[(n, c + 1)] is A[n + 1, 0] where c is the last, and not A read out of its bounds."""
    assert not proved(flat(n, Position.of(c) + 1, N, C), at(n, Position.of(c) + 1))
