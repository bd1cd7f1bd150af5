"""Index letters: what each runs over follows from the axes it stands on.

Enters: letters, as they are declared by a left side or a sum, and the axes they are used on.  Leaves: indices.  An
index has its extent only when its scope ends; until then it stands in expressions as one of an open extent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from symprop.frontends.arrays import New
from symprop.frontends.latex.shapes import open_extent
from symprop.language import Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.extents import ONE


@dataclass
class Letter:
    """One letter in its scope.

    Args:
        name: as it is written.
        index: what stands for it in expressions.
        extent: what it runs over, None while that is not known.
        words: where that comes from.
        alike: letters it is compared with.
    """

    name: str
    index: Index
    extent: Extent | None = None
    words: str = ""
    alike: list[Letter] = field(default_factory=list)

    def runs_over(self) -> Extent | None:
        """The extent; that of a letter it is compared with where it stands on no axis itself."""
        return self.extent or next((other.extent for other in self.alike if other.extent is not None), None)


class Letters:
    """The letters in scope."""

    def __init__(self, numbers: count[int], new: New) -> None:
        self.numbers, self.new = numbers, new
        self.known: dict[str, Letter] = {}

    def __contains__(self, name: str) -> bool:
        return name in self.known

    def __getitem__(self, name: str) -> Letter:
        return self.known[name]

    def declare(self, name: str) -> Letter:
        """A new letter."""
        extent = open_extent(self.numbers)
        letter = Letter(name, Index(f"{name}{extent}", extent))
        self.known[name] = letter
        return letter

    def within(self, names: list[str], make: Callable[[], ex.Expr]) -> tuple[ex.Expr, list[Letter]]:
        """What is read while letters are in scope, and the letters."""
        before = dict(self.known)
        found = [self.declare(name) for name in names]
        body = make()
        self.known = before
        return body, found

    def bound(self, letter: Letter, extent: Extent, body: ex.Expr) -> tuple[Index | None, ex.Expr]:
        """The index of a letter whose scope ends, None where its extent is 1, and the expression over it."""
        if extent == ONE:
            return None, ex.substitute(body, {letter.index: Position.of(0)})
        index = self.new(extent)
        return index, ex.substitute(body, {letter.index: Position.of(index)})
