"""What the names of a text in NumPy notation mean.

Enters: tensors under the names a user gives them.  Leaves: a meaning for each name, with where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symprop.language import Extent, Function, Tensor

COUNTS = frozenset("mMBn")
"""What courses call the number of examples."""


def before(name: str) -> str:
    """What to do about a gradient that is read and that no line above gives."""
    return f"Write the line for {name} above this one, or name it under given: to take the true one."


@dataclass(frozen=True)
class Meaning:
    """What a name stands for.

    Args:
        tensor: the tensor it reads.
        words: where it comes from, `of the network`.
        blocked: why it cannot be read, or "".
        unfit: whether it has no value because shapes do not fit; else reading it is a mistake of the text.
    """

    tensor: Tensor
    words: str
    blocked: str = ""
    unfit: bool = False


@dataclass(frozen=True)
class Names:
    """What the names of a text mean.

    Args:
        tensors: by the name the text uses.
        extents: names of extents, such as N.
        functions: further elementwise functions with their number of arguments.
        symbols: how documents print the tensors, in LaTeX.
        slope: the derivative of a function by its first argument, of a given order; None for what is no function.
        indices: extents of indices that are declared, in index notation.
        first: the number that a document gives the first entry of an axis, 0 or 1; None where it does not say.
        has_columns: whether examples are columns, along which a softmax in LaTeX acts then.
        short: the tensor that a shorter name stands for where nothing else has that name, `P` for `P_loss`.
    """

    tensors: Mapping[str, Meaning]
    extents: frozenset[str] = frozenset({"N"})
    functions: Mapping[str, int] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    slope: Callable[[str, int], Function | None] | None = None
    indices: Mapping[str, Extent] = field(default_factory=dict)
    first: int | None = None
    has_columns: bool = False
    short: Mapping[str, str] = field(default_factory=dict)

    def tensor(self, name: str) -> Meaning | None:
        """The meaning of a name."""
        return self.tensors.get(name)

    def read(self, name: str) -> Meaning | None:
        """The meaning of a name, or of what it is short for, where it is read."""
        return self.tensors.get(name) or self.tensors.get(self.short.get(name, ""))

    def counted(self, name: str) -> str:
        """What to write for a letter that is not known here and that courses have for the number of examples."""
        return "The number of examples is N." if name in COUNTS and "N" in self.extents else ""
