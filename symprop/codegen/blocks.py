"""Blocks of statements: what is evaluated where, and under which name.

Enters: lines, and expressions that have been given a name.  Leaves: nested blocks; nothing here knows how an expression
is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from symprop.language import Expr, Index
from symprop.language import expressions as ex

BlockWriter = Callable[["Block"], None]


class Block:
    """Statements at one indentation, with the names that subexpressions have in it.

    Args:
        parent: the block around it, None for a function's body.
        indices: loop variables that it adds.
        fence: True of a branch: what is evaluated in it must not be moved out of it.
    """

    def __init__(self, parent: Block | None = None, indices: tuple[Index, ...] = (), fence: bool = False) -> None:
        self.parent, self.indices, self.fence = parent, indices, fence
        self.lines: list[str] = []
        self.known: dict[Expr, str] = {}
        self.counts: Counter[Expr] = Counter()

    def write(self, *lines: str) -> None:
        """Add statements."""
        self.lines += lines

    def nest(self, head: str, inner: Block) -> None:
        """Add a compound statement."""
        self.lines.append(head)
        self.lines += ["    " + line for line in inner.lines or ["pass"]]

    def lookup(self, expr: Expr) -> str | None:
        """The name a subexpression has here or further out."""
        found = self.known.get(expr)
        return found if found is not None or self.parent is None else self.parent.lookup(expr)

    def home(self, expr: Expr) -> Block:
        """The outermost block in which all free indices of the expression are loop variables."""
        free, block = ex.free_indices(expr), self
        while block.parent is not None and not block.fence and not free & set(block.indices):
            block = block.parent
        return block

    def count(self, expr: Expr) -> None:
        """Note the subexpressions that are evaluated in this block itself."""
        self.counts.update(_here(expr))


def _here(expr: Expr) -> Iterator[Expr]:
    """Nodes of an expression outside reductions, guards and branches, which have blocks of their own."""
    yield expr
    if isinstance(expr, ex.Reduce | ex.Guard):
        return
    children = expr.children()
    for child in children[:1] if isinstance(expr, ex.Where) else children:
        yield from _here(child)
