"""Small networks over every activation and loss, with their gradients written by hand.

A network is dense(4, activation) - dense(3, what the loss needs) - loss; extents are 3, 4, 3 and the batch.  The
gradient by hand is the chain rule over the tables of `tests.library.by_hand`, which share nothing with the library.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import ModuleType
from typing import Any

import numpy as np

from symprop.codegen import generate_module, load_module
from symprop.derivation import Derivation, derive
from symprop.library import ACTIVATIONS
from symprop.network import build
from symprop.spec import parse_spec
from tests.library import by_hand

Array = np.ndarray
INPUTS, HIDDEN, OUTPUTS = 3, 4, 3
LAST = {
    "binary_cross_entropy": "sigmoid",
    "cross_entropy": "softmax",
    "kl_divergence": "softmax",
    "nll": "log_softmax",
}
FROM_LOGITS = {
    "binary_cross_entropy": "binary_cross_entropy_with_logits",
    "cross_entropy": "softmax_cross_entropy",
}
LABELS = ("cross_entropy", "softmax_cross_entropy", "nll", "softmax_focal")
UNIT = ("binary_cross_entropy", "binary_cross_entropy_with_logits", "bce_with_logits", "binary_focal")


@dataclass(frozen=True)
class Small:
    """One network of the product.

    Args:
        activation, loss: entries of the library.
        reduce: "mean" or "sum".
    """

    activation: str
    loss: str
    reduce: str

    @property
    def spec(self) -> str:
        """The network as net.yaml."""
        last = LAST.get(self.loss, "identity")
        kind = f"classes: {OUTPUTS}" if self.loss in LABELS else f"shape: [{OUTPUTS}]"
        return f"""\
symprop: 1
name: small
inputs: {{x: {{shape: [{INPUTS}]}}, y: {{{kind}, role: target}}}}
layers:
  - {{id: h, type: dense, units: {HIDDEN}, activation: {self.activation}}}
  - {{id: o, type: dense, units: {OUTPUTS}, activation: {last}}}
loss: {{type: {self.loss}, from: o, target: y, reduce: {self.reduce}}}
"""

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the network."""
        return derive(build(parse_spec(self.spec, str(self))))

    def __str__(self) -> str:
        return f"{self.activation}-{self.loss}-{self.reduce}"

    def data(self, batch: int) -> tuple[Array, Array, list[Array]]:
        """(x, y, [W_h, b_h, W_o, b_o]) of order 1."""
        rng = np.random.default_rng([batch, *str(self).encode()])
        params = [rng.standard_normal(s) for s in ((INPUTS, HIDDEN), HIDDEN, (HIDDEN, OUTPUTS), OUTPUTS)]
        return rng.standard_normal((batch, INPUTS)), self._target(rng, batch), params

    def _target(self, rng: np.random.Generator, batch: int) -> Array:
        if self.loss in LABELS:
            return rng.integers(0, OUTPUTS, batch)
        if self.loss == "kl_divergence":
            return np.asarray(rng.dirichlet(np.ones(OUTPUTS), batch))
        if self.loss in ("hinge", "squared_hinge"):
            return rng.choice([-1.0, 1.0], (batch, OUTPUTS))
        if self.loss in UNIT:
            return rng.uniform(0.1, 0.9, (batch, OUTPUTS))
        if self.loss == "poisson":
            return rng.poisson(2.0, (batch, OUTPUTS)).astype(float)
        return rng.standard_normal((batch, OUTPUTS))

    def by_hand(self, x: Array, y: Array, params: list[Array]) -> tuple[float, list[Array]]:
        """(loss, gradients) in float64."""
        w_h, b_h, w_o, b_o = params
        z_h = x @ w_h + b_h
        a_h, back_h = activation(self.activation, z_h)
        z_o = a_h @ w_o + b_o
        # of probabilities near 1 the digits are gone before 1 - p is taken: by hand these start from the logits
        from_logits = FROM_LOGITS.get(self.loss)
        p, back_o = activation("identity" if from_logits else LAST.get(self.loss, "identity"), z_o)
        loss, gradient = by_hand.LOSSES[from_logits or self.loss]
        t = np.eye(OUTPUTS)[y] if self.loss in LABELS else y
        rows = len(x) * (1 if self.loss in by_hand.PER_ROWS else OUTPUTS)
        scale = 1 / rows if self.reduce == "mean" else 1.0
        d_o = back_o(scale * gradient(p, t))
        d_h = back_h(d_o @ w_o.T)
        return scale * loss(p, t), [x.T @ d_h, d_h.sum(axis=0), a_h.T @ d_o, d_o.sum(axis=0)]


def activation(name: str, z: Array) -> tuple[Array, Any]:
    """The value and the function from its adjoint to the adjoint of z."""
    if name in by_hand.ROW_ACTIVATIONS:
        f, vjp = by_hand.ROW_ACTIVATIONS[name]
        return f(z), lambda adjoint: vjp(z, adjoint)
    f, slope = by_hand.ACTIVATIONS[name]
    return f(z), lambda adjoint: adjoint * slope(z)


SMALL = [Small(a, loss, reduce) for loss in by_hand.LOSSES for a in ACTIVATIONS for reduce in ("mean", "sum")]


@lru_cache(maxsize=8)
def derived(small: Small) -> Derivation:
    """The derivation of a network of the product, kept for neighbouring cases."""
    return small.derivation


@lru_cache(maxsize=8)
def numpy_module(small: Small, dtype: str) -> ModuleType:
    """Its NumPy module."""
    source = generate_module(derived(small), backend="numpy", dtype=dtype)
    return load_module(source, f"small_{small}".replace("-", "_"))
