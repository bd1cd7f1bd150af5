"""States and the two modes in generated modules: batch statistics in training, running ones outside."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.language import Network
from symprop.network import build
from symprop.spec import parse_spec

BACKENDS = ("numpy", "numba")
SPEC = """
symprop: 1
name: two_modes
inputs: {x: {shape: [3]}, y: {role: target, classes: 4}}
layers:
  - {id: fc, type: dense, units: 5, bias: false}
  - {id: bn, type: batch_norm, momentum: 0.2, eps: 1.0e-3, activation: relu}
  - {id: drop, type: dropout, rate: 0.4}
  - {id: out, type: dense, units: 4}
loss: {type: softmax_cross_entropy, from: out, target: y, l2: 0.01}
optimizer: {type: adam, lr: 0.01, clip_norm: 0.5}
"""
STATES = ("rm_bn", "rv_bn")


@cache
def network() -> Network:
    return build(parse_spec(SPEC))


@cache
def module(backend: str, dtype: str = "float64") -> ModuleType:
    return load_module(generate_module(derive(network()), backend, dtype), f"two_modes_{backend}_{dtype}")


def data(rows: int = 17) -> tuple[Any, Any]:
    rng = np.random.default_rng(3)
    return rng.normal(0.5, 2.0, (rows, 3)), rng.integers(0, 4, rows)


def random_params(k: ModuleType) -> Any:
    rng = np.random.default_rng(8)
    found = k.init_params(seed=1)
    return k.Params(*(np.abs(p + 0.3 * rng.standard_normal(p.shape)).astype(p.dtype) for p in found))


def by_hand(params: Any, x: Any, y: Any, training: bool) -> tuple[Any, float, dict[str, Any]]:
    """Outputs, loss and next states without dropout, with nothing of symprop's."""
    z = x @ params.W_fc
    mu, var = (z.mean(axis=0), z.var(axis=0)) if training else (params.rm_bn, params.rv_bn)
    a = np.maximum((z - mu) / np.sqrt(var + 1e-3) * params.gamma_bn + params.beta_bn, 0)
    out = a @ params.W_out + params.b_out
    log_p = out - out.max(axis=1, keepdims=True)
    log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
    penalty = 0.005 * (np.sum(params.W_fc**2) + np.sum(params.W_out**2))
    unbiased = z.var(axis=0, ddof=1) if len(x) > 1 else np.zeros(5)
    states = {"rm_bn": 0.8 * params.rm_bn + 0.2 * z.mean(axis=0), "rv_bn": 0.8 * params.rv_bn + 0.2 * unbiased}
    return out, float(penalty - log_p[np.arange(len(x)), y].mean()), states


