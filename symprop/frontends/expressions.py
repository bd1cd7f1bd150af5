"""Expressions in NumPy notation: names, operators, attributes.

Enters: a syntax node.  Leaves: an array.  Every node that is not looked for is a fault with its place.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from symprop.frontends.arrays import Array, compared, elementwise, product, refreshed, scalar, shape_text
from symprop.frontends.names import Meaning, Names
from symprop.frontends.program import Locate
from symprop.frontends.shapes import Shapes, transposed
from symprop.language import Equation, Extent, Gather, Index, Position, Read, Tensor, ranges
from symprop.language import expressions as ex
from symprop.language.syntax import MAX_DEPTH, kind_of, operator_of
from symprop.library import callable_names
from symprop.spec.places import close

COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
CONSTANTS = {"pi": ex.Constant("pi")}
Label = Callable[[str, int], str]


class Expressions(Shapes):
    """One text whose expressions are read.

    Args:
        text: an expression, or statements.
        names: what its names mean.
        label: the name under which a value of the text is stored, from its own name and the number of the assignment.
        where: what is read, for messages.
        locate: the words for a place of the text.
    """

    def __init__(
        self, text: str, names: Names, label: Label, where: str = "formula", locate: Locate | None = None
    ) -> None:
        super().__init__(text, where, locate)
        self.names, self.label = names, label
        self.arities = {**dict.fromkeys(callable_names(), 1), **names.functions}
        self.local: dict[str, Array | Meaning] = {}
        self.count = self.depth = self.helpers = 0
        self.pending: list[Equation] = []
        self.integers = ranges(m.tensor for m in names.tensors.values())

    def value(self, node: ast.AST) -> Array:
        """The array of an expression; bounded in depth, since Python's own stack is."""
        self.depth += 1
        if self.depth > 3 * MAX_DEPTH:
            self.fail(node, "the formula is nested too deeply")
        found = self._value(node)
        self.depth -= 1
        return found

    def _value(self, node: ast.AST) -> Array:
        match node:
            case ast.Constant():
                return scalar(ex.Number(self.numeral(node)))
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BinOp():
                return self.operation(node, node.op, self.value(node.left), self.value(node.right))
            case ast.Compare(ops=[op], comparators=[right]):
                if type(op) not in COMPARE:
                    self.fail(node, f"comparison {operator_of(op)} is not known here; expected < <= > >= == !=")
                return self.fitted(node, compared, self.value(node.left), COMPARE[type(op)], self.value(right))
            case ast.Compare():
                self.fail(node, "a chain of comparisons cannot stand here", "Write (a < b) & (b < c).")
            case ast.Call():
                return self.call(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript(value=ast.Attribute(attr="shape") as shape):
                return self._extent_of(node, shape)
            case ast.Subscript():
                return self.selected(node, self.value(node.value))
        self.fail(node, f"{kind_of(node)} cannot stand in a formula")

    def _name(self, node: ast.Name) -> Array:
        local = self.local.get(node.id)
        if isinstance(local, Array):
            return refreshed(local, self.new)
        meaning = self._meaning(node.id)
        if meaning is not None:
            if meaning.blocked and meaning.unfit:
                self.shape_fail(node, f"'{node.id}' has no value: {meaning.blocked}")
            if meaning.blocked:
                self.fail(
                    node, f"'{node.id}' cannot be read here: {meaning.blocked}", "Write .copy() where it is named."
                )
            return self._read(meaning.tensor)
        if node.id in self.names.extents:
            return Array((), ex.size(Position.of(Extent.of(node.id))), "integer")
        if node.id in CONSTANTS:
            return scalar(CONSTANTS[node.id])
        known = {*self.names.tensors, *self.local, *self.names.extents}
        near = close(node.id, known)
        self.fail(node, f"unknown name '{node.id}'", f"Did you mean '{near}'?" if near else "")

    def _meaning(self, name: str) -> Meaning | None:
        local = self.local.get(name)
        return local if isinstance(local, Meaning) else self.names.tensor(name)

    def _read(self, tensor: Tensor) -> Array:
        axes = tuple(None if extent.constant == 1 else self.new(extent) for extent in tensor.axes)
        positions = [Position.of(0 if axis is None else axis) for axis in axes]
        if tensor.dtype == "integer":
            return Array(axes, ex.IndexValue(Position.of(Gather(tensor.name, positions))), "integer")
        return Array(axes, Read(tensor.name, positions))

    def _unary(self, node: ast.UnaryOp) -> Array:
        inner = self.value(node.operand)
        if isinstance(node.op, ast.Invert) and inner.kind == "mask":
            return elementwise(lambda m: ex.add(ex.ONE, ex.negate(m)), inner, kind="mask")
        if isinstance(node.op, ast.USub | ast.UAdd) and inner.kind != "mask":
            if isinstance(node.op, ast.UAdd):
                return inner
            kind = "integer" if inner.extent is not None and not inner.axes else "real"
            extent = inner.extent
            body = ex.size(Position.of(extent * -1)) if extent is not None else ex.negate(inner.body)
            return Array(inner.axes, body, kind)
        what = "truth values" if inner.kind == "mask" else "numbers"
        sign = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}[type(node.op)]
        self.fail(node, f"'{sign}' cannot stand before {what}")

    def operation(self, node: ast.AST, op: ast.operator, left: Array, right: Array) -> Array:
        """`left op right`."""
        masks = (left.kind == "mask") + (right.kind == "mask")
        if isinstance(op, ast.BitAnd | ast.BitOr):
            if masks != 2:
                self.fail(node, f"{operator_of(op)} stands between masks alone; expected comparisons on both sides")
            joined = ex.mul if isinstance(op, ast.BitAnd) else _either
            return self.fitted(node, _masks, joined, left, right)
        if isinstance(op, ast.MatMult):
            return self.fitted(node, product, left.real(), right.real())
        if masks == 2 and not isinstance(op, ast.Mult):
            self.fail(node, "two masks are joined by & or |, not by arithmetic")
        kept = self._extents(op, left, right)
        if kept is not None:
            return Array((), ex.size(Position.of(kept)), "integer")
        make = _BINARY.get(type(op))
        if make is None:
            self.fail(node, f"operator {operator_of(op)} is not known here; expected + - * / ** @ & |")
        if isinstance(op, ast.Pow):
            self._check_power(node, right)
        if isinstance(op, ast.Div) and ex.number(right.body) == 0:
            self.fail(node, "a division by zero stands here")
        if masks == 2:
            return self.fitted(node, _masks, make, left, right)
        return self.fitted(node, elementwise, make, left.real(), right.real())

    def _check_power(self, node: ast.AST, right: Array) -> None:
        value = ex.number(right.body)
        if value is not None and abs(value) > 64:
            self.fail(node, f"exponent {value} is too large; expected at most 64")

    @staticmethod
    def _extents(op: ast.operator, left: Array, right: Array) -> Extent | None:
        """Sums and products of extents are extents, as in reshape(2*N, 3); two numerals stay numbers."""
        a, b = left.extent, right.extent
        if a is None or b is None or (left.kind != "integer" and right.kind != "integer"):
            return None
        match op:
            case ast.Add():
                return a + b
            case ast.Sub():
                return a - b
            case ast.Mult():
                return a * b
        return None

    def _attribute(self, node: ast.Attribute) -> Array:
        if self.is_prefix(node.value) and node.attr in CONSTANTS:
            return scalar(CONSTANTS[node.attr])
        dotted = self._dotted(node)
        if dotted is not None:
            return dotted
        if node.attr == "T":
            array = self.value(node.value)
            return transposed(array, list(reversed(range(len(array.axes)))))
        if node.attr == "size":
            whole = Extent.of(1)
            for extent in self.value(node.value).shape:
                whole = whole * extent
            return Array((), ex.size(Position.of(whole)), "integer")
        hint = "Write X.shape[0]." if node.attr == "shape" else ""
        expected = "expected .T, .shape[k], .size or a method"
        self.fail(node, f"attribute '{node.attr}' cannot stand in a formula; {expected}", hint)

    def _dotted(self, node: ast.Attribute) -> Array | None:
        """`W.fc` reads W_fc, where there is such a tensor."""
        if isinstance(node.value, ast.Name) and node.attr != "T":
            meaning = self._meaning(f"{node.value.id}_{node.attr}")
            if meaning is not None:
                return self._name(ast.copy_location(ast.Name(f"{node.value.id}_{node.attr}", ast.Load()), node))
        return None

    def _extent_of(self, node: ast.Subscript, shape: ast.Attribute) -> Array:
        array = self.value(shape.value)
        axis = self._axis(node.slice, len(array.axes))
        return Array((), ex.size(Position.of(array.shape[axis])), "integer")

    def new(self, extent: Extent) -> Index:
        """An index that nobody else has."""
        self.count += 1
        return Index(f"{'n' if extent.names else 'i'}{self.count}", extent)

    def ranges(self) -> dict[str, Extent]:
        """Ranges of the integer tensors."""
        return self.integers

    def plain(self, node: ast.AST, array: Array) -> Array:
        """The array under a name of its own, unless it is a plain read or a number."""
        if isinstance(array.body, ex.Read | ex.Number):
            return array
        left = [Position.of(0) if axis is None else Position.of(axis) for axis in array.axes]
        kept = [p for p, axis in zip(left, array.axes, strict=True) if axis is not None]
        read = self.stored(array, kept, [axis.extent for axis in array.axes if axis is not None])
        order = iter(read.axes)
        return Array(tuple(None if axis is None else next(order) for axis in array.axes), read.body)

    def stored(self, array: Array, left: Sequence[Position], shape: Sequence[Extent]) -> Array:
        """The array under a name of its own, its axes those of the left side."""
        self.helpers += 1
        tensor = Tensor(self.label(f"step{self.helpers}", 0), tuple(shape))
        self.pending.append(Equation(tensor.name, tuple(left), array.body))
        return self._read(tensor)

    def origins(self, node: ast.AST) -> str:
        """Where the shapes of the names in an expression come from, as sentences."""
        found: dict[str, str] = {}
        for part in ast.walk(node):
            meaning = self._meaning(part.id) if isinstance(part, ast.Name) else None
            if isinstance(part, ast.Name) and meaning is not None:
                found[part.id] = f"{part.id} {shape_text(meaning.tensor.axes)} is {meaning.words}"
        listed = list(found.values())
        return f"{'; '.join(listed)}." if listed else ""


def _masks(make: Callable[..., ex.Expr], left: Array, right: Array) -> Array:
    return elementwise(make, left, right, kind="mask")


def _either(a: ex.Expr, b: ex.Expr) -> ex.Expr:
    return ex.add(a, b, ex.negate(ex.mul(a, b)))


_BINARY: dict[type[ast.operator], Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    ast.Add: ex.add,
    ast.Sub: lambda a, b: ex.add(a, ex.negate(b)),
    ast.Mult: ex.mul,
    ast.Div: ex.divide,
    ast.Pow: ex.power,
}
