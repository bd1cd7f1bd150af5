"""How long a search goes on: until the time for all claims is over, or its own share of work is done.

The share is counted in processor time, so that a busy machine finds what an idle one finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, process_time


@dataclass(frozen=True)
class Limit:
    """An end of a search.

    Args:
        deadline: time of the clock.
        work_end: processor time of this process.
    """

    deadline: float
    work_end: float

    @staticmethod
    def of(deadline: float, seconds: float) -> Limit:
        """From now on, `seconds` of work and not beyond a deadline."""
        return Limit(deadline, process_time() + seconds)

    @property
    def reached(self) -> bool:
        """True when the search has to end."""
        return monotonic() > self.deadline or process_time() > self.work_end
