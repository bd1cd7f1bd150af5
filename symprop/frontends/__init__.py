"""Front ends beside net.yaml: texts that people write, read into equations of the language."""

from symprop.frontends.declarations import formula_network
from symprop.frontends.formulas import equations_network, loss_network
from symprop.frontends.index_notation import IndexNotation
from symprop.frontends.latex import Latex
from symprop.frontends.names import Meaning, Names
from symprop.frontends.numpy_notation import Assigned, Notation
from symprop.frontends.program import ShapeError

__all__ = [
    "Assigned",
    "IndexNotation",
    "Latex",
    "Meaning",
    "Names",
    "Notation",
    "ShapeError",
    "equations_network",
    "formula_network",
    "loss_network",
]
