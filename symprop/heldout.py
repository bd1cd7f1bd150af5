"""Rows of a spec's `data:`: one file that is split, and files of their own for validation and test.

Enters: a module, settings and a spec.  Leaves: one data set with the split of its rows, ready for training.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from symprop.errors import DataError, Fault
from symprop.session import data_path
from symprop.spec import NetSpec
from symprop.train import Dataset, Split, TrainSettings, load_data, split_dataset


def gather(module: Any, settings: TrainSettings, spec: NetSpec) -> tuple[Dataset, Split]:
    """All rows, and which of them are for what.

    Raises:
        DataError: a file does not fit the network, or its classes are not those of the training rows.
        MachineError: a file cannot be read.
    """
    data = load_data(module, settings)
    split = split_dataset(data, settings)
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    for part in ("validation", "test"):
        path = getattr(spec.data, part, None)
        if path is not None:
            place = data_path(spec, path)
            more = load_data(module, settings, place)
            _check_meaning(data, more, place)
            parts[part] = np.arange(data.rows, data.rows + more.rows)
            data = _joined(data, more)
    return data, Split(**parts)


def _check_meaning(first: Dataset, more: Dataset, place: str) -> None:
    for name, encoding in first.encodings.items():
        found = more.encodings[name]
        if found != encoding:
            expected, got = (", ".join(e.names) or "numbers" for e in (encoding, found))
            message = f"target {name!r}: not the classes of the training rows; expected {expected}, got {got}"
            raise DataError(Fault(place, message, "Every class has to be in every file."))


def _joined(first: Dataset, more: Dataset) -> Dataset:
    return replace(
        first,
        features={name: np.concatenate([value, more.features[name]]) for name, value in first.features.items()},
        targets={name: np.concatenate([value, more.targets[name]]) for name, value in first.targets.items()},
    )
