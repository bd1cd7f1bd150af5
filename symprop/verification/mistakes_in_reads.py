"""Mistakes in what is read: another tensor, the transpose, another step of time, a flipped kernel.

Enters: a subexpression and its scope.  Leaves: wrong ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from symprop.language import Extent, Position, Read, Tensor
from symprop.language import expressions as ex
from symprop.verification.mistakes import COMMON, SELDOM, Change, Scope, exchanged

REVERSED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "!=", "!=": "=="}


def operands(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Another tensor of the same shape, the same one transposed, or a neighbour of the entry."""
    if not isinstance(expr, Read) or not expr.indices:
        return
    if expr.tensor in scope.steps_of_yours:
        yield from _transposed(expr, scope.steps_of_yours[expr.tensor])
    own = scope.tensors.get(expr.tensor)
    if own is None:
        return
    yield from _transposed(expr, own)
    for other in scope.tensors.values():
        if other.name != own.name and stands_for(other, own):
            yield Change(SELDOM, Read(other.name, expr.indices), f"{other.name} stands in place of {own.name}")
    for number in scope.added.get(own.name, ()):
        sum_, words = ex.add(expr, number), "{} stands in place of {}"
        yield Change(SELDOM, sum_, words, (sum_, expr), f"{words} everywhere")
    for words, change in (("stride", _without_stride), ("padding", _without_padding)):
        plain = Read(own.name, [change(position) for position in expr.indices])
        if plain != expr:
            yield Change(COMMON, plain, f"the {words} is left out, {plain} stands in place of {expr}")
    for axis, position in enumerate(expr.indices):
        for new in _neighbours(position, (own.name, axis) in scope.steps):
            moved = Read(own.name, (*expr.indices[:axis], new, *expr.indices[axis + 1 :]))
            yield Change(COMMON, moved, f"{moved} stands in place of {expr}")


def _transposed(expr: Read, own: Tensor) -> Iterator[Change]:
    """Two axes of the same extent exchanged."""
    for one, other in combinations(range(len(own.axes)), 2):
        if own.axes[one] == own.axes[other] and expr.indices[one] != expr.indices[other]:
            at = {one: expr.indices[other], other: expr.indices[one]}
            new = Read(own.name, [at.get(axis, position) for axis, position in enumerate(expr.indices)])
            words = f"{own.name} is transposed{'' if len(own.axes) == 2 else exchanged_axes(own.axes[one])}"
            yield Change(COMMON, new, words, (), f"{words} everywhere")


def exchanged_axes(extent: Extent) -> str:
    """Which axes: by their extent, which is the same however the user has them."""
    return f", its axes of extent {extent} exchanged"


def stands_for(other: Tensor, own: Tensor) -> bool:
    """Whether a tensor could be taken for another one."""
    return other.axes == own.axes and other.dtype == "real"


def _neighbours(position: Position, steps: bool) -> Iterator[Position]:
    """t and t + 1 for t - 1; of a window, the same one step off or read backwards."""
    if steps or position.index is None:
        yield from (position + k for k in (1, -1, 2, -2))


def _without_stride(position: Position) -> Position:
    """p + u for 2*p + u."""
    if len(position.terms) < 2:
        return position
    return Position({atom: 1 if factor > 1 else factor for atom, factor in position.terms}, position.offset)


def _without_padding(position: Position) -> Position:
    """p + u for p + u - 1."""
    return Position(dict(position.terms)) if len(position.terms) > 1 else position


def backwards(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """A kernel that is flipped."""
    if not isinstance(expr, ex.Reduce) or expr.op != "sum":
        return
    moving = {i for r in ex.reads(expr.body) for p in r.indices if len(p.terms) > 1 for i in p.index_atoms()}
    for read in ex.reads(expr.body):
        for axis, position in enumerate(read.indices):
            index = position.index
            if index is not None and index in moving and index in expr.indices:
                at = Position.of(index.extent - 1) - index
                flipped = Read(read.tensor, (*read.indices[:axis], at, *read.indices[axis + 1 :]))
                body = exchanged(expr.body, read, flipped)
                yield Change(COMMON, expr.rebuild((body,)), f"{read.tensor} is reversed along axis {axis}")


def arguments(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Z for tanh(Z); a condition the wrong way round."""
    if isinstance(expr, ex.Call) and len(expr.args) == 1:
        yield Change(SELDOM, expr.args[0], "{} stands in place of {}", (expr.args[0], expr))
    if isinstance(expr, ex.Where) and isinstance(expr.condition, ex.Compare):
        other = ex.Compare(expr.condition.left, REVERSED[expr.condition.op], expr.condition.right)
        new = ex.where(other, expr.then, expr.otherwise)
        yield Change(SELDOM, new, "{} stands in place of {}", (new, expr))
