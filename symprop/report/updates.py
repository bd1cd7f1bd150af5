"""The update rule of an optimizer as equations a document prints.

Enters: an optimizer.  Leaves: its assignments, and the network of scalars that they are printed over.
"""

from __future__ import annotations

from symprop.language import Equation, Network, Optimizer, Tensor


def update_equations(optimizer: Optimizer) -> tuple[Equation, ...]:
    """The assignments in order."""
    return optimizer.equations


def update_scalars(optimizer: Optimizer) -> Network:
    r"""A network that names the scalars of an update: \theta for the parameter, \eta for the rate."""
    names = ["w", "g", "t", "lr", *optimizer.state, *(e.target for e in optimizer.equations)]
    tensors = {name: Tensor(name, ()) for name in dict.fromkeys(names)}
    return Network(optimizer.name, tensors, optimizer.equations, symbols={"w": r"\theta", "lr": r"\eta"})
