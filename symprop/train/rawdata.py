"""Data as they were found, before they are checked against a network: from CSV, npz, a package, or arrays in memory.

Enters: a path or arrays, and the inputs and targets of a network.  Leaves: `RawData`, arrays by name with the place of
each row.  Shapes, labels and NaN are checked in data.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

import numpy as np

from symprop.errors import DataError, Fault
from symprop.train.bundled import PREFIX, open_bundled
from symprop.train.columns import Choice, choose_columns, match_columns, merge_names
from symprop.train.contract import Array, Slot
from symprop.train.csvfile import Table, TableData, open_csv
from symprop.train.npzfile import read_npz
from symprop.train.settings import DataLimits, TrainSettings


@dataclass(frozen=True)
class RawData:
    """Unchecked data.

    Args:
        source: path for messages, empty for arrays in memory.
        features: array of each input.
        targets: array or list of label texts of each target; empty for rows to predict.
        columns: names of the columns of each input, where there are names.
        target_columns: the same of each target.
        lines: (N,) line of each row in its file, or empty.
        class_names: names that the data bring along for the classes 0, 1, ...
        unused: names of columns that were not asked for.
    """

    source: str
    features: dict[str, Array]
    targets: dict[str, Array | list[str]]
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    target_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lines: Array = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    class_names: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def place(self, name: str, row: int) -> str:
        """Where a row stands: `file:line`, or the array and the row counted from 0."""
        if len(self.lines):
            return f"{self.source}:{self.lines[row]}"
        return f"{self.source}: {name}, row {row}" if self.source else f"{name}, row {row}"


def read_training(path: str, inputs: Sequence[Slot], targets: Sequence[Slot], settings: TrainSettings) -> RawData:
    """Read features and targets from a path: .csv, .npz, "-" or "sklearn:<name>".

    Raises:
        DataError, MachineError: as csvfile.py, npzfile.py, bundled.py and columns.py say.
    """
    if _suffix(path) == ".npz":
        return _from_npz(path, inputs, [slot.name for slot in targets], settings.limits)
    named = merge_names(settings.columns, settings.column)
    with open_table(path, settings.limits) as table:
        choice = choose_columns(table.source, table.header, inputs, targets, named)
        return _from_table(table, choice, inputs, targets, settings.task)


def read_rows(path: str, inputs: Sequence[Slot], columns: Mapping[str, tuple[str, ...]], limits: DataLimits) -> RawData:
    """Read rows to predict: columns are matched by the names recorded in training; targets may be absent.

    Raises:
        DataError: a column of the training data is missing.
    """
    if _suffix(path) == ".npz":
        return _from_npz(path, inputs, [], limits)
    with open_table(path, limits) as table:
        if not columns:
            choice = choose_columns(table.source, table.header, inputs, [], {})
            return _from_table(table, choice, inputs, [], None)
        unused = match_columns(table.source, table.header, columns)
        return _from_table(table, Choice(dict(columns), {}), inputs, [], None, tuple(unused))


@contextmanager
def open_table(path: str, limits: DataLimits) -> Iterator[Table]:
    """Open whatever has a header: a CSV file, standard input, a data set of a package."""
    if path.startswith(PREFIX):
        yield open_bundled(path)
        return
    with open_csv(path, limits) as table:
        yield table


def from_arrays(x: Any, y: Any, inputs: Sequence[Slot], targets: Sequence[Slot]) -> RawData:
    """Take arrays in memory: one array, or a dictionary by name where there are several.  y is None for rows to
    predict.

    Raises:
        DataError: an array is missing, has a name that is not known, or has masked entries.
    """
    features = {name: _whole_array(name, v) for name, v in _by_name(x, inputs, "x").items()}
    labels = {} if y is None else {name: _whole_array(name, v) for name, v in _by_name(y, targets, "y").items()}
    return RawData("", features, dict(labels))


def _whole_array(name: str, value: Any) -> Array:
    if np.ma.is_masked(value):
        raise DataError(Fault(name, "a masked array; expected numbers at all places", "Fill it first."))
    return np.asarray(value)


def _by_name(value: Any, slots: Sequence[Slot], role: str) -> Mapping[str, Any]:
    names = [slot.name for slot in slots]
    if not isinstance(value, Mapping):
        if len(slots) > 1:
            message = f"one array; expected a dictionary of arrays by name, {', '.join(names)}"
            raise DataError(Fault(role, message))
        return {names[0]: value}
    if set(value) != set(names):
        got = ", ".join(sorted(map(str, value))) or "none"
        raise DataError(Fault(role, f"wrong names of arrays; expected {', '.join(names)}, got {got}"))
    return {name: value[name] for name in names}


def _suffix(path: str) -> str:
    if path == "-" or path.startswith(PREFIX):
        return ""
    suffix = PurePath(path).suffix.lower()
    if suffix not in (".csv", ".npz"):
        message = (
            f"unknown kind of data; expected a .csv or .npz file, - or {PREFIX}<name>, got {suffix or 'no suffix'}"
        )
        raise DataError(Fault(path, message, "Save it as CSV with a header, or with numpy.savez."))
    return suffix


def _from_npz(path: str, inputs: Sequence[Slot], targets: Sequence[str], limits: DataLimits) -> RawData:
    names = [slot.name for slot in inputs]
    arrays = read_npz(path, [*names, *targets], limits)
    return RawData(path, {name: arrays[name] for name in names}, {name: arrays[name] for name in targets})


def _from_table(
    table: Table,
    choice: Choice,
    inputs: Sequence[Slot],
    targets: Sequence[Slot],
    task: str | None,
    unused: tuple[str, ...] = (),
) -> RawData:
    as_text = [slot for slot in targets if _is_label_column(slot, len(choice.targets[slot.name]), task)]
    as_numbers = [slot for slot in targets if slot not in as_text]
    wanted = [(slot, choice.inputs[slot.name]) for slot in inputs]
    wanted += [(slot, choice.targets[slot.name]) for slot in as_numbers]
    label_names = {slot.name: choice.targets[slot.name][0] for slot in as_text}
    data = table.read([name for _, names in wanted for name in names], list(label_names.values()))
    arrays = dict(_cut(data, wanted))
    labels: dict[str, Array | list[str]] = {name: data.texts[column] for name, column in label_names.items()}
    labels |= {slot.name: arrays[slot.name] for slot in as_numbers}
    return RawData(
        table.source,
        {slot.name: arrays[slot.name] for slot in inputs},
        {slot.name: labels[slot.name] for slot in targets},
        choice.inputs,
        choice.targets,
        data.lines,
        table.class_names,
        unused,
    )


def _is_label_column(slot: Slot, columns: int, task: str | None) -> bool:
    return columns == 1 and (slot.is_label or (slot.kind == "real" and task in (None, "binary")))


def _cut(data: TableData, wanted: Sequence[tuple[Slot, tuple[str, ...]]]) -> Iterator[tuple[str, Array]]:
    start = 0
    for slot, names in wanted:
        block = data.numbers[:, start : start + len(names)]
        start += len(names)
        yield slot.name, block if slot.is_label else block.reshape(len(block), *slot.shape)
