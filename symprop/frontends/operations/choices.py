"""Choices by masks.

Enters: a bench and values.  Leaves: an array.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from symprop.frontends.arrays import Array, chosen
from symprop.frontends.bench import Bench
from symprop.frontends.operations.arguments import array, fitted
from symprop.frontends.operations.registry import operation


@operation("where")
def where(bench: Bench, condition: Any, then: Any, otherwise: Any) -> Array:
    """`then` where the condition holds, else `otherwise`."""
    choices = array(then, ("then",)), array(otherwise, ("otherwise",))
    found: Array = fitted(chosen, array(condition, ("condition",)), *(c.real() for c in choices))
    return replace(found, kind="mask") if all(c.kind == "mask" for c in choices) else found
