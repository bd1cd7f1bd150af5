"""NumPy's operations, defined once on arrays and plain values; who writes the call does not matter."""

from symprop.frontends.bench import Bench
from symprop.frontends.operations import (
    choices,
    creation,
    elementwise,
    joining,
    products,
    reductions,
    selecting,
    shaping,
    sliding,
)
from symprop.frontends.operations.elementwise import entrywise, entrywise_names
from symprop.frontends.operations.registry import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Operation",
    "choices",
    "creation",
    "elementwise",
    "function_named",
    "function_names",
    "joining",
    "products",
    "reductions",
    "selecting",
    "shaping",
    "sliding",
]

SAME = {"absolute": "abs", "fabs": "abs"}


def function_named(bench: Bench, name: str) -> Operation | None:
    """The operation of a name, None where there is none."""
    return OPERATIONS.get(name) or entrywise(bench, SAME.get(name, name))


def function_names(bench: Bench) -> set[str]:
    """Names of all operations."""
    return {*OPERATIONS, *SAME} | entrywise_names(bench)
