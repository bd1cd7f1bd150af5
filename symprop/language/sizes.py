"""Numbers in place of named extents.

Enters: a network and the sizes of some names.  Leaves: the same network with these extents as integers, in its tensors,
its indices and wherever an extent stands in a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from symprop.language.equations import Equation, Network, Tensor
from symprop.language.expressions import Expr, IndexValue, size, transform
from symprop.language.extents import Extent
from symprop.language.node import Node, rebuilt

Sizes = Mapping[str, int]


def extent_names(network: Network) -> tuple[str, ...]:
    """Names of all extents, in the order of the tensors."""
    extents = [e for t in network.tensors.values() for e in (*t.axes, *([] if t.high is None else [t.high]))]
    return tuple(dict.fromkeys(name for extent in extents for name in sorted(extent.names)))


def sized(network: Network, sizes: Sizes) -> Network:
    """The network with integers for the names in `sizes`; other names stay."""
    if not sizes:
        return network
    tensors = {name: _tensor(tensor, sizes) for name, tensor in network.tensors.items()}
    return replace(network, tensors=tensors, equations=tuple(_equation(e, sizes) for e in network.equations))


def _tensor(tensor: Tensor, sizes: Sizes) -> Tensor:
    high = None if tensor.high is None else tensor.high.at(sizes)
    return replace(tensor, axes=tuple(axis.at(sizes) for axis in tensor.axes), high=high)


def _equation(equation: Equation, sizes: Sizes) -> Equation:
    body = transform(_sized(equation.body, sizes), _number)
    return replace(equation, indices=_sized(equation.indices, sizes), body=body, domain=_sized(equation.domain, sizes))


def _sized(value: Any, sizes: Sizes) -> Any:
    """A node, or what nodes are made of, with every extent in it replaced."""
    if isinstance(value, Extent):
        return value.at(sizes)
    if isinstance(value, Node):
        return rebuilt(type(value), tuple(_sized(field, sizes) for field in value.fields()))
    return tuple(_sized(part, sizes) for part in value) if isinstance(value, tuple) else value


def _number(expr: Expr) -> Expr:
    """An extent that has become a number is one."""
    return size(expr.position) if isinstance(expr, IndexValue) else expr
