"""What an operation on arrays cannot do, in words; whoever called it adds the place.

Leaves: exceptions without a place.  `{text}` in a message stands for how the argument at fault is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

At = tuple[str | int, ...]
"""The argument at fault: the name of a parameter, or the number of a subscript, then numbers inside of it."""


class Misuse(Exception):
    """An operation that is not known for such arguments.

    Args:
        message: what is wrong; expected X, got Y.
        at: the argument that is wrong; the whole call by default.
        hint: what to do.
        of: the argument that `{text}` stands for, where it is not the one that is wrong.
    """

    def __init__(self, message: str, at: At = (), hint: str = "", of: At = ()) -> None:
        super().__init__(message)
        self.at, self.hint, self.of = at, hint, of or at


class Mismatch(Misuse):
    """Shapes that do not fit: NumPy would refuse it.

    Args:
        message: as of `Misuse`; where there are operands, what their shapes do: "do not broadcast".
        operands: the arrays whose shapes do not fit.
        is_whole: whether the message says what the operands are by itself.
        needs: names of extents; with numbers for them it might fit.
    """

    def __init__(
        self,
        message: str,
        at: At = (),
        hint: str = "",
        operands: Sequence[Any] = (),
        is_whole: bool = False,
        needs: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(message, at, hint)
        self.needs = needs
        self.operands, self.is_whole = tuple(operands), is_whole

    def sentence(self, shapes: Iterable[str], text: str) -> str:
        """The whole message, given the shapes of the operands in words and the operation as it is written."""
        if not self.operands or self.is_whole:
            return str(self)
        written = f"`{text}`: " if text else ""
        return f"{written}shapes {' and '.join(shapes)} {self}"
