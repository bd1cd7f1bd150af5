"""What the stages of a program cost, counted from their equations.

Enters: a program, and sizes of the named extents.  Leaves: a `StageCost` for each stage.  A subexpression is evaluated
once in a loop body, once for each value of the indices it depends on, and where its guards hold.

    a + b, a*b, a/b, comparisons, abs, sign, floor, max, min, selects   1 each
    a term of a sum, a candidate of a maximum                           1, besides its own operations
    x**n, n up to 8                                                     n - 1, and 1 for a reciprocal
    x**(n + 1/2)                                                        n, and a call of sqrt
    sqrt, other powers, exp, log, tanh, sin, ...                        a call

Both branches of a choice count: vector code computes both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from symprop.language import Domain, Equation, Expr, Extent, Function, Index, Optimizer, Position, Read, Tensor
from symprop.language import expressions as ex
from symprop.language.indices import Constraint, Gather, within
from symprop.plan.expansion import expand
from symprop.plan.floor import BYTES, INTEGER_BYTES, PLACE_BYTES
from symprop.plan.fusion import scattered
from symprop.plan.points import entries, points
from symprop.plan.values import KernelPlan, Program, Stage

KINDS = (
    "contraction",
    "convolution",
    "window",
    "map",
    "rows",
    "reduction",
    "gather",
    "scatter",
    "recurrence",
    "clipping",
    "update",
)
CHEAP = ("abs", "sign", "floor", "max", "min")
LARGEST_POWER = 8
"""Exponents up to which a power is products, and beyond which it is a function."""
Guards = tuple[Constraint, ...]


@dataclass(frozen=True)
class StageCost:
    """A stage and its cost.

    Args:
        kind: one of `KINDS`.
        numbers: of the derivation's equations.
        names: tensors it computes that are stored.
        flops: additions, multiplications and the like.
        calls: evaluations of functions by name.
        read, written: bytes of arrays, each once.
        work: bytes among them that lie in scratch buffers.
    """

    kind: str
    numbers: tuple[int, ...]
    names: tuple[str, ...]
    flops: int
    calls: Mapping[str, int]
    read: int
    written: int
    work: int

    @property
    def functions(self) -> int:
        """Evaluations of all functions."""
        return sum(self.calls.values())


@dataclass
class Tally:
    """Counts of the equations of a stage.

    Args:
        tensors: every tensor by name.
        sizes: integers for the names in extents.
        known: subexpressions that the loop body has already.
        read: how many entries are read of each tensor, repetitions included.
    """

    tensors: Mapping[str, Tensor]
    sizes: Mapping[str, int]
    flops: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    known: set[tuple[Expr, Guards]] = field(default_factory=set)

    @cached_property
    def ranges(self) -> dict[str, Extent]:
        """Extents in which the values of integer tensors lie."""
        return {t.name: t.high for t in self.tensors.values() if t.dtype == "integer" and t.high is not None}

    @property
    def operations(self) -> int:
        """Of all kinds."""
        return self.flops + self.calls.total()

    def equation(self, equation: Equation) -> None:
        """Count an equation."""
        self.expression(equation.body, equation.domain.constraints)

    def expression(self, expr: Expr, guards: Guards) -> None:
        """Count an expression that is evaluated where the guards hold."""
        free = ex.free_indices(expr)
        held = tuple(c for c in guards if free >= set(c.position.index_atoms()))
        if (expr, held) in self.known:
            return
        self.known.add((expr, held))
        if isinstance(expr, ex.Guard):
            self.expression(expr.body, (*held, *expr.domain.constraints))
        elif isinstance(expr, ex.Reduce):
            inner = (*held, *expr.domain.constraints, *self._inside(expr))
            self.flops += points((*free, *expr.indices), inner, self.sizes)
            self.expression(expr.body, inner)
        else:
            self._node(expr, free, held)

    def _node(self, expr: Expr, free: Iterable[Index], guards: Guards) -> None:
        children = expr.children()
        flops, call = own_work(expr)
        if flops or call or isinstance(expr, Read):
            times = points(free, guards, self.sizes)
            self.flops += flops * times
            self.calls.update({call: times} if call else {})
            self.read.update({expr.tensor: times} if isinstance(expr, Read) else {})
        if isinstance(expr, ex.Mul):
            children = tuple(_denominator(c) for c in children)
        for child in children:
            self.expression(child, guards)

    def _inside(self, total: ex.Reduce) -> Guards:
        """Where no factor of a sum's terms is read out of bounds: there it is 0, and the term is left out."""
        factors = total.body.factors if isinstance(total.body, ex.Mul) else (total.body,)
        if total.op != "sum":
            return ()
        found: list[Constraint] = []
        for read in (f for f in factors if isinstance(f, Read)):
            for position, axis in zip(read.indices, self.tensors[read.tensor].axes, strict=True):
                if not within(position, axis, self.ranges):
                    found += Domain.inside(position, axis).constraints
        return tuple(found)


def own_work(expr: Expr) -> tuple[int, str]:
    """Operations of a node itself, and the function it calls, "" for none."""
    match expr:
        case ex.Add():
            return len(expr.terms) - 1, ""
        case ex.Mul():
            return _product(expr), ""
        case ex.Pow():
            return _power(expr.exponent)
        case ex.Compare() | ex.Where():
            return 1, ""
        case ex.Call():
            return (1, "") if expr.name in CHEAP else (0, expr.name)
    return 0, ""


def _product(expr: ex.Mul) -> int:
    """One less than factors; a sign is no operation, and a product of reciprocals alone divides 1."""
    factors = [f for f in expr.factors if f != ex.MINUS_ONE]
    return len(factors) - 1 + all(_denominator(f) is not f for f in factors)


