"""Derivations: the reverse sweep over a list of tensor equations."""

from symprop.derive.again import second_order
from symprop.derive.derive import derive
from symprop.derive.values import Adjoint, Derivation, Kink, Step

__all__ = ["Adjoint", "Derivation", "Kink", "Step", "derive", "second_order"]
