"""Walking through expressions and rewriting them: reads, indices, substitution without capture.

Enters: expressions.  Leaves: what they contain, or new expressions; nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from symprop.language.expressions.nodes import (
    Expr,
    Guard,
    IndexValue,
    Read,
    Reduce,
    guard,
    reduce_,
    size,
)
from symprop.language.indices import Gather, Index, Position


def walk(expr: Expr) -> Iterator[Expr]:
    """All nodes, parents before children."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children()))


def reads(expr: Expr) -> Iterator[Read]:
    """All reads of real tensors in the order of the text."""
    return (node for node in walk(expr) if isinstance(node, Read))


def gathers(expr: Expr) -> Iterator[Gather]:
    """All integer tensors used as positions."""
    for node in walk(expr):
        for position in node.positions():
            yield from position.gathers()


def tensors_read(expr: Expr) -> list[str]:
    """Names of all tensors an expression reads, each once, in the order of the text."""
    names = [r.tensor for r in reads(expr)] + [g.tensor for g in gathers(expr)]
    return list(dict.fromkeys(names))


def transform(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Rebuild bottom-up, passing every rebuilt node through `change`."""
    children = expr.children()
    if children:
        new = tuple(transform(child, change) for child in children)
        if any(a is not b for a, b in zip(new, children, strict=True)):
            expr = expr.rebuild(new)
    return change(expr)


def all_indices(expr: Expr) -> list[Index]:
    """All indices in an expression, free and bound, each once, in the order of the text."""
    found: dict[Index, None] = {}
    for node in walk(expr):
        if isinstance(node, Reduce):
            found.update(dict.fromkeys(node.indices))
        for position in node.positions():
            found.update(dict.fromkeys(position.index_atoms()))
    return list(found)


def free_indices(expr: Expr) -> frozenset[Index]:
    """Indices that no reduction inside the expression binds."""
    own = {index for position in expr.positions() for index in position.index_atoms()}
    inner: set[Index] = set()
    for child in expr.children():
        inner |= free_indices(child)
    own |= inner
    return frozenset(own.difference(expr.indices) if isinstance(expr, Reduce) else own)


def fresh(index: Index, taken: Iterable[str]) -> Index:
    """The index itself, or one of the same extent whose name is not taken: i, i1, i2, ..."""
    names = set(taken)
    if index.name not in names:
        return index
    stem = index.name.rstrip("0123456789") or index.name
    count = 1
    while f"{stem}{count}" in names:
        count += 1
    return Index(f"{stem}{count}", index.extent)


def substitute(expr: Expr, mapping: Mapping[Index, Position]) -> Expr:
    """Replace free indices by positions; bound indices are renamed where a replacement would be captured."""
    if not mapping:
        return expr
    if isinstance(expr, Reduce):
        return _substitute_reduce(expr, mapping)
    children = tuple(substitute(child, mapping) for child in expr.children())
    if isinstance(expr, Read):
        return Read(expr.tensor, [p.substitute(mapping) for p in expr.indices])
    if isinstance(expr, IndexValue):
        return size(expr.position.substitute(mapping))
    if isinstance(expr, Guard):
        return guard(expr.domain.substitute(mapping), children[0])
    return expr.rebuild(children) if children else expr


def _substitute_reduce(expr: Reduce, mapping: Mapping[Index, Position]) -> Expr:
    inner = {old: new for old, new in mapping.items() if old not in expr.indices}
    incoming = {index.name for new in inner.values() for index in new.index_atoms()}
    if any(bound.name in incoming for bound in expr.indices):
        taken = incoming | {index.name for index in all_indices(expr)}
        renaming = {bound: fresh(bound, taken) for bound in expr.indices if bound.name in incoming}
        inner |= {old: Position.of(new) for old, new in renaming.items()}
        bound_indices = tuple(renaming.get(bound, bound) for bound in expr.indices)
        pick = renaming.get(expr.pick, expr.pick) if expr.pick else None
    else:
        bound_indices, pick = expr.indices, expr.pick
    body, domain = substitute(expr.body, inner), expr.domain.substitute(inner)
    return reduce_(expr.op, bound_indices, body, domain, pick)


def rename_apart(expr: Expr, taken: Iterable[str]) -> Expr:
    """Give every bound index a name that neither `taken` nor any other reduction of the expression uses."""
    names = set(taken) | {index.name for index in free_indices(expr)}

    def visit(node: Expr) -> Expr:
        if isinstance(node, Reduce):
            renaming = {}
            for bound in node.indices:
                new = fresh(bound, names)
                names.add(new.name)
                if new != bound:
                    renaming[bound] = Position.of(new)
            if renaming:
                new_indices = [renaming[b].index or b if b in renaming else b for b in node.indices]
                pick = renaming[node.pick].index if node.pick in renaming else node.pick
                body, domain = substitute(node.body, renaming), node.domain.substitute(renaming)
                node = Reduce(node.op, new_indices, body, domain, pick)
            return Reduce(node.op, node.indices, visit(node.body), node.domain, node.pick)
        children = node.children()
        return node.rebuild(tuple(visit(child) for child in children)) if children else node

    return visit(expr)
