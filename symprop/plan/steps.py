"""What of a recurrence need not be done step by step, or in a loop of its own.

- A sum that reads nothing the recurrence writes is taken of all steps at once, before it: one large product.
- A factor of a product that is the same at all steps is stored the way round it is read, before it.
- An equation by ranges of an index, [m <= 63]*... + [m >= 64]*..., is one equation for each of the ranges.
- Equations over the same indices share a loop body where they read each other at the place that is being computed.

Enters: the equations of a recurrence.  Leaves: equations that come before it, and the bodies of its loops.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symprop.language import Equation, Expr, Index, Position, Read, Tensor
from symprop.language.expressions import (
    ZERO,
    Guard,
    Reduce,
    free_indices,
    gathers,
    guard,
    mul,
    reads,
    substitute,
    tensors_read,
    transform,
    walk,
)
from symprop.language.indices import Constraint, Domain
from symprop.plan.contraction import TURNED, Split, outermost, scratch, sides, turned_operand, work
from symprop.plan.recurrence import Unit, relabel

MOST_RANGES = 8
"""Ranges of an index that become equations: each of them is code of its own."""


def prepared(unit: Unit, tensors: dict[str, Tensor], least: int, turned: bool) -> tuple[list[Equation], Unit]:
    """The equations that come before a recurrence, and what is left of it.

    Args:
        unit: the recurrence.
        tensors: every tensor by name; those this takes are added.
        least: multiplications, the batch counted as 32 rows, under which a sum stays where it is.
        turned: whether factors are turned and ranges told apart, for vector code.
    """
    before: list[Equation] = []
    found: list[Equation] = []
    for equation in unit.equations:
        change = _Before(unit, equation, tensors, least, turned, before)
        changed = equation if equation.domain else equation.with_body(outermost(equation.body, change))
        found += ranges(changed, unit.step) if turned else [changed]
    return before, replace(unit, equations=tuple(found))


class _Before:
    """Sums of an equation as reads of what is made before the first step."""

    def __init__(
        self, unit: Unit, equation: Equation, tensors: dict[str, Tensor], least: int, turned: bool,
        before: list[Equation],
    ) -> None:
        self.unit, self.equation, self.tensors, self.before = unit, equation, tensors, before
        self.least, self.turned = least, turned
        self.own = {e.target for e in unit.equations}

    def __call__(self, node: Reduce) -> Expr:
        used = [i for i in self.equation.free if i in free_indices(node)]
        if work(used) * work(node.indices) < self.least:
            return node
        if self._changes(node):
            return self._with_turned(node) if self.turned else node
        name = scratch(self.equation.target, self.tensors)
        self.tensors[name] = Tensor(name, tuple(i.extent for i in used))
        places = tuple(map(Position.of, used))
        self.before.append(Equation(name, places, node, self.equation.number, origin=self.equation.origin))
        return Read(name, places)

    def _changes(self, expr: Expr) -> bool:
        return bool(self.own & set(tensors_read(expr)))

    def _with_turned(self, node: Reduce) -> Expr:
        """sum[m](dp[n,t+1,m]*U[j,m]) as sum[m](dp[n,t+1,m]*U_1[m,j])."""
        apart = sides(node, self.equation.free) if node.op == "sum" and not node.domain else None
        if apart is None:
            return node
        constant, left, right = apart
        columns = [i for i in self.equation.free if any(i in free_indices(f) for f in right)]
        fixed = not any(map(self._changes, right)) and self.unit.step not in columns
        if not fixed or work(columns) < TURNED or any(i.extent.names for i in (*columns, *node.indices)):
            return node
        out = Split()
        read = turned_operand(right, list(node.indices), columns, self.equation, self.tensors, out)
        self.before += out.operands
        return mul(*constant, Reduce("sum", node.indices, mul(*left, read)))


# -- ranges ------------------------------------------------------------------------------------------------------------


def ranges(equation: Equation, step: Index | None = None) -> list[Equation]:
    """The equation for each range of an index, not the steps, in which the same terms are left."""
    for index in reversed([i for p in equation.indices if (i := p.index) is not None]):
        end = index.extent.constant
        if end is None or index == step or equation.domain:
            continue
        starts = sorted({0, *(s for s in _starts(equation.body, index) if 0 < s < end)})
        if 1 < len(starts) <= MOST_RANGES:
            return [_within(equation, index, low, high) for low, high in zip(starts, [*starts[1:], end], strict=True)]
    return [equation]


def _starts(expr: Expr, index: Index) -> Iterator[int]:
    """Where guards begin to hold, or cease to."""
    for constraint in (c for node in walk(expr) if isinstance(node, Guard) for c in node.domain.constraints):
        sign, offset = constraint.position.coefficient(index), constraint.position.offset.constant
        if len(constraint.position.terms) == 1 and abs(sign) == 1 and offset is not None:
            place = -offset * sign
            yield from (place, place + 1) if constraint.kind == "eq" else (place if sign > 0 else place + 1,)


def _within(equation: Equation, index: Index, low: int, high: int) -> Equation:
    """The equation where low <= index < high, counted from low on."""
    own = {index: Position.of(Index(index.name, high - low)) + low}
    body = transform(substitute(equation.body, own), _decided)
    return replace(equation, indices=tuple(p.substitute(own) for p in equation.indices), body=body)


def _decided(expr: Expr) -> Expr:
    """An expression without the constraints of its guard that always hold, 0 where one never does."""
    if not isinstance(expr, Guard):
        return expr
    verdicts: dict[Constraint, bool | None] = {c: c.verdict() for c in expr.domain.constraints}
    if False in verdicts.values():
        return ZERO
    return guard(Domain(c for c, holds in verdicts.items() if not holds), expr.body)


# -- loop bodies -------------------------------------------------------------------------------------------------------


def bodies(unit: Unit) -> list[list[Equation]]:
    """The equations of a recurrence by loop body."""
    found: list[list[Equation]] = []
    for equation in unit.equations:
        own = _joined(found[-1], equation, unit.step) if found else None
        if own is None:
            found.append([equation])
        else:
            found[-1].append(own)
    return found


def _joined(group: list[Equation], equation: Equation, step: Index | None) -> Equation | None:
    """The equation with the indices of a group that it can share a body with, or None."""
    first = group[0]
    if any(e.domain or _has_sum(e) for e in (first, equation)) or list(gathers(equation.body)):
        return None
    mine, its = ([i for i in e.free if i != step] for e in (equation, first))
    if not mine or [i.extent for i in mine] != [i.extent for i in its]:
        return None
    renamed = relabel(equation, dict(zip(mine, its, strict=True)))
    for read in reads(renamed.body):
        # what is one of several ranges is not known by its name alone
        if [e.indices for e in group if e.target == read.tensor] not in ([], [read.indices]):
            return None
    return renamed


def _has_sum(equation: Equation) -> bool:
    return any(isinstance(node, Reduce) for node in walk(equation.body))
