"""A whole network twice: as net.yaml, and as a function of the same parameters in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.network import build
from symprop.spec import parse_spec

torch = pytest.importorskip("torch", reason="PyTorch is an outside oracle and not needed otherwise")
F = torch.nn.functional
Tensor = Any
Tensors = dict[str, Tensor]
OPTIMIZERS = {
    "{type: sgd, lr: 0.05, momentum: 0.9}": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "{type: adam, lr: 0.01}": lambda p: torch.optim.Adam(p, lr=0.01),
}


@dataclass(frozen=True)
class Whole:
    """One network.

    Args:
        name: unique among the networks.
        spec: inputs, layers and loss, and functions, in YAML.
        loss: the same in PyTorch, from parameters and data by name.
        rows: the batch.
        fixed: whether steps of training draw nothing, so that those of PyTorch are the same.
    """

    name: str
    spec: str
    loss: Callable[[Tensors, Tensors], Tensor]
    rows: int = 5
    fixed: bool = True

    def __str__(self) -> str:
        return self.name

    def text(self, optimizer: str) -> str:
        """The whole spec."""
        return f"symprop: 1\nname: {self.name}\n{self.spec}\noptimizer: {optimizer}\n"

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation, whatever the optimizer."""
        return derive(build(parse_spec(self.text("{type: sgd, lr: 0.05}"))))

    def module(self, optimizer: str) -> ModuleType:
        """Its NumPy module."""
        network = build(parse_spec(self.text(optimizer)))
        source = generate_module(derive(network), backend="numpy", dtype="float64")
        return load_module(source, f"whole_{self.name}_{len(optimizer)}")

    def data(self) -> dict[str, np.ndarray]:
        """Inputs and targets by name, of order 1; a mask has 0 and 1, a probability is between them."""
        rng = np.random.default_rng([*self.name.encode()])
        found = {}
        for tensor in self.derivation.network.tensors.values():
            if tensor.role not in ("input", "target"):
                continue
            size = [self.rows if axis.constant is None else axis.constant for axis in tensor.axes]
            if tensor.dtype == "integer":
                found[tensor.name] = rng.integers(0, tensor.high.constant, size)
            elif (tensor.low, tensor.top) == (0, 1):
                found[tensor.name] = (rng.uniform(size=size) < 0.6).astype(float)
            elif tensor.low == 0:
                found[tensor.name] = rng.poisson(2.0, size).astype(float)
            elif tensor.low == -1:
                found[tensor.name] = rng.choice([-1.0, 1.0], size)
            else:
                found[tensor.name] = rng.standard_normal(size)
        return found


def dense(p: Tensors, name: str, x: Tensor) -> Tensor:
    """x W + b of a layer."""
    z = x @ p[f"W_{name}"]
    return z + p[f"b_{name}"] if f"b_{name}" in p else z


def conv(p: Tensors, name: str, x: Tensor, **options: Any) -> Tensor:
    """A convolution of a layer."""
    return F.conv2d(x, p[f"W_{name}"], p.get(f"b_{name}"), **options)


def layer_norm(p: Tensors, name: str, x: Tensor) -> Tensor:
    """Layer norm over the last axis."""
    return F.layer_norm(x, x.shape[-1:], p[f"gamma_{name}"], p[f"beta_{name}"])