def _denominator(factor: Expr) -> Expr:
    """b of a factor 1/b: a division takes the place of the product; other factors themselves."""
    value = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
    if isinstance(factor, ex.Pow) and value is not None and value < 0:
        return ex.power(factor.base, ex.Number(-value))
    return factor


def _power(exponent: Expr) -> tuple[int, str]:
    value = ex.number(exponent)
    if value is None or value.denominator > 2 or abs(value) > LARGEST_POWER:
        return 0, "power"
    whole, half = divmod(abs(value), 1)
    factors = whole + bool(half)
    return max(factors - 1, 0) + (value < 0), "sqrt" if half else ""


def program_cost(plan: KernelPlan, program: Program, sizes: Mapping[str, int], dtype: str) -> tuple[StageCost, ...]:
    """The stages of a program.

    Args:
        plan: the plan it belongs to.
        program: one of its programs.
        sizes: integers for the names in extents, N among them.
        dtype: "float32" or "float64".
    """
    tensors = dict(plan.tensors)
    roles = {b.name: b.role for b in program.buffers}
    return tuple(_stage(stage, tensors, roles, sizes, dtype) for stage in program.stages)


def _stage(
    stage: Stage, tensors: Mapping[str, Tensor], roles: Mapping[str, str], sizes: Mapping[str, int], dtype: str
) -> StageCost:
    bodies = [*([(stage.product.equation,)] if stage.product else []), *stage.groups]
    tally, heaviest, most = Tally(tensors, sizes), bodies[0][0], -1
    for body in bodies:
        tally.known.clear()
        for equation in body:
            before = tally.operations
            tally.equation(equation)
            if tally.operations - before > most:
                heaviest, most = equation, tally.operations - before

    def size(name: str, times: int | None = None) -> int:
        tensor = tensors[name]
        whole = entries(tensor.axes, sizes)
        integer = PLACE_BYTES if name in roles else INTEGER_BYTES
        each = integer if tensor.dtype == "integer" else BYTES[dtype]
        return min(whole, times or whole) * each

    read = {n: size(n, tally.read[n]) for n in stage.inputs}
    written = {n: size(n) for n in stage.outputs if roles[n] not in ("local", "passing")}
    work = sum(moved for n, moved in (*read.items(), *written.items()) if roles.get(n) == "work")
    moved = sum(read.values()), sum(written.values())
    kind = _kind(stage, heaviest)
    return StageCost(kind, stage.numbers, tuple(written), tally.flops, dict(tally.calls), *moved, work)


def _kind(stage: Stage, heaviest: Equation) -> str:
    if stage.form == "loops" and stage.shared:
        return "recurrence"
    if scattered(heaviest):
        return "scatter"
    sums = [n for n in ex.walk(heaviest.body) if isinstance(n, ex.Reduce)]
    if not sums:
        return "gather" if any(map(_gathers, ex.reads(heaviest.body))) else "map"
    if any(map(_slides, sums)):
        return "convolution" if any(_slides(n) and len(_factors(n)) > 1 for n in sums) else "window"
    if stage.product is not None or any(map(_contracts, sums)):
        return "contraction"
    return "rows" if heaviest.indices else "reduction"


def _gathers(read: Read) -> bool:
    return any(isinstance(atom, Gather) for p in read.indices for atom, _ in p.terms)


def _factors(total: ex.Reduce) -> list[Read]:
    """Tensors whose product is summed over their common indices."""
    factors = total.body.factors if total.op == "sum" and isinstance(total.body, ex.Mul) else ()
    return [f for f in factors if isinstance(f, Read) and ex.free_indices(f) & set(total.indices)]


def _contracts(total: ex.Reduce) -> bool:
    """True of a product of tensors that each have an index the other lacks."""
    found = [ex.free_indices(f) for f in _factors(total)]
    return any(a - b and b - a for a in found for b in found)


def _slides(total: ex.Reduce) -> bool:
    """True where a bound index and another one add up to a place."""
    reads = [p for r in ex.reads(total.body) for p in r.indices]
    ties = [c.position for c in total.domain.constraints if c.kind == "eq"]
    return any(_added(p) > 1 and set(p.index_atoms()) & set(total.indices) for p in (*reads, *ties))


def _added(position: Position) -> int:
    return sum(isinstance(atom, Index) for atom, _ in position.terms)


def update_cost(
    optimizer: Optimizer, functions: Mapping[str, Function], trained: int, dtype: str
) -> tuple[StageCost, ...]:
    """The optimizer's step over `trained` entries, behind the clipping of the gradient where there is one."""
    each = BYTES[dtype] * trained
    clip = StageCost("clipping", (), (), 3 * trained, {}, 2 * each, each, 0)
    place = Index("place", trained)
    arrays = {"w", "g", *optimizer.state, *(e.target for e in optimizer.equations)}
    tensors = {n: Tensor(n, (place.extent,)) for n in arrays}
    tally = Tally(tensors, {})
    for equation in optimizer.equations:
        tally.known.clear()
        tally.expression(_at(expand(equation.body, dict(functions)), arrays, place), ())
    names = ("w", *optimizer.state)
    moved = (len(names) + 1) * each, len(names) * each
    cost = StageCost("update", (), names, tally.flops, dict(tally.calls), *moved, 0)
    return (clip, cost) if optimizer.clip_norm is not None else (cost,)


def _at(expr: Expr, arrays: set[str], place: Index) -> Expr:
    """The expression with entries of arrays in place of scalars."""
    at: Sequence[Position] = [Position.of(place)]
    return ex.transform(expr, lambda e: Read(e.tensor, at) if isinstance(e, Read) and e.tensor in arrays else e)
