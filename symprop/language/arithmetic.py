"""Extents as arithmetic, `(T + 2 - K)//stride + 1`: exact, over extents and whole numbers.

Enters: a text and what its names stand for.  Leaves: an `Extent`, which may be 0 or negative; whoever makes an axis
of it says so.  Quotients and remainders, `//` and `%`, are those of whole numbers, rounded down.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from symprop.language.extents import Extent
from symprop.language.syntax import Syntax, kind_of, operator_of

EXACT: Mapping[type[ast.operator], Callable[[Extent, Extent], Extent]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}
ROUNDED: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
}
CHOSEN: Mapping[str, Callable[[int, int], int]] = {"max": max, "min": min}


def arithmetic(text: str, names: Mapping[str, Extent], where: str = "extent") -> Extent:
    """The extent that `+ - * // %`, brackets, `max(a, b)` and `min(a, b)` make of numerals and names.

    Raises:
        FormulaError: the text is no such arithmetic, a name is unknown, or a quotient is not one of numbers.
    """
    reader = _Arithmetic(text, names, where)
    return reader.value(reader.tree("eval").body)


class _Arithmetic(Syntax):
    """One text over named extents."""

    def __init__(self, text: str, names: Mapping[str, Extent], where: str) -> None:
        super().__init__(text.strip(), where)
        self.names = names

    def value(self, node: ast.expr) -> Extent:
        match node:
            case ast.Name():
                return self._named(node)
            case ast.Constant():
                value = self.numeral(node)
                if value.denominator != 1:
                    self.fail(node, "an extent is a whole number")
                return Extent.of(int(value))
            case ast.UnaryOp(op=ast.USub()):
                return self.value(node.operand) * -1
            case ast.BinOp():
                return self._combined(node)
            case ast.Call(func=ast.Name(id=("max" | "min") as name), args=[left, right], keywords=[]):
                return Extent.of(CHOSEN[name](self._number(left), self._number(right)))
        self.fail(node, f"{kind_of(node)} cannot stand in an extent", "Extents are like (T - K)//2 + 1.")

    def _named(self, node: ast.Name) -> Extent:
        found = self.names.get(node.id)
        if found is None:
            known = ", ".join(sorted(self.names)) or "none"
            self.fail(node, f"unknown extent '{node.id}'; expected one of {known}")
        return found

    def _combined(self, node: ast.BinOp) -> Extent:
        kind = type(node.op)
        if kind in EXACT:
            return self._bounded(node, EXACT[kind](self.value(node.left), self.value(node.right)))
        if kind not in ROUNDED:
            self.fail(node, f"operator {operator_of(node.op)} is not known in an extent; expected + - * // %")
        left, right = self._number(node.left), self._number(node.right)
        if right == 0:
            self.fail(node, "an extent is divided by 0")
        return Extent.of(ROUNDED[kind](left, right))

    def _bounded(self, node: ast.expr, value: Extent) -> Extent:
        if any(coefficient.bit_length() > 64 for _, coefficient in value.terms):
            self.fail(node, "the extent is too large; expected at most 64 bits")
        return value

    def _number(self, node: ast.expr) -> int:
        """A part whose value has to be known, not named."""
        value = self.value(node)
        if value.constant is None:
            self.fail(node, f"{value} is not known here; expected a number")
        return value.constant
