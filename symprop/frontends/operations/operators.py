"""Operators between arrays and before them.

Enters: arrays, and an operator as it is written.  Leaves: an array.
"""

from __future__ import annotations

from collections.abc import Callable

from symprop.frontends.arrays import Array, aligned, elementwise, product
from symprop.frontends.faults import Misuse
from symprop.frontends.operations.arguments import fitted
from symprop.language import Extent, Position
from symprop.language import expressions as ex

BINARY: dict[str, Callable[[ex.Expr, ex.Expr], ex.Expr]] = {
    "+": ex.add,
    "-": lambda a, b: ex.add(a, ex.negate(b)),
    "*": ex.mul,
    "/": ex.divide,
    "**": ex.power,
}
MAX_EXPONENT = 64


def binary(op: str, left: Array, right: Array) -> Array:
    """`left op right`."""
    masks = (left.kind == "mask") + (right.kind == "mask")
    if op in ("&", "|"):
        if masks != 2:
            raise Misuse(f"'{op}' stands between masks alone; expected comparisons on both sides")
        return fitted(_masks, ex.mul if op == "&" else _either, left, right)
    if op == "@" and masks < 2:
        return fitted(product, left.real(), right.real())
    if masks == 2 and op != "*":
        raise Misuse("two masks are joined by & or |, not by arithmetic")
    kept = _extents(op, left, right)
    if kept is not None:
        return Array((), ex.size(Position.of(kept)), "integer")
    if op in ("+", "-", "*") and "integer" in (left.kind, right.kind) and not masks:
        moved = fitted(_positions, op, left, right)
        if moved.kind == "integer":
            return moved
    if op not in BINARY:
        raise Misuse(f"operator '{op}' is not known here; expected + - * / ** @ & |")
    _check(op, right)
    if masks == 2:
        return fitted(_masks, BINARY[op], left, right)
    return fitted(elementwise, BINARY[op], left.real(), right.real())


def _check(op: str, right: Array) -> None:
    value = ex.number(right.body)
    if op == "**" and value is not None and abs(value) > MAX_EXPONENT:
        raise Misuse(f"exponent {value} is too large; expected at most {MAX_EXPONENT}")
    if op == "/" and value == 0:
        raise Misuse("a division by zero stands here")


def _extents(op: str, left: Array, right: Array) -> Extent | None:
    """Sums and products of extents are extents, as in reshape(2*N, 3); two numerals stay numbers."""
    a, b = left.extent, right.extent
    if a is None or b is None or (left.kind != "integer" and right.kind != "integer"):
        return None
    return {"+": a + b, "-": a - b, "*": a * b}.get(op)


def _positions(op: str, left: Array, right: Array) -> Array:
    """Integers that stay positions, as in y + 1; real numbers where they do not."""
    axes, (a, b) = aligned([left, right])
    one, other = a.position, b.position
    if one is None or other is None:
        return Array(axes, ex.ZERO)
    if op != "*":
        return Array(axes, ex.size(one + other if op == "+" else one - other), "integer")
    constants = [p.offset.constant if not p.terms else None for p in (one, other)]
    if constants == [None, None]:
        return Array(axes, ex.ZERO)
    first, second = constants
    return Array(axes, ex.size(one * second if second is not None else other * (first or 0)), "integer")


def unary(op: str, inner: Array) -> Array:
    """`op inner`."""
    if op == "~" and inner.kind == "mask":
        return elementwise(lambda m: ex.add(ex.ONE, ex.negate(m)), inner, kind="mask")
    if op in ("-", "+") and inner.kind != "mask":
        if op == "+":
            return inner
        extent = inner.extent
        kind = "integer" if extent is not None and not inner.axes else "real"
        body = ex.size(Position.of(extent * -1)) if extent is not None else ex.negate(inner.body)
        return Array(inner.axes, body, kind)
    what = "truth values" if inner.kind == "mask" else "numbers"
    raise Misuse(f"'{op}' cannot stand before {what}")


def _masks(make: Callable[..., ex.Expr], left: Array, right: Array) -> Array:
    return elementwise(make, left, right, kind="mask")


def _either(a: ex.Expr, b: ex.Expr) -> ex.Expr:
    return ex.add(a, b, ex.negate(ex.mul(a, b)))
