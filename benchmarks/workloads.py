"""The workloads W1 to W7: dense networks, convolutions, a transformer block, an LSTM, each as a spec and as data.

A step is forward pass, loss, backward pass and update.  Data is rng(0) normal, or integers, with labels from a random
linear teacher; weights are N(0, 1/fan_in) from rng(1), biases 0 and scales 1, so that every library starts from the
same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
CONVOLUTIONS = """  - {id: c1, type: conv2d, units: 8, kernel: 3, padding: 1, activation: relu}
  - {id: p1, type: max_pool2d, kernel: 2}
  - {id: c2, type: conv2d, units: 16, kernel: 3, padding: 1, activation: relu}
  - {id: p2, type: max_pool2d, kernel: 2}
  - {type: flatten}
  - {id: out, type: dense, units: 10}"""
BLOCK = """  - {id: n1, type: layer_norm}
  - {id: att, type: attention, heads: 4}
  - {id: r1, type: add, in: [att, x]}
  - {id: n2, type: layer_norm}
  - {id: up, type: dense, units: 256, activation: gelu_tanh}
  - {id: down, type: dense, units: 64}
  - {id: out, type: add, in: [down, r1]}"""


@dataclass(frozen=True)
class Workload:
    """One network with its training set.

    Args:
        name: W1a to W7, or what grows and its size.
        family: "dense", "convolution", "transformer" or "lstm".
        inputs, target: their declarations in a spec.
        layers: of the spec; the last one is `out`.
        loss: of the spec.
        optimizer: its name in a spec; its options but the rate are the defaults.
        lr: learning rate.
        batch, rows: rows of a step and of the training set.
        activation: of the hidden layers of a dense network.
        dtype: "float32" or "float64".
        epochs: of a run, so that what a run costs besides its steps is spread as it is when one trains.
    """

    name: str
    family: str
    inputs: str
    target: str
    layers: str
    loss: str
    optimizer: str
    lr: float
    batch: int
    rows: int
    activation: str = "identity"
    dtype: str = "float32"
    epochs: int = 1

    @property
    def spec(self) -> str:
        """The workload as net.yaml."""
        lines = [
            "symprop: 1",
            f"name: {self.name}",
            f"inputs: {{x: {self.inputs}, y: {self.target}}}",
            "layers:",
            self.layers,
            f"loss: {{type: {self.loss}, from: out, target: y}}",
            f"optimizer: {{type: {self.optimizer}, lr: {self.lr}}}",
            f"training: {{epochs: 1, batch_size: {self.batch}, dtype: {self.dtype}, shuffle: false}}",
        ]
        return "\n".join(lines) + "\n"

    def tensors(self) -> dict[str, Any]:
        """The tensors of its network by name."""
        from symprop.network import build
        from symprop.spec import parse_spec

        return dict(build(parse_spec(self.spec, self.name)).tensors)

    def data(self) -> tuple[Array, Array]:
        """(x, y): rows of numbers or integers, and labels as integers or numbers."""
        rng, tensors = np.random.default_rng(0), self.tensors()
        x, y = tensors["x"], tensors["y"]
        shape = (self.rows, *(axis.constant for axis in x.axes[1:]))
        if x.dtype == "integer":
            high = x.high.constant
            return rng.integers(0, high, shape), rng.integers(0, high, shape)
        given = rng.standard_normal(shape).astype(self.dtype)
        if y.dtype != "integer" and len(y.axes) > 2:
            return given, rng.standard_normal(shape).astype(self.dtype)
        classes = y.high.constant if y.dtype == "integer" else 1
        flat = given.reshape(self.rows, -1)
        scores = flat @ rng.standard_normal((flat.shape[1], classes)).astype(self.dtype)
        return given, scores.argmax(axis=1).astype(np.int64) if classes > 1 else (scores > 0).astype(self.dtype)

    def weights(self) -> dict[str, Array]:
        """Every parameter by name, in order."""
        rng, found = np.random.default_rng(1), dict[str, Array]()
        for name, tensor in self.tensors().items():
            if tensor.role == "param":
                shape = [axis.constant for axis in tensor.axes]
                if len(shape) > 1:
                    fan_in = prod(shape[1:]) if len(shape) == 4 else shape[0]
                    found[name] = (rng.standard_normal(shape) / np.sqrt(fan_in)).astype(self.dtype)
                else:
                    found[name] = np.full(shape, float(name.startswith("gamma")), self.dtype)
        return found


def dense(
    name: str,
    widths: tuple[int, ...],
    activation: str,
    optimizer: str,
    lr: float,
    batch: int = 32,
    rows: int = 4096,
    dtype: str = "float32",
) -> Workload:
    """A perceptron: `widths` are the units of its layers, inputs first; one unit at the end is a binary target."""
    lines = []
    for k, units in enumerate(widths[1:], 1):
        last = k == len(widths) - 1
        extra = "" if last or activation == "identity" else f", activation: {activation}"
        lines.append(f"  - {{id: {'out' if last else f'l{k}'}, type: dense, units: {units}{extra}}}")
    several = widths[-1] > 1
    target = f"{{role: target, classes: {widths[-1]}}}" if several else "{shape: [1], role: target}"
    loss = "softmax_cross_entropy" if several else "binary_cross_entropy_with_logits"
    inputs = f"{{shape: [{widths[0]}]}}"
    layers = "\n".join(lines)
    return Workload(name, "dense", inputs, target, layers, loss, optimizer, lr, batch, rows, activation, dtype)


def images(name: str, size: int) -> Workload:
    """Two convolutions with poolings on images of a channel."""
    inputs, target = f"{{shape: [1, {size}, {size}]}}", "{role: target, classes: 10}"
    return Workload(name, "convolution", inputs, target, CONVOLUTIONS, "softmax_cross_entropy", "sgd", 0.05, 32, 512)


def recurrent(
    name: str,
    units: int,
    steps: int,
    symbols: int,
    optimizer: str,
    lr: float,
    batch: int,
    rows: int,
    dtype: str = "float32",
) -> Workload:
    """An LSTM on sequences of embedded symbols that tells a symbol at each step."""
    layers = f"""  - {{id: emb, type: embedding, units: {units}}}
  - {{id: lstm, type: lstm, units: {units}}}
  - {{id: out, type: dense, units: {symbols}}}"""
    inputs = f"{{shape: [{steps}], vocabulary: {symbols}}}"
    target, loss = f"{{shape: [{steps}], classes: {symbols}, role: target}}", "softmax_cross_entropy"
    return Workload(name, "lstm", inputs, target, layers, loss, optimizer, lr, batch, rows, dtype=dtype)


ROWS, ROWS_OUT = "{shape: [32, 64]}", "{shape: [32, 64], role: target}"
TINY = (
    dense("W1a", (3, 1), "identity", "sgd", 0.1),
    dense("W1b", (57, 1), "identity", "sgd", 0.1),
    dense("W2a", (3, 8, 1), "tanh", "sgd", 0.1),
    dense("W2b", (2, 16, 16, 1), "tanh", "adam", 1e-3),
)
WORKLOADS = (
    *(replace(work, epochs=10) for work in TINY),
    dense("W3", (64, 64, 32, 10), "relu", "adam", 1e-3, rows=2048),
    dense("W4a", (784, 128, 10), "relu", "sgd", 0.05, batch=64, rows=1024),
    dense("W4b", (784, 512, 512, 10), "relu", "adam", 1e-3, batch=128, rows=1024),
    images("W5a", 8),
    images("W5b", 28),
    Workload("W6", "transformer", ROWS, ROWS_OUT, BLOCK, "mse", "adam", 1e-3, 8, 64),
    recurrent("W7", 64, 32, 64, "adam", 1e-3, batch=16, rows=128),
)
