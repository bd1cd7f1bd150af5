"""Derivations: the reverse sweep over a list of tensor equations, and what follows by differentiating again."""

from symprop.derivation.again import second_order
from symprop.derivation.compact import compact
from symprop.derivation.derive import derive
from symprop.derivation.examples import empirical_fisher_product, per_example_gradients
from symprop.derivation.products import (
    fisher_product,
    gauss_newton_product,
    hessian,
    hessian_vector_product,
    jacobian,
)
from symprop.derivation.quantities import QUANTITIES, input_gradient, quantities
from symprop.derivation.truths import truths
from symprop.derivation.values import Adjoint, Derivation, Kink, Quantity, Step

__all__ = [
    "QUANTITIES",
    "Adjoint",
    "Derivation",
    "Kink",
    "Quantity",
    "Step",
    "compact",
    "derive",
    "empirical_fisher_product",
    "fisher_product",
    "gauss_newton_product",
    "hessian",
    "hessian_vector_product",
    "input_gradient",
    "jacobian",
    "per_example_gradients",
    "quantities",
    "second_order",
    "truths",
]
