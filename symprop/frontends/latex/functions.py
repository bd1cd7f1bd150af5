r"""Functions of formulas: those of the library and the network, their derivatives, and functions of rows.

Enters: a call's syntax node.  Leaves: an array.  `\sigma'(z)` is found by differentiating the function; no
derivative is written down anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from symprop.frontends.arrays import Array, elementwise, refreshed, shape_text, total
from symprop.frontends.faults import Mismatch
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.reader import Reader
from symprop.frontends.latex.shapes import is_scalar, joined, summed, trace
from symprop.frontends.latex.vocabulary import GENERIC
from symprop.language import Domain, Extent, Gather, Position
from symprop.language import expressions as ex
from symprop.library import callable_names
from symprop.spec.places import close

ENTRYWISE = ("exp", "log", "erf", "sin", "cos", "abs", "sign", "floor")
MOST_PRIMES = 3
SAME = {"ln": "log", "sgn": "sign", "logistic": "sigmoid", "one_hot": "onehot", "logsoftmax": "log_softmax"}
SAME |= {"Tr": "tr", "trace": "tr", "Softmax": "softmax", "Diag": "diag"}


def _exp(z: ex.Expr) -> ex.Expr:
    return ex.Call("exp", (z,))


def _hyperbolic(sign: ex.Expr) -> Callable[[ex.Expr], ex.Expr]:
    return lambda z: ex.divide(ex.add(_exp(z), ex.mul(sign, _exp(ex.negate(z)))), ex.Number(2))


ONE_ARGUMENT: Mapping[str, Callable[[ex.Expr], ex.Expr]] = {
    "sinh": _hyperbolic(ex.MINUS_ONE),
    "cosh": _hyperbolic(ex.ONE),
    "sqrt": lambda z: ex.power(z, ex.divide(ex.ONE, ex.Number(2))),
}


class Functions(Reader):
    """A formula whose functions are read."""

    @cached_property
    def arities(self) -> Mapping[str, int]:
        """Entrywise functions by name, with their number of arguments."""
        return {**dict.fromkeys((*ENTRYWISE, *callable_names()), 1), **self.names.functions}

    @property
    def rows(self) -> Mapping[str, Callable[[tex.Call, Array], Array]]:
        """Functions of whole arrays."""
        return {
            "softmax": self._softmax,
            "log_softmax": self._log_softmax,
            "onehot": self._onehot,
            "diag": self._diag,
            "tr": lambda node, a: self.fit(node.at, "the trace", trace, a),
            "sum": lambda node, a: Array((), summed(a)),
        }

    def is_function(self, base: str) -> bool:
        """True where brackets behind a name hold an argument."""
        if self.names.tensor(base) is not None or base in self.letters:
            return False
        return base == "sigma" or base in GENERIC or bool(self._named(base))

    def _named(self, base: str) -> str:
        """The function of a name, as it is written or in small letters; "" for none."""
        for name in (base, base.lower()):
            known = SAME.get(name, name)
            if known in self.arities or known in self.rows or known in ONE_ARGUMENT or known in ("max", "min"):
                return known
        return ""

    def call(self, node: tex.Call) -> Array:
        """The value of a call."""
        name = self._function(node)
        if node.function.primes:
            return self._slope(node, name)
        if name in ("max", "min"):
            return self._extreme(node, name)
        if name in self.rows:
            self._count(node, name, 1)
            argument = self.meaning(node.args[0]) if name == "onehot" else self.value(node.args[0])
            return self.rows[name](node, argument)
        if name in ONE_ARGUMENT:
            self._count(node, name, 1)
            return elementwise(ONE_ARGUMENT[name], self.value(node.args[0]))
        return self._entrywise(node, lambda bodies: ex.Call(name, bodies), self.arities[name])

    def _count(self, node: tex.Call, name: str, wanted: int) -> None:
        if len(node.args) != wanted:
            plural = "" if wanted == 1 else "s"
            self.fail(node.at, f"{name} takes {wanted} argument{plural}, got {len(node.args)}")

    def _entrywise(self, node: tex.Call, make: Callable[[Sequence[ex.Expr]], ex.Expr], arity: int) -> Array:
        self._count(node, self.shown(node.function), arity)
        values = [self.value(arg) for arg in node.args]
        if len(values) == 1:
            return elementwise(lambda *bodies: make(bodies), *values)
        return self.fit(node.at, "the arguments", lambda *arrays: elementwise(lambda *b: make(b), *arrays), *values)

    # -- which function ------------------------------------------------------------------------------------------

    def _function(self, node: tex.Call) -> str:
        """The name of the function that a symbol is."""
        symbol = node.function
        if symbol.label is not None or symbol.below:
            hint = "Write its name, such as \\tanh or \\mathrm{relu}."
            self.fail(
                node.at, f"it is not clear which function '{self.shown(symbol)}' is; expected one without scripts", hint
            )
        if symbol.base == "sigma":
            return self._sigma(node)
        if symbol.base in GENERIC and not self._named(symbol.base):
            return self._only(node)
        known = self._named(symbol.base)
        if not known:
            near = close(symbol.base.lower(), {*self.arities, *self.rows})
            self.fail(node.at, f"function '{symbol.base}' is not known here", f"Did you mean '{near}'?" if near else "")
        return known

    def _sigma(self, node: tex.Call) -> str:
        """The sigmoid, unless the network has other functions and not that one."""
        own = sorted(self.names.functions)
        if not own or "sigmoid" in own:
            return "sigmoid"
        choices = " or ".join(["the sigmoid", *own])
        hint = rf"Write \mathrm{{sigmoid}}(z) or \mathrm{{{own[0]}}}(z)."
        self.fail(node.at, rf"it is not clear what \sigma is; it may be {choices}", hint)

    def _only(self, node: tex.Call) -> str:
        """The one function of the network."""
        own = sorted(self.names.functions)
        if len(own) != 1:
            choices = f"it may be {' or '.join(own)}" if own else "the network has no function"
            hint = f"Write \\mathrm{{{own[0]}}}(z)." if own else ""
            self.fail(node.at, f"it is not clear what {node.function.base} is; {choices}", hint)
        return own[0]

    def _slope(self, node: tex.Call, name: str) -> Array:
        """A derivative, taken at the argument."""
        shown = "'" * min(node.function.primes, MOST_PRIMES + 1)
        if node.function.primes > MOST_PRIMES:
            self.fail(node.at, f"a derivative of this order cannot be read; expected at most {MOST_PRIMES} primes")
        rule = self.names.slope(name, node.function.primes) if self.names.slope and name in self.arities else None
        if rule is None:
            self.fail(node.at, f"{name}{shown} cannot be read; expected a function of single entries")
        arguments = (*rule.args, *(parameter for parameter, _ in rule.params))

        def make(bodies: Sequence[ex.Expr]) -> ex.Expr:
            values = dict(zip(arguments, bodies, strict=True))

            def change(part: ex.Expr) -> ex.Expr:
                return values.get(part.tensor, part) if isinstance(part, ex.Read) and not part.indices else part

            return ex.transform(rule.body, change)

        return self._entrywise(node, make, len(arguments))

    # -- functions of arrays -------------------------------------------------------------------------------------

    def _extreme(self, node: tex.Call, name: str) -> Array:
        """`max(0, z)`, entry by entry."""
        self._count(node, name, 2)
        values = [self.value(arg) for arg in node.args]
        make = lambda a, b: ex.Call(name, (a, b))  # noqa: E731
        return self.fit(node.at, name, lambda a, b: joined(make, a, b), *values)

    def _softmax(self, node: tex.Call, array: Array) -> Array:
        return self._rowwise(node, array, lambda z, s: ex.divide(_exp(z), s))

    def _log_softmax(self, node: tex.Call, array: Array) -> Array:
        return self._rowwise(node, array, lambda z, s: ex.add(z, ex.negate(ex.Call("log", (s,)))))

    def _rowwise(self, node: tex.Call, array: Array, make: Callable[[ex.Expr, ex.Expr], ex.Expr]) -> Array:
        """A function of each row: over the last axis, or over the one before where examples stand on the last."""
        at = self._along(array)
        if not array.axes or array.axes[at] is None:
            self.shape_fail(node.at, f"{node.function.base} needs an axis; got shape {shape_text(array.shape)}")
        other = refreshed(array, self.new)
        last = other.axes[at]
        assert last is not None
        own = {b: Position.of(a) for a, b in zip(array.axes, other.axes, strict=True) if a and b and b != last}
        return Array(array.axes, make(array.body, total([last], _exp(other.moved(own)))))

    def _along(self, array: Array) -> int:
        """The axis of what an example has: the last one that is not the batch, where this is the last in columns."""
        last = array.axes[-1] if array.axes else None
        is_batch = last is None or last.extent == Extent.of("N")
        return -2 if self.names.has_columns and len(array.axes) > 1 and is_batch else -1

    def _onehot(self, node: tex.Call, array: Array) -> Array:
        position = array.position if array.kind == "integer" else None
        if position is None or not isinstance(position.atom, Gather):
            self.fail(node.at, "onehot takes the labels of the network")
        return self.quantity(array)

    def _diag(self, node: tex.Call, array: Array) -> Array:
        """The matrix of a vector, or the vector of a matrix's diagonal."""
        if len(array.axes) == 2 and None not in array.axes and array.shape[0] == array.shape[1]:
            row, column = array.axes
            assert row is not None and column is not None
            return Array((row,), array.moved({column: Position.of(row)}))
        axis = next((a for a in array.axes if a is not None), None)
        if is_scalar(array) or axis is None or sum(a is not None for a in array.axes) != 1:
            message = f"diag takes a vector or a square matrix; got shape {shape_text(array.shape)}"
            self.shape_fail(node.at, message)
        column = self.new(axis.extent)
        return Array((axis, column), ex.guard(Domain.equal(Position.of(axis), Position.of(column)), array.body))


__all__ = ["Functions", "Mismatch"]
