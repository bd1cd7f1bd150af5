"""Positions and domains from syntax nodes: what stands inside brackets.

Enters: syntax nodes and a scope.  Leaves: `Position` and `Domain` values; extents of indices become known on the way.
"""

from __future__ import annotations

import ast

from symprop.language.indices import EVERYWHERE, Compound, Constraint, Domain, Gather, Position
from symprop.language.scope import Scope
from symprop.language.syntax import Syntax, kind_of, operator_of


class PositionReader(Syntax):
    """A text whose brackets are read under a scope."""

    def __init__(self, text: str, scope: Scope, where: str) -> None:
        super().__init__(text, where)
        self.scope = scope.child()

    def position(self, node: ast.expr, axis: object = None) -> Position:
        """The affine form a node stands for; a name alone gets the extent of the axis it stands on."""
        match node:
            case ast.Name():
                return self._index(node, axis)
            case ast.Constant():
                value = self.numeral(node)
                if value.denominator != 1:
                    self.fail(node, "a position is a whole number")
                return Position.of(int(value))
            case ast.UnaryOp(op=ast.USub()):
                return self.position(node.operand) * -1
            case ast.BinOp(op=ast.Add()):
                return self.position(node.left) + self.position(node.right)
            case ast.BinOp(op=ast.Sub()):
                return self.position(node.left) - self.position(node.right)
            case ast.BinOp(op=ast.Mult()):
                return self._scaled(node)
            case ast.Subscript(value=ast.Name()):
                return Position.of(self._gather(node))
            case ast.Tuple():
                return self._compound(node)
        self.fail(node, f"{kind_of(node)} cannot stand in a position", "Positions are like 2*p + u - 1.")

    def _index(self, node: ast.Name, axis: object) -> Position:
        meaning = self.scope.position(node.id, axis)
        if isinstance(meaning, str):
            self.fail(node, meaning, self.scope.suggestion(node.id))
        return meaning

    def _scaled(self, node: ast.BinOp) -> Position:
        left, right = self.position(node.left), self.position(node.right)
        for factor, form in ((left, right), (right, left)):
            constant = None if factor.terms else factor.offset.constant
            if constant is not None:
                return form * constant
            if not factor.terms and not form.terms:
                return Position.of(factor.offset * form.offset)
        self.fail(node, "a product of two indices is not affine", "Multiply an index by a whole number.")

    def _gather(self, node: ast.Subscript) -> Gather:
        assert isinstance(node.value, ast.Name)
        name, parts = node.value.id, self.subscripts(node)
        axes = self.axes_of(node, name, len(parts))
        tensor = self.scope.tensors.get(name)
        if tensor is not None and tensor.dtype != "integer":
            self.fail(node, f"{name} is not an integer tensor and cannot stand in a position")
        return Gather(name, [self.position(p, axis) for p, axis in zip(parts, axes, strict=True)])

    def _compound(self, node: ast.Tuple) -> Position:
        parts = [self.position(part) for part in node.elts]
        indices = [part.index for part in parts]
        radices = [index.extent for index in indices if index is not None]
        if len(radices) != len(parts):
            self.fail(node, "a compound index is made of plain indices, (c,h,w)")
        return Position.of(Compound(parts, radices))

    def bracket(self, node: ast.List) -> Domain:
        """The domain of an Iverson bracket."""
        domain = EVERYWHERE
        for element in node.elts:
            domain = domain & self.domain(element)
        return domain

    def domain(self, node: ast.expr) -> Domain:
        """The domain of a comparison of positions, or of several joined by `and`."""
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            domain = EVERYWHERE
            for value in node.values:
                domain = domain & self.domain(value)
            return domain
        if not isinstance(node, ast.Compare):
            self.fail(node, "a condition on indices is expected, such as [s <= t]")
        sides = [self.position(side) for side in (node.left, *node.comparators)]
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
        self.fail(node, f"comparison {operator_of(op)} is not known between indices; expected < <= > >= ==")

    def axes_of(self, node: ast.AST, name: str, count: int) -> list[object]:
        """Extents of the axes of a tensor, None for each where the tensor is not declared."""
        tensor = self.scope.tensors.get(name)
        if tensor is None:
            if not self.scope.open_tensors and name not in self.scope.unseen:
                self.fail(node, f"unknown tensor '{name}'", self.scope.suggestion(name))
            return [None] * count
        if len(tensor.axes) != count:
            plural = "is" if count == 1 else "are"
            self.fail(node, f"{name} has {len(tensor.axes)} axes, but {count} {plural} given")
        return list(tensor.axes)

    def extents_from(self, node: ast.AST, names: set[str]) -> None:
        """Indices get the extent of an axis they stand on alone, wherever in the text that is."""
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            tensor, parts = self.scope.tensors.get(node.value.id), self.subscripts(node)
            if tensor is not None and len(parts) == len(tensor.axes):
                for inner, axis in zip(parts, tensor.axes, strict=True):
                    if isinstance(inner, ast.Name) and inner.id in names and inner.id not in self.scope.indices:
                        self.scope.position(inner.id, axis)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript):
            names = names - _binders(node.func.slice)
        for child in ast.iter_child_nodes(node):
            self.extents_from(child, names)


def _binders(inside: ast.expr) -> set[str]:
    """The names that `i`, `i,j` or `i,j: condition` binds."""
    parts = inside.elts if isinstance(inside, ast.Tuple) else [inside]
    bound = [part.lower if isinstance(part, ast.Slice) else part for part in parts]
    return {part.id for part in bound if isinstance(part, ast.Name)}
