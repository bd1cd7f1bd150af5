"""Networks of the tests, made from equations directly, and the values their tensors take."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.derivation import Derivation, derive
from symprop.language import Extent, Network, Scope, Tensor, parse_equation
from symprop.library import ACTIVATIONS, OPTIMIZERS
from symprop.network import build
from symprop.oracle import evaluate
from symprop.spec import parse_spec, read_spec

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = tuple(sorted((ROOT / "examples").glob("*.yaml")))
CALLED = ("sigmoid", "tanh", "relu")
Values = Mapping[str, npt.NDArray[Any]]


def tensor(name: str, *axes: int | str, **options: Any) -> Tensor:
    return Tensor(name, tuple(map(Extent.of, axes)), **options)


def network(name: str, tensors: list[Tensor], *lines: str, **fields: Any) -> Network:
    """Equations over declared tensors; sigmoid, tanh and relu are the library's."""
    known = {t.name: t for t in [*tensors, tensor("L", role="loss")]}
    scope = Scope(known, functions=dict.fromkeys(CALLED, 1))
    functions = {entry: ACTIVATIONS[entry].function() for entry in CALLED}
    equations = tuple(parse_equation(line, scope) for line in lines)
    return Network(name, known, equations, functions=functions, **fields)


def mlp(**fields: Any) -> Network:
    """Two layers, softmax cross-entropy of integer labels, a penalty and an optimizer."""
    tensors = [
        tensor("x", "N", 3, role="input"),
        tensor("y", "N", dtype="integer", high=Extent.of(5), role="target"),
        tensor("W1", 3, 4, role="param"),
        tensor("b1", 4, role="param"),
        tensor("Z1", "N", 4),
        tensor("A1", "N", 4),
        tensor("W2", 4, 5, role="param"),
        tensor("b2", 5, role="param"),
        tensor("Z2", "N", 5),
        tensor("P", "N", 5),
        tensor("Y", "N", 5),
    ]
    lines = (
        "Z1[n,j] = sum[i](x[n,i]*W1[i,j]) + b1[j]",
        "A1[n,j] = tanh(Z1[n,j])",
        "Z2[n,c] = sum[j](A1[n,j]*W2[j,c]) + b2[c]",
        "P[n,c] = exp(Z2[n,c])/sum[k](exp(Z2[n,k]))",
        "Y[n,c] = [y[n] == c]",
        "L = -sum[n,c](Y[n,c]*log(P[n,c]))/N + 0.05*sum[i,j](W1[i,j]**2)",
    )
    options = {
        "optimizer": OPTIMIZERS["adam"].optimizer(clip_norm=1.0),
        "notes": ("The penalty is added once and not divided by N.",),
    }
    return network("mlp", tensors, *lines, **(options | fields))


def logistic() -> Network:
    """One layer with a sigmoid and binary cross-entropy."""
    tensors = [
        tensor("x", "N", 3, role="input"),
        tensor("y", "N", 1, role="target"),
        tensor("W", 3, 1, role="param"),
        tensor("b", 1, role="param"),
        tensor("Z", "N", 1),
        tensor("A", "N", 1),
    ]
    lines = (
        "Z[n,j] = sum[i](x[n,i]*W[i,j]) + b[j]",
        "A[n,j] = sigmoid(Z[n,j])",
        "L = -sum[n,j](y[n,j]*log(A[n,j]) + (1 - y[n,j])*log(1 - A[n,j]))/N",
    )
    return network("logistic", tensors, *lines)


NORMALISED = """
symprop: 1
name: normalised
inputs: {x: {shape: [3]}, y: {role: target, classes: 4}}
layers:
  - {id: fc, type: dense, units: 5}
  - {id: bn, type: batch_norm, activation: relu}
  - {id: drop, type: dropout, rate: 0.25}
  - {id: hid, type: dense, units: 6}
  - {id: ln, type: layer_norm, activation: tanh}
  - {id: out, type: dense, units: 4}
loss: {type: softmax_cross_entropy, from: out, target: y}
"""


COLUMNS = """
symprop: 1
name: columns
inputs: {X: {shape: [3]}, y: {role: target, classes: 5}}
layers:
  - {id: hid, type: dense, units: 4, activation: tanh}
  - {id: out, type: dense, units: 5}
loss: {type: softmax_cross_entropy, from: out, target: y, l2: 0.1}
optimizer: {type: sgd, lr: 0.1}
symbols: {W_hid: W_1, b_hid: b_1, Z_hid: Z_1, A_hid: A_1, W_out: W_2, b_out: b_2, Z_out: Z_2, P_loss: P}
layout: columns
"""


def columns() -> Network:
    """A perceptron whose examples are columns, Z = W X."""
    return build(parse_spec(COLUMNS))


def normalised() -> Network:
    """Batch norm, dropout and layer norm: states, two modes, gradients that are 0."""
    return build(parse_spec(NORMALISED))


def example(path: Path) -> Network:
    return build(read_spec(str(path)))


def golden_networks() -> dict[str, Network]:
    """What golden files are kept of."""
    own = {"mlp": mlp(), "logistic": logistic(), "normalised": normalised(), "columns": columns()}
    return own | {path.stem: example(path) for path in EXAMPLES}


def values_of(derivation: Derivation, sizes: Mapping[str, int], arrays: Values | None = None) -> Values:
    """Values of all tensors and adjoints, from random values of those that are given."""
    net = derivation.network
    rng = np.random.default_rng(7)
    given: dict[str, npt.NDArray[Any]] = dict(arrays or {})
    for entry in net.of_role("input", "target", "param", "sample", "state"):
        if entry.name not in given:
            given[entry.name] = _random(entry, sizes, rng)
    equations = [*net.equations, *(adjoint.equation for adjoint in derivation)]
    found = evaluate(equations, given, sizes, functions=net.functions, tensors=net.tensors)
    return {**given, **found}


def _random(entry: Tensor, sizes: Mapping[str, int], rng: np.random.Generator) -> npt.NDArray[Any]:
    shape = tuple(axis.value(sizes) for axis in entry.axes)
    if entry.high is not None:
        return rng.integers(0, entry.high.value(sizes), size=shape)
    if entry.role == "target":
        return rng.uniform(0.1, 0.9, shape)
    return 0.3 * rng.standard_normal(shape)


def derived(net: Network) -> Derivation:
    return derive(net)
