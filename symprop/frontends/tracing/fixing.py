"""Networks with numbers in place of some names of extents.

Enters: a network.  Leaves: the same network for these extents alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from symprop.frontends.tracing.inputs import fixed_extent, fixed_tensor
from symprop.language import Equation, Extent, Network
from symprop.language import expressions as ex
from symprop.language.node import Node

Anything = TypeVar("Anything")


def fixed_network(network: Network, sizes: Mapping[str, int]) -> Network:
    """The network for given sizes of some extents."""
    if not sizes:
        return network
    tensors = {name: fixed_tensor(t, sizes) for name, t in network.tensors.items()}
    return replace(network, tensors=tensors, equations=tuple(_equation(e, sizes) for e in network.equations))


def _equation(equation: Equation, sizes: Mapping[str, int]) -> Equation:
    body, indices, domain = (_fixed(part, sizes) for part in (equation.body, equation.indices, equation.domain))
    return replace(equation, body=body, indices=indices, domain=domain)


def _fixed(value: Anything, sizes: Mapping[str, int]) -> Any:
    if isinstance(value, Extent):
        return fixed_extent(value, sizes)
    if isinstance(value, ex.IndexValue):
        return ex.size(_fixed(value.position, sizes))
    if isinstance(value, tuple):
        return tuple(_fixed(part, sizes) for part in value)
    if not isinstance(value, Node):
        return value
    found = object.__new__(type(value))
    found._set(*(_fixed(part, sizes) for part in value.fields()))
    return found
