"""Loops of one step and axes of one entry, left out: what they stand between lies side by side.

    for n in range(N):                       for n in range(N):
        for j in range(1):          ─►           Z[n] = total
            Z[n, j] = total

Enters: the syntax tree of a function of loops.  Leaves: another one.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from symprop.simd.reading import subscripts
from symprop.simd.writing import Array


def squeezed(function: ast.FunctionDef, arrays: Mapping[str, Array]) -> tuple[ast.FunctionDef, dict[str, Array]]:
    """The function without them, and its arrays; an array keeps an axis if all have one entry."""
    kept = {name: _kept_axes(array) for name, array in arrays.items()}
    shorter = {n: Array(a.kind, tuple(a.shape[k] for k in kept[n])) for n, a in arrays.items()}
    axes = {name: len(array.shape) for name, array in arrays.items()}
    return _Squeezed(kept, axes).visit(function), shorter


def _kept_axes(array: Array) -> list[int]:
    return [k for k, extent in enumerate(array.shape) if extent != 1] or [len(array.shape) - 1]


class _Squeezed(ast.NodeTransformer):
    """Leaves out the loops, with 0 for their step, and the indices of the axes."""

    def __init__(self, kept: Mapping[str, list[int]], axes: Mapping[str, int]) -> None:
        self.kept, self.axes = kept, axes
        self.single: list[str] = []

    def visit_For(self, node: ast.For) -> Any:
        match node.target, node.iter:
            case ast.Name(id=name), ast.Call(func=ast.Name(id="range"), args=[ast.Constant(value=1)]):
                self.single.append(name)
                body = [self.visit(inner) for inner in node.body]
                self.single.remove(name)
                return [s for found in body for s in (found if isinstance(found, list) else [found])]
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(0) if node.id in self.single else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.value, ast.Name) or node.value.id not in self.kept:
            return node
        indices = subscripts(node)
        if len(indices) != self.axes[node.value.id]:
            return node  # which is refused where it is read
        left = [indices[k] for k in self.kept[node.value.id]]
        node.slice = left[0] if len(left) == 1 else ast.Tuple(left, ast.Load())
        return node
