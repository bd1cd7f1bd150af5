"""How long the kernels of a network take on this machine.

Enters: a module and its network.  Leaves: seconds of a first call, of one forward pass, of one value with its
gradients, and of a step of training within an epoch; each the smallest of several rounds, since what disturbs a run
makes it longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np

from symprop.language import Network
from symprop.network.layout import laid_out
from symprop.randomarrays import Array, drawn, packed

ROUNDS, ROUND_SECONDS, MOST_STEPS, MOST_BYTES = 5, 0.1, 1000, 2**28


@dataclass(frozen=True)
class Measured:
    """Seconds.

    Args:
        first: of the first call of the gradients, compiling included; what is cached is read from the cache.
        forward: of one call of `forward`.
        gradient: of one call of `value_and_grad`.
        step: of a step within `fit`, the optimizer included; None of a module that does not train.
    """

    first: float
    forward: float
    gradient: float
    step: float | None


def measured(network: Network, module: ModuleType, batch: int, seed: int = 0) -> Measured:
    """Time a module on random rows.

    Args:
        network: whose inputs and targets are drawn.
        module: generated from it.
        batch: rows of a batch.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    tensors = laid_out(network, "rows").of_role("input", "target")
    row_bytes = sum(drawn(tensor, 1, rng).nbytes for tensor in tensors)
    steps = max(1, min(MOST_STEPS, MOST_BYTES // max(1, row_bytes * batch)))
    arrays = {t.name: _typed(drawn(t, batch, rng), str(module.DTYPE)) for t in tensors}
    x, y = (packed(table, arrays) for table in (module.INPUTS, module.TARGETS))
    params = module.init_params(seed=seed)
    first = _once(lambda: module.value_and_grad(params, x, y))
    forward = _best(lambda: module.forward(params, x))
    gradient = _best(lambda: module.value_and_grad(params, x, y))
    if not hasattr(module, "fit"):
        return Measured(first, forward, gradient, None)
    many = {name: np.concatenate([array] * steps) for name, array in arrays.items()}
    xs, ys = (packed(table, many) for table in (module.INPUTS, module.TARGETS))
    epoch = _best(lambda: module.fit(params, xs, ys, epochs=1, batch_size=batch, lr=0.0, shuffle=False))
    return Measured(first, forward, gradient, epoch / steps)


def _typed(array: Array, dtype: str) -> Array:
    return np.ascontiguousarray(array, dtype=dtype if array.dtype.kind == "f" else np.int64)


def _once(call: Callable[[], Any]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


def _best(call: Callable[[], Any]) -> float:
    """Seconds of one call, the smallest of the means of several rounds."""
    calls = max(1, int(ROUND_SECONDS / max(1e-9, min(_once(call), _once(call)))))

    def round_() -> None:
        for _ in range(calls):
            call()

    return min(_once(round_) for _ in range(ROUNDS)) / calls
