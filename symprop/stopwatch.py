"""How long the kernels of a network take on this machine.

Enters: a module and its network.  Leaves: seconds of a first call, of one forward pass, of one value with its
gradients, of a step of training within an epoch, and of every stage; each the smallest of several rounds, since what
disturbs a run makes it longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from types import ModuleType
from typing import Any

import numpy as np

from symprop.language import Network
from symprop.network.layout import laid_out
from symprop.randomarrays import Array, drawn, packed

SECONDS, ROUND_SECONDS, ROUNDS = 0.3, 0.003, 3
"""Of all rounds, of one, which is short so that some round is not disturbed, and how many there are at least."""
EPOCH_SECONDS, MOST_STEPS, MOST_BYTES = 0.02, 1000, 2**28
STAGE_SECONDS, STAGE_ROUNDS, MOST_REPEATS = 0.001, 20, 10**7


@dataclass(frozen=True)
class Measured:
    """Seconds.

    Args:
        first: of the first call of the gradients, compiling included; what is cached is read from the cache.
        forward: of one call of `forward`.
        gradient: of one call of `value_and_grad`.
        step: of a step within `fit`, the optimizer included; None of a module that does not train.
        stages: of each stage of a step, the optimizer's at the end.
        bytes: not seconds, but the size of all arrays of a step.
    """

    first: float
    forward: float
    gradient: float
    step: float | None
    stages: tuple[float, ...]
    bytes: int


def measured(network: Network, module: ModuleType, batch: int, seed: int = 0) -> Measured:
    """Time a module on random rows.

    Args:
        network: whose inputs and targets are drawn.
        module: generated from it, with the kernel that repeats a stage.
        batch: rows of a batch.
        seed: of what is drawn.
    """
    rng = np.random.default_rng(seed)
    tensors = laid_out(network, "rows").of_role("input", "target")
    arrays = {t.name: _typed(drawn(t, batch, rng), str(module.DTYPE)) for t in tensors}
    x, y = (packed(table, arrays) for table in (module.INPUTS, module.TARGETS))
    params = module.init_params(seed=seed)
    first = _once(lambda: module.value_and_grad(params, x, y))
    forward = _best(lambda: module.forward(params, x))
    gradient = _best(lambda: module.value_and_grad(params, x, y))
    theta = np.concatenate([np.ravel(value) for value in params]).astype(module.DTYPE)
    given = module.timed_arguments(theta, *(arrays[name] for name in (*module.INPUTS, *module.TARGETS)))
    stages, size = _stages(module, given), sum(array.nbytes for array in given)
    if not hasattr(module, "fit"):
        return Measured(first, forward, gradient, None, stages, size)
    size_of_batch = max(1, sum(array.nbytes for array in arrays.values()))
    steps = max(1, min(MOST_STEPS, MOST_BYTES // size_of_batch, int(EPOCH_SECONDS / gradient)))
    many = {name: np.concatenate([array] * steps) for name, array in arrays.items()}
    xs, ys = (packed(table, many) for table in (module.INPUTS, module.TARGETS))
    epoch = _best(lambda: module.fit(params, xs, ys, epochs=1, batch_size=batch, lr=0.0, shuffle=False))
    return Measured(first, forward, gradient, epoch / steps, stages, size)


def _stages(module: ModuleType, given: Any) -> tuple[float, ...]:
    """Seconds of each stage, when all have been run once."""
    module.timed_kernel(*given, -1, 1)
    return tuple(_repeated(partial(module.timed_kernel, *given, k)) for k in range(module.TIMED_STAGES))


def _repeated(run: Callable[[int], Any]) -> float:
    """Seconds of one of the repeats of a stage."""
    repeats = 1
    while (elapsed := _once(partial(run, repeats))) < STAGE_SECONDS and repeats < MOST_REPEATS:
        repeats = min(MOST_REPEATS, repeats * max(2, int(STAGE_SECONDS / elapsed)))
    rounds = max(1, min(STAGE_ROUNDS, int(SECONDS / elapsed)))
    return min(_once(partial(run, repeats)) for _ in range(rounds)) / repeats


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

    rounds = max(ROUNDS, int(SECONDS / max(ROUND_SECONDS, _once(round_))))
    return min(_once(round_) for _ in range(rounds)) / calls
