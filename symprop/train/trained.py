"""A trained model with all that prediction needs, as one frozen value.

Enters: what training made, or what a run folder holds.  Leaves: a `Run`.
"""

from __future__ import annotations

import inspect
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from types import ModuleType
from typing import Any

from symprop.train.contract import GeneratedModule, Params
from symprop.train.history import History
from symprop.train.labels import Encoding
from symprop.train.settings import TrainSettings
from symprop.train.standardise import Moments


@dataclass(frozen=True)
class Run:
    """A trained model.

    Args:
        module: the generated module.
        params: trained parameters, the module's `Params`.
        settings: as trained with.
        history: an entry an epoch.
        metrics: by part of the split ("train", "validation", "test"), then by name, "loss" included.
        encodings: meaning of each target's numbers.
        standardisation: moments by input; empty where inputs are taken as they are.
        columns, target_columns: column names of each input and target, where the data had names.
        split_counts, split_sha256: rows of each part, and a fingerprint of which rows they are.
        stopped: "epochs", "early_stop" or "interrupted".
        kept_epoch: the epoch whose parameters these are, counted from 1.
        notices: sentences for the user.
        spec_text: the spec it was trained from, empty if there was none.
        module_source: source of the generated module.
        versions: of python, numpy, numba and symprop.
    """

    module: GeneratedModule
    params: Params
    settings: TrainSettings
    history: History
    metrics: dict[str, dict[str, float]]
    encodings: dict[str, Encoding]
    standardisation: Mapping[str, Moments]
    columns: dict[str, tuple[str, ...]]
    target_columns: dict[str, tuple[str, ...]]
    split_counts: dict[str, int]
    split_sha256: str
    stopped: str
    kept_epoch: int
    notices: tuple[str, ...] = ()
    spec_text: str = ""
    module_source: str = ""
    versions: dict[str, str] = field(default_factory=dict)


def source_of(module: Any) -> str:
    """Source text of a module, empty where it has none."""
    if not isinstance(module, ModuleType):
        return ""
    try:
        return inspect.getsource(module)
    except OSError:
        return ""


def current_versions() -> dict[str, str]:
    """Versions of what a result depends on; "absent" for a package that is not installed.  Imports none of them."""
    return {"python": platform.python_version(), **{name: _version(name) for name in ("numpy", "numba", "symprop")}}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return str(getattr(sys.modules.get(name), "__version__", "absent"))
