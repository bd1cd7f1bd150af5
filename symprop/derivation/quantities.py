"""The quantities that can be asked for by name, beside the gradient.

Enters: a derivation and a name.  Leaves: the `Quantity` values it stands for; a Jacobian is one for each pair of an
output and what it is by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from symprop.derivation.examples import empirical_fisher_product, per_example_gradients
from symprop.derivation.products import (
    fisher_product,
    gauss_newton_product,
    hessian_vector_product,
    jacobian,
    parameters,
)
from symprop.derivation.values import Derivation, Quantity
from symprop.errors import Fault, InputError

Maker = Callable[[Derivation], tuple[Quantity, ...]]


def input_gradient(derivation: Derivation) -> Quantity:
    """dL/dx for every input x of numbers: the adjoints of the inputs.

    Raises:
        InputError: the loss depends on no such input.
    """
    inputs = _inputs(derivation)
    network, needed = derivation.network, derivation.evaluated(inputs)
    equations = (*network.equations, *(a.exact for a in needed))
    results = tuple((name, derivation[name].equation.target) for name in inputs)
    return Quantity("input_grad", derivation, equations, results, (), "The gradient of the loss by the inputs.")


def forward_values(derivation: Derivation) -> Quantity:
    """Every tensor of numbers that the forward pass computes from inputs and parameters alone."""
    network = derivation.network
    labelled = network.downstream(t.name for t in network.of_role("target"))
    known = [e.target for e in network.equations if e.target not in labelled]
    results = tuple((n, n) for n in known if network.tensors[n].dtype == "real" and n != network.loss)
    return Quantity("values", derivation, network.equations, results, (), "The tensors of the forward pass.")


def _inputs(derivation: Derivation) -> tuple[str, ...]:
    found = tuple(t.name for t in derivation.network.of_role("input") if t.name in derivation)
    if not found:
        raise InputError(Fault(f"network '{derivation.network.name}'", "the loss depends on no input of numbers"))
    return found


def _jacobians(derivation: Derivation, by: Sequence[str]) -> tuple[Quantity, ...]:
    network, outputs = derivation.network, derivation.network.outputs
    pairs = [(of, x) for of in outputs for x in by if x in network.upstream([of])]
    if not pairs:
        raise InputError(Fault(f"network '{network.name}'", f"no output depends on any of {', '.join(by)}"))
    return tuple(jacobian(derivation, of, x) for of, x in pairs)


QUANTITIES: Mapping[str, Maker] = {
    "hvp": lambda d: (hessian_vector_product(d),),
    "hessian": lambda d: (hessian_vector_product(d),),
    "gauss_newton": lambda d: (gauss_newton_product(d),),
    "fisher": lambda d: (fisher_product(d),),
    "empirical_fisher": lambda d: (empirical_fisher_product(d),),
    "per_example": lambda d: (per_example_gradients(d),),
    "values": lambda d: (forward_values(d),),
    "input_grad": lambda d: (input_gradient(d),),
    "jacobian": lambda d: _jacobians(d, _inputs(d)),
    "param_jacobian": lambda d: _jacobians(d, parameters(d)),
}


def quantities(derivation: Derivation, names: Iterable[str]) -> dict[str, tuple[Quantity, ...]]:
    """What each name stands for, in the order of `QUANTITIES`.

    Raises:
        InputError: a name is unknown, or the network has no such quantity.
    """
    wanted = set(names)
    unknown = sorted(wanted - QUANTITIES.keys())
    if unknown:
        message = f"unknown quantity '{unknown[0]}'; expected {', '.join(QUANTITIES)}, got '{unknown[0]}'"
        raise InputError(Fault("quantities", message))
    return {name: make(derivation) for name, make in QUANTITIES.items() if name in wanted}
