"""What a loop nest reads and writes, and which of its loops may run side by side.

Enters: the syntax tree of a function of loops.  Leaves: accesses with their affine indices, and answers about loops.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple


class Unsupported(Exception):
    """A construct this layer does not know, or not in the order of loops that is being tried."""


Shapes = Mapping[str, tuple[str, Sequence[int | str]]]
"""Of every array the type of its entries and its extents."""


def entries(shape: Sequence[int | str]) -> int:
    """Entries of an array of an extent, 0 where that is known only when it is run."""
    sizes = [e for e in shape if isinstance(e, int)]
    return math.prod(sizes) if len(sizes) == len(shape) else 0


class Affine(NamedTuple):
    """constant + sum(coefficient * name), and what else it depends on in a way that is not affine.

    `slow` are those of these it depends on by `name // k` alone.
    """

    terms: Mapping[str, int] = {}
    constant: int = 0
    opaque: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()

    def plus(self, other: Affine, sign: int = 1) -> Affine:
        """The sum or difference."""
        terms = dict(self.terms)
        for name, value in other.terms.items():
            terms[name] = terms.get(name, 0) + sign * value
        terms = {name: value for name, value in terms.items() if value}
        fast = (self.opaque - self.slow) | (other.opaque - other.slow) | set(terms)
        slow = (self.slow | other.slow) - fast
        return Affine(terms, self.constant + sign * other.constant, self.opaque | other.opaque, slow)

    def times(self, factor: int) -> Affine:
        """A multiple."""
        terms = {name: value * factor for name, value in self.terms.items()}
        if not factor:
            return Affine()
        return Affine(terms, self.constant * factor, self.opaque, self.slow)

    def coefficient(self, name: str) -> int | None:
        """The factor of a name, None where it is not affine in it."""
        return None if name in self.opaque else self.terms.get(name, 0)

    @property
    def names(self) -> frozenset[str]:
        """All it depends on."""
        return self.opaque | frozenset(self.terms)


def affine(node: ast.expr, local: Mapping[str, Affine]) -> Affine:
    """An integer expression as an affine one; what is none is opaque in its names."""
    match node:
        case ast.Constant(value=int(value)):
            return Affine(constant=value)
        case ast.Name(id=name):
            return local.get(name) or Affine({name: 1})
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return affine(inner, local).times(-1)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            return affine(left, local).plus(affine(right, local), 1 if isinstance(op, ast.Add) else -1)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            a, b = affine(left, local), affine(right, local)
            for one, other in ((a, b), (b, a)):
                if not one.names:
                    return other.times(one.constant)
        case ast.BinOp(left=ast.Name(id=name), op=ast.FloorDiv(), right=ast.Constant()) if name not in local:
            return Affine(opaque=frozenset({name}), slow=frozenset({name}))
    found: frozenset[str] = frozenset()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            found |= local[child.id].names if child.id in local else {child.id}
    return Affine(opaque=found)


class Access(NamedTuple):
    """A read or a write of an array.

    Args:
        array: its name.
        indices: one for each axis.
        store: whether it is written.
        depth: loops around it within the body that was looked through.
    """

    array: str
    indices: tuple[Affine, ...]
    store: bool
    depth: int


class Contents:
    """All that a body does: reads and writes of arrays, scalars it assigns, loops with what their bounds depend on."""

    def __init__(self) -> None:
        self.accesses: list[Access] = []
        self.assigned: dict[str, None] = {}
        self.loops: list[tuple[ast.For, frozenset[str]]] = []


def contents(body: Sequence[ast.stmt], arrays: Mapping[str, object]) -> Contents:
    """Look through statements."""
    found = Contents()
    _Walk(arrays, found).statements(body, {}, 0)
    return found


class _Walk:
    def __init__(self, arrays: Mapping[str, object], found: Contents) -> None:
        self.arrays, self.found = arrays, found

    def statements(self, body: Sequence[ast.stmt], local: dict[str, Affine], depth: int) -> None:
        for node in body:
            self._statement(node, local, depth)

    def _statement(self, node: ast.stmt, local: dict[str, Affine], depth: int) -> None:
        match node:
            case ast.Assign(targets=[target], value=value) | ast.AugAssign(target=target, value=value):
                self._reads(value, local, depth)
                if isinstance(target, ast.Subscript):
                    self._subscript(target, local, depth, True)
                    if isinstance(node, ast.AugAssign):
                        self._subscript(target, local, depth, False)
                elif isinstance(target, ast.Name):
                    self.found.assigned[target.id] = None
                    # a name that is assigned again has no one meaning
                    again = target.id in local or isinstance(node, ast.AugAssign)
                    known = Affine(opaque=_names(value, local) | {target.id}) if again else affine(value, local)
                    local[target.id] = Affine(opaque=known.names) if depth and again else known
            case ast.For(target=ast.Name(id=name), iter=ast.Call(args=bounds), body=inner):
                used = frozenset[str]().union(*(affine(b, local).names for b in bounds))
                self.found.loops.append((node, used))
                self.found.assigned[name] = None
                for bound in bounds:
                    self._reads(bound, local, depth)
                self.statements(inner, dict(local), depth + 1)
            case ast.If(test=test, body=then, orelse=otherwise):
                self._reads(test, local, depth)
                self.statements(then, local, depth)
                self.statements(otherwise, local, depth)
            case ast.Return(value=value) if value is not None:
                self._reads(value, local, depth)

    def _reads(self, node: ast.expr, local: Mapping[str, Affine], depth: int) -> None:
        for child in ast.walk(node):
            if isinstance(child, ast.Subscript):
                self._subscript(child, local, depth, False)

    def _subscript(self, node: ast.Subscript, local: Mapping[str, Affine], depth: int, store: bool) -> None:
        if isinstance(node.value, ast.Name) and node.value.id in self.arrays:
            indices = tuple(affine(i, local) for i in subscripts(node))
            self.found.accesses.append(Access(node.value.id, indices, store, depth))


def _names(node: ast.expr, local: Mapping[str, Affine]) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for child in ast.walk(node):
        if isinstance(child, ast.Name):
            found |= local[child.id].names if child.id in local else {child.id}
    return found


def subscripts(node: ast.Subscript) -> list[ast.expr]:
    """The indices, one for each axis."""
    return list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]


class Rows(NamedTuple):
    """Entries of an array that are read again and again.

    Args:
        node: one of the reads.
        array, indices: what it reads.
        axis: the axis that the loops around it run along.
        turned: it is the last one, so that the entries lie across the lanes.
    """

    node: ast.Subscript
    array: str
    indices: tuple[Affine, ...]
    axis: int
    turned: bool


def rows_read_again(body: Sequence[ast.stmt], lanes: str, tile: str, arrays: Mapping[str, object]) -> list[Rows]:
    """Reads in loops of a body that are the same for all steps of a tile.

    One axis alone depends on the loops of the body, another one alone on the lanes, and one of the two is the last.
    """
    loops = [n for node in body for n in ast.walk(node) if isinstance(n, ast.For)]
    inner = {n.target.id for n in loops if isinstance(n.target, ast.Name)}
    found = contents(body, arrays)
    written = {a.array for a in found.accesses if a.store}
    local = inner | set(found.assigned) | {tile}
    out: dict[str, Rows] = {}
    for node in (n for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Subscript)):
        if not isinstance(node.value, ast.Name) or node.value.id not in arrays or node.value.id in written:
            continue
        indices, last = tuple(affine(i, {}) for i in subscripts(node)), len(subscripts(node)) - 1
        along = [k for k, index in enumerate(indices) if index.names & local]
        beside = [k for k, index in enumerate(indices) if lanes in index.names]
        if len(along) != 1 or len(beside) != 1 or along == beside or last not in (*along, *beside):
            continue
        if indices[along[0]].names <= inner and indices[beside[0]].coefficient(lanes) == 1:
            out[ast.unparse(node)] = Rows(node, node.value.id, indices, along[0], along == [last])
    return list(out.values())


def has_choices(body: Sequence[ast.stmt]) -> bool:
    """True where what the loops of a body read depends on a condition."""
    loops = [n for node in body for n in ast.walk(node) if isinstance(n, ast.For)]
    return any(isinstance(n, ast.If | ast.IfExp) for loop in loops for n in ast.walk(loop))


# -- other forms of a nest --------------------------------------------------------------------------------------------


def bounds_freed(body: Sequence[ast.stmt], name: str) -> list[ast.stmt] | None:
    """A body whose loops are as long for all steps of a loop around it, with a test inside; None where that is unknown.

    `for v in range(max(0, 1 - q), min(3, 9 - q))` runs over 0, 1, 2, and does nothing where v < 1 - q or v >= 9 - q.
    """
    try:
        return [_Freed(name).visit(copy.deepcopy(node)) for node in body]
    except Unsupported:
        return None


class _Freed(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self.name = name

    def visit_For(self, node: ast.For) -> ast.For:
        self.generic_visit(node)
        bounds = node.iter.args if isinstance(node.iter, ast.Call) else []
        if not any(self._depends(bound) for bound in bounds):
            return node
        if len(bounds) != 2 or not isinstance(node.target, ast.Name):
            raise Unsupported("bounds that are freed")
        (low, above), (high, below) = self._apart(bounds[0], "max"), self._apart(bounds[1], "min")
        index = ast.Name(node.target.id, ast.Load())
        tests: list[ast.expr] = [ast.Compare(index, [ast.GtE()], [bound]) for bound in above]
        tests += [ast.Compare(index, [ast.Lt()], [bound]) for bound in below]
        test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
        whole = ast.Call(ast.Name("range", ast.Load()), [low, high], [])
        return ast.fix_missing_locations(ast.For(node.target, whole, [ast.If(test, node.body, [])], [], None))

    def _apart(self, bound: ast.expr, word: str) -> tuple[ast.expr, list[ast.expr]]:
        """The part of a bound that is the same for all steps, and those that are not."""
        is_call = isinstance(bound, ast.Call) and isinstance(bound.func, ast.Name) and bound.func.id == word
        parts = bound.args if isinstance(bound, ast.Call) and is_call else [bound]
        same = [part for part in parts if not self._depends(part)]
        if len(same) != 1:
            raise Unsupported("bounds that are freed")
        return same[0], [part for part in parts if self._depends(part)]

    def _depends(self, node: ast.expr) -> bool:
        return any(isinstance(n, ast.Name) and n.id == self.name for n in ast.walk(node))


def axes_merged(outer: ast.For, inner: ast.For, arrays: Shapes) -> ast.For | None:
    """Two loops as one over the entries of two neighbouring axes; None where anything else reads their steps.

    Entries [i, j] of axes of extents I and J are entries [0, k] for k = 0, ..., I*J - 1, of merged axes as well.
    """
    names = [n.target.id if isinstance(n.target, ast.Name) else "" for n in (outer, inner)]
    counts = [_whole_range(n) for n in (outer, inner)]
    if None in counts or "" in names:
        return None
    change = _Merged(names[0], names[1], counts[1] or 0, arrays)
    try:
        body = [change.visit(copy.deepcopy(node)) for node in inner.body]
    except Unsupported:
        return None
    count = ast.Constant((counts[0] or 0) * (counts[1] or 0))
    whole = ast.Call(ast.Name("range", ast.Load()), [count], [])
    return ast.fix_missing_locations(ast.For(ast.Name(names[1], ast.Store()), whole, body, [], None))


def _whole_range(loop: ast.For) -> int | None:
    match loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            return count
    return None


class _Merged(ast.NodeTransformer):
    def __init__(self, outer: str, inner: str, count: int, arrays: Shapes) -> None:
        self.outer, self.inner, self.count, self.arrays = outer, inner, count, arrays

    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        names = [part.id if isinstance(part, ast.Name) else "" for part in parts]
        inside = [k for k, part in enumerate(parts) if _names(part, {}) & {self.outer, self.inner}]
        if not inside:
            return node
        first = inside[0]
        array = node.value.id if isinstance(node.value, ast.Name) else ""
        last = inside[-1]
        # axes between them have been merged before
        between = all(isinstance(part, ast.Constant) and part.value == 0 for part in parts[first + 1 : last])
        if len(inside) != 2 or not between or [names[first], names[last]] != [self.outer, self.inner]:
            raise Unsupported("loops that do not merge")
        if array not in self.arrays or entries(self.arrays[array][1][first + 1 : last + 1]) != self.count:
            raise Unsupported("loops that do not merge")
        parts = [*parts[:first], ast.Constant(0), *parts[first + 1 :]]
        return ast.Subscript(node.value, ast.Tuple(parts, ast.Load()), node.ctx)

    def visit_Name(self, node: ast.Name) -> ast.Name:
        if node.id in (self.outer, self.inner):
            raise Unsupported("loops that do not merge")
        return node


def runs_side_by_side(loop: ast.For, found: Contents, known: Iterator[str] | set[str]) -> bool:
    """True where the steps of a loop do not depend on each other.

    No scalar of before is assigned; every array that is written is written at another place in every step, and read,
    if at all, at the step's own place, or at one that no step writes.

    Args:
        loop: the loop.
        found: what its body does.
        known: names of scalars that have a value before it.
    """
    name = loop.target.id  # type: ignore[attr-defined]
    if set(found.assigned) & set(known):
        return False
    inner, count = set(found.assigned), _whole_range(loop)
    stores = [a for a in found.accesses if a.store]
    for store in stores:
        places = [k for k, i in enumerate(store.indices) if _tells_apart(i, name, inner)]
        if not places:
            return False
        for other in found.accesses:
            if other.array != store.array or _beyond(store, other, name, count):
                continue
            if not _apart(store, other, places, inner, name):
                return False
    return True


def _tells_apart(index: Affine, name: str, inner: set[str]) -> bool:
    """An index that tells the steps of a loop apart."""
    return bool(index.terms.get(name)) and not index.opaque and not set(index.terms) & inner - {name}


def _beyond(store: Access, other: Access, name: str, count: int | None) -> bool:
    """True where an index is further from the other's than all steps of the loop reach: j and j + 64 of 64 steps."""
    for mine, its in zip(store.indices, other.indices, strict=True):
        gap, step = mine.plus(its, -1), mine.coefficient(name)
        alike = mine.terms.keys() == {name} and not gap.terms and not gap.opaque and not mine.opaque
        if count and step and alike and abs(gap.constant) >= abs(step) * count:
            return True
    return False


def _apart(store: Access, other: Access, places: Sequence[int], inner: set[str], name: str) -> bool:
    if any(store.indices[k] == other.indices[k] for k in places):
        return True
    for mine, its in zip(store.indices, other.indices, strict=True):
        gap = mine.plus(its, -1)
        fixed = not (mine.names | its.names) & (inner | {name}) or mine.terms == its.terms
        if fixed and not gap.terms and not gap.opaque and gap.constant and not (mine.names & (inner | {name})):
            return True
    return False
