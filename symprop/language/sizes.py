"""Numbers in place of named extents.

Enters: a network and the sizes of some names.  Leaves: the same network with these extents as integers, in its tensors,
its indices and wherever an extent stands in a formula.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from symprop.language.equations import Equation, Network, Tensor
from symprop.language.expressions import IndexValue, size, transform
from symprop.language.extents import Extent
from symprop.language.node import Node, mapped, nodes_in

Sizes = Mapping[str, int]


def extent_names(network: Network) -> tuple[str, ...]:
    """Names of all extents of tensors, labels and formulas, in this order."""
    tensors = [(*t.axes, *([] if t.high is None else [t.high])) for t in network.tensors.values()]
    bodies = [(e.indices, e.body, e.domain) for e in network.equations]
    extents = [node for node in nodes_in((*tensors, *bodies)) if isinstance(node, Extent)]
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
    def change(node: Node) -> Node:
        if isinstance(node, Extent):
            return node.at(sizes)
        # an extent that has become a number is one
        return size(node.position) if isinstance(node, IndexValue) else node

    indices, domain = (mapped(part, change) for part in (equation.indices, equation.domain))
    # rebuilt once more, so that numbers are folded
    body = transform(mapped(equation.body, change), lambda node: node.rebuild(node.children()))
    return replace(equation, indices=indices, body=body, domain=domain)
