"""Formulas as text, over tensors with symbolic extents, and the proof that two of them are equal."""

from __future__ import annotations

from collections.abc import Iterable

from symprop.algebra.canonical import Assumption, Proof, prove_equal
from symprop.algebra.terms import Facts
from symprop.language import Equation, Function, Scope, Tensor, parse_equation, parse_expression, ranges
from tests.cases.equations import FUNCTIONS, extent

FORMULAS = {
    "softplus": "log(1 + exp(z))",
    "tanh_by_exp": "(exp(z) - exp(-z))/(exp(z) + exp(-z))",
    "hardtanh": "max(min(z, 1), -1)",
}
ARITY = dict.fromkeys([*FUNCTIONS, *FORMULAS], 1)
KNOWN = FUNCTIONS | {
    name: Function(name, ("z",), parse_expression(body, Scope(functions=ARITY))) for name, body in FORMULAS.items()
}


class Setting:
    """Declared tensors, definitions and indices of some claims.

    Args:
        axes: "X: N D" for each tensor, separated by commas; "y: N < C" is an integer tensor with values below C.
        indices: "n: N" for each index, separated by commas.
        definitions: equations, one on a line.
    """

    def __init__(self, axes: str, indices: str = "", definitions: str = "") -> None:
        self.tensors = {t.name: t for t in map(_tensor, filter(None, axes.split(",")))}
        pairs = (part.split(":") for part in indices.split(",") if part)
        self.indices = {name.strip(): extent(size.strip()) for name, size in pairs}
        lines = [line.strip() for line in definitions.splitlines() if line.strip()]
        self.definitions: dict[str, Equation] = {}
        for line in lines:
            equation = parse_equation(line, self.scope)
            self.definitions[equation.target] = equation

    def __str__(self) -> str:
        """A name for test ids that is the same in every process."""
        return "-".join(self.tensors)

    @property
    def scope(self) -> Scope:
        return Scope(self.tensors, self.indices, functions=ARITY)

    @property
    def facts(self) -> Facts:
        return Facts({t.name: t.axes for t in self.tensors.values()}, ranges(self.tensors.values()))

    def proof(self, left: str, right: str, assumptions: Iterable[Assumption] = ()) -> Proof | None:
        one, other = parse_expression(left, self.scope), parse_expression(right, self.scope)
        return prove_equal(one, other, self.facts, KNOWN, self.definitions, assumptions, 20.0)


def _tensor(declaration: str) -> Tensor:
    name, _, axes = declaration.strip().partition(":")
    shape, _, high = axes.partition("<")
    extents = tuple(map(extent, shape.split()))
    if high:
        return Tensor(name, extents, "integer", high=extent(high.strip()))
    return Tensor(name, extents)
