"""Values of a loop nest that is compiled for several steps at once.

A nest is run for a tile of `r` steps of one loop and for vectors `v` of steps of another.  A value that differs between
the steps of the tile has a register for each of them, one that differs along the lanes has a vector for each v; one
that differs in neither is a single register.

Enters: nothing.  Leaves: the classes that `writing` computes with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

TILE, LANES = "r", "v"
Key = tuple[int, int]


class Value:
    """Registers of one value.

    Args:
        kind: its LLVM type, of one entry: "float", "double", "i64" or "i1".
        dims: which of TILE and LANES it differs in.
        regs: register or constant by (r, v), 0 where it does not differ.
        constant: the number of a constant.
    """

    def __init__(
        self, kind: str, dims: frozenset[str], regs: Mapping[Key, str], constant: float | None = None
    ) -> None:
        self.kind, self.dims, self.regs, self.constant = kind, dims, regs, constant

    def at(self, r: int, v: int) -> str:
        """The register for a step of the tile and a vector."""
        return self.regs[r if TILE in self.dims else 0, v if LANES in self.dims else 0]


class Integer(NamedTuple):
    """An integer as constant + sum(coefficient * value) + r*tile + (lane number)*lanes.

    Args:
        terms: coefficients of values in registers.
        constant, tile, lanes: as above; `r` is the step in the tile, the lane number counts over all vectors.
    """

    terms: Mapping[Value, int] = {}
    constant: int = 0
    tile: int = 0
    lanes: int = 0

    def plus(self, other: Integer, sign: int = 1) -> Integer:
        """The sum or difference."""
        terms = dict(self.terms)
        for value, factor in other.terms.items():
            terms[value] = terms.get(value, 0) + sign * factor
        kept = {value: factor for value, factor in terms.items() if factor}
        tile, lanes = self.tile + sign * other.tile, self.lanes + sign * other.lanes
        return Integer(kept, self.constant + sign * other.constant, tile, lanes)

    def times(self, factor: int) -> Integer:
        """A multiple."""
        if not factor:
            return Integer()
        terms = {value: k * factor for value, k in self.terms.items()}
        return Integer(terms, self.constant * factor, self.tile * factor, self.lanes * factor)

    @property
    def known(self) -> int | None:
        """Its number, where it is one."""
        return None if self.terms or self.tile or self.lanes else self.constant

    @property
    def dims(self) -> frozenset[str]:
        """What it differs in."""
        found = frozenset[str]().union(*(v.dims for v in self.terms))
        return found | ({TILE} if self.tile else set()) | ({LANES} if self.lanes else set())

    @property
    def gathers(self) -> bool:
        """True where it differs along the lanes in no regular way."""
        return any(LANES in value.dims for value in self.terms)


class Target(NamedTuple):
    """A machine: bits of a vector register, and how many there are."""

    bits: int = 128
    registers: int = 16

    def lanes(self, kind: str) -> int:
        """Entries of a vector."""
        return max(1, self.bits // (32 if kind == "float" else 64))


class Shape(NamedTuple):
    """The steps that are compiled together: `tile` steps, and a vector of each of `widths`."""

    tile: int = 1
    widths: tuple[int, ...] = (1,)

    def keys(self, dims: Iterable[str]) -> Iterator[Key]:
        """All (r, v) of a value that differs in the given dims."""
        for r in range(self.tile if TILE in dims else 1):
            for v in range(len(self.widths) if LANES in dims else 1):
                yield r, v

    def start(self, v: int) -> int:
        """The number of the first lane of a vector."""
        return sum(self.widths[:v])
