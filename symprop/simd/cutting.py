"""Where a function of loops may be cut into parts that run side by side.

A cut is a loop variable that selects entries of arrays and does nothing else: every array that is written has it as
the same index wherever it occurs.  A part of the steps is then the same function on arrays that begin further on, and
what it gives is, bit for bit, what the whole gives there.

Enters: the syntax tree of a function of loops.  Leaves: its cuts, parts of its text, and a measure of its work.
"""

from __future__ import annotations

import ast
import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from symprop.simd.reading import entries, subscripts
from symprop.simd.writing import Array

ROWS = "N"
"""The extent that is known when a function is run."""
PART = "rows_of_part"
"""The argument of a part with the number of its steps, where the function reads the number of all of them."""
TYPICAL_PART_ROWS = 128
FEWEST_PARTS, BEST_PARTS, MOST_PARTS = 4, 8, 16
STORE_WORK, CALL_WORK = 8, 16
"""Work of an entry that is written, and of a function such as exp, in units of a read or an operation in registers."""


class Cut(NamedTuple):
    """A loop that may be cut.

    Args:
        name: its variable.
        extent: its number of steps, or the name of it.
        axes: of every array that has the variable as an index, the axis.
    """

    name: str
    extent: int | str
    axes: Mapping[str, int]


class Work(NamedTuple):
    """Units of work, for every row and besides."""

    row: int
    fixed: int


def cuts(function: ast.FunctionDef, arrays: Mapping[str, Array]) -> list[Cut]:
    """All loops of a function that may be cut, the one first whose parts have least in common to read."""
    names = {loop.target.id: None for loop in _loops(function) if isinstance(loop.target, ast.Name)}
    found = [cut for cut in (_cut(function, arrays, name) for name in names) if cut is not None]
    return sorted(found, key=lambda cut: _in_common(cut, arrays))


def _in_common(cut: Cut, arrays: Mapping[str, Array]) -> int:
    """Entries that every part reads."""
    common = [array for name, array in arrays.items() if name not in cut.axes]
    return sum(math.prod(e if isinstance(e, int) else TYPICAL_PART_ROWS for e in array.shape) for array in common)


def _loops(node: ast.AST) -> Iterator[ast.For]:
    return (n for n in ast.walk(node) if isinstance(n, ast.For))


def _cut(function: ast.FunctionDef, arrays: Mapping[str, Array], name: str) -> Cut | None:
    loops = [loop for loop in _loops(function) if isinstance(loop.target, ast.Name) and loop.target.id == name]
    ranges = {_extent(loop) for loop in loops}
    extent = ranges.pop()
    if ranges or extent is None or any(isinstance(n, ast.Return) for n in ast.walk(function)):
        return None
    axes = _axes(function, arrays, name)
    if axes is None or not _is_apart(function, loops, arrays, axes):
        return None
    strides = [entries(arrays[a].shape[k + 1 :]) for a, k in axes.items() if k + 1 < len(arrays[a].shape)]
    return Cut(name, extent, axes) if all(strides) else None


def _extent(loop: ast.For) -> int | str | None:
    match loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=int(count))]):
            return count
        case ast.Call(func=ast.Name(id="range"), args=[ast.Name(id=name)]) if name == ROWS:
            return name
    return None


def _axes(function: ast.FunctionDef, arrays: Mapping[str, Array], name: str) -> dict[str, int] | None:
    """The axis a variable selects of every array; None where it is read in any other way, or of one array in two."""
    found: dict[str, set[int | None]] = {}
    seen = 0
    for node in (n for n in ast.walk(function) if isinstance(n, ast.Subscript)):
        if not isinstance(node.value, ast.Name) or node.value.id not in arrays:
            continue
        places = [k for k, i in enumerate(subscripts(node)) if isinstance(i, ast.Name) and i.id == name]
        seen += len(places)
        found.setdefault(node.value.id, set()).update(places or [None])
    reads = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    if len(reads) != seen or any(len(places) != 1 for places in found.values()):
        return None
    return {array: k for array, (k,) in found.items() if k is not None}


