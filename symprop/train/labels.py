"""Class labels: integers from 0, any other labels by name, one-hot rows; and the two classes of a binary target.

Enters: the labels of all rows, as text or as numbers.  Leaves: the numbers a module takes, and an `Encoding` that turns
class indices back into names.  Which rows are used for training is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symprop.errors import DataError, Fault
from symprop.train.cells import NUMBER, is_missing, quote
from symprop.train.contract import Array

_WHOLE = re.compile(r"([+-]?\d+)(\.0*)?", re.ASCII)
Place = Callable[[int], str]
"""Where a row stands, for messages: `file:line`, or `y, row 3`."""


@dataclass(frozen=True)
class Encoding:
    """What the numbers of a target mean.

    Args:
        task: "regression", "binary" or "classes".
        names: class names by class index; empty in a regression.
        codes: the number that stands for each class in the module's target; empty in a regression.
    """

    task: str
    names: tuple[str, ...] = ()
    codes: tuple[float, ...] = ()

    def indices(self, target: Array) -> Array:
        """Class index of each label of an encoded target, (N,) int64; of labels a step (N*T,), step by step."""
        return np.searchsorted(np.asarray(self.codes), np.asarray(target).reshape(-1)).astype(np.int64)

    def encode(self, labels: Sequence[str], place: Place) -> Array:
        """Numbers of labels whose names are known, (N,) float64.

        Raises:
            DataError: a label that is none of the names.
        """
        known = {name: code for name, code in zip(self.names, self.codes, strict=True)}
        for row, label in enumerate(labels):
            if label not in known:
                shown = ", ".join(map(quote, self.names[:10]))
                raise DataError(Fault(place(row), f"label {quote(label)} is not a class; expected one of {shown}"))
        return np.array([known[label] for label in labels], dtype=np.float64)


REGRESSION = Encoding("regression")


def label_texts(values: Sequence[str] | Array, place: Place) -> list[str]:
    """Labels in one spelling: without spaces, whole numbers without a fraction (`3.0` is `3`).

    Raises:
        DataError: a missing label.
    """
    items = values if not isinstance(values, np.ndarray) else values.reshape(-1).tolist()
    texts = [_spell(item) for item in items]
    gaps = [row for row, text in enumerate(texts) if is_missing(text)]
    if gaps:
        more = f" (and {len(gaps) - 1} more)" if len(gaps) > 1 else ""
        message = f"missing label; expected a class, got {quote(texts[gaps[0]])}{more}"
        raise DataError(Fault(place(gaps[0]), message, "Fill it in or remove the row."))
    return texts


def class_encoding(labels: Sequence[str], classes: int, place: Place, names: Sequence[str] = ()) -> Encoding:
    """Encoding of `classes` classes: integers 0 to classes - 1 as they are, other labels in sorted order.

    Args:
        names: names of the classes 0, 1, ... where the data bring them along.

    Raises:
        DataError: an integer out of range, or another number of distinct labels than classes.
    """
    codes = tuple(map(float, range(classes)))
    numbers = tuple(map(str, range(classes)))
    distinct = sorted(set(labels), key=_order)
    if set(distinct) <= set(numbers):
        return Encoding("classes", tuple(names) if len(names) == classes else numbers, codes)
    if len(distinct) == classes:
        return Encoding("classes", tuple(distinct), codes)
    raise _not_classes(labels, distinct, classes, place)


def binary_encoding(
    labels: Sequence[str], codes: tuple[float, float], place: Place, names: Sequence[str] = ()
) -> Encoding:
    """Encoding of two classes by the numbers `codes`: those numbers as they are, other labels in sorted order.

    Raises:
        DataError: not two distinct labels.
    """
    numbers = tuple(f"{code:g}" for code in codes)
    distinct = sorted(set(labels), key=_order)
    if set(distinct) <= set(numbers):
        return Encoding("binary", tuple(names) if len(names) == 2 else numbers, codes)
    if len(distinct) == 2:
        return Encoding("binary", tuple(distinct), codes)
    shown = ", ".join(map(quote, distinct[:5])) + (", ..." if len(distinct) > 5 else "")
    message = f"a binary target has two labels; expected {numbers[0]} and {numbers[1]}, got {len(distinct)}: {shown}"
    raise DataError(Fault(place(_first_odd(labels, numbers)), message, "Check the target column and the loss."))


def plain(labels: Sequence[str], encoding: Encoding) -> list[str]:
    """Labels by the names of an encoding, where data give the codes of classes that have names of their own."""
    numbers = {f"{code:g}": name for code, name in zip(encoding.codes, encoding.names, strict=True)}
    return [label if label in encoding.names else numbers.get(label, label) for label in labels]


def from_one_hot(rows: Array, place: Place) -> Array:
    """Class indices of one-hot rows (N, C), as numbers (N,).

    Raises:
        DataError: a row that is not one 1 among zeros.
    """
    good = ((rows == 0) | (rows == 1)).all(axis=1) & (rows.sum(axis=1) == 1)
    if not good.all():
        row = int(np.argmin(good))
        message = f"not a one-hot row; expected one 1 among zeros, got {np.array2string(rows[row], threshold=8)}"
        raise DataError(Fault(place(row), message, "Give integer labels, or a target of real numbers."))
    return np.asarray(rows.argmax(axis=1))


def is_number(text: str) -> bool:
    """Whether a label is a number, which makes a target that has others too a regression."""
    return NUMBER.fullmatch(text.strip()) is not None


def _spell(item: object) -> str:
    text = item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item)
    if isinstance(item, bool):
        return str(int(item))
    whole = _WHOLE.fullmatch(text.strip())
    return str(int(whole[1])) if whole and len(text) < 300 else text.strip()


def _order(label: str) -> tuple[int, float, str]:
    return (0, float(label), label) if is_number(label) else (1, 0.0, label)


def _first_odd(labels: Sequence[str], expected: Sequence[str]) -> int:
    return next(row for row, label in enumerate(labels) if label not in expected)


def _not_classes(labels: Sequence[str], distinct: Sequence[str], classes: int, place: Place) -> DataError:
    if all(_WHOLE.fullmatch(label) for label in distinct):
        row = _first_odd(labels, [str(code) for code in range(classes)])
        message = f"label {labels[row]} is out of range; expected integers 0 to {classes - 1}"
        return DataError(Fault(place(row), message, f"Change `classes: {classes}` or the data."))
    shown = ", ".join(map(quote, distinct[:5])) + (", ..." if len(distinct) > 5 else "")
    message = f"wrong number of distinct labels; expected {classes} classes, got {len(distinct)}: {shown}"
    row = next(row for row, label in enumerate(labels) if not _WHOLE.fullmatch(label))
    return DataError(Fault(place(row), message, f"Set `classes: {len(distinct)}`, or check the column of the target."))
