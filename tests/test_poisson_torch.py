"""The network of the Poisson example in PyTorch, its derivatives by torch.autograd: loss, gradient, three steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import symprop
from symprop.network import build
from symprop.oracle import relative_error
from symprop.spec import parse_spec
from tests.test_poisson import EXAMPLE, FORCE, POINTS

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")


def loss(params: list[Any]) -> Any:
    w_h, b_h, w_g, b_g = params
    x = torch.tensor(POINTS, requires_grad=True)
    u = x * (1 - x) * (torch.tanh(x @ w_h + b_h) @ w_g + b_g)
    (slope,) = torch.autograd.grad(u.sum(), x, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), x, create_graph=True)
    return ((curvature - torch.tensor(FORCE)) ** 2).mean()


def test_loss_gradient_and_steps_agree() -> None:
    # of the schedule torch counts the steps from 0, symprop from 1
    text = EXAMPLE.read_text(encoding="utf-8").replace(", schedule: {type: cosine}", "")
    module = symprop.compile(build(parse_spec(text)), backend="numpy")
    params = module.Params(*(np.random.default_rng(5).standard_normal(a.shape) for a in module.init_params(0)))
    twins = [torch.tensor(a, requires_grad=True) for a in params]
    value, grads = module.value_and_grad(params, POINTS, FORCE)
    expected = loss(twins)
    assert relative_error(value, expected.item()) < 1e-12
    for found, want in zip(grads, torch.autograd.grad(expected, twins), strict=True):
        assert relative_error(found, want.numpy()) < 1e-10
    optimizer = torch.optim.Adam(twins, lr=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        loss(twins).backward()
        optimizer.step()
    trained, _ = module.fit(params, POINTS, FORCE, epochs=3, batch_size=33, shuffle=False)
    for found, want in zip(trained, twins, strict=True):
        assert relative_error(found, want.detach().numpy()) < 1e-9
