"""What a network does besides its forward pass: the next values of its states, and how it differs when predicting.

Enters: the `updates` and `inference` equations of a network.  Leaves: nothing, or an error; and the equations that hold
outside training.  A state is a given of a step: it is read as it was before the step, and nothing is differentiated
through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from symprop.errors import Fault, FormulaError
from symprop.language.expressions import Reduce, tensors_read, walk

if TYPE_CHECKING:
    from symprop.language.equations import Equation, Network
    from symprop.language.extents import Extent


def check_modes(network: Network) -> None:
    """Refuse updates and inference equations that have no meaning.

    Raises:
        FormulaError: a target is no state, or not computed; a left side has other axes; a target is given twice; a
            tensor is not known, or is computed later than it is read.
    """
    faults = [*_update_faults(network), *_inference_faults(network)]
    if faults:
        raise FormulaError(faults)


def predicting(network: Network) -> tuple[Equation, ...]:
    """The forward equations with those of `inference` in the place of the ones they replace."""
    chosen = {e.target: e for e in network.inference}
    return tuple(chosen.get(e.target, e) for e in network.equations)


def _update_faults(network: Network) -> Iterator[Fault]:
    yield from _twice(network.updates, "update")
    for equation in network.updates:
        where, tensor = _where(equation, "update"), network.tensors.get(equation.target)
        if tensor is None or tensor.role != "state":
            known = ", ".join(t.name for t in network.of_role("state")) or "none"
            yield Fault(where, f"{equation.target} is no state; the states are: {known}")
        else:
            yield from _common(network, equation, where, tensor.axes)
    defined = {e.target for e in network.equations}
    for tensor in network.of_role("state"):
        if tensor.name in defined:
            message = f"state {tensor.name} is computed by an equation; expected it to be given"
            yield Fault(f"equation '{tensor.name}'", message, "Write it as an update.")


def _inference_faults(network: Network) -> Iterator[Fault]:
    yield from _twice(network.inference, "inference")
    places = {e.target: k for k, e in enumerate(network.equations)}
    for equation in network.inference:
        where, place = _where(equation, "inference"), places.get(equation.target)
        if place is None or equation.target not in network.tensors:
            yield Fault(where, f"{equation.target} is not computed by a forward equation that it could replace")
            continue
        yield from _common(network, equation, where, network.tensors[equation.target].axes)
        late = [n for n in tensors_read(equation.body) if places.get(n, -1) >= place]
        if late:
            yield Fault(where, f"it reads {late[0]}, which is not computed before {equation.target}")


def _common(network: Network, equation: Equation, where: str, axes: tuple[Extent, ...]) -> Iterator[Fault]:
    own = tuple(p.index.extent if p.index else None for p in equation.indices)
    if own != axes or equation.domain:
        shown = ", ".join(map(str, axes))
        yield Fault(where, f"{equation.target} has axes ({shown}); expected one plain index for each, over all of it")
    unknown = [n for n in tensors_read(equation.body) if n not in network.tensors]
    if unknown:
        yield Fault(where, f"unknown tensor {unknown[0]}")
    if any(isinstance(node, Reduce) and node.op != "sum" for node in walk(equation.body)):
        yield Fault(where, "it holds a maximum over an index", "Give that an equation of its own in the forward pass.")


def _twice(equations: Iterable[Equation], kind: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for equation in equations:
        if equation.target in seen:
            yield Fault(_where(equation, kind), f"a second {kind} equation of {equation.target}; expected one")
        seen.add(equation.target)


def _where(equation: Equation, kind: str) -> str:
    place = f"{equation.where}: " if equation.where not in ("", "equation") else ""
    return f"{place}{kind} equation '{equation.target}'"
