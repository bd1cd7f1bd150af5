"""Expressions of a loop's body: entries of arrays, arithmetic, conditions, choices between steps.

Enters: the syntax tree of an expression.  Leaves: values, written by `Writer`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from symprop.simd.reading import Unsupported, entries
from symprop.simd.values import Integer, Target, Value
from symprop.simd.writing import Array, Writer, flat, index_nodes

UNARY = {"sqrt": "sqrt", "floor": "floor", "abs": "fabs"}
ROWS_AHEAD = 16
"""Rows before one is read at which it is asked for, where each is on a page of its own: no processor foresees that."""
Env = dict[str, "Value | Integer"]


class Panel(NamedTuple):
    """Rows of an array beside one another, for a block of lanes.

    Args:
        name: of the pointer to the first row.
        stride: entries from a row to the next.
        axis: of the array, the one its rows are counted on.
        copy: of the rows, as an array of the function's own with `width` entries a row.
        flag: whether the copy is read, as a condition; where not, the pointer is to the rows themselves.
    """

    name: str
    stride: Integer
    axis: int
    copy: str
    width: int
    flag: str


class Expressions:
    """What names stand for while a function is written, and the expressions over them.

    Args:
        arrays: by name.
        real: "float" or "double".
        target: the machine.
    """

    def __init__(self, arrays: Mapping[str, Array], real: str, target: Target) -> None:
        self.arrays, self.target = arrays, target
        self.write = Writer(real, target)
        self.env: Env = {}
        self.sizes: dict[str, Integer] = {}
        self.ends: dict[str, int | str | None] = {}
        self.panels: dict[str, Panel] = {}
        self.copied: dict[str, Panel] = {}

    def value(self, node: ast.expr) -> Value | Integer:
        """Write an expression."""
        write = self.write
        match node:
            case ast.Constant(value=bool(value)):
                return write.const(float(value), "i1")
            case ast.Constant(value=int(value)):
                return Integer(constant=value)
            case ast.Constant(value=float(value)):
                return write.const(value, "double")
            case ast.Name(id=name):
                if name not in self.env:
                    raise Unsupported(f"name {name}")
                return self.env[name]
            case ast.Attribute(attr=attr):
                known = {"pi": 3.141592653589793, "inf": float("inf"), "e": 2.718281828459045}
                return write.const(known[attr], "double")
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return write.negative(self.value(inner))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self._not(self.condition(inner))
            case ast.BinOp(left=left, op=op, right=right):
                return self._binary(self.value(left), op, right)
            case ast.Compare() | ast.BoolOp():
                return self.condition(node)
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                return self._choice(self.condition(test), then, otherwise)
            case ast.Subscript():
                name, array, at = self._place(node)
                masks = write.masks
                # what is an entry for all steps is read without asking which of them want it
                write.masks = [] if self._is_inside(node, array) else masks
                found = write.load(name, array.kind, at)
                write.masks = masks
                self._copy(node, array, at, found)
                return write.opaque(write.resized(found, "i64")) if array.kind in ("i32", "i64") else found
            case ast.Call(args=args):
                return self._call(node, args)
        raise Unsupported(type(node).__name__)

    def _binary(self, left: Value | Integer, op: ast.operator, node: ast.expr) -> Value | Integer:
        right = self.value(node)
        write = self.write
        if isinstance(left, Integer) and isinstance(right, Integer) and not isinstance(op, ast.Div | ast.Pow):
            match op:
                case ast.Add():
                    return left.plus(right)
                case ast.Sub():
                    return left.plus(right, -1)
                case ast.Mult():
                    return write.integers(left, "*", right)
                case ast.FloorDiv():
                    return write.integers(left, "//", right)
                case ast.Mod():
                    return write.integers(left, "%", right)
            raise Unsupported(type(op).__name__)
        words = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
        if isinstance(op, ast.Pow):
            return write.function("pow", [*write.both(left, right)])
        if type(op) not in words:
            raise Unsupported(type(op).__name__)
        return write.arithmetic(words[type(op)], left, right)

    def condition(self, node: ast.expr) -> Value:
        """Write a condition."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [self.value(n) for n in (left, *others)]
                found = [self.write.compare(a, op, b) for a, op, b in zip(sides, ops, sides[1:], strict=False)]
            case ast.BoolOp(values=values):
                found = [self.condition(v) for v in values]
            case _:
                value = self.value(node)
                if isinstance(value, Integer) or value.kind != "i1":
                    raise Unsupported("a number as a condition")
                return value
        word = "or" if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) else "and"
        result = found[0]
        for other in found[1:]:
            result = self.write.logical(word, result, other)
        return result

    def _choice(self, test: Value, then: ast.expr, otherwise: ast.expr) -> Value | Integer:
        if test.constant is not None:
            return self.value(then if test.constant else otherwise)
        a = self._masked(test, lambda: self.value(then))
        b = self._masked(self._not(test), lambda: self.value(otherwise))
        return self.write.choose(test, a, b)  # type: ignore[arg-type]

    def _call(self, node: ast.Call, nodes: Sequence[ast.expr]) -> Value | Integer:
        write = self.write
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        args = [self.value(n) for n in nodes]
        if name in ("real", "float32", "float64"):
            return write.convert(args[0], write.real if name == "real" else "double" if name == "float64" else "float")
        if name in ("max", "min") and all(isinstance(a, Integer) for a in args):
            return self._extreme(name, args)
        if name in ("max", "min"):
            found = args[0]
            for other in args[1:]:
                op = ast.Gt() if name == "max" else ast.Lt()
                found = write.choose(write.compare(other, op, found), other, found)
            return found
        if name in UNARY:
            return write.unary(UNARY[name], write.float_of(args[0]))
        return write.function(name, args)

    def _extreme(self, name: str, args: Sequence[Value | Integer]) -> Integer:
        found = args[0]
        for other in args[1:]:
            op = ast.Gt() if name == "max" else ast.Lt()
            found = self.write.choose(self.write.compare(other, op, found), other, found)
        assert isinstance(found, Integer)
        return found

    # -- entries -----------------------------------------------------------------------------------------------------

    def _place(self, node: ast.Subscript) -> tuple[str, Array, Integer]:
        name, array = self._named(node)
        panel = self.panels.get(ast.unparse(node)) if self.panels else None
        if panel is not None:
            row = self._integer(index_nodes(node, array)[panel.axis])
            at = self.write.integers(row, "*", panel.stride)
            return panel.name, array, at.plus(Integer(lanes=1))
        indices = [self._integer(i) for i in index_nodes(node, array)]
        return name, array, flat(self.write, array, self.sizes, indices)

    def _copy(self, node: ast.Subscript, array: Array, at: Integer, entry: Value) -> None:
        """Keep what was read for a panel, and ask for what follows some rows on."""
        panel = self.copied.get(ast.unparse(node)) if self.copied else None
        if panel is not None:
            name, write = self._named(node)[0], self.write
            row = self._integer(index_nodes(node, array)[panel.axis])
            ahead = Integer(constant=ROWS_AHEAD * entries(array.shape[panel.axis + 1 :]))
            write.prefetch(name, array.kind, at.plus(ahead))
            write.store(panel.copy, array.kind, row.times(panel.width).plus(Integer(lanes=1)), entry)

    def _named(self, node: ast.Subscript) -> tuple[str, Array]:
        name = node.value.id if isinstance(node.value, ast.Name) else ""
        if name not in self.arrays:
            raise Unsupported(f"a subscript of {name or 'an expression'}")
        return name, self.arrays[name]

    def _is_inside(self, node: ast.Subscript, array: Array) -> bool:
        """True where every index is that of a loop over no more than its axis, or as far behind it as there is room."""
        return all(
            end is not None and (end == extent or (isinstance(end, int) and isinstance(extent, int) and end <= extent))
            for end, extent in zip(map(self._end, index_nodes(node, array)), array.shape, strict=True)
        )

    def _end(self, node: ast.expr) -> int | str | None:
        """What an index of a loop from 0 on stays below, a constant added."""
        match node:
            case ast.Name(id=name):
                return self.ends.get(name)
            case ast.BinOp(left=ast.Name(id=name), op=ast.Add(), right=ast.Constant(value=int(more))):
                end = self.ends.get(name)
                return end + more if isinstance(end, int) and more >= 0 else None
        return None

    def _integer(self, node: ast.expr) -> Integer:
        value = self.value(node)
        if isinstance(value, Value):
            if value.kind != "i64":
                raise Unsupported("an index that is no integer")
            return self.write.opaque(value)
        return value

    def _held(self, value: Value | Integer) -> Value:
        return self.write.integer(value) if isinstance(value, Integer) else value

    # -- masks -------------------------------------------------------------------------------------------------------

    def _masked(self, mask: Value, write: Callable[[], object]) -> object:
        masks = self.write.masks
        masks.append(self.write.logical("and", masks[-1], mask) if masks else mask)
        try:
            return write()
        finally:
            masks.pop()

    def _not(self, test: Value) -> Value:
        return self.write.logical("xor", test, self.write.const(1.0, "i1"))
