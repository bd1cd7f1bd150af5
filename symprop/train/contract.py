"""What this package expects of a generated module, and nothing more about it.

Enters: a module (or any object) with the attributes of `GeneratedModule`.  Leaves: its inputs and targets as `Slot`
values, and arrays packed the way the module takes them.  No file is read and no kernel is run here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Params = Any
"""A NamedTuple of arrays, its fields those of the module's `Params`."""


class GeneratedModule(Protocol):
    """The interface of a generated module, as far as training and prediction use it."""

    SPEC_NAME: str
    DTYPE: str
    INPUTS: dict[str, dict[str, Any]]
    TARGETS: dict[str, dict[str, Any]]
    OUTPUTS: tuple[str, ...]
    HASH: str
    VERSIONS: dict[str, str]
    Params: Any

    def init_params(self, seed: int = 0) -> Params:
        """Draw initial parameters."""
        ...

    def init_optimizer(self, params: Params) -> Any:
        """Make the optimizer's state, an opaque tuple of arrays."""
        ...

    def forward(self, params: Params, x: Any) -> Any:
        """Evaluate the outputs for rows x."""
        ...

    def loss(self, params: Params, x: Any, y: Any) -> float:
        """Evaluate the loss, penalties included."""
        ...

    def fit_chunk(
        self,
        params: Params,
        opt_state: Any,
        x: Any,
        y: Any,
        epochs: int,
        batch_size: int,
        lr: float,
        seed: int,
        shuffle: bool,
        start_epoch: int,
        total_epochs: int | None = None,
        *,
        threads: int = 1,
    ) -> tuple[Params, Any, Any]:
        """Train for `epochs` epochs numbered from `start_epoch`; gives parameters, state and a loss an epoch.

        A schedule of the rate runs over `total_epochs`, by default up to the last one of this call.
        Threads change nothing but the time it takes.
        """
        ...


@dataclass(frozen=True)
class Slot:
    """An input or a target of a module: its name, its shape without the batch axis, and what its entries are.

    Args:
        name: the tensor's name.
        shape: extents without the batch axis; of class labels () for one a row, (T,) for one a step.
        kind: "real", "integer" (0 to classes - 1 where `classes` is given) or "labels" (one of `classes`).
        classes: number of classes, or of values an integer may take.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    classes: int | None = None

    @property
    def is_label(self) -> bool:
        """True of one class label a row."""
        return self.kind == "labels" and not self.shape

    @property
    def width(self) -> int:
        """Numbers a row: the product of the extents, 1 for one class label."""
        return math.prod(self.shape)


def _slots(table: Mapping[str, Mapping[str, Any]]) -> tuple[Slot, ...]:
    return tuple(Slot(name, tuple(row["shape"]), row["kind"], row.get("classes")) for name, row in table.items())


def input_slots(module: GeneratedModule) -> tuple[Slot, ...]:
    """Feature inputs of a module, in its order."""
    return _slots(module.INPUTS)


def target_slots(module: GeneratedModule) -> tuple[Slot, ...]:
    """Targets of a module, in its order; metrics are those of the first."""
    return _slots(module.TARGETS)


def pack(arrays: Mapping[str, Array]) -> Array | dict[str, Array]:
    """One array stands for itself, several are a dictionary by name: how a module takes x and y."""
    return next(iter(arrays.values())) if len(arrays) == 1 else dict(arrays)


def first_output(module: GeneratedModule, out: Any) -> Array:
    """The first of a module's outputs, (N, ...), out of an array, a tuple or a dictionary by name."""
    if isinstance(out, Mapping):
        return np.asarray(out[module.OUTPUTS[0]])
    return np.asarray(out[0] if isinstance(out, tuple) else out)


def forward_rows(module: GeneratedModule, params: Params, features: Mapping[str, Array], chunk: int = 65536) -> Array:
    """First output for all rows, evaluated `chunk` rows at a time so that memory stays bounded."""
    rows = len(next(iter(features.values())))
    parts = [
        first_output(module, module.forward(params, pack({k: v[i : i + chunk] for k, v in features.items()})))
        for i in range(0, rows, chunk)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def copy_params(params: Params) -> Params:
    """The same parameters in arrays of their own, C-contiguous, rank kept."""
    return type(params)(*(np.array(value, order="C", copy=True) for value in params))
