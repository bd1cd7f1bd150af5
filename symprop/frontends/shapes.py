"""Arrays by their shape, and changes of shape.

Enters: a call's syntax node with its arguments.  Leaves: an array.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from symprop.frontends.arrays import Array, at, axis_of, filled, identity, shape_text
from symprop.frontends.functions import Functions
from symprop.frontends.regroup import completed, regrouped
from symprop.language import Compound, Domain, Extent, Index, Position
from symprop.language import expressions as ex
from symprop.language.extents import ONE


class Shapes(Functions):
    """A text that may call whatever makes or changes a shape."""

    def stored(self, array: Array, left: Sequence[Position], shape: Sequence[Extent]) -> Array:
        """The array under a name of its own, its axes those of the left side."""
        raise TypeError

    def _do_ones(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._constant(node, "ones", args, ex.ONE)

    def _do_zeros(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._constant(node, "zeros", args, ex.ZERO)

    def _constant(self, node: ast.Call, name: str, args: Sequence[ast.expr], value: ex.Expr) -> Array:
        self._keywords(node)
        self._arity(node, name, args, 1)
        return filled(self._shape(args[0]), value, self.new)

    def _do_ones_like(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        (array,) = self._values(node, "ones_like", args, 1)
        return filled(array.shape, ex.ONE, self.new)

    def _do_zeros_like(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        (array,) = self._values(node, "zeros_like", args, 1)
        return filled(array.shape, ex.ZERO, self.new)

    def _do_eye(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "eye", args, 1, 2)
        return identity(self.extent(args[0]), self.extent(args[-1]), self.new)

    def _do_arange(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "arange", args, 1)
        axis = axis_of(self.extent(args[0]), self.new)
        return Array((axis,), ex.IndexValue(at(axis)), "integer")

    def _do_onehot(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "onehot", args, 1, 2)
        labels = self.value(args[0])
        position = labels.position
        if labels.kind != "integer" or position is None:
            self.fail(node, f"onehot takes integer labels; `{self.segment(args[0])}` holds real numbers")
        bounds = position.bounds(self.ranges())
        width = self.extent(args[1]) if len(args) == 2 else bounds[1] + 1 if bounds else None
        if width is None:
            self.fail(node, f"the number of classes of `{self.segment(args[0])}` is not known", "Write onehot(y, C).")
        if bounds is None or not (width - bounds[1]).at_least(1):
            self.shape_fail(node, f"onehot: labels up to {bounds[1] if bounds else '?'} do not fit {width} classes")
        column = axis_of(width, self.new)
        return Array((*labels.axes, column), ex.guard(Domain.equal(position, at(column)), ex.ONE))

    def _do_diag(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        (array,) = self._values(node, "diag", args, 1)
        if len(array.axes) == 1:
            row, column = array.axes[0], axis_of(array.shape[0], self.new)
            return Array((row, column), ex.guard(Domain.equal(at(row), at(column)), array.body))
        if len(array.axes) != 2 or array.shape[0] != array.shape[1]:
            shape = shape_text(array.shape)
            self.shape_fail(node, f"diag takes a vector or a square matrix; got shape {shape}", self.origins(node))
        row, column = array.axes
        return Array((row,), array.moved({column: at(row)}) if column is not None else array.body)

    # -- shapes --------------------------------------------------------------------------------------------------

    def _do_len(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "len", args, 1)
        array = self.value(args[0])
        if not array.axes:
            self.shape_fail(node, "len needs an axis; got a number")
        return Array((), ex.size(Position.of(array.shape[0])), "integer")

    def _do_copy(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "copy", args, 1)
        return self.value(args[0])

    def _do_astype(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "astype", args, 2)
        if not (isinstance(args[1], ast.Name) and args[1].id == "float"):
            self.fail(args[1], "astype takes float here")
        return self.value(args[0]).real()

    def _do_float(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._values(node, "float", args, 1)[0]

    def _do_transpose(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        array = self.value(args[0])
        rank = len(array.axes)
        given = args[1].elts if len(args) == 2 and isinstance(args[1], ast.Tuple | ast.List) else args[1:]
        order = [self._axis(part, rank) for part in given] if given else list(reversed(range(rank)))
        if sorted(order) != list(range(rank)):
            self.shape_fail(node, f"transpose needs each of {rank} axes once")
        return transposed(array, order)

    def _do_expand_dims(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "expand_dims", args, 2)
        array = self.value(args[0])
        place = self._axis(args[1], len(array.axes) + 1)
        return Array((*array.axes[:place], None, *array.axes[place:]), array.body, array.kind)

    def _do_squeeze(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        given = self._keywords(node, "axis")
        array = self.value(args[0])
        axis = args[1] if len(args) == 2 else given.get("axis")
        ones = [k for k, a in enumerate(array.axes) if a is None]
        dropped = ones if axis is None else self._axes(axis, len(array.axes))
        if set(dropped) - set(ones):
            self.shape_fail(node, f"squeeze drops axes of extent 1; the shape is {shape_text(array.shape)}")
        return Array(tuple(a for k, a in enumerate(array.axes) if k not in dropped), array.body, array.kind)

    def _do_ravel(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        self._arity(node, "ravel", args, 1)
        return self._reshaped(node, self.value(args[0]), [None])

    def _do_flatten(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        return self._do_ravel(node, args)

    def _do_reshape(self, node: ast.Call, args: Sequence[ast.expr]) -> Array:
        self._keywords(node)
        if len(args) < 2:
            self.fail(node, "reshape needs an array and a shape")
        wanted = self._wanted(args[1:])
        if wanted.count(None) > 1:
            self.fail(node, "reshape can find only one extent, a single -1")
        return self._reshaped(node, self.value(args[0]), wanted)

    def _wanted(self, args: Sequence[ast.expr]) -> list[Extent | None]:
        """The shape that reshape is given, None for its -1; X.shape is one."""
        if isinstance(args[0], ast.Attribute) and args[0].attr == "shape":
            return list(self.value(args[0].value).shape)
        parts = args[0].elts if isinstance(args[0], ast.Tuple | ast.List) else args
        return [None if _is_minus_one(part) else self.extent(part) for part in parts]

    def _reshaped(self, node: ast.AST, array: Array, wanted: Sequence[Extent | None]) -> Array:
        shape = completed(array.shape, wanted)
        groups = None if shape is None else regrouped(array.shape, shape)
        if shape is None or groups is None:
            shown = ", ".join("-1" if extent is None else str(extent) for extent in wanted)
            hint = "Axes can be merged or split in order; reshape does not transpose."
            self.shape_fail(node, f"an array of shape {shape_text(array.shape)} cannot become ({shown})", hint)
        merged = self._merged(array, [len(old) for old, _ in groups])
        mapping: dict[Index, Position] = {}
        found: list[Index] = []
        for axis, (_, new) in zip(merged.axes, groups, strict=True):
            assert axis is not None
            parts = [axis] if len(new) == 1 else [self.new(extent) for extent in new]
            if len(new) > 1:
                mapping[axis] = Position.of(Compound(map(Position.of, parts), new))
            found += parts
        order = iter(found)
        axes = tuple(None if extent == ONE else next(order) for extent in shape)
        return Array(axes, merged.moved(mapping), array.kind if array.kind == "integer" else "real")

    def _merged(self, array: Array, sizes: Sequence[int]) -> Array:
        """The array without axes of extent 1, neighbouring axes taken together."""
        rest = [axis for axis in array.axes if axis is not None]
        if all(size == 1 for size in sizes):
            return Array(tuple(rest), array.body, array.kind)
        left, shape = list[Position](), list[Extent]()
        for size in sizes:
            group, rest = rest[:size], rest[size:]
            radices = [axis.extent for axis in group]
            whole = ONE
            for radix in radices:
                whole = whole * radix
            left.append(Position.of(group[0] if size == 1 else Compound(map(Position.of, group), radices)))
            shape.append(whole)
        return self.stored(array, left, shape)


def _is_minus_one(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and ast.dump(node.operand) == _ONE


_ONE = ast.dump(ast.Constant(1))


def transposed(array: Array, order: Sequence[int]) -> Array:
    """The axes in another order."""
    return Array(tuple(array.axes[k] for k in order), array.body, array.kind, array.condition)
