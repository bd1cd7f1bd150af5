"""What a formula needs of the library: the functions it calls, and those that they call.

Enters: an expression.  Leaves: `Function` values of activations, each before what calls it.
"""

from __future__ import annotations

from symprop.language import Expr, Function
from symprop.library.activations import ACTIVATIONS
from symprop.library.scalars import calls


def functions_used(expr: Expr) -> dict[str, Function]:
    """The library functions an expression calls, and those their formulas call, each before what calls it."""
    found: dict[str, Function] = {}
    for name in sorted(calls(expr)):
        entry = ACTIVATIONS.get(name)
        if entry is not None and entry.elementwise:
            function = entry.function()
            found |= functions_used(function.body) | {name: function}
    return found
