"""Claims that are functions of the user's own Python: traced where that is possible, else compared in numbers."""

from symprop.verification.functions.check import verify_functions

__all__ = ["verify_functions"]
