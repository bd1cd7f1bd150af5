"""What functions are claimed about: their own loss, or a network; and arrays to run them on.

Enters: a file, with a network or without.  Leaves: `Subject` values, which give the inputs and points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from symprop.errors import ClaimError, Fault
from symprop.frontends.tracing.inputs import Inputs, drawn_again, drawn_sizes, inputs_of
from symprop.frontends.tracing.loss import sizes_for
from symprop.frontends.tracing.run import labels_of
from symprop.frontends.tracing.userfile import UserFile
from symprop.language import Network, sized
from symprop.oracle import evaluate
from symprop.verification.conventions import Convention, views_of
from symprop.verification.functions.running import LOSS, Gradients, Runner
from symprop.verification.functions.varied import varied
from symprop.verification.points import Point, draw_at
from symprop.verification.points import given as given_tensors
from symprop.verification.views import Views

ATTEMPTS, PREFIX = 3, "d"


@dataclass(frozen=True)
class Subject:
    """What is claimed, and where it can be looked at.

    Args:
        file: with the functions.
        inputs: what they are given.
        network: whose tensors they are given, or None where the file has a loss of its own.
        whole: the same for any number of examples.
        views: how the functions write the tensors of the network.
        sizes: numbers for the names of extents with which the functions run.
        gradients: what `grads` returned there.
        changed: inputs that a function changed there.
    """

    file: UserFile
    inputs: Inputs
    network: Network | None
    whole: Network | None
    views: Views
    sizes: Mapping[str, int]
    gradients: Gradients
    changed: tuple[str, ...]

    def point(self, number: int, sizes: Mapping[str, int] | None = None) -> tuple[Point, dict[str, Any]]:
        """A point, and the arrays that the functions are given there."""
        inputs = self.inputs
        if len(inputs.draws) <= number and inputs.draws:
            inputs = replace(inputs, draws=(drawn_again(self.file, inputs, number),))
        return point_of(inputs, self.network, self.views, sizes or self.sizes, number)


def subject_of(file: UserFile, network: Network | None, runner: Runner, convention: Convention) -> Subject:
    """What a file claims; its functions have run once.

    Raises:
        ClaimError: the file is at fault.
    """
    file.function("grads")
    if network is None:
        file.function(LOSS)
    elif file.has(LOSS):
        message = "there are a loss and a network; expected one of them"
        raise ClaimError(Fault(file.name, message, "Leave out --net, or the function loss."))
    about = _About(inputs_of(file, runner.seconds)) if network is None else _about(network, convention)

    def run(given: Mapping[str, Any]) -> tuple[Gradients, tuple[str, ...]]:
        changed = () if network is not None else _finite_loss(runner, given, LOSS)[1]
        return runner.repeated(given), changed

    return _tried(file, about, run)


@dataclass(frozen=True)
class _About:
    """What functions are given; of a network, as a convention says."""

    inputs: Inputs
    network: Network | None = None
    whole: Network | None = None
    views: Views = field(default_factory=lambda: Views({}))


def _about(network: Network, convention: Convention) -> _About:
    views = views_of(convention, network, PREFIX).at(convention.sizes)
    sizes = sized(network, convention.sizes)
    return _About(Inputs(views.written(sizes), {}, frozenset()), sizes, network, views)


def _tried(
    file: UserFile, about: _About, run: Callable[[Mapping[str, Any]], tuple[Gradients, tuple[str, ...]]]
) -> Subject:
    """The subject at the first sizes with which its functions run.

    Raises:
        ClaimError: there are none; the fault is that of the first sizes.
    """
    first: ClaimError | None = None
    inputs, network, views = about.inputs, about.network, about.views
    for attempt in range(1 if inputs.sizes else ATTEMPTS):
        sizes = sizes_for(file, inputs, attempt)
        try:
            gradients, changed = run(point_of(inputs, network, views, sizes, 0)[1])
        except ClaimError as error:
            first = first or error
            continue
        both = tuple(dict.fromkeys(changed + gradients.changed))
        return Subject(file, inputs, network, about.whole, views, sizes, gradients, both)
    assert first is not None
    raise first


def loss_subject(file: UserFile, name: str, runner: Runner) -> Subject:
    """A loss alone; it has run once.

    Raises:
        ClaimError: the file is at fault.
    """
    file.function(name)

    def run(given: Mapping[str, Any]) -> tuple[Gradients, tuple[str, ...]]:
        first, second = _finite_loss(runner, given, name)[0], runner.loss(given, name)
        if first != second:
            message = f"{name} returns {first:.6g} and then {second:.6g} for the same inputs; expected one value"
            raise ClaimError(Fault(file.line(name), message, "Draw random numbers in inputs(rng)."))
        return Gradients({}, ()), ()

    return _tried(file, _About(inputs_of(file, runner.seconds).held()), run)


def _finite_loss(runner: Runner, given: Mapping[str, Any], name: str) -> tuple[float, tuple[str, ...]]:
    """The loss, and what it changes.

    Raises:
        ClaimError: it is no finite number.
    """
    found, changed = runner.evaluated(given, name)
    if not np.isfinite(found):
        message = f"{name} is {found} for random inputs; expected a finite number"
        hint = 'Say what values the inputs have: draw them in inputs(rng), or give "low" and "top" in INPUTS.'
        raise ClaimError(Fault(runner.file.line(name), message, hint))
    return found, changed


def point_of(
    inputs: Inputs, network: Network | None, views: Views, sizes: Mapping[str, int], number: int
) -> tuple[Point, dict[str, Any]]:
    """A point of given sizes, and the arrays that functions are given there."""
    if inputs.draws:
        return _drawn(inputs, number)
    if network is not None:
        point = varied(draw_at(network, sizes, number), given_tensors(network), number)
        values = evaluate(network, point.arrays, sizes, float)
        arrays = {**point.arrays, **values}
        return point, {name: _plain(views[name].shown(array, sizes)) for name, array in arrays.items()}
    tensors = {labels_of(t).name if n in inputs.one_hot else n: t for n, t in inputs.tensors.items()}
    declared = {k: labels_of(t) if k != t.name else t for k, t in tensors.items()}
    point = varied(draw_at(Network("", declared, ()), sizes, number), declared.values(), number)
    given = {n: point.arrays[labels_of(t).name if n in inputs.one_hot else n] for n, t in inputs.tensors.items()}
    widths = {n: inputs.tensors[n].axes[-1].value(sizes) for n in inputs.one_hot}
    rows = {n: (given[n][..., None] == np.arange(width)).astype(float) for n, width in widths.items()}
    return point, {**{n: _plain(v) for n, v in {**given, **rows}.items()}, **inputs.constants}


def _drawn(inputs: Inputs, number: int) -> tuple[Point, dict[str, Any]]:
    draw = inputs.draws[number % len(inputs.draws)]
    arrays = {
        labels_of(t).name if n in inputs.one_hot else n: draw[n].argmax(-1) if n in inputs.one_hot else draw[n]
        for n, t in inputs.tensors.items()
    }
    given = {**{n: _plain(draw[n]) for n in inputs.tensors}, **inputs.constants}
    return Point(drawn_sizes(inputs, draw), arrays), given


def _plain(array: Any) -> Any:
    """A number for an array without axes, as the traced code sees it."""
    return array[()] if array.ndim == 0 else array
