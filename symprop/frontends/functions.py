"""NumPy's reductions, products and choices, and the functions of rows.

Enters: a call's syntax node with its arguments.  Leaves: an array.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Sequence

from symprop.frontends.arrays import (
    Array,
    at,
    axis_of,
    chosen,
    count,
    elementwise,
    product,
    reduced,
    refreshed,
    shape_text,
    total,
)
from symprop.frontends.calls import ONE_ARGUMENT, Calls
from symprop.language import Extent
from symprop.language import expressions as ex


class Functions(Calls):
    """A text that may call reductions, products and choices."""

    # -- reductions ----------------------------------------------------------------------------------------------

    def _reduction(self, node: ast.Call, name: str, args: Sequence[ast.expr]) -> tuple[Array, list[int], bool]:
        given = self._keywords(node, "axis", "keepdims")
        self._arity(node, name, args, 1, 2)
        if len(args) == 2 and "axis" in given:
            self.fail(node, "the axis is given twice")
        array = self.value(args[0]).real()
        axes = self._axes(args[1] if len(args) == 2 else given.get("axis"), len(array.axes))
        return array, axes, self._flag(given.get("keepdims"))

    def _do_sum(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        array, axes, keep = self._reduction(node, "sum", args)
        return reduced(array, "sum", axes, keep)

    def _do_max(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        array, axes, keep = self._reduction(node, "max", args)
        return reduced(array, "max", axes, keep)

    def _do_min(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        array, axes, keep = self._reduction(node, "min", args)
        return reduced(array, "min", axes, keep)

    def _do_mean(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._mean(*self._reduction(node, "mean", args))

    def _mean(self, array: Array, axes: list[int], keep: bool) -> Array:
        summed = reduced(array, "sum", axes, keep)
        return Array(summed.axes, ex.divide(summed.body, count(array, axes)))

    def _do_var(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        array, axes, keep = self._reduction(node, "var", args)
        array = self.plain(node, array)
        centre = self._mean(refreshed(array, self.new), axes, True)
        off = elementwise(lambda a, b: ex.power(ex.add(a, ex.negate(b)), ex.Number(2)), array, centre)
        return self._mean(off, axes, keep)

    def _do_std(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return elementwise(ONE_ARGUMENT["sqrt"], self._do_var(node, args))

    # -- rows ----------------------------------------------------------------------------------------------------

    def _rowwise(self, node: ast.Call, name: str, args: Sequence[ast.expr]) -> Array:
        given = self._keywords(node, "axis")
        self._arity(node, name, args, 1, 2)
        axis = args[1] if len(args) == 2 else given.get("axis")
        array = self.plain(node, self.value(args[0]).real())
        if not array.axes:
            self.shape_fail(node, f"{name} needs an axis; got a number")
        place = len(array.axes) - 1 if axis is None else self._axis(axis, len(array.axes))
        exps = reduced(elementwise(lambda z: ex.Call("exp", (z,)), refreshed(array, self.new)), "sum", [place], True)
        if name == "softmax":
            return elementwise(lambda z, s: ex.divide(ex.Call("exp", (z,)), s), array, exps)
        return elementwise(lambda z, s: ex.add(z, ex.negate(ex.Call("log", (s,)))), array, exps)

    def _do_softmax(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._rowwise(node, "softmax", args)

    def _do_log_softmax(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._rowwise(node, "log_softmax", args)

    # -- products ------------------------------------------------------------------------------------------------

    def _do_matmul(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self.fitted(node, product, *self._values(node, "matmul", args, 2))

    def _do_dot(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        left, right = self._values(node, "dot", args, 2)
        if not left.axes or not right.axes:
            return elementwise(ex.mul, left, right)
        if len(left.axes) > 2 or len(right.axes) > 2:
            self.fail(node, "dot of arrays with more than 2 axes cannot stand here", "Use @ or einsum.")
        return self.fitted(node, product, left, right)

    def _do_outer(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        left, right = self._values(node, "outer", args, 2)
        if len(left.axes) != 1 or len(right.axes) != 1:
            shapes = f"{shape_text(left.shape)} and {shape_text(right.shape)}"
            self.shape_fail(node, f"outer takes two arrays of one axis; got shapes {shapes}", self.origins(node))
        return Array((*left.axes, *right.axes), ex.mul(left.body, right.body))

    def _do_einsum(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        pattern = args[0].value if args and isinstance(args[0], ast.Constant) else None
        if not isinstance(pattern, str):
            self.fail(node, "einsum needs its subscripts as a string, einsum('ni,nj->ij', a, b)")
        inputs, arrow, output = pattern.replace(" ", "").partition("->")
        operands = [self.value(arg).real() for arg in args[1:]]
        parts = inputs.split(",")
        letters = inputs.replace(",", "")
        if set(letters + output) - set(string.ascii_letters):
            self.fail(args[0], f"einsum subscripts '{pattern[:40]}' hold more than letters; expected 'ni,nj->ij'")
        if len(parts) != len(operands):
            self.fail(node, f"einsum names {len(parts)} operands, but {len(operands)} are given")
        if not arrow:
            output = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
        return self._contracted(node, parts, output, operands)

    def _contracted(self, node: ast.Call, parts: list[str], output: str, operands: list[Array]) -> Array:
        extents: dict[str, Extent] = {}
        for part, operand in zip(parts, operands, strict=True):
            if len(part) != len(operand.axes):
                shape = shape_text(operand.shape)
                self.shape_fail(node, f"einsum: '{part}' names {len(part)} axes of an array of shape {shape}")
            for letter, extent in zip(part, operand.shape, strict=True):
                if extents.setdefault(letter, extent) != extent:
                    self.shape_fail(node, f"einsum: '{letter}' has extent {extents[letter]} and {extent}")
        strange = [c for c in output if c not in extents or output.count(c) > 1]
        if strange:
            self.fail(node.args[0], f"einsum: output subscript '{strange[0]}' must stand once and be named before")
        own = {letter: axis_of(extent, self.new) for letter, extent in extents.items()}
        bodies = [
            operand.moved({axis: at(own[c]) for c, axis in zip(part, operand.axes, strict=True) if axis is not None})
            for part, operand in zip(parts, operands, strict=True)
        ]
        bound = [axis for c, axis in own.items() if c not in output and axis is not None]
        return Array(tuple(own[c] for c in output), total(bound, ex.mul(*bodies)))

    # -- choices -------------------------------------------------------------------------------------------------

    def _do_where(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "where", args, 3)
        mask, then, otherwise = (self.value(arg) for arg in args)
        if mask.kind != "mask":
            mask = elementwise(lambda m: m, mask)
        return self.fitted(node, chosen, mask, then.real(), otherwise.real())

    def _do_clip(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        value, low, high = self._values(node, "clip", args, 3)
        clipped = lambda x, a, b: ex.Call("min", (ex.Call("max", (x, a)), b))  # noqa: E731
        return self.fitted(node, elementwise, clipped, value, low, high)
