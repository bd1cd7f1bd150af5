"""Several loops whose steps are taken together: in a tile, or as lanes.

Enters: how many steps each loop has, and what its steps share.  Leaves: which of them go together, and where each of
them is at every step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

SUMS = {16: 12, 32: 25}
"""Sums that stay in registers, by the number of these; the others hold what is added."""
SCATTERED, TURNED = 5 / 8, 7 / 8
"""What lanes are worth that are written entry by entry, or as rows that are turned in registers first."""
MANY_TERMS = 32
"""Terms of a sum beside which turning its results is little."""


class Candidate(NamedTuple):
    """A loop that may be a tile.

    Args:
        place: in the chain of loops.
        trip: its steps.
        used: loops inside run to other ends in each of its steps.
        moves: each of its steps reads other vectors: a number that all lanes share is cheaper to read than these.
        apart: neither its steps nor the lanes write side by side.
    """

    place: int
    trip: float
    used: bool
    moves: bool
    apart: bool

    def cost(self, most: int) -> tuple[bool, bool, bool, float]:
        """The less, the better, of tiles of so many steps at most."""
        return self.used, self.moves, self.apart, -min(self.trip, most)


def tile_of(candidates: Sequence[Candidate], most: int, sums: int) -> list[int]:
    """Places of the loop that becomes a tile, and of those all of whose steps are inside each of its own.

    Args:
        candidates: in the order in which they are tried where their costs are the same.
        most: steps of a tile of one loop.
        sums: steps of all together.
    """
    first, *others = sorted(candidates, key=lambda c: c.cost(most))
    found, steps = [first], first.trip
    for other in others:
        if not (other.used or other.moves) and steps * other.trip <= sums:
            found.append(other)
            steps *= other.trip
    if first.trip <= most:  # all steps of all are taken together: those of the last loop side by side
        found.sort(key=lambda c: c.place)
    return [c.place for c in found]


def vectors_filled(trip: float, blocks: Sequence[tuple[int, ...]]) -> float:
    """Steps to a vector, of a loop that is taken in blocks, each for as long as it fits.

    >>> vectors_filled(21, [(8,), (4, 1)])
    5.25
    """
    if trip == math.inf:
        return sum(blocks[0]) / len(blocks[0])
    left, vectors = trip, 0.0
    for block in blocks:
        vectors += left // sum(block) * len(block)
        left %= sum(block)
    return trip / vectors


def worth(filled: float, apart: bool, turned: bool, terms: float) -> float:
    """Lanes that are filled, fewer where they are written apart: as rows if they can be turned, or one by one."""
    if not apart:
        return filled
    return filled * (TURNED if turned and terms >= MANY_TERMS else SCATTERED)


def digits(counts: Sequence[int]) -> list[list[int]]:
    """Of nested loops that are run through as one, the step of each at every step of the whole.

    >>> digits([2, 3])
    [[0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]]
    """
    total, found, inner = math.prod(counts), list[list[int]](), math.prod(counts)
    for count in counts:
        inner //= count
        found.append([step // inner % count for step in range(total)])
    return found
