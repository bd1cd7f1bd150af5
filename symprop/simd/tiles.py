"""Several loops whose steps are taken together: in a tile, or as lanes.

Enters: how many steps each loop has.  Leaves: which of them go together, and where each of them is at every step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

ACCUMULATORS = {16: 12, 32: 25}
"""Sums that stay in registers, by the number of these; the others hold what is added."""


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


def joined(trips: Sequence[float], most: int) -> list[int]:
    """Places of the loops behind the first that are taken into its tile whole: as many steps as `most` together.

    Of a loop that has enough steps by itself, none.
    """
    found, steps = list[int](), trips[0]
    for place, trip in enumerate(trips[1:], 1):
        if steps * trip <= most:
            found.append(place)
            steps *= trip
    return found
