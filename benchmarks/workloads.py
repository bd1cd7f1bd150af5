"""The workloads W1 to W3: small dense networks, each as a spec and as data.

A step is forward pass, loss, backward pass and update.  Data is rng(0) normal with labels from a random linear teacher;
weights are N(0, 1/fan_in) from rng(1) and biases 0, so that every library starts from the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Workload:
    """One network with its training set.

    Args:
        name: W1a to W3.
        widths: units of the layers, inputs first.
        activation: of the hidden layers.
        optimizer: "sgd" or "adam".
        lr: learning rate.
        batch, rows: rows of a step and of the training set.
    """

    name: str
    widths: tuple[int, ...]
    activation: str
    optimizer: str
    lr: float
    batch: int = 32
    rows: int = 4096

    @property
    def classes(self) -> int:
        """Number of classes, 1 for a binary target."""
        return self.widths[-1]

    @property
    def spec(self) -> str:
        """The workload as net.yaml."""
        last = len(self.widths) - 1
        target = f"{{role: target, classes: {self.classes}}}" if self.classes > 1 else "{shape: [1], role: target}"
        lines = [
            "symprop: 1",
            f"name: {self.name}",
            f"inputs: {{x: {{shape: [{self.widths[0]}]}}, y: {target}}}",
            "layers:",
        ]
        for k, units in enumerate(self.widths[1:], 1):
            extra = "" if k == last else f", activation: {self.activation}"
            lines.append(f"  - {{id: l{k}, type: dense, units: {units}{extra}}}")
        loss = "softmax_cross_entropy" if self.classes > 1 else "binary_cross_entropy_with_logits"
        lines.append(f"loss: {{type: {loss}, from: l{last}, target: y}}")
        lines.append(f"optimizer: {{type: {self.optimizer}, lr: {self.lr}}}")
        lines.append(f"training: {{epochs: 1, batch_size: {self.batch}, dtype: float32, shuffle: false}}")
        return "\n".join(lines) + "\n"

    def data(self) -> tuple[Array, Array]:
        """(x, y): float32 rows and labels, (N,) integers or (N, 1) zeros and ones."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.rows, self.widths[0])).astype(np.float32)
        scores = x @ rng.standard_normal((self.widths[0], self.classes)).astype(np.float32)
        if self.classes > 1:
            return x, scores.argmax(axis=1).astype(np.int64)
        return x, (scores > 0).astype(np.float32)

    def weights(self) -> list[Array]:
        """W, b of every layer in order."""
        rng = np.random.default_rng(1)
        out: list[Array] = []
        for fan_in, fan_out in zip(self.widths, self.widths[1:], strict=False):
            out.append((rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)).astype(np.float32))
            out.append(np.zeros(fan_out, np.float32))
        return out


WORKLOADS = (
    Workload("W1a", (3, 1), "identity", "sgd", 0.1),
    Workload("W1b", (57, 1), "identity", "sgd", 0.1),
    Workload("W2a", (3, 8, 1), "tanh", "sgd", 0.1),
    Workload("W2b", (2, 16, 16, 1), "tanh", "adam", 1e-3),
    Workload("W3", (64, 64, 32, 10), "relu", "adam", 1e-3, rows=2048),
)
