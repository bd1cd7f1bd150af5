"""Derivations: the reverse sweep over a list of tensor equations."""

from symprop.derivation.again import second_order
from symprop.derivation.derive import derive
from symprop.derivation.truths import truths
from symprop.derivation.values import Adjoint, Derivation, Kink, Step

__all__ = ["Adjoint", "Derivation", "Kink", "Step", "derive", "second_order", "truths"]
