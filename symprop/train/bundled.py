"""Data sets that come with scikit-learn, as tables: `sklearn:digits` and so on.

Enters: such a path.  Leaves: a table with the data set's own column names, its target in a last column `target`.  It is
imported only here and only when asked for; nothing is downloaded.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import numpy as np

from symprop.errors import DataError, Fault, MachineError
from symprop.train.contract import Array
from symprop.train.csvfile import TableData

PREFIX = "sklearn:"
NAMES = ("breast_cancer", "diabetes", "digits", "iris", "wine")


class BundledTable:
    """A data set held in memory; class names are its own, in the order of its codes."""

    def __init__(self, source: str, features: Array, target: Array, names: Sequence[str], classes: Sequence[str]):
        self.source = source
        self.header = (*names, "target")
        self.class_names = tuple(classes)
        self._numbers = np.column_stack([features, target]).astype(np.float64)

    def read(self, numeric: Sequence[str], text: Sequence[str]) -> TableData:
        """Read the columns named."""
        numbers = self._numbers[:, [self.header.index(name) for name in numeric]]
        texts = {name: [repr(float(value)) for value in self._numbers[:, self.header.index(name)]] for name in text}
        return TableData(numbers, texts, np.empty(0, dtype=np.int64))


def open_bundled(path: str) -> BundledTable:
    """Load the data set of a path such as `sklearn:iris`.

    Raises:
        DataError: there is no such data set.
        MachineError: scikit-learn is not installed.
    """
    name = path.removeprefix(PREFIX)
    if name not in NAMES:
        known = ", ".join(PREFIX + known for known in NAMES)
        raise DataError(Fault(path, f"no such data set; expected one of {known}"))
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise MachineError(f"{path}: scikit-learn is not installed. Run: python -m pip install scikit-learn") from error
    bunch = getattr(datasets, f"load_{name}")()
    classes = [str(value) for value in getattr(bunch, "target_names", [])]
    return BundledTable(path, bunch.data, bunch.target, [str(column) for column in bunch.feature_names], classes)
