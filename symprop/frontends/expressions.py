"""Expressions in NumPy notation: names, operators, attributes, calls, subscripts.

Enters: a syntax node.  Leaves: an array.  Arguments are evaluated to arrays and plain values, and handed to the
operations; every node that is not looked for is a fault with its place.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from symprop.frontends.arrays import Array, compared, refreshed, scalar, shape_text
from symprop.frontends.bench import Bench, Label
from symprop.frontends.faults import At, Mismatch, Misuse
from symprop.frontends.names import Meaning, Names, before
from symprop.frontends.operations import Operation, function_named, function_names
from symprop.frontends.operations.arguments import axis, fitted, shapes_of
from symprop.frontends.operations.indexing import selected
from symprop.frontends.operations.operators import binary, unary
from symprop.frontends.operations.shaping import size, size_of, transposed
from symprop.frontends.program import Locate, Program
from symprop.language import Extent, Position
from symprop.language import expressions as ex
from symprop.language.syntax import MAX_DEPTH, kind_of, operator_of
from symprop.library import callable_names
from symprop.spec.places import close

COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
CONSTANTS = {"pi": ex.Constant("pi")}
PREFIXES, ADJOINT = ("np", "numpy"), "d"
TYPES = {"float": float, "float64": float, "float32": float, "int": int, "bool": bool}
METHODS: tuple[str, ...] = ("sum", "mean", "max", "min", "var", "std", "dot", "reshape", "transpose", "copy", "astype")
METHODS = (*METHODS, "ravel", "flatten", "squeeze")
_SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_SIGNS = {ast.USub: "-", ast.UAdd: "+", ast.Invert: "~", ast.Not: "not"}


def symbol(op: ast.operator) -> str:
    """An operator as it is written."""
    return _SYMBOLS.get(type(op)) or operator_of(op).strip("'")


class Expressions(Program):
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
        arities = {**dict.fromkeys(callable_names(), 1), **names.functions}
        self.bench = Bench((m.tensor for m in names.tensors.values()), label, arities)
        self.local: dict[str, Array | Meaning] = {}
        self.depth = 0

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
                return self.placed(node, unary, _SIGNS[type(node.op)], self.value(node.operand))
            case ast.BinOp():
                return self.placed(node, binary, symbol(node.op), self.value(node.left), self.value(node.right))
            case ast.Compare(ops=[op], comparators=[right]):
                if type(op) not in COMPARE:
                    self.fail(node, f"comparison {operator_of(op)} is not known here; expected < <= > >= == !=")
                return self.placed(node, fitted, compared, self.value(node.left), COMPARE[type(op)], self.value(right))
            case ast.Compare():
                self.fail(node, "a chain of comparisons cannot stand here", "Write (a < b) & (b < c).")
            case ast.Call():
                return self._call(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript(value=ast.Attribute(attr="shape") as shape):
                return self._extent_of(node, shape)
            case ast.Subscript():
                return self.placed(node, selected, self.bench, self.value(node.value), self.inside(node))
        self.fail(node, f"{kind_of(node)} cannot stand in a formula")

    # -- faults --------------------------------------------------------------------------------------------------

    def placed(
        self, node: ast.AST, make: Callable[..., Array], *args: Any, find: Callable[[At], ast.AST] | None = None
    ) -> Array:
        """The value of an operation; its faults are those of a node, or of the part of it that is at fault."""
        try:
            return make(*args)
        except Misuse as error:
            find = find or self._part(node)
            part, text = (find(at) if at else node for at in (error.at, error.of))
            name = node.target if isinstance(node, ast.AugAssign) else node
            if isinstance(error, Mismatch):
                message = error.sentence(shapes_of(error.operands), self.segment(node))
                hint = error.hint or (self.origins(node) if error.operands else "")
                self.shape_fail(part, message.replace("{text}", self.segment(text)), hint)
            message = str(error).replace("{text}", self.segment(text)).replace("{name}", self._changed_name(name))
            self.fail(part, message, error.hint)

    def _changed_name(self, node: ast.AST) -> str:
        target = node.targets[0] if isinstance(node, ast.Assign) else node
        inner = target.value if isinstance(target, ast.Subscript) else target
        return f"'{inner.id}'" if isinstance(inner, ast.Name) else "it"

    @staticmethod
    def _part(node: ast.AST) -> Callable[[At], ast.AST]:
        """The part of a subscript that is at fault."""

        def find(at: At) -> ast.AST:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", node)
            inside = target.slice if isinstance(target, ast.Subscript) else target
            part = inside.elts[int(at[0])] if isinstance(inside, ast.Tuple) else inside
            ends = (part.lower, part.upper) if isinstance(part, ast.Slice) else ()
            return (ends[int(at[1])] or part) if len(at) > 1 and ends else part

        return find

    def origins(self, node: ast.AST) -> str:
        """Where the shapes of the names in an expression come from, as sentences."""
        found: dict[str, str] = {}
        for part in ast.walk(node):
            meaning = self._meaning(part.id) if isinstance(part, ast.Name) else None
            if isinstance(part, ast.Name) and meaning is not None:
                found[part.id] = f"{part.id} {shape_text(meaning.tensor.axes)} is {meaning.words}"
        listed = list(found.values())
        return f"{'; '.join(listed)}." if listed else ""

    # -- names ---------------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name) -> Array:
        local = self.local.get(node.id)
        if isinstance(local, Array):
            return refreshed(local, self.bench.new)
        meaning = self._meaning(node.id)
        if meaning is not None:
            if meaning.blocked and meaning.unfit:
                self.shape_fail(node, f"'{node.id}' has no value: {meaning.blocked}")
            if meaning.blocked:
                self.fail(
                    node, f"'{node.id}' cannot be read here: {meaning.blocked}", "Write .copy() where it is named."
                )
            return self.bench.read(meaning.tensor)
        if node.id in self.names.extents:
            return Array((), ex.size(Position.of(Extent.of(node.id))), "integer")
        if node.id in CONSTANTS:
            return scalar(CONSTANTS[node.id])
        known = {*self.names.tensors, *self.local, *self.names.extents}
        near = close(node.id, known)
        if node.id[:1] == ADJOINT and self._meaning(node.id[1:]) is not None:
            self.fail(node, f"{node.id} is read before it is given", before(node.id))
        hint = f"Did you mean '{near}'?" if near else ""
        self.fail(node, f"unknown name '{node.id}'", self.names.counted(node.id) or hint)

    def _meaning(self, name: str) -> Meaning | None:
        local = self.local.get(name)
        return local if isinstance(local, Meaning) else self.names.read(name)

    # -- calls ---------------------------------------------------------------------------------------------------

    def _call(self, node: ast.Call) -> Array:
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            self.fail(node, "a star cannot stand in a call")
        operation, args = self._called(node)
        values = [self.argument(arg) for arg in args]
        keywords = {str(k.arg): self.argument(k.value) for k in node.keywords if k.arg in operation.keywords}
        strange = [k for k in node.keywords if k.arg not in operation.keywords]
        given = {**keywords, **{str(k.arg): None for k in strange}}
        return self.placed(
            node, operation, self.bench, values, given, find=lambda at: _argument(node, operation, args, at)
        )

    def _called(self, node: ast.Call) -> tuple[Operation, list[ast.expr]]:
        """The operation meant, and its arguments; of a method, the array is the first."""
        function, args = node.func, list(node.args)
        if isinstance(function, ast.Attribute) and not self.is_prefix(function.value):
            if function.attr not in METHODS:
                expected = f"expected one of {', '.join(METHODS)}"
                self.fail(function, f"an array has no method '{function.attr}' here; {expected}")
            args = [function.value, *args]
        elif not isinstance(function, ast.Attribute | ast.Name):
            self.fail(function, "only a function can be called")
        name = function.attr if isinstance(function, ast.Attribute) else function.id
        found = function_named(self.bench, name)
        if found is None:
            near = close(name, self.known_functions())
            self.fail(function, f"function '{name}' is not known here", f"Did you mean '{near}'?" if near else "")
        return found, args

    def is_prefix(self, node: ast.AST) -> bool:
        """True of `np` and `numpy`."""
        return isinstance(node, ast.Name) and node.id in PREFIXES

    def known_functions(self) -> set[str]:
        """Names of all functions."""
        return function_names(self.bench)

    def argument(self, node: ast.expr) -> Any:
        """The value of an argument: an array, or what Python writes it as."""
        match node:
            case ast.Constant(value=None | bool() | str()):
                return node.value
            case ast.Tuple() | ast.List():
                return tuple(self.argument(part) for part in node.elts)
            case ast.Attribute(attr="shape"):
                return tuple(map(size_of, self.value(node.value).shape))
            case ast.Name() if node.id in TYPES and self._meaning(node.id) is None:
                return TYPES[node.id]
            case ast.Attribute() if node.attr in TYPES and self.is_prefix(node.value):
                return TYPES[node.attr]
        return self.value(node)

    def inside(self, node: ast.Subscript) -> list[Any]:
        """What stands in brackets."""
        parts = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        return [self._subscript(part) for part in parts]

    def _subscript(self, node: ast.expr) -> Any:
        match node:
            case ast.Slice():
                ends = (node.lower, node.upper, node.step)
                return slice(*(None if end is None else self.value(end) for end in ends))
            case ast.Constant(value=None):
                return None
            case ast.Constant() if node.value is Ellipsis:
                return Ellipsis
            case ast.Name(id="newaxis") | ast.Attribute(attr="newaxis"):
                return None
        return self.value(node)

    # -- attributes ----------------------------------------------------------------------------------------------

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
            return size(self.bench, self.value(node.value))
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
        extents, number = self.value(shape.value).shape, self.value(node.slice)

        def chosen() -> Array:
            return size_of(extents[axis(number, len(extents), (0,))])

        return self.placed(node, chosen)


def _argument(node: ast.Call, operation: Operation, args: list[ast.expr], at: At) -> ast.AST:
    """The syntax of the argument at fault."""
    for keyword in node.keywords:
        if keyword.arg == at[0]:
            known = keyword.arg in operation.keywords
            return _inner(keyword.value, at[1:]) if known else keyword
    for position, arg in enumerate(args):
        name, number = operation.parameter(position)
        rest = at[1:] if number is None else at[2:]
        if name == at[0] and (number is None or number == at[1]):
            return _inner(arg, rest)
    return node


def _inner(node: ast.expr, at: At) -> ast.expr:
    inside = isinstance(node, ast.Tuple | ast.List) and at and int(at[0]) < len(node.elts)
    return _inner(node.elts[int(at[0])], at[1:]) if inside and isinstance(node, ast.Tuple | ast.List) else node
