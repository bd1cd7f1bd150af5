"""What a wrong claim is consistent with; nothing is said that does not hold at two independent points.

Enters: a claim, scenes at which it is wrong.  Leaves: sentences, those of the first kind of mistake that fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from symprop.derivation import Derivation
from symprop.verification.case import Case
from symprop.verification.comparisons import factor, nothing, rounded, some_entries, turned
from symprop.verification.constants import constant, penalty
from symprop.verification.limit import Limit
from symprop.verification.neglected import single
from symprop.verification.otherlosses import another_loss
from symprop.verification.overwriting import overwritten
from symprop.verification.ratio import Ratio
from symprop.verification.scene import Scene
from symprop.verification.search import planted_before, planted_in_ours, taken_out_of_yours
from symprop.verification.special import special_values
from symprop.verification.timesteps import one_step_off
from symprop.verification.values import Claim
from symprop.verification.views import Views

SEARCH_SECONDS = 3.0
Hint = Callable[[Case], Iterator[str]]
HINTS: tuple[Hint, ...] = (
    constant,
    turned,
    penalty,
    overwritten,
    one_step_off,
    planted_in_ours,
    another_loss,
    taken_out_of_yours,
    factor,
    planted_before,
    special_values,
    single,
    some_entries,
    rounded,
)
"""In this order: what is certain and simple first, what only narrows the fault down last."""


def hints_of(
    derivation: Derivation, claim: Claim, scenes: Sequence[Scene], ratio: Ratio | None, deadline: float, views: Views
) -> tuple[str, ...]:
    """Sentences for a claim of the right shape."""
    case = Case(derivation, claim, tuple(scenes), ratio, Limit.of(deadline, SEARCH_SECONDS), views)
    if not case.complete:
        return ()
    found = next((sentences for hint in HINTS if (sentences := tuple(dict.fromkeys(hint(case))))), ())
    return (*nothing(case), *found)
