"""Text to expressions and equations, with exact columns and nothing but expressions as a result.

Enters: one line of text and the names it may use.  Leaves: language values, or a FormulaError with line and column.
`syntax` bounds the text and gives its tree, `bracket` reads positions and domains, `scope` says what a name can mean.
"""

from __future__ import annotations

import ast
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.language.bracket import PositionReader
from symprop.language.equations import Equation
from symprop.language.extents import Extent
from symprop.language.indices import EVERYWHERE, Compound, Index, Position
from symprop.language.scope import CONSTANTS, DERIVATIVE, PRIMITIVES, Scope
from symprop.language.syntax import MAX_BITS, MAX_DEPTH, MAX_EXPONENT, MAX_NODES, MAX_ORDER, kind_of, operator_of

COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}


def parse_expression(text: str, scope: Scope | None = None, where: str = "formula") -> ex.Expr:
    """The expression a text stands for.

    Args:
        text: such as `sum[i](X[n,i]*W[i,j]) + b[j]`.
        scope: what its names mean; by default free names are scalar tensors (a formula of arguments).
        where: place of the text, for messages.

    Raises:
        FormulaError: the text is not an expression of the language; the message names line and column.
    """
    reader = Reader(text, scope or Scope(), where)
    return reader.finished(reader.expression(reader.tree("eval").body))


def parse_equation(text: str, scope: Scope | None = None, where: str = "equation") -> Equation:
    """The equation a text `target[indices] = expression` stands for; see `parse_expression`."""
    reader = Reader(text, scope or Scope(), where)
    body = reader.tree("exec").body
    if len(body) != 1 or not isinstance(body[0], ast.Assign) or len(body[0].targets) != 1:
        reader.fail(None, "one equation `target[indices] = expression` is expected")
    return reader.equation(body[0])


def parse_extent(text: str, scope: Scope, where: str = "extent") -> Extent:
    """The extent a text stands for, `4` or `T - 1`; see `parse_expression`."""
    reader = PositionReader(text, scope, where)
    position = reader.position(reader.tree("eval").body)
    if position.terms:
        reader.fail(None, "an extent is made of whole numbers and named extents, such as T - 1")
    return position.offset


class Reader(PositionReader):
    """One text being read; methods take a Python syntax node and give a language value."""

    def __init__(self, text: str, scope: Scope, where: str) -> None:
        super().__init__(text, scope, where)
        self.depth = 0

    def finished(self, expr: ex.Expr) -> ex.Expr:
        """The whole expression, which is a number and not too large."""
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
                return ex.Number(self.numeral(node))
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
                return ex.guard(self.bracket(node), ex.ONE)
        self.fail(node, f"{kind_of(node)} cannot stand in a formula")

    def number(self, node: ast.AST) -> ex.Expr:
        """The expression of a node that is not a condition."""
        expr = self.expression(node)
        if isinstance(expr, ex.Compare):
            self.fail(node, "a condition stands where a number is expected", "Write where(condition, a, b).")
        return expr

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
        self.fail(node, f"operator {operator_of(node.op)} is not known; expected + - * / **")

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
        if name == DERIVATIVE:
            return self._derivative(node)
        arity = self.scope.arity(name)
        if arity is None and name in ex.REDUCTIONS:
            self.fail(node.func, f"{name} needs the index it runs over, such as {name}[i](...)")
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

    def _derivative(self, node: ast.Call) -> ex.Expr:
        """derivative(u[n], x[n,i], x[n,k]); one of a derivative goes on with its list."""
        args = [self.number(arg) for arg in node.args]
        if args and isinstance(args[0], ex.Call) and args[0].name == DERIVATIVE:
            args[:1] = args[0].args
        if len(args) < 2 or not all(isinstance(arg, ex.Read) and arg.indices for arg in args):
            message = "derivative takes an entry of a tensor and the entries it is differentiated by"
            self.fail(node, message, "Write derivative(u[n], x[n,0]), say.")
        if len(args) > MAX_ORDER + 1:
            self.fail(node, f"a derivative of order {len(args) - 1}; expected at most {MAX_ORDER}")
        return ex.Call(DERIVATIVE, args)

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
            self.fail(node, f"comparison {operator_of(node.ops[0])} is not known; expected < <= > >= == !=")
        return ex.Compare(self.number(node.left), op, self.number(node.comparators[0]))

    def _reduction(self, node: ast.Call, op: str, inside: ast.expr) -> ex.Expr:
        if op not in ex.REDUCTIONS:
            self.fail(node.func, f"unknown reduction '{op}'; expected one of {', '.join(ex.REDUCTIONS)}")
        if len(node.args) != 1:
            self.fail(node, f"{op} takes one expression, got {len(node.args)}")
        names, condition = self._bound_names(inside)
        outer = self.scope
        self.scope = outer.binding([n.id for n in names])
        self.extents_from(node.args[0], {n.id for n in names})
        body = self.number(node.args[0])
        domain = self.domain(condition) if condition is not None else EVERYWHERE
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

    def _read(self, node: ast.Subscript) -> ex.Expr:
        assert isinstance(node.value, ast.Name)
        name = node.value.id
        if name in ex.REDUCTIONS and not self.scope.tensors.get(name):
            self.fail(node, f"{name}[...] needs an expression behind it, {name}[i](...)")
        return self.scope_read(node, name, self.subscripts(node))

    def scope_read(self, node: ast.AST, name: str, parts: list[ast.expr]) -> ex.Expr:
        """A read of a tensor at the positions given."""
        axes = self.axes_of(node, name, len(parts))
        positions = [self.position(p, axis) for p, axis in zip(parts, axes, strict=True)]
        return ex.Read(name, positions)

    # -- equations -----------------------------------------------------------------------------------------------

    def equation(self, node: ast.Assign) -> Equation:
        """The equation of an assignment."""
        target, parts = self._target(node.targets[0])
        if target in (*PRIMITIVES, *ex.REDUCTIONS, *CONSTANTS):
            self.fail(node.targets[0], f"{target} is a name of the language and cannot be defined")
        known = self.scope.tensors.get(target)
        axes: list[object] = list(known.axes) if known is not None else [None] * len(parts)
        if len(axes) != len(parts):
            plural = "is" if len(parts) == 1 else "are"
            self.fail(node.targets[0], f"{target} has {len(axes)} axes, but {len(parts)} {plural} given")
        self._declare(parts, axes)
        self.extents_from(node.value, {n.id for p in parts for n in ast.walk(p) if isinstance(n, ast.Name)})
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
            return node.value.id, self.subscripts(node)
        self.fail(node, "the left of an equation is a tensor with indices, such as Z[n,j]")

    def _declare(self, parts: list[ast.expr], axes: list[object]) -> None:
        """Free indices get their extents from the target's axes, where those are known."""
        for part, axis in zip(parts, axes, strict=True):
            if isinstance(part, ast.Name) and axis is not None and part.id not in self.scope.indices:
                self.scope.position(part.id, axis)

    def _left_position(self, part: ast.expr) -> Position:
        position = self.position(part)
        parts = position.atom.parts if isinstance(position.atom, Compound) else (position,)
        if any(not isinstance(p.atom, Index) for p in parts):
            self.fail(part, "the left of an equation has plain indices, or compounds of them")
        return position
