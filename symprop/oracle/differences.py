"""Derivatives without calculus: one entry is moved, everything is evaluated again.

Enters: equations, arrays and, for a comparison, adjoints that someone claims.  Leaves: derivatives by complex step or
by differences, and norms of how far claims are from them.  Nothing here knows how an adjoint is derived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from symprop.derivation.values import Derivation
from symprop.errors import Fault, InputError
from symprop.language import Equation, Function, Network, Tensor
from symprop.oracle.arithmetic import Array
from symprop.oracle.evaluate import evaluate
from symprop.oracle.inputs import integer_names
from symprop.oracle.order import downstream, equations_of, upstream

Floats = npt.NDArray[np.float64]
# A scalar as a function of how far one entry is moved, by a step of any kind of number.
Moved = Callable[[Any], Any]

COMPLEX_STEP = 1e-30
TINY = 1e-300


@dataclass(frozen=True)
class Agreement:
    """How far an adjoint is from the derivative.

    Args:
        tensor: name of the tensor differentiated by.
        form: which of its equations was evaluated, "equation" or "exact", or "given" for an array.
        error: `relative_error` of the adjoint.
        scale: Euclidean norm of the derivative; where it is 0, any check by this derivative is empty.
    """

    tensor: str
    form: str
    error: float
    scale: float


def relative_error(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """|a - b|_2 / |b|_2, inf for different shapes and for NaN, and 0 for two zeros."""
    left, right = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if left.shape != right.shape:
        return float("inf")
    distance = float(np.linalg.norm((left - right).ravel()))
    error = distance / max(float(np.linalg.norm(right.ravel())), TINY)
    return float("inf") if np.isnan(error) else error


def gradient(
    network: Network,
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    wrt: Iterable[str],
    method: str = "complex",
) -> dict[str, Floats]:
    """dL/dx for every entry of the tensors in `wrt`; of a computed tensor, with all that reads it following.

    Args:
        network: equations with a loss.
        arrays: values of the tensors that are not computed.
        sizes: integers for the named extents.
        wrt: names of real tensors, given or computed.
        method: "complex" for a complex step, right to rounding; "central" for (L(x+h) - L(x-h))/2h, to about 1e-9;
            "extrapolated" for central differences at four steps by Richardson, to about 1e-11; "decimal" for central
            differences in 60 digits, right to rounding and free of complex numbers, but slow.

    Raises:
        InputError: as `evaluate`, or a tensor is unknown or an integer one.
    """
    one = {network.loss: np.ones(())}
    return vjp(network, arrays, sizes, one, wrt, method)


def vjp(
    source: Network | Iterable[Equation],
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    cotangents: Mapping[str, npt.ArrayLike],
    wrt: Iterable[str],
    method: str = "complex",
    *,
    functions: Mapping[str, Function] | None = None,
    tensors: Mapping[str, Tensor] | None = None,
) -> dict[str, Floats]:
    """The derivative of sum(cotangent * y) over the outputs y named in `cotangents`; otherwise as `gradient`."""
    if method not in _METHODS:
        raise ValueError(f"method {method!r}; expected one of {', '.join(_METHODS)}")
    declared = {**(source.tensors if isinstance(source, Network) else {}), **(tensors or {})}
    known = {**(source.functions if isinstance(source, Network) else {}), **(functions or {})}
    equations = upstream(equations_of(source), cotangents)
    problem = _Problem(tuple(equations), dict(arrays), sizes, known, declared, dict(cotangents))
    return {name: problem.derivative(name, _METHODS[method]) for name in wrt}


def vjp_check(
    source: Network | Iterable[Equation],
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    cotangents: Mapping[str, npt.ArrayLike],
    adjoints: Mapping[str, npt.ArrayLike],
    method: str = "complex",
    *,
    functions: Mapping[str, Function] | None = None,
) -> tuple[Agreement, ...]:
    """How far claimed adjoints, by name of the tensor, are from `vjp`."""
    truth = vjp(source, arrays, sizes, cotangents, adjoints, method, functions=functions)
    return tuple(_agreement(name, "given", value, truth[name]) for name, value in adjoints.items())


def compare(
    derivation: Derivation,
    arrays: Mapping[str, npt.ArrayLike],
    sizes: Mapping[str, int],
    wrt: Iterable[str] | None = None,
    method: str = "complex",
) -> tuple[Agreement, ...]:
    """How far both equations of every adjoint of a derivation are from differences, in the order of the derivation.

    Args:
        derivation: its forward equations are differentiated numerically, its adjoint equations evaluated.
        arrays: values of the tensors that are not computed.
        sizes: integers for the named extents.
        wrt: names of the tensors to compare, all adjoints by default.
        method: as in `gradient`.
    """
    network = derivation.network
    wanted = [a.tensor for a in derivation.adjoints] if wrt is None else list(wrt)
    truth = gradient(network, arrays, sizes, wanted, method)
    forward = {**arrays, **evaluate(network, arrays, sizes)}
    rows = []
    for form in ("equation", "exact"):
        equations = [getattr(a, form) for a in derivation.adjoints]
        values = evaluate(equations, forward, sizes, functions=network.functions, tensors=network.tensors)
        rows += [_agreement(name, form, values["d" + name], truth[name]) for name in wanted]
    return tuple(sorted(rows, key=lambda row: wanted.index(row.tensor)))


def _agreement(tensor: str, form: str, value: npt.ArrayLike, truth: Floats) -> Agreement:
    return Agreement(tensor, form, relative_error(value, truth), float(np.linalg.norm(truth.ravel())))


@dataclass(frozen=True)
class _Problem:
    """A scalar, sum(cotangent * y), as a function of its tensors."""

    equations: tuple[Equation, ...]
    arrays: Mapping[str, npt.ArrayLike]
    sizes: Mapping[str, int]
    functions: Mapping[str, Function]
    tensors: Mapping[str, Tensor]
    cotangents: Mapping[str, npt.ArrayLike]

    def derivative(self, name: str, method: Callable[[Moved, float], float]) -> Floats:
        """The derivative by every entry of one tensor."""
        values = self._evaluate(self.equations, self.arrays, {}, float)
        start = {**values, **self.arrays}.get(name)
        if start is None:
            raise InputError(Fault(name, "no tensor of this name is read by what is differentiated"))
        if name in integer_names(self.equations, self.tensors):
            raise InputError(Fault(name, "is an integer tensor; expected a real one to differentiate by"))
        here = np.asarray(start, dtype=float)
        affected = downstream(self.equations, name)
        rest = {**{k: v for k, v in values.items() if k not in affected}, **self.arrays}
        again = [e for e in self.equations if e.target in affected]
        out = np.zeros(here.shape)
        for entry in np.ndindex(here.shape):
            out[entry] = method(self._moved(again, rest, name, here, entry), float(here[entry]))
        return out

    def _moved(
        self, equations: list[Equation], rest: dict[str, Any], name: str, here: Floats, entry: tuple[int, ...]
    ) -> Moved:
        """The scalar as a function of a step of one entry; a tensor of a recurrence is moved when it is computed."""
        recurrent = any(e.target == name for e in equations)

        def scalar(step: Any) -> Any:
            dtype = complex if isinstance(step, complex) else float if isinstance(step, float) else object
            shift = np.zeros(here.shape, dtype=dtype)
            shift[entry] = step
            given = rest if recurrent else {**rest, name: here + shift}
            values = {**given, **self._evaluate(equations, given, {name: shift} if recurrent else {}, dtype)}
            return sum(np.sum(np.asarray(values[y]) * weight) for y, weight in self.cotangents.items())

        return scalar

    def _evaluate(
        self, equations: Iterable[Equation], arrays: Mapping[str, Any], shifts: Mapping[str, Array], dtype: Any
    ) -> dict[str, Array]:
        known = {"functions": self.functions, "tensors": self.tensors, "shifts": shifts}
        return evaluate(equations, arrays, self.sizes, dtype, **known)  # type: ignore[arg-type]


def _complex(f: Moved, at: float) -> float:
    return float(np.imag(f(COMPLEX_STEP * 1j)) / COMPLEX_STEP)


def _difference(f: Moved, step: float) -> float:
    return float((f(step) - f(-step)) / (2 * step))


def _central(f: Moved, at: float) -> float:
    return _difference(f, 6e-6 * max(1.0, abs(at)))


def _extrapolated(f: Moved, at: float) -> float:
    """Central differences at h, h/2, h/4, h/8; each round of Richardson removes one even power of h."""
    column = [_difference(f, 0.02 * max(1.0, abs(at)) / 2**k) for k in range(4)]
    for power in (4, 16, 64):
        column = [(power * fine - coarse) / (power - 1) for coarse, fine in pairwise(column)]
    return column[0]


def _decimal(f: Moved, at: float) -> float:
    import mpmath

    with mpmath.workdps(60):
        step = mpmath.mpf(10) ** -20
        return float((f(step) - f(-step)) / (2 * step))


_METHODS: Mapping[str, Callable[[Moved, float], float]] = {
    "complex": _complex,
    "central": _central,
    "extrapolated": _extrapolated,
    "decimal": _decimal,
}
