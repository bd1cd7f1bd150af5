"""Small networks and claims on them, for the tests of verdicts."""

from __future__ import annotations

import json

from symprop.language import Extent, Network, Scope, Tensor, parse_equation
from symprop.library import ACTIVATIONS
from symprop.verification import Report, Verdict, verify
from symprop.verification.claimsfile import parse_claims

CALLED = ("sigmoid", "tanh", "relu")


def tensor(name: str, *axes: int | str, **options: object) -> Tensor:
    return Tensor(name, tuple(map(Extent.of, axes)), **options)  # type: ignore[arg-type]


def network(tensors: list[Tensor], *lines: str) -> Network:
    known = {t.name: t for t in [*tensors, tensor("L", role="loss")]}
    scope = Scope(known, functions=dict.fromkeys(CALLED, 1))
    functions = {name: ACTIVATIONS[name].function() for name in CALLED}
    return Network("hand", known, tuple(parse_equation(line, scope) for line in lines), functions=functions)


def classifier(hidden: str = "tanh", inputs: int = 3, units: int = 4) -> Network:
    """Two layers, softmax cross-entropy of integer labels."""
    tensors = [
        tensor("x", "N", inputs, role="input"),
        tensor("y", "N", dtype="integer", high=Extent.of(5), role="target"),
        tensor("W1", inputs, units, role="param"),
        tensor("b1", units, role="param"),
        tensor("Z1", "N", units),
        tensor("A1", "N", units),
        tensor("W2", units, 5, role="param"),
        tensor("b2", 5, role="param"),
        tensor("Z2", "N", 5),
        tensor("P", "N", 5),
        tensor("Y", "N", 5, simplex=1),
    ]
    return network(
        tensors,
        "Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]",
        f"A1[n,j] = {hidden}(Z1[n,j])",
        "Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]",
        "P[n,c] = exp(Z2[n,c])/sum[k](exp(Z2[n,k]))",
        "Y[n,c] = [y[n] == c]",
        "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N",
    )


def linear(loss: str = "sum[n,j]((Z[n,j] - t[n,j])**2)/N", inputs: int = 3) -> Network:
    """One layer of two outputs and a loss of Z."""
    tensors = [
        tensor("x", "N", inputs, role="input"),
        tensor("t", "N", 2, role="target"),
        tensor("W", inputs, 2, role="param"),
        tensor("b", 2, role="param"),
        tensor("Z", "N", 2),
    ]
    return network(tensors, "Z[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]", f"L = {loss}")


def report(net: Network, text: str, **options: float) -> Report:
    return verify(net, parse_claims(text, "hand.yaml"), **options)  # type: ignore[arg-type]


def verdict(net: Network, name: str, formula: str, *above: str) -> Verdict:
    """The verdict on one claim, with the claims above it."""
    lines = ["claims:", *(f"  {line}" for line in above), f"  {name}: {json.dumps(formula)}"]
    return report(net, "\n".join(lines))[name]
