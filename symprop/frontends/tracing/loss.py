"""A loss of the user's as a network.

Enters: a file, and the name of a function.  Leaves: tensors and equations, for all extents where the code never needs
one as a number.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from symprop.errors import ClaimError, Fault, FormulaError
from symprop.frontends.tracing.faults import NeedsNumbers, NotTraceable
from symprop.frontends.tracing.inputs import Inputs, inputs_of
from symprop.frontends.tracing.run import Run, Stored, labels_of
from symprop.frontends.tracing.userfile import UserFile, load
from symprop.language import Equation, Network, Tensor
from symprop.library import functions_used

Found = TypeVar("Found")
LOSS = "L"


@dataclass(frozen=True)
class TracedLoss:
    """A loss as equations.

    Args:
        name: of the file.
        tensors: what is given, by name, of role "input".
        equations: in the order they can be evaluated; the last one defines the loss.
        loss: name of the loss.
        fixed: the extents that the code needed as numbers; empty where the equations hold for all extents.
    """

    name: str
    tensors: Mapping[str, Tensor]
    equations: tuple[Equation, ...]
    loss: str
    fixed: Mapping[str, int]

    def network(self, params: Iterable[str]) -> Network:
        """The network whose gradients are wanted by some of the tensors."""
        learnt = set(params)
        # what is learnt may be any number, whatever the draws were
        given = {n: replace(t, role="param", values=None) if n in learnt else t for n, t in self.tensors.items()}
        made = {e.target: _made(e, e.target == self.loss) for e in self.equations}
        functions = {k: f for e in self.equations for k, f in functions_used(e.body).items()}
        return Network(self.name, {**given, **made}, self.equations, self.loss, functions)


def _made(equation: Equation, is_loss: bool) -> Tensor:
    from symprop.language import defined

    return replace(defined(equation), role="loss" if is_loss else "intermediate")


def traced_loss(path: str | os.PathLike[str], function_name: str = "loss", seconds: float = 60.0) -> TracedLoss:
    """The loss that a function of a Python file computes; its inputs are those that the file declares.

    Args:
        path: of the file.
        function_name: the function that returns the loss, one number.
        seconds: the user's code may run so long.

    Raises:
        ClaimError: the file is at fault.
        FormulaError: the function does what cannot be traced; the message names the line.
        UndecidedError: it does not end.
    """
    file = load(path, seconds)
    inputs = inputs_of(file, seconds).held()
    try:
        return loss_of(file, function_name, inputs, sizes_for(file, inputs), seconds)
    except NotTraceable as error:
        raise FormulaError(error.fault) from None


def loss_of(
    file: UserFile,
    name: str,
    inputs: Inputs,
    sizes: Mapping[str, int],
    seconds: float = 60.0,
    fixed: Iterable[str] = (),
) -> TracedLoss:
    """The loss of a loaded file, with the names of some extents `fixed` from the beginning.

    Raises:
        NotTraceable: it cannot be traced.
    """

    def attempt(given: Inputs) -> TracedLoss:
        run = Run(file, name, given, Labels(given, LOSS))
        found = run.result(seconds)
        stored = scalar_of(run, file, name, found)
        tensors = {n: labels_of(t) if n in given.one_hot else t for n, t in given.tensors.items()}
        tensors = {t.name: t for t in tensors.values()}
        return TracedLoss(Path(file.name).stem, tensors, stored.equations, LOSS, {})

    found, numbers = generalised(inputs, sizes, attempt, fixed)
    return replace(found, fixed=numbers)


def scalar_of(run: Run, file: UserFile, name: str, value: object) -> Stored:
    """A returned loss; of a loss with what it was computed from, the first."""
    first = value[0] if isinstance(value, tuple) and value else value
    if first is None or isinstance(first, str | dict):
        message = f"{name} returns {type(first).__name__}; expected one number"
        raise ClaimError(Fault(file.line(name), message))
    stored = run.stored(first, LOSS)
    if any(axis.constant != 1 for axis in stored.tensor.axes):
        shape = ", ".join(map(str, stored.tensor.axes))
        raise ClaimError(Fault(file.line(name), f"{name} returns an array of shape ({shape}); expected one number"))
    own = stored.equations[-1]
    return Stored(replace(stored.tensor, axes=()), (*stored.equations[:-1], replace(own, indices=())))


class Labels:
    """New names for the values of a loss, those of the user's variables where they are free.

    Args:
        inputs: what is given.
        loss: name of the loss.
    """

    def __init__(self, inputs: Inputs, loss: str) -> None:
        self.taken = {*set(inputs.tensors) - inputs.one_hot, *inputs.extents, loss, "N", "pi"}
        self.taken |= {labels_of(inputs.tensors[n]).name for n in inputs.one_hot}
        self._counts = dict[str, int]()

    def __call__(self, own: str) -> str:
        """A name like another one."""
        count = self._counts.get(own, 1)
        found = own if count == 1 else f"{own}_{count}"
        while self._clashes(found):
            count += 1
            found = f"{own}_{count}"
        self.taken.add(found)
        self._counts[own] = count
        return found

    def _clashes(self, name: str) -> bool:
        """True of a name that is taken, or is that of an adjoint."""
        return name in self.taken or f"d{name}" in self.taken or (name[:1] == "d" and name[1:] in self.taken)


def generalised(
    inputs: Inputs, sizes: Mapping[str, int], attempt: Callable[[Inputs], Found], fixed: Iterable[str] = ()
) -> tuple[Found, dict[str, int]]:
    """What an attempt gives with as few extents as numbers as it needs, and these numbers.

    Raises:
        NotTraceable: it fails with all of them.
    """
    numbers = {name: sizes[name] for name in fixed}
    first: NotTraceable | None = None
    while True:
        try:
            return attempt(inputs.fixed(numbers)), numbers
        except NeedsNumbers as error:
            numbers |= {name: sizes[name] for name in error.names}
        except NotTraceable as error:
            first = first or error
            if set(numbers) >= set(inputs.extents):
                raise first from None
            numbers |= {name: sizes[name] for name in inputs.extents}


def sizes_for(file: UserFile, inputs: Inputs, attempt: int = 0) -> dict[str, int]:
    """Small numbers for the names of extents, different from one another and from all that the file mentions."""
    if inputs.sizes:
        return dict(inputs.sizes)
    axes = [axis.constant for t in inputs.tensors.values() for axis in t.axes]
    taken = {*file.integers, *axes}
    free = [k for k in (ORDINARY, EVEN, ALL)[attempt] if attempt == 2 or k not in taken]
    return dict(zip(inputs.extents, free, strict=False))


ORDINARY = (3, 5, 4, 2, 7, 6, 11, 9, 13, 8, *range(14, 60))
EVEN = (4, 6, 8, 12, 10, 16, 14, 18, *range(20, 60, 2))
ALL = tuple(range(2, 40))
