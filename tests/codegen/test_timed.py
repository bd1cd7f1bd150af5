"""The kernel of single stages: one after the other they are a pass."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.session import kernels, parse_source
from tests.codegen.guarded import data

HEAD = """\
symprop: 1
name: timed
inputs: {x: {shape: [5]}, y: {role: target, classes: 3}}
loss: {type: softmax_cross_entropy, from: out, target: y}
"""
OUT = "{id: out, type: dense, units: 3}"
DEEP = "".join(f"{{id: h{k}, type: dense, units: {4 + k}, activation: tanh}}, " for k in range(9))
LAYERS = {
    "plain": f"layers: [{{id: h, type: dense, units: 7, activation: gelu}}, {OUT}]\n",
    "states": f"layers: [{{id: bn, type: batch_norm}}, {{id: d, type: dropout, rate: 0.5}}, {OUT}]\n",
    "deep": f"layers: [{DEEP}{OUT}]\n",
}
OPTIMIZERS = {"plain": "{type: sgd}", "states": "{type: adam, lr: 0.1}", "deep": "{type: rmsprop, clip_norm: 0.01}"}
STEPS = {"plain": 1, "states": 1, "deep": 2}
BATCH = 6


def made(name: str) -> tuple[ModuleType, Any, Any, Any]:
    """A module, parameters, rows and targets."""
    text = f"{HEAD}{LAYERS[name]}optimizer: {OPTIMIZERS[name]}\ntraining: {{dtype: float64}}\n"
    module = kernels(parse_source(text).network, timed=True)
    return module, module.init_params(0), *data(module, BATCH)


def arguments(module: ModuleType, params: Any, x: Any, y: Any) -> tuple[Any, ...]:
    theta = np.concatenate([np.ravel(value) for value in params])
    return module.timed_arguments(theta, x, y)  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", LAYERS)
def test_single_stages_in_order_are_a_pass(name: str) -> None:
    module, params, x, y = made(name)
    value, gradient = module.value_and_grad(params, x, y)
    found = arguments(module, params, x, y)
    for stage in range(module.TIMED_STAGES - STEPS[name]):
        module.timed_kernel(*found, stage, 1)
    place = 3
    expected = np.concatenate([np.ravel(part) for part in gradient])
    np.testing.assert_allclose(found[place][: len(expected)][: module.TRAINED], expected[: module.TRAINED], rtol=1e-12)
    assert np.abs(expected).max() > 1e-3
    again = arguments(module, params, x, y)
    assert module.timed_kernel(*again, -1, 1) == pytest.approx(value, rel=1e-12)
    for stage in range(module.TIMED_STAGES - STEPS[name], module.TIMED_STAGES):
        module.timed_kernel(*found, stage, 1)
    for one, all_ in zip(found, again, strict=True):
        if isinstance(one, np.ndarray):
            np.testing.assert_allclose(one, all_, rtol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_a_pass_leaves_the_parameters_where_they_are(name: str) -> None:
    module, params, x, y = made(name)
    found = arguments(module, params, x, y)
    before = found[0].copy()
    module.timed_kernel(*found, -1, 3)
    np.testing.assert_array_equal(found[0], before)


def test_a_module_has_such_a_kernel_where_it_is_asked_for_alone() -> None:
    network = parse_source(f"{HEAD}{LAYERS['plain']}").network
    assert not hasattr(kernels(network), "timed_kernel")
