"""A network with its training in one object, for use from Python.

Enters: a generated module and `TrainSettings`.  Leaves: a fitted `Model` with its history, predictions and folder.  All
work is done in the other files.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from symprop.errors import DataError, Fault, InputError
from symprop.train.contract import GeneratedModule, Params
from symprop.train.data import data_from_arrays, load_data
from symprop.train.history import EpochReport, History
from symprop.train.loop import train
from symprop.train.predict import Prediction, predict
from symprop.train.runs import load_run, save_run
from symprop.train.settings import TrainSettings
from symprop.train.trained import Run


class DataWarning(UserWarning):
    """A sentence about the data that does not stop training: constant columns, inputs far from standardised."""


class Model:
    """A network that can be trained, asked, saved and loaded.

    Args:
        module: the generated module.
        settings: how to train; single settings can be changed in `fit`.
        spec_text: the spec it comes from, which is kept with a saved run.
    """

    def __init__(self, module: GeneratedModule, settings: TrainSettings, spec_text: str = "") -> None:
        self.module = module
        self.settings = settings
        self.spec_text = spec_text
        self._run: Run | None = None

    def fit(
        self,
        x: Any,
        y: Any = None,
        *,
        params: Params | None = None,
        on_epoch: Callable[[EpochReport], None] | None = None,
        **changes: Any,
    ) -> Self:
        """Train anew on arrays, or on a path (.csv, .npz, "sklearn:<name>") without y.

        Args:
            x: (N, ...) features, a dictionary of them by input, or a path.
            y: targets: (N,) labels, (N, C) one-hot rows, (N, ...) numbers, or a dictionary by target.
            params: parameters to start from, by default drawn from the seed.
            on_epoch: called after every epoch.
            changes: fields of `TrainSettings` for this and later calls, such as epochs=20.

        Raises:
            DataError, InputError, NumericError: as `symprop.train.train` says.
        """
        self.settings = replace(self.settings, **changes)
        if isinstance(x, (str, os.PathLike)):
            if y is not None:
                raise DataError(Fault("y", "given beside a path; the target is read from the file", "Leave y out."))
            data = load_data(self.module, self.settings, os.fspath(x))
        else:
            data = data_from_arrays(self.module, self.settings, x, y)
        self._run = train(
            self.module,
            self.settings,
            data,
            params=params,
            spec_text=self.spec_text,
            on_epoch=on_epoch,
            on_notice=_warn,
        )
        return self

    @property
    def run(self) -> Run:
        """All that training gave.

        Raises:
            InputError: the model is not trained.
        """
        if self._run is None:
            raise InputError(Fault("model", "not trained yet", "Call fit, or Model.load."))
        return self._run

    @property
    def params(self) -> Params:
        """Trained parameters, the module's `Params`."""
        return self.run.params

    @property
    def history(self) -> History:
        """Arrays with an entry an epoch: loss, val_loss, metrics, seconds."""
        return self.run.history

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Loss and metrics by part of the split."""
        return self.run.metrics

    def predict(self, x: Any) -> Prediction:
        """Predict rows of an array, a dictionary of arrays by input, or a path."""
        return predict(self.run, x)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Save as a run folder; see `symprop.train.save_run`."""
        return save_run(self.run, path, force=force)

    @classmethod
    def load(cls, path: str | os.PathLike[str], module: GeneratedModule) -> Self:
        """Load a run folder for the module it was trained with; see `symprop.train.load_run`."""
        run = load_run(path, module)
        model = cls(module, run.settings, run.spec_text)
        model._run = run
        return model


def _warn(notice: str) -> None:
    warnings.warn(notice, DataWarning, stacklevel=2)
