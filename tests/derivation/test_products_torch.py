"""The same products in PyTorch, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from symprop.derivation import derive, hessian, hessian_vector_product, jacobian, per_example_gradients
from symprop.oracle import relative_error
from tests.derivation.test_products import PERCEPTRON, arrays_of, both_forms, directions, network

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
NAMES = ("W_h", "b_h", "W_o", "b_o")


def tensors(given: dict[str, Any]) -> tuple[Any, Any, list[Any]]:
    real = [torch.tensor(given[n], dtype=torch.float64) for n in ("x", *NAMES)]
    return real[0], torch.tensor(given["y"]), real[1:]


def loss(x: Any, y: Any, *params: Any) -> Any:
    w_h, b_h, w_o, b_o = params
    logits = torch.tanh(x @ w_h + b_h) @ w_o + b_o
    return torch.nn.functional.cross_entropy(logits, y) + 0.15 * ((w_h**2).sum() + (w_o**2).sum())


def test_hessian_vector_product() -> None:
    net = network(PERCEPTRON)
    product = hessian_vector_product(derive(net))
    given = arrays_of(net)
    v = directions(product, given)
    x, y, params = tensors(given)
    along = tuple(torch.tensor(v[f"v{n}"]) for n in NAMES)
    _, expected = torch.autograd.functional.hvp(lambda *p: loss(x, y, *p), tuple(params), along)
    for found in both_forms(product, {**given, **v}, {"N": 6}):
        for name, want in zip(NAMES, expected, strict=True):
            assert relative_error(found[f"vd{name}"], want.numpy()) < 1e-12


def test_hessian() -> None:
    net = network(PERCEPTRON)
    given = arrays_of(net)
    x, y, params = tensors(given)
    expected = torch.autograd.functional.hessian(lambda w: loss(x, y, w, *params[1:]), params[0])
    for found in both_forms(hessian(derive(net), "W_h"), given, {"N": 6}):
        assert relative_error(found["JdW_h"], expected.numpy()) < 1e-12


def test_gradients_by_row() -> None:
    net = network(PERCEPTRON)
    given = arrays_of(net)
    x, y, params = tensors(given)
    single = torch.func.grad(lambda p, a, b: loss(a[None], b[None], *p))
    expected = torch.func.vmap(single, in_dims=(None, 0, 0))(tuple(params), x, y)
    for found in both_forms(per_example_gradients(derive(net)), given, {"N": 6}):
        for name, want in zip(NAMES, expected, strict=True):
            assert relative_error(found[f"g{name}"], want.numpy()) < 1e-12


def test_jacobian_of_the_outputs() -> None:
    net = network(PERCEPTRON)
    given = arrays_of(net)
    x, _, (w_h, b_h, w_o, b_o) = tensors(given)
    whole = torch.autograd.functional.jacobian(lambda a: torch.tanh(a @ w_h + b_h) @ w_o + b_o, x).numpy()
    expected = np.einsum("ncni->nci", whole)
    for found in both_forms(jacobian(derive(net), "Z_o", "x"), given, {"N": 6}):
        assert relative_error(found["JZ_o"], expected) < 1e-12
