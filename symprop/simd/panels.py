"""Panels: rows that the steps of a tile read again and again, copied beside one another.

Rows of a large matrix push each other out of the first-level cache where they are a power of two apart, and every one
of them lies on a page of its own.  What lies across the lanes, W[j,k] for lanes j, is turned on the way.

Enters: what a block of lanes reads.  Leaves: the place of its copy, written by `Writer`.
"""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Sequence

from symprop.simd.expressions import Expressions, Panel
from symprop.simd.reading import Rows, Unsupported, entries
from symprop.simd.values import Integer, Shape, Value
from symprop.simd.writing import Array, flat, index_nodes

CACHE_SETS, CACHE_WAYS, CACHE_LINE = 64, 8, 64
"""The first-level cache: of all machines of the last ten years at least this."""
NEAR = 1 << 18
"""Bytes over which rows may be spread before finding their pages takes time."""
PANEL_ROWS, PANEL_BYTES = 512, 1 << 18
"""Rows of a panel whose number is known when it is run; bytes of any panel."""
FEWEST_STEPS = 32
"""Steps of a tile's loop from which a copy of what they read pays."""
TYPICAL_ROWS = 128
BYTES = {"float": 4, "double": 8, "i32": 4, "i64": 8}


def counted(register: str) -> Integer:
    """The number a register holds."""
    return Integer({Value("i64", frozenset(), {(0, 0): register}): 1})


class Panels(Expressions):
    """Expressions that read panels."""

    def make_panels(self, again: Sequence[Rows], steps: Integer | None, across: bool, choices: bool) -> None:
        """Make panels of what is read again for every step of a tile.

        Args:
            again: what is read.
            steps: how many there are of the tile's loop, None where that is not known at all.
            across: what lies across the lanes is turned.
            choices: what is read depends on conditions, so that the first tile may not read all that the others do.
        """
        copies = list[tuple[ast.Subscript, Panel]]()
        for rows in again:
            panel = None
            if rows.turned and across:
                panel = self.turned_panel(rows.node, rows.axis)
            elif not rows.turned and steps is not None:
                panel = self.panel(rows.node, rows.axis, steps)
                copies += [(rows.node, panel)] if panel is not None else []
            if panel is not None:
                self.panels[ast.unparse(rows.node)] = panel
        if len(self.panels) == len(copies) == 1 and not choices:
            self.copied = {ast.unparse(node): panel for node, panel in copies}
            return
        for node, panel in copies:
            self.copy_rows(node, panel)

    def _far_apart(self, array: Array, axis: int) -> bool:
        """True where the parts of rows that are read together do not stay in the first-level cache together."""
        stride, rows = entries(array.shape[axis + 1 :]), array.shape[axis]
        count = rows if isinstance(rows, int) else TYPICAL_ROWS
        size = stride * BYTES[array.kind]
        lines = 1 if size % CACHE_LINE else max(size // CACHE_LINE, 1)
        apart = min(CACHE_SETS, 2 * CACHE_SETS // math.gcd(lines, CACHE_SETS))
        return size > 0 and (2 * count > apart * CACHE_WAYS or count * size > NEAR)

    def panel(self, node: ast.Subscript, axis: int, steps: Integer) -> Panel | None:
        """Rows of a block of lanes, to be copied where enough steps read them, and read where they lie where not."""
        write, width = self.write, sum(self.write.shape.widths)
        name, array = self._named(node)
        kind, rows, stride = array.kind, array.shape[axis], entries(array.shape[axis + 1 :])
        size = (rows if isinstance(rows, int) else PANEL_ROWS) * width
        few = steps.known is not None and steps.known < FEWEST_STEPS
        if few or not self._far_apart(array, axis) or size * BYTES[kind] > PANEL_BYTES:
            return None
        flag = write.put(f"icmp sge i64 {write.index(steps, 0, 0)}, {FEWEST_STEPS}")
        if not isinstance(rows, int):
            count = write.index(self.sizes[rows], 0, 0)
            flag = write.put(f"and i1 {flag}, {write.put(f'icmp sle i64 {count}, {PANEL_ROWS}')}")
        room = write.room(kind, size)
        own = write.place(name, kind, write.index(self._first(node, axis), 0, 0))
        pointer = write.alias(f"select i1 {flag}, ptr %a.{room}, ptr {own}")
        apart = write.put(f"select i1 {flag}, i64 {width}, i64 {stride}")
        return Panel(pointer, counted(apart), axis, room, width, flag)

    def copy_rows(self, node: ast.Subscript, panel: Panel) -> None:
        """Copy the rows of a panel, where it is read."""
        write, first = self.write, self._first(node, panel.axis)
        name, array = self._named(node)
        rows, stride = array.shape[panel.axis], entries(array.shape[panel.axis + 1 :])
        count = write.index(Integer(constant=rows) if isinstance(rows, int) else self.sizes[rows], 0, 0)

        def step(k: str, _: list[str]) -> list[str]:
            row = counted(k)
            entry = write.load(name, array.kind, first.plus(row.times(stride)))
            write.store(panel.copy, array.kind, row.times(panel.width).plus(Integer(lanes=1)), entry)
            return []

        write.loop(write.put(f"select i1 {panel.flag}, i64 {count}, i64 0"), [], step)
        write.wide.clear()

    def turned_panel(self, node: ast.Subscript, axis: int) -> Panel:
        """Copy what lies across a block of lanes so that it lies along them, blocks of a vector's size turned at once.

        Raises:
            Unsupported: how much that is is not known beforehand, or too much.
        """
        write, shape = self.write, self.write.shape
        name, array = self._named(node)
        kind, rows, width = array.kind, array.shape[axis], sum(shape.widths)
        if not isinstance(rows, int) or rows < 2 or rows * width * BYTES[kind] > PANEL_BYTES:
            raise Unsupported("a panel of this size")
        first, room = self._first(node, axis), write.room(kind, rows * width)
        steps = min(self.target.lanes(kind), 1 << (rows.bit_length() - 1))
        for count, vectors in itertools.groupby(range(len(shape.counts)), lambda v: shape.counts[v]):
            members = list(vectors)
            start = shape.start(members[0])
            write.shape = Shape(steps, (count,))

            def vector(v: str, _: list[str], start: int = start, count: int = count) -> list[str]:
                lane = counted(v).times(count).plus(Integer(constant=start))

                def block(k: str, _: list[str]) -> list[str]:
                    # the last block ends with the last row, whatever the one before has of it
                    row = self._least(counted(k).times(steps), rows - steps)
                    entry = write.load(name, kind, first.plus(lane.times(first.lanes)).plus(row).plus(Integer(tile=1)))
                    at = row.times(width).plus(lane)
                    write.store(room, kind, at.plus(Integer(tile=width, lanes=1)), entry)
                    return []

                write.loop(str(-(-rows // steps)), [], block, sure=True)
                return []

            write.loop(str(len(members)), [], vector, sure=True)
        write.shape = shape
        write.wide.clear()
        return Panel(room, Integer(constant=width), axis, room, width, "true")

    def _first(self, node: ast.Subscript, axis: int) -> Integer:
        """The place of what is read of the first row."""
        _, array = self._named(node)
        indices = [Integer() if k == axis else self._integer(i) for k, i in enumerate(index_nodes(node, array))]
        return flat(self.write, array, self.sizes, indices)

    def _least(self, value: Integer, most: int) -> Integer:
        """The value, or the number where that is less."""
        write = self.write
        held = write.index(value, 0, 0)
        flag = write.put(f"icmp slt i64 {held}, {most}")
        return counted(write.put(f"select i1 {flag}, i64 {held}, i64 {most}"))
