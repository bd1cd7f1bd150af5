"""What NumPy keeps in memory, and views of it: a change in place is seen through every other name.

Enters: arrays.  Leaves: cells, which are read and written.  Where NumPy may or may not have made a copy, a cell can
still be read while nothing was changed, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from symprop.errors import Fault
from symprop.frontends.arrays import Array
from symprop.frontends.tracing.faults import NotTraceable, not_traceable

Get = Callable[[Array], Array]
Put = Callable[[Array, Array], Array]


class Cell(Protocol):
    """A place that holds an array."""

    @property
    def root(self) -> Memory:
        """The memory behind it."""

    def read(self) -> Array:
        """The array as it is now."""

    def write(self, value: Array) -> None:
        """Put another array of the same shape there."""


@dataclass
class Memory:
    """Memory of its own.

    Args:
        value: what it holds.
        is_ordered: whether its entries are known to lie in row-major order, so that a reshape is a view.
        is_scalar: whether it is a number, which nothing can change.
        lost: what put something unknown there; from then on it cannot be read.
    """

    value: Array
    is_ordered: bool = False
    is_scalar: bool = False
    version: int = 0
    reads: int = 0
    lost: Fault | None = None

    @property
    def root(self) -> Memory:
        """Itself."""
        return self

    def read(self) -> Array:
        """The array as it is now."""
        if self.lost is not None:
            raise NotTraceable(self.lost)
        return self.value

    def write(self, value: Array) -> None:
        """Put another array there."""
        self.value, self.reads = value, 0
        self.version += 1


@dataclass
class View:
    """A part of what a cell holds, in another arrangement.

    Args:
        base: the cell.
        get: the part, of what the cell holds.
        put: what the cell holds after another part was put in; None where NumPy forbids it.
        is_certain: whether NumPy makes no copy here.
        key: what stood in brackets, of a slice.
        update: a change in place by an operator, where that is said more simply than by `put`.
    """

    base: Cell
    get: Get
    put: Put | None
    is_certain: bool = True
    key: object = None
    update: Callable[[str, Array], None] | None = None
    version: int = field(init=False)

    def __post_init__(self) -> None:
        self.version = self.root.version

    @property
    def root(self) -> Memory:
        """The memory behind it."""
        return self.base.root

    def read(self) -> Array:
        """The part as it is now."""
        if not self.is_certain and self.version != self.root.version:
            raise _uncertain()
        return self.get(self.base.read())

    def write(self, value: Array) -> None:
        """Put another part there."""
        if not self.is_certain:
            raise _uncertain()
        if self.put is None:
            raise not_traceable("this array cannot be changed: NumPy made it read-only")
        self.base.write(self.put(self.base.read(), value))


def _uncertain() -> BaseException:
    message = "whether NumPy makes a copy here depends on how the array lies in memory"
    return not_traceable(message, "Write .copy() where it is reshaped.")
