"""Front ends beside net.yaml: texts that people write, read into equations of the language."""

from symprop.frontends.index_notation import IndexNotation
from symprop.frontends.names import Meaning, Names
from symprop.frontends.numpy_notation import Assigned, Notation
from symprop.frontends.program import ShapeError

__all__ = ["Assigned", "IndexNotation", "Meaning", "Names", "Notation", "ShapeError"]
