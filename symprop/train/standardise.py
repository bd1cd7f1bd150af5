"""Standardising: (x - mean) / standard deviation by column, with the statistics of the training rows alone.

Enters: features of the training rows.  Leaves: a `Standardisation` to apply to any rows, and sentences for the user
about columns that are constant or far from standardised.  Integer inputs are left as they are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from symprop.errors import DataError, Fault
from symprop.train.cells import quote
from symprop.train.contract import Array, Slot

FAR = 10.0
TINY = 1e-3
"""A column counts as far from standardised where |mean| or the deviation is above FAR, or the latter below TINY."""


@dataclass(frozen=True)
class Moments:
    """Statistics of one input, each of the input's shape without the batch axis.

    Args:
        mean: mean of the training rows.
        std: standard deviation of the training rows (divided by N), 1 where constant.
        constant: where the training rows hold one value.
    """

    mean: Array
    std: Array
    constant: Array

    def apply(self, values: Array) -> Array:
        """(x - mean) / std, float64; 0 where the training rows were constant, for nothing was learnt about it there."""
        with np.errstate(over="ignore"):
            scaled = (values - self.mean) / self.std
        scaled[:, self.constant] = 0.0
        return np.asarray(scaled)


Standardisation = Mapping[str, Moments]
"""Moments by name of input; an input that is not in it is left as it is."""


def moments(values: Array) -> Moments:
    """Mean and standard deviation over the rows; a spread of rounding errors alone is taken as constant.

    Shapes:
        values: (N, ...).  Each of the results: (...).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        mean = values.mean(axis=0)
        away = values - mean
        # Squares of deviations above 1e154 overflow; divided by the largest one they do not.
        largest = np.abs(away).max(axis=0)
        unit = np.where(largest > 0, largest, 1.0)
        spread = unit * np.sqrt(np.square(away / unit).mean(axis=0))
        noise = 4 * np.finfo(np.float64).eps * math.sqrt(len(values)) * np.abs(values).max(axis=0)
        constant = np.asarray(spread <= noise)
    return Moments(np.asarray(mean), np.asarray(np.where(constant, 1.0, spread)), constant)


def fit_standardisation(features: Mapping[str, Array], slots: Sequence[Slot]) -> dict[str, Moments]:
    """Moments of every real input over the rows given, which should be those of training and no others.

    Raises:
        DataError: values so large that their mean or deviation is not finite.
    """
    found = {slot.name: moments(features[slot.name]) for slot in slots if slot.kind == "real"}
    for name, each in found.items():
        if not (np.isfinite(each.mean).all() and np.isfinite(each.std).all()):
            message = "values too large to standardise; their mean or standard deviation is not finite"
            raise DataError(Fault(f"input {name!r}", message, "Change the unit of the data."))
    return found


def standardised(features: Mapping[str, Array], standardisation: Standardisation, dtype: str) -> dict[str, Array]:
    """Features as the module takes them: standardised where there are moments, real ones in the module's dtype."""
    return {name: _ready(name, values, standardisation, dtype) for name, values in features.items()}


def _ready(name: str, values: Array, standardisation: Standardisation, dtype: str) -> Array:
    if values.dtype.kind != "f":
        return np.ascontiguousarray(values)
    scaled = standardisation[name].apply(values) if name in standardisation else values
    with np.errstate(over="ignore"):  # rows far from the training data: the output is checked instead
        return np.ascontiguousarray(scaled, dtype=dtype)


def constant_notices(standardisation: Standardisation, columns: Mapping[str, Sequence[str]]) -> list[str]:
    """A sentence for each input with columns that are constant over the training rows."""
    notices = []
    for name, found in standardisation.items():
        places = np.flatnonzero(found.constant)
        if len(places):
            first = column_name(name, int(places[0]), columns, found.mean.shape)
            value = found.mean.reshape(-1)[places[0]]
            more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
            notices.append(
                f"input {name!r}: {first} is constant over the training rows, {value:g}{more}; "
                "it carries no information and is set to 0. Consider leaving it out."
            )
    return notices


def far_notices(
    features: Mapping[str, Array], slots: Sequence[Slot], columns: Mapping[str, Sequence[str]]
) -> list[str]:
    """A sentence for each real input that is far from standardised, with its worst column, mean and deviation."""
    notices = []
    for slot in slots:
        if slot.kind == "real" and (notice := _far_notice(slot, features[slot.name], columns)):
            notices.append(notice)
    return notices


def _far_notice(slot: Slot, values: Array, columns: Mapping[str, Sequence[str]]) -> str:
    found = moments(values)
    mean, std = found.mean.reshape(-1), np.where(found.constant, 1.0, found.std).reshape(-1)
    badness = np.maximum(np.maximum(np.abs(mean), std) / FAR, TINY / std)
    worst, count = int(badness.argmax()), int((badness > 1).sum())
    if not count:
        return ""
    shown = column_name(slot.name, worst, columns, slot.shape)
    return (
        f"input {slot.name!r}: {count} of {len(mean)} columns are far from standardised, worst {shown} "
        f"with mean {mean[worst]:.4g} and standard deviation {found.std.reshape(-1)[worst]:.4g}. "
        "Training may be slow or diverge; set standardize: true."
    )


def column_name(name: str, place: int, columns: Mapping[str, Sequence[str]], shape: tuple[int, ...]) -> str:
    """How a column is called in a message: its name, or its place in the input counted from 0."""
    if columns.get(name):
        return f"column {quote(columns[name][place])}"
    index = [int(i) for i in np.unravel_index(place, shape)] if shape else []
    return f"entry {index}"
