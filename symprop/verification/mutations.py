"""A formula with one mistake planted: what people do, as a list of what could have been done.

Enters: the right side of an equation.  Leaves: wrong right sides, each with the words for its mistake, likelier ones
first.  Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from symprop.derivation import Derivation
from symprop.language import Equation, Read, Tensor
from symprop.language import expressions as ex
from symprop.verification.mistakes import RARE, SELDOM, Change, Mistakes, Scope
from symprop.verification.mistakes_in_branches import branches
from symprop.verification.mistakes_in_numbers import constants, counts, roots
from symprop.verification.mistakes_in_products import diagonals, entries_of_a_product, factors
from symprop.verification.mistakes_in_reads import arguments, backwards, operands, stands_for
from symprop.verification.mistakes_in_sums import means, sums
from symprop.verification.mistakes_in_terms import squares, terms

EVERYWHERE: tuple[Mistakes, ...] = (
    means,
    factors,
    diagonals,
    entries_of_a_product,
    terms,
    squares,
    sums,
    branches,
    operands,
    backwards,
    arguments,
    counts,
    constants,
    roots,
)
NUMBERED = re.compile(r"([A-Za-z_]+?)(\d+)")


def mutants(body: ex.Expr, scope: Scope, derivatives: Iterable[Change] = ()) -> Iterator[Change]:
    """All right sides that differ from the body by one mistake; the likelier ones first.

    Args:
        body: a right side.
        scope: what could be read in it.
        derivatives: the body with other derivatives, as from `forms`.
    """
    alone = list(_inside(body, scope))
    found = [*derivatives, *alone, *_everywhere(alone, body, scope), *_throughout(body, scope)]
    for rank in range(RARE + 1):
        yield from (change for change in found if change.rank == rank)


def scope_of(equation: Equation, derivation: Derivation, target: str) -> Scope:
    """What the right side of an equation may read by mistake: anything but what is claimed."""
    tensors = {name: tensor for name, tensor in readable(derivation).items() if name != target}
    names = sorted({name for tensor in tensors.values() for axis in tensor.axes for name in axis.names})
    return Scope(equation.free, tensors, _steps(derivation), tuple(names), _added(derivation))


def readable(derivation: Derivation) -> dict[str, Tensor]:
    """All tensors, and the adjoints under their own names; nobody takes the adjoint of a target for anything."""
    tensors = derivation.network.tensors
    adjoints = {derivation.prefix + a.tensor: tensors[a.tensor] for a in derivation}
    adjoints = {name: tensor for name, tensor in adjoints.items() if tensor.role != "target"}
    adjoints = {name: replace(tensor, name=name) for name, tensor in adjoints.items()}
    return {**{n: t for n, t in tensors.items() if t.role != "loss"}, **adjoints}


def _steps(derivation: Derivation) -> frozenset[tuple[str, int]]:
    """Axes along which a neighbour is read somewhere: those of time."""
    equations = [*derivation.network.equations, *(a.equation for a in derivation)]
    reads = [read for e in equations for read in ex.reads(e.body)]
    axes = [(r.tensor, k) for r in reads for k, p in enumerate(r.indices) if p.terms and p.index is None]
    bare = {(name.removeprefix(derivation.prefix), k) for name, k in axes}
    return frozenset({*axes, *bare, *((derivation.prefix + name, k) for name, k in bare)})


def _added(derivation: Derivation) -> dict[str, tuple[ex.Number, ...]]:
    """Numbers that are added to tensors somewhere in the network."""
    found: dict[str, tuple[ex.Number, ...]] = {}
    for node in (n for e in derivation.network.equations for n in ex.walk(e.body)):
        numbers = tuple(t for t in node.terms if isinstance(t, ex.Number)) if isinstance(node, ex.Add) else ()
        for term in node.terms if numbers and isinstance(node, ex.Add) else ():
            if isinstance(term, Read):
                found[term.tensor] = numbers
    return found


def together(bodies: Sequence[tuple[ex.Expr, Scope]]) -> Iterator[tuple[Change, list[ex.Expr]]]:
    """The same mistake at every place of several right sides; each with all of them."""
    alone = [change for body, scope in bodies for change in _inside(body, scope)]
    for change in _habits(alone):
        yield change, [_made(body, scope, change) for body, scope in bodies]


def _everywhere(alone: Sequence[Change], body: ex.Expr, scope: Scope) -> Iterator[Change]:
    """The same mistake at every place: both sums of a norm along the wrong axis."""
    for change in _habits(alone):
        yield replace(change, expr=_made(body, scope, change))


def _habits(alone: Sequence[Change]) -> Iterator[Change]:
    """What was done at one place and could be done at others, in the words for all of them."""
    count = Counter(map(_habit, filter(lambda change: change.habit, alone)))
    for (habit, parts), times in count.items():
        if times > 1:
            change = next(c for c in alone if _habit(c) == (habit, parts))
            yield replace(change, words=habit)


def _habit(change: Change) -> tuple[str, tuple[ex.Expr, ...]]:
    """What the same mistake has in common: its words, and what they name."""
    return change.habit, change.parts if "{}" in change.habit else ()


def _made(expr: ex.Expr, scope: Scope, wanted: Change) -> ex.Expr:
    """An expression with one mistake wherever it can be made."""
    inner = scope.within(expr.indices) if isinstance(expr, ex.Reduce) else scope
    children = expr.children()
    new = tuple(_made(child, inner, wanted) for child in children)
    # a node that makes the mistake as a whole does so with what is below it as it was
    own = (c for mistakes in EVERYWHERE for c in mistakes(expr, scope) if _habit(c) == _habit(wanted))
    if new == children:
        return next((c.expr for c in own), expr)
    return expr.rebuild(new)


def _inside(expr: ex.Expr, scope: Scope) -> Iterator[Change]:
    for mistakes in EVERYWHERE:
        yield from mistakes(expr, scope)
    inner = scope.within(expr.indices) if isinstance(expr, ex.Reduce) else scope
    children = expr.children()
    for place, child in enumerate(children):
        for change in _inside(child, inner):
            if isinstance(expr, ex.Where) and place == 0 and not isinstance(change.expr, ex.Compare):
                continue
            yield replace(change, expr=expr.rebuild((*children[:place], change.expr, *children[place + 1 :])))


def _throughout(body: ex.Expr, scope: Scope) -> Iterator[Change]:
    """Another tensor of the same shape wherever one is read more than once; a time that is one step off."""
    count = Counter(r.tensor for r in ex.reads(body))
    for name in (n for n, times in count.items() if times > 1):
        own = scope.tensors.get(name)
        for other in scope.tensors.values() if own is not None and own.axes else ():
            if own is not None and other.name != name and stands_for(other, own):
                yield Change(SELDOM, _renamed(body, {name: other.name}), f"{other.name} stands in place of {name}")
    for step in (1, -1):
        yield from _one_step_off(body, sorted(count), step, scope)


def _one_step_off(body: ex.Expr, names: Sequence[str], step: int, scope: Scope) -> Iterator[Change]:
    """H2 for H1 and H3 for H2, all at once."""
    numbered = {n: found for n in names if (found := NUMBERED.fullmatch(n))}
    for stem in sorted({found[1] for found in numbered.values()}):
        new = {n: f"{stem}{int(found[2]) + step}" for n, found in numbered.items() if found[1] == stem}
        if len(new) > 1 and all(
            n in scope.tensors and stands_for(scope.tensors[n], scope.tensors[o]) for o, n in new.items()
        ):
            words = ", ".join(f"{n} stands in place of {o}" for o, n in new.items())
            yield Change(SELDOM, _renamed(body, new), f"the time index is one off: {words}")


def _renamed(body: ex.Expr, names: Mapping[str, str]) -> ex.Expr:
    def change(node: ex.Expr) -> ex.Expr:
        return Read(names[node.tensor], node.indices) if isinstance(node, Read) and node.tensor in names else node

    return ex.transform(body, change)
