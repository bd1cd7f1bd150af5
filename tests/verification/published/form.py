"""A published closed form: forward equations, the gradients as they are printed, and wrong variants of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from symprop.language import Network, Scope, Tensor, parse_equation
from symprop.library import ACTIVATIONS
from symprop.verification import Report, verify
from symprop.verification.claimsfile import parse_claims
from tests.cases.equations import extent

CALLED = ("sigmoid", "tanh", "relu", "gelu", "gelu_tanh", "silu", "softplus")


@dataclass(frozen=True)
class Form:
    """One entry.

    Args:
        name: unique among the forms.
        source: where it is published.
        given: axes of what is given: "N D"; "N < C" holds integers below C, "N D >= 0" positive numbers, "N C rows"
            rows that sum to 1.
        computed: axes of what the equations compute.
        forward: equations, one on a line, the loss L last; U is a free upstream gradient.
        claims: the closed form, in order.
        wrong: wrong formulas in place of a claim.
        assumptions: what the proofs may assume, and must list.
        verdict: of every claim.
        seconds: of processor time for all claims together.
    """

    name: str
    source: str
    given: Mapping[str, str]
    computed: Mapping[str, str]
    forward: str
    claims: Mapping[str, str]
    wrong: Mapping[str, tuple[str, ...]]
    assumptions: tuple[str, ...] = ()
    verdict: str = "PROVED"
    seconds: float = field(default=5.0)

    @cached_property
    def network(self) -> Network:
        """The forward equations."""
        given = {name: given_tensor(name, axes) for name, axes in self.given.items()}
        computed = {name: Tensor(name, tuple(map(extent, axes.split()))) for name, axes in self.computed.items()}
        tensors = {**given, **computed, "L": Tensor("L", (), role="loss")}
        functions = {name: ACTIVATIONS[name].function() for name in CALLED}
        scope = Scope(tensors, functions=dict.fromkeys(CALLED, 1))
        lines = [line.strip() for line in self.forward.strip().splitlines()]
        equations = tuple(parse_equation(line, scope, where=self.name) for line in lines)
        return Network(self.name, tensors, equations, functions=functions)

    def report(self, changed: Mapping[str, str] | None = None) -> Report:
        """The verdicts on the claims, some of them changed; what is no claim comes last."""
        new = {name.partition("[")[0]: (name, formula) for name, formula in (changed or {}).items()}
        claims = dict(new.pop(name.partition("[")[0], (name, formula)) for name, formula in self.claims.items())
        return verify(self.network, parse_claims(as_yaml({**claims, **dict(new.values())}), self.name))

    def __str__(self) -> str:
        return self.name


def given_tensor(name: str, axes: str) -> Tensor:
    """A tensor that no equation defines: "N < C", "N D >= 0", "N C rows", "N D"."""
    shape, _, high = axes.partition(" < ")
    positive = shape.endswith(">= 0")
    rows = shape.endswith("rows")
    extents = tuple(map(extent, shape.removesuffix(">= 0").removesuffix("rows").split()))
    if high:
        return Tensor(name, extents, "integer", "target", extent(high))
    if rows:
        return Tensor(name, extents, role="target", simplex=len(extents) - 1, low=0.0, top=1.0)
    return Tensor(name, extents, role="input", low=0.0 if positive else None)


def as_yaml(claims: Mapping[str, str]) -> str:
    """A file of claims."""
    return "\n".join(["claims:", *(f"  {name}: {json.dumps(formula)}" for name, formula in claims.items())])
