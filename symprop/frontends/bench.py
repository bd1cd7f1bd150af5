"""What operations on arrays need beside their arguments: indices that nobody else has, and places for helpers.

Enters: ranges of integer tensors, and how helpers are named.  Leaves: indices, arrays that read a tensor, and the
equations of values that were given a name of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from symprop.frontends.arrays import Array
from symprop.language import Equation, Extent, Gather, Index, Position, Read, Tensor
from symprop.language import expressions as ex
from symprop.language import ranges as ranges_of

Label = Callable[[str, int], str]


class Bench:
    """A place to work at.

    Args:
        tensors: those that are read.
        label: the name under which a value is stored, from its own name and the number of the assignment.
        arities: further elementwise functions with their number of arguments.
    """

    def __init__(self, tensors: Iterable[Tensor], label: Label, arities: Mapping[str, int]) -> None:
        self.label, self.arities = label, dict(arities)
        self.ranges: dict[str, Extent] = ranges_of(tensors)
        self.pending: list[Equation] = []
        self._count = self._helpers = 0

    def new(self, extent: Extent) -> Index:
        """An index that nobody else has."""
        self._count += 1
        return Index(f"{'n' if extent.names else 'i'}{self._count}", extent)

    def read(self, tensor: Tensor) -> Array:
        """The array that a tensor is."""
        axes = tuple(None if extent.constant == 1 else self.new(extent) for extent in tensor.axes)
        positions = [Position.of(0 if axis is None else axis) for axis in axes]
        if tensor.dtype == "integer":
            return Array(axes, ex.IndexValue(Position.of(Gather(tensor.name, positions))), "integer")
        return Array(axes, Read(tensor.name, positions))

    def stored(self, array: Array, left: Sequence[Position], shape: Sequence[Extent], name: str = "") -> Array:
        """The array under a name of its own, its axes those of the left side."""
        self._helpers += 1
        tensor = Tensor(self.label(name or f"step{self._helpers}", 0), tuple(shape))
        self.pending.append(Equation(tensor.name, tuple(left), array.body))
        return self.read(tensor)

    def plain(self, array: Array, name: str = "") -> Array:
        """The array under a name of its own, where its entries are needed more than once."""
        if isinstance(array.body, ex.Read | ex.Number):
            return array
        left = [Position.of(0) if axis is None else Position.of(axis) for axis in array.axes]
        kept = [p for p, axis in zip(left, array.axes, strict=True) if axis is not None]
        read = self.stored(array, kept, [axis.extent for axis in array.axes if axis is not None], name)
        order = iter(read.axes)
        return Array(tuple(None if axis is None else next(order) for axis in array.axes), read.body)

    def taken(self) -> list[Equation]:
        """The equations of helpers since this was last asked."""
        found, self.pending = self.pending, []
        return found
