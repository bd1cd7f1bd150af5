"""Generated kernels against derivatives that nobody derived: complex step and central differences of the equations.

Enters: a network.  Leaves: for every parameter how far each module's gradient is from both, relative to its norm.  The
equations are evaluated by the slow evaluator of `symprop.oracle`, which shares no code with the kernels.

A gradient g of more entries than `MOST` is probed: at entries drawn at random, and along a random direction v of
entries +-1/sqrt(n), for which the derivative is sum(g*v); a wrong entry anywhere moves the latter.

The gradient is that of a step of training.  Of a network with states their next values are compared as well, and where
predicting differs from training, so are the outputs and the loss outside training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.derivation.normalise import normalise
from symprop.language import Equation, Network
from symprop.network.layout import laid_out, turned_axes
from symprop.oracle import evaluate, relative_error
from symprop.randomarrays import drawn, moved, packed, shape_of

Array = npt.NDArray[Any]
Generator = np.random.Generator

MOST = 16
"""Entries of a tensor that are moved one at a time."""
TOLERANCE = {"float32": 5e-5, "float64": 1e-10}
"""Largest relative distance to a complex step, in the norm of what was probed."""
COMPLEX_STEP = 1e-30
CENTRAL_STEP = 6e-6
ZERO = 1e-12
"""A derivative that is smaller than this beside the largest of all is rounding: a gradient that is 0 identically."""
CENTRAL_TOLERANCE = 1e-6
"""Truncation of central differences; their rounding, which grows with the loss, is added."""


@dataclass(frozen=True)
class Row:
    """One tensor of one module.

    Args:
        tensor: name of the parameter, "L" for the value of the loss; a state for its next value, or an output.
        backend, dtype: of the module.
        probes: derivatives that were compared.
        complex_step: relative distance to the complex step (of "L": to the evaluated loss).
        central: relative distance to central differences; None of "L".
        scale: norm of the derivatives; where it is 0 distances are relative to the largest one of all tensors.
        tolerance, central_tolerance: what is allowed.
        mode: "training" or "predicting".
    """

    tensor: str
    backend: str
    dtype: str
    probes: int
    complex_step: float
    central: float | None
    scale: float
    tolerance: float
    central_tolerance: float
    mode: str = "training"

    @property
    def agrees(self) -> bool:
        """Whether it is within both bounds."""
        near = self.central is None or self.central <= self.central_tolerance
        return self.complex_step <= self.tolerance and near


@dataclass(frozen=True)
class Report:
    """All rows of a check, and what they were computed with."""

    network: str
    seed: int
    batch: int
    rows: tuple[Row, ...]

    @property
    def ok(self) -> bool:
        """Whether every row agrees."""
        return all(row.agrees for row in self.rows)


def check_kernels(network: Network, modules: Mapping[str, ModuleType], seed: int = 0, batch: int = 5) -> Report:
    """Compare modules of one network at random parameters, inputs and targets.

    Args:
        network: its forward equations are evaluated, in its own layout; the arrays of a module are rows.
        modules: generated modules by the name of their backend.
        seed: of everything that is drawn.
        batch: rows, at least 1.
    """
    own, network = normalise(network), laid_out(network, "rows")  # derivatives in formulas are equations first
    rng = np.random.default_rng(seed)
    # numbers that float32 holds, so that every module and the evaluator see the same ones
    arrays = {tensor.name: drawn(tensor, batch, rng) for tensor in network.of_role("input", "target")}
    first = next(iter(modules.values()))
    arrays |= {name: moved(value, rng) for name, value in first.init_params(seed=seed)._asdict().items()}
    masks = {t.name: np.full(shape_of(t, batch), float(t.at_rest)) for t in network.of_role("sample")}
    truth = _Truth(own, {**arrays, **masks}, {"N": batch})
    probes = {name: _probes(arrays[name], rng) for name in (t.name for t in network.params)}
    slopes = {name: _Slopes.of(truth, name, found) for name, found in probes.items()}
    rows = [row for backend, module in modules.items() for row in _rows(backend, module, truth, arrays, probes, slopes)]
    return Report(network.name, seed, batch, tuple(rows))


@dataclass(frozen=True)
class _Truth:
    """The loss as a function of its tensors, whose arrays are rows whatever the layout of the network."""

    network: Network
    arrays: Mapping[str, Array]
    sizes: Mapping[str, int]

    def loss(self, dtype: Any = float, **moved: Array) -> Any:
        return self._values(self.network.equations, {**self.arrays, **moved}, dtype)[self.network.loss].item()

    def predictions(self) -> dict[str, Array]:
        """All values outside training."""
        return self._values(self.network.predicting, self.arrays)

    def updated(self) -> dict[str, Array]:
        """The states after a step; one without an update keeps its value."""
        updates = [replace(e, target=f"{e.target} after") for e in self.network.updates]
        new = self._values([*self.network.equations, *updates], self.arrays)
        return {t.name: new.get(f"{t.name} after", self.arrays[t.name]) for t in self.network.of_role("state")}

    def _values(self, equations: Iterable[Equation], arrays: Mapping[str, Array], dtype: Any = float) -> dict[str, Any]:
        network = self.network
        columns = [] if network.layout == "rows" else network.tensors.values()
        back = {tensor.name: turned_axes(tensor, network.layout) for tensor in columns}
        given = {n: np.transpose(array, np.argsort(back[n])) if n in back else array for n, array in arrays.items()}
        found = evaluate(equations, given, self.sizes, dtype, functions=network.functions, tensors=network.tensors)
        return {n: np.transpose(array, back[n]) if n in back else array for n, array in found.items()}


@dataclass(frozen=True)
class _Slopes:
    """Derivatives along the probes of a tensor, by both methods, and the rounding of the second."""

    complex_step: Array
    central: Array
    rounding: float

    @classmethod
    def of(cls, truth: _Truth, name: str, probes: Array) -> _Slopes:
        at = np.asarray(truth.arrays[name], dtype=float)

        def complex_step(v: Array) -> float:
            return float(np.imag(truth.loss(complex, **{name: at + COMPLEX_STEP * 1j * v})) / COMPLEX_STEP)

        def central(v: Array) -> float:
            ahead, behind = (truth.loss(**{name: at + step * v}) for step in (CENTRAL_STEP, -CENTRAL_STEP))
            return float((ahead - behind) / (2 * CENTRAL_STEP))

        rounding = 16 * np.finfo(float).eps * abs(truth.loss()) / CENTRAL_STEP * np.sqrt(len(probes))
        return cls(_along(complex_step, probes), _along(central, probes), float(rounding))


def _along(slope: Callable[[Array], float], probes: Array) -> Array:
    return np.array([slope(v) for v in probes])


def _rows(
    backend: str,
    module: ModuleType,
    truth: _Truth,
    arrays: Mapping[str, Array],
    probes: Mapping[str, Array],
    slopes: Mapping[str, _Slopes],
) -> Iterator[Row]:
    dtype = str(module.DTYPE)
    bound = TOLERANCE[dtype]
    params = module.Params(*(arrays[name].astype(dtype) for name in module.Params._fields))
    value, grads = module.value_and_grad(params, packed(module.INPUTS, arrays), packed(module.TARGETS, arrays))
    loss = truth.loss()
    yield Row("L", backend, dtype, 1, relative_error(value, loss), None, abs(loss), bound, 0.0)
    largest = max((float(np.linalg.norm(found.complex_step)) for found in slopes.values()), default=0.0)
    for name, found in slopes.items():
        gradient = np.asarray(getattr(grads, name), dtype=float)
        given = np.array([float(np.sum(gradient * v)) for v in probes[name]])
        scale = float(np.linalg.norm(found.complex_step))
        if scale <= ZERO * largest and largest:
            error = float(np.linalg.norm(given)) / largest
            yield Row(name, backend, dtype, len(given), error, None, 0.0, bound, 0.0)
            continue
        central_bound = bound + CENTRAL_TOLERANCE + (found.rounding / scale if scale else np.inf)
        errors = relative_error(given, found.complex_step), relative_error(given, found.central)
        # differences of a constant are rounding alone
        central = errors[1] if scale else None
        yield Row(name, backend, dtype, len(given), errors[0], central, scale, bound, central_bound)
    yield from _states(backend, module, params, truth)
    if truth.network.inference:
        yield from _predictions(backend, module, params, truth)


def _states(backend: str, module: ModuleType, params: Any, truth: _Truth) -> Iterator[Row]:
    """The states after one step over all rows, in which no parameter moves."""
    if not module.STATE:
        return
    x, y = (packed(table, truth.arrays) for table in (module.INPUTS, module.TARGETS))
    after, _ = module.fit(params, x, y, epochs=1, batch_size=truth.sizes["N"], lr=0.0)
    for name, expected in truth.updated().items():
        yield _value(name, backend, module, getattr(after, name), expected, "training")


def _predictions(backend: str, module: ModuleType, params: Any, truth: _Truth) -> Iterator[Row]:
    """Loss and outputs outside training."""
    x, y = (packed(table, truth.arrays) for table in (module.INPUTS, module.TARGETS))
    values = truth.predictions()
    yield _value("L", backend, module, module.loss(params, x, y), values[truth.network.loss], "predicting")
    outputs = module.forward(params, x)
    for name in module.OUTPUTS:
        found = outputs[name] if isinstance(outputs, dict) else outputs
        yield _value(name, backend, module, found, values[name], "predicting")


def _value(tensor: str, backend: str, module: ModuleType, found: Any, expected: Array, mode: str) -> Row:
    dtype = str(module.DTYPE)
    scale, count = float(np.linalg.norm(expected)), int(np.size(expected))
    return Row(
        tensor, backend, dtype, count, relative_error(found, expected), None, scale, TOLERANCE[dtype], 0.0, mode
    )


def _probes(value: Array, rng: Generator) -> Array:
    """Directions in the space of a tensor: single entries, and of a large one a random direction of length 1."""
    size = value.size
    chosen = np.arange(size) if size <= MOST else np.sort(rng.choice(size, MOST, replace=False))
    single = np.zeros((len(chosen), size))
    single[np.arange(len(chosen)), chosen] = 1.0
    if size > MOST:
        single = np.vstack([single, rng.choice([-1.0, 1.0], (1, size)) / np.sqrt(size)])
    return single.reshape(-1, *value.shape)
