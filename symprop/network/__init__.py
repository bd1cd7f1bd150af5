"""NetSpec and library to a Network: a list of equations with their tensors, ending with the loss.

Knows no SymPy and no NumPy, so that every fault of a spec is found at once and without importing them.
"""

from symprop.network.build import build
from symprop.network.layout import laid_out
from symprop.network.sketch import Sketch, pick

__all__ = ["Sketch", "build", "laid_out", "pick"]
