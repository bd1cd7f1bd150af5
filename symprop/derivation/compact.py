"""A quantity in few equations: what is read once is written where it is read.

Enters: a quantity.  Leaves: its derivation without the tensors in between that only one equation reads, and without
what no result depends on, for closed forms: X.T @ (A*(1 - A)*(X @ v))/N.  Numbers stay those of the full list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from symprop.algebra.simplify import arranged, tidy
from symprop.derivation.values import Adjoint, Derivation, Quantity
from symprop.language import Domain, Equation, Index
from symprop.language import expressions as ex


def compact(quantity: Quantity) -> Derivation:
    """The derivation of a quantity with as few equations as read well."""
    derivation, wanted = quantity.derivation, {target for _, target in quantity.results}
    found = list(derivation.needed(quantity.wrt))
    while (chosen := _read_once(found, wanted)) is not None:
        found = [_written(a, chosen) for a in found if a is not chosen]
    network = derivation.network
    needed = network.upstream(n for a in found for n in ex.tensors_read(a.equation.body))
    kept = tuple(e for e in network.equations if e.target in needed)
    return replace(derivation, network=replace(network, equations=kept), adjoints=tuple(found))


def _read_once(found: Iterable[Adjoint], wanted: set[str]) -> Adjoint | None:
    """The last equation that is read once, by another, at plain indices of its own extents."""
    equations = [a.equation for a in found]
    reads = [(e, r) for e in equations for r in ex.reads(e.body)]
    counts = Counter(r.tensor for _, r in reads)
    gathered = {g.tensor for e in equations for g in ex.gathers(e.body)}
    for adjoint in reversed(list(found)):
        own = adjoint.equation
        if own.target in wanted or own.domain or counts[own.target] != 1 or own.target in gathered:
            continue
        reader, read = next((e, r) for e, r in reads if r.tensor == own.target)
        if reader is not own and _plain(own, read):
            return adjoint
    return None


def _plain(own: Equation, read: ex.Read) -> bool:
    pairs = zip(own.indices, read.indices, strict=True)
    return all(a.index and b.index and a.index.extent == b.index.extent for a, b in pairs)


def _written(adjoint: Adjoint, inner: Adjoint) -> Adjoint:
    """The adjoint with the right side of another where that was read."""
    equation, source = adjoint.equation, inner.equation
    names = [i.name for i in equation.free]

    def change(node: ex.Expr) -> ex.Expr:
        if not isinstance(node, ex.Read) or node.tensor != source.target:
            return node
        mapping = {o.index: p for o, p in zip(source.indices, node.indices, strict=True) if o.index is not None}
        return ex.substitute(source.body, mapping)

    if source.target not in ex.tensors_read(equation.body):
        return adjoint
    apart = ex.rename_apart(source.body, {i.name for i in (*equation.free, *ex.all_indices(equation.body))})
    source = source.with_body(apart)
    body = _outward(ex.transform(equation.body, change))
    assumptions = tuple(dict.fromkeys((*adjoint.assumptions, *inner.assumptions)))
    made = equation.with_body(arranged(tidy(body, names), names))
    return replace(adjoint, equation=made, steps=(), assumptions=assumptions)


def _outward(expr: ex.Expr) -> ex.Expr:
    """The expression with factors that no bound index enters before their sums."""

    def change(node: ex.Expr) -> ex.Expr:
        if not isinstance(node, ex.Reduce) or node.op != "sum" or not isinstance(node.body, ex.Mul):
            return node
        bound: set[Index] = set(node.indices)
        inside = [f for f in node.body.factors if ex.free_indices(f) & bound]
        outside = [f for f in node.body.factors if not ex.free_indices(f) & bound]
        return ex.mul(*outside, ex.reduce_("sum", node.indices, ex.mul(*inside), Domain(node.domain.constraints)))

    return ex.transform(expr, change)
