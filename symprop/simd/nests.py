"""Loop nests in the order that suits the machine.

    function of loops ─► for every nest: orders of loops, the likely best first ─► statements, written by `Writer`

Two ways to use vectors: the steps of a loop that run side by side, each with its own place along the last axis of what
it writes, are lanes; or the terms of a sum are, each lane holding a partial sum.  Beside the lanes, a few steps of
another loop form a tile, so that what is read along one of the two is used for all of the other: this makes a matrix
product of three plain loops.

Enters: the source of a function.  Leaves: LLVM IR.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from symprop.simd.accumulators import collected
from symprop.simd.bodies import assigned, flows, has_chain, reductions, runs_downwards, words_in
from symprop.simd.expressions import Env
from symprop.simd.panels import Panels, counted
from symprop.simd.parts import Steps, last_operations
from symprop.simd.reading import (
    Access,
    Affine,
    Contents,
    Unsupported,
    axes_merged,
    bounds_freed,
    contents,
    has_choices,
    rows_read_again,
    runs_side_by_side,
    subscripts,
)
from symprop.simd.squeezing import squeezed
from symprop.simd.tiles import SUMS, Candidate, digits, tile_of, vectors_filled, worth
from symprop.simd.values import LANES, TILE, Integer, Rest, Shape, Target, Value
from symprop.simd.writing import Array

TILE_STEPS = 4
TILES = {16: TILE_STEPS, 32: 8}
"""Steps of a tile of unknown length, by the number of vector registers: two accumulators a step, and what is read."""
FEWEST_SUMS = 8
"""Sums at a time that keep a processor busy."""
LONGEST_ROW = SHORT_LOOP = 4
State = tuple[int, int, str, Env, tuple[bool, bool], "list[Value]", Shape]


class Order(NamedTuple):
    """How the loops of a nest run: outer loops in turn, then lanes, then a tile, each of them None where there is none.

    Args:
        outer: loops that are run step by step.
        lanes: the loop whose steps are lanes.
        tile: the loop whose steps are taken together.
        turned: what is read lies along the tile, what is written along the lanes.
        across: what is read lies across the lanes, and is turned for all steps of the tile.
        inside: loops all of whose steps are inside each step of the tile.
    """

    outer: tuple[ast.For, ...]
    lanes: ast.For | None = None
    tile: ast.For | None = None
    turned: bool = False
    across: bool = False
    inside: tuple[ast.For, ...] = ()


class Result(NamedTuple):
    """The text of a function, what it needs declared, and the types of what it returns."""

    text: str
    declared: tuple[str, ...]
    returned: tuple[str, ...]


def compiled_text(
    source: str, name: str, arrays: Mapping[str, Array], scalars: Mapping[str, str], real: str, target: Target
) -> Result:
    """A function of loops as an LLVM function.

    Args:
        source: the text of one Python function.
        name: of the LLVM function.
        arrays: its arguments that are arrays.
        scalars: LLVM types of its other arguments.
        real: "float" or "double".
        target: the machine.

    Raises:
        Unsupported: it holds what this layer does not know.
    """
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef))
    return Nests(*squeezed(function, arrays), scalars, real, target).result(name)


def _name(loop: ast.For) -> str:
    if not isinstance(loop.target, ast.Name):
        raise Unsupported("a loop over several names")
    return loop.target.id


class Nests(Panels):
    """The statements of one function."""

    def __init__(
        self,
        function: ast.FunctionDef,
        arrays: Mapping[str, Array],
        scalars: Mapping[str, str],
        real: str,
        target: Target,
    ) -> None:
        super().__init__(arrays, real, target)
        self.function, self.scalars = function, scalars
        self.vectors = self.tiled = False
        self.returned: list[Value] = []

    def result(self, name: str) -> Result:
        """The whole text."""
        parameters = []
        for argument in self.function.args.args:
            own = argument.arg
            if own in self.arrays:
                parameters.append(f"ptr noalias %a.{own}")
                continue
            kind = self.scalars[own]
            parameters.append(f"{kind} %a.{own}")
            value = Value(kind, frozenset(), {(0, 0): f"%a.{own}"})
            self.env[own] = Integer({value: 1}) if kind == "i64" else value
        self.sizes = {k: v for k, v in self.env.items() if isinstance(v, Integer)}
        self.statements(self.function.body)
        kinds = [v.kind for v in self.returned]
        lines = [*self.write.head, *self.write.lines]
        if not kinds:
            back, last = "void", "  ret void"
        elif len(kinds) == 1:
            back, last = kinds[0], f"  ret {kinds[0]} {self.returned[0].at(0, 0)}"
        else:
            raise Unsupported("several results")
        text = "\n".join([f"define internal {back} @{name}({', '.join(parameters)}) noinline nounwind {{", "entry:",
                          *lines, last, "}", self.write.hints()])
        return Result(text, tuple(sorted(self.write.declared)), tuple(kinds))

    # -- statements --------------------------------------------------------------------------------------------------

    def statements(self, body: Sequence[ast.stmt]) -> None:
        """One after the other."""
        for node in body:
            self.statement(node)

    def statement(self, node: ast.stmt) -> None:
        """Write one statement."""
        match node:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                return
            case ast.Assign(targets=[target], value=value):
                self._assign(target, self.value(value))
                self._note_quotient(target, value)
            case ast.AugAssign(target=target, op=op, value=value):
                read = ast.Name(target.id) if isinstance(target, ast.Name) else target
                self._assign(target, self.value(ast.BinOp(read, op, value)))
            case ast.For():
                self.nest(node)
            case ast.If(test=test, body=then, orelse=otherwise):
                self._branch(self.condition(test), then, otherwise)
            case ast.Return(value=value) if value is not None and not self.returned:
                nodes = value.elts if isinstance(value, ast.Tuple) else [value]
                self.returned = [self._real(self.value(n)) for n in nodes]
            case _:
                raise Unsupported(type(node).__name__)

    def _real(self, value: Value | Integer) -> Value:
        found = self.write.float_of(value)
        if found.dims:
            raise Unsupported("a result that differs between steps")
        return found

    def _assign(self, target: ast.expr, value: Value | Integer) -> None:
        if isinstance(target, ast.Name):
            self.env[target.id] = value
            self.ends.pop(target.id, None)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            name, array, at = self._place(target)
            whole = array.kind in ("i32", "i64")
            own = self.write.integer(value) if whole else self.write.convert(value, array.kind)
            own = self.write.resized(own, array.kind) if whole else own
            self.write.store(name, array.kind, at, own)
        else:
            raise Unsupported("an assignment to several names")

    def _branch(self, test: Value, then: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> None:
        if test.constant is not None:
            self.statements(then if test.constant else otherwise)
        elif test.dims or self.write.masks:
            self._both_branches(test, then, otherwise)
        else:
            self._jump(test, then, otherwise)

    def _both_branches(self, test: Value, then: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> None:
        """Steps that take different branches take both, and keep of each what is theirs."""
        for nodes, side in ((then, test), (otherwise, self._not(test))):
            before = dict(self.env)
            self._masked(side, lambda nodes=nodes: self.statements(nodes))  # type: ignore[misc]
            for name, value in self.env.items():
                if name in before and value is not before[name]:
                    self.env[name] = self.write.choose(side, value, before[name])

    def _jump(self, test: Value, then: Sequence[ast.stmt], otherwise: Sequence[ast.stmt]) -> None:
        write, before = self.write, dict(self.env)
        labels = [write.block() for _ in range(5)]
        write.do(f"br i1 {test.at(0, 0)}, label %{labels[0]}, label %{labels[1]}")
        changed = sorted({n for s in (*then, *otherwise) for n in assigned([s])} & set(before))
        ends: list[Env] = []
        for label, edge, nodes in zip(labels, labels[2:4], (then, otherwise), strict=False):
            write.enter(label)
            self.env = dict(before)
            self.statements(nodes)
            ends.append(self.env)
            write.do(f"br label %{edge}")
        # what a branch leaves as it was has the lanes and tiles that the other one gives it
        dims = {name: frozenset[str]().union(*(getattr(e[name], "dims", ()) for e in ends)) for name in changed}
        for edge, end in zip(labels[2:4], ends, strict=True):
            write.enter(edge)
            for name in changed:  # in registers, before the jump
                end[name] = write.spread(self._held(end[name]), dims[name])
            write.do(f"br label %{labels[4]}")
        write.enter(labels[4])
        self.env = before
        for name in changed:
            self.env[name] = self._merged(labels[2:4], [end[name] for end in ends])

    def _merged(self, labels: Sequence[str], sides: Sequence[Value | Integer]) -> Value | Integer:
        first, second = (self._held(s) for s in sides)
        if first.kind != second.kind or first.dims != second.dims:
            raise Unsupported("branches that give values of different types")
        regs = {}
        for key in self.write.shape.keys(first.dims):
            kind = self.write.type_of(first.kind, self.write.width(first.dims, key[1]))
            pairs = ", ".join(f"[ {s.at(*key)}, %{n} ]" for s, n in zip((first, second), labels, strict=True))
            regs[key] = self.write.put(f"phi {kind} {pairs}")
        merged = Value(first.kind, first.dims, regs)
        return self.write.opaque(merged) if merged.kind == "i64" else merged

    # -- nests -------------------------------------------------------------------------------------------------------

    def nest(self, loop: ast.For) -> None:
        """Write a nest in the first order that works."""
        if self.vectors:
            self._steps(loop, loop.body)
            return
        chain = [loop]
        while len(chain[-1].body) == 1 and isinstance(chain[-1].body[0], ast.For):
            chain.append(chain[-1].body[0])
        chain = self._shortened(chain)
        loop = chain[0] if len(chain) == 1 else loop
        for order, body in self._orders(chain):
            state = self._state()
            try:
                self._ordered(order, body)
                return
            except Unsupported:
                self._restore(state)
        if self._summed(loop):
            return
        self._steps(loop, loop.body)

    def _shortened(self, chain: list[ast.For]) -> list[ast.For]:
        """The loops of a chain with neighbours as one where they run over neighbouring axes together."""
        found = list(chain)
        for place in range(len(found) - 2, -1, -1):
            one = axes_merged(found[place], found[place + 1], self.arrays)
            if one is not None:
                found[place : place + 2] = [one]
        return found

    def _state(self) -> State:
        write = self.write
        flags = self.vectors, self.tiled
        return len(write.lines), len(write.head), write.label, dict(self.env), flags, list(write.masks), write.shape

    def _restore(self, state: State) -> None:
        write = self.write
        length, room, write.label, self.env, (self.vectors, self.tiled), write.masks, write.shape = state
        del write.lines[length:], write.head[room:]
        write.wide.clear()

    def _orders(self, chain: Sequence[ast.For]) -> Iterator[tuple[Order, list[ast.stmt]]]:
        """Orders with lanes, the one with the longest rows first."""
        body = chain[-1].body
        side_by_side = [x for x in chain if runs_side_by_side(x, contents(x.body, self.arrays), set(self.env))]
        found = contents(body, self.arrays)
        fit = [x for x in side_by_side if self._fits(x, chain, found)]
        fit.sort(key=lambda x: (-self._worth(x, chain, found), -chain.index(x)))
        forms = [(lanes, body, found) for lanes in fit] or list(self._freed(side_by_side, chain))
        for lanes, inner, within in forms:
            others = [x for x in side_by_side if x is not lanes and self._inner_of(x, lanes, chain)]
            tiles = [x for x in reversed(others) if self._reused(_name(x), within)] if within.loops else []
            if tiles and not self.tiled:
                yield self._with_tile(lanes, tiles, chain, within), inner
            yield Order(tuple(x for x in chain if x is not lanes), lanes), inner
        if not forms and found.loops and not self.tiled:
            yield from ((order, body) for order in self._across(side_by_side, chain, found))
        if not forms and found.loops and side_by_side and not self.tiled and not any(map(has_chain, body)):
            tile = side_by_side[-1]
            if all(_name(tile) not in used for _, used in found.loops):
                yield Order(tuple(x for x in chain if x is not tile), None, tile), body
        if not forms and not found.loops and not self.tiled:
            free = [x for x in side_by_side if self._inner_of(x, x, chain) and not runs_downwards(x)]
            for lanes, tile in ((x, y) for x in reversed(free) for y in free if self._turns(x, y, found)):
                yield Order(tuple(x for x in chain if x not in (lanes, tile)), lanes, tile, True), body

    def _across(self, side_by_side: Sequence[ast.For], chain: Sequence[ast.For], found: Contents) -> Iterator[Order]:
        """Orders in which what is read across the lanes, and again for every step of the tile, is turned first."""
        for lanes, tile in ((x, y) for x in reversed(side_by_side) for y in reversed(side_by_side) if x is not y):
            again = rows_read_again(chain[-1].body, _name(lanes), _name(tile), self.arrays)
            turned = [(rows.array, rows.indices) for rows in again if rows.turned]
            if turned and self._inner_of(tile, lanes, chain) and self._fits(lanes, chain, found, turned):
                yield Order(tuple(x for x in chain if x not in (lanes, tile)), lanes, tile, across=True)
    def _with_tile(
        self, lanes: ast.For, tiles: Sequence[ast.For], chain: Sequence[ast.For], found: Contents
    ) -> Order:
        """An order with a tile."""
        vectors, name = len(self._widths(lanes, True)[0]), _name(lanes)
        rows = [a for a in found.accesses if a.depth and not a.store and any(name in i.names for i in a.indices)]
        candidates = [
            Candidate(
                chain.index(x),
                self._trip(x),
                any(_name(x) in used for _, used in found.loops),
                all(any(_name(x) in i.names for i in a.indices) for a in rows),
                not self._lies_along(name, found) and not self._lies_along(_name(x), found),
            )
            for x in tiles
        ]
        sums = SUMS[self.target.registers] // vectors
        tile, *inside = (chain[k] for k in tile_of(candidates, self._longest_tile(vectors), sums))
        outer = tuple(x for x in chain if x not in (lanes, tile, *inside))
        return Order(outer, lanes, tile, inside=tuple(inside))

    def _freed(
        self, side_by_side: Sequence[ast.For], chain: Sequence[ast.For]
    ) -> Iterator[tuple[ast.For, list[ast.stmt], Contents]]:
        """Loops that fit once the loops inside them are as long for all their steps."""
        for loop in reversed(side_by_side):
            body = bounds_freed(chain[-1].body, _name(loop))
            within = None if body is None else contents(body, self.arrays)
            if body is not None and within is not None and self._fits(loop, chain, within):
                yield loop, body, within

    def _inner_of(self, loop: ast.For, lanes: ast.For, chain: Sequence[ast.For]) -> bool:
        """True where the loop's bounds, and those of loops in it, are free of it: it can be moved inwards."""
        later = chain[chain.index(loop) + 1 :]
        return all(_name(loop) not in words_in(x.iter) for x in later)

    def _reused(self, name: str, found: Contents) -> bool:
        """True where something that is read inside an inner loop is the same for all steps of the loop."""
        return any(a.depth and not a.store and all(name not in i.names for i in a.indices) for a in found.accesses)

    def _trip(self, loop: ast.For) -> float:
        bounds = self._bounds(loop)
        count = None if bounds is None else bounds[1].plus(bounds[0], -1).known
        return float("inf") if count is None or (bounds and bounds[2] != 1) else count

    def _fits(
        self, loop: ast.For, chain: Sequence[ast.For], found: Contents,
        turned: Sequence[tuple[str, tuple[Affine, ...]]] = (),
    ) -> bool:
        """True where the steps of a loop lie side by side in memory, in all that its body reads and writes.

        What is turned comes to lie side by side.
        """
        name = _name(loop)
        if self._trip(loop) < 2 or any(name in used for _, used in found.loops):
            return False
        if not self._inner_of(loop, loop, chain) or runs_downwards(loop):
            return False
        for access in found.accesses:
            if self._stride(access, name) in (0, 1) or (not access.store and self._near(access, name)):
                continue
            if not access.store and (access.array, access.indices) in turned:
                continue
            if access.store and not access.depth and found.loops:
                continue  # one by one, after all that is done in the loops
            if access.store or access.depth or not found.loops:
                return False
        return True

    def _worth(self, loop: ast.For, chain: Sequence[ast.For], found: Contents) -> float:
        """Lanes of a vector that the steps of a loop fill; fewer where what they write lies apart."""
        filled = vectors_filled(self._trip(loop), self._widths(loop, False))
        rows = [x for x in chain if x is not loop and self._inner_of(x, loop, chain) and self._reused(_name(x), found)]
        turned = any(self._trip(x) >= TILE_STEPS and self._lies_along(_name(x), found) for x in rows)
        apart = any(self._stride(a, _name(loop)) not in (0, 1) for a in found.accesses if a.store)
        return worth(filled, apart, turned, math.prod(self._trip(x) for x, _ in found.loops))

    def _lies_along(self, name: str, found: Contents) -> bool:
        """True where the steps of a loop write to places side by side."""
        return all(self._stride(a, name) == 1 for a in found.accesses if a.store)

    def _near(self, access: Access, name: str) -> bool:
        """True where neighbouring steps read what lies together: every second entry, or each entry several times."""
        *others, last = access.indices
        return self._stride(access, name) == 2 or (
            name in last.slow and all(name not in index.names for index in others)
        )

    def _turns(self, lanes: ast.For, tile: ast.For, found: Contents) -> bool:
        """True where all that is written lies along the lanes, and what is read along them or along the tile."""
        if lanes is tile or min(self._trip(lanes), self._trip(tile)) < TILE_STEPS:
            return False
        for access in found.accesses:
            along, across = self._stride(access, _name(lanes)), self._stride(access, _name(tile))
            if along is None or across is None:
                return False
            if (access.store and along != 1) or (along not in (0, 1) and across != 1):
                return False
        return True

    def _stride(self, access: Access, name: str) -> int | None:
        """Entries between what two steps of a loop find, None where that is not the same for all of them."""
        stride: int | None = 1
        step = 0
        for extent, index in reversed(list(zip(self.arrays[access.array].shape, access.indices, strict=True))):
            own = index.coefficient(name)
            if own is None or (own and stride is None):
                return None
            step += own * (stride or 0)
            stride = stride * extent if stride is not None and isinstance(extent, int) else None
        return step

    def _ordered(self, order: Order, body: list[ast.stmt]) -> None:
        """Write the loops of an order, outermost first."""
        if order.outer:
            first, rest = order.outer[0], order._replace(outer=order.outer[1:])
            self._steps(first, [], lambda: self._ordered(rest, body))
        elif order.lanes is not None:
            rest = order._replace(lanes=None)
            tiled = order.tile is not None and not order.turned
            self.vectors = True
            widths = self._widths(order.lanes, tiled)
            self._blocks(order.lanes, widths, LANES, lambda: self._with_panels(order, body, rest))
            self.vectors = False
        elif order.tile is not None:
            self.tiled = True
            tiles = self._turned_tiles(order.tile) if order.turned else self._tiles(order.tile)
            done = self._first_tile(order.tile, tiles[0], body) if self.copied and not order.inside else Integer()
            self._blocks(order.tile, tiles, TILE, lambda: self._ordered(Order(()), body), done, order.inside)
            self.tiled = False
        else:
            self._tile_body(body)

    def _tile_body(self, body: list[ast.stmt]) -> None:
        """The statements of a tile, those after its last loop step by step where they do much."""
        cut = last_operations(body) if self.tiled and self.vectors and not self.write.masks else len(body)
        self.statements(body[:cut])
        if cut < len(body):
            state = self._state()
            try:
                self._step_by_step(body[cut:])
            except Unsupported:
                self._restore(state)
                self.statements(body[cut:])

    def _step_by_step(self, body: list[ast.stmt]) -> None:
        write, shape, before = self.write, self.write.shape, dict(self.env)
        steps = Steps(write, self.env, {word for node in body for word in words_in(node)})

        def step(k: str, _: list[str]) -> list[str]:
            write.wide.clear()
            write.shape = shape._replace(tile=1)
            self.env = steps.of(k)
            self.statements(body)
            return []

        write.loop(str(shape.tile), [], step, sure=True)
        write.wide.clear()
        write.shape, self.env = shape, before

    # -- panels ------------------------------------------------------------------------------------------------------

    def _with_panels(self, order: Order, body: list[ast.stmt], rest: Order) -> None:
        """Write a block of lanes; rows that the steps of its tile read again and again lie beside one another first."""
        try:
            if order.lanes is not None and order.tile is not None and not self.write.masks:
                bounds = self._bounds(order.tile)
                steps = None if bounds is None else bounds[1].plus(bounds[0], -1)
                again = rows_read_again(body, _name(order.lanes), _name(order.tile), self.arrays)
                self.make_panels(again, steps, order.across, has_choices(body))
            self._ordered(rest, body)
        finally:
            self.panels.clear()
            self.copied.clear()

    def _first_tile(self, loop: ast.For, block: tuple[int, ...], body: list[ast.stmt]) -> Integer:
        """The first tile copies what it reads, for the others to read; steps that this takes are returned."""
        write, first, before, shape = self.write, self._bounds(loop), dict(self.env), self.write.shape
        flag = next(panel.flag for panel in self.copied.values())
        panels, self.panels = self.panels, {}
        assert first is not None

        def step(_: str, __: list[str]) -> list[str]:
            self.env = {**before, _name(loop): first[0].plus(Integer(tile=1))}
            self._ordered(Order(()), body)
            return []

        write.shape = shape._replace(tile=sum(block))
        write.wide.clear()
        write.loop(write.put(f"select i1 {flag}, i64 1, i64 0"), [], step)
        write.wide.clear()
        write.shape, self.env, self.panels, self.copied = shape, before, panels, {}
        return counted(write.put(f"select i1 {flag}, i64 {sum(block)}, i64 0"))

    # -- blocks ------------------------------------------------------------------------------------------------------

    def _widths(self, loop: ast.For, tiled: bool) -> list[tuple[int, ...]]:
        """Vectors that are worked on together: for as long as they fit, then what is left."""
        lanes = self.target.lanes(self.write.real)
        vectors = 2 if tiled else 1
        trip = self._trip(loop)
        if trip == float("inf"):
            if self.target.masks:
                return [(lanes,) * vectors, Rest([lanes])]
            return [(lanes,) * vectors, (lanes,), (1,)] if tiled else [(lanes,), (1,)]
        count = int(trip)
        block = vectors * lanes
        left, rest = count % block, []
        while left:
            width = self._vector(left, lanes)
            rest.append(width)
            left -= width
        found = [(lanes,) * vectors] if count >= block else []
        return [*found, tuple(rest)] if rest else found

    def _vector(self, left: int, lanes: int) -> int:
        """Lanes of the next vector: all, or what is left, in one where the machine has vectors of parts."""
        most = 1 << (left.bit_length() - 1)
        return min(lanes, left if self.target.masks and left < lanes else most)

    def _longest_tile(self, vectors: int) -> int:
        """Steps of a tile of so many vectors: a sum is added to again when others have been, some additions later."""
        return max(TILES[self.target.registers], FEWEST_SUMS // vectors)

    def _tiles(self, loop: ast.For) -> list[tuple[int, ...]]:
        trip = self._trip(loop)
        most = self._longest_tile(len(self.write.shape.counts) if self.vectors else FEWEST_SUMS)
        if trip == float("inf"):
            return [(most,), *([(2,)] if most > 4 else []), (1,)]
        count = int(trip)
        steps = next((s for s in (8, 6, 5, 4, 3) if count % s == 0 and s <= most + 2), min(count, most))
        return [(steps,), *([(count % steps,)] if count % steps else [])]

    def _turned_tiles(self, loop: ast.For) -> list[tuple[int, ...]]:
        """As many steps as a vector has lanes, and powers of two for what is left."""
        lanes, trip = self.target.lanes(self.write.real), self._trip(loop)
        if trip == float("inf"):
            return [(lanes,), (1,)]
        count, found = int(trip), list[tuple[int, ...]]()
        for steps in (lanes >> k for k in range(lanes.bit_length())):
            if count >= steps:
                found.append((steps,))
                count %= steps
        return found

    def _bounds(self, loop: ast.For) -> tuple[Integer, Integer, int] | None:
        """First, end and step of a range."""
        call = loop.iter
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"):
            raise Unsupported("a loop over something else than a range")
        try:
            values = [self._integer(a) for a in call.args]
        except (KeyError, Unsupported):
            return None
        first, end = (Integer(), values[0]) if len(values) == 1 else (values[0], values[1])
        self._note_end(_name(loop), call, first, end)
        step = values[2].known if len(values) == 3 else 1
        if step is None or not (step > 0 or step == -1):
            raise Unsupported("a loop in other steps than 1, 2, ... or -1")
        return first, end, step

    def _note_end(self, name: str, call: ast.Call, first: Integer, end: Integer) -> None:
        """Keep what a loop from 0 on ends at, a number or the name of an extent."""
        last = call.args[min(len(call.args), 2) - 1]
        found = last.id if isinstance(last, ast.Name) else end.known
        self.ends[name] = found if first.known == 0 and len(call.args) < 3 else None

    def _note_quotient(self, target: ast.expr, value: ast.expr) -> None:
        """Keep what `i // k` ends at, of a loop from 0 on that ends at a number."""
        match target, value:
            case ast.Name(id=name), ast.BinOp(ast.Name(id=loop), ast.FloorDiv(), ast.Constant(value=int(by))):
                end = self.ends.get(loop)
                if isinstance(end, int) and by > 0:
                    self.ends[name] = (end - 1) // by + 1

    def _blocks(
        self, loop: ast.For, blocks: Sequence[tuple[int, ...]], dim: str, body: Callable[[], None],
        done: Integer = Integer(),  # noqa: B008 - it is not changed
        inside: Sequence[ast.For] = (),
    ) -> None:
        """A loop whose steps are taken in blocks, one kind of block after the other, with loops inside each step.

        The first `done` steps are done before.
        """
        bounds = self._bounds(loop)
        if bounds is None or bounds[2] != 1:
            raise Unsupported("a loop in other steps than 1")
        first, end, _ = bounds
        if first.dims or end.dims:
            raise Unsupported("a loop that is longer for some steps than for others")
        self._between(_name(loop), first.plus(done), end, blocks, dim, body, inside)

    def _between(
        self, name: str, first: Integer, end: Integer, blocks: Sequence[tuple[int, ...]], dim: str,
        body: Callable[[], None], inside: Sequence[ast.For] = (),
    ) -> None:
        """The steps between two, in blocks."""
        write, before, shape = self.write, dict(self.env), self.write.shape
        of = Integer.of_steps if dim == TILE else Integer.of_lanes
        spans = [self._bounds(x) for x in inside]
        starts = [span[0] for span in spans if span is not None]
        trips = [int(self._trip(x)) for x in inside]
        for block in blocks:
            if isinstance(block, Rest):
                self._rest(name, first, end, block[0], body)
                break
            size = sum(block) // (math.prod(trips) if dim == LANES else 1)
            total = end.plus(first, -1)
            known = total.known
            lane, *others = [of(places) for places in digits([size, *trips])]
            if not inside:
                lane = Integer(tile=1) if dim == TILE else Integer(lanes=1)
            within = {_name(x): start.plus(other) for x, start, other in zip(inside, starts, others, strict=True)}
            steps = size * math.prod(trips)
            write.shape = shape._replace(tile=steps) if dim == TILE else Shape(shape.tile, block)
            write.wide.clear()
            count = known // size if known is not None else None
            if count == 1:
                self.env = {**before, name: first.plus(lane), **within}
                body()
                write.wide.clear()
                first = first.plus(Integer(constant=size))
                continue
            place = write.integers(total, "//", Integer(constant=size)) if size > 1 else total
            times = write.index(place, 0, 0)

            def step(
                k: str, _: list[str], first: Integer = first, size: int = size, lane: Integer = lane,
                within: Mapping[str, Integer] = within,
            ) -> list[str]:
                base = Integer({Value("i64", frozenset(), {(0, 0): k}): size}).plus(first)
                self.env = {**before, name: base.plus(lane), **within}
                body()
                return []

            write.loop(times, [], step, sure=bool(count))
            write.wide.clear()
            first = first.plus(place.times(size))
        write.shape = shape
        write.wide.clear()
        self.env = before

    def _rest(self, name: str, first: Integer, end: Integer, width: int, body: Callable[[], None]) -> None:
        """What is left of a loop: in vectors of which some lanes may mean nothing, or else step by step."""
        state, write, before, shape = self._state(), self.write, dict(self.env), self.write.shape

        def step(k: str, _: list[str]) -> list[str]:
            at = self._part_of(Integer({Value("i64", frozenset(), {(0, 0): k}): width}).plus(first), end, width)
            self.env = {**before, name: at}
            body()
            return []

        try:
            write.loop(self._times(end.plus(first, -1), width), [], step)
        except Unsupported:
            self._restore(state)
            self._between(name, first, end, [(1,)], LANES, body)
        write.wide.clear()
        write.shape, self.env = shape, before

    def _part_of(self, base: Integer, end: Integer, width: int) -> Integer:
        """The steps of a vector, which are the lanes from now on; those from the end on mean nothing."""
        write = self.write
        write.wide.clear()
        left = write.index(end.plus(base, -1), 0, 0)
        write.shape = Shape(write.shape.tile, (width,), (write.first_lanes(left, width),))
        return base.plus(Integer(lanes=1))

    def _times(self, total: Integer, width: int) -> str:
        """How many vectors hold so many steps."""
        whole = self.write.integers(total.plus(Integer(constant=width - 1)), "//", Integer(constant=width))
        return self.write.index(whole, 0, 0)

    def _steps(self, loop: ast.For, body: Sequence[ast.stmt], inner: Callable[[], None] | None = None) -> None:
        """A loop step by step; scalars of before that it assigns go from step to step."""
        write, name = self.write, _name(loop)
        bounds = self._bounds(loop)
        if bounds is None:
            raise Unsupported("bounds that are no integers")
        first, end, direction = bounds
        if first.dims or end.dims:
            raise Unsupported("a loop that is longer for some steps than for others")
        gap = end.plus(first, -1).times(1 if direction > 0 else -1)
        if direction > 1:
            gap = write.integers(gap.plus(Integer(constant=direction - 1)), "//", Integer(constant=direction))
        before = dict(self.env)
        if inner is None and self.vectors and gap.known is not None and self._is_short(name, gap.known, body):
            for k in range(gap.known):
                self.env[name] = first.plus(Integer(constant=k * direction))
                self.statements(body)
            kept = {n: v for n, v in self.env.items() if n in before and n != name}
            self.env = {**before, **kept}
            return
        carried = [] if inner is not None else [n for n in assigned(body) if n in before]
        dims = self._dims(carried, body, name)
        values = {n: write.spread(self._held(before[n]), dims[n]) for n in carried}
        parts = [(n, key) for n in carried for key in write.shape.keys(dims[n])]
        starts = [(self._type(values[n], key), values[n].at(*key)) for n, key in parts]

        def step(k: str, names: list[str]) -> list[str]:
            write.wide.clear()
            self.env = {**before, name: first.plus(Integer({Value("i64", frozenset(), {(0, 0): k}): direction}))}
            for n in carried:
                self.env[n] = self._gathered(n, values[n], dims[n], parts, names)
            (inner or (lambda: self.statements(body)))()
            after = {n: self._again(self.env[n], values[n], dims[n]) for n in carried}
            return [after[n].at(*key) for n, key in parts]

        found = write.loop(write.index(gap, 0, 0), starts, step, sure=bool(gap.known and gap.known > 0))
        write.wide.clear()
        self.env = before
        for n in carried:
            self.env[n] = self._gathered(n, values[n], dims[n], parts, found)

    def _is_short(self, name: str, count: int, body: Sequence[ast.stmt]) -> bool:
        """True of a loop whose steps are written one by one: what they know beforehand is known for each."""
        found = [n for node in body for n in ast.walk(node)]
        if count > SHORT_LOOP or any(isinstance(n, ast.For) for n in found):
            return False
        # X[q + v] for steps q of a tile: what neighbouring steps both read would take the registers of the sums
        tiled = {n for n, value in self.env.items() if TILE in value.dims}
        places = [words_in(i) for n in found if isinstance(n, ast.Subscript) for i in subscripts(n)]
        sums = count * self.write.shape.tile * len(self.write.shape.counts)
        return sums <= self.target.registers or not any(name in words and words & tiled for words in places)

    def _type(self, value: Value, key: tuple[int, int]) -> str:
        return self.write.type_of(value.kind, self.write.width(value.dims, key[1]))

    def _gathered(
        self, name: str, like: Value, dims: frozenset[str], parts: Sequence[tuple[str, tuple[int, int]]],
        names: Sequence[str],
    ) -> Value | Integer:
        regs = {key: reg for (n, key), reg in zip(parts, names, strict=True) if n == name}
        value = Value(like.kind, dims, regs)
        return self.write.opaque(value) if value.kind == "i64" else value

    def _again(self, value: Value | Integer, like: Value, dims: frozenset[str]) -> Value:
        held = self._held(value)
        if held.kind != like.kind:
            if "i" in held.kind + like.kind[:1] or (held.kind, like.kind) == ("double", "float"):
                raise Unsupported("a variable that changes its type")
            held = self.write.convert(held, like.kind)
        if held.dims - dims:
            raise Unsupported("a variable that differs between steps")
        return self.write.spread(held, dims)

    def _dims(self, carried: Sequence[str], body: Sequence[ast.stmt], loop: str) -> dict[str, frozenset[str]]:
        """What every carried variable can come to differ in, by all that is assigned in the body."""
        own = {n: v.dims for n, v in self.env.items()}
        own[loop] = frozenset()
        changed = True
        while changed:
            changed = False
            for target, words in flows(body):
                found = frozenset[str]().union(*(own.get(w, frozenset()) for w in words))
                if not found <= own.get(target, frozenset()):
                    own[target] = own.get(target, frozenset()) | found
                    changed = True
        return {n: own[n] for n in carried}

    # -- sums with lanes ---------------------------------------------------------------------------------------------

    def _summed(self, loop: ast.For) -> bool:
        """Write a loop that adds up, or looks for the largest, with partial results in the lanes."""
        kinds = reductions(loop.body)
        found = contents(loop.body, self.arrays)
        carried = {n for n in found.assigned if n in self.env}
        if kinds is None or set(kinds) != carried or any(a.store for a in found.accesses) or found.loops:
            return False
        if not self._fits(loop, [loop], found):
            return False
        state = self._state()
        try:
            self._partial(loop, kinds)
            return True
        except Unsupported:
            self._restore(state)
            return False

    def _partial(self, loop: ast.For, kinds: Mapping[str, str]) -> None:
        write, name = self.write, _name(loop)
        bounds = self._bounds(loop)
        if bounds is None or bounds[2] != 1 or bounds[0].dims or bounds[1].dims:
            raise Unsupported("a loop of another length in every step")
        first, end, _ = bounds
        shape, before = write.shape, dict(self.env)
        totals = {n: self._held(before[n]) for n in kinds}
        own = self._dims(list(kinds), loop.body, name)
        self.vectors = True
        for block in self._sum_widths(loop):
            size, total = sum(block), end.plus(first, -1)
            in_part = isinstance(block, Rest)
            over = Integer(constant=size - 1 if in_part else 0)
            place = write.integers(total.plus(over), "//", Integer(constant=size)) if size > 1 else total
            write.shape = Shape(shape.tile, tuple(block))
            write.wide.clear()
            dims = {n: v.dims | own[n] | {LANES} for n, v in totals.items()}
            starts = {}
            for n, v in totals.items():
                # a search begins, in every lane, with what was found before
                starts[n] = write.spread(write.const(0.0, v.kind) if kinds[n] == "sum" else v, dims[n])
            parts = [(n, key) for n in kinds for key in write.shape.keys(dims[n])]

            def step(
                k: str, names: list[str], first: Integer = first, size: int = size,
                starts: Mapping[str, Value] = starts, parts: Sequence[tuple[str, tuple[int, int]]] = parts,
                dims: Mapping[str, frozenset[str]] = dims, in_part: bool = in_part,
            ) -> list[str]:
                write.wide.clear()
                base = Integer({Value("i64", frozenset(), {(0, 0): k}): size}).plus(first)
                at = self._part_of(base, end, size) if in_part else base.plus(Integer(lanes=1))
                self.env = {**before, name: at}
                given = {n: self._gathered(n, starts[n], dims[n], parts, names) for n in kinds}
                self.env.update(given)
                self.statements(loop.body)
                if not all(map(write.shape.is_whole, range(len(write.shape.counts)))):
                    self.env.update({n: write.choose(write.meaning(), self.env[n], given[n]) for n in kinds})
                after = {n: self._again(self.env[n], starts[n], dims[n]) for n in kinds}
                return [after[n].at(*key) for n, key in parts]

            given = [(self._type(starts[n], key), starts[n].at(*key)) for n, key in parts]
            known = total.known
            found = write.loop(write.index(place, 0, 0), given, step, sure=bool(known and known // size))
            write.wide.clear()
            for n, v in totals.items():
                partial = self._gathered(n, starts[n], dims[n], parts, found)
                assert isinstance(partial, Value)
                totals[n] = collected(write, kinds[n], v, partial)
            first = first.plus(place.times(size))
        self.vectors = False
        write.shape, self.env = shape, {**before, **totals}
        write.wide.clear()

    def _sum_widths(self, loop: ast.For) -> list[tuple[int, ...]]:
        lanes = self.target.lanes(self.write.real)
        several = 1 if self.tiled else LONGEST_ROW
        trip = self._trip(loop)
        if trip == float("inf"):
            return [(lanes,) * min(several, 2), Rest([lanes]) if self.target.masks else (1,)]
        count, found = int(trip), []
        block = lanes * several
        if count >= block:
            found.append((lanes,) * several)
            count %= block
        rest = []
        while count:
            width = self._vector(count, lanes)
            rest.append(width)
            count -= width
        return [*found, tuple(rest)] if rest else found
