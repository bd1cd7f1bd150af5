"""Matrix expressions in NumPy's own notation, X.T @ dZ, as claims are written.

Enters: nodes of `report.matrix`.  Leaves: text that NumPy would evaluate to the node's value, vectors being
arrays of one axis, or None where that takes more than an expression to read.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from symprop.language import expressions as ex
from symprop.language.printer import text
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
    transpose,
)

COMPARE, SUM, PRODUCT, UNARY, POWER, ATOM = range(6)
_NUMPY = {"max": "maximum", "min": "minimum"}
Piece = tuple[str, int]


def numpy_text(node: Node) -> str | None:
    """The expression, or None where broadcasting alone would not give it its shape."""
    if isinstance(node, Filled) or (isinstance(node, Product) and _broadcast_only(node)):
        return None
    return _piece(node)[0]


def _broadcast_only(node: Product) -> bool:
    """A vector repeated along an axis, and nothing that has this axis."""
    ends = (node.factors[0], node.factors[-1])
    return len(node.labels) == 2 and any(isinstance(f, Ones) or _is_ones_row(f) for f in ends)


def _is_ones_row(node: Node) -> bool:
    return isinstance(node, Transposed) and isinstance(node.of, Ones)


def _at(node: Node, level: int) -> str:
    body, own = _piece(node)
    return f"({body})" if own < level else body


def _piece(node: Node) -> Piece:
    match node:
        case Named():
            return node.tensor, ATOM
        case Scalar():
            return _scalar(node.expr)
        case Filled():
            return _piece(node.of)
        case Transposed():
            return (f"{_at(node.of, ATOM)}.T", ATOM) if len(node.labels) == 2 else _piece(node.of)
        case Product():
            return _product(node)
        case Hadamard():
            return _quotient(Fraction(1), [f for f in node.factors if not _inverse(f)], _inverses(node.factors))
        case Scaled():
            return _scaled(node)
        case Sum():
            return _sum([_at(term, PRODUCT) for term in node.terms]), SUM
        case Power():
            return _power(node)
        case Elementwise():
            return f"{_NUMPY.get(node.function, node.function)}({', '.join(_piece(a)[0] for a in node.args)})", ATOM
        case Choice():
            return _choice(node)
        case Softmax():
            last = node.along == node.labels[-1]
            axis = "" if last else f", axis={node.axes.index(node.along)}"
            return f"softmax({_piece(node.of)[0]}{axis})", ATOM
        case OneHot():
            return f"onehot({node.tensor})", ATOM
        case Diagonal():
            return f"diag({_piece(node.of)[0]})", ATOM
    raise TypeError(type(node).__name__)


def _scalar(expr: ex.Expr) -> Piece:
    body = text(expr)
    if isinstance(expr, ex.Pow) and ex.number(expr.exponent) == Fraction(1, 2):
        return body, ATOM
    # an extent such as 2*N or T - 1 is a single node of the language
    is_extent = isinstance(expr, ex.IndexValue)
    if isinstance(expr, ex.Add) or (is_extent and ("+" in body or " - " in body)):
        return body, SUM
    if isinstance(expr, ex.Mul | ex.Pow) or "/" in body or (is_extent and "*" in body):
        return body, PRODUCT
    return body, UNARY if body.startswith("-") else ATOM


def _sum(terms: Sequence[str]) -> str:
    out = terms[0]
    for term in terms[1:]:
        out += f" - {term[1:]}" if term.startswith("-") else f" + {term}"
    return out


def _power(node: Power) -> Piece:
    if node.exponent == Fraction(1, 2):
        return f"sqrt({_piece(node.base)[0]})", ATOM
    if node.exponent < 0:
        return _quotient(Fraction(1), [], [Power(node.axes, node.base, -node.exponent)])
    exponent = str(node.exponent) if node.exponent.denominator == 1 else f"({node.exponent})"
    return _piece(node.base) if node.exponent == 1 else (f"{_at(node.base, ATOM)}**{exponent}", POWER)


def _inverse(node: Node) -> bool:
    return isinstance(node, Power) and node.exponent < 0


def _inverses(nodes: Sequence[Node]) -> list[Node]:
    return [Power(n.axes, n.base, -n.exponent) for n in nodes if isinstance(n, Power) and n.exponent < 0]


def _quotient(coefficient: Fraction, over: Sequence[Node | str], under: Sequence[Node | str]) -> Piece:
    above = [str(abs(coefficient.numerator))] if abs(coefficient.numerator) != 1 else []
    above += [f if isinstance(f, str) else _at(f, UNARY) for f in over]
    below = [str(coefficient.denominator)] if coefficient.denominator != 1 else []
    below += [f if isinstance(f, str) else _at(f, POWER) for f in under]
    body = ("-" if coefficient < 0 else "") + ("*".join(above) or "1")
    if below:
        body += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    return body, PRODUCT


def _scaled(node: Scaled) -> Piece:
    plain = ex.mul(*(s.expr for s in node.scalars if isinstance(s, Scalar)))
    coefficient, over, under = Fraction(1), list[Node | str](), list[Node | str]()
    for factor in plain.factors if isinstance(plain, ex.Mul) else (plain,):
        exponent = ex.number(factor.exponent) if isinstance(factor, ex.Pow) else None
        if isinstance(factor, ex.Number):
            coefficient *= factor.value
        elif isinstance(factor, ex.Pow) and exponent is not None and exponent < 0:
            below = ex.power(factor.base, ex.Number(-exponent))
            under.append(_at(Scalar((None, None), below), POWER))
        else:
            over.append(_at(Scalar((None, None), factor), UNARY))
    over += [s for s in node.scalars if not isinstance(s, Scalar)]
    inner = node.of.factors if isinstance(node.of, Hadamard) else (node.of,)
    over += [f for f in inner if not _inverse(f)]
    return _quotient(coefficient, over, [*under, *_inverses(inner)])


def _choice(node: Choice) -> Piece:
    condition = f"{_at(node.left, SUM)} {node.op} {_at(node.right, SUM)}"
    then, otherwise = _piece(node.then)[0], _piece(node.otherwise)[0]
    if (then, otherwise) == ("1", "0"):
        return condition, COMPARE
    return f"where({condition}, {then}, {otherwise})", ATOM


# -- products of matrices ------------------------------------------------------------------------------------------


def _product(node: Product) -> Piece:
    """A chain, split where a column meets a row: there the entries of two vectors are multiplied."""
    for place in range(1, len(node.factors)):
        left, right = node.factors[:place], node.factors[place:]
        if left[-1].axes[1] is None:
            return _outer(left, right)
    return _chain(list(node.factors))


def _outer(left: Sequence[Node], right: Sequence[Node]) -> Piece:
    """u v^T by broadcasting; a factor of ones is left to broadcasting altogether."""
    if len(left) == 1 and isinstance(left[0], Ones):
        return _chain(list(right))
    column = f"{_braced(_chain(list(left)), ATOM)}[:, None]"
    if len(right) == 1 and _is_ones_row(right[0]):
        return column, ATOM
    return f"{column}*{_braced(_chain(list(right)), UNARY)}", PRODUCT


def _braced(piece: Piece, level: int) -> str:
    return f"({piece[0]})" if piece[1] < level else piece[0]


def _chain(factors: list[Node]) -> Piece:
    """Matrices from left to right: sums for ones, broadcasting for diagonal matrices, @ for all others."""
    first, last = factors[0], factors[-1]
    if len(factors) > 1 and isinstance(last, Ones):
        if _is_ones_row(first):
            return f"sum({_chain(factors[1:-1])[0]})" if len(factors) > 2 else "1", ATOM
        if len(factors) == 2 and isinstance(first, Transposed) and len(first.of.labels) == 2:
            return f"sum({_piece(first.of)[0]}, axis=0)", ATOM
        rest, summed = _chain(factors[:-1]), Product((first.axes[0], last.axes[0]), tuple(factors[:-1]))
        return f"sum({rest[0]}{', axis=1' if len(summed.labels) == 2 else ''})", ATOM
    if len(factors) > 1 and _is_ones_row(first):
        rest = _chain(factors[1:])
        return f"sum({rest[0]}{', axis=0' if factors[-1].axes[1] is not None else ''})", ATOM
    if len(factors) > 1 and isinstance(first, Diagonal):
        column = "[:, None]" if factors[-1].axes[1] is not None else ""
        if _inverse(first.of):
            return f"{_braced(_chain(factors[1:]), PRODUCT)}/{_at(_inverses([first.of])[0], ATOM)}{column}", PRODUCT
        return f"{_at(first.of, ATOM)}{column}*{_braced(_chain(factors[1:]), UNARY)}", PRODUCT
    return _matmul(factors)


def _matmul(factors: list[Node]) -> Piece:
    # the last one first, so that there is none to its right
    for place, factor in reversed(list(enumerate(factors))):
        if isinstance(factor, Diagonal) and 0 < place == len(factors) - 1:
            body = _chain(factors[:-1])
            if _inverse(factor.of):
                return f"{_braced(body, PRODUCT)}/{_at(_inverses([factor.of])[0], POWER)}", PRODUCT
            return f"{_braced(body, UNARY)}*{_at(factor.of, UNARY)}", PRODUCT
        if isinstance(factor, Diagonal) and place:
            scaled = Product((factors[0].axes[0], factor.axes[1]), tuple(factors[: place + 1]))
            rest = " @ ".join(_at(f, POWER) for f in factors[place + 1 :])
            return f"({_chain(list(scaled.factors))[0]}) @ {rest}", PRODUCT
    return (" @ ".join(_at(f, POWER) for f in factors), PRODUCT) if len(factors) > 1 else _piece(factors[0])


def left_text(node: Node) -> str:
    """The name on the left side; NumPy's vectors have no orientation."""
    return _piece(transpose(node) if isinstance(node, Transposed) else node)[0]
