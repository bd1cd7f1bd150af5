"""batch_norm in PyTorch, from the same weights: both modes, gradients, running statistics after steps of training."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.network import build
from symprop.spec import parse_spec

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
F = torch.nn.functional

SHAPES = {"rows": (3,), "sequences": (3, 4), "images": (3, 4, 5)}
SPEC = """
symprop: 1
name: {name}
inputs: {{x: {{shape: {shape}}}, y: {{role: target, shape: [4]}}}}
layers:
  - {{id: first, type: batch_norm}}
{flat}  - {{id: fc, type: dense, units: 6}}
  - {{id: bn, type: batch_norm, momentum: 0.3, eps: 1.0e-3, activation: tanh{options}}}
{drop}  - {{id: out, type: dense, units: 4}}
loss: {{type: mse, from: out, target: y}}
optimizer: {{type: sgd, lr: 0.1}}
"""


def module(shape: tuple[int, ...], backend: str = "numpy", drop: bool = False, options: str = "") -> ModuleType:
    name = f"torch_{backend}_{len(shape)}_{len(options)}_{drop}"
    flat = "  - {type: flatten}\n" if len(shape) > 1 else ""
    masked = "  - {id: drop, type: dropout, rate: 0.4}\n" if drop else ""
    text = SPEC.format(name=name, shape=list(shape), flat=flat, drop=masked, options=options)
    return load_module(generate_module(derive(build(parse_spec(text))), backend, "float64"), name)


def start(k: ModuleType) -> Any:
    rng = np.random.default_rng(4)
    drawn = k.Params(*(p + 0.5 * rng.standard_normal(p.shape) for p in k.init_params(seed=1)))
    return drawn._replace(**{name: np.abs(getattr(drawn, name)) + 0.1 for name in k.STATE if name.startswith("rv")})


def data(shape: tuple[int, ...], rows: int = 11) -> tuple[Any, Any]:
    rng = np.random.default_rng(6)
    return rng.normal(0.3, 1.7, (rows, *shape)), rng.standard_normal((rows, 4))


class Reference:
    """The same network from the same numbers; `mask` stands for dropout."""

    def __init__(self, params: Any) -> None:
        self.p = {n: torch.tensor(v, requires_grad=not n.startswith("r")) for n, v in params._asdict().items()}

    def norm(self, z: Any, name: str, training: bool, momentum: float, eps: float) -> Any:
        p = self.p
        return F.batch_norm(
            z, p[f"rm_{name}"], p[f"rv_{name}"], p.get(f"gamma_{name}"), p.get(f"beta_{name}"), training, momentum, eps
        )

    def forward(self, x: Any, training: bool, mask: Any = 1.0) -> Any:
        p = self.p
        z = self.norm(torch.tensor(x), "first", training, 0.1, 1e-5).flatten(1) @ p["W_fc"] + p["b_fc"]
        return torch.tanh(self.norm(z, "bn", training, 0.3, 1e-3)) * mask @ p["W_out"] + p["b_out"]

    def loss(self, x: Any, y: Any, training: bool, mask: Any = 1.0) -> Any:
        return ((self.forward(x, training, mask) - torch.tensor(y)) ** 2).mean()

    def step(self, x: Any, y: Any, lr: float, mask: Any = 1.0) -> float:
        learnt = {n: t for n, t in self.p.items() if t.requires_grad}
        value = self.loss(x, y, True, mask)
        for tensor, grad in zip(learnt.values(), torch.autograd.grad(value, list(learnt.values())), strict=True):
            tensor.data -= lr * grad
        return float(value.detach())


def near(found: Any, expected: Any, bound: float = 1e-10) -> None:
    expected = expected.detach().numpy() if isinstance(expected, torch.Tensor) else expected
    np.testing.assert_allclose(found, expected, rtol=bound, atol=bound)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("options", ["", ", scale: false, bias: false"])
def test_values_and_gradients_of_both_modes(shape: tuple[int, ...], options: str) -> None:
    k, (x, y) = module(shape, options=options), data(shape)
    params = start(k)
    near(k.forward(params, x), Reference(params).forward(x, False))
    near(k.loss(params, x, y), Reference(params).loss(x, y, False))
    near(k.forward(params, x, training=True), Reference(params).forward(x, True))
    reference = Reference(params)
    value = reference.loss(x, y, True)
    value.backward()
    found, grads = k.value_and_grad(params, x, y)
    near(found, value)
    for name, tensor in reference.p.items():
        near(getattr(grads, name), tensor.grad if tensor.requires_grad else np.zeros(tensor.shape))


@pytest.mark.parametrize(("shape", "backend"), [((3,), "numpy"), ((3, 4, 5), "numpy"), ((3, 4), "numba")])
def test_running_statistics_and_weights_after_training(shape: tuple[int, ...], backend: str) -> None:
    k, (x, y) = module(shape, backend), data(shape)
    params = start(k)
    found, history = k.fit(params, x, y, epochs=3, batch_size=4, lr=0.1, shuffle=False)
    reference, losses = Reference(params), []
    for _ in range(3):
        parts = [slice(begin, begin + 4) for begin in range(0, 11, 4)]
        losses.append(sum(reference.step(x[s], y[s], 0.1) * len(x[s]) for s in parts) / 11)
    near(history.loss, losses)
    for name, tensor in reference.p.items():
        near(getattr(found, name), tensor)
    near(k.forward(found, x), reference.forward(x, False))


def test_dropout_and_batch_norm_together() -> None:
    k, (x, y) = module((3,), drop=True), data((3,))
    params = start(k)
    # what the mask of a seed is shows in the outputs themselves, with weights that let it through
    seen = params._replace(W_out=np.eye(6, 4), b_out=np.zeros(4))
    passed = k.forward(seen, x, training=True, seed=5) / k.forward(seen, x, training=True)
    turned = params._replace(W_out=np.roll(np.eye(6, 4), 2, axis=0), b_out=np.zeros(4))
    rest = k.forward(turned, x, training=True, seed=5) / k.forward(turned, x, training=True)
    mask = torch.tensor(np.hstack([passed, rest[:, 2:]]))
    assert set(np.round(mask.numpy(), 9).ravel()) == {0.0, round(1 / 0.6, 9)}
    reference = Reference(params)
    value = reference.loss(x, y, True, mask)
    value.backward()
    found, grads = k.value_and_grad(params, x, y, seed=5)
    near(found, value)
    for name, tensor in reference.p.items():
        near(getattr(grads, name), tensor.grad if tensor.requires_grad else np.zeros(tensor.shape))
