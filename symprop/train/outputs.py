"""What the numbers that come out of a network mean: values, or classes with probabilities.

Enters: the first output of a module and the target's encoding.  Leaves: `Scores`.  Names of classes are given back in
predict.py, quality is measured in metrics.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from symprop.errors import Fault, SpecError
from symprop.train.contract import Array
from symprop.train.labels import Encoding


@dataclass(frozen=True)
class Scores:
    """An interpreted output.

    Args:
        values: the output itself, (N, ...).
        indices: class index of each row, (N,) int64, where there are several labels a row (N*T,); None in a regression.
        probabilities: (N, C), of both classes for a binary target; None where the output has none.
        ranking: (N,) or (N, C), larger the more the (second) class is believed in; None in a regression.
    """

    values: Array
    indices: Array | None = None
    probabilities: Array | None = None
    ranking: Array | None = None


def interpret(values: Array, encoding: Encoding, output: str) -> Scores:
    """Read an output as values, two classes or many.

    A binary class is the second where p > 1/2, z > 0 for logits and margins; a class of many is the first maximal one.

    Args:
        values: (N, ...) first output of the module.
        encoding: of the target.
        output: "probabilities", "log_probabilities", "logits" or "margins"; not looked at in a regression.

    Raises:
        SpecError: the output has another shape than the classes, or is said to hold probabilities and does not.
    """
    if encoding.task == "regression":
        return Scores(values)
    return _binary(values, output) if encoding.task == "binary" else _many(values, len(encoding.names), output)


def _binary(values: Array, output: str) -> Scores:
    if values.size != len(values):
        raise SpecError(Fault("output", f"wrong shape for a binary target; expected (N, 1), got {values.shape}"))
    column = values.reshape(-1)
    if output in ("logits", "margins"):
        probabilities = None if output == "margins" else _pair(_sigmoid(column))
        return Scores(values, (column > 0).astype(np.int64), probabilities, column)
    p = np.exp(column) if output == "log_probabilities" else column
    _check_probabilities(p, output)
    return Scores(values, (p > 0.5).astype(np.int64), _pair(p), column)


def _many(values: Array, classes: int, output: str) -> Scores:
    if values.ndim < 2 or values.shape[-1] != classes:
        message = f"wrong shape for {classes} classes; expected (N, {classes}), got {values.shape}"
        raise SpecError(Fault("output", message))
    values = values.reshape(-1, classes)
    indices = values.argmax(axis=1)
    probabilities = _probabilities(values, output)
    ranking = values if probabilities is None else probabilities
    if classes == 2 and output in ("logits", "margins", "log_probabilities"):
        # A difference of logits keeps an order that probabilities near 0 and 1 have lost to rounding.
        ranking = np.stack([values[:, 0] - values[:, 1], values[:, 1] - values[:, 0]], axis=1)
    return Scores(values, indices, probabilities, ranking)


def _probabilities(values: Array, output: str) -> Array | None:
    if output == "margins":
        return None
    if output == "logits":
        return _softmax(values)
    p = np.exp(values) if output == "log_probabilities" else values
    _check_probabilities(p, output)
    sums = p.sum(axis=1)
    if np.abs(sums - 1).max() > 1e-3:
        row = int(np.abs(sums - 1).argmax())
        message = f"rows are no probabilities; expected sums of 1, got {sums[row]:.6g} in row {row}"
        raise SpecError(Fault("output", message, "Say what it holds: output = logits, log_probabilities or margins."))
    return p


def _check_probabilities(p: Array, output: str) -> None:
    bad = ~((p >= -1e-6) & (p <= 1 + 1e-6))
    if bad.any():
        held = "exp of the output" if output == "log_probabilities" else "values"
        message = f"{held} outside 0 to 1; expected probabilities, got {p[bad].flat[0]:.6g}"
        raise SpecError(Fault("output", message, "Say what it holds: output = logits, log_probabilities or margins."))


def _pair(p: Array) -> Array:
    return np.stack([1 - p, p], axis=1)


def _sigmoid(z: Array) -> Array:
    t = np.exp(-np.abs(z))
    return np.asarray(np.where(z >= 0, 1 / (1 + t), t / (1 + t)))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
