"""Values of a loop nest that is compiled for several steps at once.

A nest is run for a tile of `r` steps of one loop and for vectors `v` of steps of another.  A value that differs between
the steps of the tile has a register for each of them, one that differs along the lanes has a vector for each v; one
that differs in neither is a single register.

Enters: nothing.  Leaves: the classes that `writing` computes with.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """constant + sum(coefficient * value) + r*tile + steps[r] + (lane number)*lanes + offsets[lane number].

    Args:
        terms: coefficients of values in registers.
        constant, tile, lanes: as above; `r` is the step in the tile, the lane number counts over all vectors.
        offsets: what a multiple of the lane number does not say, `q // 2` of steps q; 0 first; () for none.
        steps: the same of the step in the tile.
    """

    terms: Mapping[Value, int] = {}
    constant: int = 0
    tile: int = 0
    lanes: int = 0
    offsets: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()

    @staticmethod
    def of_lanes(places: Sequence[int]) -> Integer:
        """The integers of the lanes."""
        return Integer(constant=places[0], offsets=tuple(place - places[0] for place in places))._regular()

    @staticmethod
    def of_steps(places: Sequence[int]) -> Integer:
        """The integers of the steps of a tile."""
        return Integer(constant=places[0], steps=tuple(place - places[0] for place in places))._regular()

    def _regular(self) -> Integer:
        """The same with multiples in place of steps and offsets that are multiples."""
        (lane, offsets), (step, steps) = _multiple(self.offsets), _multiple(self.steps)
        return self._replace(lanes=self.lanes + lane, offsets=offsets, tile=self.tile + step, steps=steps)

    def plus(self, other: Integer, sign: int = 1) -> Integer:
        """The sum or difference."""
        terms = dict(self.terms)
        for value, factor in other.terms.items():
            terms[value] = terms.get(value, 0) + sign * factor
        kept = {value: factor for value, factor in terms.items() if factor}
        tile, lanes = self.tile + sign * other.tile, self.lanes + sign * other.lanes
        offsets, steps = (
            tuple(a + sign * b for a, b in itertools.zip_longest(mine, its, fillvalue=0))
            for mine, its in ((self.offsets, other.offsets), (self.steps, other.steps))
        )
        constant = self.constant + sign * other.constant
        return Integer(kept, constant, tile, lanes, offsets, steps)._regular()

    def times(self, factor: int) -> Integer:
        """A multiple."""
        if not factor:
            return Integer()
        terms = {value: k * factor for value, k in self.terms.items()}
        offsets, steps = (tuple(k * factor for k in places) for places in (self.offsets, self.steps))
        return Integer(terms, self.constant * factor, self.tile * factor, self.lanes * factor, offsets, steps)

    def lane(self, number: int) -> int:
        """What a lane has that is known beforehand; a lane behind the last has what the last one has."""
        return number * self.lanes + (self.offsets[min(number, len(self.offsets) - 1)] if self.offsets else 0)

    def step(self, number: int) -> int:
        """What a step of the tile has more than the first one."""
        return number * self.tile + (self.steps[number] if self.steps else 0)

    @property
    def known(self) -> int | None:
        """Its number, where it is one."""
        return None if self.dims or self.terms else self.constant

    @property
    def dims(self) -> frozenset[str]:
        """What it differs in."""
        found = frozenset[str]().union(*(v.dims for v in self.terms))
        tile, lanes = self.tile or self.steps, self.lanes or self.offsets
        return found | ({TILE} if tile else set()) | ({LANES} if lanes else set())

    @property
    def gathers(self) -> bool:
        """True where it differs along the lanes in a way that is known only when it is run."""
        return any(LANES in value.dims for value in self.terms)

    @property
    def side_by_side(self) -> bool:
        """True where every lane is one more than the one before."""
        return self.lanes == 1 and not self.offsets and not self.gathers


def _multiple(places: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """(k, ()) of the places 0, k, 2*k, ...; else 0 and the places."""
    step = places[1] if len(places) > 1 else 0
    regular = all(place == step * number for number, place in enumerate(places))
    return (step, ()) if regular else (0, places)


class Target(NamedTuple):
    """A machine: bits of a vector register, and how many there are."""

    bits: int = 128
    registers: int = 16

    def lanes(self, kind: str) -> int:
        """Entries of a vector."""
        return max(1, self.bits // (32 if kind == "float" else 64))

    @property
    def masks(self) -> bool:
        """Whether parts of vectors are read and written like whole ones: AVX-512 has registers for that."""
        return self.bits >= 512


class Shape(NamedTuple):
    """The steps that are compiled together: `tile` steps, and for each of `counts` a vector of so many lanes.

    A vector of a count that is no power of two is as wide as the next one, and its last lanes mean nothing: nothing is
    read or written for them.  Where the number of those that do is known only when it is run, `flags` has a register
    for each vector, true for them.
    """

    tile: int = 1
    counts: tuple[int, ...] = (1,)
    flags: tuple[str, ...] = ()

    @property
    def widths(self) -> tuple[int, ...]:
        """The entries of every vector."""
        return tuple(1 << (count - 1).bit_length() for count in self.counts)

    def keys(self, dims: Iterable[str]) -> Iterator[Key]:
        """All (r, v) of a value that differs in the given dims."""
        for r in range(self.tile if TILE in dims else 1):
            for v in range(len(self.counts) if LANES in dims else 1):
                yield r, v

    def start(self, v: int) -> int:
        """The number of the first lane of a vector."""
        return sum(self.counts[:v])

    def is_whole(self, v: int) -> bool:
        """True where every lane of a vector means something."""
        return not self.flags and self.counts[v] == self.widths[v]


class Rest(tuple[int, ...]):
    """A block of lanes the last of which may mean nothing, one vector wide."""

    __slots__ = ()
