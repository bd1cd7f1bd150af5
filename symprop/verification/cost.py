"""How much there is to evaluate at one point, in 60 digits.

Enters: a derivation.  Leaves nothing, or an error where it is too much.
"""

from __future__ import annotations

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.verification.points import sizes_of

MAX_COST = 2e7


def check_cost(derivation: Derivation) -> None:
    """Refuse what would take minutes in high precision.

    Raises:
        UndecidedError: there are too many products.
    """
    sizes = sizes_of(derivation.network, 0)
    equations = [*derivation.network.equations, *(a.equation for a in derivation)]
    cost = sum(_points_of(e, sizes) for e in equations)
    if cost > MAX_COST:
        message = f"network '{derivation.network.name}': it takes {cost:.1e} products in 60 digits to evaluate"
        raise UndecidedError(f"{message}; expected at most {MAX_COST:.0e}")


def _points_of(equation: Equation, sizes: dict[str, int]) -> float:
    whole = _width(equation.body, sizes)
    for index in equation.free:
        whole *= index.extent.value(sizes)
    return whole


def _width(expr: ex.Expr, sizes: dict[str, int]) -> float:
    """Number of terms of the reductions inside one another."""
    inner = max((_width(child, sizes) for child in expr.children()), default=1.0)
    for index in expr.indices if isinstance(expr, ex.Reduce) else ():
        inner *= index.extent.value(sizes)
    return inner
