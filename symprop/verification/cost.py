"""How long it takes to evaluate a network at one point, in 60 digits.

Enters: a derivation.  Leaves: a lower bound, or an error where there is no time for it: what would be answered a minute
later is said at once.
"""

from __future__ import annotations

from symprop.derivation import Derivation
from symprop.errors import UndecidedError
from symprop.language import Equation
from symprop.language import expressions as ex
from symprop.oracle.contraction import products
from symprop.verification.points import sizes_of

SECONDS_A_PRODUCT = 2e-6
"""A lower bound: of products of numbers of 60 digits, and of entries that are stored."""

CHEAPER = 20
"""In sums of products of tensors, which are sums of integers, a product takes a small part of it."""


def check_cost(derivation: Derivation, seconds: float) -> float:
    """Seconds for one evaluation, at least; what cannot be evaluated in the time there is is refused.

    Raises:
        UndecidedError: a single evaluation would take longer.
    """
    sizes = sizes_of(derivation.network, 0)
    equations = [*derivation.network.equations, *(a.equation for a in derivation)]
    cost = SECONDS_A_PRODUCT * sum(_products(e, sizes) for e in equations)
    if cost > seconds:
        message = f"network '{derivation.network.name}': to evaluate it once in 60 digits takes about {cost:.0f} s"
        raise UndecidedError(f"{message}; expected at most {max(seconds, 0):.0f} s. Give it a larger --timeout.")
    return cost


def _products(equation: Equation, sizes: dict[str, int]) -> float:
    entries = 1.0
    for index in equation.free:
        entries *= index.extent.value(sizes)
    return entries * _width(equation.body, sizes)


def _width(expr: ex.Expr, sizes: dict[str, int]) -> float:
    """Number of products for one entry."""
    inner = max((_width(child, sizes) for child in expr.children()), default=1.0)
    if not isinstance(expr, ex.Reduce):
        return inner
    for index in expr.indices:
        inner *= index.extent.value(sizes)
    return max(1.0, inner / CHEAPER) if products(expr) else inner
