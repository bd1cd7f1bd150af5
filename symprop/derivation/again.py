"""Differentiating a derivation again: its adjoints become equations like any others.

Enters: a derivation.  Leaves: the network of its forward and adjoint equations, which is differentiated forwards
(`products`), or ends in a scalar of the adjoints and is differentiated backwards: with Q = sum(V*dW), the adjoint of W
is H V.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from symprop.derivation.values import Adjoint, Derivation
from symprop.language import Equation, Network, Tensor


def with_adjoints(derivation: Derivation, adjoints: Iterable[Adjoint]) -> Network:
    """Forward equations, then adjoint equations.

    Args:
        derivation: of first order.
        adjoints: those of its adjoints that are wanted, with all they are computed from, in order.
    """
    network = derivation.network
    tensors, equations = dict(network.tensors), list(network.equations)
    for adjoint in adjoints:
        own, target = network.tensors[adjoint.tensor], adjoint.equation.target
        tensors[target] = Tensor(target, own.axes, origin=own.origin)
        equations.append(adjoint.equation)
    return replace(network, tensors=tensors, equations=tuple(equations))


def second_order(derivation: Derivation, given: Iterable[Tensor], scalar: Equation) -> Network:
    """The network of a scalar of first-order adjoints.

    Args:
        derivation: of first order.
        given: further inputs, such as the vector of a Hessian-vector product.
        scalar: the new loss, over forward tensors, adjoints and the given ones.

    Returns:
        forward equations, then adjoint equations, then the scalar; to be derived with another prefix.
    """
    network = with_adjoints(derivation, derivation)
    loss = replace(network.tensors[network.loss], role="intermediate")
    more = {tensor.name: tensor for tensor in given}
    tensors = {**network.tensors, network.loss: loss, **more, scalar.target: Tensor(scalar.target, (), role="loss")}
    return replace(network, tensors=tensors, equations=(*network.equations, scalar), loss=scalar.target)