def _is_apart(
    function: ast.FunctionDef, loops: Sequence[ast.For], arrays: Mapping[str, Array], axes: Mapping[str, int]
) -> bool:
    """True where what is written is written in the loops, and no variable goes in or out of them but is read alone."""
    inside = [node for loop in loops for node in ast.walk(loop)]
    if sum(any(node is loop for loop in loops) for node in inside) > len(loops):
        return False  # one inside another
    held = {id(node) for node in inside if isinstance(node, ast.stmt | ast.expr)}
    outside = [node for node in ast.walk(function) if id(node) not in held]
    stored = {n.value.id for n in ast.walk(function) if _is_store(n)}  # type: ignore[attr-defined]
    if not stored <= set(axes) or any(_is_store(n) for n in outside):
        return False
    # what a part reads before its loops must not be what another part writes
    if any(isinstance(n, ast.Subscript) and isinstance(n.value, ast.Name) and n.value.id in axes for n in outside):
        return False
    own = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return not own & {n.id for n in outside if isinstance(n, ast.Name)}


def _is_store(node: ast.AST) -> bool:
    is_entry = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    return is_entry and isinstance(node.ctx, ast.Store)  # type: ignore[attr-defined]


def part_of_loops(function: ast.FunctionDef, cut: Cut, count: int | str) -> str:
    """The text of the function with another number of steps; where that is an argument, it is the first one."""
    changed = copy.deepcopy(function)
    for loop in _loops(changed):
        if isinstance(loop.target, ast.Name) and loop.target.id == cut.name and isinstance(loop.iter, ast.Call):
            loop.iter.args = [ast.Name(count, ast.Load()) if isinstance(count, str) else ast.Constant(count)]
    if isinstance(count, str):
        changed.args.args.insert(0, ast.arg(count))
    changed.decorator_list = []
    return ast.unparse(ast.fix_missing_locations(changed))


def needs_rows(function: ast.FunctionDef, cut: Cut, arrays: Mapping[str, Array]) -> bool:
    """True where the number of all rows is more than the end of the loops that are cut: a value, or a stride."""
    if any(ROWS in array.shape[1:] for array in arrays.values()):
        return True
    reads = [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == ROWS]
    return len(reads) > sum(isinstance(x.target, ast.Name) and x.target.id == cut.name for x in _loops(function))


def steps_of_parts(extent: int, unit: int) -> list[int]:
    """Numbers of steps that parts may have, the best first: whole units, in parts as many as are wanted.

    An even number of equal parts comes first: two threads then do as many each, and no shorter part is compiled.
    """
    fewest = 2 if extent < BEST_PARTS * unit else FEWEST_PARTS
    found = [k * unit for k in range(1, extent // unit + 1) if fewest <= -(-extent // (k * unit)) <= MOST_PARTS]

    def order(steps: int) -> tuple[bool, bool, int]:
        count = -(-extent // steps)
        return extent % steps > 0, count % 2 > 0, abs(count - BEST_PARTS)

    return sorted(found, key=order)


def work_of(function: ast.FunctionDef) -> Work:
    """About how much a function does: reads, operations, entries written and functions of numbers, times steps."""
    row = fixed = 0
    for times, by_rows, node in _statements(function.body, 1, False):
        work = times * _own_work(node)
        row, fixed = (row + work, fixed) if by_rows else (row, fixed + work)
    return Work(row, fixed)


def _statements(body: Sequence[ast.stmt], times: int, by_rows: bool) -> Iterator[tuple[int, bool, ast.stmt]]:
    """Statements with the number of times they are run, and whether that is so for every row."""
    for node in body:
        if isinstance(node, ast.For):
            own = isinstance(node.iter, ast.Call) and any(
                isinstance(n, ast.Name) and n.id == ROWS for a in node.iter.args for n in ast.walk(a)
            )
            yield from _statements(node.body, times * (1 if own else _trips(node)), by_rows or own)
        elif isinstance(node, ast.If):
            yield from _statements([*node.body, *node.orelse], times, by_rows)
        else:
            yield times, by_rows, node


def _trips(loop: ast.For) -> int:
    """About how many steps: of `range(0, 784, 256)` 4, of an end like min(3, 9 - p) the least number in it."""
    ends = loop.iter.args if isinstance(loop.iter, ast.Call) else []
    numbers = [[n.value for n in ast.walk(a) if isinstance(n, ast.Constant) and isinstance(n.value, int)] for a in ends]
    last = [n for n in (numbers[min(len(ends), 2) - 1] if ends else []) if n > 0]
    step = max(numbers[2], default=1) if len(ends) > 2 else 1
    return max(1, -(-min(last, default=1) // max(step, 1)))


def _own_work(node: ast.stmt) -> int:
    found = 0
    for child in ast.walk(node):
        found += isinstance(child, ast.BinOp | ast.Compare | ast.Subscript | ast.AugAssign)
        found += STORE_WORK * _is_store(child)
        found += CALL_WORK * (isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute))
    return found
