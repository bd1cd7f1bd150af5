"""Functions of numbers, arrays and calls as LLVM IR: those that drive functions of loops, run a step after the other.

    Python text ─ ast ─► statements ─► places on the stack, jumps ─► IR text

Every variable is a place on the stack, which LLVM turns into a register.  A function is written once for every list of
types it is called with.  As in the functions of loops, indices are not negative, and no index is checked.

Enters: functions with their texts.  Leaves: LLVM IR.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, Protocol

from symprop.simd.nests import Result
from symprop.simd.reading import Unsupported, subscripts
from symprop.simd.scalars import KNOWN, LLVM, REALS, Number, Scalars, common, constant
from symprop.simd.writing import Array

CASTS = {
    "int64": "i64", "uint64": "u64", "float32": "float", "float64": "double", "int": "i64", "float": "double",
    "bool": "i1", "bool_": "i1",
}
HEAD = object.__basicsize__
"""Where the header of an array begins: its address, the number of its axes, the address of its extents, a word each."""


def wide_kind(kind: str) -> str:
    """The type in which a number is given to, and comes back from, compiled code."""
    return "double" if kind in REALS else "i64"


class View(NamedTuple):
    """Entries in order from a pointer on: their type and their extents, in registers."""

    kind: str
    pointer: str
    shape: tuple[Number, ...]


NOTHING = Number("none", "")


class Lower(Protocol):
    """A function of loops."""

    @property
    def names(self) -> Sequence[str]:
        """Its arguments."""

    @property
    def arrays(self) -> Mapping[str, Array]:
        """Those of them that are arrays."""

    def result(self, scalars: Mapping[str, str]) -> Result:
        """Its text for given types of its numbers."""


class Program:
    """All functions that one function calls, each written once for the types it is called with.

    Args:
        tree: gives the syntax of a function by its name, None where it is no driver.
        lower: gives a function of loops by its name, None where it is none.
        space: numbers that names of the module stand for.
        real: "float" or "double".
    """

    def __init__(
        self,
        tree: Callable[[str], ast.FunctionDef | None],
        lower: Callable[[str], Lower | None],
        space: Mapping[str, Any],
        real: str,
    ) -> None:
        self.tree, self.lower, self.space, self.real = tree, lower, space, real
        self.texts: list[str] = []
        self.declared: set[str] = set()
        self.written: dict[tuple[str, tuple[str, ...]], tuple[str, str]] = {}
        self.loops: dict[str, Result] = {}

    def entry(self, name: str, kinds: Sequence[str]) -> str:
        """Write a function, and one that takes its arguments from an array of 64-bit words; the type it gives back.

        A number is a word, an array the address of its header.
        """
        own, back = self.function(name, tuple(kinds))
        write, arguments = Scalars(self.real, self.declared), []

        def word(kind: str, start: str, number: int) -> str:
            return write.put(f"load {kind}, ptr {write.put(f'getelementptr i8, ptr {start}, i64 {number}')}")

        for k, kind in enumerate(kind for kind in kinds if kind != "none"):
            scalar, _, axes = kind.partition("*")
            if axes:
                header = word("ptr", "%frame", 8 * k)
                extents = word("ptr", header, HEAD + 16)
                arguments.append(f"ptr {word('ptr', header, HEAD)}")
                arguments += [f"i64 {word('i64', extents, 8 * axis)}" for axis in range(int(axes))]
            else:
                wide = wide_kind(scalar)
                given = write.convert(Number(wide, word(wide, "%frame", 8 * k)), scalar)
                arguments.append(f"{LLVM[scalar]} {given.text}")
        call = f"call {LLVM.get(back, 'void')} @{own}({', '.join(arguments)})"
        if back:
            kind = wide_kind(back)
            last = f"ret {kind} {write.convert(Number(back, write.put(call)), kind).text}"
        else:
            write.do(call)
            kind, last = "void", "ret void"
        lines = "\n".join([*write.lines, f"  {last}"])
        self.texts.append(f"define {kind} @entry(ptr noalias readonly %frame) nounwind {{\n{lines}\n}}\n")
        return kind

    def text(self) -> str:
        """All that was written, with declarations of what it calls."""
        called = []
        for name, result in self.loops.items():
            head = result.text[result.text.index("(") + 1 : result.text.index(")")]
            kinds = ", ".join(parameter.rsplit(" ", 1)[0] for parameter in head.split(", "))
            called.append(f"declare {result.returned[0] if result.returned else 'void'} @{name}({kinds}) nounwind")
        return "\n".join([*sorted(self.declared), *called, *self.texts])

    def function(self, name: str, kinds: tuple[str, ...]) -> tuple[str, str]:
        """The name of a function for types of arguments, and the type it gives back, "" for none."""
        key = name, kinds
        if key not in self.written:
            tree = self.tree(name)
            if tree is None or len(tree.args.args) != len(kinds):
                raise Unsupported(f"function {name}")
            own = f"{name}.{len(self.written)}"
            self.written[key] = own, "?"
            back, text = self._text(own, tree, kinds)
            self.written[key] = own, back
            self.texts.append(text)
        own, back = self.written[key]
        if back == "?":
            raise Unsupported("a function that calls itself")
        return own, back


    def _text(self, own: str, tree: ast.FunctionDef, kinds: tuple[str, ...]) -> tuple[str, str]:
        """The type a function gives back, and its text, variables being of the types of all they are given."""
        widened: dict[str, str] = {}
        while True:
            try:
                return Driver(self, tree, kinds, widened).text(own)
            except Widened as found:
                name, kind = found.args
                widened[name] = kind


class Widened(Exception):
    """A variable, by its name, is given a number of another type, and is to be of a type that holds both."""


class Driver(Scalars):
    """The text of one function for given types of arguments.

    Raises:
        Widened: a variable that is not in `widened` needs another type.
    """

    def __init__(
        self, program: Program, tree: ast.FunctionDef, kinds: Sequence[str], widened: Mapping[str, str]
    ) -> None:
        super().__init__(program.real, program.declared)
        self.program, self.tree, self.widened = program, tree, widened
        self.head: list[str] = []
        self.numbers: dict[str, str] = {}
        self.views: dict[str, tuple[str, str, int]] = {}
        self.returned: str | None = None
        self.parameters: list[str] = []
        for argument, kind in zip(tree.args.args, kinds, strict=True):
            self._parameter(argument.arg, kind)

    def _parameter(self, name: str, kind: str) -> None:
        scalar, _, axes = kind.partition("*")
        if kind == "none":
            self._assign_name(name, NOTHING)
            return
        if not axes:
            self.parameters.append(f"{LLVM[scalar]} %a.{name}")
            self._assign_name(name, Number(scalar, f"%a.{name}"))
            return
        extents = [f"%a.{name}.{axis}" for axis in range(int(axes))]
        self.parameters += [f"ptr %a.{name}", *(f"i64 {e}" for e in extents)]
        self._assign_name(name, View(scalar, f"%a.{name}", tuple(Number("i64", e) for e in extents)))

    def text(self, name: str) -> tuple[str, str]:
        """The type the function gives back, and the whole function."""
        self.statements(self.tree.body)
        back = self.returned or ""
        self.do("br label %leave")
        end = ["leave:", "  ret void"]
        if back:
            end = ["leave:", f"  %result = load {LLVM[back]}, ptr %back", f"  ret {LLVM[back]} %result"]
            self.head.append(f"  %back = alloca {LLVM[back]}")
        first = f"define internal {LLVM.get(back, 'void')} @{name}({', '.join(self.parameters)}) nounwind {{"
        return back, "\n".join([first, "begin:", *self.head, *self.lines, *end, "}", ""])

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
            case ast.Expr(value=ast.Call() as call):
                self.call_of(call, wanted=False)
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                for target, value in zip(targets, [self.value(v) for v in values], strict=True):
                    self.assign(target, value)
            case ast.Assign(targets=[target], value=value):
                self.assign(target, self.value(value))
            case ast.AugAssign(target=target, op=op, value=value):
                self.assign(target, self.binary(self.number_of(target), op, self.number_of(value)))
            case ast.For(target=ast.Name(id=name), iter=ast.Call(func=ast.Name(id="range"), args=bounds), orelse=[]):
                self._loop(name, [self.convert(self.number_of(b), "i64") for b in bounds], node.body)
            case ast.If(test=test, body=then, orelse=otherwise):
                flag = self.number_of(test)
                if flag.value is None:
                    self._branch(flag, lambda: self.statements(then), lambda: self.statements(otherwise))
                else:  # what is not run may hold what this layer does not know
                    self.statements(then if flag.value else otherwise)
            case ast.Return(value=value):
                self._return(value)
            case _:
                raise Unsupported(type(node).__name__)

    def _return(self, node: ast.expr | None) -> None:
        found = None if node is None else self.number_of(node)
        kind = found.kind if found else ""
        if self.returned not in (None, kind):
            raise Unsupported("results of different types")
        self.returned = kind
        if found:
            self.do(f"store {LLVM[kind]} {found.text}, ptr %back")
        self.do("br label %leave")
        self._enter(self.fresh())

    def _enter(self, label: str) -> None:
        self.lines.append(f"{label}:")

    def _branch(self, test: Number, then: Callable[[], object], otherwise: Callable[[], object]) -> None:
        labels = [self.fresh() for _ in range(3)]
        flag = self.convert(test, "i1").text
        self.do(f"br i1 {flag}, label %{labels[0]}, label %{labels[1]}")
        for label, write in zip(labels, (then, otherwise), strict=False):
            self._enter(label)
            write()
            self.do(f"br label %{labels[2]}")
        self._enter(labels[2])

    def _loop(self, name: str, bounds: Sequence[Number], body: Sequence[ast.stmt]) -> None:
        first, end = bounds[:2] if len(bounds) > 1 else (constant(0), bounds[0])
        step = bounds[2] if len(bounds) > 2 else constant(1)
        place, down = self._room("i64"), step.value is not None and step.value < 0
        top, inner, after = (self.fresh() for _ in range(3))
        self.do(f"store i64 {first.text}, ptr {place}")
        self.do(f"br label %{top}")
        self._enter(top)
        at = self.put(f"load i64, ptr {place}")
        more = self.put(f"icmp {'sgt' if down else 'slt'} i64 {at}, {end.text}")
        self.do(f"br i1 {more}, label %{inner}, label %{after}")
        self._enter(inner)
        self._assign_name(name, Number("i64", at))
        self.statements(body)
        self.do(f"store i64 {self.put(f'add i64 {at}, {step.text}')}, ptr {place}")
        self.do(f"br label %{top}")
        self._enter(after)

    # -- variables ---------------------------------------------------------------------------------------------------

    def _room(self, kind: str) -> str:
        name = f"%r.{self.fresh()}"
        self.head.append(f"  {name} = alloca {kind}")
        return name

    def assign(self, target: ast.expr, value: Number | View) -> None:
        """Give a variable, an entry of an array, or entries of one, a value."""
        if isinstance(target, ast.Name):
            self._assign_name(target.id, value)
            return
        if not isinstance(target, ast.Subscript):
            raise Unsupported(f"an assignment to {type(target).__name__}")
        own = self._part(target)
        if isinstance(own, View):
            self._fill(own, value)
        elif isinstance(value, Number):
            self._store(*own, value)
        else:
            raise Unsupported("an array as an entry")

    def _assign_name(self, name: str, value: Number | View) -> None:
        if isinstance(value, View):
            self._assign_view(name, value)
            return
        if name not in self.numbers:
            if name in self.views:
                raise Unsupported("a name of an array and of a number")
            self.numbers[name] = self.widened.get(name, value.kind)
            if value.kind != "none":
                self.head.append(f"  %n.{name} = alloca {LLVM[self.numbers[name]]}")
        kind = self.numbers[name]
        if kind != value.kind and common(kind, value.kind) != kind:
            raise Widened(name, common(kind, value.kind))
        if kind != "none":
            self.do(f"store {LLVM[kind]} {self.convert(value, kind).text}, ptr %n.{name}")

    def _assign_view(self, name: str, value: View) -> None:
        kind, own, axes = self.views.setdefault(name, (value.kind, f"%n.{name}", len(value.shape)))
        if name in self.numbers or (kind, axes) != (value.kind, len(value.shape)):
            raise Unsupported("a name of several things")
        room = f"  {own} = alloca {{ {', '.join(['ptr', *['i64'] * axes])} }}"
        if room not in self.head:
            self.head.append(room)
        for k, (part, text) in enumerate([("ptr", value.pointer), *(("i64", n.text) for n in value.shape)]):
            self.do(f"store {part} {text}, ptr {self._slot(own, axes, k)}")

    def _slot(self, own: str, axes: int, k: int) -> str:
        whole = f"{{ {', '.join(['ptr', *['i64'] * axes])} }}"
        return self.put(f"getelementptr {whole}, ptr {own}, i64 0, i32 {k}")

    def _variable(self, name: str) -> Number | View:
        if name in self.numbers:
            kind = self.numbers[name]
            return NOTHING if kind == "none" else Number(kind, self.put(f"load {LLVM[kind]}, ptr %n.{name}"))
        if name in self.views:
            kind, own, axes = self.views[name]
            parts = [self.put(f"load {'i64' if k else 'ptr'}, ptr {self._slot(own, axes, k)}") for k in range(axes + 1)]
            return View(kind, parts[0], tuple(Number("i64", p) for p in parts[1:]))
        value = self.program.space.get(name)
        if not isinstance(value, int | float):
            raise Unsupported(f"name {name}")
        return constant(value)

    # -- arrays ------------------------------------------------------------------------------------------------------

    def _product(self, numbers: Sequence[Number]) -> Number:
        found = constant(1)
        for number in numbers:
            found = self.binary(found, ast.Mult(), number)
        return found

    def _from(self, view: View, start: Number) -> str:
        return self.put(f"getelementptr {view.kind}, ptr {view.pointer}, i64 {start.text}")

    def _load(self, kind: str, place: str) -> Number:
        """An entry; an integer of 32 bits is one of 64 from then on."""
        text = self.put(f"load {kind}, ptr {place}")
        return Number("i64", self.put(f"sext i32 {text} to i64")) if kind == "i32" else Number(kind, text)

    def _store(self, kind: str, place: str, value: Number) -> None:
        text = self.convert(value, "i64" if kind == "i32" else kind).text
        self.do(f"store {kind} {self.put(f'trunc i64 {text} to i32') if kind == 'i32' else text}, ptr {place}")

    def _part(self, node: ast.Subscript) -> View | tuple[str, str]:
        """Rows of an array, or the type and the place of an entry."""
        view = self.value(node.value)
        if not isinstance(view, View):
            raise Unsupported("a subscript of a number")
        indices = subscripts(node)
        if len(indices) == 1 and isinstance(indices[0], ast.Slice):
            return self._rows(view, indices[0])
        if len(indices) != len(view.shape):
            raise Unsupported("an entry that is an array")
        place = constant(0)
        for index, extent in zip(indices, view.shape, strict=True):
            at = self.convert(self.number_of(index), "i64")
            if at.value is not None and at.value < 0:
                raise Unsupported("a negative index")
            place = self.binary(self.binary(place, ast.Mult(), extent), ast.Add(), at)
        return view.kind, self._from(view, place)

    def _rows(self, view: View, node: ast.Slice) -> View:
        if node.step is not None:
            raise Unsupported("a slice with a step")
        length, *rest = view.shape
        start = self.convert(self.number_of(node.lower), "i64") if node.lower else constant(0)
        end = self.convert(self.number_of(node.upper), "i64") if node.upper else length
        end = self.extreme("min", [end, length])
        start = self.extreme("min", [start, end])
        place = self.binary(start, ast.Mult(), self._product(rest))
        return View(view.kind, self._from(view, place), (self.binary(end, ast.Sub(), start), *rest))

    def _reshaped(self, view: View, nodes: Sequence[ast.expr]) -> View:
        if len(nodes) == 1 and isinstance(nodes[0], ast.Tuple):
            nodes = nodes[0].elts
        return View(view.kind, view.pointer, tuple(self.convert(self.number_of(n), "i64") for n in nodes))

    def _fill(self, view: View, value: Number | View) -> None:
        """Entries of an array become a number, or those of another array of one axis."""
        if len(view.shape) != 1 or (isinstance(value, View) and (len(value.shape) != 1 or value.kind != view.kind)):
            raise Unsupported("arrays of several axes")
        end = view.shape[0] if isinstance(value, Number) else self.extreme("min", [view.shape[0], value.shape[0]])
        room, top, inner, after = self._room("i64"), self.fresh(), self.fresh(), self.fresh()
        self.do(f"store i64 0, ptr {room}")
        self.do(f"br label %{top}")
        self._enter(top)
        at = Number("i64", self.put(f"load i64, ptr {room}"))
        self.do(f"br i1 {self.compare(at, ast.Lt(), end).text}, label %{inner}, label %{after}")
        self._enter(inner)
        one = value
        if isinstance(one, View):
            one = self._load(one.kind, self._from(one, at))
        self._store(view.kind, self._from(view, at), one)
        self.do(f"store i64 {self.put(f'add i64 {at.text}, 1')}, ptr {room}")
        self.do(f"br label %{top}")
        self._enter(after)

    # -- expressions -------------------------------------------------------------------------------------------------

    def number_of(self, node: ast.expr) -> Number:
        """Write an expression that is a number."""
        found = self.value(node)
        if isinstance(found, View):
            raise Unsupported("an array in place of a number")
        return found

    def value(self, node: ast.expr) -> Number | View:
        """Write an expression."""
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return constant(value)
            case ast.Name(id=name):
                return self._variable(name)
            case ast.Attribute(value=ast.Name(id="np" | "math"), attr=attr) if attr in KNOWN:
                return constant(KNOWN[attr])
            case ast.Attribute(value=inner, attr="size"):
                view = self.value(inner)
                if isinstance(view, View):
                    return self._product(view.shape)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return self.negative(self.number_of(inner))
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return self.opposite(self.number_of(inner))
            case ast.BinOp(left=left, op=op, right=right):
                return self.binary(self.number_of(left), op, self.number_of(right))
            case ast.Constant(value=None):
                return NOTHING
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[ast.Constant(value=None)]):
                return constant((self.value(left) == NOTHING) == isinstance(op, ast.Is))
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return self.compare(self.number_of(left), op, self.number_of(right))
            case ast.Compare(left=left, ops=[op, *ops], comparators=[middle, *others]):
                # the side in the middle is read again: expressions change nothing
                first, second = ast.Compare(left, [op], [middle]), ast.Compare(middle, ops, others)
                return self._either(first, second, ast.Constant(False))
            case ast.BoolOp(op=word, values=[first, *others]):
                rest = others[0] if len(others) == 1 else ast.BoolOp(word, others)
                if isinstance(word, ast.And):
                    return self._either(first, rest, ast.Constant(False))
                return self._either(first, ast.Constant(True), rest)
            case ast.IfExp(test=test, body=then, orelse=otherwise):
                return self._either(test, then, otherwise)
            case ast.Subscript():
                found = self._part(node)
                if isinstance(found, View):
                    return found
                return self._load(*found)
            case ast.Call():
                return self.call_of(node)
        raise Unsupported(ast.unparse(node))

    def _either(self, test: ast.expr, then: ast.expr, otherwise: ast.expr) -> Number:
        """The value of one of two expressions; the other one is not run."""
        flag = self.number_of(test)
        if flag.value is not None:
            return self.number_of(then if flag.value else otherwise)
        sides, outer = [], self.lines
        for node in (then, otherwise):
            self.lines = []
            sides.append((self.number_of(node), self.lines))
        self.lines = outer
        kind = common(*(found.kind for found, _ in sides))
        room = self._room(LLVM[kind])

        def write(found: Number, lines: Sequence[str]) -> None:
            self.lines += lines
            self.do(f"store {LLVM[kind]} {self.convert(found, kind).text}, ptr {room}")

        self._branch(flag, *(partial(write, *side) for side in sides))
        return Number(kind, self.put(f"load {LLVM[kind]}, ptr {room}"))

    def call_of(self, node: ast.Call, wanted: bool = True) -> Number | View:
        """Write a call; one whose result is not wanted may be of a function that gives none."""
        if node.keywords:
            raise Unsupported("arguments by name")
        match node.func:
            case ast.Attribute(value=ast.Name(id="np" | "math"), attr=name):
                return self._known(name, node.args)
            case ast.Attribute(value=inner, attr="reshape"):
                view = self.value(inner)
                if isinstance(view, View):
                    return self._reshaped(view, node.args)
            case ast.Name(id="len"):
                view = self.value(node.args[0])
                if isinstance(view, View):
                    return view.shape[0]
            case ast.Name(id="part"):
                view, start = self.value(node.args[0]), self.number_of(node.args[1])
                if isinstance(view, View) and len(view.shape) == 1:
                    return View(view.kind, self._from(view, start), (self.binary(view.shape[0], ast.Sub(), start),))
            case ast.Name(id="barrier"):
                self.do('fence syncscope("singlethread") seq_cst')
                return constant(0)
            case ast.Name(id="real" | "at" as name):
                return self.convert(self.number_of(node.args[0]), self.real if name == "real" else "i64")
            case ast.Name(id=name):
                lower = self.program.lower(name)
                if lower is not None:
                    return self._called(*self._loops(name, lower, node.args), wanted)
                if self.program.tree(name) is not None:
                    return self._called(*self._driver(name, node.args), wanted)
                return self._known(name, node.args)
        raise Unsupported(ast.unparse(node))

    def _known(self, name: str, nodes: Sequence[ast.expr]) -> Number:
        """A function of numbers that is none of the module's."""
        numbers = [self.number_of(n) for n in nodes]
        if name in CASTS and len(numbers) == 1:
            return self.convert(numbers[0], CASTS[name])
        if name in ("min", "max") and numbers:
            return self.extreme(name, numbers)
        return self.function(name, numbers)

    def _called(self, name: str, back: str, arguments: Sequence[str], wanted: bool) -> Number:
        call = f"call {LLVM.get(back, 'void')} @{name}({', '.join(arguments)})"
        if back:
            return Number(back, self.put(call))
        if wanted:
            raise Unsupported(f"a result of {name}")
        self.do(call)
        return constant(0)

    def _driver(self, name: str, nodes: Sequence[ast.expr]) -> tuple[str, str, list[str]]:
        values = [self.value(n) for n in nodes]
        kinds = [v.kind if isinstance(v, Number) else f"{v.kind}*{len(v.shape)}" for v in values]
        own, back = self.program.function(name, tuple(kinds))
        arguments: list[str] = []
        for v in values:
            if isinstance(v, View):
                arguments += [f"ptr {v.pointer}", *(f"i64 {n.text}" for n in v.shape)]
            elif v.kind != "none":
                arguments.append(f"{LLVM[v.kind]} {v.text}")
        return own, back, arguments

    def _loops(self, name: str, lower: Lower, nodes: Sequence[ast.expr]) -> tuple[str, str, list[str]]:
        values = [self.value(n) for n in nodes]
        scalars, arguments = {}, []
        for own, v in zip(lower.names, values, strict=True):
            if isinstance(v, View):
                if own not in lower.arrays:
                    raise Unsupported(f"an array for {own}")
                if lower.arrays[own].kind != v.kind:
                    raise TypeError(f"{name}: an array of {v.kind} for {own}")
                arguments.append(f"ptr {v.pointer}")
                continue
            if v.kind == "none":
                continue
            given = v if v.kind in REALS else self.convert(v, "i64")
            scalars[own] = given.kind
            arguments.append(f"{given.kind} {given.text}")
        result = lower.result(scalars)
        if self.program.loops.setdefault(name, result) is not result:
            raise Unsupported("a function of loops for several types")
        return name, result.returned[0] if result.returned else "", arguments
