"""What happened in each epoch: arrays, and the same as CSV text and back.

Enters: reports of epochs.  Leaves: a `History`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from symprop.train.contract import Array


@dataclass(frozen=True)
class EpochReport:
    """One epoch.

    Args:
        epoch: counted from 1.
        epochs: how many there will be if training is not stopped.
        loss: sample-weighted mean of the losses before each update, penalties included.
        val_loss: loss over the validation rows after the epoch; None without them.
        metrics: metrics over the validation rows after the epoch, by name.
        seconds: duration of training and validating it.
        best: whether it is the best so far by what is monitored; False where nothing is.
    """

    epoch: int
    epochs: int
    loss: float
    val_loss: float | None
    metrics: dict[str, float]
    seconds: float
    best: bool = False


@dataclass(frozen=True)
class History:
    """Arrays with an entry an epoch, all of one length.

    Args:
        loss, val_loss, seconds: as in `EpochReport`; val_loss is empty without validation rows.
        metrics: by name, over the validation rows; empty without them.
    """

    loss: Array
    val_loss: Array
    metrics: dict[str, Array]
    seconds: Array

    @property
    def epochs(self) -> int:
        """Number of epochs that were trained."""
        return len(self.loss)

    @classmethod
    def of(cls, reports: Sequence[EpochReport]) -> History:
        """Gather reports."""
        names = list(reports[0].metrics) if reports else []
        return cls(
            np.array([report.loss for report in reports], dtype=np.float64),
            np.array([report.val_loss for report in reports if report.val_loss is not None], dtype=np.float64),
            {name: np.array([report.metrics[name] for report in reports], dtype=np.float64) for name in names},
            np.array([report.seconds for report in reports], dtype=np.float64),
        )

    def columns(self) -> dict[str, Array]:
        """The arrays by the names they have in history.csv: loss, val_loss, val_<metric>, seconds."""
        validation = {"val_loss": self.val_loss} if len(self.val_loss) else {}
        metrics = {f"val_{name}": values for name, values in self.metrics.items()}
        return {"loss": self.loss, **validation, **metrics, "seconds": self.seconds}

    def to_csv(self) -> str:
        """CSV text with a header, numbers in the shortest form that reads back the same."""
        table = self.columns()
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["epoch", *table])
        for epoch in range(self.epochs):
            writer.writerow([epoch + 1, *(repr(float(values[epoch])) for values in table.values())])
        return out.getvalue()

    @classmethod
    def from_csv(cls, text: str) -> History:
        """The inverse of `to_csv`.

        Raises:
            ValueError: another text.
        """
        header, *rows = list(csv.reader(io.StringIO(text))) or [[]]
        if header[:2] != ["epoch", "loss"] or header[-1] != "seconds" or any(len(r) != len(header) for r in rows):
            raise ValueError("not a history")
        table = {name: np.array([float(row[i]) for row in rows]) for i, name in enumerate(header)}
        if table["epoch"].tolist() != [float(i + 1) for i in range(len(rows))]:
            raise ValueError("epochs are not 1, 2, ...")
        metrics = {name.removeprefix("val_"): table[name] for name in header[2:-1] if name != "val_loss"}
        return cls(table["loss"], table.get("val_loss", np.empty(0)), metrics, table["seconds"])

    def summary(self) -> dict[str, float | int | None]:
        """First and last losses, the least validation loss, and how long it took."""
        least = float(self.val_loss.min()) if len(self.val_loss) else math.nan
        return {
            "epochs": self.epochs,
            "first_loss": float(self.loss[0]) if self.epochs else None,
            "last_loss": float(self.loss[-1]) if self.epochs else None,
            "least_val_loss": None if math.isnan(least) else least,
            "seconds": float(self.seconds.sum()),
        }
