"""Networks made ready for differentiation: maxima become gathers, bound indices get names of their own.

Enters: a network.  Leaves: an equivalent one whose equations hold no max or min over indices: `m = max[u](e(u))` is now
`I = argmax[u](e(u))`, an integer tensor that is not differentiated, and `m = e(I)`.  This is where "the first maximal
index" is decided, once for every pooling, sort and norm.  A derivative(u[n], x[n,i]) in a formula becomes a tensor, the
tangent of u along x.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from symprop.algebra.terms import Facts
from symprop.derivation.derivatives import with_derivatives
from symprop.errors import Fault, InputError
from symprop.language import EVERYWHERE, Domain, Equation, Extent, Gather, Index, Network, Position, Tensor, ranges
from symprop.language import expressions as ex


def normalise(network: Network) -> Network:
    """The network with numbered equations, reductions other than sums replaced by gathers, and numbered from 1."""
    tensors = dict(network.tensors)
    equations: list[Equation] = []
    for equation in network.equations:
        for new, tensor in _split(equation, tensors):
            tensors.setdefault(new.target, tensor or tensors.get(new.target) or _undeclared(new))
            equations.append(new)
    whole = with_derivatives(replace(network, tensors=tensors, equations=tuple(equations)))
    numbered = tuple(replace(e, number=k) for k, e in enumerate(whole.equations, 1))
    _refuse_two_way_recurrences(numbered)
    updates, inference = _apart(network.updates), _apart(network.inference)
    return replace(whole, equations=numbered, updates=updates, inference=inference)


def _apart(equations: Iterable[Equation]) -> tuple[Equation, ...]:
    """The equations with names of their own for all bound indices."""
    return tuple(e.with_body(ex.rename_apart(e.body, [i.name for i in e.free])) for e in equations)


def _undeclared(equation: Equation) -> Tensor:
    axes = []
    for position in equation.indices:
        bounds = position.bounds()
        axes.append(bounds[1] + 1 if bounds else Extent.of(1))
    return Tensor(equation.target, tuple(axes), role="intermediate" if axes else "loss")


def _split(equation: Equation, tensors: Mapping[str, Tensor]) -> Iterator[tuple[Equation, Tensor | None]]:
    """The helper equations of an equation, then the equation itself."""
    (equation,) = _apart([equation])
    helpers: list[tuple[Equation, Tensor]] = []

    def visit(node: ex.Expr, around: Domain) -> ex.Expr:
        if isinstance(node, ex.Guard | ex.Reduce):
            around = around & node.domain
        children = node.children()
        node = node.rebuild(tuple(visit(child, around) for child in children)) if children else node
        return picked(node, around) if isinstance(node, ex.Reduce) and node.op in ("max", "min") else node

    def picked(node: ex.Reduce, around: Domain) -> ex.Expr:
        free = sorted(ex.free_indices(node), key=lambda i: (_rank(i, equation), i.name))
        inside = _reads_in_range(node.body, tensors)
        defined = _needed(node.body, around, free, tensors)
        where: dict[Index, Position] = {}
        for index in node.indices:
            name = _free_name(f"I_{equation.target}_{index.name}", tensors, helpers)
            pick = ex.Reduce(f"arg{node.op}", node.indices, node.body, node.domain & inside, index)
            helper = Equation(name, tuple(map(Position.of, free)), pick, domain=defined, origin=equation.origin)
            axes = tuple(i.extent for i in free)
            helpers.append((helper, Tensor(name, axes, "integer", high=index.extent, origin=equation.origin)))
            where[index] = Position.of(Gather(name, map(Position.of, free)))
        # over no point a maximum is 0; a product of reads is that by itself where one of them is out of bounds
        domain = node.domain if _vanishes_outside(node.body) else node.domain & inside
        return ex.guard(domain.substitute(where) if domain else EVERYWHERE, ex.substitute(node.body, where))

    body = visit(equation.body, equation.domain)
    yield from helpers
    yield equation.with_body(body), None


def _vanishes_outside(body: ex.Expr) -> bool:
    factors = body.factors if isinstance(body, ex.Mul) else (body,)
    return all(isinstance(factor, ex.Read | ex.Number) for factor in factors)


def _needed(body: ex.Expr, around: Domain, free: list[Index], tensors: Mapping[str, Tensor]) -> Domain:
    """Where a maximum is looked for: everywhere, but an integer tensor is not read where a guard forbids it."""
    facts = Facts({t.name: t.axes for t in tensors.values()}, ranges(tensors.values()))
    if all(facts.holds(facts.guards(g)) for g in ex.gathers(body)):
        return EVERYWHERE
    return Domain(c for c in around.constraints if set(c.position.index_atoms()) <= set(free))


def _rank(index: Index, equation: Equation) -> int:
    return equation.free.index(index) if index in equation.free else len(equation.free)


def _free_name(name: str, tensors: Mapping[str, Tensor], helpers: list[tuple[Equation, Tensor]]) -> str:
    taken = set(tensors) | {t.name for _, t in helpers}
    while name in taken:
        name += "_"
    return name


def _reads_in_range(body: ex.Expr, tensors: Mapping[str, Tensor], given: Domain = EVERYWHERE) -> Domain:
    """A maximum ignores the points at which its body reads outside a tensor: padding never wins.

    Reads below a reduction do not count: a sum over a window that reaches beyond the edge is a value like any other.
    """
    if isinstance(body, ex.Reduce):
        return EVERYWHERE
    if isinstance(body, ex.Guard):
        given = given & body.domain
    domain = EVERYWHERE
    if isinstance(body, ex.Read) and body.tensor in tensors:
        for position, extent in zip(body.indices, tensors[body.tensor].axes, strict=False):
            inside = Domain.inside(position, extent).constraints
            domain = domain & Domain(c for c in inside if c.verdict() is not True and c not in given.constraints)
    for child in body.children():
        domain = domain & _reads_in_range(child, tensors, given)
    return domain


def _refuse_two_way_recurrences(equations: tuple[Equation, ...]) -> None:
    """An equation may read its own target before or behind an entry, not both: no order could compute it."""
    for equation in equations:
        shifts: dict[int, set[int]] = {}
        for read in ex.reads(equation.body):
            if read.tensor == equation.target:
                for axis, (there, here) in enumerate(zip(read.indices, equation.indices, strict=True)):
                    step = None if (there - here).terms else (there - here).offset.constant
                    if step:
                        shifts.setdefault(axis, set()).add(1 if step > 0 else -1)
        if any(len(signs) == 2 for signs in shifts.values()):
            raise InputError(
                Fault(
                    equation.where or f"equation '{equation.target}'",
                    "it reads its own target both before and behind the entry it defines",
                    "Split it into a pass forwards and a pass backwards.",
                )
            )
