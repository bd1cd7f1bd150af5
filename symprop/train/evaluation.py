"""Rows ready for a module, and how well it does on them.

Enters: a `Dataset` and moments.  Leaves: a `Part`, and its loss and metrics.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from symprop.train.contract import Array, GeneratedModule, Params, forward_rows, pack
from symprop.train.data import Dataset
from symprop.train.labels import Encoding
from symprop.train.metrics import METRICS, evaluate
from symprop.train.outputs import interpret
from symprop.train.settings import TrainSettings
from symprop.train.standardise import Standardisation, standardised


@dataclass(frozen=True)
class Part:
    """Rows of one part of a split, standardised and of the module's dtype.

    Args:
        features: by input.
        x, y: the same features, and the targets, packed as the module takes them.
        target: the first target, which metrics are about; None where the loss has none.
        encoding: its meaning.
    """

    features: Mapping[str, Array]
    x: Any
    y: Any
    target: Array | None
    encoding: Encoding | None


def make_part(module: GeneratedModule, data: Dataset, moments: Standardisation) -> Part:
    """Standardise rows and pack them for a module."""
    features = standardised(data.features, moments, module.DTYPE)
    targets = {name: _typed(value, module.DTYPE) for name, value in data.targets.items()}
    first = next(iter(targets), "")
    return Part(features, pack(features), pack(targets), data.targets.get(first), data.encodings.get(first))


def evaluate_part(module: GeneratedModule, params: Params, part: Part, settings: TrainSettings) -> dict[str, float]:
    """Loss and metrics, NaN where undefined.

    Raises:
        SpecError: the output does not fit the target, or what the settings say of it.
    """
    with np.errstate(all="ignore"):
        loss = float(module.loss(params, part.x, part.y))
        if part.target is None or part.encoding is None or not settings.metrics or not math.isfinite(loss):
            return {"loss": loss}
        out = forward_rows(module, params, part.features)
    scores = interpret(out, part.encoding, settings.output)
    return {"loss": loss, **evaluate(settings.metrics, part.target, scores, part.encoding)}


def undefined_notices(found: Mapping[str, Mapping[str, float]]) -> Iterable[str]:
    """A sentence for each metric that is NaN, with the reason."""
    for part, values in found.items():
        for name, value in values.items():
            if name in METRICS and math.isnan(value):
                yield f"{name} of the {part} rows is undefined: {METRICS[name].undefined}."


def _typed(values: Array, dtype: str) -> Array:
    return np.ascontiguousarray(values, dtype=dtype if values.dtype.kind == "f" else np.int64)
