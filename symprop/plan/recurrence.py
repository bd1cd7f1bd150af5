"""The order of equations: each after what it reads, and groups that read themselves as one loop over a step.

Enters: equations in any order.  Leaves: `Unit`s in an order in which they can run.  A recurrence `H[n,t,j]` that reads
`H[n,t-1,k]` runs upwards over t; its adjoint, which reads `dH[n,t+1,k]`, downwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symprop.algebra.matching import alike
from symprop.errors import Fault, FormulaError
from symprop.language import Equation, Expr, Index, Position, Read
from symprop.language.expressions import Reduce, substitute, tensors_read


@dataclass(frozen=True)
class Unit:
    """Equations that run together: one, the ranges of one, or a recurrence over `step`."""

    equations: tuple[Equation, ...]
    step: Index | None = None
    downwards: bool = False


def order(equations: Sequence[Equation], in_place: Mapping[str, str] = {}) -> tuple[Unit, ...]:
    """Units in an order in which they can run, as near to the given order as that allows.

    Args:
        equations: of any order.
        in_place: tensors that are written where others lie, when all that reads those has run.
    """
    defined = {e.target: e for e in equations}
    reads = {e.target: [n for n in tensors_read(e.body) if n in defined] for e in equations}
    for new, old in in_place.items():
        reads[new] = [*(e.target for e in equations if old in tensors_read(e.body) and e.target != new), *reads[new]]
    return tuple(_unit([defined[name] for name in names], reads) for names in _components(list(defined), reads))


def _components(names: Sequence[str], reads: Mapping[str, Sequence[str]]) -> Iterator[list[str]]:
    """Strongly connected groups, dependencies first (Tarjan 1972), without recursion: chains can be long."""
    place: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    for root in names:
        if root in place:
            continue
        trail = [(root, iter(reads[root]))]
        place[root] = low[root] = len(place)
        open_[root] = None
        while trail:
            name, rest = trail[-1]
            step = next(rest, None)
            if step is None:
                trail.pop()
                if trail:
                    low[trail[-1][0]] = min(low[trail[-1][0]], low[name])
                if low[name] == place[name]:
                    group = [n for n in open_ if place[n] >= place[name]]
                    for member in group:
                        del open_[member]
                    yield sorted(group, key=names.index)
            elif step not in place:
                place[step] = low[step] = len(place)
                open_[step] = None
                trail.append((step, iter(reads[step])))
            elif step in open_:
                low[name] = min(low[name], place[step])


def _unit(equations: list[Equation], reads: Mapping[str, Sequence[str]]) -> Unit:
    if len(equations) == 1 and equations[0].target not in reads[equations[0].target]:
        return Unit((equations[0],))
    placed = {e.target: list(_placed_reads(e.body)) for e in equations}
    for axes in _axes_of_steps(equations, placed, {}):
        found = _along(equations, axes)
        if found:
            return found
    names = ", ".join(e.target for e in equations)
    raise FormulaError(
        Fault(
            equations[0].where or f"equation '{equations[0].target}'",
            f"{names} read each other, and no index runs so that every step reads steps before it alone",
            "A recurrence reads t-1, or t+1, but not both.",
        )
    )


def _plain_axes(equation: Equation) -> list[int]:
    return [axis for axis, position in enumerate(equation.indices) if position.index is not None]


Places = Mapping[str, "list[tuple[Read, tuple[Position, ...]]]"]


def _axes_of_steps(equations: Sequence[Equation], placed: Places, axes: dict[str, int]) -> Iterator[dict[str, int]]:
    """An axis for each target along which they may run together, given those of the first ones."""
    if len(axes) == len(equations):
        yield axes
        return
    equation = equations[len(axes)]
    for axis in _plain_axes(equation):
        tried = {**axes, equation.target: axis}
        if _is_placed(equations[: len(tried)], placed, tried):
            yield from _axes_of_steps(equations, placed, tried)


def _is_placed(equations: Sequence[Equation], placed: Places, axes: Mapping[str, int]) -> bool:
    """True where all that is read of each other is read of earlier steps, of later ones, or of the same one."""
    for equation in equations:
        own = equation.indices[axes[equation.target]].index
        for read, bounds in placed[equation.target]:
            at = axes.get(read.tensor)
            if own is None or (at is not None and _direction(read.indices[at], own, bounds) is None):
                return False
    return True


def _along(equations: list[Equation], axes: Mapping[str, int]) -> Unit | None:
    """The recurrence over the given axis of each target, None where reads run both ways or cannot be placed."""
    first = equations[0].indices[axes[equations[0].target]].index
    assert first is not None
    signs: set[int] = set()
    same_step: dict[str, list[str]] = {}
    for equation in equations:
        own = equation.indices[axes[equation.target]].index
        if own is None or own.extent != first.extent:
            return None
        for read, bounds in _placed_reads(equation.body):
            if read.tensor in axes:
                sign = _direction(read.indices[axes[read.tensor]], own, bounds)
                if sign is None:
                    return None
                signs.add(sign)
                if sign == 0:
                    same_step.setdefault(equation.target, []).append(read.tensor)
    if {1, -1} <= signs or signs == {0}:
        return None
    sorted_names = _acyclic([e.target for e in equations], same_step)
    if sorted_names is None:
        return None
    by_name = {e.target: rename(e, axes[e.target], first) for e in equations}
    return Unit(tuple(by_name[name] for name in sorted_names), first, 1 in signs)


def _placed_reads(expr: Expr, bounds: tuple[Position, ...] = ()) -> Iterator[tuple[Read, tuple[Position, ...]]]:
    """Reads with the positions that are known to be >= 0 where they stand."""
    own = tuple(c.position for c in getattr(getattr(expr, "domain", None), "constraints", ()) if c.kind == "ge")
    if isinstance(expr, Read):
        yield expr, bounds
    for child in expr.children():
        yield from _placed_reads(child, bounds + own)


def _direction(position: Position, own: Index, bounds: tuple[Position, ...]) -> int | None:
    """-1 for a read of earlier steps, 1 of later ones, 0 of the same step, None where that is not known."""
    difference = position - own
    if not difference.terms:
        offset = difference.offset.constant
        return None if offset is None else (offset > 0) - (offset < 0)
    for bound in bounds:
        for sign in (-1, 1):
            gap = difference * sign - bound - 1
            if not gap.terms and gap.offset.at_least(0):
                return sign
    return None


def _acyclic(names: list[str], reads: Mapping[str, Sequence[str]]) -> list[str] | None:
    done: list[str] = []
    while len(done) < len(names):
        ready = [n for n in names if n not in done and all(r in done for r in reads.get(n, ()))]
        if not ready:
            return None
        done.append(ready[0])
    return done


def rename(equation: Equation, axis: int, new: Index) -> Equation:
    """The equation with the index of an axis called `new`; an index that has the name already is called otherwise."""
    old = equation.indices[axis].index
    if old is None or old == new:
        return equation
    return relabel(equation, {old: new})


def relabel(equation: Equation, mapping: Mapping[Index, Index]) -> Equation:
    """The equation with free indices renamed at once."""
    moves = {old: Position.of(new) for old, new in mapping.items() if old != new}
    taken = {i.name for i in mapping.values()} | {i.name for i in equation.free}
    for other in equation.free:
        clash = other not in mapping and any(new.name == other.name for new in mapping.values())
        if clash:
            count = 1
            while f"{other.name}{count}" in taken:
                count += 1
            moves[other] = Position.of(Index(f"{other.name}{count}", other.extent))
            taken.add(f"{other.name}{count}")
    if not moves:
        return equation
    return replace(
        equation,
        indices=tuple(p.substitute(moves) for p in equation.indices),
        body=substitute(equation.body, moves),
        domain=equation.domain.substitute(moves),
    )


def same(left: Equation, right: Equation) -> bool:
    """True where two helpers are one up to names of indices: the maximum of a row of Z, whoever asks for it.

    Two equations may ask for different ones by one name: the row of Z/2 that defines P, and the row of P itself.
    """
    if len(left.indices) != len(right.indices) or left.domain or right.domain:
        return left == right
    bodies = []
    for helper in (left, right):
        own = {p.index: Position.of(Index(f"'{k}", p.index.extent)) for k, p in enumerate(helper.indices) if p.index}
        bodies.append(substitute(helper.body, own))
    return alike(*bodies)


def reductions(expr: Expr) -> Iterator[Reduce]:
    """The outermost reductions of an expression."""
    if isinstance(expr, Reduce):
        yield expr
        return
    for child in expr.children():
        yield from reductions(child)
