"""Text to expressions and equations, with exact columns and nothing but expressions as a result.

Enters: one line of text and the names it may use.  Leaves: language values, or a FormulaError with line and column.
Python's own grammar is borrowed to read the text (`ast.parse` builds a tree and runs nothing); every node that is not
listed here is refused.  Before that the text is bounded in length, depth and size of its numerals, since a parser can
be made to work hard by what it reads.  See `scope.Scope` for what a name can mean.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

from symprop.errors import Fault, FormulaError
from symprop.language import expressions as ex
from symprop.language.equations import Equation
from symprop.language.indices import EVERYWHERE, Compound, Constraint, Domain, Gather, Index, Position
from symprop.language.scope import CONSTANTS, PRIMITIVES, Scope

MAX_CHARACTERS, MAX_NODES, MAX_DEPTH, MAX_BITS, MAX_EXPONENT = 2000, 400, 40, 512, 64
NUMERAL = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
ALLOWED_TEXT = re.compile(r"[ -~\n\t]*")
COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
FLIP = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "=="}


def parse_expression(text: str, scope: Scope | None = None, where: str = "formula") -> ex.Expr:
    """The expression a text stands for.

    Args:
        text: such as `sum[i](X[n,i]*W[i,j]) + b[j]`.
        scope: what its names mean; by default free names are scalar tensors (a formula of arguments).
        where: place of the text, for messages.

    Raises:
        FormulaError: the text is not an expression of the language; the message names line and column.
    """
    reader = _Reader(text, scope or Scope(), where)
    return reader.finished(reader.expression(reader.tree("eval").body))


def parse_equation(text: str, scope: Scope | None = None, where: str = "equation") -> Equation:
    """The equation a text `target[indices] = expression` stands for; see `parse_expression`."""
    reader = _Reader(text, scope or Scope(), where)
    body = reader.tree("exec").body
    if len(body) != 1 or not isinstance(body[0], ast.Assign) or len(body[0].targets) != 1:
        reader.fail(None, "one equation `target[indices] = expression` is expected")
    return reader.equation(body[0])


class _Place(NamedTuple):
    """A place in a text; lines and columns count from 1."""

    line: int
    column: int

    @staticmethod
    def of(node: ast.AST | None) -> _Place:
        """Where a syntax node begins, or the beginning of the text."""
        return _Place(getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


class _Reader:
    """One text being read; methods take a Python syntax node and give a language value."""

    def __init__(self, text: str, scope: Scope, where: str) -> None:
        self.text, self.scope, self.where = text, scope.child(), where
        self.depth = 0

    def fail(self, node: ast.AST | _Place | None, message: str, hint: str = "") -> NoReturn:
        at = node if isinstance(node, _Place) else _Place.of(node)
        line, column = at.line, at.column
        place = f"{self.where}: column {column}" if line == 1 else f"{self.where}: line {line}, column {column}"
        raise FormulaError(Fault(place, message, hint))

    def tree(self, mode: str) -> Any:
        self._bound_text()
        try:
            with warnings.catch_warnings():
                # Python only warns of `1if` and of "\\d"; here both are faults
                warnings.simplefilter("error")
                tree = ast.parse(self.text, mode=mode)
        except SyntaxError as error:
            # Python's own columns count from 1; 0 is the end of the text
            end = len(self.text.splitlines()[-1]) + 1
            self.fail(_Place(error.lineno or 1, error.offset or end), f"this is not a formula: {_plain(error.msg)}")
        except (RecursionError, MemoryError, ValueError):
            self.fail(None, "the formula is nested too deeply")
        if _depth(tree) > MAX_NODES:
            self.fail(None, "the formula is nested too deeply")
        if sum(1 for _ in ast.walk(tree)) > 3 * MAX_NODES:
            self.fail(None, f"the formula has too many parts; expected at most {MAX_NODES}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not NAME.fullmatch(node.id):
                shown = node.id if len(node.id) < 20 else node.id[:17] + "..."
                self.fail(node, f"'{shown}' is not a name; expected a letter, then at most 63 letters, digits or _")
        return tree

    def _bound_text(self) -> None:
        if not self.text.strip():
            self.fail(None, "the formula is empty")
        if len(self.text) > MAX_CHARACTERS:
            self.fail(None, f"the formula has {len(self.text)} characters; expected at most {MAX_CHARACTERS}")
        good = ALLOWED_TEXT.match(self.text)
        stop = good.end() if good else 0
        if stop < len(self.text):
            self.fail(
                self._place(stop),
                f"character U+{ord(self.text[stop]):04X} cannot stand in a formula; expected plain ASCII",
            )
        depth = 0
        for column, character in enumerate(self.text):
            depth += (character in "([{") - (character in ")]}")
            if depth > MAX_DEPTH:
                self.fail(self._place(column), f"brackets are nested more than {MAX_DEPTH} deep")

    def _place(self, at: int) -> _Place:
        return _Place(self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at))

    def finished(self, expr: ex.Expr) -> ex.Expr:
        if isinstance(expr, ex.Compare):
            self.fail(None, "a condition stands where a number is expected", "Write where(condition, a, b).")
        if sum(1 for _ in ex.walk(expr)) > MAX_NODES:
            self.fail(None, f"the formula has too many parts; expected at most {MAX_NODES}")
        return expr

    # -- expressions ---------------------------------------------------------------------------------------------

    def expression(self, node: ast.AST) -> ex.Expr:
        """The expression of a syntax node; bounded in depth, since Python's own stack is."""
        self.depth += 1
        if self.depth > 3 * MAX_DEPTH:
            self.fail(node, "the formula is nested too deeply")
        expr = self._expression(node)
        self.depth -= 1
        return expr

    def _expression(self, node: ast.AST) -> ex.Expr:
        match node:
            case ast.Constant():
                return ex.Number(self._numeral(node))
            case ast.Name():
                return self._name(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                inner = self.number(node.operand)
                return ex.negate(inner) if isinstance(node.op, ast.USub) else inner
            case ast.BinOp():
                return self._binary(node)
            case ast.Call():
                return self._call(node)
            case ast.Subscript(value=ast.Name()):
                return self._read(node)
            case ast.Compare():
                return self._comparison(node)
            case ast.List():
                return ex.guard(self._bracket(node), ex.ONE)
        self.fail(node, f"{_kind(node)} cannot stand in a formula")

    def number(self, node: ast.AST) -> ex.Expr:
        expr = self.expression(node)
        if isinstance(expr, ex.Compare):
            self.fail(node, "a condition stands where a number is expected", "Write where(condition, a, b).")
        return expr

    def _numeral(self, node: ast.Constant) -> Fraction:
        written = ast.get_source_segment(self.text, node) or ""
        if not NUMERAL.fullmatch(written):
            self.fail(node, f"{_kind(node)} cannot stand in a formula")
        mantissa, _, exponent = written.lower().partition("e")
        if len(mantissa) > 160 or len(exponent) > 4 or abs(int(exponent or 0)) > 150:
            self.fail(node, f"a numeral of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        value = Fraction(written)
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
            self.fail(node, f"a numeral of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        return value

    def _name(self, node: ast.Name) -> ex.Expr:
        meaning = self.scope.value(node.id)
        if isinstance(meaning, str):
            self.fail(node, meaning, self.scope.suggestion(node.id))
        return meaning

    def _binary(self, node: ast.BinOp) -> ex.Expr:
        """An operation; a chain a + b + c + ..., which Python nests to the left, is read without nesting."""
        chain = [node]
        while isinstance(chain[-1].left, ast.BinOp):
            chain.append(chain[-1].left)
        out = self.number(chain[-1].left)
        for link in reversed(chain):
            out = self._operation(link, out, self.number(link.right))
            self._bound_constants(link, out)
        return out

    def _operation(self, node: ast.BinOp, left: ex.Expr, right: ex.Expr) -> ex.Expr:
        match node.op:
            case ast.Add():
                return ex.add(left, right)
            case ast.Sub():
                return ex.add(left, ex.negate(right))
            case ast.Mult():
                return ex.mul(left, right)
            case ast.Div():
                if right == ex.ZERO:
                    self.fail(node.right, "division by zero")
                return ex.divide(left, right)
            case ast.Pow():
                return self._power(node, left, right)
        self.fail(node, f"operator {_operator(node.op)} is not known; expected + - * / **")

    def _bound_constants(self, node: ast.AST, expr: ex.Expr) -> None:
        for part in ex.walk(expr):
            value = ex.number(part)
            if value is not None and max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
                self.fail(node, f"a constant grows beyond {MAX_BITS} bits here")

    def _power(self, node: ast.BinOp | ast.Call, base: ex.Expr, exponent: ex.Expr) -> ex.Expr:
        value, root = ex.number(exponent), ex.number(base)
        if value is not None and abs(value) > MAX_EXPONENT:
            self.fail(getattr(node, "right", node), f"exponent {value} is too large; expected at most {MAX_EXPONENT}")
        if root is not None and value is not None:
            if root == 0 and value < 0:
                self.fail(node, "division by zero")
            if root < 0 and value.denominator != 1:
                self.fail(node, "a negative number under a fractional power is not real")
            if root.numerator.bit_length() * abs(value) > 2 * MAX_BITS:
                self.fail(node, f"a constant grows beyond {MAX_BITS} bits here")
        return ex.power(base, exponent)

    def _call(self, node: ast.Call) -> ex.Expr:
        if node.keywords:
            self.fail(node.keywords[0].value, "named arguments cannot stand in a formula")
        if isinstance(node.func, ast.Subscript) and isinstance(node.func.value, ast.Name):
            return self._reduction(node, node.func.value.id, node.func.slice)
        if not isinstance(node.func, ast.Name):
            self.fail(node.func, "only a function's name can be called")
        name = node.func.id
        arity = self.scope.arity(name)
        if arity is None:
            self.fail(node.func, f"unknown function '{name}'", self.scope.suggestion(name, functions=True))
        if len(node.args) != arity:
            plural = "" if arity == 1 else "s"
            self.fail(node, f"{name} takes {arity} argument{plural}, got {len(node.args)}")
        if name == "where":
            return self._where(node)
        args = [self.number(arg) for arg in node.args]
        if name == "sqrt":
            return self._power(node, args[0], ex.Number(Fraction(1, 2)))
        value = ex.number(args[0])
        if name == "log" and value is not None and value <= 0:
            self.fail(node, f"log of {args[0]} is not a real number")
        return ex.Call(name, args)

    def _where(self, node: ast.Call) -> ex.Expr:
        condition = self.expression(node.args[0])
        if not isinstance(condition, ex.Compare):
            self.fail(node.args[0], "where needs a condition first, such as x > 0")
        return ex.where(condition, self.number(node.args[1]), self.number(node.args[2]))

    def _comparison(self, node: ast.Compare) -> ex.Expr:
        if len(node.ops) != 1:
            self.fail(node, "a chain of comparisons cannot stand here", "Compare two values at a time.")
        op = COMPARE.get(type(node.ops[0]))
        if op is None:
            self.fail(node, f"comparison {_operator(node.ops[0])} is not known; expected < <= > >= == !=")
        return ex.Compare(self.number(node.left), op, self.number(node.comparators[0]))

    def _reduction(self, node: ast.Call, op: str, inside: ast.expr) -> ex.Expr:
        if op not in ex.REDUCTIONS:
            self.fail(node.func, f"unknown reduction '{op}'; expected one of {', '.join(ex.REDUCTIONS)}")
        if len(node.args) != 1:
            self.fail(node, f"{op} takes one expression, got {len(node.args)}")
        names, condition = self._bound_names(inside)
        outer = self.scope
        self.scope = outer.binding([n.id for n in names])
        self._extents_from(node.args[0], {n.id for n in names})
        body = self.number(node.args[0])
        domain = self._domain(condition) if condition is not None else EVERYWHERE
        indices = [self.scope.index(n.id) for n in names]
        for name, index in zip(names, indices, strict=True):
            if index is None:
                self.fail(
                    name, f"the extent of index '{name.id}' is not known", "Read a tensor with it, or declare it."
                )
        self.scope = outer
        bound = [i for i in indices if i is not None]
        return ex.reduce_(op, bound, body, domain, bound[0] if op.startswith("arg") else None)

    def _bound_names(self, inside: ast.expr) -> tuple[list[ast.Name], ast.expr | None]:
        """`i`, `i,j` or `i,j: condition` inside the brackets of a reduction."""
        parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
        condition = None
        if isinstance(parts[-1], ast.Slice):
            last = parts[-1]
            if last.lower is None or last.upper is None or last.step is not None:
                self.fail(inside, "write the range of a bound index as `s: s <= t`")
            parts[-1], condition = last.lower, last.upper
        names = [part for part in parts if isinstance(part, ast.Name)]
        if len(names) != len(parts):
            self.fail(inside, "a reduction binds index names, such as sum[i](...)")
        if len({n.id for n in names}) != len(names):
            self.fail(inside, "an index is bound twice")
        return names, condition

    def _extents_from(self, node: ast.AST, names: set[str]) -> None:
        """Indices get the extent of an axis they stand on alone, wherever in the text that is."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            tensor, parts = self.scope.tensors.get(node.value.id), self._subscripts(node)
            if tensor is not None and len(parts) == len(tensor.axes):
                for inner, axis in zip(parts, tensor.axes, strict=True):
                    if isinstance(inner, ast.Name) and inner.id in names and inner.id not in self.scope.indices:
                        self.scope.position(inner.id, axis)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript):
            names = names - _binders(node.func.slice)
        for child in ast.iter_child_nodes(node):
            self._extents_from(child, names)

    def _read(self, node: ast.Subscript) -> ex.Expr:
        assert isinstance(node.value, ast.Name)
        name = node.value.id
        if name in ex.REDUCTIONS and not self.scope.tensors.get(name):
            self.fail(node, f"{name}[...] needs an expression behind it, {name}[i](...)")
        return self.scope_read(node, name, self._subscripts(node))

    def scope_read(self, node: ast.AST, name: str, parts: list[ast.expr]) -> ex.Expr:
        axes = self._axes(node, name, len(parts))
        positions = [self._position(p, axis) for p, axis in zip(parts, axes, strict=True)]
        return ex.Read(name, positions)

    def _axes(self, node: ast.AST, name: str, count: int) -> list[object]:
        tensor = self.scope.tensors.get(name)
        if tensor is None:
            if not self.scope.open_tensors:
                self.fail(node, f"unknown tensor '{name}'", self.scope.suggestion(name))
            return [None] * count
        if len(tensor.axes) != count:
            plural = "is" if count == 1 else "are"
            self.fail(node, f"{name} has {len(tensor.axes)} axes, but {count} {plural} given")
        return list(tensor.axes)

    def _subscripts(self, node: ast.Subscript) -> list[ast.expr]:
        """What stands on each axis; Python drops the difference between f[c,h] and the compound f[(c,h)]."""
        inside = node.slice
        if isinstance(inside, ast.Tuple) and not _enclosed(ast.get_source_segment(self.text, inside) or ""):
            return list(inside.elts)
        return [inside]

    # -- positions and domains -----------------------------------------------------------------------------------

    def _position(self, node: ast.expr, axis: object = None) -> Position:
        match node:
            case ast.Name():
                return self._index(node, axis)
            case ast.Constant():
                value = self._numeral(node)
                if value.denominator != 1:
                    self.fail(node, "a position is a whole number")
                return Position.of(int(value))
            case ast.UnaryOp(op=ast.USub()):
                return self._position(node.operand) * -1
            case ast.BinOp(op=ast.Add()):
                return self._position(node.left) + self._position(node.right)
            case ast.BinOp(op=ast.Sub()):
                return self._position(node.left) - self._position(node.right)
            case ast.BinOp(op=ast.Mult()):
                return self._scaled(node)
            case ast.Subscript(value=ast.Name()):
                return Position.of(self._gather(node))
            case ast.Tuple():
                return self._compound(node)
        self.fail(node, f"{_kind(node)} cannot stand in a position", "Positions are like 2*p + u - 1.")

    def _index(self, node: ast.Name, axis: object) -> Position:
        meaning = self.scope.position(node.id, axis)
        if isinstance(meaning, str):
            self.fail(node, meaning, self.scope.suggestion(node.id))
        return meaning

    def _scaled(self, node: ast.BinOp) -> Position:
        left, right = self._position(node.left), self._position(node.right)
        for factor, form in ((left, right), (right, left)):
            constant = None if factor.terms else factor.offset.constant
            if constant is not None:
                return form * constant
            if not factor.terms and not form.terms:
                return Position.of(factor.offset * form.offset)
        self.fail(node, "a product of two indices is not affine", "Multiply an index by a whole number.")

    def _gather(self, node: ast.Subscript) -> Gather:
        assert isinstance(node.value, ast.Name)
        name, parts = node.value.id, self._subscripts(node)
        axes = self._axes(node, name, len(parts))
        tensor = self.scope.tensors.get(name)
        if tensor is not None and tensor.dtype != "integer":
            self.fail(node, f"{name} is not an integer tensor and cannot stand in a position")
        return Gather(name, [self._position(p, axis) for p, axis in zip(parts, axes, strict=True)])

    def _compound(self, node: ast.Tuple) -> Position:
        parts = [self._position(part) for part in node.elts]
        indices = [part.index for part in parts]
        radices = [index.extent for index in indices if index is not None]
        if len(radices) != len(parts):
            self.fail(node, "a compound index is made of plain indices, (c,h,w)")
        return Position.of(Compound(parts, radices))

    def _bracket(self, node: ast.List) -> Domain:
        domain = EVERYWHERE
        for element in node.elts:
            domain = domain & self._domain(element)
        return domain

    def _domain(self, node: ast.expr) -> Domain:
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            domain = EVERYWHERE
            for value in node.values:
                domain = domain & self._domain(value)
            return domain
        if not isinstance(node, ast.Compare):
            self.fail(node, "a condition on indices is expected, such as [s <= t]")
        sides = [self._position(side) for side in (node.left, *node.comparators)]
        constraints: list[Constraint] = []
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            constraints += self._constraints(node, left, op, right)
        return Domain(constraints)

    def _constraints(self, node: ast.AST, left: Position, op: ast.cmpop, right: Position) -> list[Constraint]:
        match op:
            case ast.Eq():
                return list(Domain.equal(left, right).constraints)
            case ast.LtE():
                return [Constraint("ge", right - left)]
            case ast.Lt():
                return [Constraint("ge", right - left - 1)]
            case ast.GtE():
                return [Constraint("ge", left - right)]
            case ast.Gt():
                return [Constraint("ge", left - right - 1)]
        self.fail(node, f"comparison {_operator(op)} is not known between indices; expected < <= > >= ==")

    # -- equations -----------------------------------------------------------------------------------------------

    def equation(self, node: ast.Assign) -> Equation:
        target, parts = self._target(node.targets[0])
        if target in (*PRIMITIVES, *ex.REDUCTIONS, *CONSTANTS):
            self.fail(node.targets[0], f"{target} is a name of the language and cannot be defined")
        known = self.scope.tensors.get(target)
        axes: list[object] = list(known.axes) if known is not None else [None] * len(parts)
        if len(axes) != len(parts):
            plural = "is" if len(parts) == 1 else "are"
            self.fail(node.targets[0], f"{target} has {len(axes)} axes, but {len(parts)} {plural} given")
        self._declare(parts, axes)
        self._extents_from(node.value, {n.id for p in parts for n in ast.walk(p) if isinstance(n, ast.Name)})
        body = self.finished(self.number(node.value))
        indices = [self._left_position(part) for part in parts]
        names = [i.name for p in indices for i in p.index_atoms()]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice:
            self.fail(node.targets[0], f"index {twice} stands twice on the left")
        return Equation(target, tuple(indices), body, where=self.where)

    def _target(self, node: ast.expr) -> tuple[str, list[ast.expr]]:
        if isinstance(node, ast.Name):
            return node.id, []
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            return node.value.id, self._subscripts(node)
        self.fail(node, "the left of an equation is a tensor with indices, such as Z[n,j]")

    def _declare(self, parts: list[ast.expr], axes: list[object]) -> None:
        """Free indices get their extents from the target's axes, where those are known."""
        for part, axis in zip(parts, axes, strict=True):
            if isinstance(part, ast.Name) and axis is not None and part.id not in self.scope.indices:
                self.scope.position(part.id, axis)

    def _left_position(self, part: ast.expr) -> Position:
        position = self._position(part)
        parts = position.atom.parts if isinstance(position.atom, Compound) else (position,)
        if any(not isinstance(p.atom, Index) for p in parts):
            self.fail(part, "the left of an equation has plain indices, or compounds of them")
        return position


def _binders(inside: ast.expr) -> set[str]:
    """The names that `i`, `i,j` or `i,j: condition` binds."""
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    bound = [part.lower if isinstance(part, ast.Slice) else part for part in parts]
    return {part.id for part in bound if isinstance(part, ast.Name)}


def _enclosed(text: str) -> bool:
    """True where the bracket a text begins with is closed by its last character."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place > 0 and place == len(text) - 1
    return False


def _plain(message: str | None) -> str:
    """Python's own words on a syntax error, without its advice about Python."""
    return (message or "invalid syntax").split(". ")[0].split("; ")[0].lower()


_NAMES: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.NamedExpr: "an assignment",
    ast.Dict: "a dictionary",
    ast.Tuple: "a tuple",
    ast.Set: "a set",
    ast.BoolOp: "`and` or `or`",
    ast.IfExp: "`if`",
    ast.Starred: "a star",
    ast.ListComp: "a comprehension",
    ast.SetComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.Slice: "a slice",
    ast.UnaryOp: "this operator",
}


def _kind(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        kinds: list[tuple[Callable[[object], bool], str]] = [
            (lambda v: isinstance(v, bool), "a truth value"),
            (lambda v: v is None, "None"),
            (lambda v: v is Ellipsis, "`...`"),
            (lambda v: isinstance(v, str | bytes), "a string"),
            (lambda v: isinstance(v, complex), "a complex number"),
        ]
        return next((name for test, name in kinds if test(node.value)), "this numeral")
    return _NAMES.get(type(node), f"{type(node).__name__.lower()}")


_OPERATORS: dict[type[ast.AST], str] = {
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}


def _operator(op: ast.AST) -> str:
    return f"'{_OPERATORS.get(type(op), type(op).__name__)}'"


def _depth(tree: ast.AST) -> int:
    """Number of levels of a syntax tree, counted without recursion."""
    levels, level = 0, [tree]
    while level:
        levels, level = levels + 1, [child for node in level for child in ast.iter_child_nodes(node)]
    return levels
