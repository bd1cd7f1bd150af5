"""Equations in primitives: library functions replaced by their formulas, accurately or as they stand.

Enters: expressions with calls of library functions.  Leaves: expressions whose only calls are primitives, those of the
language and the ones only a lowering makes (`LOWERED`).  An optimizer's step is expanded as it stands; what the network
computes goes through the rules of `stable`.
"""

from __future__ import annotations

from collections.abc import Mapping

from symprop.errors import Fault, FormulaError
from symprop.language import PRIMITIVES, Equation, Expr, Function, Network, Read
from symprop.language.expressions import Call, transform
from symprop.plan.stable import stabilise

LOWERED = ("expm1", "log1p", "erfc", "tanh", "sqrt")


def expand(expr: Expr, functions: Mapping[str, Function]) -> Expr:
    """The expression with every library function replaced by its formula.

    Raises:
        FormulaError: a function is neither a primitive nor known.
    """

    def change(node: Expr) -> Expr:
        if not isinstance(node, Call) or node.name in PRIMITIVES:
            return node
        function = functions.get(node.name)
        if function is None:
            if node.name in LOWERED:
                return node
            raise FormulaError(Fault(f"function '{node.name}'", "it has no formula, and kernels cannot be made of it"))
        names = (*function.args, *(name for name, _ in function.params))
        return bind(expand(function.body, functions), dict(zip(names, node.args, strict=True)))

    return transform(expr, change)


def bind(body: Expr, values: Mapping[str, Expr]) -> Expr:
    """A formula with its arguments, scalars by name, replaced by expressions."""

    def change(node: Expr) -> Expr:
        return values.get(node.tensor, node) if isinstance(node, Read) and not node.indices else node

    return transform(body, change)


def lower(equation: Equation, network: Network) -> tuple[Equation, ...]:
    """The equation as kernels evaluate it, preceded by the equations of what it needs (a row maximum)."""
    return stabilise(equation, network)
