"""A tensor of the network as the user writes it: axes in another order, one dropped or added, times a factor.

Enters: positions, expressions, equations and arrays of one side.  Leaves: the same of the other side.  Nothing here
knows why a user writes them so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from symprop.language import Equation, Expr, Extent, Gather, Index, Network, Position, Read, Tensor
from symprop.language import expressions as ex
from symprop.language.node import Node, mapped

ADDED, ROWS = Index("one", 1), Extent.of("N")
FIRST, LETTERS = Position.of(0), "ijklpqrstuvw"


@dataclass(frozen=True)
class View:
    """user[...] = sign * rows**power * network[...].

    Args:
        axes: the user's.
        order: the axis of the network that stands on each of the user's, None for an added one of extent 1; an axis
            of the network that stands nowhere has extent 1.
        rank: number of axes in the network.
        sign, power: of the factor; of a step that is a multiple of a tensor `sign` is any number.
        rows: number of examples.
        at_axis, entry: an axis of the network that the user has one entry of; it stands nowhere.
    """

    axes: tuple[Extent, ...]
    order: tuple[int | None, ...]
    rank: int
    sign: int | Fraction = 1
    power: int = 0
    rows: Extent = ROWS
    at_axis: int = -1
    entry: int = 0

    @property
    def factor(self) -> Expr:
        """What the user's value is times the network's."""
        return ex.mul(ex.Number(self.sign), ex.power(ex.size(Position.of(self.rows)), ex.Number(self.power)))

    def at(self, sizes: Mapping[str, int]) -> View:
        """The view for numbers in place of some named extents."""
        return replace(self, axes=tuple(axis.at(sizes) for axis in self.axes), rows=self.rows.at(sizes))

    @property
    def is_plain(self) -> bool:
        """True where both sides write the same."""
        return self.order == tuple(range(self.rank)) and (self.sign, self.power) == (1, 0)

    def inside(self, positions: Sequence[Position]) -> list[Position]:
        """Positions in the network's array from those in the user's."""
        found = {self.at_axis: Position.of(self.entry), **dict(zip(self.order, positions, strict=True))}
        return [found.get(axis, FIRST) for axis in range(self.rank)]

    def outside(self, positions: Sequence[Position]) -> list[Position]:
        """Positions in the user's array from those in the network's."""
        return [FIRST if axis is None else positions[axis] for axis in self.order]

    def shown(self, array: Any, sizes: Mapping[str, int]) -> Any:
        """The network's array as the user has it."""
        kept = [axis for axis in self.order if axis is not None]
        dropped = [axis for axis in range(self.rank) if axis not in kept]
        shape = [1 if axis is None else array.shape[axis] for axis in self.order]
        return self.scaled(np.transpose(array, [*dropped, *kept]).reshape(shape), sizes)

    def scaled(self, array: Any, sizes: Mapping[str, int]) -> Any:
        """An array times the factor."""
        factor = self.sign * self.rows.value(sizes) ** self.power if self.power else self.sign
        return array if factor == 1 else np.asarray(array * factor)


def entry_view(axes: tuple[Extent, ...], axis: int, entry: int) -> View:
    """The view of who has a single entry along an axis, as a loop over it does."""
    kept = [k for k in range(len(axes)) if k != axis]
    return View(tuple(axes[k] for k in kept), tuple(kept), len(axes), at_axis=axis, entry=entry)


def plain_view(axes: tuple[Extent, ...]) -> View:
    """The view of who writes a tensor as the network does."""
    return View(axes, tuple(range(len(axes))), len(axes))


class Views:
    """The views of all tensors of a network and of their adjoints, by name.

    Args:
        views: by the name of the tensor or the adjoint.
    """

    def __init__(self, views: Mapping[str, View]) -> None:
        self.views = views

    @property
    def are_plain(self) -> bool:
        """True where the user writes everything as the network does."""
        return all(view.is_plain for view in self.views.values())

    def at(self, sizes: Mapping[str, int]) -> Views:
        """The views for numbers in place of some named extents."""
        return Views({name: view.at(sizes) for name, view in self.views.items()}) if sizes else self

    def written(self, network: Network) -> dict[str, Tensor]:
        """The tensors of a network with the user's axes."""
        return {name: replace(tensor, axes=self[name].axes) for name, tensor in network.tensors.items()}

    @property
    def layout(self) -> Views:
        """The same views without their factors."""
        return Views({name: replace(view, sign=1, power=0) for name, view in self.views.items()})

    def __getitem__(self, name: str) -> View:
        return self.views[name]

    def get(self, name: str) -> View | None:
        """The view of a name, None of one that the network does not have."""
        return self.views.get(name)

    def inside(self, expr: Expr) -> Expr:
        """The user's expression, which reads values of the network, over the network's own."""

        def change(node: Node) -> Node:
            view = self.views.get(node.tensor) if isinstance(node, Read | Gather) else None
            if view is None:
                return node
            if isinstance(node, Gather):
                return Gather(node.tensor, view.inside(node.positions))
            assert isinstance(node, Read)
            return ex.mul(view.factor, Read(node.tensor, view.inside(node.indices)))

        found = mapped(expr, change)
        assert isinstance(found, ex.Expr)
        return found

    def outside(self, expr: Expr) -> Expr:
        """An expression of the network as the user would write it."""

        def change(node: Node) -> Node:
            view = self.views.get(node.tensor) if isinstance(node, Read | Gather) else None
            if view is None:
                return node
            if isinstance(node, Gather):
                return Gather(node.tensor, view.outside(node.positions))
            assert isinstance(node, Read)
            return ex.divide(Read(node.tensor, view.outside(node.indices)), view.factor)

        found = mapped(expr, change)
        assert isinstance(found, ex.Expr)
        return found

    def converted(self, name: str, written: str, tensor: Tensor) -> Equation:
        """`tensor[...] = written[...] / factor`: what the user calls `name`, as the network has it."""
        view = self.views[name]
        left = tuple(Position.of(Index(letter, axis)) for letter, axis in zip(LETTERS, tensor.axes, strict=False))
        return Equation(tensor.name, left, ex.divide(Read(written, view.outside(left)), view.factor))

    def presented(self, equation: Equation) -> Equation:
        """An equation of the network as the user would write it."""
        view = self.views[equation.target]
        left = [Position.of(ADDED) if axis is None else equation.indices[axis] for axis in view.order]
        dropped = [p.index for axis, p in enumerate(equation.indices) if axis not in view.order]
        at = {index: FIRST for index in dropped if index is not None}
        body = ex.mul(view.factor, self.outside(ex.substitute(equation.body, at)))
        return Equation(equation.target, tuple(left), body, equation.number, equation.domain.substitute(at))
