"""Choices by masks.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from typing import Any

from symprop.frontends.arrays import Array, chosen
from symprop.frontends.bench import Bench
from symprop.frontends.operations.arguments import array, fitted, real
from symprop.frontends.operations.registry import operation


@operation("where")
def where(bench: Bench, condition: Any, then: Any, otherwise: Any) -> Array:
    """`then` where the condition holds, else `otherwise`."""
    return fitted(chosen, array(condition, ("condition",)), real(then, ("then",)), real(otherwise, ("otherwise",)))
