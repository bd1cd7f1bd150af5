"""Generated modules against a perceptron written by hand in NumPy, in both backends."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.language import Network, Scope, parse_expression
from tests.codegen.perceptron import (
    BACKWARD,
    FORWARD,
    C,
    D,
    H,
    derivation_of,
    equations,
    perceptron,
    tensor,
    tensors,
)

BACKENDS = ("numpy", "numba")


@cache
def module(backend: str, dtype: str = "float64") -> ModuleType:
    return load_module(generate_module(perceptron(), backend, dtype), f"perceptron_{backend}")


def data(rows: int = 23, seed: int = 0) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, D)), rng.integers(0, C, rows)


def by_hand(params: Any, x: Any, y: Any) -> tuple[float, dict[str, Any]]:
    """Loss and gradients, with nothing of symprop's."""
    z1 = x @ params.W1 + params.b1
    a1 = np.maximum(z1, 0)
    z2 = a1 @ params.W2 + params.b2
    e = np.exp(z2 - z2.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    rows = np.arange(len(x))
    d2 = p.copy()
    d2[rows, y] -= 1
    d2 /= len(x)
    d1 = (d2 @ params.W2.T) * (z1 > 0)
    grads = {"W1": x.T @ d1, "b1": d1.sum(axis=0), "W2": a1.T @ d2, "b2": d2.sum(axis=0)}
    return float(-np.log(p[rows, y]).mean()), grads


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 2e-6)])
@pytest.mark.parametrize("rows", [1, 2, 23])
def test_loss_and_gradient(backend: str, dtype: str, tolerance: float, rows: int) -> None:
    m = module(backend, dtype)
    params, (x, y) = m.init_params(seed=4), data(rows)
    value, grads = m.value_and_grad(params, x, y)
    expected, right = by_hand(params, x, y)
    assert value == pytest.approx(expected, rel=10 * tolerance)
    assert m.loss(params, x, y) == pytest.approx(expected, rel=10 * tolerance)
    for name, grad in grads._asdict().items():
        assert grad.dtype == np.dtype(dtype)
        np.testing.assert_allclose(grad, right[name], rtol=0, atol=tolerance)


@pytest.mark.parametrize("backend", BACKENDS)
def test_products_that_are_matrix_products_of_their_own(backend: str) -> None:
    source = generate_module(perceptron(33, 17, 9), backend, "float64")
    assert "@lanes(DTYPE, x=" in source or backend == "numpy"
    m = load_module(source, "wide")
    rng = np.random.default_rng(1)
    x, y, params = rng.standard_normal((41, 33)), rng.integers(0, 9, 41), m.init_params(1)
    value, grads = m.value_and_grad(params, x, y)
    expected, right = by_hand(params, x, y)
    assert value == pytest.approx(expected, rel=1e-13)
    for name, grad in grads._asdict().items():
        np.testing.assert_allclose(grad, right[name], rtol=0, atol=1e-14)


def adam(params: Any, x: Any, y: Any, epochs: int, batch: int, lr: float) -> tuple[dict[str, Any], list[float]]:
    """Adam by hand, batches in order, the last one partial."""
    values = {k: v.copy() for k, v in params._asdict().items()}
    m = {k: np.zeros_like(v) for k, v in values.items()}
    v = {k: np.zeros_like(v) for k, v in values.items()}
    losses, t = [], 0
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(x), batch):
            rows = slice(start, start + batch)
            loss, grads = by_hand(type(params)(**values), x[rows], y[rows])
            total += loss * len(x[rows])
            t += 1
            for k, g in grads.items():
                m[k] = 0.9 * m[k] + 0.1 * g
                v[k] = 0.999 * v[k] + 0.001 * g**2
                step = (m[k] / (1 - 0.9**t)) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
                values[k] = values[k] - lr * step
        losses.append(total / len(x))
    return values, losses


