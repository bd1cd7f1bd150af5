r"""Expressions: products, powers, roots.

Enters: syntax nodes.  Leaves: arrays.  What is ambiguous is refused with the choices.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from symprop.frontends.arrays import Array, elementwise, scalar
from symprop.frontends.latex import nodes as tex
from symprop.frontends.latex.shapes import dot, is_open, is_scalar, joined, open_extent, summed, times, transposed
from symprop.frontends.latex.sums import Sums, minus
from symprop.language import expressions as ex
from symprop.language.syntax import MAX_BITS

LARGEST_EXPONENT, DEEPEST = 64, 150
ENTRYWISE: dict[str, Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    "+": ex.add,
    "-": minus,
    r"\odot": ex.mul,
    r"\oslash": ex.divide,
    "/": ex.divide,
}
WORDS = {"": "the product", "+": "the sum", "-": "the difference", "/": "the quotient"}


class Reader(Sums):
    """A formula whose expressions are read; functions are added by a subclass."""

    def value(self, node: tex.Node) -> Array:
        """The array of a node, as numbers."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(node.at, f"the formula has more than {DEEPEST} levels; expected fewer", "Name a part of it.")
        found = self.quantity(self.meaning(node))
        self.depth -= 1
        return found

    def meaning(self, node: tex.Node) -> Array:
        """The array of a node."""
        match node:
            case tex.Numeral():
                return scalar(ex.Number(node.value))
            case tex.Symbol():
                return self.symbol(node)
            case tex.Group():
                return self.meaning(node.inner)
            case tex.Entry():
                return self.entries(self.value(node.inner), node.items, node)
            case tex.Negative():
                return elementwise(ex.negate, self.value(node.inner))
            case tex.Binary():
                return self._binary(node)
            case tex.Transpose(inner=tex.Numeral()):
                self.fail(node.at, "a number has no transpose; expected a name", r"Write \mathbf 1 for ones.")
            case tex.Transpose():
                return self.fit(node.at, "the transpose", transposed, self.value(node.inner))
            case tex.Power():
                return self._power(node)
            case tex.Root():
                return self._root(node)
            case tex.Bars():
                return self._bars(node)
            case tex.Ones():
                return Array((self.new(open_extent(self.numbers)),), ex.ONE)
            case tex.Differential() | tex.Gradient():
                return self._adjoint(self.adjoint(node))
            case tex.Summation():
                return self.summation(node)
            case tex.Indicator():
                return self.indicator(node)
            case tex.Cases():
                return self.cases(node)
            case tex.Block():
                return self.block(node)
            case tex.Call():
                return self.call(node)
        self.fail(node.at, "this cannot be read")

    def call(self, node: tex.Call) -> Array:
        """A function of its arguments."""
        raise TypeError

    def _binary(self, node: tex.Binary) -> Array:
        left, right = node.left, node.right
        if node.op == "/" and isinstance(left, tex.Differential) and isinstance(right, tex.Differential):
            return self._adjoint(self.quotient(node))
        a, b = self.value(left), self.value(right)
        if node.op in ENTRYWISE:
            if node.op == "/" and ex.number(b.body) == 0:
                self.fail(right.at, "a division by zero stands here")
            return self.fit(node.at, WORDS.get(node.op, node.op), lambda x, y: joined(ENTRYWISE[node.op], x, y), a, b)
        if node.op in ("*", r"\times") and not (is_scalar(a) or is_scalar(b)):
            message = f"it is not clear which product {node.op} is"
            self.fail(node.at, message, r"Write \odot for entry by entry, or A B for the product of matrices.")
        make = dot if node.op == r"\cdot" else times
        return self.fit(node.at, WORDS.get(node.op, node.op), make, a, b)

    def _power(self, node: tex.Power) -> Array:
        if isinstance(node.base, tex.Symbol) and node.base.base == "e" and self.names.tensor("e") is None:
            return elementwise(lambda x: ex.Call("exp", (x,)), self.value(node.exponent))
        return self.power(node, self.value(node.base), self.value(node.exponent), node.elementwise)

    def power(self, node: tex.Node, base: Array, exponent: Array, entrywise: bool) -> Array:
        """A power; of a square matrix only where it is written as one of entries."""
        value = ex.number(exponent.body)
        if not is_scalar(exponent):
            self.fail(node.at, "an exponent is a number; expected one without axes")
        if value is not None and abs(value) > LARGEST_EXPONENT:
            self.fail(node.at, f"exponent {value} is too large; expected at most {LARGEST_EXPONENT}")
        size = ex.number(base.body)
        if value is not None and size is not None and abs(value) * _bits(size) > MAX_BITS:
            self.fail(node.at, f"a number of this size cannot stand in a formula; expected at most {MAX_BITS} bits")
        square = len(base.axes) == 2 and base.shape[0] == base.shape[1] and not is_scalar(base)
        if not entrywise and (square or (value is not None and value < 0 and not is_scalar(base))):
            message = "it is not clear whether this is a power of the matrix or of its entries"
            self.fail(node.at, message, r"Write ^{\odot 2}, or 1 \oslash A, for the entries.")
        if ex.number(base.body) == 0 and value is not None and value <= 0:
            self.fail(node.at, "a division by zero stands here")
        return elementwise(ex.power, base, exponent)

    def _root(self, node: tex.Root) -> Array:
        degree = 2 if node.degree is None else ex.number(self.value(node.degree).body)
        if degree is None or degree < 1 or degree > LARGEST_EXPONENT:
            self.fail(node.at, "the degree of a root is a number from 1 to 64")
        exponent = ex.Number(Fraction(1) / degree)
        return elementwise(lambda x: ex.power(x, exponent), self.value(node.inner))

    def _bars(self, node: tex.Bars) -> Array:
        inner = self.value(node.inner)
        if node.double:
            square = elementwise(lambda x: ex.power(x, ex.Number(2)), inner)
            return Array((), ex.power(summed(square), ex.Number(Fraction(1, 2))))
        if not is_scalar(inner) and isinstance(node.inner, tex.Symbol) and len(inner.axes) == 1:
            hint = r"Write \|x\| for the norm, or |x_i| for entries."
            self.fail(node.at, "it is not clear whether |x| is the norm of a vector or its entries", hint)
        return elementwise(lambda x: ex.Call("abs", (x,)), inner)

    def settled(self, array: Array, at: int) -> Array:
        """The array, of which every extent must be known by now."""
        sizes = [i.extent for i in ex.all_indices(array.body)] + list(array.shape)
        sizes += [n.position.offset for n in ex.walk(array.body) if isinstance(n, ex.IndexValue)]
        if any(is_open(extent) for extent in sizes):
            self.fail(at, r"the length of \mathbf 1 or I does not follow from this formula")
        return array


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
