"""Claims that are functions of the user's own Python: traced where that is possible, else compared in numbers."""

from symprop.verification.functions.check import checked_loss, verify_functions

__all__ = ["checked_loss", "verify_functions"]
