"""Kernels of every layer, loss, optimizer and schedule are LLVM IR of this layer's own: Numba need not be imported."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from llvmlite import binding

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.network import build
from symprop.spec import parse_spec
from tests.layers.cases import CASES
from tests.layers.kinds import Case

OPTIMIZERS = (
    "{type: sgd}", "{type: sgd, momentum: 0.9, nesterov: true, clip_norm: 1.0}",
    "{type: adam, schedule: {type: cosine}}", "{type: adamw}", "{type: adagrad}", "{type: rmsprop}", "{type: lion}",
)
SPEC = """symprop: 1
name: n
inputs: {{x: {{shape: [3]}}, y: {{role: target, classes: 4}}}}
layers:
  - {{type: dense, units: 5, activation: gelu}}
  - {{type: dropout, rate: 0.3}}
  - {{type: batch_norm}}
  - {{id: out, type: dense, units: 4}}
loss: {{type: softmax_cross_entropy, from: out, target: y}}
optimizer: {optimizer}
"""


class Written(Exception):
    """The LLVM IR was written, and LLVM reads it."""


def stopped(m: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, which ends where it would translate its IR into machine code."""

    def read(text: str) -> bytes:
        binding.parse_assembly(text).verify()
        raise Written

    monkeypatch.setattr(m, "object_of", read)
    return m


@pytest.mark.parametrize(
    "case", [pytest.param(c, marks=() if k % 8 == 0 else pytest.mark.slow) for k, c in enumerate(CASES)], ids=str
)
def test_layers(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    m: Any = stopped(load_module(generate_module(case.derivation, "numba"), f"{case.name}_without"), monkeypatch)
    rows = case.rows[0] if len(case.rows) == 1 else {f"x{k}": x for k, x in enumerate(case.rows)}
    params = m.Params(**case.params)
    with pytest.raises(Written):
        m.forward(params, rows)
    with pytest.raises(Written):
        m.value_and_grad(params, rows, case.goal)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build(parse_spec(SPEC.format(optimizer=optimizer)))
    m: Any = stopped(load_module(generate_module(derive(network), "numba"), "training_without"), monkeypatch)
    x, y = np.zeros((9, 3)), np.zeros(9, np.int64)
    with pytest.raises(Written):
        m.fit(m.init_params(0), x, y, epochs=1)
    with pytest.raises(Written):
        m.forward(m.init_params(0), x, training=True, seed=3)
