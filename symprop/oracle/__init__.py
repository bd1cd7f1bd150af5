"""A slow and obvious evaluator, complex step and differences."""

from symprop.oracle.differences import Agreement, compare, gradient, relative_error, vjp, vjp_check
from symprop.oracle.evaluate import assign, evaluate

__all__ = ["Agreement", "assign", "compare", "evaluate", "gradient", "relative_error", "vjp", "vjp_check"]
