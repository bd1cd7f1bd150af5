"""Tensor equations in index notation: values, parser, printer and shape rules.  Knows no SymPy and no NumPy."""

from symprop.language.arithmetic import arithmetic
from symprop.language.definitions import declared, defined, parse_definition
from symprop.language.equations import LAYOUTS, Equation, Function, Network, Optimizer, Tensor, Training, ranges
from symprop.language.expressions import Expr, Number, Read
from symprop.language.extents import Extent
from symprop.language.indices import EVERYWHERE, Compound, Constraint, Domain, Gather, Index, Position
from symprop.language.parser import parse_equation, parse_expression, parse_extent
from symprop.language.printer import equation_text, text
from symprop.language.scope import PRIMITIVES, Scope
from symprop.language.sizes import extent_names, sized

__all__ = [
    "EVERYWHERE",
    "LAYOUTS",
    "PRIMITIVES",
    "Compound",
    "Constraint",
    "Domain",
    "Equation",
    "Expr",
    "Extent",
    "Function",
    "Gather",
    "Index",
    "Network",
    "Number",
    "Optimizer",
    "Position",
    "Read",
    "Scope",
    "Tensor",
    "Training",
    "arithmetic",
    "declared",
    "defined",
    "equation_text",
    "extent_names",
    "parse_definition",
    "parse_equation",
    "parse_expression",
    "parse_extent",
    "ranges",
    "sized",
    "text",
]
