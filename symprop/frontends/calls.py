"""Calls: which function is meant, and its arguments as arrays, axes and extents.

Enters: a call's syntax node.  Leaves: an array.  The functions themselves are the methods `_do_<name>` of subclasses; a
keyword that none of them looks for is a fault, never ignored.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence

from symprop.frontends.arrays import Array, Mismatch, elementwise, shape_text
from symprop.frontends.subscripts import Subscripts
from symprop.language import PRIMITIVES, Extent
from symprop.language import expressions as ex
from symprop.spec.places import close

PREFIXES = ("np", "numpy")
SAME = {"absolute": "abs", "fabs": "abs", "arange": "arange", "range": "arange", "one_hot": "onehot", "amax": "max"}
ONE_ARGUMENT: Mapping[str, Callable[[ex.Expr], ex.Expr]] = {
    "square": lambda x: ex.power(x, ex.Number(2)),
    "reciprocal": lambda x: ex.power(x, ex.MINUS_ONE),
    "negative": ex.negate,
    "log1p": lambda x: ex.Call("log", (ex.add(ex.ONE, x),)),
    "expm1": lambda x: ex.add(ex.Call("exp", (x,)), ex.MINUS_ONE),
    "sqrt": lambda x: ex.power(x, ex.divide(ex.ONE, ex.Number(2))),
}
TWO_ARGUMENTS: Mapping[str, Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    "maximum": lambda a, b: ex.Call("max", (a, b)),
    "minimum": lambda a, b: ex.Call("min", (a, b)),
    "add": ex.add,
    "subtract": lambda a, b: ex.add(a, ex.negate(b)),
    "multiply": ex.mul,
    "divide": ex.divide,
    "power": ex.power,
}
METHODS: tuple[str, ...] = (
    "sum",
    "mean",
    "max",
    "min",
    "var",
    "std",
    "dot",
    "reshape",
    "transpose",
    "copy",
    "astype",
    "ravel",
)
METHODS = (*METHODS, "flatten", "squeeze")


class Calls(Subscripts):
    """A text whose calls are read."""

    arities: dict[str, int]

    def plain(self, node: ast.AST, array: Array) -> Array:
        """The array under a name of its own, where its entries are needed more than once."""
        raise TypeError

    def call(self, node: ast.Call) -> Array:
        """The value of a call."""
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            self.fail(node, "a star cannot stand in a call")
        if isinstance(node.func, ast.Attribute) and not self.is_prefix(node.func.value):
            return self._method(node, node.func)
        name = self._function_name(node.func)
        return self._function(node, SAME.get(name, name), list(node.args))

    def is_prefix(self, node: ast.AST) -> bool:
        """True of `np` and `numpy`."""
        return isinstance(node, ast.Name) and node.id in PREFIXES

    def _function_name(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute):
            return node.attr
        if isinstance(node, ast.Name):
            return node.id
        self.fail(node, "only a function can be called")

    def _method(self, node: ast.Call, function: ast.Attribute) -> Array:
        if function.attr not in METHODS:
            expected = f"expected one of {', '.join(METHODS)}"
            self.fail(function, f"an array has no method '{function.attr}' here; {expected}")
        return self._function(node, function.attr, [function.value, *node.args])

    def _function(self, node: ast.Call, name: str, args: list[ast.expr]) -> Array:
        handler = getattr(self, f"_do_{name}", None)
        if handler is not None:
            found = handler(node, args)
            assert isinstance(found, Array)
            return found
        if name in ONE_ARGUMENT:
            return elementwise(ONE_ARGUMENT[name], *self._values(node, name, args, 1))
        if name in TWO_ARGUMENTS:
            return self.fitted(node, elementwise, TWO_ARGUMENTS[name], *self._values(node, name, args, 2))
        arity = self.arities.get(name)
        if arity is None and PRIMITIVES.get(name) == 1:
            arity = 1
        if arity is None:
            self.fail(node.func, f"function '{name}' is not known here", self.suggestion(name))
        values = self._values(node, name, args, arity)
        return self.fitted(node, elementwise, lambda *bodies: ex.Call(name, bodies), *values)

    def suggestion(self, name: str) -> str:
        """What may have been meant by an unknown function."""
        near = close(name, self.known_functions())
        return f"Did you mean '{near}'?" if near else ""

    def known_functions(self) -> set[str]:
        """Names of all functions."""
        own = {name.removeprefix("_do_") for name in dir(self) if name.startswith("_do_")}
        elementary = {name for name, arity in PRIMITIVES.items() if arity == 1}
        return own | {*ONE_ARGUMENT, *TWO_ARGUMENTS, *SAME, *self.arities} | elementary

    # -- arguments -----------------------------------------------------------------------------------------------

    def _values(self, node: ast.Call, name: str, args: Sequence[ast.expr], wanted: int) -> list[Array]:
        self._keywords(node)
        self._arity(node, name, args, wanted)
        return [self.value(arg).real() for arg in args]

    def _arity(self, node: ast.Call, name: str, args: Sequence[ast.expr], *wanted: int) -> None:
        if len(args) not in wanted:
            expected = " or ".join(map(str, wanted))
            plural = "" if wanted[-1] == 1 else "s"
            self.fail(node, f"{name} takes {expected} argument{plural}, got {len(args)}")

    def _keywords(self, node: ast.Call, *known: str) -> dict[str, ast.expr]:
        found = {}
        for keyword in node.keywords:
            if keyword.arg not in known:
                expected = f"expected {' or '.join(known)}" if known else "expected none"
                self.fail(keyword, f"keyword '{keyword.arg}' is not known here; {expected}")
            found[str(keyword.arg)] = keyword.value
        return found

    def fitted(self, node: ast.AST, make: Callable[..., Array], *args: object) -> Array:
        """An operation on arrays; shapes that do not fit are a fault of the node."""
        try:
            return make(*args)
        except Mismatch as error:
            arrays = [a for a in args if isinstance(a, Array)]
            shapes = " and ".join(shape_text(a.shape) for a in arrays)
            self.shape_fail(node, f"`{self.segment(node)}`: shapes {shapes} {error}", self.origins(node))

    def origins(self, node: ast.AST) -> str:
        """Where the shapes of the names in an expression come from, as sentences."""
        raise TypeError

    def _axes(self, node: ast.expr | None, rank: int) -> list[int]:
        """The axes of `axis=`, counted from 0; all where none is given."""
        if node is None or (isinstance(node, ast.Constant) and node.value is None):
            return list(range(rank))
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
        found = [self._axis(part, rank) for part in parts]
        if len(set(found)) != len(found):
            self.fail(node, "an axis is named twice")
        return found

    def _axis(self, node: ast.expr, rank: int) -> int:
        value = self._integer(node)
        if not -rank <= value < rank:
            self.shape_fail(node, f"axis {value} is not an axis of an array with {rank}")
        return value % rank

    def _integer(self, node: ast.expr) -> int:
        extent = self.value(node).extent
        if extent is None or extent.constant is None:
            self.fail(node, f"`{self.segment(node)}` is not known as a number; expected a whole number")
        return extent.constant

    def _flag(self, node: ast.expr | None) -> bool:
        if node is None:
            return False
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return node.value
        self.fail(node, f"`{self.segment(node)}` stands where True or False is expected")

    def extent(self, node: ast.expr) -> Extent:
        """A node as an extent: a whole number, N, or X.shape[0]."""
        found = self.value(node).extent
        if found is None:
            self.fail(node, f"`{self.segment(node)}` is not known as an extent; expected a number, N or X.shape[0]")
        return found

    def _shape(self, node: ast.expr) -> list[Extent]:
        """A shape: a tuple of extents, one extent, or X.shape."""
        if isinstance(node, ast.Attribute) and node.attr == "shape":
            return list(self.value(node.value).shape)
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
        return [self.extent(part) for part in parts]
