r"""Matrix expressions as LaTeX: products side by side, \odot entry by entry, \mathbf 1 for a column of ones.

Enters: nodes of `report.matrix`.  Leaves: `Math`.  Functions, roots and comparisons act entry by entry, and a
number that is added to a matrix is added to each entry; documents say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.report.arithmetic import Fractions, fraction, product_math, sum_math
from symprop.report.layout import Math
from symprop.report.matrix import (
    Choice,
    Diagonal,
    Elementwise,
    Filled,
    Hadamard,
    Named,
    Node,
    OneHot,
    Ones,
    Power,
    Product,
    Scalar,
    Scaled,
    Softmax,
    Sum,
    Transposed,
)
from symprop.report.scalarmath import COMPARISONS, ScalarPrinter, function_piece, indicator_tex

SUM, HADAMARD, PRODUCT, POWER, ATOM = range(5)
# Levels of the scalar printer, by its own numbers.
_OF_SCALAR = (SUM, PRODUCT, POWER, ATOM)
Piece = tuple[Math, int]


@dataclass(frozen=True)
class MatrixPrinter:
    """Prints matrices with the symbols of a scalar printer."""

    scalars: ScalarPrinter

    def math(self, node: Node) -> Math:
        """The whole expression."""
        return self._piece(node)[0]

    def at(self, node: Node, level: int) -> Math:
        """The expression, in parentheses where it binds less than `level`."""
        body, own = self._piece(node)
        return body.parenthesised() if own < level else body

    def _piece(self, node: Node) -> Piece:
        match node:
            case Named():
                return Math.of(self.scalars.symbols[node.tensor].tex), ATOM
            case Scalar():
                body = self.scalars.math(node.expr)
                return body, SUM if isinstance(node.expr, ex.Add) else PRODUCT if body.text.startswith("-") else POWER
            case Filled():
                return self._piece(node.of)
            case Ones():
                return Math.of(r"\mathbf{1}"), ATOM
            case Transposed():
                return self._transposed(node), POWER
            case Diagonal():
                return self._diagonal(node)
            case Product():
                return product_math([self.at(f, POWER) for f in node.factors]), PRODUCT
            case Hadamard():
                return self._hadamard(node.factors)
            case Scaled():
                return self._scaled(node)
            case Sum():
                return sum_math([self.at(t, HADAMARD) for t in node.terms]), SUM
            case Power():
                return self._power(node)
            case Elementwise():
                args = [self.math(a) for a in node.args]
                return function_piece(node.function, args, self.scalars.functions, self.scalars.operator)
            case Choice():
                return self._choice(node)
            case Softmax():
                return self._named_function("softmax", self.math(node.of))
            case OneHot():
                return self._named_function("onehot", Math.of(self.scalars.symbols[node.tensor].tex))
        raise TypeError(type(node).__name__)

    def _named_function(self, name: str, argument: Math) -> Piece:
        return Math.of(rf"{self.scalars.operator}{{{name}}}").then(argument.parenthesised()), ATOM

    def _transposed(self, node: Transposed) -> Math:
        if isinstance(node.of, Named):
            return Math.of(self.scalars.symbols[node.of.tensor].at("", r"\top"))
        return self.at(node.of, ATOM).then(r"^{\top}")

    def _diagonal(self, node: Diagonal) -> Piece:
        inner = node.of
        exponent = inner.exponent if isinstance(inner, Power) and inner.exponent < 0 else None
        body = inner.base if isinstance(inner, Power) and exponent is not None else inner
        whole = self._named_function("diag", self.math(body))[0]
        return (whole, ATOM) if exponent is None else (whole.then(f"^{{{exponent}}}"), POWER)

    def _hadamard(self, factors: tuple[Node, ...]) -> Piece:
        under = [f for f in factors if isinstance(f, Power) and f.exponent < 0]
        over = [f for f in factors if f not in under]
        whole = self.at(over[0], POWER) if over else Math.of("1")
        for factor in over[1:]:
            whole = whole.then(Math.of(r" \odot ").then(self.at(factor, POWER)), 1, "{}")
        for factor in under:
            inverse = self._to_the(factor, -factor.exponent)
            whole = whole.then(Math.of(r" \oslash ").then(inverse), 1, "{}")
        return whole, HADAMARD

    def _power(self, node: Power) -> Piece:
        if node.exponent < 0:
            if not node.labels:
                return fraction(Fraction(1), [], [self._to_the(node, -node.exponent)]), PRODUCT
            return self._hadamard((node,))
        return self._to_the(node, node.exponent), POWER

    def _to_the(self, node: Power, exponent: Fraction) -> Math:
        if exponent == 1:
            return self.at(node.base, POWER)
        if exponent == Fraction(1, 2):
            return Math.of(rf"\sqrt{{{self.math(node.base).text}}}")
        shown = rf"\odot {exponent}" if node.labels else str(exponent)
        if isinstance(node.base, Named):
            return Math.of(self.scalars.symbols[node.base.tensor].at("", shown))
        return self.at(node.base, ATOM).then(f"^{{{shown}}}")

    def _scaled(self, node: Scaled) -> Piece:
        plain = [s.expr for s in node.scalars if isinstance(s, Scalar)]
        product = ex.mul(*plain)
        split = Fractions.of(product.factors if isinstance(product, ex.Mul) else (product,))
        over = [self.scalars.at(f, 1) for f in split.over]
        over += [self.at(s, POWER) for s in node.scalars if not isinstance(s, Scalar)]
        body, level = self._piece(node.of)
        matrix = [body.parenthesised() if level < HADAMARD else body]
        under = [self.scalars.at(f, 1) for f in split.under]
        above = isinstance(node.of, Sum | Named) and body.tall < 2
        whole = fraction(split.coefficient, over + matrix * above, under, matrix * (not above))
        return (Math.of("-").then(whole) if split.coefficient < 0 else whole), min(level, PRODUCT) or PRODUCT

    def _choice(self, node: Choice) -> Piece:
        condition = f"{self.math(node.left).text} {COMPARISONS[node.op]} {self.math(node.right).text}"
        if _is_number(node.otherwise, 0):
            indicator = Math.of(indicator_tex(condition))
            if _is_number(node.then, 1):
                return indicator, ATOM
            return indicator.then(Math.of(r" \odot ").then(self.at(node.then, POWER)), 1, "{}"), HADAMARD
        rows = [
            rf"{self.math(node.then).text} & {condition},",
            rf"{self.math(node.otherwise).text} & \text{{otherwise}}",
        ]
        return Math.of(r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"), HADAMARD


def _is_number(node: Node, value: int) -> bool:
    inner = node.of if isinstance(node, Filled) else node
    return isinstance(inner, Scalar) and ex.number(inner.expr) == value
