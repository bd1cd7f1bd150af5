"""A function of the user's as equations.

Enters: a file, the name of a function, and what its arguments are.  Leaves: arrays with the equations they need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from symprop.errors import ClaimError
from symprop.frontends.arrays import Array
from symprop.frontends.naming import named
from symprop.frontends.tracing.array import TracedArray
from symprop.frontends.tracing.facade import facade
from symprop.frontends.tracing.faults import NotTraceable, unswallowed
from symprop.frontends.tracing.inputs import Inputs
from symprop.frontends.tracing.memory import Memory
from symprop.frontends.tracing.trace import Trace
from symprop.frontends.tracing.userfile import UserFile, arguments_of, call, load
from symprop.language import Domain, Equation, Gather, Index, Position, Tensor
from symprop.language import expressions as ex

Label = Callable[[str], str]
LABELS = "labels_of_"


@dataclass(frozen=True)
class Stored:
    """A value that a function returned.

    Args:
        tensor: what it is stored under.
        equations: of the value, after those of what it needs; the last one is its own.
    """

    tensor: Tensor
    equations: tuple[Equation, ...]


class Run:
    """A run of one function.

    Args:
        file: where it stands.
        name: of the function.
        inputs: what it may be given.
        label: a new name for a value, from the one it has in the code.
        reads: tensors that are not of `inputs`, by the name the code has for them.
        functions: further elementwise functions with their number of arguments.
    """

    def __init__(
        self,
        file: UserFile,
        name: str,
        inputs: Inputs,
        label: Label,
        reads: Mapping[str, Tensor] | None = None,
        functions: Mapping[str, int] | None = None,
    ) -> None:
        self.file, self.name, self.inputs, self.label = file, name, inputs, label
        tensors = {**inputs.tensors, **(reads or {})}
        declared = [labels_of(t) if n in inputs.one_hot else t for n, t in tensors.items()]
        self.trace = Trace(declared, lambda own, count: label(own), functions)
        self.given = {n: self._traced(t, n in inputs.one_hot) for n, t in tensors.items()}

    def _traced(self, tensor: Tensor, is_one_hot: bool) -> Any:
        bench = self.trace.bench
        array = _one_hot(self.trace, tensor) if is_one_hot else bench.read(tensor)
        return TracedArray(self.trace, Memory(array, True, not array.axes))

    def result(self, seconds: float = 60.0) -> Any:
        """What the function returns.

        Raises:
            NotTraceable: it cannot be traced.
            NeedsNumbers: it can, if some extents are numbers.
        """
        # a module of its own, so that what the code keeps between calls is of this run alone
        file = load(self.file.path, seconds)
        arguments = arguments_of(file, self.name, {**self.inputs.constants, **self.given})
        try:
            with unswallowed(), facade(self.trace, file.module):
                return call(file, self.name, arguments, seconds)
        except ClaimError as error:
            raise NotTraceable(error.faults[0]) from None

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the inputs that the function changed."""
        return tuple(n for n, t in self.given.items() if t.cell.root.version)

    def stored(self, value: Any, label: str) -> Stored:
        """A returned value with its equations, under a label."""
        array = value.tracer.run(value.cell.read) if isinstance(value, TracedArray) else self.trace.array(value)
        before = self.trace.bench.taken()
        left, body = named(array.axes, array.body)
        own = Equation(label, tuple(map(Position.of, left)), body)
        return Stored(Tensor(label, array.shape), (*map(lettered, before), own))


def _one_hot(trace: Trace, tensor: Tensor) -> Array:
    """[labels[n] == c]."""
    axes = [trace.bench.new(axis) for axis in tensor.axes]
    label = Gather(labels_of(tensor).name, [Position.of(axis) for axis in axes[:-1]])
    return Array(tuple(axes), ex.guard(Domain.equal(Position.of(label), Position.of(axes[-1])), ex.ONE))


def labels_of(tensor: Tensor) -> Tensor:
    """The labels that one-hot rows are of."""
    return Tensor(LABELS + tensor.name, tensor.axes[:-1], "integer", role="input", high=tensor.axes[-1])


def lettered(equation: Equation) -> Equation:
    """An equation with letters for its indices, where its left side has plain ones."""
    left = [position.index for position in equation.indices]
    if any(index is None for index in left):
        return equation
    kept = [index for index in left if isinstance(index, Index)]
    letters, body = named(tuple(kept), equation.body)
    return Equation(equation.target, tuple(map(Position.of, letters)), body)
