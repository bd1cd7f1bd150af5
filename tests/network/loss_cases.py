"""Losses with options, reductions and masks, each as the loss of a small network whose derivation is printed.

All extents of a case are different: 3 inputs, 4 units, 5 steps, 2 labels of a row for ctc, and 7 rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from symprop.derivation import Derivation, derive
from symprop.language import Network
from symprop.language.expressions import tensors_read
from symprop.library import LOSSES
from symprop.network import Sketch

INPUTS, UNITS, STEPS, LABELS, ROWS = 3, 4, 5, 2, 7


@dataclass(frozen=True)
class Case:
    """One loss.

    Args:
        name: unique among the cases.
        loss: entry of the library, or a formula in p and t.
        options: of the loss, with its reduction, weight, penalties and mask.
        activation: of the layers it reads, in order.
        steps: whether it reads a sequence.
        labels: whether its target is classes as integers.
    """

    name: str
    loss: str
    options: Mapping[str, Any] = field(default_factory=dict)
    activation: tuple[str | None, ...] = ()
    steps: bool = False
    labels: bool = False

    @property
    def type(self) -> str:
        """The entry of the library, "" for a formula."""
        return self.loss if self.loss in LOSSES else ""

    @cached_property
    def network(self) -> Network:
        """A dense layer for each argument of the loss, all of one input."""
        shape = (STEPS,) * self.steps
        entry = LOSSES[self.loss] if self.type else None
        made = Sketch(self.name).input("data", *shape, INPUTS)
        if self.loss == "ctc":
            made = made.target("y", LABELS, classes=UNITS)
        elif self.labels:
            made = made.target("y", *shape, classes=UNITS)
        elif entry is None or entry.has_target:
            made = made.target("y", *shape, *[UNITS] * (self.loss != "cosine_embedding"))
        if "mask" in self.options:
            made = made.target("m", *shape)
        ids = list(entry.args) if entry is not None and entry.args else ["o"]
        for k, id_ in enumerate(ids):
            activation = self.activation[k] if self.activation else None
            made = made.layer("dense", id=id_, inputs="data", units=UNITS, activation=activation)
        if entry is None:
            return made.loss_function("own", self.loss).loss("own", ids, **self.options).build()
        return made.loss(self.loss, ids, **self.options).build()

    @cached_property
    def derivation(self) -> Derivation:
        """The derivation of the network."""
        return derive(self.network)

    @property
    def text(self) -> str:
        """What follows the dense layers, and the adjoints of all that it reads."""
        params = {t.name for t in self.network.params}
        shown = [e for e in self.network.equations if e.target == "L" or not params & set(tensors_read(e.body))]
        read = {name for e in shown for name in tensors_read(e.body)}
        adjoints = [a.equation for a in self.derivation if a.tensor in read]
        return "\n".join(map(str, [*shown, *adjoints])) + "\n"

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """Values of order 1 that the targets allow; a mask keeps some of each row."""
        rng = np.random.default_rng([*self.name.encode()])
        found = {}
        for tensor in self.network.of_role("input", "target", "param"):
            shape = [axis.value({"N": ROWS}) for axis in tensor.axes]
            drawn = rng.standard_normal(shape)
            if tensor.dtype == "integer":
                drawn = rng.integers(0, UNITS, shape)
            elif tensor.name == "m":
                drawn = rng.integers(0, 2, shape).astype(float)
            elif tensor.simplex is not None:
                drawn = np.exp(drawn) / np.exp(drawn).sum(axis=-1, keepdims=True)
            elif tensor.role == "target" and tensor.low is not None:
                drawn = np.sign(drawn) if tensor.low < 0 else 1 / (1 + np.exp(-drawn))
            found[tensor.name] = drawn
        return found

    def __str__(self) -> str:
        return self.name


MASKED, SUMMED = {"mask": "m"}, {"reduce": "sum"}
SIGMOID, SOFTMAX, LOG_SOFTMAX = ("sigmoid",), ("softmax",), ("log_softmax",)
POSITIVE = (None, "softplus")
CASES = [
    Case("mse", "mse"),
    Case("mse_sum", "mse", SUMMED),
    Case("mse_weight", "mse", {"weight": 3}),
    Case("mse_masked", "mse", MASKED, steps=True),
    Case("mse_masked_sum", "mse", {**MASKED, **SUMMED, "weight": 0.5}),
    Case("mse_penalties", "mse", {"l1": 0.5, "l2": 0.25}),
    Case("mae", "mae"),
    Case("mae_masked", "mae", MASKED),
    Case("huber", "huber"),
    Case("huber_delta", "huber", {"delta": 0.5, **SUMMED}),
    Case("log_cosh", "log_cosh"),
    Case("poisson", "poisson"),
    Case("poisson_rate", "poisson", {"log_input": False}, ("softplus",)),
    Case("poisson_rate_exact", "poisson", {"log_input": False, "eps": 0}, ("softplus",)),
    Case("hinge", "hinge"),
    Case("squared_hinge", "squared_hinge"),
    Case("binary_cross_entropy", "binary_cross_entropy", activation=SIGMOID),
    Case("binary_cross_entropy_masked", "binary_cross_entropy", MASKED, SIGMOID, steps=True),
    Case("binary_cross_entropy_sum", "binary_cross_entropy", SUMMED, SIGMOID),
    Case("binary_cross_entropy_of_others", "binary_cross_entropy", activation=SOFTMAX),
    Case("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits"),
    Case("bce_with_logits", "bce_with_logits"),
    Case("bce_with_logits_masked", "bce_with_logits", MASKED),
    Case("bce_with_logits_sum", "bce_with_logits", {**SUMMED, "weight": 0.5}),
    Case("binary_focal", "binary_focal"),
    Case("binary_focal_even", "binary_focal", {"gamma": 0, "alpha": 0.5}),
    Case("binary_focal_one", "binary_focal", {"gamma": 1}),
    Case("binary_focal_root", "binary_focal", {"gamma": 0.5, "alpha": 0.75}),
    Case("cross_entropy", "cross_entropy", activation=SOFTMAX),
    Case("cross_entropy_labels", "cross_entropy", activation=SOFTMAX, labels=True),
    Case("cross_entropy_masked", "cross_entropy", MASKED, SOFTMAX, steps=True),
    Case("cross_entropy_of_others", "cross_entropy", activation=SIGMOID),
    Case("softmax_cross_entropy", "softmax_cross_entropy"),
    Case("softmax_cross_entropy_labels", "softmax_cross_entropy", labels=True),
    Case("softmax_cross_entropy_sum", "softmax_cross_entropy", SUMMED, labels=True),
    Case("softmax_cross_entropy_weight", "softmax_cross_entropy", {"weight": 0.5}, labels=True),
    Case("softmax_cross_entropy_smoothed", "softmax_cross_entropy", {"label_smoothing": 0.1}),
    Case("softmax_cross_entropy_smoothed_labels", "softmax_cross_entropy", {"label_smoothing": 0.1}, labels=True),
    Case("softmax_cross_entropy_steps", "softmax_cross_entropy", steps=True, labels=True),
    Case("softmax_cross_entropy_masked", "softmax_cross_entropy", MASKED, steps=True, labels=True),
    Case("softmax_cross_entropy_masked_sum", "softmax_cross_entropy", {**MASKED, **SUMMED}, steps=True, labels=True),
    Case("nll", "nll", activation=LOG_SOFTMAX),
    Case("nll_labels", "nll", activation=LOG_SOFTMAX, labels=True),
    Case("nll_masked", "nll", MASKED, LOG_SOFTMAX, steps=True, labels=True),
    Case("kl_divergence", "kl_divergence", activation=SOFTMAX),
    Case("kl_divergence_labels", "kl_divergence", SUMMED, SOFTMAX, labels=True),
    Case("softmax_focal", "softmax_focal"),
    Case("softmax_focal_labels", "softmax_focal", {"gamma": 1, "alpha": 0.5}, labels=True),
    Case("softmax_focal_even", "softmax_focal", {"gamma": 0}),
    Case("softmax_focal_root", "softmax_focal", {"gamma": 1.5}),
    Case("gaussian_nll", "gaussian_nll", activation=POSITIVE),
    Case("gaussian_nll_full_sum", "gaussian_nll", {"full": True, **SUMMED}, POSITIVE),
    Case("gaussian_nll_log_variance", "gaussian_nll", {"log_variance": True}),
    Case("gaussian_nll_masked", "gaussian_nll", {"log_variance": True, **MASKED}, steps=True),
    Case("gaussian_kl", "gaussian_kl"),
    Case("gaussian_kl_sum", "gaussian_kl", {**SUMMED, "weight": 0.1}),
    Case("info_nce", "info_nce"),
    Case("info_nce_temperature", "info_nce", {"temperature": 1, **SUMMED}),
    Case("triplet", "triplet"),
    Case("triplet_distances", "triplet", {"squared": False, "margin": 0.25}),
    Case("triplet_masked", "triplet", MASKED, steps=True),
    Case("cosine_embedding", "cosine_embedding"),
    Case("cosine_embedding_margin", "cosine_embedding", {"margin": 0.5, **SUMMED}),
    Case("cosine", "cosine"),
    Case("cosine_steps", "cosine", steps=True),
    Case("ctc", "ctc", steps=True),
    Case("ctc_last_blank_sum", "ctc", {"blank": 3, **SUMMED}, steps=True),
    Case("own_pinball", "max(0.25*(t - p), 0.75*(p - t))"),
    Case("own_root", "sqrt(1 + (p - t)**2) - 1", SUMMED),
]
