"""The points at which functions in use have no derivative, and the values taken there."""

from __future__ import annotations

from collections.abc import Iterator

from symprop.derivation.values import Kink
from symprop.language import Equation, Network
from symprop.language import expressions as ex


def kinks_of(network: Network) -> tuple[Kink, ...]:
    """All kinks of a network: those of its functions, of abs, max, min and where, and of maxima over indices."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for equation in network.equations:
        for kink in _in_equation(equation, network):
            numbers = found.setdefault(kink, [])
            if equation.number not in numbers:
                numbers.append(equation.number)
    return tuple(Kink(*key, tuple(numbers)) for key, numbers in found.items())


def _in_equation(equation: Equation, network: Network) -> Iterator[tuple[str, str, str]]:
    for node in ex.walk(equation.body):
        if isinstance(node, ex.Call) and node.name in network.functions:
            for point, value in network.functions[node.name].kinks:
                yield node.name, point, value
        elif isinstance(node, ex.Call) and node.name in ("max", "min"):
            yield node.name, "equal arguments", "the derivative of the first"
        elif isinstance(node, ex.Call) and node.name == "abs":
            yield "abs", "0", "0"
        elif isinstance(node, ex.Reduce) and node.op.startswith("arg"):
            yield node.op.removeprefix("arg"), "equal entries", "the derivative of the first"
