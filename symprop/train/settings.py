"""How to train: one frozen value that the command line fills from a spec, and a user from Python.

Enters: numbers, names and options.  Leaves: `TrainSettings`, checked when it is made, all faults at once.  Column names
and files are not looked at here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from symprop.errors import Fault, InputError

TASKS = ("regression", "binary", "classes")
OUTPUT_KINDS = ("values", "probabilities", "log_probabilities", "logits", "margins")


@dataclass(frozen=True)
class DataLimits:
    """Largest data that is read; whoever trusts a larger file raises the limit.

    Args:
        file_bytes: of a data file on disk.
        array_bytes: of all arrays of an npz together, unpacked.
        field_characters: of one field of a CSV file.
        line_characters: of one line of a CSV file.
    """

    file_bytes: int = 4 * 2**30
    array_bytes: int = 4 * 2**30
    field_characters: int = 131_072
    line_characters: int = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class EarlyStop:
    """Stop when `monitor` has not improved by more than `min_delta` for `patience` epochs.

    Args:
        monitor: "loss", "val_loss" or "val_" and a metric; losses and errors are to fall, other metrics to rise.
        patience: epochs without improvement, at least 1.
        min_delta: smallest change that counts, at least 0.
        restore_best: give back the parameters of the best epoch rather than those of the last.
    """

    monitor: str = "val_loss"
    patience: int = 5
    min_delta: float = 0.0
    restore_best: bool = True

    def __post_init__(self) -> None:
        _check("training.early_stop", self, _EARLY_STOP_RULES)


@dataclass(frozen=True, kw_only=True)
class TrainSettings:
    """All that training needs to know beside the module and the data.

    Args:
        lr: learning rate, above 0.
        epochs, batch_size: at least 1.
        seed: of initial parameters, of shuffling, and of the split unless `split_seed` is given.
        shuffle: draw a new order of the rows each epoch.
        threads: that share the work of a step where that pays, at least 1; results are the same bits.
        dtype: "float32" or "float64", the module's.
        task: "regression", "binary" (one number, two classes) or "classes"; None to infer it from target and data.
        output: what the first output holds for classes: "probabilities", "log_probabilities", "logits", or
            "margins" (scores without probabilities, as of a hinge loss).  Not looked at in a regression.
        binary_codes: numbers that stand for the two classes of a binary target, (0, 1) or (-1, 1).
        metrics: names of `symprop.train.metrics.METRICS`.
        standardize: subtract mean and divide by standard deviation of the training rows, by column.
        validation, test: fractions of the rows kept apart, each at least 0, together below 1.
        stratify: keep the proportions of the classes in each part of the split.
        data: path of the data, a .csv or .npz file, "-" or "sklearn:<name>".
        columns: names of the CSV columns of an input or a target; `column` is the same for a single one.
        limits: largest data that is read.
    """

    lr: float
    epochs: int = 10
    batch_size: int = 32
    seed: int = 0
    split_seed: int | None = None
    shuffle: bool = True
    threads: int = 1
    dtype: str = "float64"
    task: str | None = None
    output: str = "probabilities"
    binary_codes: tuple[float, float] = (0.0, 1.0)
    early_stop: EarlyStop | None = None
    metrics: tuple[str, ...] = ()
    standardize: bool = False
    validation: float = 0.0
    test: float = 0.0
    stratify: bool = True
    data: str | None = None
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    column: Mapping[str, str] = field(default_factory=dict)
    limits: DataLimits = field(default_factory=DataLimits)

    def __post_init__(self) -> None:
        _check("training", self, _RULES)
        if self.validation + self.test >= 1:
            got = f"{self.validation:g} + {self.test:g}"
            message = f"nothing is left to train on; expected validation + test below 1, got {got}"
            raise InputError(Fault("data.split", message))

    @property
    def seed_of_split(self) -> int:
        """The seed that draws the split."""
        return self.seed if self.split_seed is None else self.split_seed

    def as_json(self) -> dict[str, Any]:
        """Plain values for run.json; tuples become lists there."""
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> TrainSettings:
        """The inverse of `as_json` after a round trip through JSON.

        Raises:
            InputError: a value is out of its range.
            TypeError: a field is missing or unknown.
        """
        values = dict(record)
        stop = values["early_stop"]
        values["early_stop"] = None if stop is None else EarlyStop(**stop)
        values["limits"] = DataLimits(**values["limits"])
        for name in ("metrics", "binary_codes"):
            values[name] = tuple(values[name])
        values["columns"] = {name: tuple(columns) for name, columns in values["columns"].items()}
        return cls(**values)


Rule = tuple[str, Callable[[Any], bool], str]


def _integer(least: int) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= least


def _number(least: float, open_below: bool = False, below: float = math.inf) -> Callable[[Any], bool]:
    def holds(v: Any) -> bool:
        if isinstance(v, bool) or not isinstance(v, (int, float)) or not math.isfinite(v):
            return False
        return (v > least if open_below else v >= least) and v < below

    return holds


def _flag(v: Any) -> bool:
    return isinstance(v, bool)


def _one_of(*names: str | None) -> Callable[[Any], bool]:
    return lambda v: v in names


def _check(where: str, value: Any, rules: tuple[Rule, ...]) -> None:
    faults = [
        Fault(f"{where}.{name}", f"wrong value; expected {wanted}, got {getattr(value, name)!r}")
        for name, holds, wanted in rules
        if not holds(getattr(value, name))
    ]
    if faults:
        raise InputError(faults)


_EARLY_STOP_RULES: tuple[Rule, ...] = (
    ("monitor", lambda v: isinstance(v, str) and v != "", "a name such as val_loss"),
    ("patience", _integer(1), "an integer of at least 1"),
    ("min_delta", _number(0), "a number of at least 0"),
    ("restore_best", _flag, "true or false"),
)
_RULES: tuple[Rule, ...] = (
    ("lr", _number(0, open_below=True), "a number above 0"),
    ("epochs", _integer(1), "an integer of at least 1"),
    ("batch_size", _integer(1), "an integer of at least 1"),
    ("seed", _integer(0), "an integer of at least 0"),
    ("split_seed", lambda v: v is None or _integer(0)(v), "an integer of at least 0"),
    ("shuffle", _flag, "true or false"),
    ("threads", _integer(1), "an integer of at least 1"),
    ("dtype", _one_of("float32", "float64"), "float32 or float64"),
    ("task", _one_of(None, *TASKS), "regression, binary or classes"),
    ("output", _one_of(*OUTPUT_KINDS), ", ".join(OUTPUT_KINDS[:-1]) + " or " + OUTPUT_KINDS[-1]),
    ("binary_codes", lambda v: v in ((0.0, 1.0), (-1.0, 1.0)), "(0, 1) or (-1, 1)"),
    ("standardize", _flag, "true or false"),
    ("validation", _number(0, below=1), "a fraction of at least 0 and below 1"),
    ("test", _number(0, below=1), "a fraction of at least 0 and below 1"),
    ("stratify", _flag, "true or false"),
)