@pytest.mark.parametrize("backend", BACKENDS)
def test_states_come_last_and_start_as_they_should(backend: str) -> None:
    k = module(backend)
    assert k.STATE == STATES
    assert k.Params._fields[-2:] == STATES
    assert k.SIZE == k.TRAINED + 10
    start = k.init_params(seed=5)
    assert not start.rm_bn.any() and (start.rv_bn == 1).all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_outputs_and_loss_of_both_modes(backend: str, dtype: str) -> None:
    k, (x, y) = module(backend, dtype), data()
    params, bound = random_params(k), 1e-12 if dtype == "float64" else 2e-5
    for training in (False, True):
        out, value, _ = by_hand(params, x, y, training)
        np.testing.assert_allclose(k.forward(params, x, training=training), out, rtol=bound, atol=bound)
        assert k.loss(params, x, y, training=training) == pytest.approx(value, rel=bound)
    assert k.value_and_grad(params, x, y)[0] == k.loss(params, x, y, training=True)
    assert k.forward(params, x).tolist() == k.forward(params, x, training=False).tolist()
    assert k.loss(params, x, y) != pytest.approx(k.loss(params, x, y, training=True), rel=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_seed_draws_the_same_masks_everywhere(backend: str) -> None:
    k, (x, y) = module(backend), data()
    params = random_params(k)
    value, _ = k.value_and_grad(params, x, y, seed=7)
    assert k.loss(params, x, y, training=True, seed=7) == value
    assert value != k.loss(params, x, y, training=True)
    out = k.forward(params, x, training=True, seed=7)
    log_p = out - np.log(np.exp(out).sum(axis=1, keepdims=True))
    penalty = 0.005 * (np.sum(params.W_fc**2) + np.sum(params.W_out**2))
    assert penalty - log_p[np.arange(len(x)), y].mean() == pytest.approx(value, rel=1e-12)
    with pytest.raises(ValueError, match=r"^seed: expected an integer of at least 0, got -1\.$"):
        k.forward(params, x, training=True, seed=-1)


def test_both_backends_draw_the_same_masks() -> None:
    (x, _), params = data(), random_params(module("numpy"))
    found = [module(b).forward(params, x, training=True, seed=3) for b in BACKENDS]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_gradient_is_that_of_training_and_zero_for_states(backend: str) -> None:
    k, (x, y) = module(backend), data()
    params = random_params(k)
    _, grads = k.value_and_grad(params, x, y)
    assert not grads.rm_bn.any() and not grads.rv_bn.any()
    rng = np.random.default_rng(0)
    for name in k.Params._fields[:-2]:
        direction = rng.standard_normal(getattr(params, name).shape)
        ahead, behind = (
            by_hand(params._replace(**{name: getattr(params, name) + h * direction}), x, y, True)[1]
            for h in (1e-6, -1e-6)
        )
        assert np.sum(getattr(grads, name) * direction) == pytest.approx((ahead - behind) / 2e-6, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("backend", BACKENDS)
def test_states_are_updated_once_a_step_the_partial_batch_included(backend: str) -> None:
    k, (x, y) = module(backend), data(17)
    params = start = random_params(k)
    expected = params
    for begin in range(0, 17, 4):  # lr = 0: the weights stay, and the last batch has one row
        rows = slice(begin, begin + 4)
        expected = expected._replace(**by_hand(expected, x[rows], y[rows], True)[2])
    found, _ = k.fit(params, x, y, epochs=1, batch_size=4, lr=0.0, shuffle=False)
    for name in STATES:
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12)
    for name in k.Params._fields[:-2]:
        assert np.array_equal(getattr(found, name), getattr(start, name))
    assert all(np.array_equal(a, b) for a, b in zip(params, start, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_chunks_give_what_one_call_gives(backend: str, dtype: str) -> None:
    k, (x, y) = module(backend, dtype), data()
    params = k.init_params(seed=2)
    whole, history = k.fit(params, x, y, epochs=4, batch_size=5, seed=9)
    part, state, losses = params, k.init_optimizer(params), []
    for start in (0, 1, 3):
        count = {0: 1, 1: 2, 3: 1}[start]
        part, state, more = k.fit_chunk(part, state, x, y, count, 5, 0.01, 9, start_epoch=start, total_epochs=4)
        losses += list(more)
    assert all(np.array_equal(a, b) for a, b in zip(whole, part, strict=True))
    assert losses == list(history.loss)
    assert whole.rm_bn.any()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_network_without_modes_takes_the_options(backend: str) -> None:
    plain = SPEC.replace("  - {id: drop, type: dropout, rate: 0.4}\n", "")
    plain = plain.replace("batch_norm, momentum: 0.2", "layer_norm")
    k = load_module(generate_module(derive(build(parse_spec(plain))), backend, "float64"), f"plain_{backend}")
    x, y = data()
    params = k.init_params()
    assert k.STATE == ()
    assert np.array_equal(k.forward(params, x), k.forward(params, x, training=True, seed=1))
    assert k.loss(params, x, y) == pytest.approx(k.loss(params, x, y, training=True), rel=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_state_without_an_update_keeps_its_value(backend: str) -> None:
    base = network()
    frozen = replace(base, updates=base.updates[:1])
    k, (x, y) = load_module(generate_module(derive(frozen), backend, "float64"), f"frozen_{backend}"), data()
    params = random_params(k)
    found, _ = k.fit(params, x, y, epochs=2, batch_size=5)
    assert np.array_equal(found.rv_bn, params.rv_bn)
    assert not np.array_equal(found.rm_bn, params.rm_bn)
