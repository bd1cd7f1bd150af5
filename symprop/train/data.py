"""Data that fit a network: checked features, encoded targets, and what is needed to do the same to new rows.

Enters: `RawData` and the inputs and targets of a module.  Leaves: a `Dataset`.  Standardising and splitting come after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from symprop.errors import DataError, Fault
from symprop.train.cells import Tally, parse_cell, quote
from symprop.train.contract import Array, GeneratedModule, Slot, input_slots, target_slots
from symprop.train.labels import (
    REGRESSION,
    Encoding,
    Place,
    binary_encoding,
    class_encoding,
    from_one_hot,
    is_number,
    label_texts,
    plain,
)
from symprop.train.rawdata import RawData, from_arrays, read_training
from symprop.train.settings import TrainSettings


@dataclass(frozen=True)
class Dataset:
    """Rows that a module can take, not standardised yet.

    Args:
        features: (N, ...) of each input, float64 or int64.
        targets: of each target, (N,) int64 labels or (N, ...) float64.
        encodings: what the numbers of each target mean.
        columns, target_columns: names of the columns of each input and target, where the data had names.
        notices: sentences for the user about what was done to the data.
    """

    features: dict[str, Array]
    targets: dict[str, Array]
    encodings: dict[str, Encoding]
    columns: dict[str, tuple[str, ...]]
    target_columns: dict[str, tuple[str, ...]]
    notices: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.features.values())))

    def take(self, rows: Array) -> Dataset:
        """The dataset of some rows, in that order."""
        return replace(
            self,
            features={name: np.ascontiguousarray(value[rows]) for name, value in self.features.items()},
            targets={name: np.ascontiguousarray(value[rows]) for name, value in self.targets.items()},
        )

    def class_indices(self) -> Array | None:
        """Class index of each row by the first target with one class a row, or None where there is none."""
        for name, encoding in self.encodings.items():
            if encoding.task != "regression" and self.targets[name].size == self.rows:
                return encoding.indices(self.targets[name])
        return None


def load_data(module: GeneratedModule, settings: TrainSettings, path: str | None = None) -> Dataset:
    """Read and check the data of a path, by default that of the settings.

    Raises:
        DataError: the data are at fault, or no path is given.
        MachineError: they cannot be read.
    """
    chosen = path or settings.data
    if chosen is None:
        raise DataError(
            Fault("data", "no data given", "Name a file with --data, or in net.yaml under data: train: path:.")
        )
    raw = read_training(chosen, input_slots(module), target_slots(module), settings)
    return check_training(raw, module, settings)


def data_from_arrays(module: GeneratedModule, settings: TrainSettings, x: Any, y: Any) -> Dataset:
    """Check arrays in memory; labels may be integers, strings or one-hot rows, binary targets (N,) or (N, 1).

    Raises:
        DataError: a shape, a value or a label does not fit the module.
    """
    return check_training(from_arrays(x, y, input_slots(module), target_slots(module)), module, settings)


def check_training(raw: RawData, module: GeneratedModule, settings: TrainSettings) -> Dataset:
    """Check raw data with targets and encode the targets.

    Raises:
        DataError: a shape, a value or a label does not fit the module.
    """
    features = check_features(raw, input_slots(module), module.DTYPE)
    rows = len(next(iter(features.values())))
    pairs = {slot.name: _encode(raw, slot, settings, rows) for slot in target_slots(module)}
    encodings = {name: encoding for name, (_, encoding) in pairs.items()}
    notices = tuple(note for slot in target_slots(module) for note in _renamed(slot, encodings[slot.name], raw))
    targets = {name: target for name, (target, _) in pairs.items()}
    return Dataset(features, targets, encodings, raw.columns, raw.target_columns, notices)


def check_features(raw: RawData, slots: Sequence[Slot], dtype: str) -> dict[str, Array]:
    """Check shapes, numbers of rows, finiteness and the range of integers of all inputs.

    Raises:
        DataError: naming the input, the row and the column.
    """
    features = {slot.name: _check_array(raw, slot, raw.features[slot.name], dtype) for slot in slots}
    counts = {name: len(value) for name, value in features.items()}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise DataError(Fault(raw.source or "x", f"inputs have different numbers of rows: {shown}"))
    return features


def _check_array(raw: RawData, slot: Slot, values: Array, dtype: str) -> Array:
    where = f"{raw.source}: {slot.name}" if raw.source else slot.name
    if values.dtype.kind not in "biuf":
        message = f"wrong kind of entries; expected numbers, got {values.dtype}"
        raise DataError(Fault(where, message, "Encode text as numbers first."))
    shaped = _with_axes(values, slot)
    if shaped.shape[1:] != slot.shape or shaped.ndim != len(slot.shape) + 1:
        wanted = ", ".join(["N", *map(str, slot.shape)])
        raise DataError(Fault(where, f"wrong shape; expected ({wanted}), got {values.shape}"))
    if len(shaped) == 0:
        raise DataError(Fault(where, "no rows; expected at least one"))
    _check_finite(raw, slot, shaped, dtype)
    if slot.kind == "integer":
        return _check_integers(raw, slot, shaped)
    return np.ascontiguousarray(shaped, dtype=np.float64)


def _with_axes(values: Array, slot: Slot) -> Array:
    flat_column = values.ndim == 1 and slot.shape == (1,)
    column_of_scalars = values.ndim == 2 and values.shape[1] == 1 and slot.shape == ()
    return values.reshape(-1, *slot.shape) if flat_column or column_of_scalars else values


def _check_finite(raw: RawData, slot: Slot, values: Array, dtype: str) -> None:
    largest = float(np.finfo(dtype).max)
    flat = values.reshape(len(values), -1)
    good = np.isfinite(flat) & (np.abs(flat) <= largest)
    if not good.all():
        row, column = map(int, np.argwhere(~good)[0])
        more = int(good.size - good.sum()) - 1
        place = f"{raw.place(slot.name, row)}{_column(raw, slot, column)}"
        rest = f" (and {more} more)" if more else ""
        message = f"not a finite number of {dtype}; got {flat[row, column]}{rest}"
        raise DataError(Fault(place, message, "Fill the gaps or remove those rows; symprop does not guess values."))


def _column(raw: RawData, slot: Slot, column: int) -> str:
    names = raw.columns.get(slot.name) or raw.target_columns.get(slot.name)
    if names:
        return f": column {quote(names[column])}"
    index = tuple(int(i) for i in np.unravel_index(column, slot.shape)) if slot.shape else ()
    return f", entry {list(index)}" if index else ""


def _check_integers(raw: RawData, slot: Slot, values: Array) -> Array:
    whole = values == np.floor(values)
    in_range = (values >= 0) & ((values < slot.classes) if slot.classes is not None else True)
    good = (whole & in_range).reshape(len(values), -1)
    if not good.all():
        row, column = map(int, np.argwhere(~good)[0])
        wanted = f"integers 0 to {slot.classes - 1}" if slot.classes is not None else "integers of at least 0"
        got = values.reshape(len(values), -1)[row, column]
        place = f"{raw.place(slot.name, row)}{_column(raw, slot, column)}"
        raise DataError(Fault(place, f"wrong index; expected {wanted}, got {got:g}"))
    return np.ascontiguousarray(values, dtype=np.int64)


def _encode(raw: RawData, slot: Slot, settings: TrainSettings, rows: int) -> tuple[Array, Encoding]:
    values = raw.targets[slot.name]
    if len(values) != rows:
        where = f"{raw.source}: {slot.name}" if raw.source else slot.name
        raise DataError(Fault(where, f"wrong number of rows; expected {rows} as the inputs have, got {len(values)}"))

    def place(row: int) -> str:
        return raw.place(slot.name, row)

    if slot.kind == "labels":
        return _encode_classes(raw, slot, values, place)
    if _is_binary(slot, values, settings.task):
        return _encode_binary(raw, slot, values, settings.binary_codes, place)
    return _check_array(raw, slot, _numbers(raw, slot, values), settings.dtype), REGRESSION


def _encode_classes(raw: RawData, slot: Slot, values: Array | list[str], place: Place) -> tuple[Array, Encoding]:
    classes, names = slot.classes or 0, raw.class_names

    def at(label: int) -> str:
        return place(label // slot.width) + (f", label {label % slot.width}" if slot.shape else "")

    if isinstance(values, np.ndarray) and values.shape[1:] == (*slot.shape, classes) and classes > 1:
        names = raw.target_columns.get(slot.name, ())
        labels = [str(index) for index in from_one_hot(values.reshape(-1, classes), at)]
    else:
        _check_label_axes(slot, values)
        labels = label_texts(values, at)
    encoding = class_encoding(labels, classes, at, names)
    encoded = encoding.encode(plain(labels, encoding), at).astype(np.int64)
    return encoded.reshape(-1, *slot.shape), encoding


def _check_label_axes(slot: Slot, values: Array | list[str]) -> None:
    shape = values.shape if isinstance(values, np.ndarray) else (len(values),)
    if shape[1:] not in (slot.shape, (1, *slot.shape), (*slot.shape, 1)):
        axes = ["N", *map(str, slot.shape)]
        one = f"({', '.join(axes)}{',' if not slot.shape else ''}) of labels"
        wanted = f"{one} or ({', '.join([*axes, str(slot.classes)])}) of one-hot rows"
        raise DataError(Fault(slot.name, f"wrong shape; expected {wanted}, got {shape}"))


def _encode_binary(
    raw: RawData, slot: Slot, values: Array | list[str], codes: tuple[float, float], place: Place
) -> tuple[Array, Encoding]:
    labels = label_texts(values, place)
    encoding = binary_encoding(labels, codes, place, raw.class_names)
    return encoding.encode(plain(labels, encoding), place).reshape(len(labels), *slot.shape), encoding


def _is_binary(slot: Slot, values: Array | list[str], task: str | None) -> bool:
    if slot.kind != "real" or slot.width != 1 or task not in (None, "binary"):
        return False
    if isinstance(values, np.ndarray) and values.size != len(values):
        return False
    return task == "binary" or _looks_binary(values)


def _looks_binary(values: Array | list[str]) -> bool:
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        return bool(np.isin(values, (0, 1)).all())
    distinct = {str(value).strip() for value in (values if isinstance(values, list) else values.reshape(-1).tolist())}
    if all(map(is_number, distinct)):
        return {float(text) for text in distinct} <= {0.0, 1.0}
    return len(distinct) == 2 and not any(map(is_number, distinct))


def _numbers(raw: RawData, slot: Slot, values: Array | list[str]) -> Array:
    if isinstance(values, np.ndarray):
        return values
    tally = Tally(raw.source)
    column = raw.target_columns[slot.name][0]
    numbers = np.zeros(len(values))
    for row, text in enumerate(values):
        parsed = parse_cell(text)
        if isinstance(parsed, float):
            numbers[row] = parsed
        else:
            tally.add(int(raw.lines[row]), column, text, parsed)
    if faults := tally.faults():
        raise DataError(faults)
    return numbers.reshape(len(values), *slot.shape)


def _renamed(slot: Slot, encoding: Encoding, raw: RawData) -> list[str]:
    numbers = tuple(f"{code:g}" for code in encoding.codes)
    known = (raw.class_names, raw.target_columns.get(slot.name))
    if encoding.names == numbers or encoding.names in known:
        return []
    shown = ", ".join(f"{quote(n)} = {c}" for n, c in list(zip(encoding.names, numbers, strict=True))[:10])
    return [f"target {slot.name!r}: labels were numbered in sorted order: {shown}"]


def check_rows(raw: RawData, module: GeneratedModule) -> Mapping[str, Array]:
    """Check rows to predict.

    Raises:
        DataError: a shape or a value does not fit the module.
    """
    return check_features(raw, input_slots(module), module.DTYPE)
