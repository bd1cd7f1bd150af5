"""Loss and gradients as equations, believed only where they give the values that the functions themselves compute.

Enters: a subject, and its functions.  Leaves: a `Traced`: the truth, the claims, and why one of them is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from symprop.derivation import Derivation, derive
from symprop.errors import Fault, InputError, UndecidedError
from symprop.frontends.tracing.faults import NotTraceable
from symprop.frontends.tracing.loss import TracedLoss, loss_of
from symprop.frontends.tracing.userfile import TimeIsUp, UserFile, alarm
from symprop.language import Equation, Network, sized
from symprop.oracle import evaluate
from symprop.oracle.order import names_read
from symprop.verification.functions.reading import TracedGrads, traced_grads
from symprop.verification.functions.running import GRADS, LOSS, Runner
from symprop.verification.functions.subject import Subject
from symprop.verification.points import Array
from symprop.verification.scene import library

CLOSE, POINTS = 1e-7, (0, 1)
TRACING, DERIVING = 0.25, 0.4  # of the time there is


@dataclass(frozen=True)
class Traced:
    """What could be traced: the truth, the claims, and why one of them is missing."""

    derivation: Derivation | None
    grads: TracedGrads | None
    stopped: Fault | None
    file: UserFile | None = None


def traced_both(subject: Subject, runner: Runner, params: list[str]) -> Traced:
    """Loss and gradients as equations, with the same extents as numbers."""
    stopped: Fault | None = None
    fixed: frozenset[str] = frozenset()
    loss: TracedLoss | None = None
    if subject.network is None:
        try:
            loss = loss_equations(subject, runner, fixed)
            fixed = frozenset(loss.fixed)
        except (NotTraceable, UndecidedError) as error:
            return Traced(None, None, _fault(error))
    grads: TracedGrads | None = None
    try:
        grads = traced_grads(subject, runner, fixed)
        if loss is not None and set(grads.fixed) > fixed:
            loss = loss_equations(subject, runner, grads.fixed)
        _check_grads(subject, runner, grads)
    except (NotTraceable, UndecidedError) as error:
        grads, stopped = None, _fault(error)
    numbers = grads.fixed if grads is not None else {}
    network = loss.network(params) if loss is not None else sized(_given(subject), numbers)
    derivation = derived_in_time(network, runner.seconds * DERIVING)
    if derivation is None and subject.network is not None:
        raise UndecidedError(f"network '{network.name}': the derivation is not done in the time there is")
    if derivation is None:
        shown = "".join(f" for {name}={size}" for name, size in numbers.items())
        message = f"its equations{shown} are too large to be derived in the time there is"
        return Traced(None, None, Fault(subject.file.line(LOSS), message))
    return Traced(derivation, grads, stopped, subject.file)


def _fault(error: NotTraceable | UndecidedError) -> Fault:
    return error.fault if isinstance(error, NotTraceable) else Fault("", str(error))


def derived_in_time(network: Network, seconds: float) -> Derivation | None:
    """The derivation, None where it is not done in time."""
    try:
        with alarm(seconds):
            return derive(network, time_limit_seconds=seconds)
    except (TimeIsUp, UndecidedError):
        return None


def _given(subject: Subject) -> Network:
    assert subject.network is not None
    return subject.network


def loss_equations(subject: Subject, runner: Runner, fixed: Iterable[str], name: str = LOSS) -> TracedLoss:
    """The loss as equations that give its own values.

    Raises:
        NotTraceable: it cannot be traced.
    """
    found = loss_of(subject.file, name, subject.inputs, subject.sizes, runner.seconds * TRACING, fixed)
    for number in POINTS:
        point, given = subject.point(number)
        values = _evaluated(found.equations, point.arrays, point.sizes, subject, runner.part(TRACING))
        _check(values[found.loss], np.asarray(runner.loss(given, name)), subject, name)
    return found


def _check_grads(subject: Subject, runner: Runner, traced: TracedGrads) -> None:
    for number in POINTS:
        point, given = subject.point(number)
        arrays = dict(point.arrays)
        if subject.network is not None:
            arrays |= {n: np.asarray(v) for n, v in given.items()}
        values: dict[str, Array] = {}
        expected = runner.repeated(given).values
        if runner.fault is not None:
            raise NotTraceable(runner.fault)
        for key, stored in traced.stored.items():
            known = {**arrays, **values}
            values |= _evaluated(stored.equations, known, point.sizes, subject, runner.part(TRACING))
            _check(values[stored.tensor.name], expected[key], subject, GRADS)


def _evaluated(
    equations: Iterable[Equation],
    arrays: Mapping[str, Array],
    sizes: Mapping[str, int],
    subject: Subject,
    deadline: float,
) -> dict[str, Array]:
    chosen = list(equations)
    made = {e.target for e in chosen}
    read = {name for e in chosen for name in names_read(e)} - made
    functions = {**library(), **({} if subject.network is None else subject.network.functions)}
    try:
        known = {n: arrays[n] for n in read if n in arrays}
        return evaluate(chosen, known, sizes, functions=functions, deadline=deadline)
    except InputError as error:
        raise NotTraceable(error.faults[0]) from None


def _check(found: Array, expected: Array, subject: Subject, name: str) -> None:
    """Refuse equations that do not give what the function computes."""
    same = found.shape == expected.shape
    size = float(np.max(np.abs(expected[np.isfinite(expected)]), initial=1.0))
    if not same or not np.allclose(found, expected, rtol=CLOSE, atol=CLOSE * size, equal_nan=True):
        message = f"the equations found for {name} do not give the values that it computes"
        raise NotTraceable(Fault(subject.file.line(name), message))
