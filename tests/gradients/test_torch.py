"""The same networks in PyTorch, from the same weights: losses and gradients in float64, and three steps of training."""

from __future__ import annotations

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import derive
from symprop.network import build
from symprop.oracle.differences import relative_error
from symprop.spec import parse_spec

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")



class HardSigmoid(torch.nn.Module):
    """torch's own takes its slope 1/6 in float32 also where everything else is float64."""

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return torch.clamp(z / 6 + 0.5, 0, 1)


TORCH_ACTIVATIONS = {
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "leaky_relu": torch.nn.LeakyReLU,
    "elu": torch.nn.ELU,
    "selu": torch.nn.SELU,
    "softplus": torch.nn.Softplus,
    "softsign": torch.nn.Softsign,
    "silu": torch.nn.SiLU,
    "mish": torch.nn.Mish,
    "gelu": torch.nn.GELU,
    "hard_sigmoid": HardSigmoid,
    "hard_tanh": torch.nn.Hardtanh,
    "relu6": torch.nn.ReLU6,
    "log_sigmoid": torch.nn.LogSigmoid,
}
TORCH_OPTIMIZERS = {
    "{type: sgd, lr: 0.1}": lambda p: torch.optim.SGD(p, lr=0.1),
    "{type: sgd, lr: 0.1, momentum: 0.9, nesterov: true}": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.9, nesterov=True
    ),
    "{type: adagrad, lr: 0.05}": lambda p: torch.optim.Adagrad(p, lr=0.05),
    "{type: rmsprop, lr: 0.01}": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "{type: adam, lr: 0.01}": lambda p: torch.optim.Adam(p, lr=0.01),
    "{type: adamw, lr: 0.01}": lambda p: torch.optim.AdamW(p, lr=0.01),
}
ROWS, WIDTHS = 6, (5, 4, 3)


def spec(activation: str, optimizer: str) -> str:
    return f"""\
symprop: 1
name: twin
inputs: {{x: {{shape: [{WIDTHS[0]}]}}, y: {{classes: {WIDTHS[2]}, role: target}}}}
layers:
  - {{id: h, type: dense, units: {WIDTHS[1]}, activation: {activation}}}
  - {{id: o, type: dense, units: {WIDTHS[2]}}}
loss: {{type: softmax_cross_entropy, from: o, target: y}}
optimizer: {optimizer}
training: {{batch_size: {ROWS}, shuffle: false, dtype: float64}}
"""


def twin(activation: str, params: list[np.ndarray]) -> torch.nn.Sequential:
    layers = [torch.nn.Linear(*WIDTHS[:2]), TORCH_ACTIVATIONS[activation](), torch.nn.Linear(*WIDTHS[1:])]
    net = torch.nn.Sequential(*layers).double()
    with torch.no_grad():
        for ours, theirs in zip(params, net.parameters(), strict=True):
            theirs.copy_(torch.from_numpy(ours.T if ours.ndim == 2 else ours))
    return net


def gradients_of(net: torch.nn.Sequential) -> list[np.ndarray]:
    return [p.grad.numpy().T if p.grad.ndim == 2 else p.grad.numpy() for p in net.parameters()]


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.standard_normal((ROWS, WIDTHS[0])), rng.integers(0, WIDTHS[2], ROWS)


@pytest.mark.parametrize("activation", TORCH_ACTIVATIONS)
def test_loss_and_gradients(activation: str) -> None:
    network = build(parse_spec(spec(activation, "{type: sgd, lr: 0.1}"), "twin"))
    module = load_module(generate_module(derive(network), backend="numpy", dtype="float64"), "twin")
    params, (x, y) = module.init_params(seed=4), data()
    net = twin(activation, list(params))
    loss = torch.nn.CrossEntropyLoss()(net(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    value, found = module.value_and_grad(params, x, y)
    assert abs(value - loss.item()) < 1e-12 * abs(value)
    for ours, theirs in zip(found, gradients_of(net), strict=True):
        assert relative_error(ours, theirs) < 1e-10


@pytest.mark.parametrize("optimizer", TORCH_OPTIMIZERS)
def test_three_steps(optimizer: str) -> None:
    network = build(parse_spec(spec("tanh", optimizer), "twin"))
    module = load_module(generate_module(derive(network), backend="numpy", dtype="float64"), "twin")
    params, (x, y) = module.init_params(seed=4), data()
    net = twin("tanh", list(params))
    stepper = TORCH_OPTIMIZERS[optimizer](net.parameters())
    losses = []
    for _ in range(3):
        stepper.zero_grad()
        loss = torch.nn.CrossEntropyLoss()(net(torch.from_numpy(x)), torch.from_numpy(y))
        loss.backward()
        losses.append(loss.item())
        stepper.step()
    trained, history = module.fit(params, x, y, epochs=3)
    assert np.allclose(history.loss, losses, rtol=1e-12)
    for ours, theirs in zip(trained, net.parameters(), strict=True):
        mine = ours.T if ours.ndim == 2 else ours
        assert relative_error(mine, theirs.detach().numpy()) < 1e-10
