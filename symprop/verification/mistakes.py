"""A mistake at one place of a formula, as a value, and what such a place sees.

The mistakes themselves are functions of a subexpression and its scope, in the files mistakes_in_*.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from symprop.language import Index, Tensor
from symprop.language import expressions as ex

LIKELY, COMMON, SELDOM, RARE = range(4)


@dataclass(frozen=True)
class Change:
    """A wrong expression in the place of a right one.

    Args:
        rank: LIKELY to RARE; the likelier ones are tried first.
        expr: what stands there.
        words: for the mistake, {} for each of its parts.
        parts: of the formula.
        habit: what is common to the same mistake at other places, "" where it is made at one place alone.
    """

    rank: int
    expr: ex.Expr
    words: str
    parts: tuple[ex.Expr, ...] = ()
    habit: str = ""


@dataclass(frozen=True)
class Scope:
    """What a place of a formula sees.

    Args:
        free: indices that are bound outside of it.
        tensors: what could be read, by name.
        steps: axes along which the network reads a neighbour, t - 1 or t + 1.
        names: of the extents.
        added: numbers that the network adds to a tensor: the epsilon of a norm.
        numbers: those that stand on the other side, in the claim for our formula and the other way round.
        steps_of_yours: what the user has names for, by name; nothing of ours stands for it.
    """

    free: tuple[Index, ...]
    tensors: Mapping[str, Tensor]
    steps: frozenset[tuple[str, int]]
    names: tuple[str, ...]
    added: Mapping[str, tuple[ex.Number, ...]]
    numbers: tuple[ex.Number, ...] = ()
    steps_of_yours: Mapping[str, Tensor] = field(default_factory=dict)

    def within(self, indices: Sequence[Index]) -> Scope:
        """The scope inside a reduction."""
        return replace(self, free=(*self.free, *indices))


Mistakes = Callable[[ex.Expr, Scope], Iterator[Change]]


def exchanged(body: ex.Expr, old: ex.Expr, new: ex.Expr) -> ex.Expr:
    """The body with one subexpression exchanged, wherever it stands."""
    return ex.transform(body, lambda node: new if node == old else node)