@pytest.mark.parametrize("backend", BACKENDS)
def test_training_in_order_with_a_partial_batch(backend: str) -> None:
    m = module(backend)
    params, (x, y) = m.init_params(2), data()
    before = [p.copy() for p in params]
    found, history = m.fit(params, x, y, epochs=4, batch_size=10, lr=0.05, shuffle=False)
    values, losses = adam(params, x, y, 4, 10, 0.05)
    np.testing.assert_allclose(history.loss, losses, rtol=1e-11)
    for name, value in found._asdict().items():
        np.testing.assert_allclose(value, values[name], rtol=0, atol=1e-11)
    assert all(np.array_equal(a, b) for a, b in zip(before, params, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("shuffle", [True, False])
def test_chunks_of_epochs_are_bit_for_bit_one_run(backend: str, shuffle: bool) -> None:
    m = module(backend, "float32")
    params, (x, y) = m.init_params(3), data()
    whole, history = m.fit(params, x, y, epochs=5, batch_size=4, lr=0.02, seed=9, shuffle=shuffle)
    state, part, losses = m.init_optimizer(params), params, []
    for start, count in ((0, 2), (2, 0), (2, 3)):
        part, state, some = m.fit_chunk(part, state, x, y, count, 4, 0.02, 9, shuffle, start, 5)
        losses += list(some)
    assert losses == list(history.loss)
    assert all(np.array_equal(a, b) for a, b in zip(whole, part, strict=True))


def test_both_backends_shuffle_alike() -> None:
    params, (x, y) = module("numpy").init_params(3), data()
    runs = [module(b).fit(params, x, y, epochs=3, batch_size=5, lr=0.02, seed=7) for b in BACKENDS]
    np.testing.assert_allclose(runs[0][1].loss, runs[1][1].loss, rtol=1e-12)
    other = module("numpy").fit(params, x, y, epochs=3, batch_size=5, lr=0.02, seed=8)
    assert abs(other[1].loss[-1] - runs[0][1].loss[-1]) > 1e-6


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_epoch_visits_every_row_in_an_order_of_its_own(backend: str) -> None:
    m = module(backend)
    orders = []
    for epoch in range(3):
        if backend == "numpy":
            orders.append(m.permutation(50, 5, epoch))
        else:
            orders.append(np.empty(50, np.int64))
            m.permute(orders[-1], 5, epoch)
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


@pytest.mark.parametrize("backend", BACKENDS)
def test_clipping_and_a_schedule(backend: str) -> None:
    schedule = parse_expression("1/(1 + t)*total", Scope())
    derivation = perceptron(optimizer="sgd", schedule=schedule, clip=0.1)
    m = load_module(generate_module(derivation, backend, "float64"), "clipped")
    params, (x, y) = m.init_params(0), data()
    found, _ = m.fit(params, x, y, epochs=2, batch_size=23, lr=0.3, shuffle=False)
    values = params
    for t in (1, 2):
        _, grads = by_hand(values, x, y)
        norm = math.sqrt(sum(float((g**2).sum()) for g in grads.values()))
        factor = min(1.0, 0.1 / (norm + 1e-6)) * 0.3 * 2 / (1 + t)
        values = type(params)(**{k: v - factor * grads[k] for k, v in values._asdict().items()})
    for a, b in zip(found, values, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


DROPOUT = {
    t.name: t
    for t in (
        tensor("x", "N", 400, role="input"),
        tensor("y", "N", 400, role="target"),
        tensor("w", 400, role="param", init=("ones", ())),
        tensor("mask", "N", 400, role="sample", init=("dropout", (("rate", 0.25),))),
        tensor("A", "N", 400),
        tensor("L", role="loss"),
    )
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_dropout_only_with_a_seed(backend: str) -> None:
    forward = ["A[n,i] = mask[n,i]*w[i]*x[n,i]", "L = sum[n,i](A[n,i] - y[n,i])"]
    backward = ["dA[n,i] = 1", "dw[i] = sum[n](dA[n,i]*mask[n,i]*x[n,i])"]
    m = load_module(generate_module(derivation_of(DROPOUT, forward, backward, ("A",)), backend, "float64"), "dropped")
    params, x, y = m.init_params(), np.ones((10, 400)), np.zeros((10, 400))
    assert m.loss(params, x, y) == 4000
    assert m.value_and_grad(params, x, y)[1].w.tolist() == [10.0] * 400
    first, again, other = (m.value_and_grad(params, x, y, seed=s)[1].w for s in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()
    assert set(np.round(first * 0.75, 9)) <= set(range(11))
    kept = first.sum() * 0.75 / 4000
    assert abs(kept - 0.75) < 5 * math.sqrt(0.75 * 0.25 / 4000)


def test_numbers_of_hidden_units_give_the_same_shapes() -> None:
    assert module("numpy").SHAPES == {"W1": (D, H), "b1": (H,), "W2": (H, C), "b2": (C,)}
    assert module("numba").Params._fields == ("W1", "b1", "W2", "b2")


@pytest.mark.parametrize("backend", BACKENDS)
def test_names_of_tensors_that_generated_code_uses_itself(backend: str) -> None:
    names = {"x": "size", "W1": "np", "b1": "range", "W2": "theta", "Z1": "n", "A1": "real", "b2": "N1", "Z2": "v1"}
    pattern = re.compile(r"\b(d?)(x|W1|b1|W2|Z1|A1|b2|Z2)\b")

    def renamed(texts: list[str]) -> list[str]:
        return [pattern.sub(lambda m: m.group(1) + names[m.group(2)], t) for t in texts]

    table = {names.get(k, k): replace(t, name=names.get(k, k)) for k, t in tensors().items()}
    derivation = derivation_of(table, renamed(FORWARD), renamed(BACKWARD), ("P",))
    m, plain = load_module(generate_module(derivation, backend, "float64"), "odd_names"), module("numpy")
    x, y = data()
    found = m.fit(m.Params(*plain.init_params(1)), x, y, epochs=2, batch_size=6, lr=0.1, seed=0, shuffle=False)
    value, grads = m.value_and_grad(found[0], x, y)
    expected, right = plain.value_and_grad(plain.Params(*found[0]), x, y)
    assert value == pytest.approx(expected, rel=1e-13)
    for a, b in zip(grads, right, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-14)


def test_a_deep_network_shares_its_functions() -> None:
    depth = 30
    hidden = [tensor(f"W{k}", 4, 4, role="param", init=("orthogonal", ())) for k in range(depth)]
    states = [tensor(f"H{k}", "N", 4) for k in range(depth)]
    given = [tensor("H", "N", 4, role="input"), tensor("y", "N", 4, role="target"), tensor("L", role="loss")]
    table = {t.name: t for t in (*given, *hidden, *states)}
    forward = [
        f"H{k}[n,j] = where({total} > 0, 1, 2)*{total}"
        for k, total in enumerate(f"sum[i](H{k - 1 if k else ''}[n,i]*W{k}[i,j])" for k in range(depth))
    ]
    forward.append(f"L = sum[n,j]((H{depth - 1}[n,j] - y[n,j])**2)/N")
    scope = Scope(table)
    network = Network("deep", table, equations(forward, scope), outputs=(f"H{depth - 1}",))
    derivation = derive(network)
    source = generate_module(derivation, "numba", "float64")
    assert len(re.findall(r"^def stage", source, re.MULTILINE)) < 16
    assert len(re.findall(r"^    stage", source, re.MULTILINE)) > 60
    m, reference = load_module(source, "deep"), load_module(generate_module(derivation, "numpy", "float64"), "deep_np")
    x, y = np.random.default_rng(0).standard_normal((2, 5, 4))
    params = m.init_params(0)
    for a, b in zip(m.value_and_grad(params, x, y)[1], reference.value_and_grad(params, x, y)[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12 * np.abs(b).max())
