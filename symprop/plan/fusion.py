"""Which equations share a loop nest, decided by what they read of each other.

Enters: units in running order.  Leaves: stages.  Three rules, each sound on its own:

- equations of the same free indices share a body where they read each other at exactly those indices;
- groups share the loops over leading indices where they read each other at exactly those;
- a matrix product takes the loop nest behind it as its epilogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from symprop.language import Equation, Extent, Index, Position
from symprop.language.expressions import Guard, Mul, Reduce, free_indices, gathers, reads, tensors_read, walk
from symprop.language.indices import Gather
from symprop.plan.contraction import equation_flops
from symprop.plan.recurrence import Unit, reductions, relabel
from symprop.plan.steps import bodies
from symprop.plan.values import Product, Stage

LONGEST = 16
"""Groups in one stage: a loop body that grows without bound takes longer and longer to compile."""


@dataclass
class Open:
    """A stage that may still take equations."""

    groups: list[list[Equation]] = field(default_factory=list)
    shared: tuple[Index, ...] = ()
    product: Product | None = None
    recurrence: bool = False
    downwards: bool = False

    def targets(self) -> set[str]:
        """Tensors the stage writes."""
        own = {e.target for g in self.groups for e in g}
        return own | ({self.product.out} if self.product else set())


def fuse(items: Iterable[Unit | Product], in_place: Mapping[str, str] = {}) -> tuple[Stage, ...]:
    """Stages for products and units, in the given order.

    Args:
        items: in an order in which they can run.
        in_place: tensors that are written where others lie, which no other equation of a stage may read then.
    """
    done: list[Open] = []
    for item in items:
        if isinstance(item, Product):
            done.append(Open(product=item, shared=tuple(_plain(item.equation) or ())))
        elif item.step is not None:
            done.append(_recurrence(item))
        elif len(item.equations) > 1:
            done.append(Open(bodies(item)))
        elif not (done and _apart(done[-1], item.equations[0], in_place) and _join(done[-1], item.equations[0])):
            done.append(Open([[item.equations[0]]], tuple(item.equations[0].free)))
    return tuple(map(_close, done))


def _apart(stage: Open, equation: Equation, in_place: Mapping[str, str]) -> bool:
    """True where the stage reads nothing of what the equation overwrites, nor the equation what the stage does."""
    inside = [*([stage.product.equation] if stage.product else []), *(e for g in stage.groups for e in g)]
    read = {n for e in inside for n in tensors_read(e.body)}
    overwritten = {in_place[e.target] for e in inside if e.target in in_place}
    return in_place.get(equation.target) not in read and not overwritten & set(tensors_read(equation.body))


def _recurrence(unit: Unit) -> Open:
    assert unit.step is not None
    return Open(bodies(unit), (unit.step,), None, True, unit.downwards)


def _plain(equation: Equation) -> list[Index] | None:
    """The free indices, where each axis is one of them alone."""
    found = [p.index for p in equation.indices]
    return None if None in found else [i for i in found if i is not None]


def _join(stage: Open, equation: Equation) -> bool:
    """Take the equation into the stage where a rule allows it."""
    free = _plain(equation)
    if len(stage.groups) >= LONGEST or stage.recurrence or not free or equation.domain or not stage.shared:
        return False
    if stage.groups and any(e.domain or _plain(e) is None for g in stage.groups for e in g):
        return False
    if not free[0].extent.names and not stage.targets() & set(tensors_read(equation.body)):
        return False
    whole = [e for g in stage.groups for e in g]
    depth = min(_common(stage.shared, free), *map(_shareable, (*whole, equation)))
    if stage.groups and depth == len(free) and any(map(_busy, (*stage.groups[-1], equation))):
        depth -= 1
    own = [stage.product.equation] if stage.product else [e for g in stage.groups for e in g]
    while depth:
        mapping = dict(zip(free[:depth], stage.shared[:depth], strict=True))
        renamed = relabel(equation, mapping)
        if depth > 1 and any(_is_row(e, stage.shared[depth - 1]) for e in (*own, renamed)):
            depth -= 1
            continue
        if _reads_at(renamed, stage.targets(), stage.shared[:depth]):
            _add(stage, renamed, depth)
            return True
        depth -= 1
    return False


def _busy(equation: Equation) -> bool:
    """True where every point takes a sum whose terms lie in memory along the last index: it is better a loop alone."""
    last = Position.of(equation.free[-1]) if equation.free else None
    sums = [r for r in reductions(equation.body) if free_indices(r) >= set(equation.free)]
    return any(read.indices[-1:] == (last,) for total in sums for read in reads(total.body))


def _is_row(equation: Equation, index: Index) -> bool:
    """True where a step of the index is a row of a matrix product: rows are taken together, in a loop of their own."""
    for total in reductions(equation.body):
        bound = set(total.indices)
        factors = total.body.factors if total.op == "sum" and isinstance(total.body, Mul) else ()
        inside = [free_indices(f) for f in factors if bound & free_indices(f)]
        if any(index in f for f in inside) and any(index not in f and f - bound for f in inside):
            return True
    return False


def _shareable(equation: Equation) -> int:
    """How many leading loops others may stand in: not those along which a sum reads one window again and again.

    What is read of the window is used for several of their steps at once where they are loops of the sum's own.
    """
    for total in reductions(equation.body):
        factors = list(reads(total.body))
        if any(len(p.terms) > 1 for read in factors for p in read.indices):
            own = [{a for p in read.indices for a in p.index_atoms()} for read in factors]
            reused = [k for k, i in enumerate(equation.free) if k and any(i not in indices for indices in own)]
            return min(reused, default=len(equation.free))
    return len(equation.free)


def _common(shared: Sequence[Index], free: Sequence[Index]) -> int:
    depth = 0
    while depth < min(len(shared), len(free)) and shared[depth].extent == free[depth].extent:
        depth += 1
    return depth


def _reads_at(equation: Equation, targets: set[str], indices: Sequence[Index]) -> bool:
    """True where targets are read with exactly the given leading indices; a bound index of the name is another."""
    wanted = [Position.of(i) for i in indices]
    if any(isinstance(n, Reduce) and set(n.indices) & set(indices) for n in walk(equation.body)):
        return False
    places = [(r.tensor, r.indices) for r in reads(equation.body)]
    places += [(g.tensor, g.positions) for g in gathers(equation.body)]
    return all(list(at[: len(wanted)]) == wanted for name, at in places if name in targets)


def _add(stage: Open, equation: Equation, depth: int) -> None:
    last = stage.groups[-1] if stage.groups else []
    free, own = equation.free, last[0].free if last else ()
    busy = any(map(_busy, (*last, equation)))
    if last and not busy and [i.extent for i in own] == [i.extent for i in free]:
        renamed = relabel(equation, dict(zip(free, own, strict=True)))
        if _reads_at(renamed, {e.target for e in last}, own):
            last.append(renamed)
            stage.shared = stage.shared[:depth]
            return
    stage.groups.append([equation])
    stage.shared = stage.shared[:depth]


def _close(stage: Open) -> Stage:
    flat = [e for g in stage.groups for e in g]
    own = [*([stage.product.equation] if stage.product else []), *flat]
    outputs = tuple(dict.fromkeys(e.target for e in own))
    inputs = tuple(dict.fromkeys(n for e in own for n in tensors_read(e.body) if n not in outputs))
    groups = tuple(map(tuple, stage.groups))
    # a single group keeps all its loops to itself
    shared = stage.shared if len(groups) > 1 or stage.recurrence else ()
    return Stage(
        _form(stage, flat),
        groups,
        shared,
        tuple(dict.fromkeys(e.number for e in own if e.number)),
        inputs,
        outputs,
        sum((equation_flops(e) for e in own), Extent.of(0)),
        stage.product,
        stage.downwards,
    )


def _form(stage: Open, equations: Sequence[Equation]) -> str:
    if stage.product is not None:
        return "contraction"
    if stage.recurrence:
        return "loops"
    if any(scattered(e) for e in equations):
        return "scatter"
    if any(isinstance(a, Gather) for e in equations for r in reads(e.body) for p in r.indices for a, _ in p.terms):
        return "gather"
    if len(stage.groups) > 1:
        return "rows"
    bodies = [n for e in equations for n in walk(e.body)]
    if len(equations) == 1 and isinstance(equations[0].body, Reduce):
        return "reduction"
    if any(isinstance(n, Reduce) for n in bodies):
        return "rows" if equations[0].indices else "reduction"
    return "map" if not any(isinstance(n, Guard) for n in bodies) else "loops"


def scattered(equation: Equation) -> Index | None:
    """The free index that a sum's domain ties to an integer tensor: dE[v,d] = sum[n: tok[n] == v](dy[n,d])."""
    body = equation.body
    if not isinstance(body, Reduce) or body.op != "sum" or _plain(equation) is None:
        return None
    for constraint in body.domain.constraints:
        if constraint.kind == "eq" and any(constraint.position.gathers()):
            for index in equation.free:
                if constraint.position.solvable(index):
                    return index
    return None
