"""How the tensors of a network lie: examples in rows, or in columns as in X = (D, N), Z = W X + b 1^T.

    Network, layout ─► the same Network with the axes of its tensors in another order

Enters: a network, and one of `LAYOUTS`.  Leaves: a network that computes the same numbers.  In columns the batch is the
last axis of every tensor that has it as its first in rows, and parameters of two axes are transposed; this is the only
difference, so that nothing here knows a layer, and nothing after it knows that there was another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from symprop.errors import Fault, FormulaError
from symprop.language import LAYOUTS, Equation, Expr, Extent, Gather, Index, Network, Position, Read, Tensor
from symprop.language import expressions as ex
from symprop.language.node import Node, mapped
from symprop.network.shapes import BATCH

NOTE = (
    "Examples are columns: the batch is the last axis, a matrix of parameters is out-by-in, Z = W X, and what is "
    "called a row stands as a column."
)
Item = TypeVar("Item")
Order = tuple[int, ...]


def laid_out(network: Network, layout: str) -> Network:
    """The network in a layout; in its own it is left as it is, and of a spec the way back leads to the same equations.

    Raises:
        FormulaError: the layout is unknown.
    """
    if layout not in LAYOUTS:
        raise FormulaError(Fault("layout", f"unknown layout '{layout}'; expected one of {', '.join(LAYOUTS)}"))
    if layout == network.layout:
        return network
    turn = _Turn(network)
    notes = tuple(note for note in network.notes if note != NOTE)
    return replace(
        network,
        tensors={name: turn.tensor(tensor) for name, tensor in network.tensors.items()},
        equations=tuple(map(turn.equation, network.equations)),
        updates=tuple(map(turn.equation, network.updates)),
        inference=tuple(map(turn.equation, network.inference)),
        notes=(NOTE, *notes) if layout == "columns" else notes,
        layout=layout,
    )


def turned_axes(tensor: Tensor, layout: str) -> Order:
    """The axis of a tensor, as it lies in a layout, that stands on each of its axes in the other one."""
    axes = tuple(range(len(tensor.axes)))
    if by_rows(tensor, layout):
        return with_row(row_of(axes, layout), rest_of(axes, layout), "rows" if layout == "columns" else "columns")
    return axes[::-1] if tensor.role == "param" and len(axes) == 2 else axes


# -- where the batch stands --------------------------------------------------------------------------------------------


def by_rows(tensor: Tensor, layout: str) -> bool:
    """True of a tensor that has an entry, a row or a column for every example."""
    return bool(tensor.axes) and row_of(tensor.axes, layout) == BATCH


def row_of(items: Sequence[Item], layout: str) -> Item:
    """What stands on the axis of the batch."""
    return items[-1] if layout == "columns" else items[0]


def rest_of(items: Sequence[Item], layout: str) -> tuple[Item, ...]:
    """What stands on all other axes."""
    return tuple(items[:-1] if layout == "columns" else items[1:])


def with_row(row: Item, rest: Sequence[Item], layout: str) -> tuple[Item, ...]:
    """What stands on all axes."""
    return (*rest, row) if layout == "columns" else (row, *rest)


def with_further(tensor: Tensor, items: Sequence[Item], further: Sequence[Item], layout: str) -> tuple[Item, ...]:
    """What stands on all axes of a tensor and on further ones, which leave the batch where it is, first or last."""
    if layout == "columns" and by_rows(tensor, layout):
        return (*items[:-1], *further, items[-1])
    return (*items, *further)


# -- the turn ----------------------------------------------------------------------------------------------------------


class _Turn:
    """From the layout of a network to the other one."""

    def __init__(self, network: Network) -> None:
        self.orders = {name: turned_axes(tensor, network.layout) for name, tensor in network.tensors.items()}

    def tensor(self, tensor: Tensor) -> Tensor:
        order = self.orders[tensor.name]
        axes = _ordered(tensor.axes, order)
        simplex = None if tensor.simplex is None else order.index(tensor.simplex)
        return replace(tensor, axes=axes, simplex=simplex, fans=_fans(tensor, axes))

    def equation(self, equation: Equation) -> Equation:
        before = equation.free
        indices = self._at(equation.target, equation.indices)
        after = replace(equation, indices=indices, body=ex.ZERO).free
        return replace(equation, indices=indices, body=self._body(equation.body, before, after))

    def _body(self, body: Expr, before: Sequence[Index], after: Sequence[Index]) -> Expr:
        def change(node: Node) -> Node:
            match node:
                case Read():
                    return Read(node.tensor, self._at(node.tensor, node.indices))
                case Gather():
                    return Gather(node.tensor, self._at(node.tensor, node.positions))
                case ex.Mul():
                    return _product(node, before, after)
            return node

        found = mapped(body, change)
        assert isinstance(found, ex.Expr)
        return found

    def _at(self, name: str, positions: Sequence[Position]) -> tuple[Position, ...]:
        return _ordered(positions, self.orders.get(name, ()))


def _ordered(items: Sequence[Item], order: Order) -> tuple[Item, ...]:
    return tuple(items[axis] for axis in order) if len(order) == len(items) else tuple(items)


def _fans(tensor: Tensor, axes: tuple[Extent, ...]) -> tuple[int, int] | None:
    """The fans of the initialiser, which are those of the first and the last axis in rows, however it lies now."""
    if len(axes) < 2 or axes == tensor.axes:
        return tensor.fans
    before, after = (tuple(axis.constant for axis in (one[0], one[-1])) for one in (tensor.axes, axes))
    fan_in, fan_out = tensor.fans or before
    return None if fan_in is None or fan_out is None or (fan_in, fan_out) == after else (fan_in, fan_out)


def _product(product: ex.Mul, before: Sequence[Index], after: Sequence[Index]) -> Expr:
    """x[n,i]*W[i,j] of Z[n,j] as W[j,i]*x[i,n] of Z[j,n]: two reads in the order in which the left side has them."""
    reads = [factor for factor in product.factors if isinstance(factor, Read)]
    if len(reads) != 2:
        return product
    first, second = (
        [min((left.index(i) for i in ex.free_indices(read) if i in left), default=len(left)) for read in reads]
        for left in (before, after)
    )
    if (first[0] - first[1]) * (second[0] - second[1]) >= 0:
        return product
    swapped: dict[Any, Read] = {reads[0]: reads[1], reads[1]: reads[0]}
    return ex.Mul([swapped.get(factor, factor) for factor in product.factors])
