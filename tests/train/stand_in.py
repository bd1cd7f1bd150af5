"""A stand-in for a generated module, written by hand in NumPy: one hidden tanh layer or none, and one of three losses.

It shares no code with the package, so that training is tested against the interface and not against a generator.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np


class Linear(NamedTuple):
    W1: Any
    b1: Any


class Hidden(NamedTuple):
    W1: Any
    b1: Any
    W2: Any
    b2: Any


class StandIn:
    """Interface of a generated module; `head` is "sigmoid", "softmax" or "linear", momentum SGD with an l2 penalty."""

    OUTPUTS = ("A_out",)

    def __init__(
        self, shape, units, head, *, hidden=0, dtype="float64", l2=0.0, logits=False, kind="real", values=None
    ):
        self.shape, self.units, self.head, self.hidden, self.l2, self.logits = shape, units, head, hidden, l2, logits
        self.DTYPE, self.SPEC_NAME, self.VERSIONS = dtype, f"{head}_{units}", {"numpy": np.__version__}
        self.HASH = f"{head}-{shape}-{units}-{hidden}-{dtype}".encode().hex().ljust(64, "0")[:64]
        self.INPUTS = {"x": {"shape": shape, "kind": kind, "classes": values}}
        labels = {"shape": (), "kind": "labels", "classes": units}
        self.TARGETS = {"y": labels if head == "softmax" else {"shape": (units,), "kind": "real", "classes": None}}
        self.Params = Hidden if hidden else Linear
        self.calls: list[int] = []

    def init_params(self, seed=0):
        rng = np.random.default_rng(seed)
        sizes = [int(np.prod(self.shape)), *([self.hidden] if self.hidden else []), self.units]
        arrays = []
        for fan_in, fan_out in pairwise(sizes):
            arrays += [rng.normal(size=(fan_in, fan_out)) / np.sqrt(fan_in), np.zeros(fan_out)]
        return self.Params(*(a.astype(self.DTYPE) for a in arrays))

    def init_optimizer(self, params):
        return tuple(np.zeros_like(p) for p in params)

    def _outputs(self, params, x):
        a = x.reshape(len(x), -1).astype(self.DTYPE)
        h = np.tanh(a @ params.W1 + params.b1) if self.hidden else a
        z = h @ params[-2] + params[-1]
        if self.head == "linear":
            return a, h, z, z
        if self.head == "sigmoid":
            return a, h, z, 1 / (1 + np.exp(-z))
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return a, h, z, e / e.sum(axis=1, keepdims=True)

    def forward(self, params, x):
        _, _, z, p = self._outputs(params, x)
        return z if self.logits else p

    def _targets(self, y):
        return np.eye(self.units, dtype=self.DTYPE)[y] if self.head == "softmax" else y

    def loss(self, params, x, y):
        _, _, z, p = self._outputs(params, x)
        t = self._targets(y)
        penalty = self.l2 / 2 * sum(float((w * w).sum()) for w in params[::2])
        if self.head == "linear":
            return float(np.mean((z - t) ** 2)) + penalty
        if self.head == "sigmoid":
            return float(np.mean(np.logaddexp(0, z) - t * z)) + penalty
        return float(-(t * np.log(p)).sum(axis=1).mean()) + penalty

    def value_and_grad(self, params, x, y):
        a, h, z, p = self._outputs(params, x)
        t = self._targets(y)
        factor = {"linear": 2 / z.size, "sigmoid": 1 / z.size, "softmax": 1 / len(x)}[self.head]
        dz = factor * (p - t)
        grads = [h.T @ dz + self.l2 * params[-2], dz.sum(axis=0)]
        if self.hidden:
            dh = dz @ params.W2.T * (1 - h * h)
            grads = [a.T @ dh + self.l2 * params.W1, dh.sum(axis=0), *grads]
        return self.loss(params, x, y), self.Params(*grads)

    def fit_chunk(self, params, opt_state, x, y, epochs, batch_size, lr, seed, shuffle, start_epoch, total_epochs=None):
        self.calls.append(epochs)
        losses = []
        for epoch in range(start_epoch, start_epoch + epochs):
            order = np.random.default_rng([seed, epoch]).permutation(len(x)) if shuffle else np.arange(len(x))
            total = 0.0
            for start in range(0, len(x), batch_size):
                rows = order[start : start + batch_size]
                value, grads = self.value_and_grad(params, x[rows], y[rows])
                total += value * len(rows)
                opt_state = tuple(np.asarray(0.9 * m + g, self.DTYPE) for m, g in zip(opt_state, grads, strict=True))
                params = self.Params(
                    *(np.asarray(p - lr * m, self.DTYPE) for p, m in zip(params, opt_state, strict=True))
                )
            losses.append(total / len(x))
        return params, opt_state, np.array(losses)


def logistic(features=2, **options):
    return StandIn((features,), 1, "sigmoid", **options)


def softmax(features=2, classes=3, **options):
    return StandIn((features,), classes, "softmax", **options)


def regressor(features=2, outputs=1, **options):
    return StandIn((features,), outputs, "linear", **options)


def blobs(rows=60, classes=2, features=2, seed=0):
    """Separable points and their class indices."""
    rng = np.random.default_rng(seed)
    labels = np.arange(rows) % classes
    centres = rng.normal(size=(classes, features)) * 3
    return centres[labels] + rng.normal(size=(rows, features)) * 0.5, labels
