"""Predictions for new rows: columns found by name, standardised as in training, classes by name.

Enters: a `Run` and rows, a path or arrays.  Leaves: a `Prediction`, and its CSV text.  Nothing is printed.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import numpy as np

from symprop.errors import NumericError
from symprop.train.cells import quote
from symprop.train.contract import Array, forward_rows, input_slots, target_slots
from symprop.train.data import check_rows
from symprop.train.labels import REGRESSION
from symprop.train.outputs import interpret
from symprop.train.rawdata import RawData, from_arrays, read_rows
from symprop.train.standardise import standardised
from symprop.train.trained import Run


@dataclass(frozen=True)
class Prediction:
    """What a model says of rows.

    Args:
        target: name of the target's column, of the target itself where it has none or several, of the output where the
            loss has no target.
        values: (N, ...) first output of the network, as it is.
        indices: (N,) class indices, (N, T) where each step has a label, or None in a regression.
        probabilities: (N, C), of both classes of a binary target, (N, T, C) of steps; None where the output has none.
        class_names: by class index; empty in a regression.
        notices: sentences for the user, such as columns that were not used.
    """

    target: str
    values: Array
    indices: Array | None
    probabilities: Array | None
    class_names: tuple[str, ...]
    notices: tuple[str, ...] = ()

    @property
    def labels(self) -> list[Any]:
        """Class name of each row, a list of them where each step has one; empty in a regression."""
        return [] if self.indices is None else np.array(self.class_names, dtype=object)[self.indices].tolist()

    def to_csv(self) -> str:
        """CSV text: the class and `p_<class>` of every class, or the values; the target's name heads the column.

        Of labels a step, the labels alone, step after step.
        """
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        if self.indices is None:
            flat = self.values.reshape(len(self.values), -1)
            writer.writerow(_numbered(self.target, flat.shape[1]))
            writer.writerows([str(value) for value in row] for row in flat)
            return out.getvalue()
        if self.indices.ndim > 1:
            writer.writerow(_numbered(self.target, self.indices[0].size))
            writer.writerows(np.array(self.labels, dtype=object).reshape(len(self.indices), -1).tolist())
            return out.getvalue()
        chances = self.probabilities if self.probabilities is not None else np.empty((len(self.indices), 0))
        writer.writerow([self.target, *(f"p_{name}" for name in self.class_names[: chances.shape[1]])])
        for label, row in zip(self.labels, chances, strict=True):
            writer.writerow([label, *(str(value) for value in row)])
        return out.getvalue()


def predict(run: Run, rows: Any) -> Prediction:
    """Predict rows of a path (.csv, .npz, "-", "sklearn:<name>"), of an array, or of a dictionary of arrays by input.

    Columns of a CSV are matched by the names of the training data, in any order; others are not used, and said so.  Of
    a model trained on arrays, which have no names, a CSV must hold the features alone, in their order.

    Raises:
        DataError: columns are missing, or a shape or a value does not fit.
        MachineError: the file cannot be read.
        NumericError: an output is not finite.
    """
    raw = _read(run, rows)
    features = standardised(check_rows(raw, run.module), run.standardisation, run.module.DTYPE)
    with np.errstate(all="ignore"):
        values = forward_rows(run.module, run.params, features)
    _check_finite(raw, values)
    target = next((slot.name for slot in target_slots(run.module)), run.module.OUTPUTS[0])
    encoding = run.encodings.get(target, REGRESSION)
    scores = interpret(values, encoding, run.settings.output)
    names = run.target_columns.get(target, ())
    heading = names[0] if len(names) == 1 else target
    indices, chances = scores.indices, scores.probabilities
    if indices is not None and indices.size != len(values):
        indices = indices.reshape(values.shape[:-1])
        chances = chances if chances is None else chances.reshape(values.shape)
    return Prediction(heading, values, indices, chances, encoding.names, _unused(run, raw))


def _read(run: Run, rows: Any) -> RawData:
    slots = input_slots(run.module)
    if isinstance(rows, (str, PathLike)):
        return read_rows(fspath(rows), slots, run.columns, run.settings.limits)
    return from_arrays(rows, None, slots, [])


def _check_finite(raw: RawData, values: Array) -> None:
    good = np.asarray(np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if not good.all():
        row = int(np.argmin(good))
        held = ", ".join(str(value) for value in values[row].reshape(-1)[:4])
        place = raw.place("output", row)
        message = f"{place}: the output is not finite, {held}; {int((~good).sum())} of {len(good)} rows are like this"
        raise NumericError(f"{message}. Check those rows for values far from the training data.")


def _unused(run: Run, raw: RawData) -> tuple[str, ...]:
    targets = {name for names in run.target_columns.values() for name in names}
    extra = [name for name in raw.unused if name not in targets]
    if not extra:
        return ()
    more = f" and {len(extra) - 10} more" if len(extra) > 10 else ""
    return (f"{raw.source}: columns not used: {', '.join(map(quote, extra[:10]))}{more}",)


def _numbered(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}_{i}" for i in range(count)]
