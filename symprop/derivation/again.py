"""Differentiating a derivation again: its adjoints become equations like any others.

Enters: a derivation and a scalar of its adjoints.  Leaves: the network whose derivation is of second order, such as a
Hessian-vector product: with Q = sum(V*dW), the adjoint of W is H V.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symprop.derivation.values import Derivation
from symprop.language import Equation, Network, Tensor


def second_order(derivation: Derivation, given: Iterable[Tensor], scalar: Equation) -> Network:
    """The network of a scalar of first-order adjoints.

    Args:
        derivation: of first order.
        given: further inputs, such as the vector of a Hessian-vector product.
        scalar: the new loss, over forward tensors, adjoints and the given ones.

    Returns:
        forward equations, then adjoint equations, then the scalar; to be derived with another prefix.
    """
    network = derivation.network
    tensors = dict(network.tensors)
    tensors[network.loss] = replace(tensors[network.loss], role="intermediate")
    for adjoint in derivation:
        own = network.tensors[adjoint.tensor]
        tensors[adjoint.equation.target] = Tensor(adjoint.equation.target, own.axes, origin=own.origin)
    for tensor in given:
        tensors[tensor.name] = tensor
    tensors[scalar.target] = Tensor(scalar.target, (), role="loss")
    equations = (*network.equations, *(a.equation for a in derivation), scalar)
    return replace(network, tensors=tensors, equations=equations, loss=scalar.target)
