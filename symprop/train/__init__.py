"""Training a generated module on data, keeping what came out, and predicting with it.

Enters: a generated module, `TrainSettings`, data.  Leaves: a `Run`, a run folder, predictions.  NumPy and the module do
the work; no mathematics is derived here, and SymPy is never imported.
"""

from symprop.train.contract import GeneratedModule, Slot
from symprop.train.data import Dataset, data_from_arrays, load_data
from symprop.train.history import EpochReport, History
from symprop.train.labels import Encoding
from symprop.train.loop import split_dataset, train
from symprop.train.metrics import METRICS
from symprop.train.model import DataWarning, Model
from symprop.train.predict import Prediction, predict
from symprop.train.runs import StoredRun, bind_run, load_run, read_run, save_run
from symprop.train.settings import DataLimits, EarlyStop, TrainSettings
from symprop.train.split import Split, folds, split_rows
from symprop.train.trained import Run

__all__ = [
    "METRICS",
    "DataLimits",
    "DataWarning",
    "Dataset",
    "EarlyStop",
    "Encoding",
    "EpochReport",
    "GeneratedModule",
    "History",
    "Model",
    "Prediction",
    "Run",
    "Slot",
    "Split",
    "StoredRun",
    "TrainSettings",
    "bind_run",
    "data_from_arrays",
    "folds",
    "load_data",
    "load_run",
    "predict",
    "read_run",
    "save_run",
    "split_dataset",
    "split_rows",
    "train",
]
